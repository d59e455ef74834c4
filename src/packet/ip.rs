//! IPv4 (RFC 791) and IPv6 (RFC 8200) with its extension headers, down to what their protocol number announces.

use super::descent::{Below, Found, IpHeader, Step, Trail, broken};
use super::{IpFacts, Layer, Octets, tunnel};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;

// IANA protocol numbers.
pub(super) const ICMP: u8 = 1;
pub(super) const IPV4: u8 = 4;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
pub(super) const IPV6: u8 = 41;
pub(super) const GRE: u8 = 47;
pub(super) const AUTHENTICATION_HEADER: u8 = 51;
pub(super) const ICMPV6: u8 = 58;
pub(super) const MPLS: u8 = 137;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION_OPTIONS: u8 = 60;
const MOBILITY: u8 = 135;
const HOST_IDENTITY: u8 = 139;
const SHIM6: u8 = 140;

/// One fragment of an IP datagram that may hold TCP. Its octets are not empty and end below 65,536.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fragment {
    /// Identification, 16 bits in IPv4.
    pub(super) identification: u32,
    /// Protocol or next header of the datagram.
    pub(super) protocol: u8,
    /// Place in the datagram, in bytes.
    pub(super) offset: usize,
    /// More fragments follow.
    pub(super) more: bool,
}

/// IP of the version that the first nibble says.
pub(super) fn by_version(octets: &Octets<'_>) -> Step {
    match octets.captured().first().map(|byte| byte >> 4) {
        Some(4) => ControlFlow::Continue(Below::Ipv4),
        Some(6) => ControlFlow::Continue(Below::Ipv6),
        Some(_) => broken(Layer::Ip, "neither IPv4 nor IPv6"),
        None => broken(Layer::Ip, "ends before the IP header"),
    }
}

#[inline]
pub(super) fn v4(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    let header = octets.look::<20>(Layer::Ip, "ends inside the IPv4 header")?;
    let [first, _, _, _, i1, i2, f1, f2, _, protocol, ..] = *header;
    let header_length = usize::from(first & 0x0f) << 2;
    if first >> 4 != 4 {
        return broken(Layer::Ip, "IPv4 header of another version");
    }
    if header_length < 20 {
        return broken(Layer::Ip, "IPv4 header length under 20 bytes");
    }
    let read = header_4(header);
    match usize::from(read.total_length) {
        // Captured before the network card cut it into segments (TSO): the record alone tells the length.
        0 => {}
        total if total < header_length => return broken(Layer::Ip, "IPv4 total length under its header length"),
        total => octets.set_length(total),
    }
    octets.skip(header_length, Layer::Ip, "ends inside the IPv4 options")?;
    trail.pass_ip(read);
    let fragmentation = u16::from_be_bytes([f1, f2]);
    if fragmentation & 0x3fff == 0 {
        return by_protocol(protocol, trail);
    }
    let more = fragmentation & 0x2000 != 0;
    let identification = u32::from(u16::from_be_bytes([i1, i2]));
    fragment(identification, protocol, usize::from(fragmentation & 0x1fff) << 3, more, octets)
}

/// What an IPv4 header says, its options apart (RFC 791 §3.1).
#[inline]
pub(super) fn header_4(header: &[u8; 20]) -> IpHeader {
    let [first, tos, l1, l2, i1, i2, f1, _, ttl, _, _, _, s1, s2, s3, s4, d1, d2, d3, d4] = *header;
    IpHeader {
        source: IpAddr::V4(Ipv4Addr::new(s1, s2, s3, s4)),
        destination: IpAddr::V4(Ipv4Addr::new(d1, d2, d3, d4)),
        facts: IpFacts {
            version: 4,
            ttl,
            tos,
            id: Some(u16::from_be_bytes([i1, i2])),
            dont_fragment: f1 & 0x40 != 0,
            options: first & 0x0f > 5,
            fragmented: false,
        },
        total_length: u16::from_be_bytes([l1, l2]),
        destination_final: true,
    }
}

