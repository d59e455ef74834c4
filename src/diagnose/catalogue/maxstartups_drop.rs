//! sshd's listener drops a connection over MaxStartups: it says so in one line and closes (sshd.c, drop_connection).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::policy::MAXSTARTUPS_BEGIN;
use crate::tcp::Side;

const ID: &str = "maxstartups-drop";

/// Written by sshd 8.2 to 9.7.
const EXCEEDED: &[u8] = b"Exceeded MaxStartups";
/// Written by sshd 9.8 and later, for MaxStartups and for PerSourcePenalties alike.
pub(super) const NOT_ALLOWED: &[u8] = b"Not allowed at this time";

/// Whether a text is one that sshd's listener drops connections with.
pub(super) fn is_text_of_sshd(text: &[u8]) -> bool {
    text == EXCEEDED || text == NOT_ALLOWED
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let server = &case.record.ssh.server;
    if server.identification.is_some() {
        return None;
    }
    let line = server.pre_identification.iter().find(|line| is_text_of_sshd(&line.text))?;
    let mark = case.record.first_mark_behind(Side::Server, line.range.start)?;
    let exceeded = line.text == EXCEEDED;
    let confidence = if exceeded { Confidence::Certain } else { Confidence::Likely };
    if !exceeded && super::persource_penalty::fits_better(case) {
        return None;
    }
    let text = if exceeded {
        "the text is what sshd 8.2 to 9.7 sends when MaxStartups drops a connection; no identification followed"
    } else {
        "the text is what sshd 9.8 and later sends when MaxStartups or PerSourcePenalties drops a connection"
    };
    let open = case.unauthenticated_at_start();
    let mut detected = Detected::new(
        ID,
        confidence,
        "The listener of sshd counts connections that have not authenticated yet and drops new ones above MaxStartups.",
    )
    .because(&mark, text);
    if open >= MAXSTARTUPS_BEGIN {
        detected = detected
            .because(&mark, format!("{open} other connections to this server were open and not authenticated then"));
    }
    Some(
        detected
            .against_if(!exceeded, "PerSourcePenalties uses the same words; it would hit every try of this client and no other client")
            .settle("server log: \"drop connection #… past MaxStartups\" (LogLevel VERBOSE), or \"beginning MaxStartups throttling\"")
            .remedy(
                Place::Server,
                "read what it says about it",
                "journalctl -u ssh -u sshd --since -2h | grep -i -e startups -e 'drop conn'",
            )
            .remedy(
                Place::Server,
                "see who holds the slots, and what they wait for",
                "ss -tnp state established '( sport = :ssh )'",
            )
            .remedy(
                Place::Server,
                "MaxStartups 100:30:200 and LoginGraceTime 30 in /etc/ssh/sshd_config, then",
                "sshd -t && systemctl reload ssh",
            )
            .advice(Place::Client, "open fewer connections at a time: ControlMaster auto, fewer forks"),
    )
}
