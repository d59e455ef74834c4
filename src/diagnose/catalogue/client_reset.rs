//! The client's end reset the connection, and nothing says why.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, How};

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    super::general::detect(case, "client-reset", &[By::Client], &[How::Rst])
}
