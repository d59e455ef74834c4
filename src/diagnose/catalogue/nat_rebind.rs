//! A session goes on from another address or port: the server's kernel does not know the new one.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Place};
use crate::diagnose::policy::{REBOUND_ACK_AHEAD, REBOUND_SEQ_BACK};
use crate::diagnose::reset::Maker;
use crate::record::Visit;
use crate::tcp::{SegmentFact, Side};

const ID: &str = "nat-rebind";

/// Whether a packet goes on where another connection of this server stood: perhaps a few bytes back (a repetition), perhaps
/// acknowledging bytes that arrived on the old way.
fn goes_on(visit: &Visit, first: &SegmentFact) -> bool {
    let Some((seq, ack)) = visit.next else { return false };
    let back = seq.wrapping_sub(first.raw_seq);
    let ahead = first.raw_ack.wrapping_sub(ack);
    visit.end <= first.time && back <= REBOUND_SEQ_BACK && ahead <= REBOUND_ACK_AHEAD
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let record = case.record;
    let reset = case
        .ending_reset()
        .filter(|reset| reset.from == Side::Server && !reset.forged && reset.maker == Maker::NoSocket)?;
    let begun = record.tcp.client.syn.is_some() || record.tcp.server.syn.is_some();
    let alive = record.sent_by(Side::Server).any(|fact| !fact.flags.rst());
    let first = record.sent_by(Side::Client).find(|fact| fact.flags.ack() && !fact.flags.rst())?;
    if begun || alive || first.flags.fin() {
        return None;
    }
    let fact = record.segments.get(reset.index)?;
    let old = case.neighbours().find(|visit| goes_on(visit, first));
    let text = match old {
        Some(_) => {
            "A session goes on from another address or port than before, and the server's kernel does not know it there: a NAT between gave the client another port, or the client's address changed."
        }
        None => {
            "The client sends into a connection that the server's kernel does not know, and no beginning of it was seen: a NAT gave the client another port, or the server was restarted meanwhile."
        }
    };
    let mut detected = Detected::new(ID, if old.is_some() { Confidence::Likely } else { Confidence::Possible }, text)
        .ended_by(By::ServerKernel)
        .because(first, "the first packet: data and acknowledgement without a handshake");
    if let Some(old) = old {
        detected = detected
            .because(first, format!("its numbers go on where connection {} of {} stood", old.number, old.client));
    }
    Some(
        detected
            .because(fact, "the server's reset, for a connection that it does not know")
            .against_if(old.is_none(), "a server that was restarted, or had ended the session before the capture began, answers in the same way")
            .settle("a capture on both sides of the NAT: does the client's port change outside while it stays the same inside?")
            .remedy(Place::Client, "keep the NAT entry alive", "ssh -o ServerAliveInterval=30 -o ServerAliveCountMax=3 SERVER")
            .advice(Place::Client, "for clients that change networks: mosh, or tmux on the server")
            .advice(Place::Network, "give established TCP of the NAT a longer timer; keep one public address for one client"),
    )
}
