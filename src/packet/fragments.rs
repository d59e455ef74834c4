//! Reassembly of IP fragments (RFC 791 §3.2, RFC 8200 §4.5), bounded in datagrams, bytes and pieces.

use super::descent::{Found, IpHeader, Trail, descend};
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

/// What names a datagram, in three numbers that hash fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    source: u128,
    destination: u128,
    /// Identification, protocol and version.
    rest: u64,
}

impl Key {
    fn new(header: &IpHeader, fragment: &Fragment) -> Self {
        let number = |address: IpAddr| match address {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            IpAddr::V6(address) => address.to_bits(),
        };
        let [i1, i2, i3, i4] = fragment.identification.to_be_bytes();
        let rest = u64::from_be_bytes([0, 0, header.facts.version, fragment.protocol, i1, i2, i3, i4]);
        Self { source: number(header.source), destination: number(header.destination), rest }
    }
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
    pub(super) fn descend(&self) -> (Found, Octets<'_>, Trail) {
        let (mut octets, mut trail) = (Octets::new(&self.captured, self.length), self.trail);
        let first = ip::by_protocol(self.protocol, &mut trail);
        let found = descend(first, &mut octets, &mut trail);
        (found, octets, trail)
    }
}

/// DecoderStats of reassembly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FragmentStats {
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
    stats: FragmentStats,
}