#[inline]
pub(super) fn v6(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    const CUT: &str = "ends inside the IPv6 header";
    let [first, second, _, _, l1, l2, next, ttl] = octets.take::<8>(Layer::Ip, CUT)?;
    let source = octets.take::<16>(Layer::Ip, CUT)?;
    let destination = octets.take::<16>(Layer::Ip, CUT)?;
    if first >> 4 != 6 {
        return broken(Layer::Ip, "IPv6 header of another version");
    }
    let payload_length = u16::from_be_bytes([*l1, *l2]);
    // 0 as in IPv4, and for jumbograms (RFC 2675 §3), which captures hold before the card cuts them.
    if payload_length != 0 {
        octets.set_length(usize::from(payload_length));
    }
    trail.pass_ip(IpHeader {
        source: IpAddr::V6(Ipv6Addr::from(*source)),
        destination: IpAddr::V6(Ipv6Addr::from(*destination)),
        facts: IpFacts {
            version: 6,
            ttl: *ttl,
            tos: (first << 4) | (second >> 4),
            id: None,
            dont_fragment: true,
            options: false,
            fragmented: false,
        },
        total_length: if payload_length == 0 { 0 } else { payload_length.saturating_add(40) },
        destination_final: true,
    });
    by_protocol(*next, trail)
}

/// What a protocol number or next header announces.
#[inline]
pub(super) fn by_protocol(number: u8, trail: &mut Trail) -> Step {
    let version = trail.ip.as_ref().map_or(0, |ip| ip.facts.version);
    let below = match number {
        TCP => return ControlFlow::Break(Found::Tcp),
        ICMP if version == 4 => return ControlFlow::Break(Found::Icmp),
        ICMPV6 if version == 6 => return ControlFlow::Break(Found::Icmp),
        UDP => Below::Udp,
        GRE => Below::Gre,
        IPV4 | IPV6 | MPLS => return tunnel::bare(number, trail),
        AUTHENTICATION_HEADER => Below::AuthenticationHeader,
        HOP_BY_HOP | DESTINATION_OPTIONS | MOBILITY | HOST_IDENTITY | SHIM6 if version == 6 => Below::Extension,
        ROUTING if version == 6 => Below::RoutingHeader,
        FRAGMENT if version == 6 => Below::FragmentHeader,
        _ => return ControlFlow::Break(Found::Other),
    };
    ControlFlow::Continue(below)
}

/// An IPv6 extension header (RFC 8200 §4) that says nothing of concern.
pub(super) fn extension(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    trail.pass_extension()?;
    let [next, units] = octets.look(Layer::Ip, CUT_EXTENSION)?;
    octets.skip(usize::from(*units).saturating_add(1) << 3, Layer::Ip, CUT_EXTENSION)?;
    by_protocol(*next, trail)
}

/// While a routing header has segments left, the IPv6 header names the next stop. The last one, which both ends of the
/// connection know, is the first address listed in types 2 (RFC 6275 §6.4) and 4 (RFC 8754 §2).
pub(super) fn routing_header(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    if let (Some(ip), Some([_, _, kind, left, ..])) = (trail.ip.as_mut(), octets.peek::<8>()) {
        match (kind, left, octets.peek::<24>()) {
            (_, 0, _) => {}
            (2 | 4, _, Some([_, _, _, _, _, _, _, _, last @ ..])) => ip.destination = IpAddr::V6(Ipv6Addr::from(*last)),
            _ => ip.destination_final = false,
        }
    }
    extension(octets, trail)
}

/// The IPv6 fragment header (RFC 8200 §4.5). One that holds the whole datagram is passed like any other header (RFC 6946 §4).
pub(super) fn fragment_header(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    trail.pass_extension()?;
    let [next, _, high, low, identification @ ..] = octets.take::<8>(Layer::Ip, CUT_EXTENSION)?;
    let place = u16::from_be_bytes([*high, *low]);
    let (offset, more) = (place & 0xfff8, place & 1 == 1);
    if offset == 0 && !more {
        return by_protocol(*next, trail);
    }
    fragment(u32::from_be_bytes(*identification), *next, usize::from(offset), more, octets)
}

