//! The client closed the connection, and nothing says why.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, How};

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if super::closed_login_unclear::applies(case) {
        return None;
    }
    super::general::detect(case, "client-closed", &[By::Client], &[How::Fin, How::Timeout])
}
