//! A packet filter rejects the SYN with a reset of its own (netfilter `reject with tcp reset`).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::Place;
use crate::diagnose::reset::Maker;

const ID: &str = "fw-reject-rst";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let reset = case.refusal().filter(|reset| matches!(reset.maker, Maker::Filter | Maker::Device))?;
    let fact = case.record.segments.get(reset.index)?;
    let text = match reset.maker {
        Maker::Device => "A device before the server refused the SYN with a reset in the server's name.",
        _ => "A packet filter refused the SYN with a reset; a kernel without a listener would have sent another one.",
    };
    let mut detected = Detected::new(ID, reset.confidence, text)
        .because_of(case.marks.syn.as_ref(), "SYN")
        .because(fact, reset.reasons.join("; "));
    for against in &reset.against {
        detected = detected.against(against.clone());
    }
    let unknown = !case.knows_distance(crate::tcp::Side::Server);
    Some(
        detected
            .against_if(unknown, "no other packet of this address to compare the distance with: it may be the server's own filter or a router's")
            .settle("a capture on the server: if the SYN does not arrive, a device before it refused")
            .settle("on the server: nft list ruleset | grep -i reject, iptables -S | grep REJECT")
            .remedy(Place::Server, "find the rule that rejects", "nft list ruleset | grep -n -i reject; iptables -S | grep -n REJECT; ufw status; firewall-cmd --list-all")
            .remedy(Place::Server, "allow the client's network alone", "ufw allow from CLIENT to any port 22 proto tcp")
            .advice(Place::Network, "ask whoever runs the firewall between for TCP to the server's ssh port"),
    )
}
