//! The whole core: packets in, judged connections out. No IO, no clock.

use crate::diagnose::{Judgement, LoneSyns, Reading, Words, judge};
use crate::limits::{REFERENCE_PACKETS, UNJUDGED_RECORDS};
use crate::packet::{CapturedPacket, Decoded, Decoder, Layer, Network, Watch};
use crate::record::{ConnectionRecord, Hosts, SshReader};
use crate::tcp::{FinishedConnection, OpenConnection, Stall, Tracker};
use crate::time::{Span, Timestamp};
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// TCP ports of SSH servers.
    pub ports: Vec<u16>,
    /// Find SSH on any port by its identification string.
    pub any_port: bool,
    /// Only connections of these addresses, if any are given.
    pub hosts: Vec<Network>,
    /// Judge each connection as soon as it is over, without waiting for what others show later (pipes, live capture).
    pub immediate: bool,
    /// How long a closed connection waits for stragglers before it is judged, where that is not to be as long as a file allows.
    pub linger: Option<Span>,
}

/// A connection and what is concluded of it.
#[derive(Debug)]
pub struct Judged {
    /// All that was seen.
    pub record: Box<ConnectionRecord>,
    /// What is concluded.
    pub judgement: Judgement,
    /// The first of the captures that belong together with the one it began in.
    pub first_capture: u32,
}

impl Judged {
    /// What is told of it beside the judgement.
    pub fn words(&self) -> Words {
        self.judgement.words(&self.record)
    }
}

/// A connection that is over and waits for what others show.
struct Unjudged {
    record: Box<ConnectionRecord>,
    reading: Reading,
}

/// What the analyzer saw besides connections.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// Packets taken.
    pub packets: u64,
    /// Packets that could not be decoded, by layer and reason.
    pub undecodable: Vec<(Layer, &'static str, u64)>,
    /// Connections judged early because a limit was reached.
    pub evicted: u64,
    /// ICMP errors and incomplete IP datagrams without a connection.
    pub untied: u64,
    /// Other traffic seen in the first packets, the most frequent first: what it is and how many packets.
    pub other_traffic: Vec<(String, u64)>,
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

    fn judge(&mut self, record: Box<ConnectionRecord>, reading: Reading) -> Judged {
        let judgement = self.lone_syns.judge(&record, reading, &self.hosts);
        Judged { record, judgement, first_capture: self.first }
    }

    /// Judges the oldest until no more than `kept` are left.
    fn judge_down_to(&mut self, kept: usize, judged: &mut VecDeque<Judged>) {
        while self.unjudged.len() > kept {
            let Some(Unjudged { record, reading }) = self.unjudged.pop_front() else { return };
            let done = self.judge(record, reading);
            judged.push_back(done);
        }
    }
}

/// Takes packets in the order of the capture, hands out judged connections.
pub struct Analyzer {
    settings: Settings,
    decoder: Decoder,
    tracker: Tracker<SshReader>,
    /// The captures read now, taken together.
    group: Group,
    /// The captures before, while it is open whether they and the current one are one: with the index of their last.
    before: Option<(u32, Group)>,
    judged: VecDeque<Judged>,
    /// Nothing more will come: what is left is judged as it is asked for.
    ending: bool,
    undecodable: BTreeMap<(Layer, &'static str), u64>,
    packets: u64,
    reference_packets: u64,
    other_traffic: BTreeMap<String, u64>,
    /// When each capture starts, by index.
    starts: Vec<Timestamp>,
    last_time: Timestamp,
}

/// Kinds of other traffic told apart.
const OTHER_TRAFFIC: usize = 256;

impl Analyzer {
    /// Begins with nothing seen.
    pub fn new(settings: Settings) -> Self {
        let mut tracker = Tracker::new(Watch::ports(&settings.ports));
        if let Some(linger) = settings.linger {
            tracker.set_linger(linger);
        }
        let watch = || if settings.any_port { Watch::any() } else { Watch::ports(&settings.ports) };
        Self {
            decoder: Decoder::new(watch()),
            tracker,
            settings,
            group: Group::default(),
            before: None,
            judged: VecDeque::new(),
            ending: false,
            undecodable: BTreeMap::new(),
            packets: 0,
            reference_packets: 0,
            other_traffic: BTreeMap::new(),
            starts: Vec::new(),
            last_time: Timestamp(i64::MIN),
        }
    }

