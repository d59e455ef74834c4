//! One captured packet in, one TCP segment or ICMP error out. Pure: no IO, no clock, no knowledge of connections.
//!
//! [`Decoder`] takes most packets in one go (`straight`) and asks `quick` whether another one is of another port; if not, `descent`
//! goes down through `link`, `ip` and `tunnel`, one function a header, each on checked `octets`. At the bottom are `tcp`, `icmp` or
//! a fragment, which waits in `fragments` for the rest of its datagram.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::unwrap_used))]

#[cfg(test)]
mod crafted;
mod decoder;
mod descent;
mod fragments;
mod icmp;
mod ip;
mod kind;
mod link;
mod network;
mod octets;
mod pieces;
#[cfg(test)]
mod properties;
mod quick;
mod segment;
mod straight;
mod tcp;
mod tunnel;
mod watch;

pub use decoder::{Decoder, DecoderStats};
pub use fragments::FragmentStats;
pub use network::{Network, NoNetwork};
use octets::Octets;
pub use tunnel::Tunnel;
pub use watch::Watch;

pub use segment::{
    Checksum, DatagramId, Endpoint, Flags, IcmpError, IncompleteDatagram, IpFacts, LinkType, Quoted, Segment,
    TcpOptions,
};

use crate::time::Timestamp;

/// Which packet of which capture: the index of the capture in the report and the number as Wireshark shows it (from 1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PacketId(u64);

impl PacketId {
    const NUMBER_BITS: u32 = 40;

    /// `capture` counts from 0, `number` from 1 as in Wireshark. Both wrap far beyond what fits on a disk.
    pub fn new(capture: u32, number: u64) -> Self {
        Self((u64::from(capture) << Self::NUMBER_BITS) | (number & ((1 << Self::NUMBER_BITS) - 1)))
    }

    /// Index of the capture (from 0).
    #[allow(clippy::cast_possible_truncation)]
    pub fn capture(self) -> u32 {
        (self.0 >> Self::NUMBER_BITS) as u32
    }

    /// Number within its capture (from 1).
    pub fn number(self) -> u64 {
        self.0 & ((1 << Self::NUMBER_BITS) - 1)
    }
}

impl std::fmt::Debug for PacketId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.capture(), self.number())
    }
}

/// One record of a capture, as it was written.
#[derive(Debug, Clone, Copy)]
pub struct CapturedPacket<'a> {
    /// Capture and number.
    pub id: PacketId,
    /// Time stamp of the record.
    pub time: Timestamp,
    /// Link type of the interface that it came from.
    pub link: LinkType,
    /// Length on the wire in bytes; larger than `data` where the capture cut the packet.
    pub wire_len: u32,
    /// The bytes that were captured.
    pub data: &'a [u8],
}

/// What one packet turned out to be.
#[derive(Debug)]
pub enum Decoded<'a> {
    /// A TCP segment of a watched port (or of any, if the decoder was told so).
    Segment(Segment<'a>),
    /// An ICMP or ICMPv6 error that quotes a TCP segment.
    Icmp(IcmpError),
    /// Anything healthy that is of no concern here: other ports, other protocols, a fragment that waits for the rest.
    Other,
    /// A packet that could not be decoded down to its TCP header.
    Undecodable(Undecodable),
}

/// Why a packet could not be decoded. A value, never an error: captures are full of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecodable {
    /// Which packet.
    pub packet: PacketId,
    /// Where decoding stopped.
    pub layer: Layer,
    /// Why it stopped, in a few words.
    pub reason: &'static str,
}

/// A protocol layer, for [`Undecodable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Link layer, VLAN tags, MPLS, PPPoE.
    Link,
    /// A tunnel header (GRE, VXLAN, GENEVE, ERSPAN, IP in IP).
    Tunnel,
    /// IPv4 or IPv6 with its extension headers and fragments.
    Ip,
    /// TCP.
    Tcp,
    /// ICMP or ICMPv6.
    Icmp,
}
