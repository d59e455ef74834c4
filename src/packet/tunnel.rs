//! Tunnels: packets inside packets. IP in IP, GRE with PPTP and ERSPAN, VXLAN, GENEVE.

use super::descent::{Below, Found, Step, Trail, broken};
use super::link::by_ether_type;
use super::{Layer, Octets, ip};
use std::ops::ControlFlow;

/// A kind of tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tunnel {
    /// IP in IP (RFC 2003), IPv6 in IPv4 (RFC 4213) and their like, MPLS in IP (RFC 4023).
    IpInIp,
    /// GRE (RFC 2784, RFC 2890).
    Gre,
    /// PPTP's form of GRE (RFC 2637 §4.1).
    Pptp,
    /// ERSPAN types I, II and III: a switch's copy of traffic.
    Erspan,
    /// VXLAN (RFC 7348).
    Vxlan,
    /// GENEVE (RFC 8926).
    Geneve,
}

impl Tunnel {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::IpInIp, Self::Gre, Self::Pptp, Self::Erspan, Self::Vxlan, Self::Geneve];

    /// Its usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::IpInIp => "IP-in-IP",
            Self::Gre => "GRE",
            Self::Pptp => "PPTP",
            Self::Erspan => "ERSPAN",
            Self::Vxlan => "VXLAN",
            Self::Geneve => "GENEVE",
        }
    }
}

/// The kinds of tunnel that one packet went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tunnels(u8);

impl Tunnels {
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Tunnel> {
        Tunnel::ALL.into_iter().filter(move |&tunnel| self.0 & Self::bit(tunnel) != 0)
    }

    fn insert(&mut self, tunnel: Tunnel) {
        self.0 |= Self::bit(tunnel);
    }

    fn bit(tunnel: Tunnel) -> u8 {
        1 << tunnel as u8
    }
}

fn enter(tunnel: Tunnel, trail: &mut Trail) -> ControlFlow<Found, ()> {
    trail.tunnels.insert(tunnel);
    trail.enter(Layer::Tunnel)
}

/// A packet straight behind an IP header.
pub(super) fn bare(number: u8, trail: &mut Trail) -> Step {
    enter(Tunnel::IpInIp, trail)?;
    let below = match number {
        ip::IPV4 => Below::Ipv4,
        ip::IPV6 => Below::Ipv6,
        _ => Below::Mpls,
    };
    ControlFlow::Continue(below)
}

// Bits of the first two bytes of GRE.
const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGMENT: u16 = 0x0080;
const VERSION: u16 = 0x0007;

// What GRE carries, where that is no EtherType of its own.
const ERSPAN_I_II: u16 = 0x88be;
const ERSPAN_III: u16 = 0x22eb;
const PPP: u16 = 0x880b;

const CUT_GRE: &str = "ends inside the GRE header";

pub(super) fn gre(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    let [f1, f2, p1, p2] = octets.take::<4>(Layer::Tunnel, CUT_GRE)?;
    let flags = u16::from_be_bytes([*f1, *f2]);
    let protocol = u16::from_be_bytes([*p1, *p2]);
    match flags & VERSION {
        0 => {}
        1 => return pptp(flags, protocol, octets, trail),
        _ => return broken(Layer::Tunnel, "unknown GRE version"),
    }
    if flags & ROUTING != 0 {
        return broken(Layer::Tunnel, "GRE with source routing");
    }
    octets.skip(words(flags, &[CHECKSUM, KEY, SEQUENCE]), Layer::Tunnel, CUT_GRE)?;
    match protocol {
        ERSPAN_I_II | ERSPAN_III => erspan(flags, protocol, octets, trail),
        _ => {
            enter(Tunnel::Gre, trail)?;
            by_ether_type(protocol)
        }
    }
}

/// Bytes of the optional fields, four for each bit that is set.
fn words(flags: u16, bits: &[u16]) -> usize {
    bits.iter().filter(|&&bit| flags & bit != 0).count() << 2
}

/// Version 1: key always there (payload length and call), sequence number only with a payload.
fn pptp(flags: u16, protocol: u16, octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    enter(Tunnel::Pptp, trail)?;
    if protocol != PPP || flags & SEQUENCE == 0 {
        return ControlFlow::Break(Found::Other);
    }
    octets.skip(words(flags, &[KEY, SEQUENCE, ACKNOWLEDGMENT]), Layer::Tunnel, CUT_GRE)?;
    ControlFlow::Continue(Below::Ppp)
}

/// Type I has no header of its own and no GRE sequence number (draft-foschiano-erspan-03 §4).
fn erspan(flags: u16, protocol: u16, octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    const CUT: &str = "ends inside the ERSPAN header";
    enter(Tunnel::Erspan, trail)?;
    if protocol == ERSPAN_I_II {
        let length = if flags & SEQUENCE == 0 { 0 } else { 8 };
        octets.skip(length, Layer::Tunnel, CUT)?;
        return ControlFlow::Continue(Below::Ethernet);
    }
    let [.., kind, last] = octets.look::<12>(Layer::Tunnel, CUT)?;
    // The last bit says that a platform-specific subheader of eight bytes follows.
    octets.skip(if last & 1 == 1 { 20 } else { 12 }, Layer::Tunnel, CUT)?;
    match (kind >> 2) & 0x1f {
        0 => ControlFlow::Continue(Below::Ethernet),
        2 => ip::by_version(octets),
        _ => ControlFlow::Break(Found::Other),
    }
}

