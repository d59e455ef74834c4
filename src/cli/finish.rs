//! A process of its own that gives a complete report its name. A capture starts it before it gives up its rights, among them
//! the right to rename files; it can do nothing else, and does it only on request.

use super::args::FinishReport;
use super::{Status, complain};
use crate::output::{self, Pending};
use crate::sandbox;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

/// The name of the command that [`finish`] serves.
const NAME: &str = "finish-report";

/// How that process is started; what it is to rename follows as arguments.
pub(super) fn command() -> Command {
    let mut command = Command::new(own_program());
    command.arg(NAME);
    command
}

/// This program, also where its file was replaced meanwhile; by the name of its call where there is no /proc.
fn own_program() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    let called = || std::env::args_os().next().map(PathBuf::from).and_then(|name| name.canonicalize().ok());
    if running.exists() { running } else { called().unwrap_or(running) }
}

pub(super) fn finish(asked: &FinishReport) -> Status {
    match serve(asked) {
        Ok(()) => Status::Healthy,
        Err(line) => {
            complain(&line);
            Status::Trouble
        }
    }
}

fn serve(asked: &FinishReport) -> Result<(), String> {
    // What ends the capture makes its report complete: this process ends with the capture, not before.
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::default()).map_err(|error| format!("signals: {error}"))?;
    }
    let FinishReport { overwrite, partial, name, path } = asked;
    let pending =
        Pending::adopt(partial.as_os_str(), name.as_os_str(), path, *overwrite).map_err(|error| error.to_string())?;
    sandbox::enter_for_renaming().map_err(|error| error.to_string())?;
    output::serve(pending, io::stdin(), io::stdout()).map_err(|error| error.to_string())
}
