//! The payload of one clear-text message in, its fields out: DISCONNECT, DEBUG, EXT_INFO and the key exchange requests.
//! A payload that is cut gives what is there; a structure that does not fit gives nothing.

use super::facts::Range;
use super::wire::{self, Reader};
use crate::limits;

/// Message numbers of the transport protocol (RFC 4250 §4.1.2). 30 to 49 belong to the key exchange method: the same number
/// means another message with another method.
#[allow(missing_docs)]
pub mod number {
    pub const DISCONNECT: u8 = 1;
    pub const IGNORE: u8 = 2;
    pub const UNIMPLEMENTED: u8 = 3;
    pub const DEBUG: u8 = 4;
    pub const SERVICE_REQUEST: u8 = 5;
    pub const SERVICE_ACCEPT: u8 = 6;
    pub const EXT_INFO: u8 = 7;
    pub const KEXINIT: u8 = 20;
    pub const NEWKEYS: u8 = 21;
    /// KEXDH_INIT, KEX_ECDH_INIT, the older KEX_DH_GEX_REQUEST, KEXRSA_PUBKEY, KEXGSS_INIT.
    pub const KEX_30: u8 = 30;
    /// KEXDH_REPLY, KEX_ECDH_REPLY, KEX_DH_GEX_GROUP, KEXRSA_SECRET, KEXGSS_CONTINUE.
    pub const KEX_31: u8 = 31;
    /// KEX_DH_GEX_INIT, KEXRSA_DONE, KEXGSS_COMPLETE.
    pub const KEX_32: u8 = 32;
    /// KEX_DH_GEX_REPLY, KEXGSS_HOSTKEY.
    pub const KEX_33: u8 = 33;
    /// KEX_DH_GEX_REQUEST, KEXGSS_ERROR.
    pub const KEX_34: u8 = 34;
}

/// Texts of DEBUG messages kept of one direction; one is rare before NEWKEYS, all are counted.
pub const DEBUG_TEXTS: usize = 4;

/// One message before NEWKEYS, noted whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Message number (RFC 4250 §4.1).
    pub number: u8,
    /// Its binary packet in the stream, from packet_length to the end of the padding.
    pub range: Range,
    /// Length of the payload in bytes, message number included.
    pub payload_len: u32,
    /// Length of the padding in bytes.
    pub padding_len: u8,
    /// No byte of the packet is missing.
    pub complete: bool,
}

/// SSH_MSG_DISCONNECT (RFC 4253 §11.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disconnect {
    /// Reason code.
    pub code: u32,
    /// The reason's name ([`disconnect_name`]).
    pub name: &'static str,
    /// Description as sent, at most [`limits::LINE_BYTES`] of it; cut where the message is.
    pub text: Vec<u8>,
    /// Language tag; usually empty.
    pub language: Vec<u8>,
    /// Its binary packet in the stream.
    pub range: Range,
}

impl Disconnect {
    /// Reads a payload, message number included. None if not even the code is there.
    pub fn parse(payload: &[u8], range: Range) -> Option<Self> {
        let mut reader = after_number(payload)?;
        let code = reader.uint32()?;
        let text = string_or_what_is_there(&mut reader);
        let language = string_or_what_is_there(&mut reader);
        Some(Self { code, name: disconnect_name(code), text: capped(text), language: capped(language), range })
    }
}

/// Name of a disconnect reason without its prefix `SSH_DISCONNECT_` (RFC 4250 §4.2.2).
pub fn disconnect_name(code: u32) -> &'static str {
    match code {
        1 => "HOST_NOT_ALLOWED_TO_CONNECT",
        2 => "PROTOCOL_ERROR",
        3 => "KEY_EXCHANGE_FAILED",
        4 => "RESERVED",
        5 => "MAC_ERROR",
        6 => "COMPRESSION_ERROR",
        7 => "SERVICE_NOT_AVAILABLE",
        8 => "PROTOCOL_VERSION_NOT_SUPPORTED",
        9 => "HOST_KEY_NOT_VERIFIABLE",
        10 => "CONNECTION_LOST",
        11 => "BY_APPLICATION",
        12 => "TOO_MANY_CONNECTIONS",
        13 => "AUTH_CANCELLED_BY_USER",
        14 => "NO_MORE_AUTH_METHODS_AVAILABLE",
        15 => "ILLEGAL_USER_NAME",
        0xfe00_0000..=0xffff_ffff => "PRIVATE_USE",
        _ => "UNASSIGNED",
    }
}

