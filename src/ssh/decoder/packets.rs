//! The packet-wise part of a stream, up to NEWKEYS (RFC 4253 §6).

use super::{Awaits, SshDecoder};
use crate::limits;
use crate::ssh::facts::{InvalidPacket, Range, Unfinished, advance};
use crate::ssh::framing::{self, Header, InvalidReason};
use crate::ssh::message::{Message, number};

/// A binary packet that has begun.
#[derive(Debug, Default, Clone)]
pub(super) struct PacketUnderWay {
    pub(super) start: u64,
    /// Its first bytes, without gap, at most [`limits::SSH_PACKET_KEPT`].
    pub(super) kept: Vec<u8>,
    /// Bytes between `start` and the position of the decoder.
    pub(super) passed: u64,
    /// Those of them that fell into gaps.
    pub(super) missing: u64,
}

/// Binary packets.
impl SshDecoder {
    pub(super) fn await_packet(&mut self, start: u64) {
        self.packet.restart(start);
        self.awaits = Awaits::Packet;
    }

    pub(super) fn step_packet(&mut self, data: &[u8]) -> usize {
        if let Some(taken) = self.step_whole_packet(data) {
            return taken;
        }
        if self.packet.missing == 0 && self.packet.kept.len() <= framing::LENGTH_FIELD {
            return self.step_header(data);
        }
        let left = self.packet.left();
        let taken = usize::try_from(left).map_or(data.len(), |left| left.min(data.len()));
        self.packet.extend(data.get(..taken).unwrap_or_default());
        self.pass(taken);
        self.end_packet_if_whole();
        taken
    }

    /// Takes a packet that lies whole in `data`, as most do, without keeping its bytes.
    fn step_whole_packet(&mut self, data: &[u8]) -> Option<usize> {
        if self.packet.passed > 0 {
            return None;
        }
        let (bytes, behind_header) = data.split_first_chunk()?;
        let header = Header::parse(*bytes).ok()?;
        let total = usize::try_from(framing::total(header.packet_length)).ok()?;
        if total > data.len().min(limits::SSH_PACKET_KEPT) {
            return None;
        }
        let range = Range { start: self.packet.start, end: advance(self.packet.start, total) };
        self.pass(total);
        self.take_packet(range, header, behind_header, true);
        Some(total)
    }

    /// Takes the packet_length field, then the padding_length: each is judged as soon as it is there.
    pub(super) fn step_header(&mut self, data: &[u8]) -> usize {
        let have = self.packet.kept.len();
        let wanted = if have < framing::LENGTH_FIELD { framing::LENGTH_FIELD - have } else { 1 };
        let taken = wanted.min(data.len());
        self.packet.extend(data.get(..taken).unwrap_or_default());
        self.pass(taken);
        let judged = match (self.packet.kept.first_chunk(), self.packet.packet_length()) {
            (Some(bytes), _) => Header::parse(*bytes).err(),
            (None, Some(packet_length)) => framing::check_length(packet_length).err(),
            (None, None) => None,
        };
        if let Some(reason) = judged {
            self.begin_invalid(reason);
        }
        taken
    }

    pub(super) fn end_packet_if_whole(&mut self) {
        if self.packet.left() > 0 {
            return;
        }
        let range = Range { start: self.packet.start, end: self.position };
        match self.packet.header() {
            Some(header) => {
                let kept = std::mem::take(&mut self.packet.kept);
                self.take_packet(range, header, behind_header(&kept), self.packet.missing == 0);
            }
            None => self.await_packet(range.end),
        }
    }

    /// Notes a packet that has ended, as far as its bytes were kept; the next one follows.
    fn take_packet(&mut self, range: Range, header: Header, behind_header: &[u8], complete: bool) {
        if let Some(&number) = behind_header.first() {
            self.side.note_message(Message {
                number,
                range,
                payload_len: header.payload_len(),
                padding_len: header.padding_length,
                complete,
            });
            self.note_payload(header, behind_header, range);
            if number == number::NEWKEYS {
                self.side.newkeys = Some(range);
                self.side.encrypted_from = Some(range.end);
                return self.await_nothing();
            }
        }
        self.await_packet(range.end);
    }

