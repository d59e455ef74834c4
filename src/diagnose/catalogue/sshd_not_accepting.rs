//! The kernel completes handshakes, nobody accepts or reads.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{By, Confidence, How, Place};
use crate::diagnose::opening::Parting;
use crate::record::Outcome;
use crate::tcp::Side;

const ID: &str = "sshd-not-accepting";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let (fin, parting) = case.parting()?;
    let late_words = case.record.sent_by(Side::Server).any(|fact| fact.len > 0);
    if parting != Parting::Acknowledged
        || late_words
        || !case.server_is_mute()
        || !case.client_is_heard()
        || case.stuck.client.is_some()
    {
        return None;
    }
    let data = case.data_from(Side::Client).next();
    let waited = case.lasted()?;
    let silent = case.neighbours().filter(|visit| visit.outcome == Outcome::Silent).count();
    let served = case.somebody_is_served(case.record.first.1, fin.time);
    let others = if silent > 0 { format!("; {silent} other connections got nothing either") } else { String::new() };
    Some(
        Detected::new(
            ID,
            Confidence::Likely,
            "The server's kernel takes the connection and the client's bytes, but no process reads them: not even the client's FIN is \
             answered by one.",
        )
        .because_of(data, "the client's identification, acknowledged")
        .because(fin, format!("the client gives up after {}; the server's kernel acknowledges, no FIN follows{others}", duration(waited)))
        .ended_by(By::Client)
        .ended_how(How::Timeout)
        .against_if(served, "other connections were served meanwhile: only this one's process hangs, or a device drops what it says")
        .against("a device that swallows the server's identification would look the same at the client")
        .settle("on the server's console: ss -ltn 'sport = :22' shows Recv-Q above 0; ps shows sshd in state T or D")
        .remedy(Place::Server, "look at the process and the machine", "ss -ltnp 'sport = :22'; ps -o pid,stat,wchan:30,cmd -C sshd; uptime; dmesg | tail")
        .remedy(Place::Server, "a stopped sshd goes on after", "kill -CONT \"$(cat /run/sshd.pid)\"")
        .remedy(Place::Server, "restart it; sessions are kept", "systemctl restart ssh"),
    )
}
