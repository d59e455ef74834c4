//! The payload of SSH_MSG_KEXINIT in, its ten name-lists out (RFC 4253 §7.1). A payload that is cut shows what is there.

use super::message::number;
use super::negotiation::Offer;
use super::wire::{self, Reader};
use crate::limits;
use std::fmt::{self, Write as _};

/// What one side proposes, its random cookie apart. Names are shown with bytes outside printable ASCII as `\xNN`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KexInit {
    /// Key exchange methods, with markers such as `ext-info-c` and `kex-strict-c-v00@openssh.com` as they stand.
    pub kex_algorithms: Vec<String>,
    /// Host key algorithms.
    pub server_host_key_algorithms: Vec<String>,
    /// Ciphers from client to server.
    pub encryption_algorithms_client_to_server: Vec<String>,
    /// Ciphers from server to client.
    pub encryption_algorithms_server_to_client: Vec<String>,
    /// MACs from client to server.
    pub mac_algorithms_client_to_server: Vec<String>,
    /// MACs from server to client.
    pub mac_algorithms_server_to_client: Vec<String>,
    /// Compression from client to server.
    pub compression_algorithms_client_to_server: Vec<String>,
    /// Compression from server to client.
    pub compression_algorithms_server_to_client: Vec<String>,
    /// Languages from client to server; empty with every implementation known.
    pub languages_client_to_server: Vec<String>,
    /// Languages from server to client; empty with every implementation known.
    pub languages_server_to_client: Vec<String>,
    /// A guessed key exchange packet follows (RFC 4253 §7).
    pub first_kex_packet_follows: bool,
    /// Reserved, 0.
    pub reserved: u32,
    /// A list held more names than [`limits::NAMES`] or one longer than [`limits::NAME_BYTES`]; the excess was left out.
    pub names_cut: bool,
}

impl KexInit {
    /// The RFC's words for the ten name-lists, in the order of the wire and of [`KexInit::lists`].
    pub const LIST_NAMES: [&'static str; 10] = [
        "kex_algorithms",
        "server_host_key_algorithms",
        "encryption_algorithms_client_to_server",
        "encryption_algorithms_server_to_client",
        "mac_algorithms_client_to_server",
        "mac_algorithms_server_to_client",
        "compression_algorithms_client_to_server",
        "compression_algorithms_server_to_client",
        "languages_client_to_server",
        "languages_server_to_client",
    ];

    /// Reads a whole payload, message number included. Bytes behind the last field are not looked at.
    pub fn parse(payload: &[u8]) -> Result<Self, KexInitError> {
        let partial = PartialKexInit::parse(payload);
        match partial.error {
            None => Ok(partial.kexinit),
            Some(error) => Err(error),
        }
    }

    /// The ten name-lists in the order of the wire.
    pub fn lists(&self) -> [&[String]; 10] {
        [
            &self.kex_algorithms,
            &self.server_host_key_algorithms,
            &self.encryption_algorithms_client_to_server,
            &self.encryption_algorithms_server_to_client,
            &self.mac_algorithms_client_to_server,
            &self.mac_algorithms_server_to_client,
            &self.compression_algorithms_client_to_server,
            &self.compression_algorithms_server_to_client,
            &self.languages_client_to_server,
            &self.languages_server_to_client,
        ]
    }

    /// Bytes of memory that this value holds on the heap, about.
    pub fn heap_bytes(&self) -> usize {
        self.lists().into_iter().flatten().map(|name| name.capacity() + size_of::<String>()).sum()
    }

    fn lists_mut(&mut self) -> [&mut Vec<String>; 10] {
        [
            &mut self.kex_algorithms,
            &mut self.server_host_key_algorithms,
            &mut self.encryption_algorithms_client_to_server,
            &mut self.encryption_algorithms_server_to_client,
            &mut self.mac_algorithms_client_to_server,
            &mut self.mac_algorithms_server_to_client,
            &mut self.compression_algorithms_client_to_server,
            &mut self.compression_algorithms_server_to_client,
            &mut self.languages_client_to_server,
            &mut self.languages_server_to_client,
        ]
    }
}

/// As much of a KEXINIT as its payload shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartialKexInit {
    /// What was read. The list in which the payload ends holds the names that are complete, later lists are empty.
    pub kexinit: KexInit,
    /// Name-lists read whole, 0 to 10.
    pub lists_read: u8,
    /// Why reading stopped before the end; none if all fields were read.
    pub error: Option<KexInitError>,
}

impl PartialKexInit {
    /// Reads as far as the payload (message number included) goes.
    pub fn parse(payload: &[u8]) -> Self {
        RawLists::read(payload).into_partial()
    }
}