    /// Notes what the packet under way says, as far as it was kept.
    pub(super) fn note_packet_payload(&mut self) {
        let Some(header) = self.packet.header() else { return };
        let range = Range { start: self.packet.start, end: self.position };
        let kept = std::mem::take(&mut self.packet.kept);
        self.note_payload(header, behind_header(&kept), range);
        self.packet.kept = kept;
    }

    fn note_payload(&mut self, header: Header, behind_header: &[u8], range: Range) {
        let payload_len = header.payload_len();
        let end = usize::try_from(payload_len).unwrap_or(usize::MAX);
        let payload = behind_header.get(..end).unwrap_or(behind_header);
        self.side.note_payload(payload, payload_len, range);
    }

    pub(super) fn begin_invalid(&mut self, reason: InvalidReason) {
        self.side.invalid_packet = Some(Box::new(InvalidPacket {
            offset: self.packet.start,
            packet_length: self.packet.packet_length().unwrap_or_default(),
            reason,
            bytes: std::mem::take(&mut self.packet.kept),
        }));
        self.awaits = Awaits::InvalidPacket;
    }

    pub(super) fn step_invalid(&mut self, data: &[u8]) -> usize {
        let Some(invalid) = self.side.invalid_packet.as_mut() else {
            self.await_nothing();
            return self.pass(data.len());
        };
        let wanted =
            if invalid.bytes.len() < framing::SSH1_BYTES { framing::SSH1_BYTES } else { limits::OTHER_PROTOCOL_BYTES };
        let taken = wanted.saturating_sub(invalid.bytes.len()).clamp(1, data.len());
        invalid.bytes.extend_from_slice(data.get(..taken).unwrap_or_default());
        let (offset, have) = (invalid.offset, invalid.bytes.len());
        self.pass(taken);
        if have == framing::SSH1_BYTES && self.invalid_is_ssh1() {
            self.side.ssh1 = true;
            self.side.invalid_packet = None;
            self.give_up(offset);
        } else if have >= limits::OTHER_PROTOCOL_BYTES {
            self.await_nothing();
        }
        taken
    }

    /// A server of version 1.99 talks SSH-1 to a client that asks for it: not invalid, but not decoded.
    pub(super) fn invalid_is_ssh1(&self) -> bool {
        let both = self.side.identification.as_ref().is_some_and(|identification| identification.protocol == b"1.99");
        let bytes = self.side.invalid_packet.as_ref().map(|invalid| invalid.bytes.as_slice());
        both && self.side.messages.is_empty() && bytes.is_some_and(framing::is_ssh1_public_key)
    }
}

impl PacketUnderWay {
    /// Begins the next packet.
    pub(super) fn restart(&mut self, start: u64) {
        *self = Self { start, ..Self::default() };
    }

    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.passed = advance(self.passed, bytes.len());
        if self.missing == 0 {
            let room = limits::SSH_PACKET_KEPT.saturating_sub(self.kept.len());
            self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        }
    }

    pub(super) fn miss(&mut self, bytes: u64) {
        self.passed = self.passed.saturating_add(bytes);
        self.missing = self.missing.saturating_add(bytes);
    }

    pub(super) fn packet_length(&self) -> Option<u32> {
        self.kept.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// The header, if it is whole and possible.
    pub(super) fn header(&self) -> Option<Header> {
        Header::parse(*self.kept.first_chunk()?).ok()
    }

    pub(super) fn left(&self) -> u64 {
        self.packet_length().map_or(0, |length| framing::total(length).saturating_sub(self.passed))
    }

    pub(super) fn unfinished(&self) -> Option<Unfinished> {
        (self.passed > 0).then(|| Unfinished {
            start: self.start,
            needed: self.packet_length().map(framing::total),
            have: self.passed.saturating_sub(self.missing),
            number: self.header().and_then(|_| behind_header(&self.kept).first().copied()),
        })
    }
}

/// The bytes behind packet_length and padding_length.
fn behind_header(kept: &[u8]) -> &[u8] {
    kept.get(framing::LENGTH_FIELD + 1..).unwrap_or_default()
}
