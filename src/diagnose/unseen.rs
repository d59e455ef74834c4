//! Closes that happened and that the capture does not show: lost by a busy tap, or before its first packet.

use super::case::Case;
use crate::tcp::{SegmentFact, Side};

/// Offset behind the last byte that a side was seen to send; a FIN counts one.
fn end_of(case: &Case<'_>, side: Side) -> Option<i64> {
    case.record.sent_by(side).filter(|fact| !fact.flags.rst()).map(SegmentFact::end).max()
}

/// Only packets with SYN, FIN or RST are in the capture.
pub fn all_but_flags(case: &Case<'_>) -> bool {
    case.record.segments.iter().all(|fact| fact.flags.syn() || fact.flags.fin() || fact.flags.rst())
}

/// The segment that closed a connection of which such a capture has no byte before it, though by its numbers there were some.
pub fn all_bytes<'a>(case: &Case<'a>) -> Option<&'a SegmentFact> {
    let close = case.closing_segment().filter(|_| all_but_flags(case))?;
    // What refuses a SYN may acknowledge anything.
    let refuses = close.flags.rst() && close.from == Side::Server && case.record.tcp.server.syn.is_none();
    let before = |side: Side| {
        let seen = case.record.sent_by(side).filter(|fact| !fact.flags.rst() && fact.precedes(close));
        seen.map(SegmentFact::end).max()
    };
    // Offsets count from the SYN, if it is there; half of the numbers are behind it (RFC 9293 §3.4).
    let beyond = |side: Side, end: i64| {
        let known = before(side).filter(|_| case.record.tcp[side].syn.is_some());
        known.is_some_and(|seen| (1..i64::from(u32::MAX / 2)).contains(&(end - seen)))
    };
    let acknowledges = close.flags.ack() && beyond(close.from.peer(), close.ack);
    (!refuses && (beyond(close.from, close.seq) || acknowledges)).then_some(close)
}

/// A FIN of the other side that the capture does not have shows as a byte that is acknowledged and was never seen. With one
/// direction only it is the odd byte: SSH packets fill multiples of four (RFC 4253 §6).
pub fn answers_a_fin(case: &Case<'_>, fin: &SegmentFact) -> bool {
    let peer = fin.from.peer();
    if case.record.saw(peer) {
        let sent = case.record.sent_by(peer).filter(|f| !f.flags.rst() && f.len > 0).map(SegmentFact::end).max();
        return case.record.tcp[peer].fin.is_none() && sent.is_some_and(|end| fin.ack == end + 1);
    }
    let mut acks: Vec<i64> =
        case.record.sent_by(fin.from).filter(|f| !fin.precedes(f) && f.flags.ack()).map(|f| f.ack).collect();
    acks.dedup();
    matches!(acks[..], [.., before, last] if (last - before) % 4 == 1)
}

/// The client acknowledged, before this reset, one byte more than the server was seen to send: its FIN, which the capture lost.
pub fn close_of_the_server(case: &Case<'_>, reset: &SegmentFact) -> bool {
    let Some(end) = end_of(case, Side::Server).filter(|_| case.record.tcp.server.fin.is_none()) else { return false };
    case.record
        .sent_by(Side::Client)
        .any(|fact| fact.flags.ack() && fact.precedes(reset) && fact.ack == end.saturating_add(1))
}

/// The peer of a reset's sender was seen to have heard of no close: it acknowledges all that the sender sent, and no FIN, after the
/// sender's last packet.
pub fn none_was_heard_of(case: &Case<'_>, reset: &SegmentFact) -> bool {
    let before = |fact: &&SegmentFact| fact.precedes(reset) && !fact.flags.rst();
    let Some(last) = case.record.sent_by(reset.from).rfind(before) else { return false };
    let end = end_of(case, reset.from);
    case.record.sent_by(reset.from.peer()).filter(before).any(|fact| last.precedes(fact) && Some(fact.ack) == end)
}

/// What was said gives a side reason to close by itself, whatever became of its FIN: nothing in common, a DISCONNECT, a refusal in
/// place of an identification, a peer that does not speak SSH.
pub fn had_reason(case: &Case<'_>) -> bool {
    let (client, server) = (&case.record.ssh.client, &case.record.ssh.server);
    case.negotiation.as_ref().is_some_and(|negotiation| !negotiation.failing.is_empty())
        || client.disconnect.is_some()
        || server.disconnect.is_some()
        || !server.pre_identification.is_empty()
        || client.other.is_some()
        || server.other.is_some()
}
