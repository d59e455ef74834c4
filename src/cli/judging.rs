//! Judged connections on their way into the reports: the part that files and live captures share.

use super::outputs::{Outputs, WriteTrouble};
use super::plan::Reports;
use crate::analyzer::{Judged, LoneSyn, Overview};
use crate::diagnose::{Survey, duration};
use crate::report::tally::{Said, Tally};
use crate::report::view::{Brief, Capture, Connection, Name, OtherTraffic, Outcome, Summary, Undecodable, Warning};
use std::sync::Arc;

/// Kinds of other traffic listed in a report.
const OTHER_TRAFFIC: usize = 20;

/// The reports, with what is counted for them.
pub(super) struct Judging {
    pub outputs: Outputs,
    tally: Tally,
    survey: Survey,
    any_failed: bool,
}

impl Judging {
    /// Opens the reports, before anything is read.
    pub fn new(reports: &Reports) -> Result<Self, WriteTrouble> {
        Ok(Self {
            outputs: Outputs::open(reports)?,
            tally: Tally::default(),
            survey: Survey::default(),
            any_failed: false,
        })
    }

    /// Whether any connection has failed so far.
    pub fn any_failed(&self) -> bool {
        self.any_failed
    }

    /// Hands on one judged connection.
    pub fn hand_on(&mut self, judged: &Judged) -> Result<Outcome, WriteTrouble> {
        let Judged { record, judgement, first_capture } = judged;
        let brief = Brief::new(&Name::of(record), judgement);
        self.survey.note(record, judgement, *first_capture);
        self.tally.connection(&brief, &Said::of(record));
        self.any_failed |= self.tally.any_failed();
        self.outputs.connection(&brief, || Connection::new(record, judgement))?;
        Ok(brief.outcome)
    }

    /// Hands on several; readers see them at once.
    #[cfg(live)]
    pub fn hand_on_all(&mut self, several: &[Judged]) -> Result<Vec<Outcome>, WriteTrouble> {
        let outcomes = several.iter().map(|judged| self.hand_on(judged)).collect::<Result<_, _>>()?;
        self.outputs.flush()?;
        Ok(outcomes)
    }

    /// The same of an unanswered SYN like others.
    pub fn hand_on_lone(&mut self, lone: LoneSyn) -> Result<(), WriteTrouble> {
        let Some((syn, judgement, first_capture)) = lone.parts() else { return Ok(()) };
        let (first @ (_, last), ends) = (syn.first(), syn.ends());
        // The brief outlives the SYN, which becomes a connection.
        let judgement = &Arc::clone(judgement);
        let brief = Brief::new(&Name { id: syn.number(), ends, first, last }, judgement);
        self.survey.note_unanswered(&syn, judgement, first_capture);
        self.tally.connection(&brief, &Said::default());
        self.any_failed |= self.tally.any_failed();
        self.outputs.connection(&brief, || {
            let Judged { record, judgement, .. } = lone.whole();
            Connection::new(&record, &judgement)
        })
    }

    /// Connections judged so far, and those of them that failed.
    #[cfg(live)]
    pub fn counts(&self) -> (u64, u64) {
        self.tally.counts()
    }

    /// A connection is stuck; `judged` is what would be concluded if it ended now.
    #[cfg(live)]
    pub fn stuck(&mut self, judged: &Judged, what: &str) -> Result<(), WriteTrouble> {
        self.outputs.stuck(&Connection::new(&judged.record, &judged.judgement), what)
    }

    /// The counts so far, on standard error.
    #[cfg(live)]
    pub fn interim_summary(&self, reports: &Reports, capture: Capture, overview: &Overview) {
        let mut tally = self.tally.clone();
        tally.remarks(&self.survey);
        let mut captures = vec![capture];
        warn_of_clock(&mut captures, overview);
        let tail = tally.into_tail(captures, |summary| add(summary, overview, 0));
        super::outputs::summary_aside(reports, &tail);
    }

    /// Nothing more will be read: what is left is judged, and the reports end. `unreadable` inputs were passed over.
    pub fn finish(
        &mut self,
        mut captures: Vec<Capture>,
        overview: &Overview,
        unreadable: u64,
    ) -> Result<(), WriteTrouble> {
        warn_of_clock(&mut captures, overview);
        self.tally.remarks(&self.survey);
        let tail = std::mem::take(&mut self.tally).into_tail(captures, |summary| add(summary, overview, unreadable));
        self.outputs.finish(&tail)
    }
}

/// Times of a report that are not those of the file need a word.
fn warn_of_clock(captures: &mut [Capture], overview: &Overview) {
    for &(packet, back) in &overview.clock_steps {
        let Some(capture) = captures.get_mut(packet.capture() as usize) else { continue };
        let text = format!(
            "the clock was set back by {} before packet {}: for connections that went on, time is counted on from there",
            duration(back),
            packet.number()
        );
        capture.warnings.push(Warning { offset: None, text });
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
