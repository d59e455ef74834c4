//! The user was in and the client closed in good order.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::Close;
use crate::diagnose::keepalive::{ends_a_channel, is_logout};
use crate::diagnose::finding::{By, Confidence, How, Phase};
use crate::tcp::{SegmentFact, Side};
use crate::time::Span;

const ID: &str = "normal-close";
/// A client closes its socket right after it has written the DISCONNECT.
const LEAVES_BEHIND_LOGOUT: Span = Span::from_millis(50);

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    by_fin(case).or_else(|| by_reset(case))
}

/// The client has sent its DISCONNECT, or its command is over, and it closes with bytes of the server unread, which its kernel turns
/// into a reset.
fn by_reset(case: &Case<'_>) -> Option<Detected> {
    let close = case.closing_segment().filter(|close| close.from == Side::Client && close.flags.rst())?;
    let own = case.data_from(Side::Client).next_back()?;
    let theirs = case.data_from(Side::Server).next_back()?;
    let soon = |last: &SegmentFact| close.time - last.time <= LEAVES_BEHIND_LOGOUT;
    let (last, why) = if is_logout(case, own.len) && soon(own) {
        (own, "the size of the DISCONNECT that ends a logout")
    } else if ends_a_channel(case, theirs) && soon(theirs) {
        (theirs, "the size of what tells the client that its command is over")
    } else {
        return None;
    };
    if case.ended.phase != Phase::Session || case.ended.by != By::Client {
        return None;
    }
    Some(
        Detected::new(ID, Confidence::Likely, "The session was opened and closed in good order by the client; its reset only drops what the server still sent.")
            .because(last, why)
            .because(close, "the client's reset right behind it"),
    )
}

fn by_fin(case: &Case<'_>) -> Option<Detected> {
    if case.ended.phase != Phase::Session || case.ended.how != How::Fin || case.ended.by == By::Middlebox {
        return None;
    }
    let Close::Fin(index) = case.close else { return None };
    let close = case.record.segments.get(index)?;
    let certain_start = case.authenticated_at();
    // Of a session captured from its middle on, both sides must be seen at work: a packet or two tell nothing.
    if certain_start.is_none() && Side::BOTH.into_iter().any(|side| case.record.tcp[side].bytes == 0) {
        return None;
    }
    if close.from == Side::Server && case.ended.by != By::Client && !answers_the_client(case, close) {
        return None;
    }
    let confidence = if certain_start.is_some() { Confidence::Likely } else { Confidence::Possible };
    let text = if close.from == Side::Client { "the client's FIN" } else { "the server's FIN answers the client's last packet" };
    Some(
        Detected::new(ID, confidence, "The session was opened and closed in good order by the client.")
            .ended_by(By::Client)
            .because_of(certain_start.as_ref(), "authenticated, by the sizes")
            .because(close, text),
    )
}

/// Near the server its FIN comes first: it closes on the client's DISCONNECT, before the client's FIN is there. Then its FIN
/// carries nothing and follows the client's last bytes within a round trip.
pub(super) fn answers_the_client(case: &Case<'_>, fin: &SegmentFact) -> bool {
    let before = |side: Side| case.record.sent_by(side).rfind(|fact| fact.len > 0 && fact.precedes(fin));
    let (Some(client), server) = (before(Side::Client), before(Side::Server)) else { return false };
    let client_fin = case.record.tcp.client.fin.is_some();
    // A client that still has something to say did not mean to leave.
    let goes_on = case.record.sent_by(Side::Client).any(|fact| fact.len > 0 && fin.precedes(fact) && fact.data_start() >= client.end());
    let reach = case.halves.rtt().unwrap_or(Span::from_millis(50)).max(Span::from_millis(20));
    fin.len == 0 && client_fin && !goes_on && server.is_none_or(|server| server.precedes(client)) && fin.time - client.time <= Span(reach.0.saturating_mul(2))
}
