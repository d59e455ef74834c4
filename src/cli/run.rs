//! The wiring: captures into the analyzer, judged connections into the reports.

use super::outputs::{Outputs, WriteTrouble};
use super::plan::{Plan, PlannedCapture};
use super::progress::Progress;
use super::{Status, complain, describe};
use crate::analyzer::{Analyzer, Overview};
use crate::diagnose::Survey;
use crate::report::tally::Tally;
use crate::report::view::{Capture, Connection, OtherTraffic, Summary, Undecodable};
use crate::source::{CaptureReader, Input, Next, SourceError};

/// Kinds of other traffic listed in a report.
const OTHER_TRAFFIC: usize = 20;

/// Does the job.
pub(super) fn analyze(plan: Plan) -> Status {
    for line in &plan.unreadable {
        complain(line);
    }
    let mut run = match Run::new(&plan) {
        Ok(run) => run,
        Err(trouble) => return stopped(&trouble, Status::Trouble),
    };
    let done = run.all(&plan);
    run.progress.finish();
    let status = run.status();
    match done {
        Ok(()) => status,
        Err(trouble) => stopped(&trouble, status),
    }
}

/// A reader that closes the pipe has seen enough: the status is what is known by then.
fn stopped(trouble: &WriteTrouble, status: Status) -> Status {
    match trouble {
        WriteTrouble::ReaderGone => status,
        WriteTrouble::Failed(line) => {
            complain(line);
            Status::Trouble
        }
    }
}

struct Run {
    analyzer: Analyzer,
    outputs: Outputs,
    tally: Tally,
    survey: Survey,
    captures: Vec<Capture>,
    progress: Progress,
    unreadable: u64,
    any_failed: bool,
}

impl Run {
    fn new(plan: &Plan) -> Result<Self, WriteTrouble> {
        let outputs = Outputs::open(plan)?;
        let progress = !plan.wishes.quiet && !outputs.talks_meanwhile(&plan.wishes);
        Ok(Self {
            analyzer: Analyzer::new(plan.settings.clone()),
            outputs,
            tally: Tally::default(),
            survey: Survey::default(),
            captures: Vec::new(),
            progress: Progress::new(progress, plan.captures.len()),
            unreadable: plan.unreadable.len() as u64,
            any_failed: false,
        })
    }

    fn status(&self) -> Status {
        match (self.unreadable, self.any_failed) {
            (1.., _) => Status::Trouble,
            (0, true) => Status::Failures,
            (0, false) => Status::Healthy,
        }
    }

    fn all(&mut self, plan: &Plan) -> Result<(), WriteTrouble> {
        for planned in &plan.captures {
            self.progress.capture();
            self.capture(planned)?;
        }
        if self.captures.is_empty() {
            // The lines about the inputs have said everything.
            return Ok(());
        }
        self.analyzer.finish();
        self.report()?;
        self.progress.finish();
        let overview = self.analyzer.overview();
        let unreadable = self.unreadable;
        let captures = std::mem::take(&mut self.captures);
        self.tally.remarks(&self.survey);
        let tail = std::mem::take(&mut self.tally).into_tail(captures, |summary| add(summary, &overview, unreadable));
        self.outputs.finish(&tail)
    }

    fn capture(&mut self, planned: &PlannedCapture) -> Result<(), WriteTrouble> {
        // More captures than fit this index do not fit a command line either.
        let index = u32::try_from(self.captures.len()).unwrap_or(u32::MAX);
        let mut reader = match open(&planned.input, index) {
            Ok(reader) => reader,
            Err(error) => {
                self.unreadable += 1;
                self.progress.finish();
                complain(&error.to_string());
                return Ok(());
            }
        };
        if let Some(before) = index.checked_sub(1) {
            self.analyzer.capture_end(before, planned.continues);
            self.report()?;
        }
        self.outputs.capture(index, &reader.description().path.clone())?;
        loop {
            match reader.next() {
                Next::Packet(packet) => self.analyzer.push(&packet),
                Next::Idle => self.analyzer.idle(),
                Next::End => break,
            }
            self.progress.packet();
            self.report()?;
        }
        self.captures.push(describe::capture(reader.description()));
        Ok(())
    }

    /// Hands on what has been judged.
    #[inline]
    fn report(&mut self) -> Result<(), WriteTrouble> {
        while let Some(judged) = self.analyzer.poll() {
            let mut connection = Connection::outline(&judged.record, &judged.judgement);
            if self.outputs.want_whole(&connection) {
                connection = Connection::new(&judged.record, &judged.judgement);
            }
            self.survey.note(&judged.record, &judged.judgement, judged.first_capture);
            self.tally.connection(&connection);
            self.any_failed |= self.tally.any_failed();
            self.outputs.connection(&connection)?;
        }
        Ok(())
    }
}

fn open(input: &Input, index: u32) -> Result<CaptureReader, SourceError> {
    match input {
        Input::Stdin => CaptureReader::open_stdin(index),
        Input::File(path) => CaptureReader::open(path, index),
    }
}

/// What only the analyzer knows.
fn add(summary: &mut Summary, overview: &Overview, unreadable: u64) {
    summary.packets = overview.packets;
    summary.evicted = overview.evicted;
    summary.untied = overview.untied;
    summary.unreadable_inputs = unreadable;
    let entry = |(layer, reason, packets): &(crate::packet::Layer, &str, u64)| Undecodable {
        layer: format!("{layer:?}").to_ascii_lowercase(),
        reason: (*reason).to_owned(),
        packets: *packets,
    };
    summary.undecodable = overview.undecodable.iter().map(entry).collect();
    let other = |(what, packets): &(String, u64)| OtherTraffic { what: what.clone(), packets: *packets };
    summary.other_traffic = overview.other_traffic.iter().take(OTHER_TRAFFIC).map(other).collect();
}
