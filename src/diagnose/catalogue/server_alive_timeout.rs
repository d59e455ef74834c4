//! The client's keepalives (ServerAliveInterval) stay unanswered and it gives up.

use super::build::Detected;
use super::session_loss::unanswered;
use crate::diagnose::case::Case;
use crate::diagnose::keepalive::is_keepalive;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{By, Confidence, Place};
use crate::tcp::Side;

const ID: &str = "server-alive-timeout";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let gave_up = match case.close {
        Close::GaveUp { index, side: Side::Client, .. } => case.record.segments.get(index),
        Close::Unanswered(Side::Client) => None,
        _ => return None,
    };
    let last = super::session_loss::last_data(case, Side::Client).next()?;
    let stuck = unanswered(case).filter(|stuck| stuck.from == Side::Client);
    let (first, count, len) = match stuck {
        Some(stuck) => (stuck.first()?, stuck.copies.len(), stuck.len),
        None => {
            gave_up?;
            let copies: Vec<_> = case.record.sent_by(Side::Client).filter(|fact| fact.seq == last.seq && fact.len > 0).collect();
            let first = copies.first()?;
            (crate::record::Mark { time: first.time, packet: first.packet }, copies.len(), last.len)
        }
    };
    if case.ended.phase < crate::diagnose::finding::Phase::Session || !is_keepalive(case, Side::Client, len) {
        return None;
    }
    let confidence = if gave_up.is_some() { Confidence::Likely } else { Confidence::Possible };
    let mut detected = Detected::new(ID, confidence, "The client's keepalive requests were not answered any more; after ServerAliveCountMax of them it gives up.")
        .because(&first, format!("{len} bytes, the size of a keepalive request, sent {count} times without an answer"));
    if let Some(end) = gave_up {
        detected = detected.because(end, "the client is gone");
    }
    let until = stuck.map_or(last.time, |stuck| stuck.until);
    Some(
        detected
            .ended_by(By::Client)
            .against("why the answers stopped (path, NAT entry, dead server) is not in these packets")
            .settle(format!("client: \"Timeout, server {} not responding.\"", case.record.server.address))
            .settle(format!("a capture at the server for the same time: do the keepalives arrive? (silent for {} here)", duration(until - first.time)))
            .remedy(Place::Client, "keep NAT entries alive with shorter intervals, and bear longer gaps", "ssh -o ServerAliveInterval=30 -o ServerAliveCountMax=6 HOST"),
    )
}
