//! The test of the port on raw bytes: most packets of a capture are of no concern, and this finds it out in a few nanoseconds.
//!
//! It knows the common shapes only and says nothing about others, so that it never sets aside what [`super::Decoder`]
//! would have taken.

use super::{CapturedPacket, LinkType, Watch, ip, tunnel};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// Whether the packet certainly holds neither a watched port nor a tunnel nor a fragment nor ICMP.
#[inline]
pub(super) fn is_other(packet: &CapturedPacket<'_>, watch: &Watch) -> bool {
    let transport = match network(packet) {
        Some((IPV4, bytes)) => v4(bytes),
        Some((IPV6, bytes)) => v6(bytes),
        _ => None,
    };
    match transport {
        Some((ip::TCP, [s1, s2, d1, d2])) => {
            !watch.wants(u16::from_be_bytes([*s1, *s2]), u16::from_be_bytes([*d1, *d2]))
        }
        Some((ip::UDP, [_, _, high, low])) => !tunnel::is_tunnel_port(u16::from_be_bytes([*high, *low])),
        _ => false,
    }
}

/// EtherType and what it announces, behind at most two VLAN tags.
#[inline]
fn network<'a>(packet: &CapturedPacket<'a>) -> Option<(u16, &'a [u8])> {
    let data = packet.data;
    let (mut ether_type, mut bytes) = match packet.link {
        LinkType::Ethernet => {
            let (header, bytes) = data.split_first_chunk::<14>()?;
            (u16::from_be_bytes([header[12], header[13]]), bytes)
        }
        LinkType::LinuxSll => {
            let (header, bytes) = data.split_first_chunk::<16>()?;
            (u16::from_be_bytes([header[14], header[15]]), bytes)
        }
        LinkType::LinuxSll2 => {
            let (header, bytes) = data.split_first_chunk::<20>()?;
            (u16::from_be_bytes([header[0], header[1]]), bytes)
        }
        LinkType::Raw => match data.first()? >> 4 {
            4 => (IPV4, data),
            6 => (IPV6, data),
            _ => return None,
        },
        _ => return None,
    };
    for _ in 0..2 {
        if !matches!(ether_type, 0x8100 | 0x88a8) {
            break;
        }
        let ([_, _, high, low], inner) = bytes.split_first_chunk::<4>()?;
        (ether_type, bytes) = (u16::from_be_bytes([*high, *low]), inner);
    }
    Some((ether_type, bytes))
}

/// Protocol and ports of an IPv4 packet that is no fragment.
#[inline]
fn v4(bytes: &[u8]) -> Option<(u8, &[u8; 4])> {
    let header = bytes.first_chunk::<20>()?;
    if !(0x45..=0x4f).contains(&header[0]) || u16::from_be_bytes([header[6], header[7]]) & 0x3fff != 0 {
        return None;
    }
    let length = usize::from(header[0] & 0x0f) << 2;
    let ports = bytes.get(length..)?.first_chunk()?;
    reaches(u16::from_be_bytes([header[2], header[3]]), length).then_some((header[9], ports))
}

/// Next header and ports of an IPv6 packet; an extension header is no port's protocol and so leads to none.
#[inline]
fn v6(bytes: &[u8]) -> Option<(u8, &[u8; 4])> {
    let header = bytes.first_chunk::<40>()?;
    if header[0] >> 4 != 6 {
        return None;
    }
    let ports = bytes.get(40..)?.first_chunk()?;
    reaches(u16::from_be_bytes([header[4], header[5]]), 0).then_some((header[6], ports))
}

/// Whether a length field leaves room for ports behind a header of that size; 0 stands for any length.
#[inline]
fn reaches(length: u16, header: usize) -> bool {
    length == 0 || usize::from(length) >= header.saturating_add(4)
}

#[cfg(test)]
mod tests {
    use super::super::crafted::*;
    use super::*;

    fn is_other(link: LinkType, packet: &Typed) -> bool {
        let data = record(link, packet).expect("carries the packet");
        super::is_other(&captured(link, &data), &Watch::ports(&[22]))
    }

    fn web(six: bool) -> Typed {
        let segment = tcp(443, &[], b"text", &[]);
        if six { Typed(0x86dd, ipv6(ip::TCP, &segment)) } else { Typed(0x0800, ipv4(ip::TCP, &segment)) }
    }

    #[test]
    fn common_shapes_of_other_traffic_are_set_aside() {
        for link in [LinkType::Ethernet, LinkType::LinuxSll, LinkType::LinuxSll2, LinkType::Raw] {
            assert!(is_other(link, &web(false)) && is_other(link, &web(true)), "{link:?}");
        }
        for six in [false, true] {
            let one = Wrap::Vlan(0x8100).around(&web(six));
            let two = Wrap::Vlan(0x88a8).around(&one);
            assert!(is_other(LinkType::Ethernet, &one) && is_other(LinkType::LinuxSll2, &two));
            assert!(!is_other(LinkType::Ethernet, &Wrap::Vlan(0x88a8).around(&two)), "three tags are for the slow way");
        }
        assert!(is_other(LinkType::Raw, &Typed(0x0800, ipv4(ip::UDP, &[0, 53, 0, 53, 0, 8, 0, 0]))));
    }

    #[test]
    fn what_might_matter_is_not() {
        let fragment = Typed(0x0800, ipv4_piece(ip::TCP, 1, 0x2000, &tcp(443, &[], b"", &[])));
        let short = Typed(0x0800, ipv4(ip::TCP, &[1, 187, 0]));
        let padded = Typed(0x0800, [ipv4(ip::TCP, &[1, 187, 0]), vec![0; 20]].concat());
        let tunnel = Wrap::Vxlan(4_789).around(&web(false));
        let icmp = Typed(0x0800, ipv4(ip::ICMP, &[0; 8]));
        for packet in [ssh_4(), ssh_6(), fragment, short, padded, tunnel, icmp] {
            assert!(!is_other(LinkType::Ethernet, &packet), "{packet:?}");
        }
    }
}