const VXLAN: u16 = 4_789;
/// Linux's VXLAN before IANA assigned a port, still its default; flannel uses it.
const VXLAN_LINUX: u16 = 8_472;
const GENEVE: u16 = 6_081;

/// Whether a UDP destination port is one of a tunnel.
#[inline]
pub(super) fn is_tunnel_port(port: u16) -> bool {
    matches!(port, VXLAN | VXLAN_LINUX | GENEVE)
}

pub(super) fn udp(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    const CUT: &str = "ends inside the UDP header";
    let [_, _, high, low] = octets.take::<4>(Layer::Tunnel, CUT)?;
    let port = u16::from_be_bytes([*high, *low]);
    if !is_tunnel_port(port) {
        return ControlFlow::Break(Found::Other);
    }
    octets.skip(4, Layer::Tunnel, CUT)?;
    if port == GENEVE { geneve(octets, trail) } else { vxlan(octets, trail) }
}

/// RFC 7348 §5. Without the I bit it is something else on that port.
fn vxlan(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    let [flags, ..] = octets.take::<8>(Layer::Tunnel, "ends inside the VXLAN header")?;
    if flags & 0x08 == 0 {
        return ControlFlow::Break(Found::Other);
    }
    enter(Tunnel::Vxlan, trail)?;
    ControlFlow::Continue(Below::Ethernet)
}

/// RFC 8926 §3.4.
fn geneve(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    const CUT: &str = "ends inside the GENEVE header";
    let [first, _, high, low, ..] = octets.take::<8>(Layer::Tunnel, CUT)?;
    if first >> 6 != 0 {
        return ControlFlow::Break(Found::Other);
    }
    enter(Tunnel::Geneve, trail)?;
    octets.skip(usize::from(first & 0x3f) << 2, Layer::Tunnel, CUT)?;
    by_ether_type(u16::from_be_bytes([*high, *low]))
}

#[cfg(test)]
mod tests {
    use super::super::crafted::*;
    use super::super::*;
    use super::*;
    use std::net::IpAddr;

    /// Whether it came out of a tunnel and where to, or why it did not.
    type Outcome = Result<(bool, IpAddr), Option<&'static str>>;

    /// The tunnels that were counted, and what came out.
    fn through(data: &[u8]) -> (Vec<Tunnel>, Outcome) {
        let mut decoder = Decoder::new(Watch::ports(&[22]));
        let found = match decoder.decode(&captured(LinkType::Raw, data)) {
            Decoded::Segment(segment) => Ok((segment.tunneled, segment.destination.address)),
            Decoded::Undecodable(undecodable) => Err(Some(undecodable.reason)),
            _ => Err(None),
        };
        (decoder.stats().tunnels.into_keys().collect(), found)
    }

    #[test]
    fn every_tunnel_leads_to_the_segment_and_is_counted() {
        let cases = [
            (Wrap::IpIn4, Tunnel::IpInIp),
            (Wrap::IpIn6, Tunnel::IpInIp),
            (Wrap::Gre, Tunnel::Gre),
            (Wrap::GreAllFields, Tunnel::Gre),
            (Wrap::GreEthernet, Tunnel::Gre),
            (Wrap::Pptp, Tunnel::Pptp),
            (Wrap::ErspanI, Tunnel::Erspan),
            (Wrap::ErspanII, Tunnel::Erspan),
            (Wrap::ErspanIII, Tunnel::Erspan),
            (Wrap::Vxlan(4_789), Tunnel::Vxlan),
            (Wrap::Vxlan(8_472), Tunnel::Vxlan),
            (Wrap::Geneve, Tunnel::Geneve),
        ];
        for (wrap, tunnel) in cases {
            for (inner, address) in [(ssh_4(), IpAddr::V4(SERVER)), (ssh_6(), IpAddr::V6(SERVER_6))] {
                let (counted, found) = through(&wrap.around(&inner).1);
                assert_eq!((counted, found), (vec![tunnel], Ok((true, address))), "{wrap:?}");
            }
        }
    }

    #[test]
    fn gre_that_cannot_be_read_says_why() {
        let gre = |data: &[u8]| through(&ipv4(ip::GRE, data)).1.err();
        assert_eq!(gre(&[0x40, 0, 8, 0, 0, 0, 0, 0]), Some(Some("GRE with source routing")));
        assert_eq!(gre(&[0, 2, 8, 0]), Some(Some("unknown GRE version")));
        assert_eq!(gre(&[0x20, 0, 8, 0]), Some(Some("ends inside the GRE header")));
        assert_eq!(gre(&[0, 0, 0, 0]), Some(None), "a keepalive");
        assert_eq!(gre(&[0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 1, 0, 0, 0, 9]), Some(None), "PPTP acknowledgment alone");
    }

    #[test]
    fn other_things_on_tunnel_ports_are_left_alone() {
        let udp = |port: u16, data: &[u8]| {
            let header = [&[0xc0, 1], &port.to_be_bytes()[..], &[0; 4]].concat();
            through(&ipv4(ip::UDP, &[&header[..], data].concat())).1.err()
        };
        assert_eq!(udp(4_789, &[0; 60]), Some(None));
        assert_eq!(udp(6_081, &[0xff; 60]), Some(None));
        assert_eq!(udp(53, &[0; 60]), Some(None));
        assert_eq!(udp(4_789, &[8, 0]), Some(Some("ends inside the VXLAN header")));
        assert_eq!(udp(6_081, &[0x3f, 0, 8, 0, 0, 0, 0, 0]), Some(Some("ends inside the GENEVE header")));
    }
}
