//! The program: down from the link header to ports, ICMP types and addresses.

use super::Filter;
use super::assembler::{Assembler, Instruction, Label, ancillary, code};
use crate::packet::{LinkType, Network};
use std::net::IpAddr;

const IPV4: u32 = 0x0800;
const IPV6: u32 = 0x86dd;
/// EtherTypes of VLAN tags: IEEE 802.1Q, 802.1ad, and what was used for stacked tags before it.
const TAGS: [u32; 4] = [0x8100, 0x88a8, 0x9100, 0x9200];
/// EtherTypes of MPLS and PPPoE, and the largest value that is a length (LLC follows).
const ENCAPSULATIONS: [u32; 3] = [0x8847, 0x8848, 0x8864];
const LENGTH: u32 = 1_500;

// IANA protocol numbers.
const ICMP: u32 = 1;
const TCP: u32 = 6;
const UDP: u32 = 17;
const ICMPV6: u32 = 58;
const AUTHENTICATION_HEADER: u32 = 51;
const FRAGMENT: u32 = 44;
const HOP_BY_HOP: u32 = 0;
/// IPv6 extension headers that may stand before TCP: rare enough to pass whole.
const EXTENSIONS: [u32; 5] = [43, 60, 135, 139, 140];
/// IPv4, IPv6, GRE and MPLS inside IP.
const TUNNELS: [u32; 4] = [4, 41, 47, 137];
/// VXLAN, Linux's VXLAN, GENEVE.
const TUNNEL_PORTS: [u32; 3] = [4_789, 8_472, 6_081];

const ARPHRD_LOOPBACK: u32 = 772;
const PACKET_OUTGOING: u32 = 4;

/// Store that holds the place of the transport header.
const TRANSPORT: u32 = 0;

struct Writer<'a> {
    filter: &'a Filter,
    out: Assembler,
    v4: Label,
    v6: Label,
    transport: Label,
}

pub(super) fn program(filter: &Filter, link: LinkType) -> Vec<Instruction> {
    let mut out = Assembler::default();
    let (v4, v6, transport) = (out.label(), out.label(), out.label());
    let mut writer = Writer { filter, out, v4, v6, transport };
    writer.once_on_loopback();
    writer.link(link);
    writer.ipv4();
    writer.ipv6();
    writer.tcp();
    writer.out.finish()
}

