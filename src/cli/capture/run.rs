//! The loop: packets into the analyzer, verdicts out, a look around now and then.

use super::counting::Counting;
use super::face::Face;
#[cfg(feature = "tui")]
use super::full_screen::FullScreen;
use super::keeping::Keeping;
use super::keys::Keys;
use super::plan::Plan;
use super::refusal;
use super::signals::Signals;
use super::stalls::{News, Stalls, words};
use super::status::Figures;
use super::taken::Taken;
use crate::analyzer::{Analyzer, Judged};
use crate::cli::judging::Judging;
use crate::cli::outputs::WriteTrouble;
use crate::cli::run::stopped;
use crate::cli::{Status, complain};
use crate::metrics::Standing;
use crate::report::view::Endpoint;
#[cfg(target_os = "linux")]
use crate::sandbox::{Sandbox, Scope};
use crate::savefile::SaveError;
use crate::source::live::fetcher::Fetcher;
use crate::source::live::{ANY, Arrival, Outage, PacketSource, Statistics, backend};
use crate::time::{Span, Timestamp};
use std::io;
use std::iter;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Longest wait for a packet: how late a signal is noticed at worst.
const WAIT: Duration = Duration::from_millis(300);
/// The same on a full screen, where a key waits too.
const WAIT_FOR_KEYS: Duration = Duration::from_millis(200);
/// Between two looks around.
const LOOK: Duration = Duration::from_millis(500);
/// Packets between two looks at the clock, and at the verdicts.
const EVERY: u32 = 64;
/// Verdicts reported together.
const AT_ONCE: usize = 32;
/// What the kernel may still hold back of the packets before now (a block that is not full is handed over after 50 ms).
const ON_ITS_WAY: Span = Span::from_millis(250);

/// A capture under way.
pub struct Run {
    plan: Plan,
    source: Fetcher,
    analyzer: Analyzer,
    judging: Judging,
    signals: Signals,
    keys: Keys,
    face: Face,
    stalls: Stalls,
    taken: Taken,
    keeping: Keeping,
    counting: Counting,
    figures: Figures,
    outage: Option<Outage>,
    begun: Instant,
    looked: Instant,
}

impl Run {
    /// Opens everything. The line says why it cannot begin.
    pub fn begin(mut plan: Plan) -> Result<Self, String> {
        let source = backend::open(plan.wanted.clone()).map_err(|error| refusal::line(&error))?;
        let signals = Signals::take().map_err(|error| format!("signals cannot be handled: {error}"))?;
        plan.wait_until(signals.wanted());
        let mut counting = Counting::open(plan.metrics.as_ref())?;
        let face = face(&plan)?;
        let mut judging = Judging::new(&plan.reports).map_err(|trouble| match trouble {
            WriteTrouble::ReaderGone => "standard output is closed".to_owned(),
            WriteTrouble::Failed(line) => line,
        })?;
        let name = plan.wanted.interface.clone();
        // Naming the capture writes nothing yet.
        if let Err(WriteTrouble::Failed(line)) = judging.outputs.capture(0, &name) {
            return Err(line);
        }
        let keeping = Keeping::open(&plan, source.as_ref(), now()).map_err(|error| error.to_string())?;
        let wake = io::pipe().map_err(|error| format!("no pipe can be made: {error}"))?;
        let keys = Keys::take(!face.is_full() && !plan.reports.wishes.quiet);
        give_up_rights(&plan, source.as_ref(), &mut judging)?;
        counting.serve()?;
        let source = Fetcher::start(source, wake).map_err(|error| format!("no thread can be started: {error}"))?;
        let begun = Instant::now();
        Ok(Self {
            source,
            analyzer: Analyzer::new(plan.settings.clone()),
            judging,
            signals,
            keys,
            face,
            stalls: Stalls::default(),
            taken: Taken::default(),
            keeping,
            counting,
            figures: Figures::default(),
            outage: None,
            begun,
            looked: begun,
            plan,
        })
    }

    /// Captures until something ends it.
    pub fn until_over(mut self) -> Status {
        self.say_what_begins();
        let done = self.packets().and_then(|()| self.close());
        self.face.finish();
        let status = match (self.keeping.has_failed(), self.judging.any_failed()) {
            (true, _) => Status::Trouble,
            (false, true) => Status::Failures,
            (false, false) => Status::Healthy,
        };
        match done {
            Ok(()) => status,
            Err(trouble) => stopped(&trouble, status),
        }
    }

