//! What one side sent before its direction was encrypted: facts with their place in the stream, nothing concluded.

use super::hassh::Hassh;
use super::hostkey::HostKey;
use super::identification::Identification;
use super::kexinit::{KexInit, KexInitError};
use super::known::{self, Lists};
use super::message::{self, Debug as DebugMessage, Disconnect, ExtInfo, GexRequest, Message, number};
use super::other::OtherProtocol;
use crate::limits;
use std::sync::Arc;

/// A part of the stream of one direction: offsets in bytes from the first byte after the SYN, `end` not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Range {
    /// First byte.
    pub start: u64,
    /// Byte behind the last.
    pub end: u64,
}

impl Range {
    /// Length in bytes.
    pub fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it holds no byte.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// A line that is no identification string: what a server may send before its own (RFC 4253 §4.2), or says in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it stands in the stream, line end included.
    pub range: Range,
    /// The line without its end, at most [`limits::LINE_BYTES`] of it.
    pub text: Vec<u8>,
    /// It ends in LF; otherwise a gap cut it off.
    pub terminated: bool,
}

/// A line that has begun and not ended where the stream stands (or where a gap begins).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartialLine {
    /// Where it stands in the stream, up to the last byte that came.
    pub range: Range,
    /// What came of it, at most [`limits::LINE_BYTES`].
    pub text: Vec<u8>,
    /// The last byte that came is a CR, even where `text` does not reach that far.
    pub(super) ends_in_cr: bool,
}

impl PartialLine {
    pub(super) fn at(start: u64) -> Self {
        Self { range: Range { start, end: start }, text: Vec::new(), ends_in_cr: false }
    }

    pub(super) fn extend(&mut self, bytes: &[u8]) {
        let room = limits::LINE_BYTES.saturating_sub(self.text.len());
        self.text.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.range.end = advance(self.range.end, bytes.len());
        if let Some(last) = bytes.last() {
            self.ends_in_cr = *last == b'\r';
        }
    }

    /// Whether it is an identification string so far, if only by its first letter.
    pub fn may_be_identification(&self) -> bool {
        self.begins_identification() || super::identification::PREFIX.starts_with(&self.text)
    }

    /// Whether it began as an identification string does.
    pub fn begins_identification(&self) -> bool {
        self.text.starts_with(super::identification::PREFIX)
    }
}

/// The first KEXINIT of a direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KexInitSeen {
    /// Random bytes of the sender.
    pub cookie: [u8; 16],
    /// What was read of it, shared by connections whose lists are the same.
    pub kexinit: Arc<KexInit>,
    /// Its binary packet in the stream, as far as it was sent.
    pub range: Range,
    /// Name-lists read whole, 0 to 10.
    pub lists_read: u8,
    /// All ten name-lists were read.
    pub complete: bool,
    /// Why reading stopped before the end.
    pub error: Option<KexInitError>,
    /// `hassh`, if this side is the client and the lists it needs were read.
    pub hassh: Option<Hassh>,
    /// `hasshServer`, if this side is the server and the lists it needs were read.
    pub hassh_server: Option<Hassh>,
    /// Memory that `kexinit` takes, in bytes, about.
    heap_bytes: usize,
}

impl KexInitSeen {
    fn read(payload: &[u8], range: Range) -> Self {
        let (cookie, Lists { kexinit, lists_read, error, hassh, hassh_server, heap_bytes }) = known::kexinit(payload);
        let complete = lists_read == 10;
        Self { cookie, kexinit, range, lists_read, complete, error, hassh, hassh_server, heap_bytes }
    }
}

/// Bytes that cannot be a binary packet, where one must stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidPacket {
    /// Where it begins in the stream.
    pub offset: u64,
    /// The first four bytes read as packet_length.
    pub packet_length: u32,
    /// What is wrong with it.
    pub reason: super::framing::InvalidReason,
    /// The bytes from `offset` on, at most [`limits::OTHER_PROTOCOL_BYTES`]: often a text such as `Invalid SSH identification string.`
    pub bytes: Vec<u8>,
}

impl InvalidPacket {
    /// The first line, if the bytes are printable US-ASCII: a text in place of a packet.
    pub fn text(&self) -> Option<&[u8]> {
        let line = self.bytes.split(|&byte| byte == b'\n').next()?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let printable = line.iter().all(|&byte| byte == b'\t' || (0x20..0x7f).contains(&byte));
        (printable && line.len() >= 4).then_some(line)
    }
}

