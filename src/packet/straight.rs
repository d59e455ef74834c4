//! The way of most packets, Ethernet, IPv4 without options and TCP, in one go: these headers lie at fixed places, so that one look
//! at the length does for all of them.
//!
//! What is anything else, or has anything wrong with it, goes the way of [`super::descent`], which says what: both ways lead to the
//! same segment.

use super::{CapturedPacket, LinkType, Octets, ip, link, tcp};

const ETHERNET: usize = 14;
const IPV4: usize = 20;
const TCP: usize = 20;

/// The headers of a packet of this kind.
pub(super) struct Straight<'d> {
    ethernet: &'d [u8; ETHERNET],
    ip: &'d [u8; IPV4],
    /// What lies behind the IP header, padding included.
    rest: &'d [u8],
    /// Source and destination port.
    pub(super) ports: (u16, u16),
}

impl<'d> Straight<'d> {
    /// None of any other packet.
    #[inline]
    pub(super) fn of(packet: &CapturedPacket<'d>) -> Option<Self> {
        if packet.link != LinkType::Ethernet {
            return None;
        }
        let (ethernet, below) = packet.data.split_first_chunk::<ETHERNET>()?;
        let (ip, rest) = below.split_first_chunk::<IPV4>()?;
        let [s1, s2, d1, d2, ..] = rest.first_chunk::<TCP>()?;
        let [.., 0x08, 0x00] = ethernet else { return None };
        let [0x45, _, l1, l2, _, _, f1, f2, _, ip::TCP, ..] = ip else { return None };
        let total_length = u16::from_be_bytes([*l1, *l2]);
        // The first bit is reserved, the second one says that there must be no fragments: all others say that this is one.
        let is_fragment = u16::from_be_bytes([*f1, *f2]) & 0x3fff != 0;
        if is_fragment || usize::from(total_length) < IPV4 + TCP {
            return None;
        }
        let ports = (u16::from_be_bytes([*s1, *s2]), u16::from_be_bytes([*d1, *d2]));
        Some(Self { ethernet, ip, rest, ports })
    }

    /// Its segment, taken apart; none if anything is wrong with it.
    #[inline]
    pub(super) fn parts(&self) -> Option<tcp::Parts<'d>> {
        let header = ip::header_4(self.ip);
        let length = usize::from(header.total_length).checked_sub(IPV4)?;
        let octets = Octets::new(self.rest.get(..length).unwrap_or(self.rest), length);
        tcp::Parts::of(header, octets, link::source_mac(self.ethernet), false).ok()
    }
}
