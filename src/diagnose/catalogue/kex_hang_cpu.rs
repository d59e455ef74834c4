//! The server takes long for its part of the key exchange.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{By, Confidence, How, Phase, Place};
use crate::diagnose::policy::SLOW_KEX;
use crate::record::Mark;
use crate::ssh::software::Product;
use crate::tcp::Side;
use crate::time::Span;

const ID: &str = "kex-hang-cpu";

/// The client's message and the server's answer that took longest.
fn slowest(case: &Case<'_>) -> Option<(Mark, Mark, Span)> {
    let way = case.halves.server.unwrap_or(Span::ZERO);
    let marks = |side: Side, range: std::ops::RangeInclusive<u8>| {
        let messages = case.record.ssh[side].messages.iter().filter(move |message| range.contains(&message.number));
        messages.filter_map(move |message| case.record.mark(side, message.range)).collect::<Vec<_>>()
    };
    let answers = marks(Side::Server, 31..=33);
    let questions = marks(Side::Client, 30..=34);
    let answered = |asked: &Mark| {
        let answer = answers.iter().copied().filter(|answer| answer > asked).min()?;
        Some((*asked, answer, Span((answer.time - asked.time).0.saturating_sub(way.0))))
    };
    questions.iter().filter_map(answered).max_by_key(|(.., took)| *took)
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    late(case).or_else(|| never(case))
}

/// The answer comes, late; perhaps after the client has gone.
fn late(case: &Case<'_>) -> Option<Detected> {
    let (asked, answer, took) = slowest(case)?;
    let lost = Side::BOTH.into_iter().any(|side| case.record.tcp[side].retransmissions > 0);
    if took < SLOW_KEX || lost {
        return None;
    }
    let too_late = matches!(case.close, Close::GaveUp { side: Side::Client, .. })
        && case.close.mark(case).is_some_and(|end| end < answer);
    let detected = Detected::new(
        ID,
        Confidence::Likely,
        format!("The server took {} for its part of the key exchange.", duration(took)),
    )
    .because(&asked, "the client's message")
    .because(&answer, "the server's answer");
    let detected = advice(detected);
    Some(if too_late { detected.ended_by(By::Client).ended_how(How::Timeout) } else { detected.aside() })
}

/// No answer comes although every byte is acknowledged, and the method is one that this server is known not to finish.
fn never(case: &Case<'_>) -> Option<Detected> {
    let tailscale = case.software.server.as_ref().is_some_and(|software| software.product == Product::Tailscale);
    let agreed = case.negotiation.as_ref().and_then(|negotiation| negotiation.kex.as_deref());
    let silent = matches!(case.close, Close::GaveUp { side: Side::Client, .. } | Close::Open);
    if case.ended.phase != Phase::KeyExchange || !tailscale || agreed != Some("mlkem768x25519-sha256") || !silent {
        return None;
    }
    let init = case.record.ssh.client.messages.iter().find(|message| message.number == 30 && message.complete)?;
    let mark = case.record.mark(Side::Client, init.range)?;
    let detected = Detected::new(ID, Confidence::Possible, "The server agreed to mlkem768x25519-sha256 and does not answer it; some releases of Tailscale SSH do not finish this method.")
        .because(&mark, "the client's message, acknowledged and not answered");
    Some(advice(detected).aside())
}

fn advice(detected: Detected) -> Detected {
    detected
        .against("a server that waits for entropy, or a machine under load, is slow in the same way")
        .settle("on the server while it lasts: top, uptime, and how many connections are in their key exchange: ss -tn state established '( sport = :22 )' | wc -l")
        .remedy(Place::Client, "a cheap method", "ssh -o KexAlgorithms=curve25519-sha256 SERVER")
        .advice(Place::Server, "leave out the groups of 4096 and 8192 bits (group16, group18, group-exchange): they cost a small machine seconds, and invite floods")
}
