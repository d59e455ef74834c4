//! A device between reset the connection, or may have, and nothing says why.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, How};

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    super::general::detect(case, "middlebox-reset", &[By::Middlebox, By::Unknown], &[How::Rst])
}
