//! A load balancer puts a PROXY header before the client's bytes; sshd takes it for the client's identification.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Phase, Place};
use crate::diagnose::shown::shown;
use crate::ssh::other::OtherKind;
use crate::tcp::Side;

const ID: &str = "proxy-protocol-to-sshd";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    case.record.ssh.server.identification.as_ref()?;
    let header = case.record.ssh.client.other.as_ref().filter(|other| other.kind == OtherKind::ProxyProtocol)?;
    // A server that understands the header goes on to the key exchange.
    let early = matches!(case.ended.phase, Phase::PreBanner | Phase::Banner | Phase::Kexinit);
    let taken =
        case.marks.newkeys.server.is_some() || case.marks.kexinit.server.zip(case.marks.kexinit.client).is_some();
    if !early || taken {
        return None;
    }
    let mark = case.record.first_mark_behind(Side::Client, header.range.start)?;
    let close = case.server_close();
    let line = header.bytes.split(|&byte| byte == b'\n').find(|line| line.len() > 1).unwrap_or_default();
    let whole = case.record.tcp.client.anchored;
    let confidence = if whole && close.is_some() { Confidence::Certain } else { Confidence::Likely };
    Some(
        Detected::new(
            ID,
            confidence,
            "Before the client's identification comes the PROXY header of a load balancer. sshd does not know it, takes it for a broken \
             identification, and closes: every connection over this load balancer fails so.",
        )
        .because(&mark, format!("the client's first bytes: \"{}\"", shown(line)))
        .because_of(close, "the server closes")
        .ended_in(Phase::Banner)
        .against_if(!whole, "the capture does not have the whole beginning of the connection")
        .against_if(close.is_none(), "it was not the server that closed")
        .settle("server log: \"client sent invalid protocol identifier \\\"PROXY …\"")
        .remedy(
            Place::Network,
            "haproxy: take send-proxy (send-proxy-v2) off the server line of this backend, then",
            "haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy",
        )
        .advice(Place::Network, "AWS NLB: switch off \"proxy protocol v2\" of the target group")
        .advice(Place::Server, "or put a helper that understands the header before sshd (go-mmproxy)"),
    )
}
