//! The server's keepalives (ClientAliveInterval) stay unanswered and it gives up.

use super::build::Detected;
use super::session_loss::{last_data, unanswered};
use crate::diagnose::case::Case;
use crate::diagnose::keepalive::is_keepalive;
use crate::diagnose::ending::Close;
use crate::diagnose::finding::{By, Confidence, How, Phase, Place};
use crate::tcp::Side;

const ID: &str = "client-alive-timeout";
/// Segments of that size behind other data that are no chance.
const KEEPALIVES_IN_A_ROW: usize = 2;

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if case.ended.phase < Phase::Session {
        return None;
    }
    by_silence(case).or_else(|| client_stopped(case))
}

/// Nothing is acknowledged: the server's request is repeated by TCP, and a late packet of the client finds no connection.
fn by_silence(case: &Case<'_>) -> Option<Detected> {
    let last = last_data(case, Side::Server).next()?;
    let copies: Vec<_> = case.record.sent_by(Side::Server).filter(|fact| fact.seq == last.seq && fact.len > 0).collect();
    let first = copies.first()?;
    let gone = case.record.segments.iter().find(|fact| fact.from == Side::Server && fact.flags.rst() && !fact.flags.ack() && fact.time > first.time);
    let silent = case.ended.how == How::Timeout || gone.is_some();
    if copies.len() < 2 || !silent || !is_keepalive(case, Side::Server, last.len) {
        return None;
    }
    let known = unanswered(case).is_some_and(|stuck| stuck.from == Side::Server);
    if !known && gone.is_none() {
        return None;
    }
    let gave_up = gone.is_some();
    let mut detected = Detected::new(
        ID,
        if gave_up { Confidence::Likely } else { Confidence::Possible },
        "The server's keepalive requests were not answered any more; after ClientAliveCountMax of them it gives up.",
    )
    .because(*first, format!("{} bytes, the size of a keepalive request, sent {} times without an answer", last.len, copies.len()))
    .ended_how(How::Timeout)
    .ended_by(By::ServerApp);
    if let Some(gone) = gone {
        detected = detected.because(gone, "its kernel no longer knows the connection");
    }
    Some(advice(detected))
}

/// The client's kernel acknowledges, its process does not answer: the server closes by its own timer.
fn client_stopped(case: &Case<'_>) -> Option<Detected> {
    let Close::Fin(index) = case.close else { return None };
    let fin = case.record.segments.get(index).filter(|fact| fact.from == Side::Server)?;
    let answered = case.record.sent_by(Side::Client).rfind(|fact| fact.len > 0 && fact.precedes(fin))?;
    let mut requests: Vec<_> = case.record.sent_by(Side::Server).filter(|fact| fact.len > 0 && answered.precedes(fact) && !fin.precedes(fact)).collect();
    // What the server said last, a shell's prompt, may stand before them.
    let keepalives = requests.iter().rev().take_while(|fact| is_keepalive(case, Side::Server, fact.len)).count();
    if keepalives == 0 || (keepalives < KEEPALIVES_IN_A_ROW && keepalives < requests.len()) {
        return None;
    }
    let requests = requests.split_off(requests.len() - keepalives);
    let first = requests.first()?;
    let detected = Detected::new(ID, Confidence::Likely, "The client's kernel acknowledged the server's keepalive requests, its ssh did not answer them; the server closed.")
        .because(*first, format!("{keepalives} keepalive requests, acknowledged, not answered"))
        .because(fin, "the server closes")
        .ended_by(By::ServerApp);
    Some(advice(detected))
}

fn advice(detected: Detected) -> Detected {
    detected
        .against("why the client did not answer (path, sleep, stopped process) is not in these packets")
        .settle("server log: \"Timeout, client not responding from user …\"")
        .remedy(Place::Server, "bear longer gaps: ClientAliveInterval 60, ClientAliveCountMax 10 in /etc/ssh/sshd_config, then", "sshd -t && systemctl reload ssh")
}
