//! The wiring: captures into the intake, what comes of it to the judge.

use super::judge::{Enough, Judge};
use super::outputs::WriteTrouble;
use super::plan::{Plan, PlannedCapture};
use super::progress::Progress;
use super::{Status, complain, describe};
use crate::analyzer::Intake;
use crate::report::view::Capture;
use crate::source::{CaptureReader, Next};

/// Does the job.
pub(super) fn analyze(plan: Plan) -> Status {
    // A report that cannot be written is all there is to say.
    let judge = match Judge::new(&plan) {
        Ok(judge) => judge,
        Err(trouble) => return stopped(&trouble, Status::Trouble),
    };
    for line in plan.unreadable.iter().chain(&plan.skipped) {
        complain(line);
    }
    let mut run = Run::new(&plan, judge);
    // Where the judge has enough, it says itself why.
    let _ = run.all(&plan);
    run.end()
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
    intake: Intake,
    judge: Judge,
    captures: Vec<Capture>,
    progress: Progress,
    unreadable: u64,
}

impl Run {
    fn new(plan: &Plan, judge: Judge) -> Self {
        let progress = !plan.reports.wishes.quiet && !judge.talks_meanwhile();
        Self {
            intake: Intake::new(plan.settings.clone()),
            judge,
            captures: Vec::new(),
            progress: Progress::new(progress, plan.captures.len()),
            unreadable: plan.unreadable.len() as u64,
        }
    }

    fn all(&mut self, plan: &Plan) -> Result<(), Enough> {
        for planned in &plan.captures {
            self.progress.capture();
            self.capture(planned)?;
        }
        self.intake.finish();
        self.hand_on()
    }

    /// What came of it: the report is written to its end, unless nothing could be read or nobody wants it.
    fn end(mut self) -> Status {
        self.progress.finish();
        let (done, any_failed) = self.judge.close(self.captures, self.intake.overview(), self.unreadable);
        let status = match (self.unreadable, any_failed) {
            (1.., _) => Status::Trouble,
            (0, true) => Status::Failures,
            (0, false) => Status::Healthy,
        };
        match done {
            Ok(()) => status,
            Err(trouble) => stopped(&trouble, status),
        }
    }

    fn capture(&mut self, planned: &PlannedCapture) -> Result<(), Enough> {
        // More captures than fit this index do not fit a command line either.
        let index = u32::try_from(self.captures.len()).unwrap_or(u32::MAX);
        let mut reader = match CaptureReader::open_input(&planned.input, index) {
            Ok(reader) => reader,
            Err(error) => {
                self.unreadable += 1;
                self.progress.finish();
                complain(&error.to_string());
                return Ok(());
            }
        };
        if let Some(before) = index.checked_sub(1) {
            self.intake.capture_end(before, planned.continues);
            self.hand_on()?;
        }
        self.judge.capture(index, &reader.description().path)?;
        loop {
            match reader.next() {
                Next::Packet(packet) => self.intake.push(&packet),
                Next::Idle => self.intake.idle(),
                Next::End => break,
            }
            self.progress.packet();
            if self.intake.has_event() {
                self.hand_on()?;
            }
        }
        self.captures.push(describe::capture(reader.description()));
        Ok(())
    }

    fn hand_on(&mut self) -> Result<(), Enough> {
        while let Some(event) = self.intake.poll() {
            self.judge.take(event)?;
        }
        Ok(())
    }
}