impl Writer<'_> {
    /// A packet on the loopback interface is sent and received, and would be seen twice.
    fn once_on_loopback(&mut self) {
        let rest = self.out.label();
        let sent = self.out.label();
        self.out.step(code::LOAD_WORD, ancillary::HARDWARE);
        self.out.jump_if(code::EQUAL, ARPHRD_LOOPBACK, sent);
        self.out.jump(rest);
        self.out.place(sent);
        let twice = self.out.label();
        self.out.step(code::LOAD_WORD, ancillary::PACKET_TYPE);
        self.out.jump_if(code::EQUAL, PACKET_OUTGOING, twice);
        self.out.jump(rest);
        self.out.place(twice);
        self.out.drop();
        self.out.place(rest);
    }

    /// Leaves the index register at the IP header.
    fn link(&mut self, link: LinkType) {
        match link {
            LinkType::Raw => {
                self.out.step(code::INDEX, 0);
                self.out.step(code::LOAD_BYTE, 0);
                self.out.step(code::SHIFT_RIGHT, 4);
                self.out.jump_if(code::EQUAL, 4, self.v4);
                self.out.jump_if(code::EQUAL, 6, self.v6);
                self.out.drop();
            }
            LinkType::Ethernet => {
                self.out.step(code::INDEX, 14);
                self.out.step(code::LOAD_HALF, 12);
                self.tags([16, 20], 14);
                if self.filter.tunnels {
                    let lengths = self.out.label();
                    self.out.jump_if(code::GREATER, LENGTH, lengths);
                    self.out.accept();
                    self.out.place(lengths);
                }
                self.network();
            }
            // Cooked: the packet begins with the network layer, its EtherType is known beside it.
            _ => {
                self.out.step(code::INDEX, 0);
                self.out.step(code::LOAD_WORD, ancillary::PROTOCOL);
                self.tags([2, 6], 0);
                self.network();
            }
        }
    }

    /// Up to two VLAN tags in the data; what is behind the second one stands `places` bytes from the start. A third passes.
    fn tags(&mut self, places: [u32; 2], network: u32) {
        let done = self.out.label();
        for (place, begins) in places.into_iter().zip([network + 4, network + 8]) {
            let tagged = self.out.label();
            for tag in TAGS {
                self.out.jump_if(code::EQUAL, tag, tagged);
            }
            self.out.jump(done);
            self.out.place(tagged);
            self.out.step(code::INDEX, begins);
            self.out.step(code::LOAD_HALF, place);
        }
        for tag in TAGS {
            self.out.accept_if(code::EQUAL, tag);
        }
        self.out.place(done);
    }

    fn network(&mut self) {
        self.out.jump_if(code::EQUAL, IPV4, self.v4);
        self.out.jump_if(code::EQUAL, IPV6, self.v6);
        if self.filter.tunnels {
            for encapsulation in ENCAPSULATIONS {
                self.out.accept_if(code::EQUAL, encapsulation);
            }
        }
        self.out.drop();
    }

    fn ipv4(&mut self) {
        let (later, tcp, icmp) = (self.out.label(), self.out.label(), self.out.label());
        self.out.place(self.v4);
        self.out.step(code::LOAD_BYTE_AT, 0);
        self.out.step(code::AND, 0x0f);
        self.out.step(code::SHIFT_LEFT, 2);
        self.out.step(code::ADD_INDEX, 0);
        self.out.step(code::STORE, TRANSPORT);
        self.out.step(code::LOAD_HALF_AT, 6);
        self.out.jump_if(code::ANY_BIT, 0x1fff, later);
        self.out.step(code::LOAD_BYTE_AT, 9);
        self.out.jump_if(code::EQUAL, TCP, tcp);
        self.out.jump_if(code::EQUAL, ICMP, icmp);
        self.tunnels();
        self.out.accept_if(code::EQUAL, AUTHENTICATION_HEADER);
        self.out.drop();
        // Fragments behind the first have no ports.
        self.out.place(later);
        let fragment = self.out.label();
        self.out.step(code::LOAD_BYTE_AT, 9);
        self.out.jump_if(code::EQUAL, TCP, fragment);
        self.tunnel_fragments();
        self.out.accept_if(code::EQUAL, AUTHENTICATION_HEADER);
        self.out.drop();
        self.out.place(fragment);
        self.addresses(false);
        self.out.accept();
        self.out.place(icmp);
        self.icmp(&[3, 4, 11, 12]);
        self.out.place(tcp);
        self.addresses(false);
        self.out.jump(self.transport);
    }

    fn ipv6(&mut self) {
        let (tcp, icmp, fragment) = (self.out.label(), self.out.label(), self.out.label());
        let (options, behind) = (self.out.label(), self.out.label());
        self.out.place(self.v6);
        // The header has a fixed length.
        self.out.step(code::NUMBER, 40);
        self.out.step(code::ADD_INDEX, 0);
        self.out.step(code::STORE, TRANSPORT);
        self.out.step(code::LOAD_BYTE_AT, 6);
        self.out.jump_if(code::EQUAL, TCP, tcp);
        self.out.jump_if(code::EQUAL, ICMPV6, icmp);
        self.out.jump_if(code::EQUAL, FRAGMENT, fragment);
        self.out.jump_if(code::EQUAL, HOP_BY_HOP, options);
        self.tunnels();
        self.out.accept_if(code::EQUAL, AUTHENTICATION_HEADER);
        for extension in EXTENSIONS {
            self.out.accept_if(code::EQUAL, extension);
        }
        self.out.drop();
        self.out.place(fragment);
        if !self.filter.tunnels {
            self.addresses(true);
        }
        self.out.accept();
        // Multicast listener reports come this way all the time; what else does is rare.
        self.out.place(options);
        self.out.step(code::LOAD_BYTE_AT, 40);
        self.out.jump_if(code::EQUAL, ICMPV6, behind);
        self.out.accept();
        self.out.place(behind);
        self.out.step(code::LOAD_BYTE_AT, 41);
        self.out.step(code::SHIFT_LEFT, 3);
        self.out.step(code::ADD, 48);
        self.out.step(code::ADD_INDEX, 0);
        self.out.step(code::STORE, TRANSPORT);
        self.out.place(icmp);
        self.icmp(&[1, 2, 3, 4]);
        self.out.place(tcp);
        self.addresses(true);
        self.out.jump(self.transport);
    }

    /// The accumulator holds a protocol number.
    fn tunnels(&mut self) {
        if !self.filter.tunnels {
            return;
        }
        for tunnel in TUNNELS {
            self.out.accept_if(code::EQUAL, tunnel);
        }
        let (udp, other) = (self.out.label(), self.out.label());
        self.out.jump_if(code::EQUAL, UDP, udp);
        self.out.jump(other);
        self.out.place(udp);
        self.out.step(code::INDEX_STORED, TRANSPORT);
        self.out.step(code::LOAD_HALF_AT, 2);
        for port in TUNNEL_PORTS {
            self.out.accept_if(code::EQUAL, port);
        }
        self.out.drop();
        self.out.place(other);
    }

    fn tunnel_fragments(&mut self) {
        if self.filter.tunnels {
            for tunnel in TUNNELS.into_iter().chain([UDP]) {
                self.out.accept_if(code::EQUAL, tunnel);
            }
        }
    }

    fn icmp(&mut self, kinds: &[u32]) {
        self.out.step(code::INDEX_STORED, TRANSPORT);
        self.out.step(code::LOAD_BYTE_AT, 0);
        for &kind in kinds {
            self.out.accept_if(code::EQUAL, kind);
        }
        self.out.drop();
    }

    /// Goes on only if one of the addresses is wanted.
    fn addresses(&mut self, version_6: bool) {
        let hosts = self.filter.kernel_hosts();
        if hosts.is_empty() {
            return;
        }
        let wanted = self.out.label();
        let (source, destination) = if version_6 { (8, 24) } else { (12, 16) };
        for &host in hosts.iter().filter(|host| host.address().is_ipv6() == version_6) {
            for place in [source, destination] {
                self.address(host, place, wanted);
            }
        }
        self.out.drop();
        self.out.place(wanted);
    }

    /// Goes on at the label if the address at this place behind the index register lies in the network.
    fn address(&mut self, host: Network, place: u32, wanted: Label) {
        let words: Vec<u32> = match host.address() {
            IpAddr::V4(address) => vec![address.to_bits()],
            IpAddr::V6(address) => address
                .octets()
                .chunks_exact(4)
                .filter_map(|word| Some(u32::from_be_bytes(*word.first_chunk()?)))
                .collect(),
        };
        let other = self.out.label();
        let mut bits = u32::from(host.prefix());
        for (word, offset) in words.into_iter().zip((place..).step_by(4)) {
            if bits == 0 {
                break;
            }
            let equal = self.out.label();
            self.out.step(code::LOAD_WORD_AT, offset);
            if bits < 32 {
                self.out.step(code::AND, u32::MAX << (32 - bits));
            }
            self.out.jump_if(code::EQUAL, word, equal);
            self.out.jump(other);
            self.out.place(equal);
            bits = bits.saturating_sub(32);
        }
        self.out.jump(wanted);
        self.out.place(other);
    }

    fn tcp(&mut self) {
        self.out.place(self.transport);
        let Some(ports) = self.filter.kernel_ports() else {
            self.out.accept();
            return;
        };
        self.out.step(code::INDEX_STORED, TRANSPORT);
        for place in [0, 2] {
            self.out.step(code::LOAD_HALF_AT, place);
            for &port in ports {
                self.out.accept_if(code::EQUAL, u32::from(port));
            }
        }
        self.out.drop();
    }
}
