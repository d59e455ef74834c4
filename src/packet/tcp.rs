//! TCP headers (RFC 9293 §3.1), their options and checksum.

use super::descent::{IpHeader, Trail};
use super::{CapturedPacket, Checksum, Endpoint, Flags, Octets, SackBlocks, Segment, TcpOptions, ip};
use std::net::IpAddr;

/// Source and destination port, where they were captured.
pub(super) fn ports(octets: Octets<'_>) -> Option<(u16, u16)> {
    let ([s1, s2, d1, d2], _) = octets.split::<4>()?;
    Some((u16::from_be_bytes([*s1, *s2]), u16::from_be_bytes([*d1, *d2])))
}

/// Sequence number, where it was captured.
pub(super) fn sequence(octets: Octets<'_>) -> Option<u32> {
    let ([_, _, _, _, sequence @ ..], _) = octets.split::<8>()?;
    Some(u32::from_be_bytes(*sequence))
}

/// Reads a segment; else says what is wrong with it.
pub(super) fn segment<'d>(
    packet: &CapturedPacket<'_>,
    trail: &Trail,
    octets: Octets<'d>,
) -> Result<Segment<'d>, &'static str> {
    let ip = trail.ip.as_ref().ok_or("no IP header before TCP")?;
    let (header, rest) = octets.split::<20>().ok_or("ends inside the TCP header")?;
    let [p1, p2, p3, p4, s1, s2, s3, s4, a1, a2, a3, a4, offset, flags, w1, w2, ..] = *header;
    let header_length = usize::from(offset >> 4) << 2;
    let options_length = header_length.checked_sub(20).ok_or("TCP data offset under 20 bytes")?;
    let payload_len = octets.length().checked_sub(header_length).ok_or("TCP header longer than its packet")?;
    let (area, payload) = rest.captured().split_at_checked(options_length).unwrap_or((rest.captured(), &[]));
    let flags = Flags(flags);
    Ok(Segment {
        packet: packet.id,
        time: packet.time,
        source: Endpoint { address: ip.source, port: u16::from_be_bytes([p1, p2]) },
        destination: Endpoint { address: ip.destination, port: u16::from_be_bytes([p3, p4]) },
        ip: super::IpFacts { fragmented: trail.reassembled, ..ip.facts },
        seq: u32::from_be_bytes([s1, s2, s3, s4]),
        ack: u32::from_be_bytes([a1, a2, a3, a4]),
        flags,
        window: u16::from_be_bytes([w1, w2]),
        options: options(area, options_length, flags.syn()),
        payload,
        payload_len: u32::try_from(payload_len).unwrap_or(u32::MAX),
        checksum: if payload_len > CHECKED_PAYLOAD { Checksum::Unknown } else { checksum(ip, octets) },
        source_mac: trail.source_mac,
        tunneled: !trail.tunnels.is_empty(),
    })
}

/// Longest payload whose checksum is verified: a full segment of an Ethernet without jumbo frames. What is longer was
/// mostly captured before the network card cut it and filled the checksum in.
const CHECKED_PAYLOAD: usize = 1_600;

/// Options, as far as they were captured; `length` is what the data offset says. RFC 9293 §3.2.
fn options(area: &[u8], length: usize, syn: bool) -> TcpOptions {
    let cut = area.len() < length;
    let mut found = TcpOptions { length: u8::try_from(length).unwrap_or(u8::MAX), ..TcpOptions::default() };
    let mut rest = area;
    loop {
        match rest {
            [] | [0, ..] => return found,
            [1, after @ ..] => rest = after,
            [kind, size, ..] => {
                let option = rest.split_at_checked(usize::from(*size));
                match option.and_then(|(option, after)| Some((option.get(2..)?, after))) {
                    Some((data, after)) if note(&mut found, *kind, data, syn) => rest = after,
                    Some(_) => break,
                    // Reaches beyond what was captured: no fault of the sender's.
                    None if cut && *size >= 2 => return found,
                    None => break,
                }
            }
            [_] if cut => return found,
            [_] => break,
        }
    }
    found.malformed = true;
    found
}

/// Notes one option; false if its length is not that of its kind. Those of the handshake count on SYN only, as in stacks.
fn note(found: &mut TcpOptions, kind: u8, data: &[u8], syn: bool) -> bool {
    match (kind, data) {
        (2, [a, b]) if syn => found.mss = Some(u16::from_be_bytes([*a, *b])),
        (3, [shift]) if syn => found.window_scale = Some(*shift),
        (4, []) if syn => found.sack_permitted = true,
        (5, blocks) if matches!(blocks.len(), 8 | 16 | 24 | 32) => found.sack = sack(blocks),
        (8, [a, b, c, d, e, f, g, h]) => {
            found.timestamps = Some((u32::from_be_bytes([*a, *b, *c, *d]), u32::from_be_bytes([*e, *f, *g, *h])));
        }
        (2, [_, _]) | (3, [_]) | (4, []) => {}
        (2..=5 | 8, _) => return false,
        _ => {}
    }
    true
}

fn sack(data: &[u8]) -> SackBlocks {
    let mut sack = SackBlocks::default();
    for (block, bytes) in sack.blocks.iter_mut().zip(data.as_chunks::<8>().0) {
        let [a, b, c, d, e, f, g, h] = *bytes;
        *block = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
        sack.count = sack.count.saturating_add(1);
    }
    sack
}

/// Verifies the checksum over the pseudo header and the segment (RFC 9293 §3.1, RFC 8200 §8.1).
fn checksum(ip: &IpHeader, octets: Octets<'_>) -> Checksum {
    let Ok(length) = u32::try_from(octets.length()) else { return Checksum::Unknown };
    if !octets.is_whole() || !ip.destination_final {
        return Checksum::Unknown;
    }
    let addresses = match (ip.source, ip.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => sum(&source.octets()).wrapping_add(sum(&destination.octets())),
        (IpAddr::V6(source), IpAddr::V6(destination)) => sum(&source.octets()).wrapping_add(sum(&destination.octets())),
        _ => return Checksum::Unknown,
    };
    let pseudo = addresses.wrapping_add(sum(&length.to_be_bytes())).wrapping_add(sum(&[0, ip::TCP]));
    // At most some 1,700 bytes: far from an overflow of 64 bits.
    let mut total = pseudo.wrapping_add(sum(octets.captured()));
    while total > 0xffff {
        total = (total >> 16).wrapping_add(total & 0xffff);
    }
    if total == 0xffff { Checksum::Valid } else { Checksum::Invalid }
}

/// Sum of words in the byte order of this machine: whether it folds to 0xffff does not depend on it (RFC 1071 §2), and words
/// of four bytes fold to the same as words of two.
fn sum(bytes: &[u8]) -> u64 {
    let (words, tail) = bytes.as_chunks::<4>();
    let mut last = [0; 4];
    for (to, from) in last.iter_mut().zip(tail) {
        *to = *from;
    }
    let start = u64::from(u32::from_ne_bytes(last));
    words.iter().fold(start, |sum, word| sum.wrapping_add(u64::from(u32::from_ne_bytes(*word))))
}