/// The ten name-lists as bytes of the payload: what HASSH is computed of.
#[derive(Debug, Clone, Copy)]
pub struct RawLists<'a> {
    cookie: [u8; 16],
    lists: [&'a [u8]; 10],
    read: u8,
    /// What is there of the list in which the payload ends.
    cut: &'a [u8],
    first_kex_packet_follows: bool,
    reserved: u32,
    error: Option<KexInitError>,
}

impl<'a> RawLists<'a> {
    pub(super) const KEX: usize = 0;
    pub(super) const ENCRYPTION_C2S: usize = 2;
    pub(super) const ENCRYPTION_S2C: usize = 3;
    pub(super) const MAC_C2S: usize = 4;
    pub(super) const MAC_S2C: usize = 5;
    pub(super) const COMPRESSION_C2S: usize = 6;
    pub(super) const COMPRESSION_S2C: usize = 7;
    /// The languages from server to client.
    pub(super) const LAST: usize = 9;

    /// Finds the lists in a payload, message number included, as far as it goes.
    pub fn read(payload: &'a [u8]) -> Self {
        let mut raw = Self {
            cookie: [0; 16],
            lists: [&[]; 10],
            read: 0,
            cut: &[],
            first_kex_packet_follows: false,
            reserved: 0,
            error: None,
        };
        raw.error = raw.fill(payload).err();
        raw
    }

    /// Random bytes of the sender; zeros if the payload ends before their end.
    pub fn cookie(&self) -> [u8; 16] {
        self.cookie
    }

    /// One list by its place on the wire; none if it was not read whole.
    pub fn get(&self, slot: usize) -> Option<&'a [u8]> {
        self.lists.get(..usize::from(self.read))?.get(slot).copied()
    }

    fn fill(&mut self, payload: &'a [u8]) -> Result<(), KexInitError> {
        let mut reader = Reader::new(payload);
        match reader.byte() {
            Some(number::KEXINIT) => {}
            Some(number) => return Err(KexInitError::NotKexInit { number }),
            None => return Err(KexInitError::Cut { field: "message number" }),
        }
        self.cookie = reader.array().ok_or(KexInitError::Cut { field: "cookie" })?;
        for (list, field) in self.lists.iter_mut().zip(KexInit::LIST_NAMES) {
            let Some(read) = reader.string() else {
                self.cut = reader.rest().get(4..).unwrap_or_default();
                return Err(KexInitError::Cut { field });
            };
            *list = read;
            self.read = self.read.saturating_add(1);
        }
        self.first_kex_packet_follows =
            reader.boolean().ok_or(KexInitError::Cut { field: "first_kex_packet_follows" })?;
        self.reserved = reader.uint32().ok_or(KexInitError::Cut { field: "reserved" })?;
        Ok(())
    }

    /// The lists with their names as text.
    pub fn into_partial(self) -> PartialKexInit {
        let mut kexinit = KexInit {
            first_kex_packet_follows: self.first_kex_packet_follows,
            reserved: self.reserved,
            ..KexInit::default()
        };
        let mut names_cut = false;
        for (slot, names) in kexinit.lists_mut().into_iter().enumerate() {
            let list = match self.get(slot) {
                Some(list) => list,
                None if slot == usize::from(self.read) => complete_names(self.cut),
                None => break,
            };
            names_cut |= fill_names(names, list);
        }
        kexinit.names_cut = names_cut;
        PartialKexInit { kexinit, lists_read: self.read, error: self.error }
    }
}

/// The part of a cut name-list up to its last comma: the name behind it may go on.
fn complete_names(cut: &[u8]) -> &[u8] {
    let end = cut.iter().rposition(|&byte| byte == b',').unwrap_or(0);
    cut.get(..end).unwrap_or_default()
}

/// Puts the names of a list into `into`; true if some of it was left out for the limits.
fn fill_names(into: &mut Vec<String>, list: &[u8]) -> bool {
    let mut cut = false;
    for name in wire::names(list) {
        if into.len() == limits::NAMES {
            return true;
        }
        cut |= name.len() > limits::NAME_BYTES;
        into.push(printable(name.get(..limits::NAME_BYTES).unwrap_or(name)));
    }
    cut
}

/// RFC 4251 §6 allows printable US-ASCII in names; any other byte is shown as `\xNN`.
fn printable(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for &byte in name {
        match byte {
            0x20..=0x7e => text.push(char::from(byte)),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text
}

impl KexInit {
    /// The lists that are negotiated.
    pub fn offer(&self) -> Offer<'_> {
        Offer {
            kex: &self.kex_algorithms,
            server_host_key: &self.server_host_key_algorithms,
            encryption_client_to_server: &self.encryption_algorithms_client_to_server,
            encryption_server_to_client: &self.encryption_algorithms_server_to_client,
            mac_client_to_server: &self.mac_algorithms_client_to_server,
            mac_server_to_client: &self.mac_algorithms_server_to_client,
            compression_client_to_server: &self.compression_algorithms_client_to_server,
            compression_server_to_client: &self.compression_algorithms_server_to_client,
            first_kex_packet_follows: self.first_kex_packet_follows,
        }
    }
}

/// Why a payload is no (whole) KEXINIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KexInitError {
    /// The message number is not 20.
    NotKexInit {
        /// Its number.
        number: u8,
    },
    /// The payload ends, or a list claims to be longer than the payload.
    Cut {
        /// The field that could not be read whole, in the RFC's words.
        field: &'static str,
    },
}

