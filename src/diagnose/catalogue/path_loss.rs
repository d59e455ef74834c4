//! Bytes are lost for good and nothing says that their size is the reason: an outage, or loss beyond what TCP repairs.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::tcp::Side;

const ID: &str = "path-loss";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let began = case.marks.handshake.is_some() || Side::BOTH.into_iter().any(|side| case.record.tcp[side].bytes > 0);
    if !case.in_silence() || case.ended.phase >= Phase::Session || !began {
        return None;
    }
    if Side::BOTH.into_iter().any(|side| case.record.is_stray(side)) {
        return None;
    }
    let stuck = Side::BOTH.into_iter().find_map(|side| case.stuck[side].as_ref())?;
    // Where the size of what is lost tells more, a diagnosis of the path MTU says it; this one stands for what is left.
    let by_size = stuck.dont_fragment && stuck.mtu_confidence().is_some();
    let first = stuck.first()?;
    let count = stuck.copies.len();
    let text = format!(
        "{} bytes of the {} were not acknowledged for {}; nothing shows that their size is the reason.",
        stuck.len,
        stuck.from.name(),
        duration(stuck.until - first.time)
    );
    let confidence = if count >= 3 { Confidence::Likely } else { Confidence::Possible };
    let mut detected = Detected::new(ID, confidence, text)
        .ended_by(By::Network)
        .because(&first, format!("{} bytes, sent {} times, never acknowledged", stuck.len, count.max(1)));
    if let Some(last) = stuck.copies.last().filter(|_| count > 1) {
        detected = detected.because(last, "the last repetition");
    }
    let detected = detected
            .against_if(stuck.score > 0, "a hole in the path MTU is not ruled out: the lost segment is a large one")
            .settle("the same at the other end: do the bytes arrive there? do the acknowledgements leave?")
            .settle("longer captures: does loss hit small packets too (ping -i 0.2 for a minute)?")
            .remedy(Place::Network, "look for loss along the path", format!("mtr -rwc 100 {}", case.record.server.address));
    Some(if by_size { detected.general() } else { detected })
}
