//! The first bytes of a binary packet in (RFC 4253 §6), its measures out, or why it can be none. Clear text only: no MAC, blocks of 8.

use super::message::number;
use super::wire::Reader;
use crate::limits;

/// Bytes of the packet_length field.
pub const LENGTH_FIELD: usize = 4;

/// Smallest packet_length: 16 bytes in all is the least (RFC 4253 §6).
pub const SMALLEST: u32 = 12;

/// Bytes that the packet must be a multiple of while no cipher is in use (RFC 4253 §6).
pub const BLOCK: u32 = 8;

/// Least padding in bytes (RFC 4253 §6).
pub const LEAST_PADDING: u8 = 4;

/// Why bytes cannot be a binary packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InvalidReason {
    /// packet_length is below [`SMALLEST`].
    TooShort,
    /// packet_length is beyond [`limits::SSH_PACKET_BYTES`].
    TooLong,
    /// The whole packet is no multiple of [`BLOCK`] bytes.
    NotAMultiple,
    /// padding_length is below [`LEAST_PADDING`].
    PaddingTooShort,
    /// padding_length leaves no byte for a payload.
    PaddingTooLong,
}

/// The measures of a binary packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Bytes behind the packet_length field.
    pub packet_length: u32,
    /// Bytes of padding.
    pub padding_length: u8,
}

impl Header {
    /// Judges the five bytes that a packet begins with.
    pub fn parse(bytes: [u8; 5]) -> Result<Self, InvalidReason> {
        let [a, b, c, d, padding_length] = bytes;
        let packet_length = u32::from_be_bytes([a, b, c, d]);
        check_length(packet_length)?;
        if padding_length < LEAST_PADDING {
            return Err(InvalidReason::PaddingTooShort);
        }
        if u32::from(padding_length).saturating_add(2) > packet_length {
            return Err(InvalidReason::PaddingTooLong);
        }
        Ok(Self { packet_length, padding_length })
    }

    /// Length of the payload in bytes, at least 1.
    pub fn payload_len(self) -> u32 {
        self.packet_length.saturating_sub(1).saturating_sub(u32::from(self.padding_length))
    }
}

/// Whether a packet_length is possible in clear text.
pub fn check_length(packet_length: u32) -> Result<(), InvalidReason> {
    let longest = u32::try_from(limits::SSH_PACKET_BYTES).unwrap_or(u32::MAX);
    if packet_length < SMALLEST {
        Err(InvalidReason::TooShort)
    } else if packet_length > longest {
        Err(InvalidReason::TooLong)
    } else if !packet_length.wrapping_add(4).is_multiple_of(BLOCK) {
        Err(InvalidReason::NotAMultiple)
    } else {
        Ok(())
    }
}

/// Length of a whole packet in bytes, packet_length field included.
pub fn total(packet_length: u32) -> u64 {
    u64::from(packet_length).saturating_add(4)
}

/// Bytes with which [`is_ssh1_public_key`] can tell.
pub const SSH1_BYTES: usize = 13;

/// Whether bytes begin SSH-1's first packet: a length, 1 to 8 bytes of padding, type 2 (SSH_SMSG_PUBLIC_KEY).
pub fn is_ssh1_public_key(bytes: &[u8]) -> bool {
    let Some(length) = bytes.first_chunk().map(|length| u32::from_be_bytes(*length)) else { return false };
    let padding = usize::try_from(8 - length % 8).unwrap_or(8);
    length < 2_048 && bytes.get(LENGTH_FIELD.saturating_add(padding)) == Some(&2)
}

/// Whether bytes of unknown meaning begin a packet before NEWKEYS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plausibility {
    /// They do not.
    No,
    /// So far nothing speaks against it; more bytes would tell.
    MoreNeeded,
    /// The measures are possible, the message number is one sent in clear, and its first field fits into the payload.
    /// Random bytes pass with a chance of less than 1 in 2^36.
    Yes,
}

/// Most bytes that [`plausibility`] asks for.
pub const PLAUSIBLE_BYTES: usize = 28;

/// Bytes with which [`plausibility`] can tell the measures and the message number.
pub const HEADER_BYTES: usize = 6;

/// Longest packet_length that is taken for a packet where its start must be guessed: every peer accepts 35,000 bytes, and
/// nobody sends more without knowing the other (RFC 4253 §6.1).
const LONGEST_GUESSED: u32 = 35_000;

