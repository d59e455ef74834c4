//! Sorts segments to their connections; ends connections by close, idle time, reuse, limits and the end of the capture.

#[cfg(test)]
mod tests;

use super::connection::{Connection, Stall, Standing};
use super::entry::{Entry, OpenConnection, Over};
use super::evicted::Evicted;
use super::facts::{FinishReason, FinishedConnection};
use super::half_open::HalfOpen;
use super::stream::Reader;
use super::table::{Key, Table};
use crate::limits::{CONNECTION_BYTES, CONNECTIONS, UNTIED_EVENTS};
use crate::packet::{Endpoint, IcmpError, IncompleteDatagram, PacketId, Segment, Watch};
use crate::time::{Span, Timestamp};
use std::collections::VecDeque;

/// A closed connection waits this long for stragglers (late data that draws a reset, a repeated FIN).
const CLOSED_LINGER: Span = Span::from_secs(60);
/// An unanswered SYN is given up after this: Linux repeats it for up to 131 s (`tcp_syn_retries`), Windows and BSD less.
const HALF_OPEN_IDLE: Span = Span::from_secs(180);

/// What a tracker did besides the connections it hands out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrackerStats {
    /// Connections judged early because a limit was reached.
    pub evicted: u64,
    /// ICMP errors and incomplete datagrams for which no connection was found.
    pub untied: u64,
    /// Packets that showed that the clock was set back.
    pub clock_steps: u64,
}

type Entries<R> = std::vec::IntoIter<(Key, Entry<R>)>;

/// Sorts segments to connections.
pub struct Tracker<R> {
    table: Table<Entry<R>>,
    watch: Watch,
    memory: usize,
    numbers: u64,
    now: Timestamp,
    /// Until then nothing is over by its age.
    due: Timestamp,
    over: VecDeque<Over<R>>,
    /// What the ends of captures left over, each with its time; handed out one by one as they are asked for.
    left: VecDeque<(Timestamp, Entries<R>)>,
    untied_icmp: VecDeque<IcmpError>,
    untied_fragments: VecDeque<IncompleteDatagram>,
    stats: TrackerStats,
    /// The first packet of each capture that showed that the clock was set back, and by how much.
    clock_steps: Vec<(PacketId, Span)>,
    evicted: Evicted,
    /// How long a closed connection waits for stragglers.
    linger: Span,
    /// Time at which the capture before the current one ended, while it is open whether this one continues it.
    boundary: Option<Boundary>,
}

#[derive(Clone, Copy)]
struct Boundary {
    capture: u32,
    end: Timestamp,
    /// The names of the files say that the next one continues it; their times have the last word.
    by_name: bool,
}

/// Rotated files may overlap by what was buffered while one was closed and the next opened.
const ROTATION_OVERLAP: Span = Span::from_secs(1);

impl<R: Reader> Tracker<R> {
    /// `watch` has the ports that tell a server where no SYN was seen.
    pub fn new(watch: Watch) -> Self {
        Self {
            table: Table::default(),
            watch,
            memory: 0,
            numbers: 0,
            now: Timestamp(i64::MIN),
            due: Timestamp(i64::MIN),
            over: VecDeque::new(),
            left: VecDeque::new(),
            untied_icmp: VecDeque::new(),
            untied_fragments: VecDeque::new(),
            stats: TrackerStats::default(),
            clock_steps: Vec::new(),
            evicted: Evicted::default(),
            linger: CLOSED_LINGER,
            boundary: None,
        }
    }

    /// Closed connections are handed out after this silence. What still comes of them later is left out, as it is for those
    /// judged early: it would look like connections without a beginning.
    pub fn set_linger(&mut self, linger: Span) {
        self.linger = linger;
        self.due = Timestamp(i64::MIN);
    }

    /// The first packet of each capture that showed that the clock was set back, and by how much.
    pub fn clock_steps(&self) -> &[(PacketId, Span)] {
        &self.clock_steps
    }

