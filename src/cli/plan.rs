//! What the arguments mean: which captures in which order, what to look for, where the report goes.

use super::args::{self, Analyze, Reporting, Watched};
use super::destinations::{self, Destination};
use super::terminal;
use crate::analyzer::Settings;
#[cfg(unix)]
use crate::output::{Owner, Waiting};
use crate::report::text::Wishes;
use crate::source::{self, Input, RotationKey, SourceError};
use crate::time::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// A job, checked before anything is read.
pub(super) struct Plan {
    /// The captures in the order in which they are read.
    pub captures: Vec<PlannedCapture>,
    /// What is looked for.
    pub settings: Settings,
    /// Which reports are written.
    pub reports: Reports,
    /// Threads to work with: 1, or 2.
    pub threads: usize,
    /// Inputs that were named and cannot be read, a line each.
    pub unreadable: Vec<String>,
    /// What the searches of folders left out, a line each; nothing that changes the exit status.
    pub skipped: Vec<String>,
}

/// Which reports are written, where to, and what they tell.
pub(super) struct Reports {
    /// Where they go.
    pub destinations: Vec<Destination>,
    /// Files that exist may be replaced.
    pub overwrite: bool,
    /// Who is to own the files; none for the user who runs the program.
    #[cfg(unix)]
    pub owner: Option<Owner>,
    /// What to do while nobody reads a report.
    #[cfg(unix)]
    pub waiting: Waiting,
    /// What the text tells.
    pub wishes: Wishes,
    /// Colours.
    pub color: args::Color,
    /// The reader's time zone; looked up once, before rights are given up.
    pub zone: TimeZone,
}

impl Reports {
    /// What is meant, or why it cannot be. `live`: each connection is told when it is judged.
    pub fn new(typed: &Reporting, limit: usize, live: bool, looked_for: String) -> Result<Self, String> {
        let wishes = Wishes { all: typed.all, limit, verbose: typed.verbose, quiet: typed.quiet, live, looked_for };
        Ok(Self {
            destinations: destinations::destinations(&typed.output, typed.format)?,
            overwrite: typed.overwrite,
            #[cfg(unix)]
            owner: None,
            #[cfg(unix)]
            waiting: Waiting { say: super::complain, end: None },
            wishes,
            color: typed.color,
            zone: terminal::zone(typed.utc),
        })
    }
}

/// A capture to read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PlannedCapture {
    /// What to open.
    pub input: Input,
    /// Its name says that it goes on where the one before ends (files of a rotation).
    pub continues: bool,
}

impl Plan {
    /// Finds out what is meant. What cannot be done at all comes back as lines for the user.
    pub fn new(typed: &Analyze) -> Result<Self, Vec<String>> {
        let reports = Reports::new(&typed.reporting, typed.limit, false, looked_for(&typed.watched));
        let mut reports = reports.map_err(|line| vec![line])?;
        if typed.reporting.overwrite && typed.reporting.output.is_empty() {
            return Err(vec!["--overwrite is for files that are written: name one with --output".to_owned()]);
        }
        let expansion = source::expand(&typed.captures);
        let lines = |errors: &[SourceError]| errors.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut unreadable = lines(&expansion.refused);
        if expansion.inputs.is_empty() && !unreadable.is_empty() {
            return Err(unreadable);
        }
        unreadable.extend(lines(&expansion.unreadable));
        let skipped = if reports.wishes.quiet { &[][..] } else { &expansion.skipped };
        let skipped = skipped.iter().map(ToString::to_string).collect();
        destinations::keep_captures(&reports.destinations, &expansion.inputs).map_err(|line| vec![line])?;
        let live = expansion.inputs.iter().any(terminal::is_live);
        reports.wishes.live = live;
        let settings = Settings { immediate: live, ..settings(&typed.watched) };
        // A pipe is waited for: nothing may lie in a batch meanwhile.
        let threads = if live { 1 } else { typed.threads.unwrap_or_else(processors) };
        Ok(Self { captures: in_order(expansion.inputs), settings, reports, threads, unreadable, skipped })
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// What is looked for.
pub(super) fn settings(typed: &Watched) -> Settings {
    let hosts = typed.host.iter().map(|&host| host.into()).chain(typed.net.iter().copied()).collect();
    Settings { ports: ports(typed), any_port: typed.any_port, hosts, ..Settings::default() }
}

fn ports(typed: &Watched) -> Vec<u16> {
    let mut ports = typed.port.clone();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// What is looked for, in words: `port 22 of 192.0.2.10`.
pub(super) fn looked_for(typed: &Watched) -> String {
    let ports: Vec<_> = ports(typed).iter().map(ToString::to_string).collect();
    let place = match (typed.any_port, ports.len()) {
        (true, _) => "any port".to_owned(),
        (false, 1) => format!("port {}", ports[0]),
        (false, _) => format!("ports {}", crate::report::view::word_list(&ports)),
    };
    let hosts = typed.host.iter().map(ToString::to_string).chain(typed.net.iter().map(ToString::to_string));
    let hosts: Vec<_> = hosts.collect();
    if hosts.is_empty() { place } else { format!("{place} of {}", crate::report::view::word_list(&hosts)) }
}

/// The files of a rotation stand together in the order of their packets; everything stands in the order of first packets,
/// as the report does.
fn in_order(inputs: Vec<Input>) -> Vec<PlannedCapture> {
    let mut rotations: Vec<Vec<Timed>> = Vec::new();
    // Where each rotation is: a folder may hold tens of thousands of captures, too many to compare each with each.
    let mut homes: HashMap<RotationKey, usize> = HashMap::new();
    let alone = inputs.len() < 2;
    for input in inputs {
        let first_time = if alone { i64::MAX } else { first_time(&input) };
        let home = rotation_key(&input).map(|key| *homes.entry(key).or_insert(rotations.len()));
        let timed = Timed { first_time, input };
        match home.and_then(|home| rotations.get_mut(home)) {
            Some(rotation) => rotation.push(timed),
            None => rotations.push(vec![timed]),
        }
    }
    for rotation in &mut rotations {
        rotation.sort_by_key(|timed| timed.first_time);
    }
    rotations.sort_by_key(|rotation| rotation.first().map_or(i64::MAX, |timed| timed.first_time));
    rotations.into_iter().flat_map(planned).collect()
}

struct Timed {
    first_time: i64,
    input: Input,
}

fn planned(rotation: Vec<Timed>) -> impl Iterator<Item = PlannedCapture> {
    rotation.into_iter().enumerate().map(|(index, timed)| PlannedCapture { input: timed.input, continues: index > 0 })
}

fn rotation_key(input: &Input) -> Option<RotationKey> {
    source::rotation_key(input.path()?)
}

/// What cannot be looked at goes last; opening it will say why.
fn first_time(input: &Input) -> i64 {
    let peek = source::peek(input).ok().flatten();
    peek.and_then(|peek| peek.first_time).map_or(i64::MAX, |Timestamp(nanos)| nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_stand_together() {
        let inputs = ["a.pcap", "x.pcap", "x.pcap1", "b.pcap", "x.pcap2"].map(|name| Input::File(name.into()));
        let planned = in_order(inputs.to_vec());
        let shown: Vec<_> = planned.iter().map(|capture| (capture.input.clone(), capture.continues)).collect();
        let file = |name: &str| Input::File(name.into());
        assert_eq!(
            shown,
            [
                (file("a.pcap"), false),
                (file("x.pcap"), false),
                (file("x.pcap1"), true),
                (file("x.pcap2"), true),
                (file("b.pcap"), false),
            ]
        );
    }
}