/// A binary packet that has begun and not ended where the stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfinished {
    /// Where it begins in the stream.
    pub start: u64,
    /// Its whole length in bytes, packet_length field included; none while fewer than four bytes came.
    pub needed: Option<u64>,
    /// Bytes of it that came; those in a gap do not count.
    pub have: u64,
    /// Message number; none while fewer than six bytes came.
    pub number: Option<u8>,
}

/// Room for messages at first: a key exchange has three to five in one direction.
const MESSAGES_FIRST: usize = 6;

/// What one side sent in clear text. Offsets are those of the stream of its direction. What few say is boxed: a scan or flood is
/// thousands of these at a time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SshSide {
    /// The first lines that are no identification string, at most [`limits::PRE_IDENTIFICATION_LINES`].
    pub pre_identification: Vec<Line>,
    /// All such lines, counted.
    pub pre_identification_lines: u64,
    /// The identification string.
    pub identification: Option<Arc<Identification>>,
    /// The protocol that the first bytes belong to, if not SSH; `Unknown` for binary bytes of no known protocol.
    /// Together with an identification string only for a protocol that may stand before it (PROXY, HTTP CONNECT).
    pub other: Option<Box<OtherProtocol>>,
    /// A line without its end: at the end of the stream, or an identification string that a gap cut off.
    pub partial_line: Option<PartialLine>,
    /// The first [`limits::SSH_MESSAGES`] messages before encryption whose header was seen.
    pub messages: Vec<Message>,
    /// Further messages, counted.
    pub messages_omitted: u64,
    /// The first KEXINIT.
    pub kexinit: Option<KexInitSeen>,
    /// Further KEXINITs before encryption, counted.
    pub kexinit_repeated: u64,
    /// The first DISCONNECT in clear.
    pub disconnect: Option<Box<Disconnect>>,
    /// The first DEBUG messages, at most [`super::message::DEBUG_TEXTS`].
    pub debug: Vec<DebugMessage>,
    /// All DEBUG messages, counted.
    pub debug_messages: u64,
    /// IGNORE messages, counted.
    pub ignore_messages: u64,
    /// Sequence number that the first UNIMPLEMENTED names.
    pub unimplemented: Option<u32>,
    /// UNIMPLEMENTED messages, counted.
    pub unimplemented_messages: u64,
    /// EXT_INFO in clear, which no peer should send.
    pub ext_info: Option<Box<ExtInfo>>,
    /// The host key, from the reply of the key exchange.
    pub host_key: Option<Arc<HostKey>>,
    /// The request of a DH group exchange.
    pub gex_request: Option<GexRequest>,
    /// Length in bits of the prime that a DH group exchange got.
    pub gex_prime_bits: Option<u32>,
    /// Length in bytes of the public value in KEXDH_INIT, KEX_ECDH_INIT or KEX_DH_GEX_INIT.
    pub kex_init_len: Option<u32>,
    /// The NEWKEYS packet.
    pub newkeys: Option<Range>,
    /// Offset of the first encrypted byte, behind NEWKEYS.
    pub encrypted_from: Option<u64>,
    /// Bytes that cannot be a packet; nothing behind them is decoded.
    pub invalid_packet: Option<Box<InvalidPacket>>,
    /// A packet that has begun and not ended.
    pub unfinished: Option<Unfinished>,
    /// The first [`limits::GAPS`] gaps that fell into clear text; none behind `other` binary bytes or an `invalid_packet`.
    pub gaps: Vec<Range>,
    /// Further gaps in clear text, counted.
    pub gaps_omitted: u64,
    /// The side speaks SSH-1, whose packets are not decoded.
    pub ssh1: bool,
    /// Offset from which nothing could be told any more: no packet was found behind a gap (its direction may be encrypted by then),
    /// or the connection was open before the capture began.
    pub opaque_from: Option<u64>,
}

impl SshSide {
    /// Notes that a message was sent, whatever it is.
    pub(super) fn note_message(&mut self, message: Message) {
        if self.messages.len() < limits::SSH_MESSAGES {
            if self.messages.is_empty() {
                self.messages.reserve_exact(MESSAGES_FIRST);
            }
            self.messages.push(message);
        } else {
            self.messages_omitted = self.messages_omitted.saturating_add(1);
        }
    }