    /// Time passes without packets: what is over by now is handed out.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        self.expire();
    }

    /// Takes one segment.
    pub fn push(&mut self, segment: &Segment<'_>) {
        self.now = self.now.max(segment.time);
        let key = Key::new(segment.source, segment.destination);
        match self.table.find(key) {
            Some(at) => self.push_known(key, at, segment),
            // The rest of a connection that was judged early: it would look like one without a beginning.
            None if (segment.flags.ack() || !segment.flags.syn()) && self.evicted.holds(key) => {}
            None => self.push_unknown(key, segment),
        }
        self.expire();
    }

    fn push_known(&mut self, key: Key, at: u32, segment: &Segment<'_>) {
        let reused = match self.table.get_mut(at) {
            Some(Entry::HalfOpen(half)) => half.is_reused_by(segment),
            Some(Entry::Full(connection)) => connection.is_reused_by(segment),
            None => false,
        };
        if reused || self.boundary_parts(at, segment) {
            self.let_go(at, FinishReason::PortReused);
            self.push_unknown(key, segment);
            return;
        }
        self.join_captures(at, segment);
        if let Some(Entry::HalfOpen(_)) = self.table.get_mut(at) {
            self.open_fully(key, at);
        }
        let Some(Entry::Full(connection)) = self.table.get_mut(at) else { return };
        let before = connection.counted();
        let back = connection.note_clock_step(segment);
        match connection.clock() {
            Span(0) => connection.push(segment),
            clock => connection.push(&Segment { time: segment.time + clock, ..*segment }),
        }
        let (after, standing) = (connection.memory(), connection.standing());
        self.memory = self.memory + after - before;
        self.table.touch(at, standing, self.now);
        if let Some(back) = back {
            self.set_back(segment, back);
        }
    }

    /// The clock was set back: time goes on from this segment, so that what comes now is not watched for longer than it was.
    #[cold]
    fn set_back(&mut self, segment: &Segment<'_>, back: Span) {
        self.stats.clock_steps += 1;
        if self.clock_steps.last().is_none_or(|(packet, _)| packet.capture() < segment.packet.capture()) {
            self.clock_steps.push((segment.packet, back));
        }
        (self.now, self.due) = (segment.time, Timestamp(i64::MIN));
    }

    fn push_unknown(&mut self, key: Key, segment: &Segment<'_>) {
        let number = self.numbers;
        self.numbers += 1;
        if let Some(half) = HalfOpen::of(number, segment) {
            self.memory += size_of::<HalfOpen>();
            self.table.insert(key, Entry::HalfOpen(Box::new(half)), Standing::HalfOpen, self.now);
            return;
        }
        let mut connection = Connection::new(number, segment, self.source_is_client(segment), segment.flags.syn());
        connection.push(segment);
        self.memory += connection.memory();
        let standing = connection.standing();
        self.table.insert(key, Entry::Full(Box::new(connection)), standing, self.now);
    }

    /// Who opened a connection: shown by SYN or SYN+ACK, else the end on a watched port is the server, else the lower port.
    fn source_is_client(&self, segment: &Segment<'_>) -> bool {
        if segment.flags.syn() {
            return !segment.flags.ack();
        }
        let known = |end: Endpoint| self.watch.wants(end.port, end.port) && !self.watch.is_any();
        match (known(segment.source), known(segment.destination)) {
            (false, true) => true,
            (true, false) => false,
            _ => segment.source.port >= segment.destination.port,
        }
    }

    fn open_fully(&mut self, key: Key, at: u32) {
        let Some(entry) = self.table.get_mut(at) else { return };
        let Entry::HalfOpen(half) = entry else { return };
        let mut connection = half.open(key);
        self.memory = self.memory + connection.memory() - size_of::<HalfOpen>();
        *entry = Entry::Full(Box::new(connection));
    }

    /// Takes an ICMP error; it is tied to the connection whose segment it quotes, also if that one shows up later.
    pub fn push_icmp(&mut self, error: IcmpError) {
        self.now = self.now.max(error.time);
        if !self.tie_icmp(error) {
            keep_bounded(&mut self.untied_icmp, error, &mut self.stats.untied);
        }
    }

    fn tie_icmp(&mut self, error: IcmpError) -> bool {
        let key = Key::new(error.quoted.source, error.quoted.destination);
        let Some(at) = self.table.find(key) else { return false };
        self.open_fully(key, at);
        let Some(Entry::Full(connection)) = self.table.get_mut(at) else { return false };
        let before = connection.counted();
        connection.push_icmp(IcmpError { time: error.time + connection.clock(), ..error });
        self.memory = self.memory + connection.memory() - before;
        true
    }

    /// Takes an IP datagram that never became complete.
    pub fn push_incomplete(&mut self, datagram: IncompleteDatagram) {
        if !self.tie_incomplete(datagram) {
            keep_bounded(&mut self.untied_fragments, datagram, &mut self.stats.untied);
        }
    }

    fn tie_incomplete(&mut self, datagram: IncompleteDatagram) -> bool {
        let Some((source, destination, _)) = datagram.tcp else { return false };
        let ends = (
            Endpoint { address: datagram.source, port: source },
            Endpoint { address: datagram.destination, port: destination },
        );
        let key = Key::new(ends.0, ends.1);
        let Some(at) = self.table.find(key) else { return false };
        self.open_fully(key, at);
        let Some(Entry::Full(connection)) = self.table.get_mut(at) else { return false };
        let before = connection.counted();
        connection.push_incomplete(datagram);
        self.memory = self.memory + connection.memory() - before;
        true
    }

    /// The capture with this index has ended at `end` and another one follows, which may or may not continue it.
    /// Connections still open go on if a segment of the next capture continues one of them (or `continued` is known from
    /// the names of the files); otherwise they are judged as of `end`.
    pub fn capture_boundary(&mut self, capture: u32, end: Timestamp, continued: bool) {
        self.settle_boundary();
        self.boundary = Some(Boundary { capture, end, by_name: continued });
        (self.now, self.due) = (Timestamp(i64::MIN), Timestamp(i64::MIN));
    }

    /// The first packet of the next file, whatever it holds, settles what the names of the files said.
    pub fn check_names(&mut self, packet: PacketId, time: Timestamp) {
        let Some(boundary) = &mut self.boundary else { return };
        if !boundary.by_name || packet.capture() <= boundary.capture {
            return;
        }
        if time >= boundary.end - ROTATION_OVERLAP {
            self.boundary = None;
        } else {
            boundary.by_name = false;
        }
    }

    /// The next capture does not continue the last one: what is open there is judged.
    pub fn settle_boundary(&mut self) {
        let Some(boundary) = self.boundary.take() else { return };
        let old = |(_, entry): &(Key, Entry<R>)| entry.last_packet().capture() <= boundary.capture;
        let (open, kept) = self.table.drain().into_iter().partition(old);
        self.leave(open, boundary.end);
        self.memory = 0;
        for (key, entry) in kept {
            self.memory += entry.memory();
            let standing = entry.standing();
            self.table.insert(key, entry, standing, self.now);
        }
    }

    /// Whether a segment of a new capture belongs to another connection than the one left open by the last capture.
    fn boundary_parts(&mut self, at: u32, segment: &Segment<'_>) -> bool {
        let Some(boundary) = self.boundary else { return false };
        let (last, continues) = match self.table.get_mut(at) {
            Some(Entry::HalfOpen(half)) => (half.packet(), !half.was_captured(segment)),
            Some(Entry::Full(connection)) => {
                (connection.last_packet(), connection.continues_with(segment) && !connection.was_captured(segment))
            }
            None => return false,
        };
        // Captures that overlap in time, or have the same packets, are two taps, not two parts.
        let later = segment.time >= boundary.end;
        last.capture() <= boundary.capture && !(continues && later)
    }

    /// A connection of the last capture goes on in this one: they are one capture in time order.
    fn join_captures(&mut self, at: u32, segment: &Segment<'_>) {
        let Some(boundary) = self.boundary else { return };
        let last = match self.table.get_mut(at) {
            Some(Entry::HalfOpen(half)) => half.packet(),
            Some(Entry::Full(connection)) => connection.last_packet(),
            None => return,
        };
        if last.capture() <= boundary.capture && segment.packet.capture() > boundary.capture {
            self.boundary = None;
        }
    }

    #[inline]
    fn expire(&mut self) {
        if self.now > self.due {
            self.expire_by_age();
        }
        if self.table.len() > CONNECTIONS || self.memory > CONNECTION_BYTES {
            self.evict();
        }
    }

    fn expire_by_age(&mut self) {
        self.due = self.now + self.linger.min(HALF_OPEN_IDLE);
        for (standing, idle) in [(Standing::Closed, self.linger), (Standing::HalfOpen, HALF_OPEN_IDLE)] {
            while let Some(at) = self.table.oldest(standing) {
                let last = self.table.touched(at).unwrap_or(self.now);
                if self.now - last <= idle {
                    self.due = self.due.min(last + idle);
                    break;
                }
                let reason = if standing == Standing::Closed { FinishReason::Closed } else { FinishReason::Idle };
                self.let_go(at, reason);
            }
        }
    }

    fn evict(&mut self) {
        while self.table.len() > CONNECTIONS || self.memory > CONNECTION_BYTES {
            let least = [Standing::Closed, Standing::HalfOpen, Standing::Open];
            let Some((standing, at)) = least.iter().find_map(|&s| self.table.least_used(s).map(|at| (s, at))) else {
                break;
            };
            if standing == Standing::Closed {
                self.let_go(at, FinishReason::Closed);
            } else {
                self.stats.evicted += 1;
                self.let_go(at, FinishReason::Evicted);
            }
        }
    }

    fn let_go(&mut self, at: u32, reason: FinishReason) {
        let touched = self.table.touched(at).unwrap_or(self.now);
        let Some((key, entry)) = self.table.remove(at) else { return };
        self.memory = self.memory.saturating_sub(entry.memory());
        let early = reason == FinishReason::Closed && self.now - touched <= CLOSED_LINGER;
        if reason == FinishReason::Evicted || early {
            self.evicted.note(key);
        }
        let observed_until = match self.boundary {
            Some(boundary) if entry.last_packet().capture() <= boundary.capture => boundary.end,
            _ => self.now + entry.clock(),
        };
        self.over.push_back(Over { key, entry, reason, observed_until });
    }

    /// Whether [`Self::next_over`] has any.
    #[inline]
    pub fn has_over(&self) -> bool {
        !self.over.is_empty() || !self.left.is_empty()
    }

    /// The next connection that is over.
    pub fn poll(&mut self) -> Option<FinishedConnection<R>> {
        self.next_over().map(Over::finish)
    }

    /// The same, as it was left: what is to be known of it can be worked out elsewhere.
    pub fn next_over(&mut self) -> Option<Over<R>> {
        self.over.pop_front().or_else(|| self.next_left())
    }

    fn next_left(&mut self) -> Option<Over<R>> {
        loop {
            let (observed_until, of_capture) = self.left.front_mut()?;
            if let Some((key, entry)) = of_capture.next() {
                let closed = entry.standing() == Standing::Closed;
                let reason = if closed { FinishReason::Closed } else { FinishReason::EndOfCapture };
                let observed_until = *observed_until + entry.clock();
                return Some(Over { key, entry, reason, observed_until });
            }
            self.left.pop_front();
        }
    }

    /// The capture is over at `end`: everything left is then handed out, in the order of first packets.
    pub fn finish(&mut self, end: Timestamp) {
        self.settle_boundary();
        for error in std::mem::take(&mut self.untied_icmp) {
            if !self.tie_icmp(error) {
                self.stats.untied += 1;
            }
        }
        for datagram in std::mem::take(&mut self.untied_fragments) {
            if !self.tie_incomplete(datagram) {
                self.stats.untied += 1;
            }
        }
        let open = self.table.drain();
        self.memory = 0;
        self.leave(open, end);
    }

    fn leave(&mut self, mut open: Vec<(Key, Entry<R>)>, end: Timestamp) {
        open.sort_by_key(|(_, entry)| entry.number());
        self.left.push_back((end, open.into_iter()));
    }

    /// It is still open whether the current capture continues the last one.
    pub fn boundary_is_open(&self) -> bool {
        self.boundary.is_some()
    }

    /// Up to so many of the connections that are not over, those with the newest packets first: answered ones, then others.
    pub fn open_connections(&self, most: usize) -> Vec<OpenConnection> {
        let mut all = Vec::new();
        for standing in [Standing::Open, Standing::HalfOpen] {
            let mut of_it: Vec<_> = self.table.newest(standing).map(|(key, entry)| entry.outline(key)).collect();
            of_it.sort_by_key(|open| std::cmp::Reverse((open.last, open.number)));
            all.append(&mut of_it);
        }
        all.truncate(most);
        all
    }

    /// The connections in which one side repeats bytes without an answer.
    pub fn stalls(&self) -> Vec<(OpenConnection, Stall)> {
        let all = [Standing::Open, Standing::HalfOpen].into_iter().flat_map(|standing| self.table.newest(standing));
        let stalled = |(key, entry): (Key, &Entry<R>)| match entry {
            Entry::Full(connection) => Some((entry.outline(key), connection.stall()?)),
            Entry::HalfOpen(_) => None,
        };
        all.filter_map(stalled).collect()
    }

    /// A connection as if it were over now: to judge it while it lasts.
    pub fn as_of_now(&self, client: Endpoint, server: Endpoint) -> Option<FinishedConnection<R>> {
        let key = Key::new(client, server);
        let connection = match self.table.get(self.table.find(key)?)? {
            Entry::HalfOpen(half) => half.open(key),
            Entry::Full(connection) => (**connection).clone(),
        };
        let observed_until = self.now + connection.clock();
        Some(connection.finish(FinishReason::EndOfCapture, observed_until))
    }

    /// Hands out a connection that nothing more is expected of.
    pub fn give_up(&mut self, client: Endpoint, server: Endpoint) {
        if let Some(at) = self.table.find(Key::new(client, server)) {
            self.let_go(at, FinishReason::Idle);
        }
    }

    /// Counts beside the connections.
    pub fn stats(&self) -> TrackerStats {
        self.stats
    }

    /// Connections under way.
    pub fn open(&self) -> usize {
        self.table.len()
    }
}

fn keep_bounded<T>(queue: &mut VecDeque<T>, item: T, dropped: &mut u64) {
    if queue.len() >= UNTIED_EVENTS {
        queue.pop_front();
        *dropped += 1;
    }
    queue.push_back(item);
}
