//! Connections that are over in, judged connections out: each waits until what others show of its ends is known too.

use super::{Event, Judged, Settings};
use crate::diagnose::{Alike, Judgement, LoneSyns, Reading, judge};
use crate::limits::{JUDGED_AT_ONCE, UNJUDGED_BYTES, UNJUDGED_RECORDS};
use crate::packet::Endpoint;
use crate::record::{ConnectionRecord, Hosts, SshReader};
use crate::tcp::{Over, Unanswered};
use crate::time::Timestamp;
use std::collections::VecDeque;
use std::sync::Arc;

/// A connection that is over and waits for what others show.
enum Unjudged {
    Whole {
        record: Box<ConnectionRecord>,
        reading: Box<Reading>,
        bytes: usize,
    },
    /// An unanswered SYN, as it was left, and when its capture starts.
    LoneSyn(Over<SshReader>, Timestamp),
}

/// A judged connection.
pub enum Concluded {
    /// Judged by itself.
    Whole(Judged),
    /// It adopts the judgement of another one.
    LoneSyn(LoneSyn),
}

/// An unanswered SYN like others before.
pub struct LoneSyn {
    over: Over<SshReader>,
    start: Timestamp,
    alike: Arc<Judgement>,
    first_capture: u32,
}

impl LoneSyn {
    /// All that was seen of it; what is concluded, but for the packets that are named; the first of the captures that belong
    /// together with its own.
    pub fn parts(&self) -> Option<(Unanswered<'_>, &Arc<Judgement>, u32)> {
        Some((self.over.unanswered()?, &self.alike, self.first_capture))
    }

    /// The same, worked out.
    pub fn whole(self) -> Judged {
        let record = Box::new(ConnectionRecord::new(self.over.finish(), self.start));
        let judgement = Box::new(self.alike.adopted(record.first));
        Judged { record, judgement, first_capture: self.first_capture }
    }
}

impl Concluded {
    /// Worked out.
    pub fn whole(self) -> Judged {
        match self {
            Self::Whole(judged) => judged,
            Self::LoneSyn(lone) => lone.whole(),
        }
    }
}

/// What belongs together: the connections of one capture, or of the files of one capture. Other captures may show the same
/// private addresses and have nothing to do with them.
#[derive(Default)]
struct Group {
    /// Index of the first capture.
    first: u32,
    hosts: Hosts,
    lone_syns: LoneSyns,
    unjudged: VecDeque<Unjudged>,
    /// Memory of those that are whole, an estimate.
    bytes: usize,
}

impl Group {
    fn add(&mut self, over: Over<SshReader>, start: Timestamp, settings: &Settings) {
        if let Some(syn) = over.unanswered() {
            if settings.wants_unanswered(syn.ends()) {
                self.hosts.note_unanswered(&syn);
                self.unjudged.push_back(Unjudged::LoneSyn(over, start));
            }
            return;
        }
        let bytes = over.memory();
        let Some(record) = settings.wanted(ConnectionRecord::new(over.finish(), start)) else { return };
        let reading = Reading::of(&record);
        self.hosts.note(&record, &reading.marks, reading.login(&record));
        self.bytes += bytes;
        self.unjudged.push_back(Unjudged::Whole { record, reading: Box::new(reading), bytes });
    }

    /// What was taken for another capture is the same one.
    fn join(&mut self, after: Self) {
        self.hosts.join(after.hosts);
        self.unjudged.extend(after.unjudged);
        self.bytes += after.bytes;
    }

    /// Judges the oldest where more are left than `kept` are to be, many at a time if they are many: see [`JUDGED_AT_ONCE`].
    fn judge_beyond(&mut self, kept: usize, concluded: &mut VecDeque<Concluded>) {
        if self.unjudged.len() > kept || self.bytes > UNJUDGED_BYTES {
            let kept_bytes = UNJUDGED_BYTES - UNJUDGED_BYTES / UNJUDGED_RECORDS * JUDGED_AT_ONCE;
            self.judge_down_to(kept.saturating_sub(JUDGED_AT_ONCE), kept_bytes, concluded);
        }
    }

