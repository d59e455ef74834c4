//! Another protocol where the server's identification must stand: what the `not-ssh-*` diagnoses share.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, How, Place};
use crate::diagnose::policy::GIVES_UP_AFTER;
use crate::diagnose::shown::shown;
use crate::ssh::other::OtherKind;
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

/// The finding for a server whose first bytes belong to one of these protocols.
pub(super) fn server_speaks(case: &Case<'_>, id: &'static str, kinds: &[OtherKind]) -> Option<Detected> {
    let server = &case.record.ssh.server;
    let other = server.other.as_ref().filter(|other| kinds.contains(&other.kind) && server.identification.is_none())?;
    let mark = case.record.first_mark_behind(Side::Server, other.range.start)?;
    let whole = case.opening_seen() && case.record.tcp.server.anchored && case.record.tcp.server.gaps.is_empty();
    // A line such as "220 ready" may in principle stand before an identification (RFC 4253 §4.2).
    let clear = !matches!(other.kind, OtherKind::SmtpOrFtp);
    let confidence = if whole && clear { Confidence::Certain } else { Confidence::Likely };
    let line = other.bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let alert = other.tls_alert.map_or(String::new(), |alert| format!(", a TLS alert: {}", alert.name()));
    let port = case.record.server.port;
    let explanation = format!("What answers on port {port} speaks {}, not SSH.", name(other.kind));
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