    /// Takes one packet.
    pub fn push(&mut self, packet: &CapturedPacket<'_>) {
        self.packets += 1;
        self.note_time(packet);
        if self.before.is_some() {
            self.tracker.check_names(packet.id, packet.time);
        }
        match self.decoder.decode(packet) {
            Decoded::Segment(segment) => {
                if wanted(&self.settings.hosts, segment.source.address, segment.destination.address) {
                    self.tracker.push(&segment);
                    self.collect();
                }
            }
            Decoded::Icmp(error) => self.tracker.push_icmp(error),
            Decoded::Other => {
                if self.reference_packets < REFERENCE_PACKETS {
                    self.refer(packet);
                }
            }
            Decoded::Undecodable(why) => *self.undecodable.entry((why.layer, why.reason)).or_default() += 1,
        }
        while let Some(datagram) = self.decoder.incomplete() {
            self.tracker.push_incomplete(datagram);
        }
    }

    /// Time passes without packets (live capture): what is over by now is judged.
    pub fn advance(&mut self, now: Timestamp) {
        self.last_time = self.last_time.max(now);
        self.decoder.advance(now);
        while let Some(datagram) = self.decoder.incomplete() {
            self.tracker.push_incomplete(datagram);
        }
        self.tracker.advance(now);
        self.collect();
    }

    /// The connections in which one side repeats bytes without an answer.
    pub fn stalls(&self) -> Vec<(OpenConnection, Stall)> {
        self.tracker.stalls()
    }

    /// Up to so many connections under way, those with the newest packets first.
    pub fn open_list(&self, most: usize) -> Vec<OpenConnection> {
        self.tracker.open_connections(most)
    }

    /// What would be concluded of a connection under way if it ended now.
    pub fn interim(&self, open: &OpenConnection) -> Option<Judged> {
        let record = self.record(self.tracker.as_of_now(open.client, open.server)?)?;
        let judgement = judge(&record, Reading::of(&record), &self.group.hosts);
        Some(Judged { record, judgement, first_capture: self.group.first })
    }

    /// Nothing more is expected of a connection under way: it is judged as it is.
    pub fn give_up(&mut self, open: &OpenConnection) {
        self.tracker.give_up(open.client, open.server);
        self.collect();
    }

    fn note_time(&mut self, packet: &CapturedPacket<'_>) {
        self.last_time = self.last_time.max(packet.time);
        let capture = packet.id.capture() as usize;
        while self.starts.len() <= capture {
            self.starts.push(packet.time);
        }
    }

    /// Other traffic tells how far its sender is, and what a capture without SSH is about.
    fn refer(&mut self, packet: &CapturedPacket<'_>) {
        self.reference_packets += 1;
        if let Some((address, ttl)) = Decoder::reference(packet) {
            self.group.hosts.note_reference(address, ttl, packet.time);
        }
        if let Some(kind) = Decoder::kind(packet)
            && (self.other_traffic.len() < OTHER_TRAFFIC || self.other_traffic.contains_key(&kind))
        {
            *self.other_traffic.entry(kind).or_default() += 1;
        }
    }

    /// The capture with this index is read to its end and another follows. `continued`: the next one surely continues it
    /// (rotated files); otherwise a connection that goes on shows it.
    pub fn capture_end(&mut self, capture: u32, continued: bool) {
        self.end_fragments();
        self.tracker.capture_boundary(capture, self.last_time, continued);
        self.collect();
        self.judge_before();
        let next = Group { first: capture.saturating_add(1), ..Group::default() };
        self.before = Some((capture, std::mem::replace(&mut self.group, next)));
        self.last_time = Timestamp(i64::MIN);
    }

