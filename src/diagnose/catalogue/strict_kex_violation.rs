//! A peer says in clear that the other one broke strict key exchange (OpenSSH 9.6, against CVE-2023-48795).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Phase, Place};
use crate::diagnose::shown::shown;
use crate::tcp::Side;

const ID: &str = "strict-kex-violation";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    Side::BOTH.into_iter().find_map(|side| {
        let said = case.record.ssh[side].disconnect.as_ref()?;
        let text = String::from_utf8_lossy(&said.text).to_lowercase();
        if !text.contains("strict kex violation") {
            return None;
        }
        let mark = case.record.mark(side, said.range)?;
        Some(
            Detected::new(ID, Confidence::Certain, "Both sides agreed on strict key exchange, and one of them saw a message that it forbids.")
                .because(&mark, format!("DISCONNECT from the {}: \"{}\"", side.name(), shown(&said.text)))
                .ended_in(case.ended.phase.max(Phase::Kexinit))
                .settle("captures at both ends: is the forbidden message in both? Then the peer is at fault; if not, something between inserted or removed a packet")
                .advice(Place::Client, "update the older side; do not turn strict key exchange off"),
        )
    })
}