impl Fragments {
    pub(super) fn stats(&self) -> FragmentStats {
        self.stats
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
            self.stats.incomplete = self.stats.incomplete.saturating_add(1);
            self.release(&datagram);
            self.report(&datagram);
        }
    }

    fn evict_oldest(&mut self) {
        if let Some((_, datagram)) = self.waiting.pop() {
            self.stats.evicted = self.stats.evicted.saturating_add(1);
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
            self.stats.unreported = self.stats.unreported.saturating_add(1);
        }
        self.incomplete.push_back(datagram.report);
    }

    /// Takes a fragment; gives the datagram that it completes. `preview` is asked of the first fragment only.
    pub(super) fn add(
        &mut self,
        packet: &CapturedPacket<'_>,
        trail: &Trail,
        fragment: &Fragment,
        octets: Octets<'_>,
        preview: Preview,
    ) -> Option<Whole> {
        let header = trail.ip?;
        self.stats.fragments = self.stats.fragments.saturating_add(1);
        let key = Key::new(&header, fragment);
        if self.is_finished(&key, packet.time) {
            return None;
        }
        if matches!(preview, Preview::Unwanted) {
            self.forget(&key, packet.time);
            return None;
        }
        self.make_room(&key, octets.captured().len());
        let datagram = self.waiting.get_or_insert(key, packet.time, || Datagram::new(packet, &header, fragment));
        let cost_before = datagram.pieces.cost();
        let fit = datagram.take(trail, fragment, octets, preview);
        self.bytes = self.bytes.saturating_add(datagram.pieces.cost()).saturating_sub(cost_before);
        match fit {
            Fit::Partial => None,
            Fit::TooMany => {
                let datagram = self.forget(&key, packet.time)?;
                self.stats.evicted = self.stats.evicted.saturating_add(1);
                self.report(&datagram);
                None
            }
            Fit::Complete => {
                let datagram = self.forget(&key, packet.time)?;
                self.stats.reassembled = self.stats.reassembled.saturating_add(1);
                let (length, captured) = datagram.pieces.join();
                let mut trail = datagram.trail?;
                trail.reassembled = true;
                Some(Whole { protocol: fragment.protocol, trail, length, captured })
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
    fn new(packet: &CapturedPacket<'_>, header: &IpHeader, fragment: &Fragment) -> Self {
        let report = IncompleteDatagram {
            packet: packet.id,
            time: packet.time,
            source: header.source,
            destination: header.destination,
            tcp: None,
            fragments: 0,
            bytes: 0,
            has_first: false,
            has_last: false,
        };
        Self { report, trail: None, reportable: fragment.protocol == ip::TCP, pieces: Pieces::default() }
    }

    fn take(&mut self, trail: &Trail, fragment: &Fragment, octets: Octets<'_>, preview: Preview) -> Fit {
        let new = self.pieces.insert(fragment.offset, octets, !fragment.more);
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

#[cfg(test)]
mod tests {
    use super::super::crafted::*;
    use super::super::{Decoded, Decoder, LinkType, PacketId, Watch};
    use super::*;

    /// Gives packets with a clock and running numbers.
    struct Tap {
        decoder: Decoder,
        number: u64,
    }

    impl Tap {
        fn new() -> Self {
            Self { decoder: Decoder::new(Watch::ports(&[22])), number: 0 }
        }

        /// Length of the payload of the segment that came of it.
        fn take(&mut self, milliseconds: i64, data: &[u8]) -> Option<u32> {
            self.number += 1;
            let time = Timestamp(milliseconds * 1_000_000);
            let packet = captured(LinkType::Raw, data);
            let packet = CapturedPacket { time, id: PacketId::new(0, self.number), ..packet };
            match self.decoder.decode(&packet) {
                Decoded::Segment(segment) => {
                    assert_eq!((segment.packet, segment.time), (packet.id, packet.time));
                    Some(segment.payload_len)
                }
                _ => None,
            }
        }

        fn given_up(&mut self) -> Vec<IncompleteDatagram> {
            std::iter::from_fn(|| self.decoder.incomplete()).collect()
        }
    }

    fn pieces(identification: u16, port: u16) -> Vec<Vec<u8>> {
        cut_4(ip::TCP, identification, &tcp(port, &[], &[7; 100], &addresses_4()), 40)
    }

    #[test]
    fn what_never_completes_is_given_up_by_age() {
        let mut tap = Tap::new();
        tap.take(0, &pieces(1, 22)[0]);
        tap.take(10, &pieces(1, 22)[2]);
        tap.take(29_999, &ssh_6().1);
        assert_eq!(tap.given_up(), []);
        tap.take(30_000, &ssh_6().1);
        let expected = IncompleteDatagram {
            packet: PacketId::new(0, 1),
            time: Timestamp(0),
            source: CLIENT.into(),
            destination: SERVER.into(),
            tcp: Some((40_000, 22, 1_000)),
            fragments: 2,
            bytes: 80,
            has_first: true,
            has_last: true,
        };
        assert_eq!(tap.given_up(), [expected]);
    }

    #[test]
    fn the_end_of_the_capture_gives_up_the_rest() {
        let mut tap = Tap::new();
        tap.take(0, &pieces(1, 22)[1]);
        tap.take(0, &pieces(2, 22)[0]);
        tap.decoder.finish();
        let seen: Vec<_> = tap.given_up().iter().map(|one| (one.tcp.is_some(), one.has_first, one.has_last)).collect();
        assert_eq!(seen, [(false, false, false), (true, true, false)]);
    }

    #[test]
    fn other_ports_and_protocols_are_not_kept() {
        let mut tap = Tap::new();
        for piece in pieces(1, 443) {
            assert_eq!(tap.take(0, &piece), None);
        }
        for piece in cut_4(ip::UDP, 1, &[0; 100], 40) {
            tap.take(0, &piece);
        }
        assert_eq!(tap.decoder.stats().fragments.reassembled, 0);
        tap.decoder.finish();
        assert_eq!(tap.given_up(), []);
    }

    #[test]
    fn an_incomplete_tunnel_names_the_connection_inside() {
        let Typed(_, outer) = Wrap::Gre.around(&ssh_6());
        let mut tap = Tap::new();
        tap.take(0, &cut_4(ip::GRE, 3, &outer[20..], 64)[0]);
        tap.decoder.finish();
        let [given_up] = tap.given_up()[..] else { panic!() };
        assert_eq!((given_up.source, given_up.destination), (CLIENT_6.into(), SERVER_6.into()));
        assert_eq!(given_up.tcp, Some((40_000, 22, 1_000)));
    }

    #[test]
    fn an_identification_may_be_used_again_after_a_while() {
        let mut tap = Tap::new();
        let count = |tap: &mut Tap, at| pieces(1, 22).iter().filter_map(|piece| tap.take(at, piece)).count();
        assert_eq!(count(&mut tap, 0), 1);
        assert_eq!(count(&mut tap, 500), 0, "copies");
        assert_eq!(count(&mut tap, 1_500), 1);
    }

    #[test]
    fn a_cut_capture_still_tells_the_length() {
        let mut tap = Tap::new();
        let cut: Vec<_> = pieces(1, 22).iter().map(|piece| piece[..44].to_vec()).collect();
        assert_eq!(cut.iter().filter_map(|piece| tap.take(0, piece)).collect::<Vec<_>>(), [100]);
    }

    #[test]
    fn a_flood_of_datagrams_pushes_out_the_oldest() {
        let mut tap = Tap::new();
        let most = u16::try_from(limits::FRAGMENTED_DATAGRAMS).expect("fits");
        for identification in 0..=most {
            tap.take(0, &pieces(identification, 22)[0]);
        }
        assert_eq!(tap.given_up().len(), 1);
        assert_eq!(tap.decoder.stats().fragments.evicted, 1);
    }

    #[test]
    fn a_flood_of_bytes_pushes_out_the_oldest() {
        let mut tap = Tap::new();
        for identification in 0..200 {
            tap.take(0, &ipv4_piece(ip::TCP, identification, 0x2000 | 8, &[0; 40_000]));
        }
        let kept = limits::FRAGMENT_BYTES / 40_064;
        assert_eq!(tap.given_up().len(), 200 - kept);
    }

    #[test]
    fn a_datagram_of_too_many_pieces_is_given_up_whole() {
        let mut tap = Tap::new();
        for piece in 0..600 {
            tap.take(0, &ipv4_piece(ip::TCP, 1, 0x2000 | (piece * 2 + 1), &[0; 8]));
        }
        assert_eq!((tap.given_up().len(), tap.decoder.stats().fragments.evicted), (1, 1));
        tap.decoder.finish();
        assert_eq!(tap.given_up(), []);
    }

    #[test]
    fn time_that_jumps_back_keeps_nothing_for_ever() {
        let mut tap = Tap::new();
        tap.take(100_000_000, &pieces(1, 22)[0]);
        tap.take(0, &pieces(2, 22)[0]);
        assert_eq!(tap.given_up().len(), 1);
    }
}
