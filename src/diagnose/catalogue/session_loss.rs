//! What the diagnoses of an established session that falls silent share.

use crate::diagnose::case::Case;
use crate::diagnose::finding::{How, Phase};
use crate::diagnose::loss::Stuck;
use crate::tcp::{SegmentFact, Side};

/// The unanswered bytes of a session that ended in silence.
pub(super) fn unanswered<'a>(case: &'a Case<'_>) -> Option<&'a Stuck> {
    if case.ended.phase < Phase::Session || case.ended.how != How::Timeout {
        return None;
    }
    Side::BOTH.into_iter().filter_map(|side| case.stuck[side].as_ref()).max_by_key(|stuck| stuck.copies.len())
}

/// The last segments with payload of a side, newest first.
pub(super) fn last_data<'a>(case: &Case<'a>, from: Side) -> impl Iterator<Item = &'a SegmentFact> {
    case.record.sent_by(from).rev().filter(|fact| fact.len > 0)
}
