//! The server's kernel does not take the connection: the queue of connections that sshd has not accepted is full.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{By, Confidence, How, Phase, Place};
use crate::diagnose::policy::{GIVES_UP_AFTER, SYN_ACK_REPEATED, SYN_ACK_REPETITIONS};
use crate::record::{Outcome, Visit};
use crate::tcp::{SegmentFact, Side};

const ID: &str = "accept-queue-overflow";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let detected = ack_not_taken(case).or_else(|| syn_dropped(case))?;
    Some(
        detected
            .ended_by(By::ServerKernel)
            .ended_in(Phase::TcpConnect)
            .settle(
                "on the server: ss -ltn 'sport = :22' shows Recv-Q above Send-Q; nstat -az TcpExtListenOverflows grows",
            )
            .remedy(
                Place::Server,
                "see whether sshd accepts at all, and what keeps it",
                "ss -ltn 'sport = :22'; nstat -az TcpExtListenOverflows; ps -o pid,stat,wchan:30,cmd -C sshd",
            )
            .remedy(Place::Server, "a stopped sshd goes on after", "kill -CONT \"$(cat /run/sshd.pid)\"")
            .remedy(Place::Server, "restart it; sessions are kept", "systemctl restart ssh"),
    )
}

/// The server repeats its SYN+ACK although the client has acknowledged it and sends data.
fn ack_not_taken(case: &Case<'_>) -> Option<Detected> {
    let handshake = case.marks.handshake?;
    let is_repetition = |fact: &&SegmentFact| fact.flags.syn() && fact.time > handshake.time + SYN_ACK_REPEATED;
    let repetitions: Vec<&SegmentFact> = case.record.sent_by(Side::Server).filter(is_repetition).collect();
    let last = repetitions.last().filter(|_| repetitions.len() >= SYN_ACK_REPETITIONS && case.server_is_mute())?;
    let data = case.data_from(Side::Client).next();
    let detected = Detected::new(
        ID,
        Confidence::Likely,
        "The server repeats its SYN+ACK after the client has acknowledged it: its kernel drops the ACK because nobody accepts the \
         connections that wait already.",
    )
    .because(&handshake, "the client's ACK completes the handshake")
    .because_of(data, "the client sends data")
    .because(*last, format!("SYN+ACK for the {}th time after that", repetitions.len()))
    .against("a path that loses everything from the client after its SYN would look the same before the loss");
    let reset = matches!(case.close, Close::Reset(_));
    Some(if reset { detected } else { detected.ended_how(How::Timeout) })
}

/// SYNs are dropped while other connections to the port stand open without a byte from the server, and nobody is served.
fn syn_dropped(case: &Case<'_>) -> Option<Detected> {
    let (first, last, count) = super::syn_no_answer::unanswered(case)?;
    let waits = |visit: &&Visit| {
        visit.outcome == Outcome::Silent && visit.start <= first.time && visit.end - visit.start >= GIVES_UP_AFTER
    };
    let since = case.neighbours().filter(waits).map(|visit| visit.start).min();
    let young = |visit: &&Visit| visit.outcome == Outcome::Silent && visit.start <= first.time;
    let since = since.or_else(|| case.neighbours().filter(young).map(|visit| visit.start).min())?;
    let waiting = case.neighbours().filter(young).filter(|visit| visit.start >= since).count();
    if case.somebody_is_served(since, last.time) {
        return None;
    }
    Some(
        Detected::new(
            ID,
            if waiting >= 2 { Confidence::Likely } else { Confidence::Possible },
            "The SYN is dropped while earlier connections to the same port stand open without a single byte from the server: nobody \
             accepts them, and the queue is full.",
        )
        .because(first, format!("SYN; {waiting} connections to this port got a handshake and nothing else, none was served since"))
        .because(last, format!("SYN number {count}, {} later, no answer", duration(last.time - first.time)))
        .ended_how(How::Timeout)
        .against("a packet filter that drops SYNs from now on would look the same"),
    )
}
