//! Captured packets into files: pcapng that stays readable whatever happens, rings of files, and the packets of those
//! connections alone that failed.
//!
//! [`Writer`] writes one file or a ring of them, [`Keeper`] holds the packets of each connection until its verdict. All output of packets is here.

mod blocks;
mod error;
mod file;
mod keeper;
mod ring;
mod target;
mod writer;

pub use error::SaveError;
pub use keeper::{Keeper, KeptConnection, Room};
pub use ring::RingSize;
pub use writer::{Wishes, Writer};

use crate::packet::LinkType;
use crate::time::Timestamp;

/// What a file says of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name, as the system has it.
    pub name: String,
    /// What it is, in words; may be empty.
    pub description: String,
    /// Which packets were taken, in words; may be empty.
    pub filter: String,
    /// Link type of its packets.
    pub link: LinkType,
    /// Bytes kept of each packet at most; 0 = no limit.
    pub snaplen: u32,
}

impl Default for Interface {
    /// An Ethernet interface without a name.
    fn default() -> Self {
        let empty = String::new;
        Self { name: empty(), description: empty(), filter: empty(), link: LinkType::Ethernet, snaplen: 0 }
    }
}

/// Whether a packet came or went, as seen from the capturing machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Not known.
    #[default]
    Unknown,
    /// It came in.
    Inbound,
    /// It was sent by this machine.
    Outbound,
}

impl Direction {
    /// The lower bits of `epb_flags`.
    fn flags(self) -> u32 {
        match self {
            Self::Unknown => 0,
            Self::Inbound => 1,
            Self::Outbound => 2,
        }
    }
}

/// What an interface counted since the capture began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// When the capture began.
    pub since: Timestamp,
    /// When these numbers were read.
    pub until: Timestamp,
    /// Packets that passed the filter, lost ones included.
    pub received: u64,
    /// Packets lost because nobody took them in time.
    pub dropped: u64,
}
