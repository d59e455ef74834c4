//! No common host key type.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::ssh::Slot;

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    super::no_common::detect(case, "no-common-hostkey", &[Slot::HostKey])
}
