//! The server identified itself, the client never said anything, the server's timer ended it (LoginGraceTime).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::policy::{GRACE_DROPBEAR, GRACE_OPENSSH, SERVER_TIMER_WAIT};
use crate::tcp::Side;

const ID: &str = "banner-timeout-client-silent";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let close = case.server_close().filter(|_| case.client_is_mute())?;
    let said = case.data_from(Side::Server).next_back()?;
    case.record.ssh.server.identification.as_ref()?;
    let waited = case.lasted()?;
    if close.time - said.time < SERVER_TIMER_WAIT || case.stuck.server.is_some() {
        return None;
    }
    let within = |range: (crate::time::Span, crate::time::Span)| waited >= range.0 && waited <= range.1;
    let usual = within(GRACE_OPENSSH) || within(GRACE_DROPBEAR);
    let timer = if within(GRACE_OPENSSH) {
        " That is sshd's LoginGraceTime of 120 seconds."
    } else if within(GRACE_DROPBEAR) {
        " That is dropbear's limit of 300 seconds."
    } else {
        ""
    };
    Some(
        Detected::new(
            ID,
            if usual { Confidence::Certain } else { Confidence::Likely },
            format!("The server identifies itself and waits; the client never sends a byte, and after {} the server closes.{timer}", duration(waited)),
        )
        .because(said, "the server's identification")
        .because(close, format!("the server closes {} after the handshake; nothing came from the client", duration(waited)))
        .against_if(!usual, "the time is not that of a usual default: a server that was stopped then would look the same")
        .settle("server log: \"Timeout before authentication for CLIENT\" (9.8 and later: \"… for connection from CLIENT to SERVER\")")
        .advice(Place::Client, "find out what connects and says nothing: a scanner, a health check, nc, a ProxyCommand that hangs")
        .remedy(Place::Server, "shorten the wait, LoginGraceTime 30 in /etc/ssh/sshd_config, then", "sshd -t && systemctl reload ssh"),
    )
}
