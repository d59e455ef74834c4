//! The client does not speak SSH, and what it speaks to does not say that it does.

use super::build::Detected;
use super::foreign;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::shown::shown;
use crate::ssh::other::OtherKind;
use crate::tcp::Side;

const ID: &str = "not-ssh-on-port";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let server = &case.record.ssh.server;
    let other = foreign::client_speaks(case)?;
    let answers = server.other.as_ref();
    // A server that is known by what it says has a diagnosis of its own, and so has one that does speak SSH.
    if server.identification.is_some()
        || answers.is_some_and(|answer| answer.kind != OtherKind::Unknown || !case.opening_seen())
        || !server.pre_identification.is_empty()
    {
        return None;
    }
    let answer = answers.and_then(|answer| Some((case.record.first_mark_behind(Side::Server, answer.range.start)?, answer)));
    let mark = case.record.first_mark_behind(Side::Client, other.range.start)?;
    let line = |bytes: &[u8]| shown(bytes.split(|&byte| byte == b'\n').next().unwrap_or_default());
    let rest = if answer.is_some() { "the server answers in kind" } else { "nothing shows that the server speaks SSH" };
    let speaks = foreign::name(other.kind);
    let mut detected = Detected::new(
        ID,
        Confidence::Likely,
        format!("The client speaks {speaks}, and {rest}: this is no SSH connection."),
    )
    .because(&mark, format!("the client's first bytes: \"{}\"", line(&other.bytes)))
    .against_if(answer.is_none(), "the server sent nothing that tells what it is");
    if let Some((mark, answer)) = &answer {
        detected = detected.because(mark, format!("the server's first bytes: \"{}\"", line(&answer.bytes)));
    }
    Some(
        detected
        .settle("on the server: ss -ltnp names the program that listens on this port")
        .advice(Place::Client, "point the program that connects to the port of its own service"),
    )
}
