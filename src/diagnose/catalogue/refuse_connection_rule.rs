//! A `RefuseConnection` rule (sshd 9.9 and later) closes at the first authentication request (monitor.c).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::ssh::algorithms::OpenSshVersion;
use crate::tcp::Side;

const ID: &str = "refuse-connection-rule";
const SINCE: OpenSshVersion = OpenSshVersion { major: 9, minor: 9 };

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let authentication = &case.authentication;
    if case.ended.phase != Phase::Authentication || case.ended.by != By::ServerApp || authentication.answered > 0 {
        return None;
    }
    let version = case.software.server.as_ref()?.openssh_version()?;
    let close = case.closing_segment().filter(|fact| fact.from == Side::Server)?;
    let request = case.data_from(Side::Client).next_back()?;
    let accept = authentication.server_service_accept.and_then(|index| case.write(index))?;
    if version < SINCE || authentication.requests != 1 || request.time < accept.time || request.time > close.time {
        return None;
    }
    Some(
        Detected::new(ID, Confidence::Possible, "The server accepted the authentication service and closed at the first request that names a user.")
            .because(accept, "SERVICE_ACCEPT, by its size")
            .because(request, "the first authentication request")
            .because(close, "the server closes, no answer before it")
            .against("a crash of the session process and a PAM account rule look alike")
            .settle("server log: \"administratively prohibited connection for …\"")
            .remedy(Place::Server, "find the rule that applies to this user and address", "sshd -T -C user=USER,addr=CLIENT | grep -i refuseconnection"),
    )
}