    fn say_what_begins(&self) {
        if !self.plan.reports.wishes.quiet {
            let wanted = &self.plan.wanted;
            complain(&format!("{}: {}", wanted.interface, self.source.description()));
            let besides = wanted.expression.as_ref().map_or(String::new(), |typed| format!("; and: {typed}"));
            complain(&format!("kernel filter: {}{besides}", wanted.filter.sentence()));
            if self.plan.reports.wishes.verbose {
                complain(&format!("in tcpdump's words: {}", wanted.whole_expression()));
            }
        }
    }

    fn packets(&mut self) -> Result<(), WriteTrouble> {
        let mut until_look = EVERY;
        let wait = if self.face.is_full() { WAIT_FOR_KEYS } else { WAIT };
        while !self.is_over() {
            let mut newest = None;
            match self.source.next(wait) {
                Arrival::Packet(mut packet, direction) => {
                    packet.id = self.keeping.number(packet.id);
                    newest = Some(packet.time);
                    match self.keeping.packet(&packet, direction) {
                        Ok(()) => {}
                        // The reports are finished all the same.
                        Err(SaveError::ReaderGone { .. }) => return Ok(()),
                        Err(error) => self.face.say(&error.to_string()),
                    }
                    self.analyzer.push(&packet);
                    self.taken.note(&packet);
                }
                Arrival::Idle => {}
                Arrival::Down(outage) => self.note_outage(Some(outage)),
                Arrival::Up => self.note_outage(None),
                Arrival::End(why) => {
                    self.face.say(&why);
                    return Ok(());
                }
            }
            until_look -= 1;
            let pause = newest.is_none() || until_look == 0;
            // In a flood verdicts are reported together; where no packet follows, at once.
            if pause || self.source.is_read_through() || self.plan.ends.failed.is_some() {
                self.report()?;
            }
            if pause {
                until_look = EVERY;
                if self.looked.elapsed() >= LOOK {
                    self.look_around(newest)?;
                }
                if self.face.attend(&self.analyzer, newest.unwrap_or_else(now)) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// A signal and time end the capture, but what was captured before is still judged.
    fn is_over(&mut self) -> bool {
        let ends = &self.plan.ends;
        if self.signals.end() || ends.after.is_some_and(|time| self.begun.elapsed() >= time) {
            self.source.close(now());
        }
        self.source.is_over()
            || ends.packets.is_some_and(|most| self.taken.packets >= most)
            || ends.failed.is_some_and(|most| self.judging.counts().1 >= most)
    }

    /// Time passes for the analyzer too: to now where nothing waits, else to the newest packet.
    fn look_around(&mut self, newest: Option<Timestamp>) -> Result<(), WriteTrouble> {
        self.looked = Instant::now();
        let now = newest.unwrap_or_else(|| now() - ON_ITS_WAY);
        self.analyzer.advance(now);
        for news in self.stalls.look(&mut self.analyzer, now) {
            self.tell(&news)?;
        }
        self.report()?;
        let asked = self.signals.summary() | self.keys.summary();
        if asked && !self.face.is_full() {
            self.summary();
        }
        if self.judging.outputs.reader_gone() {
            return Err(WriteTrouble::ReaderGone);
        }
        if self.keeping.reader_gone() {
            self.source.close(now);
        }
        (self.figures.ended, self.figures.failed) = self.judging.counts();
        self.figures.open = self.analyzer.open_connections();
        self.figures.packets = self.taken.packets;
        let counts = self.source.statistics();
        self.figures.dropped = counts.dropped;
        let kept = self.keeping.tick(counts, now);
        self.complain_of(kept);
        self.count(counts);
        let name = &self.plan.wanted.interface;
        let place = match self.outage {
            None => name.clone(),
            Some(Outage::Down) => format!("{name} (down)"),
            Some(Outage::Gone) => format!("{name} (gone)"),
        };
        self.face.show(&place, &self.figures);
        Ok(())
    }

    fn count(&self, counts: Statistics) {
        let (written, unwritten, forgotten) = self.keeping.figures();
        let open = self.figures.open as u64;
        let (received, dropped) = (counts.passed, counts.dropped);
        self.counting.stand(Standing { received, dropped, written, unwritten, open, forgotten, memory: None });
    }

    fn note_outage(&mut self, outage: Option<Outage>) {
        self.outage = outage;
        let name = &self.plan.wanted.interface;
        let line = match outage {
            None => format!("{name}: up again, the capture goes on"),
            Some(Outage::Down) => format!("{name}: the interface went down; the capture goes on when it is up again"),
            Some(Outage::Gone) => format!("{name}: the interface is gone; the capture goes on when it is back"),
        };
        self.face.say(&line);
    }

    /// A file that cannot be written does not end the diagnosis. A reader of packets that has seen enough is no trouble.
    fn complain_of(&mut self, kept: Result<(), SaveError>) {
        match kept {
            Ok(()) | Err(SaveError::ReaderGone { .. }) => {}
            Err(error) => self.face.say(&error.to_string()),
        }
    }

    /// Reports what is judged, some together: a line on the terminal gives way once for all of them.
    fn report(&mut self) -> Result<(), WriteTrouble> {
        loop {
            let some: Vec<Judged> = iter::from_fn(|| self.analyzer.poll()).take(AT_ONCE).collect();
            if some.is_empty() {
                return Ok(());
            }
            let judging = &mut self.judging;
            let outcomes = self.face.aside(|| judging.hand_on_all(&some))?;
            for (judged, outcome) in some.iter().zip(outcomes) {
                self.counting.judged(judged, outcome);
                self.face.judged(judged, outcome);
                let kept = self.keeping.judged(judged, outcome);
                self.complain_of(kept);
            }
        }
    }

    fn tell(&mut self, news: &News) -> Result<(), WriteTrouble> {
        let judging = &mut self.judging;
        match news {
            News::Stuck(stall, lasts, judged) => self.face.aside(|| judging.stuck(judged, &words(stall, *lasts))),
            News::GoesOn(open, after) => {
                let end = |end: crate::packet::Endpoint| Endpoint { address: end.address, port: end.port };
                let (client, server) = (end(open.client), end(open.server));
                self.face.aside(|| judging.outputs.goes_on(client, server, *after))
            }
        }
    }

    fn summary(&mut self) {
        let open = self.analyzer.open_connections();
        if self.judging.counts().0 == 0 && open > 0 {
            let s = if open == 1 { "" } else { "s" };
            return self.face.say(&format!("{open} connection{s} under way, none has ended yet"));
        }
        let capture = self.taken.describe(&self.plan.wanted.interface, &self.source);
        let overview = self.analyzer.overview();
        let judging = &mut self.judging;
        self.face.aside(|| judging.interim_summary(&self.plan.reports, capture, &overview));
    }

    fn close(&mut self) -> Result<(), WriteTrouble> {
        // First of all: whatever comes now, the terminal is as it was.
        let was_full = self.face.finish();
        self.analyzer.finish();
        self.report()?;
        let capture = self.taken.describe(&self.plan.wanted.interface, &self.source);
        let kept = self.keeping.close(self.source.statistics(), now());
        self.complain_of(kept);
        if !self.plan.reports.wishes.quiet {
            if let Some(line) = self.keeping.last_words() {
                complain(&line);
            }
            complain(&self.taken.last_words(&capture.path, self.source.statistics()));
        }
        let overview = self.analyzer.overview();
        if was_full {
            // No report went to standard output meanwhile.
            self.judging.interim_summary(&self.plan.reports, capture.clone(), &overview);
        }
        self.judging.finish(vec![capture], &overview, 0)
    }
}

/// Lines, or the full screen where that is wanted.
fn face(plan: &Plan) -> Result<Face, String> {
    #[cfg(feature = "tui")]
    if plan.full_screen {
        return FullScreen::prepare(plan.reports.zone.clone()).map(Face::full);
    }
    Ok(Face::lines(plan.reports.wishes.quiet))
}

/// Everything is open: from here on no right is needed any more, but to name the reports when they are complete.
#[cfg(target_os = "linux")]
fn give_up_rights(plan: &Plan, source: &dyn PacketSource, judging: &mut Judging) -> Result<(), String> {
    let delegated = judging.outputs.delegate()?;
    let named = plan.wanted.interface != ANY;
    let scope = Scope {
        packet_sockets: source.packet_sockets(),
        asks_for_interface: named,
        interface_may_return: named && source.may_return(),
        serves_metrics: plan.metrics.is_some(),
    };
    let calls = scope.system_calls();
    let outcome = Sandbox { user: plan.user.clone(), scope }.enter().map_err(|error| error.to_string())?;
    if plan.reports.wishes.quiet {
        return Ok(());
    }
    complain(&format!("dropped privileges: {}", outcome.dropped.join(", ")));
    let mut kept = outcome.kept;
    if !delegated.is_empty() {
        kept.push("renaming complete reports, by a process that does nothing else".to_owned());
    }
    if !kept.is_empty() {
        complain(&format!("kept: {}", kept.join(", ")));
    }
    if plan.reports.wishes.verbose {
        complain(&format!("system calls left: {}", calls.join(", ")));
    }
    delegated.iter().for_each(|line| complain(line));
    Ok(())
}

/// Elsewhere the system's own means stand around the program, not in it.
#[cfg(not(target_os = "linux"))]
fn give_up_rights(_plan: &Plan, _source: &dyn PacketSource, _judging: &mut Judging) -> Result<(), String> {
    Ok(())
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_parts(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), i64::from(since.subsec_nanos()))
}
