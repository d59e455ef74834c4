//! The ordered bytes of one direction in, with their gaps; the facts of its clear text out ([`SshSide`]): identification (RFC 4253 §4.2),
//! then binary packets (§6) up to NEWKEYS (§7.3). It does not know which side it reads, and what it cannot read it leaves out.

mod lines;
mod packets;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests;

use super::facts::{PartialLine, Range, SshSide, advance};
use super::other;
use super::resync::{Found, Resync};
use lines::Opening;
use packets::PacketUnderWay;

/// Decodes one direction. How its bytes are cut into pieces changes nothing in the facts.
#[derive(Debug, Clone)]
pub struct SshDecoder {
    awaits: Awaits,
    /// Stream offset of the next byte.
    position: u64,
    packet: PacketUnderWay,
    /// Present while [`Awaits::Resync`].
    resync: Option<Box<Resync>>,
    opening: Opening,
    /// Bytes that are still to come of the addresses in a PROXY header.
    proxy_left: u64,
    last_gap_end: Option<u64>,
    side: SshSide,
}

/// What the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaits {
    /// A line: the identification string, or one before it.
    Line,
    /// Binary bytes in place of an identification string.
    Other,
    /// The addresses of a PROXY header of version 2; lines follow.
    ProxyAddresses,
    /// A binary packet.
    Packet,
    /// The bytes that stand where a packet should.
    InvalidPacket,
    /// Anything that makes sense, behind a gap.
    Resync,
    /// Nothing: encrypted, or given up.
    Nothing,
}

impl Default for SshDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl SshDecoder {
    /// For a direction seen from its start: offset 0 is the first byte after the SYN.
    pub fn new() -> Self {
        Self {
            awaits: Awaits::Line,
            position: 0,
            packet: PacketUnderWay::default(),
            resync: None,
            opening: Opening::default(),
            proxy_left: 0,
            last_gap_end: None,
            side: SshSide::default(),
        }
    }

    /// For a direction that was open before the capture began; offset 0 is the first byte seen. An identification string, a text,
    /// the opening of another protocol or a clear-text packet is found if there is one; otherwise the direction is opaque.
    pub fn mid_stream() -> Self {
        Self { awaits: Awaits::Resync, resync: Some(Box::new(Resync::for_lines(0, true))), ..Self::new() }
    }

    /// The next bytes in order.
    pub fn bytes(&mut self, data: &[u8]) {
        let mut rest = data;
        while !rest.is_empty() {
            let taken = self.step(rest);
            rest = rest.get(taken..).unwrap_or_default();
        }
        self.refresh();
    }

    /// So many bytes are missing. Decoding goes on behind them: at the end of the packet that they fell into, or where a packet
    /// or identification string can be told.
    pub fn gap(&mut self, len: u64) {
        let mut left = len;
        while left > 0 {
            let taken = self.step_gap(left);
            left = left.saturating_sub(taken);
        }
        self.refresh();
    }

    /// So many bytes were on the wire and are not needed; meant for when [`Self::wants_bytes`] is false. Otherwise they are a gap.
    pub fn skip(&mut self, len: u64) {
        if self.wants_bytes() {
            self.gap(len);
        } else {
            self.position = self.position.saturating_add(len);
        }
    }

    /// Whether bytes can still tell something; false once the direction is encrypted or given up.
    pub fn wants_bytes(&self) -> bool {
        self.awaits != Awaits::Nothing
    }

    /// Stream offset of the next byte.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The facts so far. What the end of the stream adds (the lists of a KEXINIT that is not complete) comes with
    /// [`Self::into_facts`].
    pub fn facts(&self) -> &SshSide {
        &self.side
    }

    /// The facts, now that no more bytes come.
    pub fn into_facts(mut self) -> SshSide {
        if self.awaits == Awaits::Resync {
            match self.leftover() {
                Some(found) => self.take_found(found),
                None => {
                    self.keep_partial_identification();
                    self.side.opaque_from = self.searched_in_vain_from();
                }
            }
        }
        if self.awaits == Awaits::Packet {
            self.note_packet_payload();
        }
        self.refresh();
        self.side
    }