/// Authentication header (RFC 4302 §2): protected, not encrypted, so that the way leads on behind it.
pub(super) fn authentication_header(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    const CUT: &str = "ends inside the authentication header";
    trail.pass_extension()?;
    let [next, words] = octets.look(Layer::Ip, CUT)?;
    octets.skip(usize::from(*words).saturating_add(2) << 2, Layer::Ip, CUT)?;
    by_protocol(*next, trail)
}

fn fragment(identification: u32, protocol: u8, offset: usize, more: bool, octets: &mut Octets<'_>) -> Step {
    if !may_hold_tcp(protocol) {
        return ControlFlow::Break(Found::Other);
    }
    // Only the last one may end between units of eight bytes; Linux rounds the others down as well.
    let length = if more { octets.length() & !7 } else { octets.length() };
    if length == 0 {
        return broken(Layer::Ip, "empty fragment");
    }
    if offset.saturating_add(length) > usize::from(u16::MAX) {
        return broken(Layer::Ip, "fragment beyond the end of any datagram");
    }
    octets.set_length(length);
    ControlFlow::Break(Found::Fragment(Fragment { identification, protocol, offset, more }))
}

/// TCP itself, tunnels, and IPv6 headers that may stand before it in the part that is cut into fragments.
fn may_hold_tcp(protocol: u8) -> bool {
    matches!(
        protocol,
        TCP | IPV4
            | IPV6
            | GRE
            | UDP
            | MPLS
            | AUTHENTICATION_HEADER
            | ROUTING
            | DESTINATION_OPTIONS
            | MOBILITY
            | HOST_IDENTITY
            | SHIM6
    )
}

const CUT_EXTENSION: &str = "ends inside an IPv6 extension header";

#[cfg(test)]
mod tests {
    use super::super::crafted::*;
    use super::super::*;
    use super::*;

    fn decode(data: &[u8]) -> Result<Segment<'_>, Option<&'static str>> {
        decode_cut(data, 0)
    }

    /// With so many more bytes on the wire than were captured.
    fn decode_cut(data: &[u8], missing: u32) -> Result<Segment<'_>, Option<&'static str>> {
        let packet = captured(LinkType::Raw, data);
        crafted::decode(&CapturedPacket { wire_len: packet.wire_len + missing, ..packet })
    }

    fn bytes_4() -> Vec<u8> {
        ssh_4().1
    }

    #[test]
    fn the_facts_of_ipv4_are_kept() {
        let mut data = bytes_4();
        let facts = decode(&data).expect("a segment").ip;
        let expected = IpFacts {
            version: 4,
            ttl: 60,
            tos: 0x10,
            id: Some(7),
            dont_fragment: true,
            options: false,
            fragmented: false,
        };
        assert_eq!(facts, expected);
        data[0] = 0x46;
        data[3] += 4;
        data.splice(20..20, [1, 1, 1, 0]);
        let segment = decode(&data).expect("options are skipped");
        assert!(segment.ip.options);
        assert_eq!((segment.payload_len, segment.checksum), (11, Checksum::Valid));
    }

    #[test]
    fn the_facts_of_ipv6_are_kept() {
        let facts = decode(&ssh_6().1).map(|segment| (segment.ip, segment.payload_len, segment.checksum));
        let ip = IpFacts {
            version: 6,
            ttl: 61,
            tos: 0x10,
            id: None,
            dont_fragment: true,
            options: false,
            fragmented: false,
        };
        assert_eq!(facts, Ok((ip, 11, Checksum::Valid)));
    }

