//! An identification string breaks the rule of RFC 4253 §4.2, and the peer leaves.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Phase, Place};
use crate::diagnose::shown::shown;
use crate::ssh::identification::{Identification, LineEnd};
use crate::tcp::Side;

const ID: &str = "banner-noncompliant";

/// In what a string breaks the rule, and whether OpenSSH refuses it for that.
fn fault(seen: &Identification) -> Option<(&'static str, bool)> {
    if seen.has_nul {
        Some(("it holds a NUL byte", true))
    } else if seen.has_stray_cr {
        Some(("it holds a carriage return that does not end it", true))
    } else if seen.missing_software {
        Some(("it names no software version", true))
    } else if seen.over_long {
        Some(("it is longer than 255 bytes", false))
    } else if seen.line_end == LineEnd::LfOnly {
        Some(("it ends in LF without CR", false))
    } else {
        None
    }
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if !matches!(case.ended.phase, Phase::PreBanner | Phase::Banner | Phase::Kexinit) {
        return None;
    }
    let close = case.closing_segment()?;
    let forged = case.ending_reset().is_some_and(|reset| reset.forged);
    let side = close.from.peer();
    let seen = case.record.ssh[side].identification.as_ref().filter(|seen| seen.speaks_ssh2() && !forged)?;
    let (what, refused) = fault(seen)?;
    let failed = case.negotiation.as_ref().is_some_and(|negotiation| !negotiation.failing.is_empty());
    let mark = case.record.mark(side, seen.range)?;
    if failed || close.time < mark.time {
        return None;
    }
    let (name, peer) = (side.name(), close.from.name());
    let place = if side == Side::Client { Place::Client } else { Place::Server };
    let detected = Detected::new(
        ID,
        if refused { Confidence::Likely } else { Confidence::Possible },
        format!("The {name}'s identification string breaks the rule ({what}), and the {peer} leaves after it."),
    )
    .because(&mark, format!("\"{}\": {what}", shown(&seen.raw)))
    .because(close, format!("the {peer} closes"))
    .against_if(!refused, "most implementations bear this; the other end may have had another reason")
    .settle(format!("the {peer}'s own words: \"banner line contains invalid characters\", \"Bad remote protocol version identification\", \"invalid format\""))
    .advice(place, format!("correct what the {name} sends: SSH-2.0-SOFTWARE, at most 255 bytes of printable ASCII, then CR LF"));
    // A fault that is mostly borne explains nothing where something else does.
    Some(if refused { detected } else { detected.aside() })
}
