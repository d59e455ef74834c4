//! A capture may hold packets in another order than that of their times. What is new, repeated or missing is then judged again,
//! as if they had come in time order.

use super::connection::PLAUSIBLE_DISTANCE;
use super::facts::SideFacts;
use super::history::History;
use super::ledger::{Seen, SegmentFact};
use super::seen::SeenBytes;
use super::side::{PerSide, Side};

/// `segments` are all of a connection, in time order.
pub(super) fn in_time_order(segments: &mut [SegmentFact], sides: &mut PerSide<SideFacts>) -> History {
    let mut seen: PerSide<SeenBytes> = PerSide::default();
    let mut history = History::default();
    for side in Side::BOTH {
        let facts = &mut sides[side];
        (facts.retransmissions, facts.out_of_order, facts.keepalives) = (0, 0, 0);
    }
    for fact in segments {
        fact.set_seen(again(fact, &mut seen[fact.from]));
        let facts = &mut sides[fact.from];
        facts.retransmissions += u64::from(matches!(fact.seen(), Seen::Retransmission | Seen::FillsHole));
        facts.out_of_order += u64::from(fact.seen() == Seen::OutOfOrder);
        facts.keepalives += u64::from(fact.seen() == Seen::KeepAlive);
        history.note(fact);
    }
    for side in Side::BOTH {
        sides[side].holes = std::mem::take(&mut seen[side].holes);
    }
    history
}

fn again(fact: &SegmentFact, seen: &mut SeenBytes) -> Seen {
    let (start, begun) = (fact.data_start(), seen.next.is_some());
    if fact.flags.rst() {
        return Seen::New;
    }
    if fact.flags.syn() {
        seen.next.get_or_insert(start);
        return if begun { Seen::Retransmission } else { Seen::New };
    }
    let Some(next) = seen.next else { return seen.note(start, fact.end(), fact.packet, fact.time) };
    if (start - next).abs() > PLAUSIBLE_DISTANCE {
        return fact.seen();
    }
    if fact.len <= 1 && !fact.flags.fin() && start == next - 1 && start >= 0 {
        return Seen::KeepAlive;
    }
    seen.note(start, fact.end(), fact.packet, fact.time)
}
