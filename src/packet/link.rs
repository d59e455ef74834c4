//! Link layers: what a capture record begins with, and what sits between it and IP (VLAN tags, LLC, MPLS, PPPoE, PPP).
//! The link types are those of <https://www.tcpdump.org/linktypes.html>.

use super::descent::{Below, Found, Step, Trail, broken};
use super::{Layer, LinkType, Octets, ip};
use std::ops::ControlFlow;

impl From<u16> for LinkType {
    fn from(number: u16) -> Self {
        match number {
            0 => Self::Null,
            1 => Self::Ethernet,
            9 => Self::Ppp,
            // 12 and 14 are what LINKTYPE_RAW is called inside some systems, and what a few programs wrote to files.
            12 | 14 | 101 => Self::Raw,
            50 => Self::PppHdlc,
            51 => Self::PppEther,
            108 => Self::Loop,
            113 => Self::LinuxSll,
            228 => Self::Ipv4,
            229 => Self::Ipv6,
            276 => Self::LinuxSll2,
            other => Self::Unknown(other),
        }
    }
}

impl LinkType {
    /// The LINKTYPE_ value.
    pub fn number(self) -> u16 {
        match self {
            Self::Null => 0,
            Self::Ethernet => 1,
            Self::Ppp => 9,
            Self::PppHdlc => 50,
            Self::PppEther => 51,
            Self::Raw => 101,
            Self::Loop => 108,
            Self::LinuxSll => 113,
            Self::Ipv4 => 228,
            Self::Ipv6 => 229,
            Self::LinuxSll2 => 276,
            Self::Unknown(number) => number,
        }
    }

