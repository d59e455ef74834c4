//! A packet as another link or a tunnel would have carried it.

use crate::headers::{checksum, network};
use crate::packets::Packet;
use sshwire::packet::LinkType;

/// What a packet can be put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrap {
    Raw,
    Null,
    Sll,
    Sll2,
    Vlan,
    DoubleVlan,
    Gre,
    Vxlan,
}

impl Wrap {
    pub const ALL: [Self; 8] =
        [Self::Raw, Self::Null, Self::Sll, Self::Sll2, Self::Vlan, Self::DoubleVlan, Self::Gre, Self::Vxlan];

    /// Whether two machines of one network cannot be told apart by what is left of the link's header.
    pub fn has_no_hardware_address(self) -> bool {
        matches!(self, Self::Raw | Self::Null)
    }

    /// The same packet as it would have been captured so. Packets that are no IP stay as they are.
    pub fn apply(self, packet: &Packet) -> Packet {
        let Some((at, ether_type)) = network(packet).filter(|(_, kind)| matches!(kind, 0x0800 | 0x86dd)) else {
            return packet.clone();
        };
        let inner = &packet.data[at..];
        let (link, head) = self.head(packet, ether_type, packet.wire_len as usize - at);
        let data = [&head[..], inner].concat();
        let wire_len = packet.wire_len - u32::try_from(at).unwrap() + u32::try_from(head.len()).unwrap();
        Packet { time: packet.time, link, wire_len, data }
    }

    fn head(self, packet: &Packet, ether_type: u16, length: usize) -> (LinkType, Vec<u8>) {
        let kind = ether_type.to_be_bytes();
        let macs = match packet.link {
            LinkType::Ethernet => packet.data[..12].to_vec(),
            _ => vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2],
        };
        let tagged = |tags: &[u8]| (LinkType::Ethernet, [&macs[..], tags, &kind].concat());
        match self {
            Self::Raw => (LinkType::Raw, Vec::new()),
            Self::Null => (LinkType::Null, vec![if ether_type == 0x0800 { 2 } else { 30 }, 0, 0, 0]),
            Self::Sll => {
                let head = [&[0, 0, 0, 1, 0, 6][..], &macs[6..12], &[0, 0], &kind].concat();
                (LinkType::LinuxSll, head)
            }
            Self::Sll2 => {
                let head = [&kind[..], &[0, 0, 0, 0, 0, 2, 0, 1, 0, 6], &macs[6..12], &[0, 0]].concat();
                (LinkType::LinuxSll2, head)
            }
            Self::Vlan => tagged(&[0x81, 0, 0, 7]),
            Self::DoubleVlan => tagged(&[0x88, 0xa8, 0, 9, 0x81, 0, 0, 7]),
            Self::Gre => {
                let gre = [&[0, 0][..], &kind].concat();
                let outer = outer_ip(47, gre.len() + length);
                (LinkType::Ethernet, [&macs[..], &[8, 0], &outer, &gre].concat())
            }
            Self::Vxlan => {
                let vxlan = [&[8, 0, 0, 0, 0, 0, 5, 0][..], &macs, &kind].concat();
                let length = u16::try_from(8 + vxlan.len() + length).unwrap();
                let udp = [&[0xc0, 0, 0x12, 0xb5][..], &length.to_be_bytes(), &[0, 0]].concat();
                let outer = outer_ip(17, usize::from(length));
                (LinkType::Ethernet, [&macs[..], &[8, 0], &outer, &udp, &vxlan].concat())
            }
        }
    }
}

/// The IPv4 header of a tunnel between two routers.
fn outer_ip(protocol: u8, payload: usize) -> Vec<u8> {
    let total = u16::try_from(20 + payload).unwrap().to_be_bytes();
    let mut header =
        vec![0x45, 0, total[0], total[1], 0, 0, 0x40, 0, 63, protocol, 0, 0, 198, 51, 100, 1, 198, 51, 100, 2];
    let sum = checksum(&[&header]).to_be_bytes();
    header[10..12].copy_from_slice(&sum);
    header
}
