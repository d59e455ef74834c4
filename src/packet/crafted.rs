//! Packets made byte by byte, for the tests of this folder.

use super::{CapturedPacket, Decoded, Decoder, LinkType, PacketId, Segment, Watch, ip};
use crate::time::Timestamp;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A payload and the EtherType that announces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Typed(pub(super) u16, pub(super) Vec<u8>);

pub(super) const MAC: [u8; 6] = [2, 0, 0, 0, 0, 9];
pub(super) const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
pub(super) const SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);
pub(super) const CLIENT_6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
pub(super) const SERVER_6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2);

pub(super) fn captured(link: LinkType, data: &[u8]) -> CapturedPacket<'_> {
    let wire_len = u32::try_from(data.len()).expect("test packets are small");
    CapturedPacket { id: PacketId::new(0, 1), time: Timestamp(0), link, wire_len, data }
}

/// The segment for port 22, or why there is none (no reason for what is healthy and of no concern).
pub(super) fn decode<'a>(packet: &CapturedPacket<'a>) -> Result<Segment<'a>, Option<&'static str>> {
    // Leaked, since a segment may borrow from its decoder.
    let decoder = Box::leak(Box::new(Decoder::new(Watch::ports(&[22]))));
    match decoder.decode_fully(packet) {
        Decoded::Segment(segment) => Ok(segment),
        Decoded::Undecodable(undecodable) => Err(Some(undecodable.reason)),
        _ => Err(None),
    }
}

fn bytes(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn length(of: usize) -> [u8; 2] {
    u16::try_from(of).expect("test packets are small").to_be_bytes()
}

/// A segment from port 40000 to `port`, sequence 1000, acknowledgment 2000, PSH and ACK, window 512, with these options
/// (padded by the caller) and a checksum for the addresses given.
pub(super) fn tcp(port: u16, options: &[u8], payload: &[u8], addresses: &[u8]) -> Vec<u8> {
    segment(port, 0x18, options, payload, addresses)
}

pub(super) fn segment(port: u16, flags: u8, options: &[u8], payload: &[u8], addresses: &[u8]) -> Vec<u8> {
    let offset = u8::try_from(20 + options.len()).expect("options are short") << 2;
    let mut tcp = bytes(&[
        &40_000_u16.to_be_bytes(),
        &port.to_be_bytes(),
        &1_000_u32.to_be_bytes(),
        &2_000_u32.to_be_bytes(),
        &[offset, flags, 2, 0, 0, 0, 0, 0],
        options,
        payload,
    ]);
    let sum = plain_sum(&bytes(&[addresses, &[0, ip::TCP], &length(tcp.len()), &tcp]));
    tcp[16..18].copy_from_slice(&(!sum).to_be_bytes());
    tcp
}

/// The Internet checksum as RFC 1071 §1 describes it, two bytes at a time.
fn plain_sum(data: &[u8]) -> u16 {
    let mut sum = 0_u32;
    for pair in data.chunks(2) {
        sum += u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]));
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).expect("folded")
}

pub(super) fn addresses_4() -> Vec<u8> {
    bytes(&[&CLIENT.octets(), &SERVER.octets()])
}

pub(super) fn addresses_6() -> Vec<u8> {
    bytes(&[&CLIENT_6.octets(), &SERVER_6.octets()])
}

/// IPv4 from client to server: TTL 60, DF, identification 7.
pub(super) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_piece(protocol, 7, 0x4000, payload)
}

pub(super) fn ipv4_piece(protocol: u8, identification: u16, fragmentation: u16, payload: &[u8]) -> Vec<u8> {
    bytes(&[
        &[0x45, 0x10],
        &length(20 + payload.len()),
        &identification.to_be_bytes(),
        &fragmentation.to_be_bytes(),
        &[60, protocol, 0, 0],
        &addresses_4(),
        payload,
    ])
}

/// IPv6 from client to server: hop limit 61, traffic class 0x10.
pub(super) fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    bytes(&[&[0x61, 0, 0, 0], &length(payload.len()), &[next, 61], &addresses_6(), payload])
}

pub(super) fn ipv6_piece(next: u8, identification: u32, place: u16, payload: &[u8]) -> Vec<u8> {
    let header = bytes(&[&[next, 0], &place.to_be_bytes(), &identification.to_be_bytes()]);
    ipv6(44, &bytes(&[&header, payload]))
}

