//! The command line: what was typed (`args`), what it means (`plan`), the wiring (`run`). All output IO is here.

mod algorithms;
mod args;
#[cfg(live)]
mod capture;
mod describe;
mod destinations;
mod explain;
#[cfg(all(live, target_os = "linux"))]
mod finish;
#[cfg(live)]
mod interfaces;
mod judge;
mod judging;
mod nearness;
mod outputs;
mod paper;
mod plan;
mod progress;
mod run;
mod stdout;
mod terminal;

use args::{Args, Command};
use clap::Parser;
use clap::error::ErrorKind;
use std::error::Error;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// How a run ended, as the caller's script sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// Nothing is wrong.
    Healthy,
    /// At least one connection failed.
    Failures,
    /// The job itself could not be done, or not for every input.
    Trouble,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Healthy => 0,
            Status::Failures => 1,
            Status::Trouble => 2,
        })
    }
}

/// Runs the command with its arguments, the program's name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let status = match Args::try_parse_from(arguments) {
        Ok(Args { command: Command::Analyze(analyze) }) => match plan::Plan::new(&analyze) {
            Ok(plan) => run::analyze(plan),
            Err(lines) => refuse(&lines),
        },
        #[cfg(live)]
        Ok(Args { command: Command::Capture(asked) }) => capture::capture(&asked),
        #[cfg(live)]
        Ok(Args { command: Command::Interfaces(asked) }) => interfaces::list(&asked),
        #[cfg(all(live, target_os = "linux"))]
        Ok(Args { command: Command::FinishReport(asked) }) => finish::finish(&asked),
        Ok(Args { command: Command::Explain(asked) }) => explain::explain(&asked),
        Ok(Args { command: Command::Algorithms(asked) }) => algorithms::algorithms(&asked),
        Err(error) => not_understood(&error),
    };
    status.into()
}

/// The command definition, for pages and completions made from it.
pub fn command() -> clap::Command {
    <Args as clap::CommandFactory>::command()
}

fn refuse(lines: &[String]) -> Status {
    for line in lines {
        complain(line);
    }
    Status::Trouble
}

/// One line on standard error. Where nobody listens there, nothing can be done about it.
fn complain(line: &str) {
    let line = crate::report::escape::visible_text(line);
    let _ = writeln!(anstream::stderr().lock(), "sshwire: {line}");
}

/// Help and version go to standard output; everything else is one line, whatever clap would make of it.
fn not_understood(error: &clap::Error) -> Status {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let choice = outputs::color_choice(args::Color::Auto);
            stdout::print(&error.render().ansi().to_string(), choice, Status::Healthy)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            Status::Trouble
        }
        _ => {
            complain(&one_line(error));
            Status::Trouble
        }
    }
}

fn one_line(error: &clap::Error) -> String {
    if let Some(reason) = error.source() {
        return reason.to_string();
    }
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let words = first.strip_prefix("error: ").unwrap_or(first).split_whitespace().collect::<Vec<_>>().join(" ");
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    match tip {
        Some(tip) => format!("{words}; {tip}"),
        None => format!("{words}; see sshwire --help"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_definition_is_consistent() {
        super::command().debug_assert();
    }
}
