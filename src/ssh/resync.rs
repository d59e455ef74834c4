//! Bytes behind a gap (or of a connection that was open before the capture began) in; the next packet header, or line, out.

use super::facts::{PartialLine, advance};
use super::framing::{self, Plausibility};
use super::identification;

/// Bytes looked at before the search is given up: what follows is encrypted or no SSH. A packet of the 35,000 bytes that every
/// peer accepts (RFC 4253 §6.1) ends within, and real key exchanges have less than 20,000 bytes in all.
const SEARCH_BYTES: u64 = 64 << 10;

/// Shortest line that is taken for text at the start of a connection that was open before: less than 1 in 100,000 random
/// streams begin with eight printable bytes or more and a line end right behind.
const SHORTEST_FIRST_LINE: u64 = 8;

/// What the search came upon.
#[derive(Debug)]
pub(super) enum Found {
    /// A packet header: where it begins, and the bytes from there on.
    Packet { start: u64, bytes: Vec<u8> },
    /// A line, its LF not included; it is an identification string if it begins like one.
    Line(PartialLine),
    /// Nothing within [`SEARCH_BYTES`].
    Nothing,
}

/// A search in progress. Fed byte by byte, so that the way in which the stream was cut into pieces changes nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Resync {
    /// Bytes not yet ruled out as a header.
    window: Vec<u8>,
    /// Offset in the stream of the first byte of `window`.
    start: u64,
    /// Place in `window` of the first offset that is not ruled out.
    scan: usize,
    /// Offset in the stream at which the search began.
    from: u64,
    /// Bytes that were looked at.
    seen: u64,
    /// The bytes before the last gap told nothing.
    in_vain: bool,
    /// Looks for lines; none once the identification string is known.
    text: Option<TextRun>,
}

impl Resync {
    /// Searches for packets alone, from this offset on.
    pub(super) fn for_packets(start: u64) -> Self {
        Self { start, from: start, ..Self::default() }
    }

    /// Searches for lines too. `whole_line`: a line may begin right here, which behind a gap is not known.
    pub(super) fn for_lines(start: u64, whole_line: bool) -> Self {
        Self { text: Some(TextRun::at(start, whole_line)), ..Self::for_packets(start) }
    }

    /// Goes on behind another gap. What was looked at in vain so far still counts.
    pub(super) fn continuing(self, before: &Self) -> Self {
        if before.opaque_from().is_none() {
            return self;
        }
        Self { from: before.from, seen: before.seen, in_vain: true, ..self }
    }

    /// Offset at which the search began, if all bytes since then told nothing.
    pub(super) fn opaque_from(&self) -> Option<u64> {
        (self.in_vain || self.seen > 0 && !self.is_text()).then_some(self.from)
    }

    fn is_text(&self) -> bool {
        self.text.as_ref().is_some_and(|text| text.all_text)
    }

    /// Looks at the next byte.
    pub(super) fn push(&mut self, byte: u8) -> Option<Found> {
        self.window.push(byte);
        self.seen = self.seen.saturating_add(1);
        if let Some(line) = self.text.as_mut().and_then(|text| text.push(byte)) {
            return Some(Found::Line(line));
        }
        while let Some(candidate) = self.window.get(self.scan..).filter(|rest| !rest.is_empty()) {
            match framing::plausibility(candidate) {
                Plausibility::Yes => return Some(self.packet_at(self.scan)),
                Plausibility::MoreNeeded => break,
                Plausibility::No => self.scan = self.scan.saturating_add(1),
            }
        }
        self.forget_scanned();
        (self.seen >= SEARCH_BYTES && !self.is_text()).then_some(Found::Nothing)
    }

    /// Passes over bytes that begin neither packet nor line, as nearly all do in encrypted data; says how many. What is left goes
    /// through [`Self::push`].
    pub(super) fn pass_over(&mut self, data: &[u8]) -> usize {
        if self.scan < self.window.len() {
            return 0;
        }
        // The byte with which the search may end is left to the other way.
        let most = usize::try_from(SEARCH_BYTES.saturating_sub(self.seen.saturating_add(1))).unwrap_or(usize::MAX);
        let data = data.get(..most).unwrap_or(data);
        let run = data.iter().position(|byte| matches!(byte, 0 | b'\n')).unwrap_or(data.len());
        let bytes = data.get(..run).unwrap_or_default();
        if let Some(text) = &mut self.text {
            text.pass_over(bytes);
        }
        self.start = advance(self.start, self.window.len().saturating_add(run));
        self.window.clear();
        self.scan = 0;
        self.seen = advance(self.seen, run);
        run
    }

    /// The first offset at which the bytes so far are those of a packet, now that no more follow: behind them is a gap or the end.
    /// A capture that cuts every packet short leaves few bytes of each.
    pub(super) fn leftover(&self) -> Option<Found> {
        let candidate = |&at: &usize| {
            let bytes = self.window.get(at..).unwrap_or_default();
            bytes.len() >= framing::HEADER_BYTES && framing::plausibility(bytes) != Plausibility::No
        };
        (self.scan..self.window.len()).find(candidate).map(|at| self.packet_at(at))
    }

    /// An identification string that has begun.
    pub(super) fn partial_identification(&self) -> Option<&PartialLine> {
        let text = self.text.as_ref().filter(|text| text.line_is_text)?;
        Some(&text.line).filter(|line| line.begins_identification())
    }

    /// Bytes of memory on the heap, about.
    pub(super) fn heap_bytes(&self) -> usize {
        self.window.capacity() + self.text.as_ref().map_or(0, |text| text.line.text.capacity())
    }

    fn packet_at(&self, at: usize) -> Found {
        let bytes = self.window.get(at..).unwrap_or_default().to_vec();
        Found::Packet { start: advance(self.start, at), bytes }
    }

    /// Moves the window forward now and then, not with every byte.
    fn forget_scanned(&mut self) {
        const WORTH_MOVING: usize = 1_024;
        if self.scan >= WORTH_MOVING {
            self.window.drain(..self.scan);
            self.start = advance(self.start, self.scan);
            self.scan = 0;
        }
    }
}

/// Finds lines of text. Lines other than an identification string count only while all bytes have been text: a line end
/// among encrypted bytes is no line.
#[derive(Debug, Clone)]
struct TextRun {
    line: PartialLine,
    /// The line's first byte is known to be its first.
    whole_line: bool,
    /// Nothing came before the line.
    first_line: bool,
    line_is_text: bool,
    all_text: bool,
}

impl TextRun {
    fn at(start: u64, whole_line: bool) -> Self {
        Self { line: PartialLine::at(start), whole_line, first_line: true, line_is_text: true, all_text: true }
    }

    /// Bytes without a line end.
    fn pass_over(&mut self, bytes: &[u8]) {
        let is_text = bytes.iter().all(|byte| matches!(byte, b'\t' | b'\r' | 0x1b | 0x20..=0x7e));
        self.line_is_text &= is_text;
        self.all_text &= is_text;
        self.line.extend(bytes);
    }

    fn push(&mut self, byte: u8) -> Option<PartialLine> {
        if byte != b'\n' {
            self.pass_over(&[byte]);
            return None;
        }
        let next = advance(self.line.range.end, 1);
        let line = std::mem::replace(&mut self.line, PartialLine::at(next));
        let long_enough = !self.first_line || line.range.len() >= SHORTEST_FIRST_LINE;
        let is_line = self.all_text && self.whole_line && long_enough;
        let is_identification = self.line_is_text && line.text.starts_with(identification::PREFIX);
        (self.whole_line, self.first_line, self.line_is_text) = (true, false, true);
        (is_line || is_identification).then_some(line)
    }
}
