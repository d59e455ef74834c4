//! TCP headers (RFC 9293 §3.1), their options and checksum.

use super::descent::IpHeader;
use super::{CapturedPacket, Checksum, Endpoint, Flags, Octets, Segment, TcpOptions, ip};
use std::net::IpAddr;

/// Source and destination port, where they were captured.
pub(super) fn ports(octets: Octets<'_>) -> Option<(u16, u16)> {
    let [s1, s2, d1, d2] = octets.peek()?;
    Some((u16::from_be_bytes([*s1, *s2]), u16::from_be_bytes([*d1, *d2])))
}

/// Sequence number, where it was captured.
pub(super) fn sequence(octets: Octets<'_>) -> Option<u32> {
    let [_, _, _, _, sequence @ ..] = octets.peek::<8>()?;
    Some(u32::from_be_bytes(*sequence))
}

/// A segment taken apart.
pub(super) struct Parts<'d> {
    ip: IpHeader,
    octets: Octets<'d>,
    source_mac: u16,
    tunneled: bool,
    header: &'d [u8; 20],
    /// The options, as far as they were captured, and their length.
    area: &'d [u8],
    options_length: usize,
    payload: &'d [u8],
    payload_len: usize,
}

impl<'d> Parts<'d> {
    /// Takes a segment apart; else says what is wrong with it.
    #[inline]
    pub(super) fn of(ip: IpHeader, octets: Octets<'d>, source_mac: u16, tunneled: bool) -> Result<Self, &'static str> {
        let (header, rest) = octets.captured().split_first_chunk::<20>().ok_or("ends inside the TCP header")?;
        let header_length = usize::from(header[12] >> 4) << 2;
        let options_length = header_length.checked_sub(20).ok_or("TCP data offset under 20 bytes")?;
        let payload_len = octets.length().checked_sub(header_length).ok_or("TCP header longer than its packet")?;
        let (area, payload) = rest.split_at_checked(options_length).unwrap_or((rest, &[]));
        Ok(Self { ip, octets, source_mac, tunneled, header, area, options_length, payload, payload_len })
    }

    /// Reads its fields.
    #[inline(always)]
    pub(super) fn read(self, packet: &CapturedPacket<'_>) -> Segment<'d> {
        let Self { ip, octets, source_mac, tunneled, header, area, options_length, payload, payload_len } = self;
        let [p1, p2, p3, p4, s1, s2, s3, s4, a1, a2, a3, a4, _, flags, w1, w2, ..] = *header;
        let flags = Flags(flags);
        Segment {
            packet: packet.id,
            time: packet.time,
            source: Endpoint { address: ip.source, port: u16::from_be_bytes([p1, p2]) },
            destination: Endpoint { address: ip.destination, port: u16::from_be_bytes([p3, p4]) },
            ip: ip.facts,
            seq: u32::from_be_bytes([s1, s2, s3, s4]),
            ack: u32::from_be_bytes([a1, a2, a3, a4]),
            flags,
            window: u16::from_be_bytes([w1, w2]),
            options: options(area, options_length, flags.syn()),
            payload,
            payload_len: u32::try_from(payload_len).unwrap_or(u32::MAX),
            checksum: if payload_len > CHECKED_PAYLOAD { Checksum::Unknown } else { checksum(&ip, octets) },
            source_mac,
            tunneled,
        }
    }
}

/// Longest payload whose checksum is verified: a full segment of an Ethernet without jumbo frames. What is longer was
/// mostly captured before the network card cut it and filled the checksum in.
const CHECKED_PAYLOAD: usize = 1_600;

/// Options, as far as they were captured; `length` is what the data offset says. RFC 9293 §3.2.
#[inline(always)]
fn options(area: &[u8], length: usize, syn: bool) -> TcpOptions {
    let length_in_full = u8::try_from(length).unwrap_or(u8::MAX);
    // What most segments carry (RFC 7323 appendix A), without a loop.
    if let [1, 1, 8, 10, a, b, c, d, e, f, g, h] = area {
        let stamps = (u32::from_be_bytes([*a, *b, *c, *d]), u32::from_be_bytes([*e, *f, *g, *h]));
        return TcpOptions { timestamps: Some(stamps), length: length_in_full, ..TcpOptions::default() };
    }
    let mut found = TcpOptions { length: length_in_full, ..TcpOptions::default() };
    if !area.is_empty() {
        list(&mut found, area, area.len() < length, syn);
    }
    found
}

/// Notes the options of a list; `cut`: some were not captured.
fn list(found: &mut TcpOptions, area: &[u8], cut: bool, syn: bool) {
    let mut rest = area;
    loop {
        match rest {
            [] | [0, ..] => return,
            [1, after @ ..] => rest = after,
            [kind, size, ..] => {
                let option = rest.split_at_checked(usize::from(*size));
                match option.and_then(|(option, after)| Some((option.get(2..)?, after))) {
                    Some((data, after)) if note(found, *kind, data, syn) => rest = after,
                    Some(_) => break,
                    // Reaches beyond what was captured: no fault of the sender's.
                    None if cut && *size >= 2 => return,
                    None => break,
                }
            }
            [_] if cut => return,
            [_] => break,
        }
    }
    found.malformed = true;
}

/// Notes one option; false if its length is not that of its kind. Those of the handshake count on SYN only, as in stacks.
fn note(found: &mut TcpOptions, kind: u8, data: &[u8], syn: bool) -> bool {
    match (kind, data) {
        (2, [a, b]) if syn => found.mss = Some(u16::from_be_bytes([*a, *b])),
        (3, [shift]) if syn => found.window_scale = Some(*shift),
        (4, []) if syn => found.sack_permitted = true,
        (5, [a, b, c, d, e, f, g, h, further @ ..]) if matches!(further.len(), 0 | 8 | 16 | 24) => {
            found.sack = Some((u32::from_be_bytes([*a, *b, *c, *d]), u32::from_be_bytes([*e, *f, *g, *h])));
        }
        (8, [a, b, c, d, e, f, g, h]) => {
            found.timestamps = Some((u32::from_be_bytes([*a, *b, *c, *d]), u32::from_be_bytes([*e, *f, *g, *h])));
        }
        (2, [_, _]) | (3, [_]) | (4, []) => {}
        (2..=5 | 8, _) => return false,
        _ => {}
    }
    true
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
/// of four bytes fold to the same as words of two. Eight bytes at a time in four sums that do not wait for each other.
fn sum(bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<32>();
    let mut sums = [0_u64; 4];
    for block in blocks {
        for (sum, eight) in sums.iter_mut().zip(block.as_chunks::<8>().0) {
            let eight = u64::from_ne_bytes(*eight);
            *sum = sum.wrapping_add(eight & 0xffff_ffff).wrapping_add(eight >> 32);
        }
    }
    let (words, tail) = rest.as_chunks::<4>();
    let mut last = [0; 4];
    for (to, from) in last.iter_mut().zip(tail) {
        *to = *from;
    }
    let start = sums.iter().fold(u64::from(u32::from_ne_bytes(last)), |sum, more| sum.wrapping_add(*more));
    words.iter().fold(start, |sum, word| sum.wrapping_add(u64::from(u32::from_ne_bytes(*word))))
}

#[cfg(test)]
mod tests {
    use super::super::crafted::{addresses_4, captured, decode, ipv4, segment as crafted_segment, ssh_4};
    use super::super::{LinkType, ip};
    use super::*;

    /// Options of a SYN, padded with the end of the list.
    fn options_of(flags: u8, list: &[u8]) -> TcpOptions {
        let mut list = list.to_vec();
        list.resize(list.len().next_multiple_of(4), 0);
        let data = ipv4(ip::TCP, &crafted_segment(22, flags, &list, b"", &addresses_4()));
        decode(&captured(LinkType::Raw, &data)).expect("a segment").options
    }

    #[test]
    fn every_field_is_where_it_should_be() {
        let data = ssh_4().1;
        let segment = decode(&captured(LinkType::Raw, &data)).expect("a segment");
        assert_eq!((segment.source.port, segment.destination.port), (40_000, 22));
        assert_eq!((segment.seq, segment.ack, segment.window), (1_000, 2_000, 512));
        assert!(segment.flags.ack() && segment.flags.psh() && !segment.flags.syn());
        assert_eq!((segment.payload, segment.payload_len), (&b"SSH-2.0-x\r\n"[..], 11));
        assert_eq!(segment.checksum, Checksum::Valid);
    }

    #[test]
    fn a_changed_bit_breaks_the_checksum_at_any_length() {
        for length in 0..20 {
            let payload: Vec<u8> = (1..=length).collect();
            let mut data = ipv4(ip::TCP, &crafted_segment(22, 16, &[], &payload, &addresses_4()));
            assert_eq!(decode(&captured(LinkType::Raw, &data)).expect("a segment").checksum, Checksum::Valid);
            let last = data.len() - 1;
            data[last] ^= 0x40;
            assert_eq!(decode(&captured(LinkType::Raw, &data)).expect("a segment").checksum, Checksum::Invalid);
        }
    }

    #[test]
    fn long_segments_are_not_summed_up() {
        for (length, checksum) in [(CHECKED_PAYLOAD, Checksum::Valid), (CHECKED_PAYLOAD + 1, Checksum::Unknown)] {
            let data = ipv4(ip::TCP, &crafted_segment(22, 16, &[], &vec![7; length], &addresses_4()));
            assert_eq!(decode(&captured(LinkType::Raw, &data)).expect("a segment").checksum, checksum);
        }
    }

    #[test]
    fn the_options_of_a_linux_syn() {
        let list = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 2, 0, 1, 3, 3, 7];
        let expected = TcpOptions {
            mss: Some(1_460),
            window_scale: Some(7),
            sack_permitted: true,
            timestamps: Some((256, 512)),
            length: 20,
            ..TcpOptions::default()
        };
        assert_eq!(options_of(2, &list), expected);
        let later = options_of(16, &list);
        assert_eq!((later.mss, later.window_scale, later.sack_permitted), (None, None, false));
        assert_eq!(later.timestamps, Some((256, 512)));
    }

    #[test]
    fn the_first_sack_block_counts() {
        let list = [1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4];
        assert_eq!(options_of(16, &list).sack, Some((1, 2)));
        assert_eq!(options_of(16, &list[..12]).sack, None, "its length says that there is more");
    }

    #[test]
    fn damage_ends_the_options_and_keeps_what_came_before() {
        let lengths =
            [[9, 0, 1, 1], [9, 1, 1, 1], [9, 40, 1, 1], [3, 4, 1, 1], [8, 2, 1, 1], [5, 3, 1, 1], [1, 1, 1, 2]];
        for damage in lengths {
            let options = options_of(2, &[[2, 4, 5, 0xb4], damage, [3, 3, 7, 0]].concat());
            assert_eq!((options.mss, options.malformed), (Some(1_460), true), "{damage:?}");
            assert_eq!(options.window_scale, None, "{damage:?}");
        }
        assert!(options_of(2, &[1, 1, 1, 2]).malformed, "a kind without its length");
        assert!(!options_of(2, &[0x99, 3, 7, 0]).malformed, "an unknown kind");
    }

    #[test]
    fn a_cut_header_gives_what_is_there() {
        let list = [2, 4, 5, 0xb4, 8, 10, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0];
        let data = ipv4(ip::TCP, &crafted_segment(22, 2, &list, b"data", &addresses_4()));
        let segment = decode(&captured(LinkType::Raw, &data[..50])).expect("20 bytes of TCP are there");
        assert_eq!((segment.options.mss, segment.options.timestamps), (Some(1_460), None));
        assert!(!segment.options.malformed);
        assert_eq!((segment.options.length, segment.payload, segment.payload_len), (16, &[][..], 4));
        let reason = decode(&captured(LinkType::Raw, &data[..39])).err();
        assert_eq!(reason, Some(Some("ends inside the TCP header")));
    }

    #[test]
    fn an_impossible_data_offset_is_no_segment() {
        let mut data = ssh_4().1;
        for (offset, reason) in [(0x40, "TCP data offset under 20 bytes"), (0xf0, "TCP header longer than its packet")]
        {
            data[32] = offset;
            assert_eq!(decode(&captured(LinkType::Raw, &data)).err(), Some(Some(reason)));
        }
    }
}
