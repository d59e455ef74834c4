//! The server ends without answering the client's key exchange message.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::tcp::Side;

const ID: &str = "server-dies-in-kex";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if case.ended.phase != Phase::KeyExchange || case.ended.by != By::ServerApp {
        return None;
    }
    let messages = &case.record.ssh.client.messages;
    let init = messages.iter().find(|message| (30..=34).contains(&message.number) && message.complete)?;
    let mark = case.record.mark(Side::Client, init.range)?;
    let close = case.closing_segment()?;
    let gex = init.number == 34;
    Some(
        Detected::new(ID, Confidence::Likely, "The server took the client's key exchange message and closed without an answer.")
            .because(&mark, "the client's key exchange message")
            .because(close, "the server's close, no reply before it")
            .against_if(gex, "a server that refuses the requested group sizes of DH group exchange closes at the same point")
            .settle("server log: \"killed by signal\", \"fatal:\", \"mm_request\", seccomp or SELinux denials (ausearch -m AVC,SECCOMP -ts recent)")
            .remedy(Place::Server, "check configuration and keys", "sshd -t && journalctl -u ssh -u sshd -n 50")
            .remedy(Place::Client, "try another method", format!("ssh -o KexAlgorithms=curve25519-sha256 {}", case.destination())),
    )
}
