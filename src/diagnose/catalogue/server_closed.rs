//! The server's end closed the connection, and nothing says why.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, How};

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    super::general::detect(case, "server-closed", &[By::ServerApp, By::ServerKernel], &[How::Fin, How::Icmp, How::Timeout])
}
