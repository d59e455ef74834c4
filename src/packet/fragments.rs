//! Reassembly of IP fragments (RFC 791 §3.2, RFC 8200 §4.5), bounded in datagrams, bytes and pieces.

use super::descent::{Below, Found, Trail, descend};
use super::ip::Fragment;
use super::pieces::{Fit, Pieces};
use super::{CapturedPacket, IncompleteDatagram, Octets, ip};
use crate::limits;
use crate::time::{Span, Timestamp};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;

/// How long a datagram waits for the rest: Linux's `ipfrag_time`, within the 60 to 120 s that RFC 1122 §3.3.2 asks for at most.
const LIFETIME: Span = Span::from_secs(30);

/// How long more fragments of a finished datagram are taken for copies of it (a capture of several interfaces) and not for a
/// new datagram of the same identification.
const FINISHED: Span = Span::from_secs(1);

/// What names a datagram; the addresses tell the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    protocol: u8,
}

/// What the first fragment shows of the whole.
#[derive(Debug, Clone, Copy)]
pub(super) enum Preview {
    /// A TCP segment of interest, perhaps inside a tunnel: its innermost addresses, ports and sequence number.
    Segment(IpAddr, IpAddr, (u16, u16, u32)),
    /// Nothing of interest.
    Unwanted,
    /// Cannot be told.
    Unclear,
}

/// A datagram that waits for more.
#[derive(Debug)]
struct Datagram {
    /// As it would be reported if the rest never came.
    report: IncompleteDatagram,
    /// What was passed on the way to the first fragment.
    trail: Option<Trail>,
    /// Whether it is known to hold TCP of interest, or may.
    reportable: bool,
    pieces: Pieces,
}

/// A datagram that is complete.
#[derive(Debug)]
pub(super) struct Whole {
    protocol: u8,
    trail: Trail,
    length: usize,
    /// Payload up to the first byte that was not captured.
    captured: Vec<u8>,
}

impl Whole {
    /// Goes on down where the first fragment stopped.
    pub(super) fn descend(&self) -> (Found<'_>, Trail) {
        let mut trail = self.trail;
        let octets = Octets::new(&self.captured, self.length);
        (descend(Below::Protocol(self.protocol), octets, &mut trail), trail)
    }
}

/// Counts of reassembly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FragmentCounts {
    /// Fragments seen that might have held TCP.
    pub fragments: u64,
    /// Datagrams put together.
    pub reassembled: u64,
    /// Datagrams given up by age or at the end of the capture.
    pub incomplete: u64,
    /// Datagrams given up early because a limit of `limits.rs` was reached.
    pub evicted: u64,
    /// Incomplete datagrams forgotten because nobody asked for them.
    pub unreported: u64,
}

/// All datagrams under reassembly.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    waiting: Aged<Datagram>,
    /// Complete, unwanted or given up, and since when.
    finished: Aged<()>,
    /// Cost of all pieces.
    bytes: usize,
    incomplete: VecDeque<IncompleteDatagram>,
    counts: FragmentCounts,
}

impl Fragments {
    pub(super) fn counts(&self) -> FragmentCounts {
        self.counts
    }

    /// The next datagram that was given up.
    pub(super) fn incomplete(&mut self) -> Option<IncompleteDatagram> {
        self.incomplete.pop_front()
    }

    #[inline]
    pub(super) fn any_waits(&self) -> bool {
        self.waiting.len() > 0
    }

    /// Gives up what has waited too long.
    pub(super) fn expire(&mut self, now: Timestamp) {
        while self.waiting.oldest().is_some_and(|since| distance(now, since) >= LIFETIME) {
            self.give_up_oldest();
        }
    }

    /// Gives up everything: the capture ends.
    pub(super) fn finish(&mut self) {
        while self.waiting.oldest().is_some() {
            self.give_up_oldest();
        }
    }

    fn give_up_oldest(&mut self) {
        if let Some((_, datagram)) = self.waiting.pop() {
            self.counts.incomplete = self.counts.incomplete.saturating_add(1);
            self.release(&datagram);
            self.report(&datagram);
        }
    }

    fn evict_oldest(&mut self) {
        if let Some((_, datagram)) = self.waiting.pop() {
            self.counts.evicted = self.counts.evicted.saturating_add(1);
            self.release(&datagram);
            self.report(&datagram);
        }
    }

    fn release(&mut self, datagram: &Datagram) {
        self.bytes = self.bytes.saturating_sub(datagram.pieces.cost());
    }

    fn report(&mut self, datagram: &Datagram) {
        if !datagram.reportable {
            return;
        }
        // One call of decode can give up all that wait; beyond twice as many nobody is listening.
        if self.incomplete.len() >= 2 * limits::FRAGMENTED_DATAGRAMS {
            self.incomplete.pop_front();
            self.counts.unreported = self.counts.unreported.saturating_add(1);
        }
        self.incomplete.push_back(datagram.report);
    }