    #[test]
    fn a_length_of_zero_is_taken_from_the_record() {
        let mut data = bytes_4();
        data[2..4].fill(0);
        assert_eq!(decode_cut(&data, 70_000).expect("TSO").payload_len, 70_011);
        let mut data = ssh_6().1;
        data[4..6].fill(0);
        assert_eq!(decode_cut(&data, 5).expect("TSO").payload_len, 16);
    }

    #[test]
    fn a_cut_packet_keeps_its_true_length() {
        let data = ipv4(TCP, &tcp(22, &[], &[7; 900], &addresses_4()));
        let segment = decode_cut(&data[..60], 900).expect("a segment");
        assert_eq!((segment.payload_len, segment.checksum), (900, Checksum::Unknown));
        // The same from a program that wrote no true length into the record.
        assert_eq!(decode(&data[..60]).expect("a segment").payload_len, 900);
    }

    #[test]
    fn headers_that_contradict_themselves_say_why() {
        let with = |place: usize, byte: u8| {
            let mut data = bytes_4();
            data[place] = byte;
            decode(&data).err()
        };
        assert_eq!(with(0, 0x44), Some(Some("IPv4 header length under 20 bytes")));
        assert_eq!(with(3, 19), Some(Some("IPv4 total length under its header length")));
        assert_eq!(with(0, 0x75), Some(Some("neither IPv4 nor IPv6")));
        assert_eq!(with(9, 50), Some(None), "ESP");
        assert_eq!(decode(&[]).err(), Some(Some("ends before the IP header")));
        assert_eq!(decode(&bytes_4()[..19]).err(), Some(Some("ends inside the IPv4 header")));
    }

    #[test]
    fn extension_headers_are_walked_up_to_the_limit() {
        let with = |count: usize| {
            let mut payload = tcp(22, &[], b"", &addresses_6());
            for index in 0..count {
                let next = if index == 0 { TCP } else { DESTINATION_OPTIONS };
                payload = [&[next, 0, 1, 4, 0, 0, 0, 0], &payload[..]].concat();
            }
            ipv6(DESTINATION_OPTIONS, &payload)
        };
        assert!(decode(&with(crate::limits::EXTENSION_HEADERS)).is_ok());
        let reason = decode(&with(crate::limits::EXTENSION_HEADERS + 1)).err();
        assert_eq!(reason, Some(Some("more extension headers than the limit")));
    }

    #[test]
    fn a_routing_header_tells_the_final_destination() {
        let segment = tcp(22, &[], b"", &addresses_6());
        let routed = |kind: u8, left: u8| {
            let header = [&[TCP, 2, kind, left, 0, 0, 0, 0], &SERVER_6.octets()[..]].concat();
            let mut data = ipv6(ROUTING, &[&header[..], &segment].concat());
            data[39] = if left == 0 { 2 } else { 77 };
            decode(&data).map(|segment| (segment.destination.address, segment.checksum)).expect("a segment")
        };
        assert_eq!(routed(4, 1), (IpAddr::V6(SERVER_6), Checksum::Valid));
        assert_eq!(routed(4, 0), (IpAddr::V6(SERVER_6), Checksum::Valid));
        assert_eq!(routed(0, 1).1, Checksum::Unknown);
    }

    #[test]
    fn a_fragment_header_around_the_whole_is_passed() {
        let data = ipv6_piece(TCP, 1, 0, &tcp(22, &[], b"", &addresses_6()));
        assert!(!decode(&data).expect("a segment").ip.fragmented);
    }

    #[test]
    fn fragments_that_no_datagram_has_are_refused() {
        let beyond = ipv4_piece(TCP, 1, 0x1fff, &[0; 16]);
        assert_eq!(decode(&beyond).err(), Some(Some("fragment beyond the end of any datagram")));
        let empty = ipv4_piece(TCP, 1, 0x2001, &[0; 7]);
        assert_eq!(decode(&empty).err(), Some(Some("empty fragment")));
        assert_eq!(decode(&ipv4_piece(ICMP, 1, 0x2000, &[0; 8])).err(), Some(None));
    }
}
