//! Two FINs that cross: which of them is the answer to the other.

use super::case::Case;
use crate::tcp::{SegmentFact, Side};

/// Index of the server's FIN behind a client's, where the server had closed by itself: near the client, the client's FIN stands
/// first, yet it only answers the server's last message (a DISCONNECT), and the server's own FIN was under way by then. It shows by
/// what that FIN acknowledges: nothing that the client sent after the message.
pub fn servers_own(case: &Case<'_>, fin: &SegmentFact) -> Option<usize> {
    let record = case.record;
    // Without an algorithm in common each closes for itself: `ended` has a word for that.
    let failing = case.negotiation.as_ref().is_some_and(|negotiation| !negotiation.failing.is_empty());
    if fin.from != Side::Client || failing || case.marks.identification.server.is_none() {
        return None;
    }
    let message = case.data_from(Side::Server).rfind(|fact| fact.precedes(fin))?;
    let answer =
        record.sent_by(Side::Client).find(|fact| message.precedes(fact) && (fact.len > 0 || fact.flags.fin()))?;
    let index = record.segments.iter().position(|fact| fact.from == Side::Server && fact.flags.fin())?;
    let own = &record.segments[index];
    let under_way = fin.precedes(own) && own.ack <= answer.seq && own.data_start() <= message.end();
    (under_way && !own.flags.rst()).then_some(index)
}
