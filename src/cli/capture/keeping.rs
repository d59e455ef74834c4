//! The packets that are written while they are judged.

use super::plan::Plan;
use crate::analyzer::Judged;
use crate::cli::destinations::is_stdout;
use crate::packet::{CapturedPacket, PacketId, Watch};
use crate::report::view::Outcome;
use crate::savefile::{self, Interface, Keeper, SaveError, Writer};
use crate::source::live::{self, PacketSource};
use crate::time::Timestamp;
use std::time::{Duration, Instant};

/// Between two notes of the counts in the file: what a killed capture leaves is at most this old.
const COUNTS: Duration = Duration::from_secs(10);

/// A file that packets are written to, or none.
pub struct Keeping {
    writer: Option<Writer>,
    /// Holds packets until their connection is judged, where only failures are written.
    keeper: Option<Keeper>,
    /// Connections written, where only failures are.
    connections: u64,
    /// Entries among the packets, each of which Wireshark gives a number.
    entries: u64,
    interface: u32,
    begun: Timestamp,
    counted: Instant,
    failed: bool,
}

impl Keeping {
    /// Opens what is to be written.
    pub fn open(plan: &Plan, source: &dyn PacketSource, now: Timestamp) -> Result<Self, SaveError> {
        let mut keeping = Self {
            writer: None,
            keeper: None,
            connections: 0,
            entries: 0,
            interface: 0,
            begun: now,
            counted: Instant::now(),
            failed: false,
        };
        let Some(path) = &plan.keep.file else { return Ok(keeping) };
        let mut writer = Writer::create(path, &plan.keep.wishes)?;
        keeping.interface = writer.interface(&Interface {
            name: plan.wanted.interface.clone(),
            description: source.description(),
            filter: plan.wanted.filter.expression(),
            link: source.link_type(),
            snaplen: 0,
        })?;
        keeping.writer = Some(writer);
        let settings = &plan.settings;
        let watch = || if settings.any_port { Watch::any() } else { Watch::ports(&settings.ports) };
        keeping.keeper = plan.keep.failed_alone.then(|| Keeper::new(watch()));
        Ok(keeping)
    }

    /// The number of a packet in the file: verdicts that stand there as entries take numbers too.
    pub fn number(&self, packet: PacketId) -> PacketId {
        PacketId::new(packet.capture(), packet.number() + self.entries)
    }

    /// A packet came.
    #[inline]
    pub fn packet(&mut self, packet: &CapturedPacket<'_>, direction: Option<live::Direction>) -> Result<(), SaveError> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let direction = match direction {
            None => savefile::Direction::Unknown,
            Some(live::Direction::Inbound) => savefile::Direction::Inbound,
            Some(live::Direction::Outbound) => savefile::Direction::Outbound,
        };
        if let Some(keeper) = &mut self.keeper {
            keeper.packet(packet, self.interface, direction);
            return Ok(());
        }
        let done = writer.packet(self.interface, packet, direction, "");
        self.noted(done)
    }

    /// A connection was judged.
    pub fn judged(&mut self, judged: &Judged, outcome: Outcome) -> Result<(), SaveError> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let record = &judged.record;
        let done = match &mut self.keeper {
            None if matches!(outcome, Outcome::Failed | Outcome::Unclear) => {
                self.entries += 1;
                writer.note(record.last.1, &comment(judged))
            }
            None => Ok(()),
            Some(keeper) => {
                let kept = keeper.judged(record.client, record.server, record.last.0);
                match kept {
                    _ if outcome != Outcome::Failed => Ok(()),
                    None => writer.note(record.last.1, &format!("{} (no room: packets not kept)", comment(judged))),
                    Some(kept) => {
                        self.connections += 1;
                        kept.write(writer, &comment(judged))
                    }
                }
            }
        };
        self.noted(done)
    }

    /// Now and then: what waits is written, and how the interface does.
    pub fn tick(&mut self, counts: live::Statistics, now: Timestamp) -> Result<(), SaveError> {
        if let Some(keeper) = &mut self.keeper {
            keeper.advance(now);
        }
        let due = self.counted.elapsed() >= COUNTS;
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let done = if due {
            self.counted = Instant::now();
            writer.statistics(self.interface, statistics(self.begun, now, counts))
        } else {
            writer.flush()
        };
        self.noted(done)
    }

    /// Nothing more comes.
    pub fn close(&mut self, counts: live::Statistics, now: Timestamp) -> Result<(), SaveError> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let done = writer.statistics(self.interface, statistics(self.begun, now, counts));
        self.noted(done)
    }

    /// Something could not be written.
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// Whether the packets go to another program that is gone.
    pub fn reader_gone(&self) -> bool {
        self.writer.as_ref().is_some_and(Writer::reader_gone)
    }

    /// What there is to say when all is over; none where nothing was written.
    pub fn last_words(&mut self) -> Option<String> {
        let writer = self.writer.as_mut()?;
        let lost = match writer.unwritten() {
            0 => String::new(),
            lost => format!(", {lost} could not be written"),
        };
        let lost = match writer.overwritten() {
            0 => lost,
            overwritten => format!(", {overwritten} older ones written over{lost}"),
        };
        let (packets, path) = (writer.packets(), writer.path());
        let path = if is_stdout(path) { "standard output".to_owned() } else { path.display().to_string() };
        let Some(keeper) = &self.keeper else { return Some(format!("{path}: {packets} packets written{lost}")) };
        let forgotten = match keeper.forgotten() {
            0 => String::new(),
            forgotten => format!(", {forgotten} connections were too many to be held"),
        };
        let connections = self.connections;
        Some(format!("{path}: {connections} failed connections with {packets} packets written{lost}{forgotten}"))
    }

    /// Packets written, packets that could not be, connections that were forgotten.
    pub fn figures(&self) -> (u64, u64, u64) {
        let writer =
            self.writer.as_ref().map_or((0, 0), |writer| (writer.packets() + writer.overwritten(), writer.unwritten()));
        (writer.0, writer.1, self.keeper.as_ref().map_or(0, Keeper::forgotten))
    }

    fn noted(&mut self, done: Result<(), SaveError>) -> Result<(), SaveError> {
        // A reader that has seen enough is no failure.
        self.failed |= done.as_ref().is_err_and(|error| !matches!(error, SaveError::ReaderGone { .. }));
        done
    }
}

fn statistics(since: Timestamp, until: Timestamp, counts: live::Statistics) -> savefile::Statistics {
    savefile::Statistics { since, until, received: counts.passed, dropped: counts.dropped }
}

/// What a file says of a connection that failed: `192.0.2.1:40000 to 192.0.2.2:22: maxstartups-drop (certain): The server …`.
fn comment(judged: &Judged) -> String {
    let ends = format!("sshwire: {} to {}", judged.record.client, judged.record.server);
    match judged.judgement.verdict() {
        Some(finding) => format!("{ends}: {} ({}): {}", finding.id, finding.confidence.word(), finding.title()),
        None => format!("{ends}: ended in {}", judged.judgement.ended.phase.word()),
    }
}
