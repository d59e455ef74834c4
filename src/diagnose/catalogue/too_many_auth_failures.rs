//! The server closes because too many requests failed (MaxAuthTries), often an agent with many keys.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::diagnose::policy::{MAX_AUTH_TRIES_NEAR, SERVER_ANSWERS_AND_CLOSES};
use crate::ssh::AuthOutcome;
use crate::tcp::Side;

const ID: &str = "too-many-auth-failures";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if case.ended.phase != Phase::Authentication || matches!(case.authentication.outcome, AuthOutcome::Succeeded { .. }) {
        return None;
    }
    let close = case.closing_segment()?;
    let answer = case.data_from(Side::Server).next_back()?;
    let request = case.data_from(Side::Client).next_back()?;
    // The server's own FIN, wherever it stands: near the client its FIN is seen first, but does not cause the server's.
    let client_fin = case.record.tcp.client.fin.map(|(at, ..)| at);
    let server_fin = case.record.sent_by(Side::Server).find(|fact| fact.flags.fin());
    let closes_itself = server_fin.is_some_and(|fin| {
        client_fin.is_none_or(|at| fin.ack <= at) && answer.time >= request.time && fin.time - answer.time <= SERVER_ANSWERS_AND_CLOSES
    });
    let many = case.authentication.attempts >= MAX_AUTH_TRIES_NEAR;
    let client_leaves = many && close.from == Side::Client && case.ended.by == By::Client;
    if case.authentication.answered == 0 || !(closes_itself || client_leaves) {
        return None;
    }
    let attempts = case.authentication.attempts;
    let detected = Detected::new(ID, Confidence::Likely, format!("{attempts} requests failed; then the connection was closed, as sshd does at MaxAuthTries."))
        .because(answer, "the last answer of the server")
        .because(close, if closes_itself { "the server closes right behind its answer" } else { "the client leaves, as it does on the server's DISCONNECT" })
        .against_if(!closes_itself, "the DISCONNECT is as long as a failure: only the number of tries tells it from a plain refusal")
        .settle("client: \"Too many authentication failures\"; server log: \"maximum authentication attempts exceeded\"")
        .remedy(Place::Client, "offer the one key that is meant", format!("ssh -o IdentitiesOnly=yes -i ~/.ssh/KEY {}", case.destination()))
        .remedy(Place::Server, "if the limit is too low for your users: MaxAuthTries in /etc/ssh/sshd_config, then", "sshd -t && systemctl reload ssh");
    Some(if closes_itself { detected.ended_by(By::ServerApp) } else { detected })
}
