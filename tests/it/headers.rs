//! Changes to the headers of a captured packet. Checksums change by the difference (RFC 1624): a wrong one stays wrong, a right one right.

use crate::packets::Packet;
use sshwire::packet::LinkType;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const TCP: u8 = 6;
const ICMP: u8 = 1;
const ICMP6: u8 = 58;

/// Where the headers of an IP packet stand in its data.
#[derive(Debug, Clone, Copy)]
pub struct Headers {
    pub ip: usize,
    pub version: u8,
    pub protocol: u8,
    /// The header behind IP; none in a later fragment.
    pub transport: Option<usize>,
    pub fragmented: bool,
    /// Behind the last byte that the IP header counts.
    pub end: usize,
}

fn be16(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*data.get(at)?, *data.get(at + 1)?]))
}

/// Four bytes in network order.
pub fn be32(data: &[u8], at: usize) -> Option<u32> {
    Some((u32::from(be16(data, at)?) << 16) | u32::from(be16(data, at + 2)?))
}

/// The offset of the network layer and its EtherType.
pub fn network(packet: &Packet) -> Option<(usize, u16)> {
    let data = &packet.data;
    match packet.link {
        LinkType::Ethernet => {
            let mut at = 12;
            while matches!(be16(data, at)?, 0x8100 | 0x88a8) {
                at += 4;
            }
            Some((at + 2, be16(data, at)?))
        }
        LinkType::LinuxSll => Some((16, be16(data, 14)?)),
        LinkType::LinuxSll2 => Some((20, be16(data, 0)?)),
        LinkType::Raw => Some((0, if data.first()? >> 4 == 4 { 0x0800 } else { 0x86dd })),
        _ => None,
    }
}

fn ip_headers(data: &[u8], ip: usize) -> Option<Headers> {
    let version = data.get(ip)? >> 4;
    if version == 4 {
        let length = usize::from(data.get(ip)? & 15) * 4;
        let fragment = be16(data, ip + 6)?;
        let (offset, more) = (fragment & 0x1fff, fragment & 0x2000 != 0);
        let total = usize::from(be16(data, ip + 2)?);
        let end = if total == 0 { data.len() } else { ip + total };
        let transport = (offset == 0).then_some(ip + length);
        return Some(Headers {
            ip,
            version,
            protocol: *data.get(ip + 9)?,
            transport,
            fragmented: offset > 0 || more,
            end,
        });
    }
    let length = usize::from(be16(data, ip + 4)?);
    let end = if length == 0 { data.len() } else { ip + 40 + length };
    let (mut protocol, mut at, mut fragment) = (*data.get(ip + 6)?, ip + 40, 0);
    let mut fragmented = false;
    while matches!(protocol, 0 | 43 | 44 | 60) {
        let next = *data.get(at)?;
        if protocol == 44 {
            fragment = be16(data, at + 2)? >> 3;
            fragmented = true;
            at += 8;
        } else {
            at += (usize::from(*data.get(at + 1)?) + 1) * 8;
        }
        protocol = next;
        if fragment > 0 {
            break;
        }
    }
    Some(Headers { ip, version, protocol, transport: (fragment == 0).then_some(at), fragmented, end })
}

/// The IP headers of a packet, if it is one.
pub fn headers(packet: &Packet) -> Option<Headers> {
    let (at, ether_type) = network(packet)?;
    matches!(ether_type, 0x0800 | 0x86dd).then(|| ip_headers(&packet.data, at)).flatten()
}

/// A TCP segment: where its header and payload stand.
#[derive(Debug, Clone, Copy)]
pub struct Tcp {
    pub ip: Headers,
    pub header: usize,
    pub payload: usize,
    /// Behind the last byte that was sent.
    pub end: usize,
}

pub fn tcp(packet: &Packet) -> Option<Tcp> {
    let ip = headers(packet).filter(|ip| ip.protocol == TCP)?;
    let header = ip.transport?;
    let payload = header + usize::from(*packet.data.get(header + 12)? >> 4) * 4;
    Some(Tcp { ip, header, payload, end: ip.end })
}

