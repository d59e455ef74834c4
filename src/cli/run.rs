//! The wiring: captures into the analyzer, judged connections into the reports.

use super::judging::Judging;
use super::outputs::WriteTrouble;
use super::plan::{Plan, PlannedCapture};
use super::progress::Progress;
use super::{Status, complain, describe};
use crate::report::view::Capture;
use crate::source::{CaptureReader, Input, Next, SourceError};

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
pub(super) fn stopped(trouble: &WriteTrouble, status: Status) -> Status {
    match trouble {
        WriteTrouble::ReaderGone => status,
        WriteTrouble::Failed(line) => {
            complain(line);
            Status::Trouble
        }
    }
}

struct Run {
    judging: Judging,
    captures: Vec<Capture>,
    progress: Progress,
    unreadable: u64,
}

impl Run {
    fn new(plan: &Plan) -> Result<Self, WriteTrouble> {
        let judging = Judging::new(&plan.settings, &plan.reports)?;
        let wishes = &plan.reports.wishes;
        let progress = !wishes.quiet && !judging.outputs.talks_meanwhile(wishes);
        Ok(Self {
            judging,
            captures: Vec::new(),
            progress: Progress::new(progress, plan.captures.len()),
            unreadable: plan.unreadable.len() as u64,
        })
    }

    fn status(&self) -> Status {
        match (self.unreadable, self.judging.any_failed()) {
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
        self.judging.analyzer.finish();
        self.judging.report()?;
        self.progress.finish();
        self.judging.finish(std::mem::take(&mut self.captures), self.unreadable)
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
            self.judging.analyzer.capture_end(before, planned.continues);
            self.judging.report()?;
        }
        self.judging.outputs.capture(index, &reader.description().path.clone())?;
        loop {
            match reader.next() {
                Next::Packet(packet) => self.judging.analyzer.push(&packet),
                Next::Idle => self.judging.analyzer.idle(),
                Next::End => break,
            }
            self.progress.packet();
            self.judging.report()?;
        }
        self.captures.push(describe::capture(reader.description()));
        Ok(())
    }
}

fn open(input: &Input, index: u32) -> Result<CaptureReader, SourceError> {
    match input {
        Input::Stdin => CaptureReader::open_stdin(index),
        Input::File(path) => CaptureReader::open(path, index),
    }
}