    /// Notes what a message says. `payload` begins with the number and may be cut; `payload_len` is its length on the wire.
    pub(super) fn note_payload(&mut self, payload: &[u8], payload_len: u32, range: Range) {
        let count = |counter: &mut u64| *counter = counter.saturating_add(1);
        match payload.first().copied() {
            Some(number::DISCONNECT) if self.disconnect.is_none() => {
                self.disconnect = Disconnect::parse(payload, range).map(Box::new)
            }
            Some(number::IGNORE) => count(&mut self.ignore_messages),
            Some(number::UNIMPLEMENTED) => {
                count(&mut self.unimplemented_messages);
                self.unimplemented = self.unimplemented.or_else(|| message::unimplemented_sequence(payload));
            }
            Some(number::DEBUG) => {
                count(&mut self.debug_messages);
                if self.debug.len() < message::DEBUG_TEXTS {
                    self.debug.extend(DebugMessage::parse(payload, range));
                }
            }
            Some(number::EXT_INFO) if self.ext_info.is_none() => {
                self.ext_info = ExtInfo::parse(payload, range).map(Box::new)
            }
            Some(number::KEXINIT) if self.kexinit.is_some() => count(&mut self.kexinit_repeated),
            Some(number::KEXINIT) => self.kexinit = Some(KexInitSeen::read(payload, range)),
            Some(number::KEX_30..=number::KEX_34) => self.note_key_exchange(payload, payload_len),
            _ => {}
        }
    }

    /// Messages 30 to 34 mean what the agreed method says, which one direction does not know: only what fits in structure is taken.
    fn note_key_exchange(&mut self, payload: &[u8], payload_len: u32) {
        let whole = u32::try_from(payload.len()).is_ok_and(|length| length == payload_len);
        let Some(number) = payload.first().copied() else { return };
        if matches!(number, number::KEX_30 | number::KEX_31 | number::KEX_33) && self.host_key.is_none() {
            self.host_key = HostKey::from_reply(payload);
            if self.host_key.is_some() {
                return;
            }
        }
        if whole && matches!(number, number::KEX_30 | number::KEX_34) && self.gex_request.is_none() {
            self.gex_request = GexRequest::parse(payload);
        }
        if whole && number == number::KEX_31 && self.gex_prime_bits.is_none() {
            self.gex_prime_bits = message::gex_prime_bits(payload);
        }
        if matches!(number, number::KEX_30 | number::KEX_32) && self.kex_init_len.is_none() {
            self.kex_init_len = message::public_value_len(payload, payload_len);
        }
    }

    /// Notes bytes that are missing where clear text stood. Gaps that touch are one.
    pub(super) fn note_gap(&mut self, gap: Range, touches_last: bool) {
        if touches_last {
            // Where the last gap was only counted, so is what touches it.
            if let Some(last) = self.gaps.last_mut().filter(|last| last.end == gap.start) {
                last.end = gap.end;
            }
        } else if self.gaps.len() < limits::GAPS {
            self.gaps.push(gap);
        } else {
            self.gaps_omitted = self.gaps_omitted.saturating_add(1);
        }
    }

    /// Notes a line that is no identification string. Its text is without line end.
    pub(super) fn note_line(&mut self, range: Range, text: Vec<u8>, terminated: bool) {
        self.pre_identification_lines = self.pre_identification_lines.saturating_add(1);
        if self.pre_identification.len() < limits::PRE_IDENTIFICATION_LINES {
            self.pre_identification.push(Line { range, text, terminated });
        }
    }

    /// Bytes of memory that this value holds on the heap, about.
    pub fn heap_bytes(&self) -> usize {
        let lines: usize = self.pre_identification.iter().map(|line| line.text.capacity() + size_of::<Line>()).sum();
        let debug: usize = self.debug.iter().map(|debug| debug.text.capacity() + size_of::<DebugMessage>()).sum();
        lines
            + debug
            + self.identification.as_ref().map_or(0, |line| size_of::<Identification>() + 2 * line.raw.capacity())
            + self.other.as_ref().map_or(0, |other| other.bytes.capacity())
            + self.partial_line.as_ref().map_or(0, |line| line.text.capacity())
            + self.messages.capacity() * size_of::<Message>()
            + self.kexinit.as_ref().map_or(0, |seen| seen.heap_bytes)
            + self.disconnect.as_ref().map_or(0, |disconnect| disconnect.text.capacity())
            + self.invalid_packet.as_ref().map_or(0, |invalid| invalid.bytes.capacity())
            + self.gaps.capacity() * size_of::<Range>()
    }
}

/// An offset so many bytes further; the end of the number range stays there.
pub(super) fn advance(offset: u64, bytes: usize) -> u64 {
    offset.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX))
}