    /// Judges the oldest until no more than so many, and so many bytes, are left.
    fn judge_down_to(&mut self, kept: usize, kept_bytes: usize, concluded: &mut VecDeque<Concluded>) {
        while self.unjudged.len() > kept || self.bytes > kept_bytes {
            let Some(unjudged) = self.unjudged.pop_front() else { return };
            let (record, judgement) = match unjudged {
                Unjudged::Whole { record, reading, bytes } => {
                    self.bytes -= bytes;
                    let judgement = Box::new(judge(&record, *reading, &self.hosts));
                    (record, judgement)
                }
                Unjudged::LoneSyn(over, start) => match self.judge_lone(&over, start) {
                    Some(Alike::Known(alike)) => {
                        let first_capture = self.first;
                        concluded.push_back(Concluded::LoneSyn(LoneSyn { over, start, alike, first_capture }));
                        continue;
                    }
                    Some(Alike::New(record, judgement)) => (record, judgement),
                    None => continue,
                },
            };
            concluded.push_back(Concluded::Whole(Judged { record, judgement, first_capture: self.first }));
        }
    }

    /// The judgement of another one that it adopts, or its own; none of what is no lone SYN.
    fn judge_lone(&mut self, over: &Over<SshReader>, start: Timestamp) -> Option<Alike<Box<ConnectionRecord>>> {
        let syn = over.unanswered()?;
        let whole = || Box::new(ConnectionRecord::new(syn.finish(), start));
        Some(self.lone_syns.judge(&syn, &self.hosts, whole))
    }
}

impl Settings {
    /// On any port, only what turned out to be SSH counts.
    fn wanted(&self, record: ConnectionRecord) -> Option<Box<ConnectionRecord>> {
        let mut record = Box::new(record);
        record.infer_roles();
        (self.wants_unanswered((record.client, record.server)) || record.speaks_ssh()).then_some(record)
    }

    fn wants_unanswered(&self, (client, server): (Endpoint, Endpoint)) -> bool {
        !self.any_port || self.ports.contains(&server.port) || self.ports.contains(&client.port)
    }
}

/// Takes the events of an intake in their order, hands out judged connections.
pub struct Hindsight {
    settings: Settings,
    /// Connections kept unjudged.
    kept: usize,
    /// The captures read now, taken together.
    group: Group,
    /// The captures before, while it is open whether they and the current one are one: with the index of their last.
    before: Option<(u32, Group)>,
    concluded: VecDeque<Concluded>,
}

impl Hindsight {
    /// Begins with nothing seen.
    pub fn new(settings: Settings) -> Self {
        let kept = if settings.immediate { 0 } else { UNJUDGED_RECORDS };
        Self { settings, kept, group: Group::default(), before: None, concluded: VecDeque::new() }
    }

    /// Takes an event.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Over(over, start) => {
                self.add(over, start);
            }
            Event::Reference(address, ttl, time) => self.group.hosts.note_reference(address, ttl, time),
            Event::CaptureEnd(capture) => {
                self.judge_before();
                let next = Group { first: capture.saturating_add(1), ..Group::default() };
                self.before = Some((capture, std::mem::replace(&mut self.group, next)));
            }
            Event::Continued => {
                if let Some((_, before)) = self.before.take() {
                    let after = std::mem::replace(&mut self.group, before);
                    self.group.join(after);
                    self.group.judge_beyond(self.kept, &mut self.concluded);
                }
            }
            Event::Idle => self.group.judge_down_to(0, 0, &mut self.concluded),
            Event::End => {
                self.judge_before();
                self.group.judge_down_to(0, 0, &mut self.concluded);
            }
        }
    }

    /// The next judged connection.
    #[inline]
    pub fn poll(&mut self) -> Option<Concluded> {
        self.concluded.pop_front()
    }

    /// What would be concluded of a connection of the current capture that ended now.
    pub fn interim(&self, record: ConnectionRecord) -> Option<Judged> {
        let record = self.settings.wanted(record)?;
        let judgement = Box::new(judge(&record, Reading::of(&record), &self.group.hosts));
        Some(Judged { record, judgement, first_capture: self.group.first })
    }

    fn add(&mut self, over: Over<SshReader>, start: Timestamp) {
        let group = match &mut self.before {
            Some((last, before)) if over.first_capture() <= *last => before,
            _ => &mut self.group,
        };
        group.add(over, start, &self.settings);
        group.judge_beyond(self.kept, &mut self.concluded);
    }

    fn judge_before(&mut self) {
        if let Some((_, mut before)) = self.before.take() {
            before.judge_down_to(0, 0, &mut self.concluded);
        }
    }
}
