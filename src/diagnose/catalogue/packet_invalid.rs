//! Bytes stand where a binary packet must stand, and they cannot be one (RFC 4253 §6).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::shown::shown;
use crate::ssh::Range;
use crate::tcp::Side;

const ID: &str = "packet-invalid";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    Side::BOTH.into_iter().find_map(|side| {
        let invalid = case.record.ssh[side].invalid_packet.as_ref()?;
        let lossy = !case.record.tcp[side].gaps.is_empty();
        let mark = case.record.first_mark_behind(side, Range { start: invalid.offset, end: invalid.offset }.start)?;
        let said = invalid.text().map_or(String::new(), |text| format!(": \"{}\"", shown(text)));
        let confidence = if lossy { Confidence::Possible } else { Confidence::Likely };
        Some(
            Detected::new(ID, confidence, format!("The {} sent bytes that are no SSH packet where one must stand.", side.name()))
                .because(&mark, format!("packet length field {}{said}", invalid.packet_length))
                .against_if(lossy, "bytes are missing from the capture before it")
                .settle("the other side's log: \"Bad packet length\", \"message authentication code incorrect\"")
                .advice(Place::Network, "a proxy or device that rewrites payload: compare captures at both ends byte by byte"),
        )
    })
}
