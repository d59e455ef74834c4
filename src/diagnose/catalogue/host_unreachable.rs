//! A router knows no way to the host: ICMP network or host unreachable (RFC 792, RFC 4443 §3.1).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::Close;
use crate::diagnose::finding::{By, Confidence, Place};

const ID: &str = "host-unreachable";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let Close::Icmp(index) = case.close else { return None };
    let error = case.record.icmp.get(index).filter(|error| !super::fw_reject_icmp::is_prohibition(error))?;
    let prompt = super::fw_reject_icmp::is_prompt_refusal(case, error);
    let confidence = if prompt { Confidence::Possible } else { Confidence::Certain };
    let what = match (error.version, error.code) {
        (4, 1 | 7 | 12) | (6, 3) => "no host answers at that address (on its own network nobody answers for it)",
        _ => "there is no route to that network",
    };
    let text = format!("ICMP type {} code {} from {}, quoting the SYN", error.kind, error.code, error.from);
    Some(
        Detected::new(ID, confidence, format!("A router reports that {what}. The server has not seen the connection."))
            .because_of(case.marks.syn.as_ref(), "SYN")
            .because(error, text)
            .ended_by(By::Network)
            .against_if(prompt, "it comes at once each time: a router that looks for the host would wait for it first")
            .settle(format!("on the router {}: its route and its neighbour (ARP, ND) entry for the server", error.from))
            .remedy(
                Place::Client,
                "check the address and the way there",
                "getent hosts SERVER; ip route get SERVER; traceroute -n SERVER",
            )
            .advice(Place::Server, "check that the host runs, is on its network, and has the address")
            .advice(Place::Network, "check the route, the VPN or the tunnel that leads to the server's network"),
    )
}
