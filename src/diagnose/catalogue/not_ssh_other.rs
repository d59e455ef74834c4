//! The port answers in another protocol than SSH, HTTP, TLS, SMTP or FTP.

use super::build::Detected;
use super::foreign;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Phase, Place};
use crate::diagnose::shown::shown;
use crate::ssh::other::OtherKind;
use crate::tcp::Side;

const ID: &str = "not-ssh-other";

const KINDS: &[OtherKind] = &[
    OtherKind::Rtsp,
    OtherKind::Sip,
    OtherKind::Pop3,
    OtherKind::Imap,
    OtherKind::Vnc,
    OtherKind::MySql,
    OtherKind::Postgres,
    OtherKind::Redis,
    OtherKind::Rdp,
    OtherKind::Smb,
    OtherKind::Telnet,
    OtherKind::Socks,
    OtherKind::ProxyProtocol,
    OtherKind::Dns,
    OtherKind::Rsync,
    OtherKind::Unknown,
];

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    foreign::server_speaks(case, ID, KINDS).or_else(|| unknown_text(case))
}

/// Text without an identification that the client, not the server, takes for the end of the matter.
fn unknown_text(case: &Case<'_>) -> Option<Detected> {
    let server = &case.record.ssh.server;
    if server.identification.is_some()
        || server.other.is_some()
        || case.server_close().is_some()
        || super::tarpit::is_tarpit(case)
    {
        return None;
    }
    let line = super::server_says_text_then_close::text(case)
        .filter(|line| !super::maxstartups_drop::is_text_of_sshd(line.1))?;
    let mark = case.record.first_mark_behind(Side::Server, line.0)?;
    let detected = foreign::with_end(
        case,
        Detected::new(
            ID,
            Confidence::Likely,
            "The server sends text, and no identification string follows: it does not speak SSH.",
        ),
    );
    Some(
        detected
            .because(&mark, format!("the server's first line: \"{}\"", shown(line.1)))
            .ended_in(Phase::Banner)
            .against(
                "lines before the identification are allowed; an SSH server that is slow to go on would look the same",
            )
            .settle("on the server: ss -ltnp names the program that listens on this port")
            .remedy(Place::Client, "see what answers", "nc SERVER PORT")
            .remedy(Place::Server, "see who listens where", "ss -ltnp; sshd -T | grep -i '^port'"),
    )
}