    /// Takes a fragment; gives the datagram that it completes. `preview` is asked of the first fragment only.
    pub(super) fn add(
        &mut self,
        packet: &CapturedPacket<'_>,
        trail: &Trail,
        fragment: &Fragment<'_>,
        preview: Preview,
    ) -> Option<Whole> {
        let header = trail.ip?;
        self.counts.fragments = self.counts.fragments.saturating_add(1);
        let (identification, protocol) = (fragment.identification, fragment.protocol);
        let key = Key { source: header.source, destination: header.destination, identification, protocol };
        if self.is_finished(&key, packet.time) {
            return None;
        }
        if matches!(preview, Preview::Unwanted) {
            self.forget(&key, packet.time);
            return None;
        }
        self.make_room(&key, fragment.octets.captured().len());
        let datagram = self.waiting.get_or_insert(key, packet.time, || Datagram::new(packet, &key));
        let cost_before = datagram.pieces.cost();
        let fit = datagram.take(trail, fragment, preview);
        self.bytes = self.bytes.saturating_add(datagram.pieces.cost()).saturating_sub(cost_before);
        match fit {
            Fit::Partial => None,
            Fit::TooMany => {
                let datagram = self.forget(&key, packet.time)?;
                self.counts.evicted = self.counts.evicted.saturating_add(1);
                self.report(&datagram);
                None
            }
            Fit::Complete => {
                let datagram = self.forget(&key, packet.time)?;
                self.counts.reassembled = self.counts.reassembled.saturating_add(1);
                let (length, captured) = datagram.pieces.join();
                let mut trail = datagram.trail?;
                trail.reassembled = true;
                Some(Whole { protocol, trail, length, captured })
            }
        }
    }

    fn is_finished(&mut self, key: &Key, now: Timestamp) -> bool {
        let Some(since) = self.finished.since(key) else { return false };
        if distance(now, since) < FINISHED {
            return true;
        }
        self.finished.remove(key);
        false
    }

    /// No longer waits for a datagram, and takes no more of its fragments for a while.
    fn forget(&mut self, key: &Key, now: Timestamp) -> Option<Datagram> {
        if self.finished.len() >= limits::FRAGMENTED_DATAGRAMS {
            self.finished.pop();
        }
        self.finished.get_or_insert(*key, now, || ());
        let datagram = self.waiting.remove(key)?;
        self.release(&datagram);
        Some(datagram)
    }

    fn make_room(&mut self, key: &Key, bytes: usize) {
        if self.waiting.len() >= limits::FRAGMENTED_DATAGRAMS && self.waiting.since(key).is_none() {
            self.evict_oldest();
        }
        while self.bytes.saturating_add(bytes) > limits::FRAGMENT_BYTES && self.waiting.len() > 0 {
            self.evict_oldest();
        }
    }
}

impl Datagram {
    fn new(packet: &CapturedPacket<'_>, key: &Key) -> Self {
        let report = IncompleteDatagram {
            packet: packet.id,
            time: packet.time,
            source: key.source,
            destination: key.destination,
            tcp: None,
            fragments: 0,
            bytes: 0,
            has_first: false,
            has_last: false,
        };
        Self { report, trail: None, reportable: key.protocol == ip::TCP, pieces: Pieces::default() }
    }

    fn take(&mut self, trail: &Trail, fragment: &Fragment<'_>, preview: Preview) -> Fit {
        let new = self.pieces.insert(fragment.offset, fragment.octets, !fragment.more);
        let report = &mut self.report;
        if new > 0 {
            report.fragments = report.fragments.saturating_add(1);
            report.bytes = report.bytes.saturating_add(u32::try_from(new).unwrap_or(u32::MAX));
        }
        report.has_last |= !fragment.more;
        if fragment.offset == 0 && self.trail.is_none() {
            self.trail = Some(*trail);
            report.has_first = true;
            if let Preview::Segment(source, destination, tcp) = preview {
                *report = IncompleteDatagram { source, destination, tcp: Some(tcp), ..*report };
                self.reportable = true;
            }
        }
        self.pieces.fit()
    }
}

/// Time may jump back where captures are put together: what is far ahead is as old as what is far behind.
#[allow(clippy::arithmetic_side_effects, reason = "saturates")]
fn distance(now: Timestamp, since: Timestamp) -> Span {
    (now - since).abs()
}

/// Values by key, and which was put in first.
#[derive(Debug)]
struct Aged<V> {
    /// The number is the place in `order`. The hash is keyed: the addresses are chosen by whoever sent the packets.
    entries: HashMap<Key, (u64, V)>,
    order: BTreeMap<u64, (Key, Timestamp)>,
    next: u64,
}

impl<V> Default for Aged<V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), order: BTreeMap::new(), next: 0 }
    }
}

impl<V> Aged<V> {
    fn len(&self) -> usize {
        self.entries.len()
    }

    fn get_or_insert(&mut self, key: Key, now: Timestamp, make: impl FnOnce() -> V) -> &mut V {
        let (_, value) = self.entries.entry(key).or_insert_with(|| {
            self.next = self.next.wrapping_add(1);
            self.order.insert(self.next, (key, now));
            (self.next, make())
        });
        value
    }

    fn since(&self, key: &Key) -> Option<Timestamp> {
        let (place, _) = self.entries.get(key)?;
        self.order.get(place).map(|&(_, since)| since)
    }

    fn remove(&mut self, key: &Key) -> Option<V> {
        let (place, value) = self.entries.remove(key)?;
        self.order.remove(&place);
        Some(value)
    }

    /// When the oldest was put in.
    #[inline]
    fn oldest(&self) -> Option<Timestamp> {
        self.order.first_key_value().map(|(_, &(_, since))| since)
    }

    fn pop(&mut self) -> Option<(Key, V)> {
        let (_, (key, _)) = self.order.pop_first()?;
        self.entries.remove(&key).map(|(_, value)| (key, value))
    }
}