    /// The name behind LINKTYPE_; also of those not understood that people capture most.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Ethernet => "ETHERNET",
            Self::Ppp => "PPP",
            Self::PppHdlc => "PPP_HDLC",
            Self::PppEther => "PPP_ETHER",
            Self::Raw => "RAW",
            Self::Loop => "LOOP",
            Self::LinuxSll => "LINUX_SLL",
            Self::Ipv4 => "IPV4",
            Self::Ipv6 => "IPV6",
            Self::LinuxSll2 => "LINUX_SLL2",
            Self::Unknown(105) => "IEEE802_11",
            Self::Unknown(119) => "IEEE802_11_PRISM",
            Self::Unknown(127) => "IEEE802_11_RADIOTAP",
            Self::Unknown(192) => "PPI",
            Self::Unknown(220) => "USB_LINUX_MMAPPED",
            Self::Unknown(239) => "NFLOG",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// The first bytes of a record.
#[inline]
pub(super) fn record(kind: LinkType, octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    let below = match kind {
        LinkType::Ethernet => Below::Ethernet,
        LinkType::Null | LinkType::Loop => return loopback(octets),
        LinkType::Ppp => Below::Ppp,
        LinkType::PppHdlc => return hdlc(octets),
        LinkType::PppEther => Below::Pppoe,
        LinkType::Raw => return ip::by_version(octets),
        LinkType::Ipv4 => Below::Ipv4,
        LinkType::Ipv6 => Below::Ipv6,
        LinkType::LinuxSll => return cooked(octets, trail),
        LinkType::LinuxSll2 => return cooked_2(octets, trail),
        LinkType::Unknown(_) => return broken(Layer::Link, "unsupported link type"),
    };
    ControlFlow::Continue(below)
}

/// What an EtherType announces, if it can lead to IP.
#[inline]
pub(super) fn by_ether_type(ether_type: u16) -> Step {
    let below = match ether_type {
        0x0800 => Below::Ipv4,
        0x86dd => Below::Ipv6,
        // IEEE 802.1Q, 802.1ad, and what was used for stacked tags before it.
        0x8100 | 0x88a8 | 0x9100 | 0x9200 => Below::Vlan,
        0x8847 | 0x8848 => Below::Mpls,
        0x8864 => Below::Pppoe,
        0x880b => Below::Ppp,
        0x6558 => Below::Ethernet,
        _ => return ControlFlow::Break(Found::Other),
    };
    ControlFlow::Continue(below)
}

/// The two bytes behind an Ethernet header or a VLAN tag: up to 1,500 a length (then LLC follows), else an EtherType.
#[inline]
fn by_type_or_length(value: u16) -> Step {
    if value <= 1_500 { ControlFlow::Continue(Below::Llc) } else { by_ether_type(value) }
}

#[inline]
pub(super) fn ethernet(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    let header = octets.take::<14>(Layer::Link, "ends inside the Ethernet header")?;
    let [.., high, low] = header;
    trail.source_mac = source_mac(header);
    by_type_or_length(u16::from_be_bytes([*high, *low]))
}

/// Hash of the source address of an Ethernet header.
#[inline]
pub(super) fn source_mac(header: &[u8; 14]) -> u16 {
    let [_, _, _, _, _, _, source @ .., _, _] = header;
    mac_hash(source)
}

pub(super) fn vlan(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    trail.enter(Layer::Link)?;
    let [_, _, high, low] = octets.take::<4>(Layer::Link, "ends inside a VLAN tag")?;
    by_type_or_length(u16::from_be_bytes([*high, *low]))
}

/// SNAP with an EtherType (RFC 1042), or IP straight over LLC (SAP 6); the rest is spanning tree and its like.
pub(super) fn llc(octets: &mut Octets<'_>) -> Step {
    const CUT: &str = "ends inside the LLC header";
    let header = octets.take::<3>(Layer::Link, CUT)?;
    match header {
        [0xaa, 0xaa, 3] => {
            let [_, _, _, high, low] = octets.take::<5>(Layer::Link, CUT)?;
            by_ether_type(u16::from_be_bytes([*high, *low]))
        }
        [6, 6, 3] => ControlFlow::Continue(Below::Ipv4),
        _ => ControlFlow::Break(Found::Other),
    }
}

/// BSD loopback. The address family is in the byte order of the machine that captured, whichever that was; those of IPv6
/// are 10 (Linux), 24 (NetBSD, OpenBSD), 28 (FreeBSD), 30 (macOS).
fn loopback(octets: &mut Octets<'_>) -> Step {
    let header = octets.take::<4>(Layer::Link, "ends inside the loopback header")?;
    let family = u32::from_be_bytes(*header).min(u32::from_le_bytes(*header));
    match family {
        2 => ControlFlow::Continue(Below::Ipv4),
        10 | 24 | 28 | 30 => ControlFlow::Continue(Below::Ipv6),
        _ => ControlFlow::Break(Found::Other),
    }
}

const NETLINK: u16 = 824;

/// LINKTYPE_LINUX_SLL: packet type, ARPHRD_ type, address length, address (8), protocol.
fn cooked(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    let header = octets.take::<16>(Layer::Link, "ends inside the Linux cooked header")?;
    let [_, _, hw_high, hw_low, _, length, address @ .., high, low] = header;
    trail.source_mac = cooked_mac(address, *length);
    cooked_protocol([*hw_high, *hw_low], [*high, *low])
}

/// LINKTYPE_LINUX_SLL2: protocol, reserved (2), interface (4), ARPHRD_ type, packet type, address length, address (8).
fn cooked_2(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    let header = octets.take::<20>(Layer::Link, "ends inside the Linux cooked header")?;
    let [high, low, _, _, _, _, _, _, hw_high, hw_low, _, length, address @ ..] = header;
    trail.source_mac = cooked_mac(address, *length);
    cooked_protocol([*hw_high, *hw_low], [*high, *low])
}

fn cooked_mac(address: &[u8; 8], length: u8) -> u16 {
    address.get(..usize::from(length)).map_or_else(|| mac_hash(address), mac_hash)
}

fn cooked_protocol(hardware: [u8; 2], protocol: [u8; 2]) -> Step {
    match u16::from_be_bytes(protocol) {
        _ if u16::from_be_bytes(hardware) == NETLINK => ControlFlow::Break(Found::Other),
        4 => ControlFlow::Continue(Below::Llc),
        ether_type => by_ether_type(ether_type),
    }
}

/// Cisco HDLC (address 0x0f or 0x8f, then an EtherType) or PPP in HDLC framing.
fn hdlc(octets: &mut Octets<'_>) -> Step {
    const CUT: &str = "ends inside the HDLC header";
    match octets.look::<4>(Layer::Link, CUT)? {
        [0x0f | 0x8f, _, high, low] => {
            octets.skip(4, Layer::Link, CUT)?;
            by_ether_type(u16::from_be_bytes([*high, *low]))
        }
        _ => ControlFlow::Continue(Below::Ppp),
    }
}

pub(super) fn ppp(octets: &mut Octets<'_>) -> Step {
    const CUT: &str = "ends inside the PPP header";
    if octets.peek() == Some(&[0xff, 3]) {
        octets.skip(2, Layer::Link, CUT)?;
    }
    let [first] = *octets.take(Layer::Link, CUT)?;
    // The last byte of a protocol number is odd and the first even, so that the first may be left out (RFC 1661 §2).
    let protocol = if first & 1 == 1 {
        u16::from(first)
    } else {
        let [second] = *octets.take(Layer::Link, CUT)?;
        u16::from_be_bytes([first, second])
    };
    let below = match protocol {
        0x0021 => Below::Ipv4,
        0x0057 => Below::Ipv6,
        0x0281 | 0x0283 => Below::Mpls,
        _ => return ControlFlow::Break(Found::Other),
    };
    ControlFlow::Continue(below)
}

pub(super) fn pppoe(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    trail.enter(Layer::Link)?;
    let header = octets.take::<6>(Layer::Link, "ends inside the PPPoE header")?;
    match header {
        [0x11, 0, ..] => ControlFlow::Continue(Below::Ppp),
        // PPPoE discovery, which PPP_ETHER captures may hold as well.
        [0x11, ..] => ControlFlow::Break(Found::Other),
        _ => broken(Layer::Link, "unknown PPPoE version"),
    }
}

/// Takes off the label stack. What it carries is not said: IP by its first nibble, else an Ethernet pseudo-wire, with a
/// control word or without (RFC 4928 §2, RFC 4448 §4.6).
pub(super) fn mpls(octets: &mut Octets<'_>, trail: &mut Trail) -> Step {
    loop {
        trail.enter(Layer::Link)?;
        let [_, _, label_end, _] = octets.take::<4>(Layer::Link, "ends inside the MPLS label stack")?;
        if label_end & 1 == 1 {
            break;
        }
    }
    match octets.captured().first().map(|byte| byte >> 4) {
        Some(4) => ControlFlow::Continue(Below::Ipv4),
        Some(6) => ControlFlow::Continue(Below::Ipv6),
        Some(_) => pseudo_wire(octets),
        None => broken(Layer::Link, "ends behind the MPLS label stack"),
    }
}

/// MAC addresses often begin with a zero nibble as a control word does, so the EtherType decides which it is.
fn pseudo_wire(octets: &mut Octets<'_>) -> Step {
    const CUT: &str = "ends inside the header of a pseudo-wire";
    let header = octets.look::<18>(Layer::Link, CUT)?;
    let leads_on = |high: u8, low: u8| by_ether_type(u16::from_be_bytes([high, low])).is_continue();
    let [first, .., with_high, with_low] = *header;
    let [.., without_high, without_low, _, _, _, _] = *header;
    if first >> 4 == 0 && leads_on(with_high, with_low) {
        octets.skip(4, Layer::Link, CUT)?;
        ControlFlow::Continue(Below::Ethernet)
    } else if leads_on(without_high, without_low) {
        ControlFlow::Continue(Below::Ethernet)
    } else {
        ControlFlow::Break(Found::Other)
    }
}

/// Hash of a link address (the high bits of a product with the golden ratio); 0 for none and for the zeros of a loopback interface.
#[inline]
fn mac_hash(address: &[u8]) -> u16 {
    let mut wide = [0; 8];
    for (to, from) in wide.iter_mut().zip(address) {
        *to = *from;
    }
    let number = u64::from_le_bytes(wide);
    let [high, low, ..] = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    if number == 0 { 0 } else { u16::from_be_bytes([high, low]).max(1) }
}

#[cfg(test)]
mod tests {
    use super::super::crafted::*;
    use super::super::*;
    use proptest::prelude::*;