/// A datagram's payload cut into fragments of `size` bytes each (a multiple of eight).
pub(super) fn cut_4(protocol: u8, identification: u16, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
    let pieces = payload.chunks(size).enumerate();
    let piece = |(index, part): (usize, &[u8])| {
        let more = (index + 1) * size < payload.len();
        let place = u16::try_from(index * size / 8).expect("small") | if more { 0x2000 } else { 0 };
        ipv4_piece(protocol, identification, place, part)
    };
    pieces.map(piece).collect()
}

pub(super) fn cut_6(next: u8, identification: u32, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
    let pieces = payload.chunks(size).enumerate();
    let piece = |(index, part): (usize, &[u8])| {
        let more = (index + 1) * size < payload.len();
        let place = u16::try_from(index * size).expect("small") | u16::from(more);
        ipv6_piece(next, identification, place, part)
    };
    pieces.map(piece).collect()
}

/// A whole packet with "SSH-2.0-x\r\n" to port 22.
pub(super) fn ssh_4() -> Typed {
    Typed(0x0800, ipv4(ip::TCP, &tcp(22, &[], b"SSH-2.0-x\r\n", &addresses_4())))
}

pub(super) fn ssh_6() -> Typed {
    Typed(0x86dd, ipv6(ip::TCP, &tcp(22, &[], b"SSH-2.0-x\r\n", &addresses_6())))
}

pub(super) fn ethernet(inner: &Typed) -> Vec<u8> {
    bytes(&[&[2, 0, 0, 0, 0, 8], &MAC, &inner.0.to_be_bytes(), &inner.1])
}

/// One more header around a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrap {
    Vlan(u16),
    Mpls,
    PseudoWire,
    Pppoe,
    Snap,
    Gre,
    GreAllFields,
    GreEthernet,
    Pptp,
    ErspanI,
    ErspanII,
    ErspanIII,
    Vxlan(u16),
    Geneve,
    IpIn4,
    IpIn6,
    Authenticated4,
}

impl Wrap {
    pub(super) const ALL: [Self; 20] = [
        Self::Vlan(0x8100),
        Self::Vlan(0x88a8),
        Self::Vlan(0x9100),
        Self::Mpls,
        Self::PseudoWire,
        Self::Pppoe,
        Self::Snap,
        Self::Gre,
        Self::GreAllFields,
        Self::GreEthernet,
        Self::Pptp,
        Self::ErspanI,
        Self::ErspanII,
        Self::ErspanIII,
        Self::Vxlan(4_789),
        Self::Vxlan(8_472),
        Self::Geneve,
        Self::IpIn4,
        Self::IpIn6,
        Self::Authenticated4,
    ];