/// Puts bytes in place of others; the checksum at `sum`, counted from `from`, changes by the difference.
fn patch(data: &mut [u8], (sum, from): (usize, usize), at: usize, new: &[u8]) {
    let Some(old) = data.get(at..at + new.len()).map(<[u8]>::to_vec) else { return };
    data[at..at + new.len()].copy_from_slice(new);
    adjust(data, sum, at - from, &old, new);
}

/// Changes a checksum as if `old` at this distance had become `new`.
fn adjust(data: &mut [u8], sum: usize, distance: usize, old: &[u8], new: &[u8]) {
    let Some(before) = be16(data, sum) else { return };
    let mut total = u32::from(!before);
    for (i, (old, new)) in old.iter().zip(new).enumerate() {
        let shift = if (distance + i).is_multiple_of(2) { 8 } else { 0 };
        total += u32::from(!(u16::from(*old) << shift)) + (u32::from(*new) << shift);
    }
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    data[sum..sum + 2].copy_from_slice(&(!u16::try_from(total).unwrap()).to_be_bytes());
}

/// A checksum of the Internet (RFC 1071) over these parts, each of an even length but the last.
pub fn checksum(parts: &[&[u8]]) -> u16 {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    let mut total: u32 = parts.iter().flat_map(|part| part.chunks(2)).map(word).sum();
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    !u16::try_from(total).unwrap()
}

/// Sets TTL or hop limit.
pub fn set_ttl(packet: &mut Packet, ttl: u8) {
    let Some(ip) = headers(packet) else { return };
    let at = if ip.version == 4 { ip.ip + 8 } else { ip.ip + 7 };
    if ip.version == 4 {
        patch(&mut packet.data, (ip.ip + 10, ip.ip), at, &[ttl]);
    } else {
        packet.data[at] = ttl;
    }
}

/// Lowers TTL or hop limit, as a router does.
pub fn lower_ttl(packet: &mut Packet) {
    let Some(ip) = headers(packet) else { return };
    let ttl = packet.data[if ip.version == 4 { ip.ip + 8 } else { ip.ip + 7 }];
    set_ttl(packet, ttl.saturating_sub(1));
}

/// The identification of a whole IPv4 datagram, as some stacks and middleboxes leave it (RFC 6864 §4.1).
pub fn clear_identification(packet: &mut Packet) {
    set_identification(packet, 0);
}

/// A checksum that the card was to fill in.
pub fn spoil_checksum(packet: &mut Packet) {
    if let Some(byte) = tcp(packet).and_then(|segment| packet.data.get_mut(segment.header + 16)) {
        *byte ^= 0x5a;
    }
}

/// SYN, FIN or RST, or no TCP at all: what a filter for these flags is mostly made to keep.
pub fn has_flags(packet: &Packet) -> bool {
    tcp(packet).is_none_or(|segment| packet.data.get(segment.header + 13).is_none_or(|flags| flags & 7 != 0))
}

/// A SYN, or the SYN+ACK.
pub fn has_syn(packet: &Packet) -> bool {
    tcp(packet).is_some_and(|segment| packet.data.get(segment.header + 13).is_some_and(|flags| flags & 2 != 0))
}

/// A TCP segment with payload.
pub fn has_payload(packet: &Packet) -> bool {
    tcp(packet).is_some_and(|segment| segment.payload < segment.end)
}

/// An address and a port as bytes: who sends a segment.
type End = Vec<u8>;

/// Who sends a segment, and who receives it.
pub fn ends(data: &[u8], ip: &Headers, tcp: usize) -> Option<(End, End)> {
    let (source, destination) = addresses(ip);
    let end = |address: (usize, usize), port: usize| {
        Some([data.get(address.0..address.0 + address.1)?, data.get(port..port + 2)?].concat())
    };
    Some((end(source, tcp)?, end(destination, tcp + 2)?))
}

