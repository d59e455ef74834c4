//! Connections that are over in, judged connections out: each waits until what others show of its ends is known too.

use super::{Event, Judged, Settings};
use crate::diagnose::{LoneSyns, Reading, judge};
use crate::limits::UNJUDGED_RECORDS;
use crate::record::{ConnectionRecord, Hosts};
use std::collections::VecDeque;

/// A connection that is over and waits for what others show.
struct Unjudged {
    record: Box<ConnectionRecord>,
    reading: Reading,
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
}

impl Group {
    fn add(&mut self, record: Box<ConnectionRecord>) {
        let reading = Reading::of(&record);
        self.hosts.note(&record, &reading.marks, reading.login(&record));
        self.unjudged.push_back(Unjudged { record, reading });
    }

    /// What was taken for another capture is the same one.
    fn join(&mut self, after: Self) {
        self.hosts.join(after.hosts);
        self.unjudged.extend(after.unjudged);
    }

    /// Judges the oldest until no more than `kept` are left.
    fn judge_down_to(&mut self, kept: usize, judged: &mut VecDeque<Judged>) {
        while self.unjudged.len() > kept {
            let Some(Unjudged { record, reading }) = self.unjudged.pop_front() else { return };
            let judgement = self.lone_syns.judge(&record, reading, &self.hosts);
            judged.push_back(Judged { record, judgement, first_capture: self.first });
        }
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
    judged: VecDeque<Judged>,
}

impl Hindsight {
    /// Begins with nothing seen.
    pub fn new(settings: Settings) -> Self {
        let kept = if settings.immediate { 0 } else { UNJUDGED_RECORDS };
        Self { settings, kept, group: Group::default(), before: None, judged: VecDeque::new() }
    }

    /// Takes an event.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Over(over, start) => {
                if let Some(record) = self.record(ConnectionRecord::new(over.finish(), start)) {
                    self.add(record);
                }
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
                    self.group.judge_down_to(self.kept, &mut self.judged);
                }
            }
            Event::Idle => self.group.judge_down_to(0, &mut self.judged),
            Event::End => {
                self.judge_before();
                self.group.judge_down_to(0, &mut self.judged);
            }
        }
    }

    /// The next judged connection.
    #[inline]
    pub fn poll(&mut self) -> Option<Judged> {
        self.judged.pop_front()
    }

    /// What would be concluded of a connection of the current capture that ended now.
    pub fn interim(&self, record: ConnectionRecord) -> Option<Judged> {
        let record = self.record(record)?;
        let judgement = judge(&record, Reading::of(&record), &self.group.hosts);
        Some(Judged { record, judgement, first_capture: self.group.first })
    }

    /// On any port, only what turned out to be SSH counts.
    fn record(&self, record: ConnectionRecord) -> Option<Box<ConnectionRecord>> {
        let mut record = Box::new(record);
        record.infer_roles();
        let on_port = |port| self.settings.ports.contains(&port);
        let kept = !self.settings.any_port
            || on_port(record.server.port)
            || on_port(record.client.port)
            || record.speaks_ssh();
        kept.then_some(record)
    }

    fn add(&mut self, record: Box<ConnectionRecord>) {
        let group = match &mut self.before {
            Some((last, before)) if record.first.0.capture() <= *last => before,
            _ => &mut self.group,
        };
        group.add(record);
        group.judge_down_to(self.kept, &mut self.judged);
    }

    fn judge_before(&mut self) {
        if let Some((_, mut before)) = self.before.take() {
            before.judge_down_to(0, &mut self.judged);
        }
    }
}
