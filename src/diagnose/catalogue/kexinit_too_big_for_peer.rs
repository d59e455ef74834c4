//! A network device takes the client's long KEXINIT and closes.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{Confidence, Phase, Place};
use crate::diagnose::policy::KEXINIT_BIG;
use crate::tcp::Side;

const ID: &str = "kexinit-too-big-for-peer";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let close = case.server_close().filter(|_| matches!(case.ended.phase, Phase::Kexinit | Phase::KeyExchange))?;
    let software = case.software.server.as_ref().filter(|software| software.is_network_gear)?;
    let seen =
        case.record.ssh.client.kexinit.as_ref().filter(|seen| seen.complete && seen.range.len() >= KEXINIT_BIG)?;
    let end = case.record.offset(Side::Client, seen.range.end);
    let acknowledged = case.acknowledged_by(Side::Server) >= end;
    let failed = case.negotiation.as_ref().is_some_and(|negotiation| !negotiation.failing.is_empty());
    let further = case.record.ssh[Side::Client].messages.iter().any(|message| (30..=34).contains(&message.number));
    if !acknowledged || failed || further {
        return None;
    }
    let mark = case.record.mark(Side::Client, seen.range)?;
    Some(
        Detected::new(
            ID,
            Confidence::Likely,
            format!(
                "The device ({}) takes the client's KEXINIT of {} bytes whole and closes. Old and small devices have a fixed buffer for it.",
                software.product.as_str(),
                seen.range.len()
            ),
        )
        .because(&mark, format!("the client's KEXINIT, {} bytes, all acknowledged", seen.range.len()))
        .because(close, format!("the server closes {} later", duration(close.time - mark.time)))
        .against("a device that has no free session, or no host key, may close at the same point")
        .settle("try again with the short offer below: if that works, it was the length")
        .advice(Place::Server, "update the device's firmware")
        .advice(Place::Client, "PuTTY: tick \"Chokes on PuTTY's full KEXINIT\" (0.79 and later)")
        .remedy(
            Place::Client,
            "until then offer less; SHA-1 is weak, so for this host alone (put into ~/.ssh/config what works)",
            "ssh -o KexAlgorithms=diffie-hellman-group14-sha1 -o Ciphers=aes128-ctr -o MACs=hmac-sha1 -o HostKeyAlgorithms=ssh-rsa SERVER",
        ),
    )
}
