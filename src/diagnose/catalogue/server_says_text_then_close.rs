//! The server says something in plain text in place of its identification, and closes.

use super::build::Detected;
use super::maxstartups_drop;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::shown::shown;
use crate::tcp::Side;

const ID: &str = "server-says-text-then-close";

/// What is known of a refusal, by words that it contains.
const KNOWN: &[(&str, &str)] = &[
    (
        "connection refused by remote host",
        "Cisco and other network devices say this when an access list or a limit of lines refuses.",
    ),
    ("too many", "It is a limit of connections or users."),
    ("maximum number", "It is a limit of connections or users."),
    ("not allowed", "It is a rule about who may connect."),
    ("access denied", "It is a rule about who may connect."),
    ("not permitted", "It is a rule about who may connect."),
    ("unauthorized", "It is a rule about who may connect."),
    ("administratively", "It is a rule about who may connect."),
];

/// The server's first line that is text, and where it begins.
pub(super) fn text<'a>(case: &'a Case<'_>) -> Option<(u64, &'a [u8])> {
    let server = &case.record.ssh.server;
    let lines = server.pre_identification.iter().map(|line| (line.range.start, line.text.as_slice()));
    let rest = server.partial_line.as_ref().filter(|line| !line.may_be_identification());
    let rest = rest.map(|line| (line.range.start, line.text.as_slice()));
    let is_text = |bytes: &[u8]| {
        let printable = bytes.iter().all(|&byte| byte == b'\t' || byte >= b' ' && byte != 0x7f);
        printable && bytes.len() >= 2
    };
    lines.chain(rest).find(|(_, bytes)| is_text(bytes))
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let server = &case.record.ssh.server;
    let close = case.server_close()?;
    if server.identification.is_some() || server.other.is_some() || super::tarpit::is_tarpit(case) {
        return None;
    }
    let (start, words) = text(case).filter(|(_, words)| !maxstartups_drop::is_text_of_sshd(words))?;
    let mark = case.record.first_mark_behind(Side::Server, start)?;
    let lower = String::from_utf8_lossy(words).to_lowercase();
    let meaning = KNOWN.iter().find(|(part, _)| lower.contains(part)).map_or("", |(_, meaning)| meaning);
    let whole = case.opening_seen() && case.record.tcp.server.anchored && case.record.tcp.server.gaps.is_empty();
    let confidence = if whole { Confidence::Certain } else { Confidence::Likely };
    Some(
        Detected::new(
            ID,
            confidence,
            format!("In place of its identification the server says \"{}\" and closes. {meaning}", shown(words))
                .trim_end()
                .to_string(),
        )
        .because(&mark, format!("the server's text: \"{}\"", shown(words)))
        .because(close, "the server closes")
        .settle("the log of the program that listens there; ss -ltnp names it")
        .remedy(Place::Client, "read the whole text", "nc SERVER PORT")
        .advice(
            Place::Server,
            "do what the text says: admit the client, raise the limit, or listen with sshd on this port",
        ),
    )
}