/// SSH_MSG_DEBUG (RFC 4253 §11.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debug {
    /// The sender wants it shown.
    pub always_display: bool,
    /// The message as sent, at most [`limits::LINE_BYTES`] of it.
    pub text: Vec<u8>,
    /// Its binary packet in the stream.
    pub range: Range,
}

impl Debug {
    /// Reads a payload, message number included.
    pub fn parse(payload: &[u8], range: Range) -> Option<Self> {
        let mut reader = after_number(payload)?;
        let always_display = reader.boolean()?;
        Some(Self { always_display, text: capped(string_or_what_is_there(&mut reader)), range })
    }
}

/// Sequence number in SSH_MSG_UNIMPLEMENTED (RFC 4253 §11.4).
pub fn unimplemented_sequence(payload: &[u8]) -> Option<u32> {
    after_number(payload)?.uint32()
}

/// SSH_MSG_EXT_INFO (RFC 8308 §2.3). It is sent after NEWKEYS, so in clear only by a peer that breaks the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtInfo {
    /// Extensions that the sender announces.
    pub extensions: u32,
    /// The names in `server-sig-algs`, if it is there.
    pub server_sig_algs: Option<Vec<String>>,
    /// Its binary packet in the stream.
    pub range: Range,
}

impl ExtInfo {
    /// Reads a payload, message number included.
    pub fn parse(payload: &[u8], range: Range) -> Option<Self> {
        let mut reader = after_number(payload)?;
        let extensions = reader.uint32()?;
        let mut server_sig_algs = None;
        while let (Some(name), Some(value)) = (reader.string(), reader.string()) {
            if name == b"server-sig-algs" {
                let short = |name: &[u8]| String::from_utf8_lossy(capped_to(name, limits::NAME_BYTES)).into_owned();
                server_sig_algs = Some(wire::names(value).take(limits::NAMES).map(short).collect());
            }
        }
        Some(Self { extensions, server_sig_algs, range })
    }
}

/// SSH_MSG_KEX_DH_GEX_REQUEST (RFC 4419 §3), or SSH_MSG_KEX_DH_GEX_REQUEST_OLD (§5) with `n` alone. Sizes in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GexRequest {
    /// Smallest acceptable prime; none in the old form.
    pub min: Option<u32>,
    /// Preferred size of the prime.
    pub n: u32,
    /// Largest acceptable prime; none in the old form.
    pub max: Option<u32>,
}

impl GexRequest {
    /// Reads a whole payload of message 34 or 30; none for the other messages that share these numbers.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(payload);
        let number = reader.byte()?;
        let first = reader.uint32()?;
        match number {
            number::KEX_30 if reader.is_empty() => Some(Self { min: None, n: first, max: None }),
            number::KEX_34 => {
                let (n, max) = (reader.uint32()?, reader.uint32()?);
                reader.is_empty().then_some(Self { min: Some(first), n, max: Some(max) })
            }
            _ => None,
        }
    }
}

/// Length in bits of the prime in SSH_MSG_KEX_DH_GEX_GROUP (RFC 4419 §3): message 31 that is two mpints, an odd prime and
/// a generator. None for the other messages that share the number.
pub fn gex_prime_bits(payload: &[u8]) -> Option<u32> {
    let mut reader = after_number(payload)?;
    let (prime, generator) = (reader.mpint()?, reader.mpint()?);
    let fits = reader.is_empty() && prime.is_odd() && prime.bits() >= 512 && generator.bits() > 1;
    (fits && generator.bits() < prime.bits()).then_some(prime.bits())
}

/// Length in bytes of the public value in message 30 or 32 (KEXDH_INIT, KEX_ECDH_INIT, KEX_DH_GEX_INIT: one string or mpint
/// and nothing else). `payload_len` is the length on the wire; the payload itself may be cut. None for other messages.
pub fn public_value_len(payload: &[u8], payload_len: u32) -> Option<u32> {
    let length = after_number(payload)?.uint32()?;
    (length > 0 && length.checked_add(5) == Some(payload_len)).then_some(length)
}

