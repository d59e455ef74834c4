//! Packets in, the connections that are over out, with what else their judgement needs, in the order in which it was seen.

use super::{Overview, Settings};
use crate::limits::REFERENCE_PACKETS;
use crate::packet::{CapturedPacket, Decoded, Decoder, Layer, Network, Watch};
use crate::record::{ConnectionRecord, SshReader};
use crate::tcp::{OpenConnection, Over, Stall, Tracker};
use crate::time::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

/// What the intake hands on. The order is part of what it says.
pub enum Event {
    /// A connection is over; its capture starts at this time.
    Over(Over<SshReader>, Timestamp),
    /// A packet of other traffic: its source, its TTL, its time.
    Reference(IpAddr, u8, Timestamp),
    /// The capture with this index is read to its end and another follows.
    CaptureEnd(u32),
    /// A connection went on across the last end of a capture: both are one.
    Continued,
    /// Nothing is to be read at the moment.
    Idle,
    /// Nothing more will come.
    End,
}

impl Event {
    /// Memory that it holds, in bytes, about.
    pub fn memory(&self) -> usize {
        match self {
            Self::Over(over, _) => over.memory(),
            _ => 0,
        }
    }
}

/// Takes packets in the order of the capture.
pub struct Intake {
    settings: Settings,
    decoder: Decoder,
    tracker: Tracker<SshReader>,
    events: VecDeque<Event>,
    /// It is open whether the current capture continues the one before.
    at_boundary: bool,
    /// Nothing more will come: what is left is handed out as it is asked for.
    ending: bool,
    undecodable: BTreeMap<(Layer, &'static str), u64>,
    packets: u64,
    reference_packets: u64,
    other_traffic: BTreeMap<String, u64>,
    /// When each capture starts, by index.
    starts: Vec<Timestamp>,
    last_time: Timestamp,
    /// How often the clock was set back: [`Self::last_time`] then goes back, too.
    clock_steps: u64,
}

/// Kinds of other traffic told apart.
const OTHER_TRAFFIC: usize = 256;

impl Intake {
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
            events: VecDeque::new(),
            at_boundary: false,
            ending: false,
            undecodable: BTreeMap::new(),
            packets: 0,
            reference_packets: 0,
            other_traffic: BTreeMap::new(),
            starts: Vec::new(),
            last_time: Timestamp(i64::MIN),
            clock_steps: 0,
        }
    }

    /// Takes one packet.
    #[inline]
    pub fn push(&mut self, packet: &CapturedPacket<'_>) {
        self.packets += 1;
        self.note_time(packet);
        if self.at_boundary {
            self.tracker.check_names(packet.id, packet.time);
        }
        match &self.decoder.decode(packet) {
            Decoded::Segment(segment) => {
                if wanted(&self.settings.hosts, segment.source.address, segment.destination.address) {
                    self.tracker.push(segment);
                    if self.tracker.stats().clock_steps != self.clock_steps {
                        self.clock_steps = self.tracker.stats().clock_steps;
                        self.last_time = packet.time;
                    }
                    if self.at_boundary || self.tracker.has_over() {
                        self.collect();
                    }
                }
            }
            Decoded::Icmp(error) => self.tracker.push_icmp(*error),
            Decoded::Other => {
                if self.reference_packets < REFERENCE_PACKETS {
                    self.refer(packet);
                }
            }
            Decoded::Undecodable(why) => *self.undecodable.entry((why.layer, why.reason)).or_default() += 1,
        }
        self.tie_incomplete();
    }

    /// Time passes without packets (live capture): what is over by now is handed out.
    pub fn advance(&mut self, now: Timestamp) {
        self.last_time = self.last_time.max(now);
        self.decoder.advance(now);
        self.tie_incomplete();
        self.tracker.advance(now);
        self.collect();
    }

    /// Nothing is to be read at the moment.
    pub fn idle(&mut self) {
        self.events.push_back(Event::Idle);
    }

    /// The capture with this index is read to its end and another follows. `continued`: the next one surely continues it
    /// (rotated files); otherwise a connection that goes on shows it.
    pub fn capture_end(&mut self, capture: u32, continued: bool) {
        self.end_fragments();
        self.tracker.capture_boundary(capture, self.last_time, continued);
        self.at_boundary = true;
        self.collect();
        self.events.push_back(Event::CaptureEnd(capture));
        self.last_time = Timestamp(i64::MIN);
    }

    /// Nothing more will come. What is left is then handed out by [`Self::poll`], one after the other: a scan may have left a
    /// hundred thousand connections open, which must not all be held in full.
    pub fn finish(&mut self) {
        self.end_fragments();
        self.collect();
        self.tracker.finish(self.last_time);
        self.ending = true;
    }

    /// Whether [`Self::poll`] has any event.
    #[inline]
    pub fn has_event(&self) -> bool {
        self.ending || !self.events.is_empty()
    }

    /// The next event; none while packets are needed first, and behind [`Event::End`].
    #[inline]
    pub fn poll(&mut self) -> Option<Event> {
        match self.events.pop_front() {
            None if self.ending => Some(self.what_is_left()),
            event => event,
        }
    }

    fn what_is_left(&mut self) -> Event {
        match self.tracker.next_over() {
            Some(over) => self.over(over),
            None => {
                self.ending = false;
                Event::End
            }
        }
    }

    /// The connections in which one side repeats bytes without an answer.
    pub fn stalls(&self) -> Vec<(OpenConnection, Stall)> {
        self.tracker.stalls()
    }

    /// Up to so many connections under way, those with the newest packets first.
    pub fn open_list(&self, most: usize) -> Vec<OpenConnection> {
        self.tracker.open_connections(most)
    }

    /// A connection under way as if it ended now.
    pub fn as_of_now(&self, open: &OpenConnection) -> Option<ConnectionRecord> {
        let finished = self.tracker.as_of_now(open.client, open.server)?;
        let start = self.start(finished.first.0.capture());
        Some(ConnectionRecord::new(finished, start))
    }

    /// Nothing more is expected of a connection under way: it is over.
    pub fn give_up(&mut self, open: &OpenConnection) {
        self.tracker.give_up(open.client, open.server);
        self.collect();
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
            clock_steps: self.tracker.clock_steps().to_vec(),
            other_traffic,
        }
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
            self.events.push_back(Event::Reference(address, ttl, packet.time));
        }
        if let Some(kind) = Decoder::kind(packet)
            && (self.other_traffic.len() < OTHER_TRAFFIC || self.other_traffic.contains_key(&kind))
        {
            *self.other_traffic.entry(kind).or_default() += 1;
        }
    }

    fn end_fragments(&mut self) {
        self.decoder.finish();
        self.tie_incomplete();
    }

    #[inline]
    fn tie_incomplete(&mut self) {
        while let Some(datagram) = self.decoder.incomplete() {
            self.tracker.push_incomplete(datagram);
        }
    }

    fn collect(&mut self) {
        let open = self.tracker.boundary_is_open();
        while let Some(over) = self.tracker.next_over() {
            let event = self.over(over);
            self.events.push_back(event);
        }
        if self.at_boundary && !open {
            self.at_boundary = false;
            self.events.push_back(Event::Continued);
        }
    }

    fn over(&self, over: Over<SshReader>) -> Event {
        let start = self.start(over.first_capture());
        Event::Over(over, start)
    }

    fn start(&self, capture: u32) -> Timestamp {
        self.starts.get(capture as usize).copied().unwrap_or_default()
    }
}

fn wanted(hosts: &[Network], a: IpAddr, b: IpAddr) -> bool {
    hosts.is_empty() || hosts.iter().any(|host| host.contains(a) || host.contains(b))
}