/// Judges bytes behind a gap.
pub fn plausibility(bytes: &[u8]) -> Plausibility {
    // Nearly all offsets of a stream fail here.
    if bytes.first().is_some_and(|&first| first != 0) || bytes.get(1).is_some_and(|&second| second != 0) {
        return Plausibility::No;
    }
    let Some((header, rest)) = bytes.split_first_chunk::<5>() else { return Plausibility::MoreNeeded };
    let Ok(header) = Header::parse(*header) else { return Plausibility::No };
    if header.packet_length > LONGEST_GUESSED {
        return Plausibility::No;
    }
    let mut reader = Reader::new(rest);
    let Some(number) = reader.byte() else { return Plausibility::MoreNeeded };
    match payload_fits(number, header.payload_len().saturating_sub(1), reader) {
        None => Plausibility::MoreNeeded,
        Some(true) => Plausibility::Yes,
        Some(false) => Plausibility::No,
    }
}

/// Whether the first fields of a message fit into `length` bytes behind its number. None where bytes are missing that would tell.
fn payload_fits(number: u8, length: u32, mut reader: Reader<'_>) -> Option<bool> {
    let least = match number {
        number::NEWKEYS => return Some(length == 0),
        number::UNIMPLEMENTED => return Some(length == 4),
        // A group exchange request of three numbers, or the old one of one.
        number::KEX_34 if length == 12 => return Some(true),
        number::KEX_30 if length == 4 => return Some(true),
        number::IGNORE => 4,
        number::DISCONNECT => 8,
        number::DEBUG => 9,
        number::SERVICE_REQUEST | number::KEX_30..=number::KEX_34 => 5,
        number::EXT_INFO => 12,
        // A cookie, ten lists of which the first is not empty, a boolean, a number.
        number::KEXINIT => 16 + 40 + 1 + 5,
        _ => return Some(false),
    };
    let Some(room) = length.checked_sub(least) else { return Some(false) };
    let fits = match number {
        number::IGNORE => reader.uint32()? == room,
        number::SERVICE_REQUEST => reader.uint32()? == room.saturating_add(1),
        number::DISCONNECT => (1..=15).contains(&reader.uint32()?) && reader.uint32()? <= room,
        number::DEBUG => reader.byte()? <= 1 && reader.uint32()? <= room,
        number::EXT_INFO => (1..=16).contains(&reader.uint32()?) && reader.uint32()? <= room,
        _ => {
            if number == number::KEXINIT {
                reader.array::<16>()?;
            }
            (1..=room.saturating_add(1)).contains(&reader.uint32()?)
        }
    };
    Some(fits)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn measures() {
        let header = Header::parse([0, 0, 0, 12, 10]).unwrap();
        assert_eq!((header.payload_len(), total(header.packet_length)), (1, 16), "NEWKEYS");
        assert_eq!(Header::parse(*b"Inval"), Err(InvalidReason::TooLong));
        assert_eq!(Header::parse([0, 0, 0, 4, 4]), Err(InvalidReason::TooShort));
        assert_eq!(Header::parse([0, 0, 0, 13, 4]), Err(InvalidReason::NotAMultiple));
        assert_eq!(Header::parse([0, 0, 0, 12, 3]), Err(InvalidReason::PaddingTooShort));
        assert_eq!(Header::parse([0, 0, 0, 12, 11]), Err(InvalidReason::PaddingTooLong));
    }

    #[test]
    fn plausible_starts() {
        let newkeys = [0, 0, 0, 12, 10, 21, 0, 0];
        assert_eq!(plausibility(&newkeys), Plausibility::Yes);
        assert_eq!(plausibility(&newkeys[..5]), Plausibility::MoreNeeded);
        assert_eq!(plausibility(&[0, 0, 0, 20, 10, 21, 0, 0]), Plausibility::No, "a NEWKEYS has no fields");
        assert_eq!(plausibility(&[0, 0, 0, 44, 6, 30, 0, 0, 0, 32]), Plausibility::Yes);
        assert_eq!(plausibility(&[0, 0, 0, 44, 6, 30, 0, 0, 0, 99]), Plausibility::No, "longer than its packet");
        assert_eq!(plausibility(&[0, 0, 0, 44, 6, 99]), Plausibility::No, "no number of the clear text");
        assert_eq!(plausibility(b"SSH-2.0-x\r\n"), Plausibility::No);
        assert_eq!(plausibility(&[]), Plausibility::MoreNeeded);
    }

    #[test]
    fn no_judgement_waits_longer_than_it_says() {
        for number in 0..=255 {
            let mut bytes = [0; PLAUSIBLE_BYTES];
            bytes[..HEADER_BYTES].copy_from_slice(&[0, 0, 1, 4, 4, number]);
            assert_ne!(plausibility(&bytes), Plausibility::MoreNeeded, "{number}");
        }
    }
}
