//! Both sides have identified themselves and each waits for the other's KEXINIT.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{Confidence, How, Phase, Place};
use crate::diagnose::policy::SILENCE;
use crate::tcp::Side;

const ID: &str = "kexinit-waits-for-peer";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let marks = &case.marks;
    if !matches!(case.ended.phase, Phase::Banner | Phase::Kexinit) || !case.opening_seen() {
        return None;
    }
    let (client, server) = (marks.identification.client?, marks.identification.server?);
    // Where the client has sent its own, the server owes: that is another story.
    if marks.kexinit_begun.client.is_some() || (marks.kexinit_begun.server.is_some() && marks.kexinit.server.is_none())
    {
        return None;
    }
    let lost = |side: Side| {
        let tcp = &case.record.tcp[side];
        case.stuck[side].is_some() || !tcp.holes.is_empty() || !tcp.gaps.is_empty() || tcp.cut_segments > 0
    };
    if lost(Side::Client) || lost(Side::Server) || case.record.ssh.client.other.is_some() {
        return None;
    }
    let last = marks.kexinit.server.unwrap_or(server).max(client);
    let until = case.close.mark(case).map_or(case.record.observed_until, |mark| mark.time);
    let silent = until - last.time;
    if silent < SILENCE || case.ending_reset().is_some_and(|reset| reset.forged) {
        return None;
    }
    let neither = marks.kexinit.server.is_none();
    let open = matches!(case.close, Close::Open);
    let text = if neither {
        "Both sides identified themselves, and neither sent its KEXINIT: each waits for the other to begin."
    } else {
        "The client takes the server's identification and KEXINIT and never sends a KEXINIT of its own."
    };
    let detected = Detected::new(ID, if neither && !open { Confidence::Likely } else { Confidence::Possible }, text);
    // Whoever closes has waited in vain: its timer ends it, not what the other side did.
    let detected = if open { detected } else { detected.ended_how(How::Timeout) };
    Some(
        detected
            .because(&client, "the client's identification")
            .because(&server, "the server's identification")
            .because(&last, format!("the last of both; then nothing for {}, and nothing was lost", duration(silent)))
            .against("a client that stopped (a hung process, a tool that only reads the identification) looks the same")
            .settle("ssh -vvv from the same place: OpenSSH sends its KEXINIT without waiting; if it gets through, it is the other client's manner")
            .advice(Place::Client, "PuTTY: set \"Chokes on PuTTY's full KEXINIT\" back to Auto or Off; SSH.NET: 2023.0.1 or later")
            .advice(Place::Server, "update its SSH server: RFC 4253 §7.1 lets both sides begin at once"),
    )
}
