//! The blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian, each written to the end of a buffer.

use super::{Direction, Interface, Statistics};
use crate::limits;
use crate::packet::CapturedPacket;
use crate::time::Timestamp;

/// Block types (§4, §11.1).
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const JOURNAL: u32 = 9;

/// Options that every block may have (§3.5).
const END_OF_OPTIONS: u16 = 0;
const COMMENT: u16 = 1;

/// Longest value of an option: its length field has 16 bits, and four bytes of padding must not overflow it.
const OPTION_BYTES: usize = 65_532;

/// The program's name as it stands in the section header.
pub(super) const WRITER: &str = concat!("sshwire ", env!("CARGO_PKG_VERSION"));

/// A section header (§4.1) of unknown length: hardware, operating system, program.
pub(super) fn section_header(out: &mut Vec<u8>, hardware: &str, os: &str) {
    block(out, SECTION_HEADER, |out| {
        out.extend(0x1a2b_3c4d_u32.to_le_bytes());
        out.extend(1_u16.to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out.extend(u64::MAX.to_le_bytes());
        for (code, text) in [(2, hardware), (3, os), (4, WRITER)] {
            option(out, code, text.as_bytes());
        }
        end_of_options(out);
    });
}

/// Whether a file begins with a section header that this program wrote, whatever its version.
pub(super) fn is_ours(head: &[u8]) -> bool {
    let mut empty = Vec::new();
    section_header(&mut empty, "", "");
    let name = b"sshwire ";
    head.get(..4) == empty.get(..4)
        && head.get(8..12) == empty.get(8..12)
        && head.windows(name.len()).any(|window| window == name)
}

/// An interface description (§4.2) with time stamps in nanoseconds.
pub(super) fn interface_description(out: &mut Vec<u8>, interface: &Interface) {
    block(out, INTERFACE_DESCRIPTION, |out| {
        out.extend(interface.link.number().to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out.extend(interface.snaplen.to_le_bytes());
        option(out, 2, interface.name.as_bytes());
        if !interface.description.is_empty() {
            option(out, 3, interface.description.as_bytes());
        }
        // if_tsresol: 10^-9 s
        option(out, 9, &[9]);
        if !interface.filter.is_empty() {
            // if_filter: the first byte says that a text follows.
            option(out, 11, &[&[0], interface.filter.as_bytes()].concat());
        }
        end_of_options(out);
    });
}

/// An enhanced packet block (§4.3).
pub(super) fn enhanced_packet(
    out: &mut Vec<u8>,
    interface: u32,
    packet: &CapturedPacket<'_>,
    direction: Direction,
    comment: &str,
) {
    let data = packet.data.get(..limits::PACKET_BYTES).unwrap_or(packet.data);
    #[allow(clippy::cast_possible_truncation, reason = "PACKET_BYTES is far below 4 GB")]
    let captured = data.len() as u32;
    block(out, ENHANCED_PACKET, |out| {
        out.extend(interface.to_le_bytes());
        ticks(out, packet.time);
        out.extend(captured.to_le_bytes());
        out.extend(packet.wire_len.max(captured).to_le_bytes());
        padded(out, data);
        let flags = direction.flags();
        if flags != 0 {
            option(out, 2, &flags.to_le_bytes());
        }
        if !comment.is_empty() {
            option(out, COMMENT, comment.as_bytes());
        }
        if flags != 0 || !comment.is_empty() {
            end_of_options(out);
        }
    });
}

/// Interface statistics (§4.6): totals since the capture began.
pub(super) fn interface_statistics(out: &mut Vec<u8>, interface: u32, statistics: &Statistics, comment: &str) {
    block(out, INTERFACE_STATISTICS, |out| {
        out.extend(interface.to_le_bytes());
        ticks(out, statistics.until);
        if !comment.is_empty() {
            option(out, COMMENT, comment.as_bytes());
        }
        for (code, time) in [(2, statistics.since), (3, statistics.until)] {
            let mut value = Vec::with_capacity(8);
            ticks(&mut value, time);
            option(out, code, &value);
        }
        option(out, 4, &statistics.received.to_le_bytes());
        option(out, 5, &statistics.dropped.to_le_bytes());
        end_of_options(out);
    });
}

/// A journal entry (§4.7): a text with a time of its own, which Wireshark lists among the packets. Readers built on libpcap pass it over.
pub(super) fn journal_entry(out: &mut Vec<u8>, time: Timestamp, text: &str) {
    let microseconds = unsigned(time) / 1_000;
    let text = cut(text.as_bytes()).iter().map(|&byte| if byte == b'\n' { b' ' } else { byte });
    block(out, JOURNAL, |out| {
        let start = out.len();
        out.extend(format!("__REALTIME_TIMESTAMP={microseconds}\n").as_bytes());
        out.extend(b"SYSLOG_IDENTIFIER=sshwire\nMESSAGE=");
        out.extend(text);
        out.push(b'\n');
        pad(out, start);
    });
}

/// The length of the whole blocks at the beginning of these bytes, which are blocks of this module of which the end may be missing.
pub(super) fn whole(bytes: &[u8]) -> usize {
    split(bytes).map(|(_, block)| block.len()).sum()
}

/// The length of a block that begins like this.
pub(super) fn length(head: [u8; 8]) -> u32 {
    let [_, _, _, _, length @ ..] = head;
    u32::from_le_bytes(length)
}

/// Packets among these blocks.
pub(super) fn packets(blocks: &[u8]) -> u64 {
    split(blocks).filter(|&(kind, _)| kind == ENHANCED_PACKET).count() as u64
}

/// The interface descriptions among these blocks, or all others.
pub(super) fn descriptions(blocks: &[u8], wanted: bool) -> Vec<u8> {
    let found = split(blocks).filter(|&(kind, _)| (kind == INTERFACE_DESCRIPTION) == wanted);
    found.flat_map(|(_, block)| block).copied().collect()
}

/// Whole blocks with their types.
fn split(mut blocks: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let kind = u32::from_le_bytes(*blocks.first_chunk()?);
        let length = u32::from_le_bytes(blocks.get(4..8)?.try_into().ok()?) as usize;
        let (block, rest) = blocks.split_at_checked(length).filter(|_| length > 0)?;
        blocks = rest;
        Some((kind, block))
    })
}