/// The address that sends an IP packet.
pub fn source(packet: &Packet) -> Option<Vec<u8>> {
    let (source, _) = addresses(&headers(packet)?);
    packet.data.get(source.0..source.0 + source.1).map(<[u8]>::to_vec)
}

/// The ends of a connection, in the same order for both directions.
pub fn connection(packet: &Packet) -> Option<[Vec<u8>; 2]> {
    let segment = tcp(packet)?;
    let (source, destination) = ends(&packet.data, &segment.ip, segment.header)?;
    let mut ends = [source, destination];
    ends.sort();
    Some(ends)
}

/// Who sends a segment, and its sequence number.
pub fn sender(packet: &Packet) -> Option<(Vec<u8>, u32)> {
    let segment = tcp(packet)?;
    let (source, _) = ends(&packet.data, &segment.ip, segment.header)?;
    Some((source, be32(&packet.data, segment.header + 4)?))
}

/// Offset and length of both addresses.
fn addresses(ip: &Headers) -> ((usize, usize), (usize, usize)) {
    if ip.version == 4 { ((ip.ip + 12, 4), (ip.ip + 16, 4)) } else { ((ip.ip + 8, 16), (ip.ip + 24, 16)) }
}

/// The IP header that an ICMP error quotes.
fn quoted(data: &[u8], ip: &Headers) -> Option<Headers> {
    let icmp = ip.transport?;
    let kind = *data.get(icmp)?;
    let error = match ip.protocol {
        ICMP => matches!(kind, 3 | 5 | 11 | 12),
        ICMP6 => kind < 128,
        _ => false,
    };
    error.then(|| ip_headers(data, icmp + 8)).flatten()
}

/// Who sends, and with which sequence number the stream begins: all numbers move by `add(sender)`.
pub fn shift_sequences(packet: &mut Packet, add: &dyn Fn(&[u8]) -> u32) {
    let Some(ip) = headers(packet) else { return };
    let data = &mut packet.data;
    if ip.protocol == TCP {
        if let Some(tcp) = ip.transport {
            shift_segment(data, &ip, tcp, (tcp + 16, tcp), add);
        }
    } else if let Some(inner) = quoted(data, &ip)
        && let (Some(icmp), Some(tcp)) = (ip.transport, inner.transport)
    {
        shift_segment(data, &inner, tcp, (icmp + 2, icmp), add);
    }
}

fn shift_segment(data: &mut [u8], ip: &Headers, tcp: usize, sum: (usize, usize), add: &dyn Fn(&[u8]) -> u32) {
    let Some((source, destination)) = ends(data, ip, tcp) else { return };
    let (own, other) = (add(&source), add(&destination));
    let flags = data.get(tcp + 13).copied().unwrap_or(0);
    let shift = |data: &mut [u8], at: usize, add: u32| {
        if let Some(number) = be32(data, at) {
            patch(data, sum, at, &number.wrapping_add(add).to_be_bytes());
        }
    };
    // A reset in answer to a SYN has the sequence number 0 whatever the stream (RFC 9293 §3.5.2).
    let refuses = flags & 4 != 0 && be32(data, tcp + 4) == Some(0);
    if !refuses {
        shift(data, tcp + 4, own);
    }
    if flags & 0x10 != 0 {
        shift(data, tcp + 8, other);
    }
    let end = tcp + usize::from(data.get(tcp + 12).map_or(5, |byte| byte >> 4)) * 4;
    let mut at = tcp + 20;
    while at < end.min(data.len()) {
        match data[at] {
            0 => break,
            1 => at += 1,
            kind => {
                let length = usize::from(data.get(at + 1).copied().unwrap_or(2)).max(2);
                for edge in (at + 2..(at + length).min(end)).step_by(4).filter(|_| kind == 5) {
                    shift(data, edge, other);
                }
                at += length;
            }
        }
    }
}