impl fmt::Display for KexInitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotKexInit { number } => write!(f, "message {number} where a KEXINIT (20) was expected"),
            Self::Cut { field } => write!(f, "the KEXINIT ends within its {field}"),
        }
    }
}

impl std::error::Error for KexInitError {}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::super::hassh::Hassh;
    use super::*;

    const LISTS: [&str; 10] = [
        "curve25519-sha256,ecdh-sha2-nistp256,kex-strict-c-v00@openssh.com",
        "ssh-ed25519,rsa-sha2-512",
        "aes128-ctr,aes256-gcm@openssh.com",
        "aes256-ctr",
        "hmac-sha2-256",
        "hmac-sha1",
        "none,zlib@openssh.com",
        "none",
        "",
        "",
    ];

    fn payload(lists: [&str; 10], follows: u8) -> Vec<u8> {
        let mut bytes = vec![20];
        bytes.extend([7; 16]);
        for list in lists {
            bytes.extend(u32::try_from(list.len()).unwrap().to_be_bytes());
            bytes.extend(list.as_bytes());
        }
        bytes.push(follows);
        bytes.extend([0; 4]);
        bytes
    }

    #[test]
    fn reads_all_ten_lists() {
        let kexinit = KexInit::parse(&payload(LISTS, 1)).unwrap();
        assert_eq!(RawLists::read(&payload(LISTS, 1)).cookie(), [7; 16]);
        assert!(kexinit.first_kex_packet_follows);
        assert!(!kexinit.names_cut);
        for (read, sent) in kexinit.lists().into_iter().zip(LISTS) {
            assert_eq!(read.join(","), sent);
        }
    }

    #[test]
    fn a_cut_payload_shows_what_is_there() {
        let whole = payload(LISTS, 0);
        for length in 0..whole.len() {
            let partial = PartialKexInit::parse(&whole[..length]);
            assert!(partial.error.is_some(), "cut to {length} bytes");
            let lists = partial.kexinit.lists();
            for (slot, sent) in LISTS.into_iter().enumerate() {
                let read = lists[slot].join(",");
                if slot < usize::from(partial.lists_read) {
                    assert_eq!(read, sent);
                } else {
                    assert!(read.is_empty() || sent.starts_with(&format!("{read},")), "{read} of {sent}");
                }
            }
        }
        let partial = PartialKexInit::parse(&whole[..17 + 4 + 30]);
        assert_eq!(partial.kexinit.kex_algorithms, ["curve25519-sha256"]);
        assert_eq!(partial.lists_read, 0);
    }

    #[test]
    fn a_list_longer_than_the_payload_is_an_error() {
        let mut bytes = payload(LISTS, 0);
        bytes[17] = 0xff;
        assert_eq!(KexInit::parse(&bytes), Err(KexInitError::Cut { field: "kex_algorithms" }));
        assert_eq!(KexInit::parse(&[30]), Err(KexInitError::NotKexInit { number: 30 }));
    }

    #[test]
    fn names_are_capped_and_made_printable() {
        let many = vec!["x"; limits::NAMES + 1].join(",");
        let long = "y".repeat(limits::NAME_BYTES + 1);
        let kexinit = KexInit::parse(&payload([&many, &long, "\u{1b}[1m", "", "", "", "", "", "", ""], 0)).unwrap();
        assert_eq!(kexinit.kex_algorithms.len(), limits::NAMES);
        assert_eq!(kexinit.server_host_key_algorithms[0].len(), limits::NAME_BYTES);
        assert_eq!(kexinit.encryption_algorithms_client_to_server, ["\\x1b[1m"]);
        assert!(kexinit.names_cut);
    }

    #[test]
    fn hassh_takes_the_lists_of_the_direction() {
        let whole = payload(LISTS, 0);
        let raw = RawLists::read(&whole);
        // printf '%s;aes128-ctr,aes256-gcm@openssh.com;hmac-sha2-256;none,zlib@openssh.com' "$KEX" | md5sum
        assert_eq!(Hassh::of_client(&raw).unwrap().to_string(), "c79e68f67665d41a00f0f2daa86e68f4");
        assert_eq!(Hassh::of_server(&raw).unwrap().to_string(), "dda893ea308bb7405dd120209a68c569");
        assert_eq!(Hassh::of_client(&RawLists::read(&whole[..200])), None, "a list is cut");
    }
}