    /// Nothing more will come. What is left is then judged by [`Self::poll`], one after the other: a scan may have left a
    /// hundred thousand connections open, which must not all be held in full.
    pub fn finish(&mut self) {
        self.end_fragments();
        self.collect();
        self.tracker.finish(self.last_time);
        self.ending = true;
    }

    fn end_fragments(&mut self) {
        self.decoder.finish();
        while let Some(datagram) = self.decoder.incomplete() {
            self.tracker.push_incomplete(datagram);
        }
    }

    /// The next judged connection.
    #[inline]
    pub fn poll(&mut self) -> Option<Judged> {
        if self.ending && self.judged.is_empty() {
            self.judge_rest();
        }
        self.judged.pop_front()
    }

    /// Goes on until something is judged or nothing is left.
    fn judge_rest(&mut self) {
        while self.judged.is_empty() {
            if !self.take_finished() {
                self.judge_before();
                self.idle();
                self.ending = false;
                return;
            }
        }
    }

    /// Nothing is to be read at the moment: what waits only for hindsight is judged now.
    pub fn idle(&mut self) {
        self.judge_down_to(0);
    }

    fn collect(&mut self) {
        let open = self.tracker.boundary_is_open();
        while self.take_finished() {}
        if !open && let Some((_, before)) = self.before.take() {
            // A connection went on across the boundary: the captures are one.
            let after = std::mem::replace(&mut self.group, before);
            self.group.join(after);
        }
        self.judge_down_to(self.kept());
    }

    /// Takes one connection over that is no longer tracked; false if there is none.
    fn take_finished(&mut self) -> bool {
        let Some(finished) = self.tracker.poll() else { return false };
        let Some(record) = self.record(finished) else { return true };
        let kept = self.kept();
        match &mut self.before {
            Some((last, before)) if record.first.0.capture() <= *last => {
                before.add(record);
                before.judge_down_to(kept, &mut self.judged);
            }
            _ => {
                self.group.add(record);
                self.judge_down_to(kept);
            }
        }
        true
    }

    /// Connections kept unjudged.
    fn kept(&self) -> usize {
        if self.settings.immediate { 0 } else { UNJUDGED_RECORDS }
    }

    fn judge_before(&mut self) {
        if let Some((_, mut before)) = self.before.take() {
            before.judge_down_to(0, &mut self.judged);
        }
    }

    fn judge_down_to(&mut self, kept: usize) {
        self.group.judge_down_to(kept, &mut self.judged);
    }

    /// On any port, only what turned out to be SSH counts.
    fn record(&self, finished: FinishedConnection<SshReader>) -> Option<Box<ConnectionRecord>> {
        let start = self.starts.get(finished.first.0.capture() as usize).copied();
        let mut record = Box::new(ConnectionRecord::new(finished, start.unwrap_or_default()));
        record.infer_roles();
        let on_port = |port| self.settings.ports.contains(&port);
        let kept = !self.settings.any_port
            || on_port(record.server.port)
            || on_port(record.client.port)
            || record.speaks_ssh();
        kept.then_some(record)
    }

    /// Connections under way.
    pub fn open_connections(&self) -> usize {
        self.tracker.open()
    }

    /// What was seen besides connections.
    pub fn overview(&self) -> Overview {
        let stats = self.tracker.stats();
        let mut other_traffic: Vec<(String, u64)> =
            self.other_traffic.iter().map(|(kind, &n)| (kind.clone(), n)).collect();
        other_traffic.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Overview {
            packets: self.packets,
            undecodable: self.undecodable.iter().map(|(&(layer, reason), &count)| (layer, reason, count)).collect(),
            evicted: stats.evicted,
            untied: stats.untied,
            other_traffic,
        }
    }
}

fn wanted(hosts: &[Network], a: IpAddr, b: IpAddr) -> bool {
    hosts.is_empty() || hosts.iter().any(|host| host.contains(a) || host.contains(b))
}
