//! The connection was open and well when the capture ended.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::Close;
use crate::diagnose::finding::{By, Confidence, How};
use crate::record::Mark;

const ID: &str = "in-progress";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if !matches!(case.close, Close::Open) {
        return None;
    }
    let last = Mark { packet: case.record.last.0, time: case.record.last.1 };
    Some(
        Detected::new(ID, Confidence::Certain, "The capture ended before the connection did; nothing was left unanswered.")
            .ended_by(By::None)
            .ended_how(How::None)
            .because(&last, "the last packet of the connection in this capture")
            .settle("a longer capture")
            .general(),
    )
}
