//! A process at the server's end takes the bytes and does not answer.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{By, Confidence, How, Phase, Place};
use crate::diagnose::opening::Parting;
use crate::tcp::{SegmentFact, Side};

const ID: &str = "server-silent";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let before_user = case.ended.phase > Phase::TcpConnect && case.ended.phase < Phase::Authentication;
    let lost = case.stuck.client.is_some() || case.stuck.server.is_some() || !case.record.tcp.server.holes.is_empty();
    let server = &case.record.ssh.server;
    let other_words = server.other.is_some() || !server.pre_identification.is_empty();
    if !before_user || lost || other_words || !case.opening_seen() {
        return None;
    }
    let data = case.data_from(Side::Client).next_back()?;
    let detected = gave_up(case).or_else(|| still_waiting(case))?;
    let owed = match case.ended.phase {
        Phase::PreBanner => "identification",
        Phase::Banner | Phase::Kexinit => "KEXINIT",
        _ => "next message of the key exchange",
    };
    Some(
        detected
            .because(data, format!("the client's last bytes, acknowledged; the server's {owed} is owed from here on"))
            .against("a device that swallows the server's answers would look the same at the client")
            .settle("on the server while it hangs: ss -tnp '( sport = :22 )' shows whether the bytes were read, strace -p PID what it waits for")
            .remedy(Place::Server, "look-ups that hang are the usual reason", "time getent hosts CLIENT; time getent passwd USER; sshd -T | grep -i usedns")
            .remedy(Place::Client, "if it hangs in the key exchange, try another method", "ssh -o KexAlgorithms=curve25519-sha256 SERVER")
            .advice(Place::Network, "behind a proxy or load balancer: check that its backend answers"),
    )
}

/// The client left after it had waited.
fn gave_up(case: &Case<'_>) -> Option<Detected> {
    let (fin, parting) = case.parting()?;
    let nobody_reads = case.ended.phase == Phase::PreBanner && parting == Parting::Acknowledged;
    if parting == Parting::Reset || nobody_reads || !case.client_is_heard() {
        return None;
    }
    let last = case.data_from(Side::Client).next_back()?;
    let answer = match parting {
        Parting::Closed => "the server's own FIN follows at once: a process is there and reads",
        Parting::Acknowledged => "the server's kernel acknowledges it",
        _ => "no packet of the server was captured after it",
    };
    let confidence = if parting == Parting::Nothing { Confidence::Possible } else { Confidence::Likely };
    let waited = duration(fin.time - last.time);
    Some(
        Detected::new(
            ID,
            confidence,
            format!("The server takes what the client sends and does not answer; the client leaves after {waited}."),
        )
        .because(fin, format!("the client gives up; {answer}"))
        .ended_by(By::Client)
        .ended_how(How::Timeout),
    )
}

/// The capture ends while the client waits.
fn still_waiting(case: &Case<'_>) -> Option<Detected> {
    let last: &SegmentFact = case.left_waiting()?;
    let silent = duration(case.record.observed_until - last.time);
    Some(Detected::new(
        ID,
        Confidence::Possible,
        format!("The server takes what the client sends and does not answer for {silent}, until the capture ends."),
    ))
}
