//! The server's kernel does not know a session that it had kept alive: it was restarted.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::diagnose::reset::Maker;
use crate::tcp::Side;
use crate::diagnose::policy::SILENT_BEFORE_RESTART;

const ID: &str = "host-rebooted";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let reset = case.ending_reset().filter(|reset| !reset.forged && reset.maker == Maker::NoSocket && reset.from == Side::Server)?;
    let fact = case.record.segments.get(reset.index)?;
    let last = case.record.sent_by(Side::Server).rfind(|f| !f.flags.rst() && f.time < fact.time)?;
    if case.ended.phase < Phase::Session || fact.time - last.time < SILENT_BEFORE_RESTART || case.record.tcp.server.fin.is_some() {
        return None;
    }
    Some(
        Detected::new(ID, Confidence::Possible, "The server answers a packet of the session with a reset without state and had sent no FIN: its kernel is another one than before.")
            .ended_by(By::ServerKernel)
            .because(last, "the last packet of the server in this session")
            .because(fact, "its reset, for a connection that it does not know")
            .against("a session that was killed while its packets could not reach the client looks the same")
            .settle("on the server: uptime; journalctl --list-boots")
            .advice(Place::Client, "connect again; run long work in tmux or screen"),
    )
}
