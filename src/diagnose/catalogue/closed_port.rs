//! Nothing listens on the port: the server's kernel answers the SYN with a reset (RFC 9293 §3.10.7.1).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::Place;
use crate::diagnose::reset::Maker;
use crate::record::Outcome;

const ID: &str = "closed-port";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let reset = case.refusal().filter(|reset| reset.maker == Maker::ClosedPort)?;
    let fact = case.record.segments.get(reset.index)?;
    let port = case.record.server.port;
    let served = case.neighbours().any(|visit| visit.outcome == Outcome::Served);
    let before = if served {
        " The same port was answered at another time of this capture: the service stopped or was restarted."
    } else {
        ""
    };
    let mut detected = Detected::new(
        ID,
        reset.confidence,
        format!("The SYN reached a kernel that has no listener on port {port}; it refused with a reset.{before}"),
    )
    .because_of(case.marks.syn.as_ref(), format!("SYN to port {port}"))
    .because(fact, reset.reasons.join("; "));
    for against in &reset.against {
        detected = detected.against(against.clone());
    }
    Some(
        detected
            .against_if(
                !case.knows_distance(crate::tcp::Side::Server),
                "no other packet of this address to compare the distance with",
            )
            .settle(format!("on the server: ss -ltn 'sport = :{port}' shows no line"))
            .settle("a capture on the server: the SYN arrives and the reset leaves there")
            .remedy(
                Place::Server,
                "see whether sshd runs, and on which port and address",
                "systemctl status ssh; ss -ltnp | grep -i ssh; sshd -t",
            )
            .remedy(
                Place::Server,
                "start it once its configuration is free of errors",
                "sshd -t && systemctl restart ssh",
            )
            .advice(Place::Client, "check address and port: a changed Port, a container or a forwarding may be meant"),
    )
}
