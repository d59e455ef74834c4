//! Another protocol where the server's identification must stand: what the `not-ssh-*` diagnoses share.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, How, Place};
use crate::diagnose::policy::GIVES_UP_AFTER;
use crate::diagnose::shown::shown;
use crate::ssh::other::{OtherKind, OtherProtocol};
use crate::tcp::Side;

/// Name for a sentence.
pub(super) fn name(kind: OtherKind) -> &'static str {
    match kind {
        OtherKind::Http => "HTTP",
        OtherKind::Rtsp => "RTSP",
        OtherKind::Sip => "SIP",
        OtherKind::Tls => "TLS",
        OtherKind::Smtp => "SMTP",
        OtherKind::Ftp => "FTP",
        OtherKind::SmtpOrFtp => "SMTP or FTP",
        OtherKind::Pop3 => "POP3",
        OtherKind::Imap => "IMAP",
        OtherKind::Vnc => "VNC (RFB)",
        OtherKind::MySql => "MySQL",
        OtherKind::Postgres => "PostgreSQL",
        OtherKind::Redis => "Redis",
        OtherKind::Rdp => "RDP",
        OtherKind::Smb => "SMB",
        OtherKind::Telnet => "telnet",
        OtherKind::Socks => "SOCKS",
        OtherKind::ProxyProtocol => "the PROXY protocol",
        OtherKind::Dns => "DNS",
        OtherKind::Rsync => "rsync",
        OtherKind::Unknown => "a binary protocol that is not SSH",
    }
}

/// A client that waited after the server's words, and left, gave up: no identification came.
pub(super) fn with_end(case: &Case<'_>, detected: Detected) -> Detected {
    let said = case.data_from(Side::Server).next_back();
    let fin = case.closing_segment().filter(|fact| fact.from == Side::Client && fact.flags.fin());
    match said.zip(fin) {
        Some((said, fin)) if fin.time - said.time >= GIVES_UP_AFTER => {
            detected.ended_by(By::Client).ended_how(How::Timeout)
        }
        _ => detected,
    }
}

/// What the client speaks, where it is no SSH.
pub(super) fn client_speaks<'a>(case: &Case<'a>) -> Option<&'a OtherProtocol> {
    let client = &case.record.ssh.client;
    client.other.as_deref().filter(|_| client.identification.is_none())
}

/// The finding for a server whose first bytes belong to one of these protocols.
pub(super) fn server_speaks(case: &Case<'_>, id: &'static str, kinds: &[OtherKind]) -> Option<Detected> {
    let server = &case.record.ssh.server;
    let other = server.other.as_ref().filter(|other| kinds.contains(&other.kind) && server.identification.is_none())?;
    // Two that speak a protocol of their own to each other miss nothing here: `not-ssh-on-port`.
    if other.kind == OtherKind::Unknown && client_speaks(case).is_some() && case.opening_seen() {
        return None;
    }
    let mark = case.record.first_mark_behind(Side::Server, other.range.start)?;
    let whole = case.opening_seen() && case.record.tcp.server.anchored && case.record.tcp.server.gaps.is_empty();
    // A line such as "220 ready" may in principle stand before an identification (RFC 4253 §4.2).
    let clear = match other.kind {
        OtherKind::SmtpOrFtp => false,
        // Bytes that nobody knows are an SSH client's trouble only if an SSH client met them.
        OtherKind::Unknown => case.record.ssh.client.identification.is_some(),
        _ => true,
    };
    let confidence = if whole && clear { Confidence::Certain } else { Confidence::Likely };
    let line = other.bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let alert = other.tls_alert.map_or(String::new(), |alert| format!(", a TLS alert: {}", alert.name()));
    let port = case.record.server.port;
    let explanation = format!(
        "What answers on port {port} speaks {}{}",
        name(other.kind),
        if other.kind == OtherKind::Unknown { "." } else { ", not SSH." }
    );
    Some(
        with_end(case, Detected::new(id, confidence, explanation))
            .because(&mark, format!("the server's first bytes{alert}: \"{}\"", shown(line)))
            .against_if(!whole, "the capture does not have the whole beginning of the connection")
            .settle(format!("on the server: ss -ltnp 'sport = :{port}' names the program"))
            .remedy(Place::Client, "use the port that sshd listens on", "ssh -p PORT SERVER")
            .remedy(
                Place::Server,
                "see who listens where",
                format!("ss -ltnp 'sport = :{port}'; sshd -T | grep -i '^port'"),
            )
            .advice(
                Place::Network,
                "behind a proxy, a multiplexer (sslh) or a port forwarding: check where this port leads",
            ),
    )
}
