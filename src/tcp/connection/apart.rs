//! The two directions captured by two clocks: a tap with a port for each, queues of a network card that are emptied one after the
//! other. By their times, answers then stand before what they answer.

use crate::tcp::ledger::{Ledger, Seen, SegmentFact};
use crate::tcp::side::{PerSide, Side};
use crate::time::Span;

/// Clocks further apart are not put right: within this time no retransmission comes that the capture could have in place of what it
/// lost (Linux waits 200 ms at least, RFC 6298 §2.4 a second).
const APART: Span = Span::from_millis(100);
/// An answer is put so far behind what it answers: the least that capture formats tell.
const BEHIND: Span = Span(1_000);

/// How much later the packets of one side were captured than their times say, if acknowledgements stand before the bytes that they
/// acknowledge, and no acknowledgement of its peer stands before its bytes then. `begun`: the SYN was seen; in a capture from the
/// middle on, what comes behind its acknowledgement may be a repetition.
pub(super) fn lateness(ledger: &Ledger, begun: PerSide<bool>) -> Option<(Side, Span)> {
    let ahead = PerSide::from_fn(|side| Ahead::of(ledger, side));
    let of = |side: Side| {
        let own = ahead[side].filter(|ahead| ahead.is_proven && ahead.most < APART && begun[side.peer()])?;
        let late = Span(own.most.0 + BEHIND.0);
        let fits = ahead[side.peer()].is_none_or(|peer| peer.most.0.saturating_add(late.0) <= 0);
        fits.then_some((side, late))
    };
    of(Side::Client).or_else(|| of(Side::Server))
}

/// Where the acknowledgements of a side stand.
#[derive(Clone, Copy)]
struct Ahead {
    /// How far before what they acknowledge, at most; less than 0 if all stand behind it.
    most: Span,
    /// That of a SYN does, or two do: a single one may acknowledge bytes that the capture lost and has as a repetition.
    is_proven: bool,
}

impl Ahead {
    fn of(ledger: &Ledger, side: Side) -> Option<Self> {
        let mut ahead: Option<Self> = None;
        let mut before: Option<i64> = None;
        for ack in ledger.all().filter(|fact| fact.from == side && fact.flags.ack()) {
            let Some(sent) = sent(ledger, side.peer(), ack.ack) else { continue };
            let by = Span((sent.time - ack.time).0);
            let ahead = ahead.get_or_insert(Self { most: by, is_proven: false });
            ahead.most = ahead.most.max(by);
            if by > Span::ZERO {
                ahead.is_proven |= sent.flags.syn() || before.is_some_and(|before| before != ack.ack);
                before = Some(ack.ack);
            }
        }
        ahead
    }
}

/// The first segment of a side that brought the byte before this offset.
fn sent(ledger: &Ledger, side: Side, offset: i64) -> Option<&SegmentFact> {
    let brings = |fact: &&SegmentFact| {
        let own = fact.from == side && !fact.flags.rst() && fact.seen() != Seen::KeepAlive;
        own && fact.seq < offset && offset <= fact.end()
    };
    ledger.all().filter(brings).min_by_key(|fact| fact.time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{PacketId, Segment};
    use crate::tcp::crafted::{Begun, segment};
    use crate::tcp::{FinishReason, FinishedConnection, Tracker};
    use crate::time::Timestamp;

    /// Microsecond, flags, sequence and acknowledgment number, length; from the client if its flags have no bit 7.
    type Line = (i64, u8, u32, u32, u32);
    const SERVER: u8 = 0x80;

    fn judge(lines: &[Line]) -> FinishedConnection<Begun> {
        let mut tracker = Tracker::new(crate::packet::Watch::ports(&[22]));
        for (number, &(time, flags, seq, ack, payload_len)) in (1..).zip(lines) {
            let mut one = Segment {
                packet: PacketId::new(0, number),
                time: Timestamp(time * 1_000),
                seq,
                ack,
                payload_len,
                ..segment(flags & !SERVER)
            };
            if flags & SERVER != 0 {
                std::mem::swap(&mut one.source, &mut one.destination);
            }
            tracker.push(&one);
        }
        tracker.finish(Timestamp(9_000_000_000));
        let over = tracker.next_over().expect("a connection");
        assert_eq!(over.reason, FinishReason::EndOfCapture);
        over.finish()
    }

    fn late(lines: &[Line]) -> (i64, i64) {
        let sides = judge(lines).sides;
        (sides.client.put_later.0 / 1_000, sides.server.put_later.0 / 1_000)
    }

    #[test]
    fn an_answer_before_its_question_is_put_behind_it() {
        let handshake = [(700, 0x12 | SERVER, 500, 101, 0), (1_000, 2, 100, 0, 0), (1_020, 16, 101, 501, 0)];
        let over = judge(&handshake);
        assert_eq!(over.sides.server.put_later, Span(301_000));
        let flags: Vec<u8> = over.segments.iter().map(|fact| fact.flags.0).collect();
        assert_eq!((flags, over.first.1, over.history.as_str()), (vec![2, 0x12, 16], Timestamp(1_000_000), "SChcAW"));
        let in_order = [(1_000, 2, 100, 0, 0), (1_300, 0x12 | SERVER, 500, 101, 0), (1_320, 16, 101, 501, 0)];
        assert_eq!(late(&in_order), (0, 0));
    }

    /// Bytes that the capture lost and has as a repetition only: the peer's answers leave no room for a clock.
    #[test]
    fn a_repetition_of_what_the_capture_lost_tells_nothing() {
        let begun = [(0, 2, 100, 0, 0), (10_000, 0x12 | SERVER, 500, 101, 0), (10_020, 16, 101, 501, 0)];
        let answered = (30_000, 16 | SERVER, 501, 121, 0);
        let repeated = (70_000, 24, 101, 501, 20);
        assert_eq!(late(&[&begun[..], &[answered, repeated]].concat()), (0, 0));
        assert_eq!(late(&[&begun[..2], &[answered, repeated]].concat()), (0, 0), "it is the only one");
        let twice = [(31_000, 16 | SERVER, 501, 131, 0), (71_500, 24, 121, 501, 10)];
        assert_eq!(late(&[&begun[..2], &[answered], &twice[..1], &[repeated], &twice[1..]].concat()), (0, 40_501));
    }

    #[test]
    fn clocks_that_are_far_apart_are_left() {
        assert_eq!(late(&[(0, 0x12 | SERVER, 500, 101, 0), (99_000, 2, 100, 0, 0)]), (0, 99_001));
        assert_eq!(late(&[(0, 0x12 | SERVER, 500, 101, 0), (100_000, 2, 100, 0, 0)]), (0, 0));
    }

    #[test]
    fn times_at_the_end_of_their_range_are_no_trouble() {
        let earliest = i64::MIN / 1_000;
        let lines = [(earliest, 16, 101, 501, 0), (0, 0x12 | SERVER, 500, 101, 0), (1_000, 2, 100, 0, 0)];
        assert_eq!(late(&lines), (0, 0));
    }
}