    /// Puts the header on; leaves the packet as it is where the protocol cannot carry it.
    pub(super) fn around(self, inner: &Typed) -> Typed {
        let Typed(kind, data) = inner;
        let is_ip = matches!(kind, 0x0800 | 0x86dd);
        let kind_bytes = kind.to_be_bytes();
        let gre = |header: &[u8], data: &[u8]| Typed(0x0800, ipv4(ip::GRE, &bytes(&[header, data])));
        let udp = |port: u16, data: &[u8]| {
            let header = bytes(&[&[0xc0, 1], &port.to_be_bytes(), &length(8 + data.len()), &[0, 0]]);
            Typed(0x86dd, ipv6(ip::UDP, &bytes(&[&header, data])))
        };
        match self {
            Self::Vlan(tag) => Typed(tag, bytes(&[&[0, 5], &kind_bytes, data])),
            Self::Mpls if is_ip => Typed(0x8847, bytes(&[&[0, 1, 0, 64], &[0, 2, 1, 64], data])),
            Self::PseudoWire if *kind > 1_500 => Typed(0x8847, bytes(&[&[0, 2, 1, 64], &[0; 4], &ethernet(inner)])),
            Self::Pppoe if is_ip => {
                let ppp = [0, if *kind == 0x0800 { 0x21 } else { 0x57 }];
                Typed(0x8864, bytes(&[&[0x11, 0, 0, 1], &length(2 + data.len()), &ppp, data]))
            }
            // The EtherType of an 802.3 frame is its length.
            Self::Snap if *kind > 1_500 => {
                let of = u16::try_from(8 + data.len()).expect("small");
                if of > 1_500 {
                    inner.clone()
                } else {
                    Typed(of, bytes(&[&[0xaa, 0xaa, 3, 0, 0, 0], &kind_bytes, data]))
                }
            }
            Self::Gre if *kind > 1_500 => gre(&bytes(&[&[0, 0], &kind_bytes]), data),
            Self::GreAllFields if *kind > 1_500 => gre(&bytes(&[&[0xb0, 0], &kind_bytes, &[1; 12]]), data),
            Self::GreEthernet => gre(&[0, 0, 0x65, 0x58], &ethernet(inner)),
            Self::Pptp if is_ip => {
                let ppp = [0xff, 3, if *kind == 0x0800 { 0x21 } else { 0x57 }];
                gre(&[0x30, 0x81, 0x88, 0x0b, 0, 9, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1], &bytes(&[&ppp, data]))
            }
            Self::ErspanI => gre(&[0, 0, 0x88, 0xbe], &ethernet(inner)),
            Self::ErspanII => gre(&bytes(&[&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1], &[0x10; 8]]), &ethernet(inner)),
            Self::ErspanIII => {
                let header = bytes(&[&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1], &[0x20; 10], &[0, 1], &[7; 8]]);
                gre(&header, &ethernet(inner))
            }
            Self::Vxlan(port) => udp(port, &bytes(&[&[8, 0, 0, 0, 0, 0, 1, 0], &ethernet(inner)])),
            Self::Geneve => udp(6_081, &bytes(&[&[2, 0, 0x65, 0x58, 0, 0, 1, 0], &[9; 8], &ethernet(inner)])),
            Self::IpIn4 if is_ip => Typed(0x0800, ipv4(if *kind == 0x0800 { ip::IPV4 } else { ip::IPV6 }, data)),
            Self::IpIn6 if is_ip => {
                // Behind destination options and a routing header without segments left.
                let next = if *kind == 0x0800 { ip::IPV4 } else { ip::IPV6 };
                let options = bytes(&[&[43, 0, 1, 4, 0, 0, 0, 0], &[next, 0, 0, 0, 0, 0, 0, 0], data]);
                Typed(0x86dd, ipv6(60, &options))
            }
            Self::Authenticated4 if is_ip => {
                let next = if *kind == 0x0800 { ip::IPV4 } else { ip::IPV6 };
                Typed(0x0800, ipv4(ip::AUTHENTICATION_HEADER, &bytes(&[&[next, 4], &[0; 22], data])))
            }
            _ => inner.clone(),
        }
    }
}

/// A whole record of a link type; none where that cannot carry the packet.
pub(super) fn record(link: LinkType, inner: &Typed) -> Option<Vec<u8>> {
    let Typed(kind, data) = inner;
    let by_version = |for_4: u8, for_6: u8| match kind {
        0x0800 => Some(for_4),
        0x86dd => Some(for_6),
        _ => None,
    };
    let kind_bytes = kind.to_be_bytes();
    Some(match link {
        LinkType::Ethernet => ethernet(inner),
        LinkType::Null => bytes(&[&[by_version(2, 30)?, 0, 0, 0], data]),
        LinkType::Loop => bytes(&[&[0, 0, 0, by_version(2, 24)?], data]),
        LinkType::Ppp => bytes(&[&[0xff, 3, 0, by_version(0x21, 0x57)?], data]),
        LinkType::PppHdlc if *kind > 1_500 => bytes(&[&[0x0f, 0], &kind_bytes, data]),
        LinkType::PppEther => bytes(&[&[0x11, 0, 0, 1, 0, 0, 0, by_version(0x21, 0x57)?], data]),
        LinkType::Raw => by_version(4, 6).map(|_| data.clone())?,
        LinkType::Ipv4 => (*kind == 0x0800).then(|| data.clone())?,
        LinkType::Ipv6 => (*kind == 0x86dd).then(|| data.clone())?,
        LinkType::LinuxSll if *kind > 1_500 => bytes(&[&[0, 4, 0, 1, 0, 6], &MAC, &[0, 0], &kind_bytes, data]),
        LinkType::LinuxSll2 if *kind > 1_500 => {
            bytes(&[&kind_bytes, &[0, 0, 0, 0, 0, 3, 0, 1, 4, 6], &MAC, &[0, 0], data])
        }
        _ => return None,
    })
}

pub(super) const LINKS: [LinkType; 11] = [
    LinkType::Null,
    LinkType::Ethernet,
    LinkType::Ppp,
    LinkType::PppHdlc,
    LinkType::PppEther,
    LinkType::Raw,
    LinkType::Loop,
    LinkType::LinuxSll,
    LinkType::Ipv4,
    LinkType::Ipv6,
    LinkType::LinuxSll2,
];