/// Bytes that the block of a packet takes at most.
pub(super) fn packet_length(data: usize, comment: usize) -> usize {
    const HEADS_AND_FLAGS: usize = 32 + 8 + 4 + 4;
    HEADS_AND_FLAGS + data.next_multiple_of(4) + comment.next_multiple_of(4)
}

fn block(out: &mut Vec<u8>, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend(kind.to_le_bytes());
    out.extend([0; 4]);
    body(out);
    let length = u32::try_from(out.len() - start + 4).unwrap_or(u32::MAX).to_le_bytes();
    out[start + 4..start + 8].copy_from_slice(&length);
    out.extend(length);
}

fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let value = cut(value);
    out.extend(code.to_le_bytes());
    out.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
    padded(out, value);
}

/// A value as long as an option may have; a character is not cut in two.
fn cut(value: &[u8]) -> &[u8] {
    let mut end = value.len().min(OPTION_BYTES);
    while end < value.len() && end > 0 && value[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    &value[..end]
}

fn end_of_options(out: &mut Vec<u8>) {
    out.extend(END_OF_OPTIONS.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
}

fn padded(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.extend_from_slice(bytes);
    pad(out, start);
}

/// Zeros up to a multiple of four bytes since `start`.
fn pad(out: &mut Vec<u8>, start: usize) {
    let length = out.len() - start;
    out.resize(start + length.next_multiple_of(4), 0);
}

/// The two halves of a time stamp, the upper one first.
fn ticks(out: &mut Vec<u8>, time: Timestamp) {
    let ticks = unsigned(time);
    out.extend(((ticks >> 32) as u32).to_le_bytes());
    out.extend(((ticks & 0xffff_ffff) as u32).to_le_bytes());
}

/// The format knows no time before 1970.
fn unsigned(Timestamp(nanoseconds): Timestamp) -> u64 {
    u64::try_from(nanoseconds).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_blocks_count() {
        let mut out = Vec::new();
        section_header(&mut out, "x86_64", "Linux");
        let first = out.len();
        journal_entry(&mut out, Timestamp(5_000), "a\nb");
        for end in 0..=out.len() {
            let expected = if end < first {
                0
            } else if end < out.len() {
                first
            } else {
                end
            };
            assert_eq!(whole(&out[..end]), expected, "{end}");
        }
        assert!(out.ends_with(&u32::try_from(out.len() - first).unwrap_or_default().to_le_bytes()));
        let text = String::from_utf8_lossy(&out[first..]).into_owned();
        assert!(text.contains("__REALTIME_TIMESTAMP=5\nSYSLOG_IDENTIFIER=sshwire\nMESSAGE=a b\n"), "{text}");
    }

    #[test]
    fn our_own_files_are_known_by_their_section_header() {
        let mut ours = Vec::new();
        section_header(&mut ours, "x86_64", "Linux 6.1");
        assert!(is_ours(&ours));
        let others = String::from_utf8_lossy(&ours).replace("sshwire ", "dumpcap ");
        assert!(!is_ours(others.as_bytes()));
        assert!(!is_ours(b"sshwire is a program") && !is_ours(b""));
    }

    #[test]
    fn a_text_too_long_for_an_option_is_cut_between_characters() {
        let text = "ü".repeat(OPTION_BYTES);
        let kept = cut(text.as_bytes());
        assert!(kept.len() <= OPTION_BYTES && kept.len() > OPTION_BYTES - 4);
        assert!(std::str::from_utf8(kept).is_ok());
    }
}
