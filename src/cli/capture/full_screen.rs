//! What the full screen shows of a capture under way.

use super::status::Figures;
use crate::analyzer::{Analyzer, Judged};
use crate::cli::terminal;
use crate::report::moment::clock;
use crate::report::text::{Page, whole};
use crate::report::view::{Connection, Outcome};
use crate::tcp::OpenConnection;
use crate::time::{Span, Timestamp};
use crate::tui::{self, Asked, Open, Snapshot, Subject, Tui, Verdict};
use jiff::tz::TimeZone;
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::time::{Duration, Instant};

/// Verdicts that can be looked at, each with its report.
const VERDICTS: usize = 200;
/// Open connections listed; each is judged as if it ended now, about 50 µs of work, with each picture.
const OPEN: usize = 60;
/// Reports written between two pictures. In a flood of verdicts the others have none: nobody reads them.
const REPORTS: usize = 25;

/// The full screen with all that it shows.
pub struct FullScreen {
    /// None until the terminal is taken over.
    tui: Option<Tui>,
    page: Page,
    begun: Instant,
    place: String,
    figures: Figures,
    /// When the rate was computed last, and the packets then.
    last: (Instant, u64),
    rate: u64,
    notice: String,
    /// The newest first.
    verdicts: VecDeque<(Verdict, Vec<String>)>,
    reports: usize,
}

impl FullScreen {
    /// Gets ready, before rights are given up.
    pub fn prepare(zone: TimeZone) -> Result<Self, String> {
        Tui::prepare().map_err(|error| error.to_string())?;
        let page = Page { width: terminal::width(), colour: false, ascii: !terminal::is_utf8(), zone };
        let now = Instant::now();
        Ok(Self {
            tui: None,
            page,
            begun: now,
            place: String::new(),
            figures: Figures::default(),
            last: (now, 0),
            rate: 0,
            notice: String::new(),
            verdicts: VecDeque::new(),
            reports: 0,
        })
    }

    /// Shows a line until the next one.
    pub fn notice(&mut self, line: &str) {
        line.clone_into(&mut self.notice);
    }

    /// How the capture stands.
    pub fn note(&mut self, place: &str, figures: &Figures) {
        place.clone_into(&mut self.place);
        self.figures = *figures;
        let (since, packets) = self.last;
        let milliseconds = since.elapsed().as_millis().max(1);
        let rate = u128::from(figures.packets.saturating_sub(packets)) * 1_000 / milliseconds;
        self.rate = u64::try_from(rate).unwrap_or(u64::MAX);
        self.last = (Instant::now(), figures.packets);
    }

    /// A connection was judged.
    pub fn judged(&mut self, judged: &Judged, outcome: Outcome) {
        let record = &judged.record;
        let finding = judged.judgement.verdict();
        let verdict = Verdict {
            number: record.number,
            time: clock(record.last.1, &self.page.zone),
            client: record.client.to_string(),
            server: record.server.to_string(),
            outcome: match outcome {
                Outcome::Failed => tui::Outcome::Failed,
                Outcome::Healthy => tui::Outcome::Healthy,
                Outcome::Unclear | Outcome::Open => tui::Outcome::Unclear,
            },
            id: finding.map_or("none", |finding| finding.id).to_owned(),
            confidence: finding.map_or("", |finding| finding.confidence.word()).to_owned(),
        };
        let report = if self.reports < REPORTS {
            self.reports += 1;
            self.report(judged)
        } else {
            vec!["Too many connections ended at once: this one is in the report that -o writes.".to_owned()]
        };
        self.verdicts.push_front((verdict, report));
        self.verdicts.truncate(VERDICTS);
    }

    fn report(&self, judged: &Judged) -> Vec<String> {
        whole(&Connection::new(&judged.record, &judged.judgement), &self.page).lines().map(str::to_owned).collect()
    }

    /// Takes keys and draws. True: the user wants the capture to end.
    pub fn attend(&mut self, analyzer: &Analyzer, now: Timestamp) -> io::Result<bool> {
        let mut tui = match self.tui.take() {
            Some(tui) => tui,
            None => Tui::begin()?,
        };
        let asked = tui.keys()?;
        if tui.is_due() {
            let subject = tui.subject();
            tui.show(self.snapshot(analyzer, now, subject))?;
            self.reports = 0;
        }
        self.tui = Some(tui);
        Ok(asked == Asked::End)
    }

    fn snapshot(&self, analyzer: &Analyzer, now: Timestamp, subject: Option<Subject>) -> Snapshot {
        let stalled: BTreeSet<u64> = analyzer.stalls().iter().map(|(open, _)| open.number).collect();
        let listed = analyzer.open_list(OPEN);
        let open = |open: &OpenConnection| Open {
            number: open.number,
            client: open.client.to_string(),
            server: open.server.to_string(),
            phase: analyzer.interim(open).map_or("", |judged| judged.judgement.ended.phase.word()).to_owned(),
            age: length(now - open.first),
            silent: length(now - open.last),
            packets: open.packets,
            stalled: stalled.contains(&open.number),
        };
        let Figures { open: under_way, ended, failed, packets, dropped } = self.figures;
        Snapshot {
            place: self.place.clone(),
            elapsed: self.begun.elapsed(),
            packets,
            rate: self.rate,
            dropped,
            ended,
            failed,
            under_way: under_way as u64,
            open: listed.iter().map(open).collect(),
            verdicts: self.verdicts.iter().map(|(verdict, _)| verdict.clone()).collect(),
            notice: self.notice.clone(),
            detail: subject.map_or_else(Vec::new, |subject| self.detail(analyzer, subject)),
        }
    }

    /// The report of one connection; of one under way as if it ended now.
    fn detail(&self, analyzer: &Analyzer, subject: Subject) -> Vec<String> {
        let ended = |number: u64| {
            let found = self.verdicts.iter().find(|(verdict, _)| verdict.number == number);
            found.map(|(_, report)| report.clone())
        };
        let found = match subject {
            Subject::Ended(number) => ended(number),
            Subject::Open(number) => {
                let open = analyzer.open_list(OPEN).into_iter().find(|open| open.number == number);
                let judged = open.and_then(|open| analyzer.interim(&open));
                judged.map(|judged| self.report(&judged)).or_else(|| ended(number))
            }
        };
        found.unwrap_or_default()
    }
}

fn length(span: Span) -> Duration {
    Duration::from_nanos(u64::try_from(span.0).unwrap_or(0))
}
