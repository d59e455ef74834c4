//! The port answers in HTTP.

use super::build::Detected;
use super::foreign;
use crate::diagnose::case::Case;
use crate::ssh::other::OtherKind;

const ID: &str = "not-ssh-http";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    foreign::server_speaks(case, ID, &[OtherKind::Http])
}