    fn decode(link: LinkType, data: &[u8]) -> Result<Segment<'_>, Option<&'static str>> {
        crafted::decode(&captured(link, data))
    }

    proptest! {
        #[test]
        fn numbers_name_link_types(number: u16) {
            let again = LinkType::from(number).number();
            prop_assert!(again == number || (matches!(number, 12 | 14) && again == 101));
        }
    }

    #[test]
    fn every_link_type_leads_to_the_segment() {
        for link in LINKS {
            for inner in [ssh_4(), ssh_6()] {
                let Some(data) = record(link, &inner) else { continue };
                let segment = decode(link, &data).unwrap_or_else(|reason| panic!("{link:?}: {reason:?}"));
                assert_eq!((segment.destination.port, segment.tunneled), (22, false));
            }
        }
    }

    #[test]
    fn loopback_families_are_read_in_both_byte_orders() {
        for (family, inner) in [(2, ssh_4()), (10, ssh_6()), (24, ssh_6()), (28, ssh_6()), (30, ssh_6())] {
            for header in [u32::to_be_bytes(family), u32::to_le_bytes(family)] {
                let data = [&header[..], &inner.1].concat();
                assert!(decode(LinkType::Null, &data).is_ok() && decode(LinkType::Loop, &data).is_ok());
            }
        }
        assert_eq!(decode(LinkType::Null, &[7, 0, 0, 0, 0x45]).err(), Some(None));
    }

