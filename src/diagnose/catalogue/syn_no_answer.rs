//! The SYN gets no answer at all.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{By, Confidence, Place};
use crate::diagnose::policy::{SYNS_CERTAIN, SYNS_CERTAIN_AFTER, SYNS_CERTAIN_SPAN};
use crate::tcp::{SegmentFact, Side};

const ID: &str = "syn-no-answer";

/// The client's SYNs, where none was answered.
pub(super) fn unanswered<'a>(case: &Case<'a>) -> Option<(&'a SegmentFact, &'a SegmentFact, usize)> {
    if !matches!(case.close, Close::Unanswered(Side::Client))
        || case.marks.handshake.is_some()
        || case.record.saw(Side::Server)
    {
        return None;
    }
    let mut syns = case.record.sent_by(Side::Client).filter(|fact| fact.flags.syn());
    let first = syns.next()?;
    let (last, count) = syns.fold((first, 1), |(_, count), fact| (fact, count + 1));
    Some((first, last, count))
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let (first, last, count) = unanswered(case)?;
    let at_server = case.tap_is_at_server();
    let lasted = last.time - first.time;
    let watched = case.record.observed_until - first.time >= SYNS_CERTAIN_AFTER;
    // A tap that sees one direction alone would see the same.
    let hears_server = case.knows_distance(Side::Server);
    let repeated = count >= SYNS_CERTAIN && lasted >= SYNS_CERTAIN_SPAN;
    let certain = repeated && watched && hears_server && case.record.icmp.is_empty();
    let confidence = if certain { Confidence::Certain } else { Confidence::Likely };
    let text = if at_server {
        "The SYN reaches the server, which does not answer: its packet filter drops it, or its accept queue is full."
    } else {
        "The SYN or its answer was dropped or lost without a word. Packets at this place cannot tell where: a firewall that drops is \
         the usual reason."
    };
    let last_text =
        format!("the last of {count} SYN with the same sequence number, {} after the first", duration(lasted));
    let mut detected =
        Detected::new(ID, confidence, text).because(first, "SYN; no SYN+ACK, reset or ICMP error follows");
    if count > 1 {
        detected = detected.because(last, last_text);
    }
    Some(
        detected
            .ended_by(if at_server { By::ServerKernel } else { By::Unknown })
            .against_if(!repeated || !watched, "few repetitions were captured: the answer may only be late")
            .against_if(!hears_server, "no packet of the server is in this capture: a tap that misses its direction would show the same")
            .settle(
                "a capture on the server: if the SYN arrives, the server drops it; if not, something before it does",
            )
            .settle("ping and other ports of the same address: if they answer, the host is up and a filter drops")
            .remedy(
                Place::Client,
                "check address, port and way",
                "getent hosts SERVER; nc -vz -w 5 SERVER 22; traceroute -n SERVER",
            )
            .remedy(
                Place::Server,
                "look for a rule that drops, and allow the client",
                "nft list ruleset; ufw status; firewall-cmd --list-all; ufw allow from CLIENT to any port 22 proto tcp",
            )
            .settle("a server in a cloud: its security group and network ACL, and the flow log (sshwire explain cloud-security-group-drop)")
            .advice(
                Place::Network,
                "cloud: the security group must allow the port inbound, a network ACL also the answers outbound",
            ),
    )
}