/// Gives every host another address.
pub fn renumber(packet: &mut Packet, change: &dyn Fn(IpAddr) -> IpAddr) {
    let Some(ip) = headers(packet) else { return };
    let data = &mut packet.data;
    if let Some(inner) = quoted(data, &ip)
        && let Some(icmp) = ip.transport
    {
        // The quoted header's own checksum is part of what ICMP sums up: both change.
        replace_addresses(data, &inner, change, &mut |data, at, old, new| {
            adjust(data, icmp + 2, at - icmp, old, new);
            if inner.version == 4
                && let Some(before) = data.get(inner.ip + 10..inner.ip + 12).map(<[u8]>::to_vec)
            {
                adjust(data, inner.ip + 10, at - inner.ip, old, new);
                let after = data[inner.ip + 10..inner.ip + 12].to_vec();
                adjust(data, icmp + 2, inner.ip + 10 - icmp, &before, &after);
            }
        });
    }
    let transport_sum = ip.transport.and_then(|at| match ip.protocol {
        TCP => Some(at + 16),
        ICMP6 => Some(at + 2),
        _ => None,
    });
    replace_addresses(data, &ip, change, &mut |data, at, old, new| {
        if ip.version == 4 {
            adjust(data, ip.ip + 10, at - ip.ip, old, new);
        }
        if let Some(sum) = transport_sum {
            adjust(data, sum, at - ip.ip, old, new);
        }
    });
}

type Adjust<'a> = &'a mut dyn FnMut(&mut [u8], usize, &[u8], &[u8]);

fn replace_addresses(data: &mut [u8], ip: &Headers, change: &dyn Fn(IpAddr) -> IpAddr, sums: Adjust<'_>) {
    let (source, destination) = addresses(ip);
    for (at, length) in [source, destination] {
        let Some(old) = data.get(at..at + length).map(<[u8]>::to_vec) else { continue };
        let address = match <[u8; 4]>::try_from(old.as_slice()) {
            Ok(four) => IpAddr::V4(Ipv4Addr::from(four)),
            Err(_) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(old.as_slice()).unwrap())),
        };
        let new = match change(address) {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        data[at..at + length].copy_from_slice(&new);
        sums(data, at, &old, &new);
    }
}

/// The segment in pieces of these lengths; none where the packet was cut, fragmented or has no payload.
pub fn split(packet: &Packet, mut length: impl FnMut() -> usize) -> Option<Vec<Packet>> {
    let segment = tcp(packet).filter(|segment| !segment.ip.fragmented)?;
    let Tcp { ip, header, payload, end } = segment;
    if end > packet.data.len() || payload >= end || packet.data[header + 13] & 2 != 0 {
        return None;
    }
    let (head, bytes) = (&packet.data[..payload], &packet.data[payload..end]);
    let (sequence, flags) = (be32(head, header + 4)?, head[header + 13]);
    let (mut pieces, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let next = (at + length().max(1)).min(bytes.len());
        let mut data = [head, &bytes[at..next]].concat();
        let number = sequence.wrapping_add(u32::try_from(at).unwrap());
        data[header + 4..header + 8].copy_from_slice(&number.to_be_bytes());
        if next < bytes.len() {
            data[header + 13] = flags & !0b1001;
        }
        finish(&mut data, &ip, header);
        pieces.push(Packet::whole(packet.time, packet.link, data));
        at = next;
    }
    Some(pieces)
}

/// Sets the lengths and checksums of a packet whose data end where the IP packet does.
pub fn finish(data: &mut [u8], ip: &Headers, header: usize) {
    let total = u16::try_from(data.len() - ip.ip).unwrap();
    if ip.version == 4 {
        data[ip.ip + 2..ip.ip + 4].copy_from_slice(&total.to_be_bytes());
        data[ip.ip + 10..ip.ip + 12].fill(0);
        let sum = checksum(&[&data[ip.ip..header]]);
        data[ip.ip + 10..ip.ip + 12].copy_from_slice(&sum.to_be_bytes());
    } else {
        data[ip.ip + 4..ip.ip + 6].copy_from_slice(&(total - 40).to_be_bytes());
    }
    data[header + 16..header + 18].fill(0);
    let (source, destination) = addresses(ip);
    let length = u32::try_from(data.len() - header).unwrap().to_be_bytes();
    let pseudo = [
        &data[source.0..source.0 + source.1],
        &data[destination.0..destination.0 + destination.1],
        &length,
        &[0, 0, 0, TCP],
    ];
    let sum = checksum(&[pseudo[0], pseudo[1], pseudo[2], pseudo[3], &data[header..]]);
    data[header + 16..header + 18].copy_from_slice(&sum.to_be_bytes());
}

