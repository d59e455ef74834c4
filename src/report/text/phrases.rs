//! The report's words as people say them.

use super::super::moment;
use crate::diagnose::{By, How, Phase};
use crate::report::view::{Connection, Ended, Finding};

/// How and where it ended: `reset before the server's identification (pre-banner)`.
pub(super) fn ended(ended: &Ended) -> String {
    let how = match ended.how {
        How::Rst => "reset",
        How::Fin => "closed",
        How::Timeout => "silent",
        How::Icmp => "refused by ICMP",
        How::None => "still open",
    };
    // In the middle of a connection the session is the guess; elsewhere the phase is what is certain, and it may have gone further.
    let uncertain = match (ended.phase_uncertain, ended.phase) {
        (false, _) => "",
        (true, Phase::Session) => ", or before",
        (true, _) => ", or later",
    };
    format!("{how} {} ({}{uncertain})", place(ended.phase), ended.phase.word())
}

fn place(phase: Phase) -> &'static str {
    match phase {
        Phase::TcpConnect => "while connecting",
        Phase::PreBanner => "before the server's identification",
        Phase::Banner => "while identifying",
        Phase::Kexinit => "at the algorithm negotiation",
        Phase::KeyExchange => "in the key exchange",
        Phase::NewKeys => "before encryption began",
        Phase::Authentication => "during authentication",
        Phase::Session => "in the session",
    }
}

/// Who ended it.
pub(super) fn by(connection: &Connection) -> String {
    let (client, server) = (connection.client.address, connection.server.address);
    match connection.ended.by {
        By::Client => format!("the client {client}"),
        By::ServerApp => format!("{} on {server}", daemon(connection)),
        By::ServerKernel => format!("the kernel of {server}"),
        By::Middlebox => "a device between".to_owned(),
        By::Network => "the network".to_owned(),
        By::Both => "both sides".to_owned(),
        By::None => "nobody".to_owned(),
        By::Unknown => "unknown".to_owned(),
    }
}

fn daemon(connection: &Connection) -> &'static str {
    let software = connection.ssh.server.software.as_deref().unwrap_or_default().to_ascii_lowercase();
    match connection.verdict.as_ref().map(|verdict| verdict.id) {
        Some("maxstartups-drop" | "persource-penalty") => "sshd",
        _ if software.starts_with("openssh") => "sshd",
        _ if software.starts_with("dropbear") => "dropbear",
        _ => "the server process",
    }
}

/// Label of the lines that the user will have read.
pub(super) fn client_label(connection: &Connection) -> &'static str {
    match connection.ssh.client.software.as_deref() {
        None => "ssh says",
        Some(software) if software.to_ascii_lowercase().starts_with("openssh") => "ssh says",
        Some(_) => "user reads",
    }
}

/// A slot of the negotiation.
pub(super) fn slot(slot: &str) -> String {
    let (name, direction) = match slot {
        "kex" => ("key exchange method", ""),
        "host_key" => ("host key type", ""),
        "encryption_client_to_server" => ("cipher", " from client to server"),
        "encryption_server_to_client" => ("cipher", " from server to client"),
        "mac_client_to_server" => ("MAC", " from client to server"),
        "mac_server_to_client" => ("MAC", " from server to client"),
        "compression_client_to_server" => ("compression", " from client to server"),
        "compression_server_to_client" => ("compression", " from server to client"),
        other => (other, ""),
    };
    format!("{name}{direction}; they offer")
}

/// A connection with nothing to repair.
pub(super) fn healthy(connection: &Connection, verdict: Option<&Finding>) -> String {
    let length = moment::length(connection.end.0 - connection.start.0);
    let id = verdict.map_or("", |verdict| verdict.id);
    let software = connection.ssh.server.software.as_deref().unwrap_or("no identification seen");
    format!("{id}, {length}, {} bytes, {software}", connection.bytes).trim_start_matches(", ").to_owned()
}

/// `1 connection`, `2 connections`, thousands with a comma.
pub(super) fn count(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", thousands(number))
}

/// A number with commas.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_in_thousands() {
        assert_eq!(thousands(999), "999");
        assert_eq!(count(50_000, "connection"), "50,000 connections");
        assert_eq!(count(1, "connection"), "1 connection");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }
}