    /// Bytes of memory that this decoder holds on the heap, about.
    pub fn heap_bytes(&self) -> usize {
        self.packet.kept.capacity()
            + self.opening.bytes.capacity()
            + self.resync.as_ref().map_or(0, |resync| size_of::<Resync>() + resync.heap_bytes())
            + self.side.heap_bytes()
    }

    /// Takes at least one byte; says how many.
    fn step(&mut self, data: &[u8]) -> usize {
        match self.awaits {
            Awaits::Line => self.step_line(data),
            Awaits::Other => self.step_other(data),
            Awaits::ProxyAddresses => self.step_proxy(data),
            Awaits::Packet => self.step_packet(data),
            Awaits::InvalidPacket => self.step_invalid(data),
            Awaits::Resync => self.step_resync(data),
            Awaits::Nothing => self.pass(data.len()),
        }
    }

    /// Moves on by so many bytes and returns their number.
    fn pass(&mut self, bytes: usize) -> usize {
        self.position = advance(self.position, bytes);
        bytes
    }

    /// Keeps those facts current that depend on what is under way.
    fn refresh(&mut self) {
        self.side.unfinished = if self.awaits == Awaits::Packet { self.packet.unfinished() } else { None };
        if matches!(self.awaits, Awaits::Line | Awaits::Other | Awaits::Resync) {
            self.recognise_other();
        }
    }

    fn give_up(&mut self, from: u64) {
        self.side.opaque_from = Some(from);
        self.await_nothing();
    }

    fn await_nothing(&mut self) {
        self.awaits = Awaits::Nothing;
        self.packet = PacketUnderWay::default();
        self.resync = None;
        self.opening = Opening { closed: true, ..Opening::default() };
    }
}

/// Gaps.
impl SshDecoder {
    /// Takes at least one byte of a gap; says how many.
    fn step_gap(&mut self, len: u64) -> u64 {
        match self.awaits {
            Awaits::Nothing => {
                self.position = self.position.saturating_add(len);
                len
            }
            Awaits::ProxyAddresses => {
                let taken = len.min(self.proxy_left);
                self.note_gap(taken);
                self.pass_proxy(taken);
                taken
            }
            Awaits::Packet if self.packet.packet_length().is_some() => {
                let taken = len.min(self.packet.left());
                self.note_gap(taken);
                self.packet.miss(taken);
                self.position = self.position.saturating_add(taken);
                self.end_packet_if_whole();
                taken
            }
            Awaits::Resync => match self.leftover() {
                // The gap then falls into that packet.
                Some(found) => {
                    self.take_found(found);
                    0
                }
                None => self.gap_then_resync(len),
            },
            Awaits::Line | Awaits::Packet => self.gap_then_resync(len),
            Awaits::Other | Awaits::InvalidPacket => {
                // What follows cannot be joined to what was kept; this is not SSH, so the gap is none in its clear text.
                self.recognise_other();
                self.position = self.position.saturating_add(len);
                self.await_nothing();
                len
            }
        }
    }

    fn note_gap(&mut self, len: u64) {
        let gap = Range { start: self.position, end: self.position.saturating_add(len) };
        self.side.note_gap(gap, self.last_gap_end == Some(gap.start));
        self.last_gap_end = Some(gap.end);
    }

    /// The bytes behind this gap may be anything: finds out which.
    fn gap_then_resync(&mut self, len: u64) -> u64 {
        if self.awaits == Awaits::Line {
            self.cut_line();
        }
        if self.awaits == Awaits::Resync {
            self.recognise_other();
            self.keep_partial_identification();
        }
        self.note_gap(len);
        self.position = self.position.saturating_add(len);
        self.opening = Opening { closed: true, ..Opening::default() };
        // Behind a cut identification packets come, whatever was cut of it (68 bytes of a packet leave "SS").
        let begun = self.side.partial_line.as_ref().is_some_and(PartialLine::may_be_identification);
        let lines = self.side.identification.is_none() && self.side.messages.is_empty() && !begun;
        let next = if lines { Resync::for_lines(self.position, false) } else { Resync::for_packets(self.position) };
        self.resync = Some(Box::new(match &self.resync {
            Some(before) => next.continuing(before),
            None => next,
        }));
        self.awaits = Awaits::Resync;
        len
    }

