//! Packets in, segments and ICMP errors out: the quick test first, then the way down, then reassembly.

use super::descent::{Found, IpHeader, Trail, descend};
use super::fragments::{FragmentStats, Fragments, Preview, Whole};
use super::ip::Fragment;
use super::straight::Straight;
use super::tunnel::Tunnel;
use super::{
    CapturedPacket, DatagramId, Decoded, IncompleteDatagram, IpFacts, Layer, Octets, Undecodable, Watch, icmp, ip,
    link, quick, tcp,
};
use crate::limits;
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Decodes packets. Holds nothing between them but IP fragments (within [`limits`]) and stats.
#[derive(Debug)]
pub struct Decoder {
    watch: Watch,
    fragments: Fragments,
    /// The datagram put together last: what was decoded from it borrows from here.
    whole: Option<Whole>,
    stats: DecoderStats,
}

/// What came of the packets so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DecoderStats {
    /// Packets given to the decoder.
    pub packets: u64,
    /// Those that the test on raw bytes set aside: TCP of other ports, UDP.
    pub set_aside: u64,
    /// TCP segments.
    pub segments: u64,
    /// ICMP errors about a TCP segment.
    pub icmp_errors: u64,
    /// Packets that could not be decoded, by layer and reason. Reasons are fixed texts, so that the map stays small.
    pub undecodable: BTreeMap<(Layer, &'static str), u64>,
    /// Packets that went through a tunnel, once for each kind.
    pub tunnels: BTreeMap<Tunnel, u64>,
    /// Reassembly.
    pub fragments: FragmentStats,
}

impl Decoder {
    /// A decoder for the segments of these ports.
    pub fn new(watch: Watch) -> Self {
        Self { watch, fragments: Fragments::default(), whole: None, stats: DecoderStats::default() }
    }

    /// Time passes without packets: fragments that waited too long are given up.
    pub fn advance(&mut self, now: Timestamp) {
        self.fragments.expire(now);
    }

    /// Decodes one packet. Fragments are kept until the last one comes, which then gives the segment.
    #[inline]
    pub fn decode<'a>(&'a mut self, packet: &CapturedPacket<'a>) -> Decoded<'a> {
        count(&mut self.stats.packets);
        if self.fragments.any_waits() {
            self.fragments.expire(packet.time);
        }
        if let Some(straight) = Straight::of(packet) {
            let (source, destination) = straight.ports;
            if !self.watch.wants(source, destination) {
                count(&mut self.stats.set_aside);
                return Decoded::Other;
            }
            if let Some(parts) = straight.parts() {
                count(&mut self.stats.segments);
                return Decoded::Segment(parts.read(packet));
            }
        } else if quick::is_other(packet, &self.watch) {
            count(&mut self.stats.set_aside);
            return Decoded::Other;
        }
        self.decode_fully(packet)
    }

    /// Without the quick test. Kept apart from it so that the quick way saves no registers for this one.
    #[inline(never)]
    pub(super) fn decode_fully<'a>(&'a mut self, packet: &CapturedPacket<'a>) -> Decoded<'a> {
        let (mut octets, mut trail) = (Octets::of(packet), Trail::default());
        let first = link::record(packet.link, &mut octets, &mut trail);
        let found = descend(first, &mut octets, &mut trail);
        if let Found::Fragment(fragment) = &found {
            self.whole = self.reassemble(packet, &trail, fragment, octets);
            let Self { watch, whole, stats, .. } = self;
            let Some(whole) = whole else { return Decoded::Other };
            let (found, octets, trail) = whole.descend();
            return conclude(watch, stats, packet, &trail, &found, octets);
        }
        conclude(&self.watch, &mut self.stats, packet, &trail, &found, octets)
    }

    /// The datagram that a fragment completes. What is put together may be a tunnel that holds a fragment again.
    fn reassemble(
        &mut self,
        packet: &CapturedPacket<'_>,
        trail: &Trail,
        fragment: &Fragment,
        octets: Octets<'_>,
    ) -> Option<Whole> {
        let mut whole = self.add(packet, trail, fragment, octets)?;
        for _ in 0..limits::ENCAPSULATION_DEPTH {
            let (Found::Fragment(inner), octets, trail) = whole.descend() else { break };
            whole = self.add(packet, &trail, &inner, octets)?;
        }
        Some(whole)
    }