/// Name of a message number; for 30 to 49 only that it belongs to the key exchange method.
pub fn message_name(number: u8) -> &'static str {
    match number {
        number::DISCONNECT => "DISCONNECT",
        number::IGNORE => "IGNORE",
        number::UNIMPLEMENTED => "UNIMPLEMENTED",
        number::DEBUG => "DEBUG",
        number::SERVICE_REQUEST => "SERVICE_REQUEST",
        number::SERVICE_ACCEPT => "SERVICE_ACCEPT",
        number::EXT_INFO => "EXT_INFO",
        number::KEXINIT => "KEXINIT",
        number::NEWKEYS => "NEWKEYS",
        30..=49 => "key exchange",
        50..=79 => "user authentication",
        80..=127 => "connection",
        192..=255 => "local extension",
        _ => "unassigned",
    }
}

fn after_number(payload: &[u8]) -> Option<Reader<'_>> {
    payload.get(1..).map(Reader::new)
}

/// A string, or of one that is cut the part that is there.
fn string_or_what_is_there<'a>(reader: &mut Reader<'a>) -> &'a [u8] {
    if let Some(string) = reader.string() {
        return string;
    }
    let cut = reader.rest().get(4..).unwrap_or_default();
    *reader = Reader::new(&[]);
    cut
}

fn capped(bytes: &[u8]) -> Vec<u8> {
    capped_to(bytes, limits::LINE_BYTES).to_vec()
}

fn capped_to(bytes: &[u8], limit: usize) -> &[u8] {
    bytes.get(..limit).unwrap_or(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    const RANGE: Range = Range { start: 0, end: 0 };

    fn string(bytes: &[u8]) -> Vec<u8> {
        [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
    }

    #[test]
    fn disconnect_with_and_without_its_end() {
        let payload = [&[1, 0, 0, 0, 2][..], &string(b"strict KEX violation"), &string(b"en")].concat();
        let whole = Disconnect::parse(&payload, RANGE).unwrap();
        assert_eq!((whole.code, whole.name), (2, "PROTOCOL_ERROR"));
        assert_eq!((whole.text.as_slice(), whole.language.as_slice()), (&b"strict KEX violation"[..], &b"en"[..]));
        let cut = Disconnect::parse(&payload[..15], RANGE).unwrap();
        assert_eq!((cut.text.as_slice(), cut.language.len()), (&b"strict"[..], 0));
        assert_eq!(Disconnect::parse(&[1, 0, 0], RANGE), None);
    }

    #[test]
    fn group_exchange_requests_in_both_forms() {
        let new = [&[34][..], &[0, 0, 8, 0], &[0, 0, 32, 0], &[0, 0, 32, 0]].concat();
        assert_eq!(GexRequest::parse(&new), Some(GexRequest { min: Some(2048), n: 8192, max: Some(8192) }));
        assert_eq!(GexRequest::parse(&[30, 0, 0, 4, 0]), Some(GexRequest { min: None, n: 1024, max: None }));
        assert_eq!(GexRequest::parse(&[&[30][..], &string(&[9; 32])].concat()), None, "an ECDH_INIT");
    }

    #[test]
    fn group_is_told_from_other_31() {
        let prime = [&[0][..], &[0xff; 256]].concat();
        assert_eq!(gex_prime_bits(&[&[31][..], &string(&prime), &string(&[2])].concat()), Some(2048));
        assert_eq!(gex_prime_bits(&[&[31][..], &string(&prime)].concat()), None, "one string: KEXRSA_SECRET");
    }

    #[test]
    fn public_value_fills_its_message() {
        let init = [&[30][..], &string(&[9; 32])].concat();
        assert_eq!(public_value_len(&init, 37), Some(32));
        assert_eq!(public_value_len(&init, 60), None, "a token and an mpint: KEXGSS_INIT");
    }

    #[test]
    fn ext_info_lists_signature_algorithms() {
        let list = string(b"ssh-ed25519,rsa-sha2-256");
        let payload = [&[7, 0, 0, 0, 1][..], &string(b"server-sig-algs"), &list].concat();
        let info = ExtInfo::parse(&payload, RANGE).unwrap();
        assert_eq!(info.server_sig_algs.unwrap(), ["ssh-ed25519", "rsa-sha2-256"]);
    }
}