/// Replaces options of this kind by padding (NOP, RFC 9293 §3.1), as some firewalls do.
pub fn pad_option(packet: &mut Packet, kind: u8) {
    let Some(segment) = tcp(packet) else { return };
    let (mut at, end) = (segment.header + 20, segment.payload.min(packet.data.len()));
    while at < end {
        let length = match packet.data[at] {
            0 => break,
            1 => 1,
            _ => usize::from(packet.data.get(at + 1).copied().unwrap_or(2)).max(2),
        };
        if packet.data[at] == kind && at + length <= end {
            patch(&mut packet.data, (segment.header + 16, segment.header), at, &vec![1; length]);
        }
        at += length;
    }
}

/// Changes the flags of a segment.
pub fn change_flags(packet: &mut Packet, change: impl Fn(u8) -> u8) {
    let Some(segment) = tcp(packet) else { return };
    let at = segment.header + 13;
    let Some(&flags) = packet.data.get(at) else { return };
    patch(&mut packet.data, (segment.header + 16, segment.header), at, &[change(flags)]);
}

/// Changes DSCP and ECN (the second byte of an IPv4 header; in IPv6 it lies across two).
pub fn set_traffic_class(packet: &mut Packet, class: u8) {
    let Some(ip) = headers(packet) else { return };
    if ip.version == 4 {
        patch(&mut packet.data, (ip.ip + 10, ip.ip), ip.ip + 1, &[class]);
    } else {
        packet.data[ip.ip] = 0x60 | class >> 4;
        packet.data[ip.ip + 1] = packet.data[ip.ip + 1] & 15 | class << 4;
    }
}

/// Sets the identification of a whole IPv4 datagram.
pub fn set_identification(packet: &mut Packet, id: u16) {
    let Some(ip) = headers(packet).filter(|ip| ip.version == 4 && !ip.fragmented) else { return };
    patch(&mut packet.data, (ip.ip + 10, ip.ip), ip.ip + 4, &id.to_be_bytes());
}

/// The same segment over IPv6; none of what is no whole TCP segment in a plain header of IPv4. Other layers than IP stay.
pub fn to_ipv6(packet: &Packet) -> Option<Packet> {
    const KIND: [u8; 2] = [0x86, 0xdd];
    let Some(ip) = headers(packet) else { return Some(packet.clone()) };
    let segment = tcp(packet).filter(|segment| {
        ip.version == 4 && !ip.fragmented && segment.header == ip.ip + 20 && segment.end >= segment.header
    })?;
    let (at, data) = (ip.ip, &packet.data);
    let mut new = data[..at].to_vec();
    match packet.link {
        LinkType::Ethernet => new[at - 2..at].copy_from_slice(&KIND),
        LinkType::LinuxSll => new[14..16].copy_from_slice(&KIND),
        LinkType::LinuxSll2 => new[..2].copy_from_slice(&KIND),
        _ => {}
    }
    let (class, ttl) = (data[at + 1], data[at + 8]);
    let length = u16::try_from(segment.end - segment.header).unwrap().to_be_bytes();
    new.extend([0x60 | class >> 4, class << 4, 0, 0, length[0], length[1], TCP, ttl]);
    let address = |at: usize| [&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0][..], &data[at..at + 4]].concat();
    let addresses = [address(at + 12), address(at + 16)].concat();
    new.extend(&addresses);
    let header = new.len();
    new.extend(&data[segment.header..]);
    let before = [&data[at + 12..at + 20], &[0; 24][..]].concat();
    adjust(&mut new, header + 16, 0, &before, &addresses);
    Some(Packet { wire_len: packet.wire_len + 20, data: new, ..packet.clone() })
}
