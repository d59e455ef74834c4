//! No common compression method, in either direction.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::ssh::Slot;

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    super::no_common::detect(case, "no-common-compression", &[Slot::CompressionServerToClient, Slot::CompressionClientToServer])
}
