//! The raw name-lists of a KEXINIT in, their HASSH out (<https://github.com/salesforce/hassh>): MD5 of four lists with `;` between.
//! A client is known by its client-to-server lists, a server by its server-to-client lists.

use super::kexinit::RawLists;
use md5::{Digest, Md5};
use std::fmt;

/// An MD5 digest; shown as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hassh(pub [u8; 16]);

impl Hassh {
    /// `hassh`: what the sender of these lists is known by if it is the client. None where one of the lists was not read.
    pub fn of_client(lists: &RawLists<'_>) -> Option<Self> {
        Self::of(lists, [RawLists::KEX, RawLists::ENCRYPTION_C2S, RawLists::MAC_C2S, RawLists::COMPRESSION_C2S])
    }

    /// `hasshServer`: what the sender of these lists is known by if it is the server. None where one of the lists was not read.
    pub fn of_server(lists: &RawLists<'_>) -> Option<Self> {
        Self::of(lists, [RawLists::KEX, RawLists::ENCRYPTION_S2C, RawLists::MAC_S2C, RawLists::COMPRESSION_S2C])
    }

    fn of(lists: &RawLists<'_>, slots: [usize; 4]) -> Option<Self> {
        let mut digest = Md5::new();
        for (index, slot) in slots.into_iter().enumerate() {
            if index > 0 {
                digest.update(b";");
            }
            digest.update(lists.get(slot)?);
        }
        Some(Self(digest.finalize().into()))
    }
}

impl fmt::Display for Hassh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |four: u8| char::from_digit(u32::from(four), 16).unwrap_or('0');
        let text: String = self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)]).collect();
        f.write_str(&text)
    }
}

impl fmt::Debug for Hassh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
