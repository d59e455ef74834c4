//! The client's first bytes are no identification; the server refuses them.

use super::build::Detected;
use super::foreign;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Phase, Place};
use crate::diagnose::shown::shown;
use crate::ssh::other::OtherKind;
use crate::tcp::Side;

const ID: &str = "client-banner-invalid";

/// What OpenSSH answers: 8.0 and later, and before.
const ANSWERS: [&[u8]; 2] = [b"Invalid SSH identification string.", b"Protocol mismatch."];

/// The server's own words about it.
fn complaint<'a>(case: &'a Case<'_>) -> Option<(u64, &'a [u8])> {
    let server = &case.record.ssh.server;
    let invalid = server.invalid_packet.as_ref().and_then(|invalid| Some((invalid.offset, invalid.text()?)));
    let lines = server.pre_identification.iter().map(|line| (line.range.start, line.text.as_slice()));
    invalid.into_iter().chain(lines).find(|(_, text)| ANSWERS.contains(text))
}

/// What stands in the place of the client's identification: its protocol, if known, where it begins, and its first line.
pub(super) fn what_is_wrong<'a>(case: &'a Case<'_>) -> Option<(Option<OtherKind>, u64, &'a [u8])> {
    let client = &case.record.ssh.client;
    if let Some(other) = &client.other {
        let line = other.bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
        return Some((Some(other.kind), other.range.start, line));
    }
    if let Some(line) = client.pre_identification.first() {
        return Some((None, line.range.start, &line.text));
    }
    let partial =
        client.partial_line.as_ref().filter(|line| client.identification.is_none() && !line.may_be_identification());
    partial.map(|line| (None, line.range.start, line.text.as_slice()))
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    case.record.ssh.server.identification.as_ref()?;
    let (kind, start, line) = what_is_wrong(case).filter(|(kind, ..)| *kind != Some(OtherKind::ProxyProtocol))?;
    // A protocol that is known tells itself also where the capture lost the beginning; a line or bytes of no known one do not.
    let whole = case.opening_seen() && case.record.tcp.client.anchored;
    if !whole && (kind.is_none_or(|kind| kind == OtherKind::Unknown) || case.record.ssh.client.identification.is_some()) {
        return None;
    }
    let mark = case.record.first_mark_behind(Side::Client, start)?;
    let complaint = complaint(case);
    let close = case.server_close();
    let answered = complaint.is_some() || close.is_some();
    let confidence = if whole && answered { Confidence::Certain } else { Confidence::Likely };
    let said = complaint.and_then(|(start, text)| Some((case.record.first_mark_behind(Side::Server, start)?, text)));
    let speaks = kind.map_or(String::new(), |kind| format!(" It speaks {}.", foreign::name(kind)));
    let text = format!("The server is an SSH server; what the client sends first is no SSH identification.{speaks}");
    let mut detected =
        Detected::new(ID, confidence, text).because(&mark, format!("the client's first bytes: \"{}\"", shown(line)));
    if let Some((mark, text)) = &said {
        detected = detected.because(mark, format!("the server answers \"{}\"", shown(text)));
    }
    Some(
        detected
            .ended_in(Phase::Banner)
            .because_of(close, "the server closes")
            .against_if(!whole, "the capture does not have the whole beginning of the connection")
            .against_if(close.is_none(), "it was not the server that closed")
            .settle("server log: \"client sent invalid protocol identifier …\", before 8.0 \"Bad protocol version identification …\"")
            .advice(Place::Client, "point the program that connects to the port of its own service; for ssh use an ssh client"),
    )
}