    fn add(
        &mut self,
        packet: &CapturedPacket<'_>,
        trail: &Trail,
        fragment: &Fragment,
        octets: Octets<'_>,
    ) -> Option<Whole> {
        let preview = match fragment.offset {
            0 => preview(&self.watch, *trail, fragment, octets),
            _ => Preview::Unclear,
        };
        self.fragments.add(packet, trail, fragment, octets, preview)
    }

    /// The source address and TTL (or hop limit) of the innermost IP header, whatever it carries: how far a host is.
    pub fn reference(packet: &CapturedPacket<'_>) -> Option<(IpAddr, u8)> {
        let (mut octets, mut trail) = (Octets::of(packet), Trail::default());
        let first = link::record(packet.link, &mut octets, &mut trail);
        descend(first, &mut octets, &mut trail);
        trail.ip.map(|ip| (ip.source, ip.facts.ttl))
    }

    /// Which datagram a packet is a fragment of: the one of the innermost IP header that can be read from this packet alone.
    pub fn fragment_of(packet: &CapturedPacket<'_>) -> Option<DatagramId> {
        let (mut octets, mut trail) = (Octets::of(packet), Trail::default());
        let first = link::record(packet.link, &mut octets, &mut trail);
        let Found::Fragment(fragment) = descend(first, &mut octets, &mut trail) else { return None };
        let ip = trail.ip?;
        Some(DatagramId {
            source: ip.source,
            destination: ip.destination,
            identification: fragment.identification,
            protocol: fragment.protocol,
        })
    }

    /// The next datagram of which fragments never came: given up by age, by a limit, or by [`Self::finish`].
    /// Ask after each packet until none is left.
    pub fn incomplete(&mut self) -> Option<IncompleteDatagram> {
        self.fragments.incomplete()
    }

    /// The capture ends: what still waits for fragments is incomplete.
    pub fn finish(&mut self) {
        self.fragments.finish();
    }

    /// What came of the packets so far: a copy, for the end of a capture or a progress display.
    pub fn stats(&self) -> DecoderStats {
        DecoderStats { fragments: self.fragments.stats(), ..self.stats.clone() }
    }
}

/// What a first fragment shows: it is read like a packet that the capture cut.
fn preview(watch: &Watch, mut trail: Trail, fragment: &Fragment, mut octets: Octets<'_>) -> Preview {
    let first = ip::by_protocol(fragment.protocol, &mut trail);
    match descend(first, &mut octets, &mut trail) {
        Found::Tcp => {}
        Found::Other => return Preview::Unwanted,
        _ => return Preview::Unclear,
    }
    let Some((source, destination)) = tcp::ports(octets) else { return Preview::Unclear };
    if !watch.wants(source, destination) {
        return Preview::Unwanted;
    }
    match (trail.ip, tcp::sequence(octets)) {
        (Some(ip), Some(seq)) => Preview::Segment(ip.source, ip.destination, (source, destination, seq)),
        _ => Preview::Unclear,
    }
}

/// Makes of what was found at the bottom what the caller sees, and counts it.
fn conclude<'d>(
    watch: &Watch,
    stats: &mut DecoderStats,
    packet: &CapturedPacket<'_>,
    trail: &Trail,
    found: &Found,
    octets: Octets<'d>,
) -> Decoded<'d> {
    if !trail.tunnels.is_empty() {
        for tunnel in trail.tunnels.iter() {
            count(stats.tunnels.entry(tunnel).or_default());
        }
    }
    let (layer, reason) = match found {
        Found::Tcp => return segment(watch, stats, packet, trail, octets),
        Found::Icmp => match icmp::error(packet, trail, octets, watch) {
            Ok(Some(error)) => {
                count(&mut stats.icmp_errors);
                return Decoded::Icmp(error);
            }
            Ok(None) => return Decoded::Other,
            Err(reason) => (Layer::Icmp, reason),
        },
        Found::Fragment(_) | Found::Other => return Decoded::Other,
        &Found::Broken(layer, reason) => (layer, reason),
    };
    undecodable(stats, packet, layer, reason)
}