    /// A gap cuts the line under way. An identification string so far stays as such, other text is a line without end.
    fn cut_line(&mut self) {
        self.recognise_other();
        let text = |line: &PartialLine| !line.may_be_identification();
        if let Some(line) = self.side.partial_line.take_if(|line| text(line)) {
            self.side.note_line(line.range, line.text, false);
        }
    }

    fn leftover(&self) -> Option<Found> {
        self.resync.as_ref()?.leftover()
    }

    fn searched_in_vain_from(&self) -> Option<u64> {
        self.resync.as_ref()?.opaque_from()
    }

    fn keep_partial_identification(&mut self) {
        if let Some(line) = self.resync.as_ref().and_then(|resync| resync.partial_identification()) {
            self.side.partial_line = Some(line.clone());
        }
    }

    fn step_resync(&mut self, data: &[u8]) -> usize {
        if self.opening.closed {
            return self.search(data);
        }
        // The first bytes are taken a few at a time, so that a PROXY header of version 2 ends where a piece does.
        let wanted = other::PROXY_V2_FIXED - self.opening.bytes.len() % other::PROXY_V2_FIXED;
        let data = data.get(..wanted).unwrap_or(data);
        let taken = self.search(data);
        if self.awaits == Awaits::Resync {
            self.opening.extend(data.get(..taken).unwrap_or_default());
            if let Some(rest) = other::proxy_v2_rest(&self.opening.bytes) {
                self.begin_proxy(rest);
            }
        }
        taken
    }

    fn search(&mut self, data: &[u8]) -> usize {
        let Some(resync) = &mut self.resync else { return self.pass(data.len()) };
        let passed = resync.pass_over(data);
        let found = data.get(passed).map(|&byte| resync.push(byte));
        self.pass(passed);
        let Some(found) = found else { return passed };
        self.pass(1);
        if let Some(found) = found {
            self.take_found(found);
        }
        passed.saturating_add(1)
    }

    fn take_found(&mut self, found: Found) {
        match found {
            Found::Line(line) => self.end_line(line),
            Found::Nothing => self.give_up(self.searched_in_vain_from().unwrap_or(self.position)),
            Found::Packet { start, bytes } => {
                self.opening.end_at(start);
                self.recognise_other();
                self.opening = Opening { closed: true, ..Opening::default() };
                // No packet stands before this one's start; it is read again from there.
                self.resync = None;
                self.await_packet(start);
                self.position = start;
                let mut rest = bytes.as_slice();
                while !rest.is_empty() {
                    let taken = self.step(rest);
                    rest = rest.get(taken..).unwrap_or_default();
                }
            }
        }
    }
}

/// Entry point of the fuzzer: the bytes are operations (bytes, gaps, skips) and their data.
#[doc(hidden)]
pub fn fuzz_decoder(data: &[u8]) {
    let (mid_stream, mut rest) = data.split_first().map_or((false, data), |(first, rest)| (first & 1 == 1, rest));
    let mut decoder = if mid_stream { SshDecoder::mid_stream() } else { SshDecoder::new() };
    while let Some((&operation, behind)) = rest.split_first() {
        let len = usize::from(operation >> 2).min(behind.len());
        let (bytes, next) = behind.split_at(len);
        let expected = match operation & 3 {
            0 => {
                decoder.gap(u64::from(operation >> 2));
                rest = behind;
                continue;
            }
            1 => {
                decoder.skip(u64::from(operation >> 2).saturating_mul(1_000));
                rest = behind;
                continue;
            }
            _ => advance(decoder.position(), len),
        };
        decoder.bytes(bytes);
        assert_eq!(decoder.position(), expected, "every byte is accounted for");
        rest = next;
    }
    assert!(decoder.heap_bytes() < 2 << 20, "memory is bounded");
    let end = decoder.position();
    let side = decoder.into_facts();
    assert!(side.messages.iter().all(|message| message.range.end <= end), "no message reaches beyond the stream");
    assert!(side.unfinished.is_none_or(|unfinished| unfinished.start < end), "an unfinished packet has begun");
}
