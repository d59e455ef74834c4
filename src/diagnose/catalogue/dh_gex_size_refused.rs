//! DH group exchange: the sizes that one side asks for are refused by the other (RFC 4419 §3).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::diagnose::shown::shown;
use crate::record::Mark;
use crate::ssh::message::GexRequest;
use crate::tcp::Side;

const ID: &str = "dh-gex-size-refused";

fn sizes(request: GexRequest) -> String {
    match (request.min, request.max) {
        (Some(min), Some(max)) => format!("at least {min}, best {}, at most {max} bits", request.n),
        _ => format!("{} bits", request.n),
    }
}

/// The request's packet.
fn requested(case: &Case<'_>) -> Option<(GexRequest, Mark)> {
    let client = &case.record.ssh.client;
    let message = client.messages.iter().find(|message| matches!(message.number, 30 | 34) && message.complete)?;
    Some((client.gex_request?, case.record.mark(Side::Client, message.range)?))
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if case.ended.phase != Phase::KeyExchange {
        return None;
    }
    let (request, asked) = requested(case)?;
    let detected = outside(case, request).or_else(|| no_group(case))?;
    let server = case.destination();
    Some(
        detected
            .because(&asked, format!("the client asks for a group of {}", sizes(request)))
            .settle("client: \"DH GEX group out of range\"; Cisco IOS: %SSH-3-DH_RANGE_FAIL")
            .remedy(
                Place::Client,
                "use another method, for this host alone",
                format!(
                    "ssh -o KexAlgorithms=curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group14-sha256 {server}"
                ),
            )
            .advice(
                Place::Server,
                "OpenSSH: /etc/ssh/moduli must hold groups of 2048 bits and more; the package brings the file",
            )
            .advice(Place::Server, "Cisco IOS: ip ssh dh min size 2048, and an RSA key of 2048 bits or more"),
    )
}

/// The server's group is not of a size that the client had asked for, and the client leaves.
fn outside(case: &Case<'_>, request: GexRequest) -> Option<Detected> {
    let bits = case.record.ssh.server.gex_prime_bits?;
    let small = request.min.is_some_and(|min| bits < min);
    let large = request.max.is_some_and(|max| bits > max);
    if !(small || large) || case.ended.by != By::Client || case.record.ssh.client.kex_init_len.is_some() {
        return None;
    }
    let group = case.record.ssh.server.messages.iter().find(|message| message.number == 31)?;
    let mark = case.record.mark(Side::Server, group.range)?;
    let (word, bound) = if small { ("smaller", request.min) } else { ("larger", request.max) };
    Some(
        Detected::new(
            ID,
            Confidence::Certain,
            format!(
                "The server's group has {bits} bits, {word} than the {} that the client accepts; the client leaves.",
                bound.unwrap_or(request.n)
            ),
        )
        .because(&mark, format!("the server's group: {bits} bits")),
    )
}

/// The server closes on the request.
fn no_group(case: &Case<'_>) -> Option<Detected> {
    let server = &case.record.ssh.server;
    let answered = server.messages.iter().any(|message| matches!(message.number, 31 | 33));
    let init = case.record.ssh.client.messages.iter().any(|message| message.number == 32);
    let close = case.closing_segment().filter(|fact| fact.from == Side::Server)?;
    if answered || init || case.ended.by != By::ServerApp {
        return None;
    }
    let said = server.disconnect.as_ref();
    let mut detected = Detected::new(
        ID,
        Confidence::Likely,
        "The server answers the request for a group with its close: it has none of a size that it and the client both accept.",
    )
    .because(close, "the server closes, no group before it")
    .against_if(said.is_none(), "a server process that dies at this point looks the same");
    if let Some(said) = said
        && let Some(at) = case.record.mark(Side::Server, said.range)
    {
        detected = detected.because(&at, format!("its DISCONNECT says \"{}\"", shown(&said.text)));
    }
    Some(detected)
}