    #[test]
    fn ppp_comes_with_and_without_framing_and_compression() {
        let Typed(_, ip) = ssh_4();
        for header in [&[0, 0x21][..], &[0x21], &[0xff, 3, 0, 0x21], &[0xff, 3, 0x21]] {
            let data = [header, &ip].concat();
            assert!(decode(LinkType::Ppp, &data).is_ok() && decode(LinkType::PppHdlc, &data).is_ok());
        }
        assert_eq!(decode(LinkType::Ppp, &[0xc0, 0x21, 1, 1]).err(), Some(None), "LCP");
    }

    #[test]
    fn the_source_mac_is_hashed_wherever_it_stands() {
        let of = |link| decode(link, &record(link, &ssh_4()).expect("carries IPv4")).expect("a segment").source_mac;
        let mac = of(LinkType::Ethernet);
        assert_ne!(mac, 0);
        assert_eq!((of(LinkType::LinuxSll), of(LinkType::LinuxSll2), of(LinkType::Raw)), (mac, mac, 0));
        let mut loopback = ethernet(&ssh_4());
        loopback[..12].fill(0);
        assert_eq!(decode(LinkType::Ethernet, &loopback).expect("a segment").source_mac, 0);
    }

    #[test]
    fn ethernet_padding_is_no_payload() {
        let syn = Typed(0x0800, ipv4(ip::TCP, &segment(22, 2, &[], b"", &addresses_4())));
        let mut data = ethernet(&syn);
        data.resize(60, 0);
        let segment = decode(LinkType::Ethernet, &data).expect("a segment");
        assert_eq!((segment.payload_len, segment.checksum), (0, Checksum::Valid));
    }

    #[test]
    fn pseudo_wires_without_control_word_are_told_by_their_ether_type() {
        // Begins with the nibbles 0 and 2 of the MAC address; the control word would begin with 0 as well.
        let data = ethernet(&Typed(0x8847, [&[0, 2, 1, 64], &ethernet(&ssh_4())[..]].concat()));
        assert!(decode(LinkType::Ethernet, &data).is_ok());
        let data = ethernet(&Typed(0x8847, [&[0, 2, 1, 64][..], &[0x10; 40]].concat()));
        assert_eq!(decode(LinkType::Ethernet, &data).err(), Some(None), "an associated channel");
    }

    #[test]
    fn what_is_no_ip_is_other_and_what_is_cut_says_so() {
        let frame = |kind: u16, data: &[u8]| ethernet(&Typed(kind, data.to_vec()));
        for (kind, data) in [(0x0806, &[0; 28][..]), (38, &[0x42, 0x42, 3, 0]), (0x88cc, &[2, 7]), (0x8863, &[0x11, 9])]
        {
            assert_eq!(decode(LinkType::Ethernet, &frame(kind, data)).err(), Some(None));
        }
        assert_eq!(decode(LinkType::Ethernet, &[0; 13]).err(), Some(Some("ends inside the Ethernet header")));
        let vlan = frame(0x8100, &[0, 1, 8]);
        assert_eq!(decode(LinkType::Ethernet, &vlan).err(), Some(Some("ends inside a VLAN tag")));
        let netlink = [0, 4, 0x03, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 1];
        assert_eq!(decode(LinkType::LinuxSll, &netlink).err(), Some(None));
    }

    #[test]
    fn tags_are_followed_up_to_the_limit() {
        let tagged = |count: usize| {
            let wraps = std::iter::repeat_n(Wrap::Vlan(0x8100), count);
            ethernet(&wraps.fold(ssh_4(), |inner, wrap| wrap.around(&inner)))
        };
        let limit = crate::limits::ENCAPSULATION_DEPTH;
        assert!(decode(LinkType::Ethernet, &tagged(limit)).is_ok());
        let reason = decode(LinkType::Ethernet, &tagged(limit + 1)).err();
        assert_eq!(reason, Some(Some("more encapsulations than the limit")));
    }
}
