//! A scanner: half-open connections, or one port after the other.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Place};
use crate::diagnose::policy::{SCAN_PORTS, SCAN_WINDOW};
use crate::diagnose::unseen;
use crate::record::Mark;
use crate::tcp::Side;
use std::collections::BTreeSet;

const ID: &str = "port-scan";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let detected = half_open(case).or_else(|| many_ports(case))?;
    Some(
        detected
            .settle("the server's packet filter log: the same source on many ports or hosts")
            .advice(Place::Server, "nothing failed; limit who may reach the port if this should not be")
            .remedy(Place::Server, "admit known networks alone", "ufw allow from TRUSTED to any port 22 proto tcp"),
    )
}

/// The port's answer is answered with a reset: the scanner's kernel knows nothing of the SYN.
fn half_open(case: &Case<'_>) -> Option<Detected> {
    if unseen::all_bytes(case).is_some() {
        return None;
    }
    let reset = case.closing_segment().filter(|fact| fact.from == Side::Client && fact.flags.rst())?;
    let syn_ack = case.record.tcp.server.syn.filter(|syn| syn.ack)?;
    let genuine = case.ending_reset().is_some_and(|judged| !judged.forged);
    if case.marks.handshake.is_some() || !genuine || case.record.tcp.client.bytes > 0 {
        return None;
    }
    let answer = Mark { time: syn_ack.time, packet: syn_ack.packet };
    let bare = !reset.flags.ack();
    Some(
        Detected::new(
            ID,
            if bare { Confidence::Likely } else { Confidence::Possible },
            "The client sends a SYN and answers the server's SYN+ACK with a reset: it wanted to know whether the port is open, no more.",
        )
        .because(&answer, "SYN+ACK: the port is open")
        .because(reset, "the client resets in place of an ACK")
        .ended_by(By::Client)
        .against_if(!bare, "load balancers check their backends in the same way (RST+ACK after the SYN+ACK)")
        .against("a client that was killed between SYN and SYN+ACK would look the same"),
    )
}

/// The same client at several ports of this server within a short time, nothing said.
fn many_ports(case: &Case<'_>) -> Option<Detected> {
    if case.record.tcp.client.bytes > 0 {
        return None;
    }
    let (start, client, own) = (case.record.first.1, case.record.client.address, case.record.server.port);
    let visits = case.host(Side::Server).into_iter().flat_map(|facts| facts.visits.iter());
    // Most visits are to the same port: a flood of them costs a comparison each.
    let near = visits.filter(|visit| {
        visit.port != own
            && visit.client == client
            && (visit.start - start).abs() <= SCAN_WINDOW
            && !visit.encrypted
    });
    let mut ports: BTreeSet<u16> = near.map(|visit| visit.port).collect();
    ports.insert(own);
    if ports.len() < SCAN_PORTS {
        return None;
    }
    let first = Mark { time: start, packet: case.record.first.0 };
    Some(
        Detected::new(
            ID,
            Confidence::Likely,
            format!(
                "The client tries {} ports of this server within a minute and says nothing on this one: a scan.",
                ports.len()
            ),
        )
        .because(&first, format!("one of {} ports that {client} tries", ports.len())),
    )
}
