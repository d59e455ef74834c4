//! A clock that is set back while a capture runs. By their times, packets then stand before those that they answer, and what sorts by
//! time sees resets and closes that were ignored.

use super::{Connection, Reader};
use crate::packet::Segment;
use crate::time::{Span, Timestamp};

/// What is less is disorder of the capture: several queues of a card, several taps. NTP sets a clock that is wrong by more than 128 ms,
/// and slews the rest.
const CLOCK_STEP: Span = Span::from_millis(100);

impl<R: Reader> Connection<R> {
    /// What the times of its packets lack since the clock was set back, all steps together.
    pub fn clock(&self) -> Span {
        self.clock
    }

    /// Takes a step of the clock into account, if this segment proves one: it stands behind the last one in the capture and before it
    /// by its time, though it was sent after something that has a later time. A capture whose packets are merely not in order holds no
    /// such thing.
    #[inline]
    pub fn note_clock_step(&mut self, segment: &Segment<'_>) -> Option<Span> {
        let late = self.last.1 - (segment.time + self.clock);
        if late < CLOCK_STEP || !self.was_sent_later(segment) {
            return None;
        }
        self.clock = Span(self.clock.0.saturating_add(late.0));
        Some(late)
    }

    /// Its own clock (TSval, RFC 7323 §3) is ahead of what its sender sent before, or it continues or acknowledges bytes.
    #[cold]
    fn was_sent_later(&self, segment: &Segment<'_>) -> bool {
        let before = segment.time + self.clock + CLOCK_STEP;
        let from = self.side_of(segment.source);
        let is_later = |time: Option<Timestamp>| time.is_some_and(|time| time >= before);
        if let (Some((stamp, _)), Some((last, time))) = (segment.options.timestamps, self.ledger.newest_stamp(from)) {
            match stamp.wrapping_sub(last).cast_signed() {
                1.. => return is_later(Some(time)),
                0 => {}
                _ => return false,
            }
        }
        let own = &self.sides[from];
        let next = own.base.zip(own.seen.next).map(|(base, next)| base.wrapping_add(next as u32));
        if !segment.flags.syn() && next == Some(segment.seq) && is_later(self.ledger.first_to_end(from, segment.seq)) {
            return true;
        }
        let base = self.sides[from.peer()].base;
        let acked = base.zip(own.facts.acked).map(|(base, acked)| base.wrapping_add(acked as u32));
        // A repeated acknowledgment may be a copy, of another tap with another clock.
        let is_news =
            segment.flags.rst() || acked.is_none_or(|acked| segment.ack.wrapping_sub(acked).cast_signed() > 0);
        segment.flags.ack() && is_news && is_later(self.ledger.first_to_end(from.peer(), segment.ack))
    }
}
