//! The connection was open and well when the capture ended.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::Close;
use crate::diagnose::finding::{By, Confidence, How};
use crate::record::Mark;
use crate::tcp::{Seen, Side};

const ID: &str = "in-progress";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if !matches!(case.close, Close::Open) {
        return None;
    }
    let last = Mark { packet: case.record.last.0, time: case.record.last.1 };
    let detected = match repeated_at_the_end(case) {
        None => Detected::new(ID, Confidence::Certain, "The capture ended before the connection did; no answer was overdue."),
        Some((side, times)) => {
            let name = side.name();
            let text = format!("The capture ended before the connection did, while the {name} was repeating itself.");
            Detected::new(ID, Confidence::Possible, text)
                .against(format!("the {name}'s last packets repeat what it had sent before ({times} repetitions without an answer): it may have begun to hang"))
        }
    };
    Some(
        detected
            .ended_by(By::None)
            .ended_how(How::None)
            .because(&last, "the last packet of the connection in this capture")
            .settle("a longer capture")
            .general(),
    )
}

/// The side whose last segments are repetitions, with nothing of its peer behind them, and how many they are.
fn repeated_at_the_end(case: &Case<'_>) -> Option<(Side, usize)> {
    let last = case.record.segments.last()?.from;
    let own = case.record.segments.iter().rev().take_while(|fact| fact.from == last);
    let times = own.filter(|fact| fact.len > 0 && fact.seen() == Seen::Retransmission).count();
    (times > 0).then_some((last, times))
}
