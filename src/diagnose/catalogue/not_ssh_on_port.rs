//! The client does not speak SSH, and what it speaks to does not say that it does.

use super::build::Detected;
use super::foreign;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::shown::shown;
use crate::tcp::Side;

const ID: &str = "not-ssh-on-port";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let (client, server) = (&case.record.ssh.client, &case.record.ssh.server);
    let other = client.other.as_ref().filter(|_| client.identification.is_none())?;
    if server.identification.is_some() || server.other.is_some() || !server.pre_identification.is_empty() {
        return None;
    }
    let mark = case.record.first_mark_behind(Side::Client, other.range.start)?;
    let line = other.bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    Some(
        Detected::new(
            ID,
            Confidence::Likely,
            format!(
                "The client speaks {}, and nothing shows that the server speaks SSH: this is no SSH connection.",
                foreign::name(other.kind)
            ),
        )
        .because(&mark, format!("the client's first bytes: \"{}\"", shown(line)))
        .against("the server sent nothing that tells what it is")
        .settle("on the server: ss -ltnp names the program that listens on this port")
        .advice(Place::Client, "point the program that connects to the port of its own service"),
    )
}
