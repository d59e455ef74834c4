//! `sshwire capture`: the same diagnosis while it happens.

mod counting;
mod face;
#[cfg(feature = "tui")]
mod full_screen;
mod keeping;
mod keys;
mod plan;
pub(super) mod refusal;
mod run;
mod signals;
mod stalls;
mod status;
mod taken;

use super::args::Capture;
use super::{Status, refuse};

pub(super) fn capture(typed: &Capture) -> Status {
    let plan = match plan::Plan::new(typed) {
        Ok(plan) => plan,
        Err(line) => return refuse(&[line]),
    };
    match run::Run::begin(plan) {
        Ok(run) => run.until_over(),
        Err(line) => refuse(&[line]),
    }
}
