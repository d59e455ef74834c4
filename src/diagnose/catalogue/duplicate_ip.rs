//! Two machines answer for one address.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Phase, Place};
use crate::tcp::{SegmentFact, Side};

const ID: &str = "duplicate-ip";

/// Two SYN+ACKs to one SYN that differ in initial sequence number and, where the capture has them, in source MAC. A repetition by
/// another router has the same sequence number.
fn answers<'a>(case: &Case<'a>) -> Option<(&'a SegmentFact, &'a SegmentFact, Confidence)> {
    let mut syn_acks = case.record.sent_by(Side::Server).filter(|fact| fact.flags.syn() && fact.flags.ack());
    let first = syn_acks.next()?;
    let hardware = first.source_mac != 0;
    let other = syn_acks.find(|fact| {
        let another = (fact.source_mac != first.source_mac || !hardware) && fact.raw_seq != first.raw_seq;
        another && fact.raw_ack == first.raw_ack
    })?;
    // To a repeated SYN a single host may answer with another SYN cookie, and by another router.
    let syns = case.record.sent_by(Side::Client).filter(|fact| fact.flags.syn() && fact.time <= other.time).count();
    match (hardware, syns) {
        (true, 1) => Some((first, other, Confidence::Certain)),
        (true, _) | (false, 1) => Some((first, other, Confidence::Likely)),
        (false, _) => None,
    }
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let (first, other, confidence) = answers(case)?;
    let address = case.record.server.address;
    let hardware = first.source_mac != 0;
    let from = if hardware { ", from two hardware addresses and" } else { "," };
    let mut detected = Detected::new(
        ID,
        confidence,
        format!("Two machines answer the same SYN for {address}{from} each with a sequence number of its own."),
    );
    // Whichever answer the decoder took for the server's: the client has taken one of them.
    let taken = |answer: &SegmentFact| {
        case.record.sent_by(Side::Client).any(|fact| fact.flags.ack() && fact.raw_ack == answer.raw_seq.wrapping_add(1))
    };
    if case.ended.phase == Phase::TcpConnect && (taken(first) || taken(other)) {
        detected = detected.ended_in(Phase::PreBanner);
    }
    Some(
        detected
        .because(first, format!("SYN+ACK, sequence number {}, TTL {}", first.raw_seq, first.ttl))
        .because(other, format!("another SYN+ACK, sequence number {}, TTL {}", other.raw_seq, other.ttl))
        .against_if(!hardware, "the capture has no hardware addresses, which would show two machines")
        .against_if(hardware && confidence != Confidence::Certain, "the SYN was repeated in between: one host with SYN cookies behind two routers could do the same")
        .settle("on a host of the same network: arping -D -I IF ADDRESS shows two hardware addresses")
        .remedy(Place::Network, "find both machines", format!("arping -c 5 -I IF {address}; ip neigh show {address}"))
        .advice(Place::Server, "give one of them another address; check DHCP reservations, clones and failover pairs that are both active"),
    )
}
