//! Which bytes of one direction have been seen: tells new segments from repeated and reordered ones.

use super::ledger::Seen;
use crate::limits::GAPS;
use crate::packet::PacketId;
use crate::time::{Span, Timestamp};

/// A hole that is filled within this time was reordering, not loss: the same 3 ms that Wireshark takes for
/// `tcp.analysis.out_of_order` when it knows no round-trip time.
const REORDERING: Span = Span::from_millis(3);

/// Bytes that were not seen when later ones were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// Stream offset of the first missing byte.
    pub start: i64,
    /// Stream offset behind the last missing byte.
    pub end: i64,
    /// The segment that showed the hole.
    pub packet: PacketId,
    /// When it did.
    pub opened: Timestamp,
}

/// The seen range of one direction with its holes.
#[derive(Debug, Clone, Default)]
#[repr(C)]
pub(super) struct SeenBytes {
    /// Stream offset behind the highest byte seen; none before the first segment.
    pub next: Option<i64>,
    pub holes: Vec<Hole>,
    /// Holes beyond the limit, not remembered.
    pub holes_omitted: u64,
}

impl SeenBytes {
    /// Notes the bytes `start..end` and says what they were.
    pub fn note(&mut self, start: i64, end: i64, packet: PacketId, time: Timestamp) -> Seen {
        let Some(next) = self.next else {
            self.next = Some(end);
            return Seen::New;
        };
        if start > next {
            self.open_hole(Hole { start: next, end: start, packet, opened: time });
            self.next = Some(end);
            return Seen::AfterHole;
        }
        if end > next {
            self.next = Some(end);
            return Seen::New;
        }
        if start == end {
            return Seen::New;
        }
        self.fill(start, end, time)
    }

    fn open_hole(&mut self, hole: Hole) {
        if self.holes.len() < GAPS {
            self.holes.push(hole);
        } else {
            self.holes_omitted += 1;
        }
    }

    fn fill(&mut self, start: i64, end: i64, time: Timestamp) -> Seen {
        let Some(at) = self.holes.iter().position(|hole| start < hole.end && hole.start < end) else {
            return Seen::Retransmission;
        };
        let hole = self.holes.remove(at);
        if hole.start < start {
            self.holes.push(Hole { end: start, ..hole });
        }
        if end < hole.end {
            self.open_hole(Hole { start: end, ..hole });
        }
        // Earlier than what showed the hole: the file is out of order, not the path.
        if time - hole.opened <= REORDERING { Seen::OutOfOrder } else { Seen::FillsHole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp(0) + Span::from_millis(milliseconds)
    }

    #[test]
    fn tells_reordering_from_loss_and_repetition() {
        let mut seen = SeenBytes::default();
        let p = PacketId::new(0, 1);
        assert_eq!(seen.note(0, 10, p, at(0)), Seen::New);
        assert_eq!(seen.note(20, 30, p, at(1)), Seen::AfterHole);
        assert_eq!(seen.note(10, 15, p, at(2)), Seen::OutOfOrder);
        assert_eq!(seen.note(15, 20, p, at(300)), Seen::FillsHole);
        assert_eq!(seen.note(0, 10, p, at(301)), Seen::Retransmission);
        assert!(seen.holes.is_empty());
    }

    #[test]
    fn a_hole_can_be_filled_from_its_middle() {
        let mut seen = SeenBytes::default();
        let p = PacketId::new(0, 1);
        seen.note(0, 10, p, at(0));
        seen.note(40, 50, p, at(0));
        seen.note(20, 30, p, at(1));
        let mut holes: Vec<_> = seen.holes.iter().map(|hole| (hole.start, hole.end)).collect();
        holes.sort_unstable();
        assert_eq!(holes, [(10, 20), (30, 40)]);
    }
}