/// The segment, if its port is watched.
#[inline]
fn segment<'d>(
    watch: &Watch,
    stats: &mut DecoderStats,
    packet: &CapturedPacket<'_>,
    trail: &Trail,
    octets: Octets<'d>,
) -> Decoded<'d> {
    if tcp::ports(octets).is_some_and(|(source, destination)| !watch.wants(source, destination)) {
        return Decoded::Other;
    }
    let Some(ip) = trail.ip else { return undecodable(stats, packet, Layer::Tcp, "no IP header before TCP") };
    let ip = IpHeader { facts: IpFacts { fragmented: trail.reassembled, ..ip.facts }, ..ip };
    match tcp::Parts::of(ip, octets, trail.source_mac, !trail.tunnels.is_empty()) {
        Ok(parts) => {
            count(&mut stats.segments);
            Decoded::Segment(parts.read(packet))
        }
        Err(reason) => undecodable(stats, packet, Layer::Tcp, reason),
    }
}

#[cold]
fn undecodable<'d>(
    stats: &mut DecoderStats,
    packet: &CapturedPacket<'_>,
    layer: Layer,
    reason: &'static str,
) -> Decoded<'d> {
    count(stats.undecodable.entry((layer, reason)).or_default());
    Decoded::Undecodable(Undecodable { packet: packet.id, layer, reason })
}

fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}

#[cfg(test)]
mod tests {
    use super::super::LinkType;
    use super::super::crafted::{CLIENT, Typed, captured, ethernet, ipv4, segment, ssh_4, ssh_6};
    use super::*;

    #[test]
    fn other_ports_are_set_aside_and_watched_ones_counted() {
        let mut decoder = Decoder::new(Watch::ports(&[22]));
        let web = ethernet(&Typed(0x0800, ipv4(ip::TCP, &segment(443, 2, &[], b"", &[]))));
        assert!(matches!(decoder.decode(&captured(LinkType::Ethernet, &web)), Decoded::Other));
        let ssh = ethernet(&ssh_6());
        assert!(matches!(decoder.decode(&captured(LinkType::Ethernet, &ssh)), Decoded::Segment(_)));
        let stats = decoder.stats();
        assert_eq!((stats.packets, stats.set_aside, stats.segments), (2, 1, 1));
    }

    #[test]
    fn any_port_takes_all_tcp() {
        let mut decoder = Decoder::new(Watch::any());
        let web = ethernet(&Typed(0x0800, ipv4(ip::TCP, &segment(443, 2, &[], b"", &[]))));
        assert!(matches!(decoder.decode(&captured(LinkType::Ethernet, &web)), Decoded::Segment(_)));
    }

    #[test]
    fn what_cannot_be_read_says_where_and_why() {
        let mut decoder = Decoder::new(Watch::ports(&[22]));
        let Typed(_, mut data) = ssh_4();
        data.truncate(30);
        let Decoded::Undecodable(undecodable) = decoder.decode(&captured(LinkType::Raw, &data)) else { panic!() };
        assert_eq!((undecodable.layer, undecodable.reason), (Layer::Tcp, "ends inside the TCP header"));
        assert!(matches!(decoder.decode(&captured(LinkType::Unknown(127), &data)), Decoded::Undecodable(_)));
        let stats = decoder.stats();
        assert_eq!(stats.undecodable[&(Layer::Tcp, "ends inside the TCP header")], 1);
        assert_eq!(stats.undecodable[&(Layer::Link, "unsupported link type")], 1);
    }

    #[test]
    fn any_ip_packet_tells_how_far_its_source_is() {
        let udp = ethernet(&Typed(0x0800, ipv4(ip::UDP, &[0; 8])));
        let reference = Decoder::reference(&captured(LinkType::Ethernet, &udp));
        assert_eq!(reference, Some((IpAddr::V4(CLIENT), 60)));
        let arp = ethernet(&Typed(0x0806, vec![0; 28]));
        assert_eq!(Decoder::reference(&captured(LinkType::Ethernet, &arp)), None);
    }
}
