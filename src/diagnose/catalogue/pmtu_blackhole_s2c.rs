//! A hole in the path MTU in the server-to-client direction.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::tcp::Side;

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    super::pmtu::detect(case, "pmtu-blackhole-s2c", Side::Server)
}
