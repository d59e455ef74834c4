//! The program run in user space, on every capture of the repository and on packets made here, against the decoder.

use super::assembler::{Instruction, ancillary, code};
use super::*;
use crate::packet::{CapturedPacket, Decoded, Decoder, Watch};
use crate::source::{CaptureReader, Next, expand};
use std::path::Path;

/// What the kernel knows of a packet beside its bytes.
#[derive(Clone, Copy)]
struct Known {
    protocol: u32,
    packet_type: u32,
    hardware: u32,
}

const ETHERNET: Known = Known { protocol: 0, packet_type: 0, hardware: 1 };

/// Runs a program as the kernel does: a load beyond the end drops the packet.
fn passes(program: &[Instruction], data: &[u8], known: Known) -> bool {
    run(program, data, known).unwrap_or(0) > 0
}

fn run(program: &[Instruction], data: &[u8], known: Known) -> Option<u32> {
    let load = |at: u32, bytes: usize| -> Option<u32> {
        match at {
            ancillary::PROTOCOL => Some(known.protocol),
            ancillary::PACKET_TYPE => Some(known.packet_type),
            ancillary::HARDWARE => Some(known.hardware),
            _ => {
                let at = at as usize;
                Some(data.get(at..at + bytes)?.iter().fold(0, |sum, &byte| (sum << 8) | u32::from(byte)))
            }
        }
    };
    let (mut a, mut x, mut store, mut at) = (0_u32, 0_u32, [0_u32; 16], 0);
    loop {
        let Instruction { code, jump_true, jump_false, k } = program[at];
        at += 1;
        let mut compare = |holds: bool| at += usize::from(if holds { jump_true } else { jump_false });
        match code {
            code::LOAD_WORD => a = load(k, 4)?,
            code::LOAD_HALF => a = load(k, 2)?,
            code::LOAD_BYTE => a = load(k, 1)?,
            code::LOAD_WORD_AT => a = load(x + k, 4)?,
            code::LOAD_HALF_AT => a = load(x + k, 2)?,
            code::LOAD_BYTE_AT => a = load(x + k, 1)?,
            code::NUMBER => a = k,
            code::INDEX => x = k,
            code::INDEX_STORED => x = store[k as usize],
            code::STORE => store[k as usize] = a,
            code::ADD => a = a.wrapping_add(k),
            code::AND => a &= k,
            code::SHIFT_LEFT => a <<= k,
            code::SHIFT_RIGHT => a >>= k,
            code::ADD_INDEX => a = a.wrapping_add(x),
            code::JUMP => at += k as usize,
            code::EQUAL => compare(a == k),
            code::GREATER => compare(a > k),
            code::ANY_BIT => compare(a & k != 0),
            code::RETURN => return Some(k),
            other => panic!("step {other:#x} is not one of ours"),
        }
    }
}

/// A packet as the kernel's filter sees it on an interface of this link type.
fn seen<'a>(packet: &CapturedPacket<'a>) -> Option<(LinkType, &'a [u8], Known)> {
    let data = packet.data;
    let half = |at: usize| Some(u32::from(u16::from_be_bytes(*data.get(at..)?.first_chunk()?)));
    match packet.link {
        LinkType::Ethernet | LinkType::Raw => Some((packet.link, data, ETHERNET)),
        LinkType::LinuxSll => Some((LinkType::LinuxSll2, data.get(16..)?, Known { protocol: half(14)?, ..ETHERNET })),
        LinkType::LinuxSll2 => Some((LinkType::LinuxSll2, data.get(20..)?, Known { protocol: half(0)?, ..ETHERNET })),
        _ => None,
    }
}

/// Every packet of the captures below this folder, with the ports that its scenario watches.
fn each_packet(folder: &str, mut act: impl FnMut(&CapturedPacket<'_>, &[u16])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let inputs = expand(&[folder]).inputs;
    for input in inputs {
        let Some(path) = input.path() else { continue };
        let expected = std::fs::read_to_string(path.with_file_name("expect.toml")).unwrap_or_default();
        let expected: toml::Table = expected.parse().unwrap_or_default();
        let ports = expected.get("ports").and_then(|ports| ports.as_array());
        let port = |value: &toml::Value| value.as_integer().and_then(|port| u16::try_from(port).ok());
        let ports: Vec<u16> = ports.map_or_else(|| vec![22], |ports| ports.iter().filter_map(port).collect());
        let mut reader = CaptureReader::open(path, 0).expect("a capture");
        loop {
            match reader.next() {
                Next::Packet(packet) => act(&packet, &ports),
                Next::Idle => {}
                Next::End => break,
            }
        }
    }
}

#[test]
fn nothing_is_dropped_that_the_decoder_would_take() {
    let (mut checked, mut dropped) = (0, 0);
    each_packet("captures", |packet, ports| {
        let Some((link, data, known)) = seen(packet) else { return };
        let taken = match Decoder::new(Watch::ports(ports)).decode(packet) {
            Decoded::Segment(segment) => Some(segment.tunneled),
            Decoded::Icmp(_) => Some(false),
            _ => None,
        };
        let ports = Some(ports.to_vec());
        for tunnels in [false, true] {
            for any_port in [false, true] {
                let ports = ports.clone().filter(|_| !any_port);
                let filter = Filter { ports, hosts: Vec::new(), tunnels };
                let passes = passes(&filter.program(link), data, known);
                match taken {
                    Some(true) if !tunnels => {}
                    Some(_) => assert!(passes, "{:?} of {filter:?}", packet.id),
                    None => dropped += u64::from(!passes),
                }
                checked += u64::from(taken.is_some());
            }
        }
    });
    assert!(checked > 20_000, "{checked} packets that the decoder takes");
    assert!(dropped > 0, "the captures have other traffic too");
}

#[test]
fn fragments_pass_whole() {
    let mut fragments = 0;
    each_packet("captures", |packet, ports| {
        let Some((LinkType::Ethernet, data, known)) = seen(packet) else { return };
        let is_later_fragment = data.get(12..14) == Some(&[8, 0])
            && data.get(23) == Some(&6)
            && data.get(20..22).is_some_and(|bytes| (u16::from(bytes[0]) << 8 | u16::from(bytes[1])) & 0x1fff != 0);
        if is_later_fragment {
            fragments += 1;
            let filter = Filter { ports: Some(ports.to_vec()), ..Filter::default() };
            assert!(passes(&filter.program(LinkType::Ethernet), data, known));
        }
    });
    assert!(fragments > 0, "some capture has fragments");
}

/// An Ethernet packet with these VLAN tags around a header.
fn frame(tags: &[u16], ether_type: u16, ip: &[u8]) -> Vec<u8> {
    let mut data = vec![2; 12];
    for tag in tags {
        data.extend(tag.to_be_bytes());
        data.extend([0, 7]);
    }
    data.extend(ether_type.to_be_bytes());
    data.extend(ip);
    data
}

fn v4(protocol: u8, fragmentation: u16, source: [u8; 4], destination: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let [high, low] = fragmentation.to_be_bytes();
    [&[0x45, 0, 0, 0, 0, 0, high, low, 64, protocol, 0, 0][..], &source, &destination, payload].concat()
}

fn v6(next: u8, source: &str, destination: &str, payload: &[u8]) -> Vec<u8> {
    let octets = |text: &str| text.parse::<std::net::Ipv6Addr>().expect("an address").octets();
    [&[0x60, 0, 0, 0, 0, 0, next, 64][..], &octets(source), &octets(destination), payload].concat()
}

fn segment(from: u16, to: u16) -> Vec<u8> {
    [&from.to_be_bytes()[..], &to.to_be_bytes(), &[0; 16]].concat()
}

const A: [u8; 4] = [192, 0, 2, 1];
const B: [u8; 4] = [198, 51, 100, 9];

#[test]
fn ports_tags_and_icmp_are_told_apart() {
    let program = Filter { ports: Some(vec![22, 2_222]), ..Filter::default() }.program(LinkType::Ethernet);
    let check = |data: &[u8]| passes(&program, data, ETHERNET);
    let tcp = |from, to| v4(6, 0, A, B, &segment(from, to));
    for tags in [&[][..], &[0x8100], &[0x88a8, 0x8100]] {
        assert!(check(&frame(tags, 0x0800, &tcp(40_000, 22))) && check(&frame(tags, 0x0800, &tcp(2_222, 40_000))));
        assert!(!check(&frame(tags, 0x0800, &tcp(40_000, 443))));
        assert!(check(&frame(tags, 0x86dd, &v6(6, "2001:db8::1", "2001:db8::2", &segment(22, 9)))));
        assert!(!check(&frame(tags, 0x86dd, &v6(6, "2001:db8::1", "2001:db8::2", &segment(80, 9)))));
    }
    let icmp = |kind: u8| frame(&[], 0x0800, &v4(1, 0, A, B, &[kind, 0, 0, 0]));
    assert!(check(&icmp(3)) && check(&icmp(11)) && !check(&icmp(8)) && !check(&icmp(0)));
    let icmp6 = |kind: u8| frame(&[], 0x86dd, &v6(58, "::1", "::2", &[kind, 0, 0, 0]));
    assert!(check(&icmp6(2)) && !check(&icmp6(135)));
    let behind_options = |next: u8, kind: u8| {
        let options = [&[next, 1][..], &[0; 14], &[kind, 0, 0, 0]].concat();
        frame(&[], 0x86dd, &v6(0, "fe80::1", "ff02::16", &options))
    };
    assert!(check(&behind_options(58, 2)) && !check(&behind_options(58, 143)) && check(&behind_options(6, 0)));
    assert!(!check(&frame(&[], 0x0806, &[0; 28])) && !check(&frame(&[], 0x0800, &v4(17, 0, A, B, &segment(53, 22)))));
    // Fragments: the first has ports, the others pass.
    assert!(!check(&frame(&[], 0x0800, &v4(6, 0x2000, A, B, &segment(443, 9)))));
    assert!(check(&frame(&[], 0x0800, &v4(6, 0x2010, A, B, &segment(443, 9)))));
    assert!(!check(&frame(&[], 0x0800, &v4(17, 0x2010, A, B, &segment(443, 9)))));
}

#[test]
fn tunnels_pass_where_they_are_asked_for() {
    let gre = frame(&[], 0x0800, &v4(47, 0, A, B, &[0; 8]));
    let vxlan = frame(&[], 0x0800, &v4(17, 0, A, B, &segment(50_000, 4_789)));
    let dns = frame(&[], 0x0800, &v4(17, 0, A, B, &segment(50_000, 53)));
    let mpls = frame(&[], 0x8847, &[0; 40]);
    for (tunnels, link) in [(false, LinkType::Ethernet), (true, LinkType::Ethernet)] {
        let program = Filter { ports: Some(vec![22]), hosts: vec!["10.0.0.0/8".parse().expect("a network")], tunnels };
        let program = program.program(link);
        let check = |data: &[u8]| passes(&program, data, ETHERNET);
        assert_eq!([check(&gre), check(&vxlan), check(&mpls), check(&dns)], [tunnels, tunnels, tunnels, false]);
    }
}

#[test]
fn addresses_and_networks_are_told_apart() {
    let hosts = ["192.0.2.1", "198.51.0.0/17", "2001:db8:1::/47", "2001:db8:9::9"];
    let hosts: Vec<Network> = hosts.iter().map(|host| host.parse().expect("a network")).collect();
    let program = Filter { ports: Some(vec![22]), hosts: hosts.clone(), tunnels: false }.program(LinkType::Ethernet);
    let check = |data: Vec<u8>| passes(&program, &data, ETHERNET);
    for (source, destination) in
        [(A, B), ([203, 0, 113, 1], B), (B, [203, 0, 113, 1]), ([198, 51, 200, 1], [10, 0, 0, 1])]
    {
        let wanted = hosts.iter().any(|host| host.contains(source.into()) || host.contains(destination.into()));
        assert_eq!(check(frame(&[], 0x0800, &v4(6, 0, source, destination, &segment(22, 9)))), wanted);
        assert_eq!(check(frame(&[], 0x0800, &v4(6, 5, source, destination, &[0; 20]))), wanted, "a fragment");
    }
    for (source, wanted) in
        [("2001:db8:1::7", true), ("2001:db8:0::7", true), ("2001:db8:2::7", false), ("2001:db8:9::9", true)]
    {
        assert_eq!(check(frame(&[], 0x86dd, &v6(6, "fe80::1", source, &segment(9, 22)))), wanted, "{source}");
    }
    assert!(check(frame(&[], 0x0800, &v4(1, 0, [203, 0, 113, 1], [10, 0, 0, 1], &[3, 1, 0, 0]))), "ICMP from anywhere");
}

#[test]
fn loopback_shows_each_packet_once() {
    let data = frame(&[], 0x0800, &v4(6, 0, A, B, &segment(22, 9)));
    let program = Filter { ports: Some(vec![22]), ..Filter::default() }.program(LinkType::Ethernet);
    let on = |hardware, packet_type| passes(&program, &data, Known { protocol: 0, packet_type, hardware });
    assert_eq!([on(772, 4), on(772, 0), on(1, 4), on(1, 0)], [false, true, true, true]);
}

#[test]
fn cooked_and_raw_packets_begin_with_ip() {
    let ip = v4(6, 0, A, B, &segment(22, 9));
    let filter = Filter { ports: Some(vec![22]), ..Filter::default() };
    assert!(passes(&filter.program(LinkType::Raw), &ip, ETHERNET));
    let cooked = filter.program(LinkType::LinuxSll2);
    assert!(passes(&cooked, &ip, Known { protocol: 0x0800, ..ETHERNET }));
    assert!(!passes(&cooked, &ip, Known { protocol: 0x0806, ..ETHERNET }));
    let tagged = [&[0, 5, 8, 0][..], &ip].concat();
    assert!(passes(&cooked, &tagged, Known { protocol: 0x8100, ..ETHERNET }));
}

#[test]
fn programs_stay_within_what_the_kernel_takes() {
    let ports: Vec<u16> = (1..=300).collect();
    let hosts: Vec<Network> = (0..=60_u8).map(|n| Network::from(std::net::IpAddr::from([n; 16]))).collect();
    for ports in [Some(ports[..PORTS].to_vec()), Some(ports), None] {
        let filter = Filter { ports, hosts: hosts.clone(), tunnels: true };
        let program = filter.program(LinkType::Ethernet);
        assert!(program.len() <= 4_096, "{} steps", program.len());
        assert!(program.len() > 20);
        for (at, step) in program.iter().enumerate() {
            let reach = at + 1 + if step.code == code::JUMP { step.k as usize } else { usize::from(step.jump_false) };
            assert!(step.code == code::RETURN || reach < program.len(), "step {at} leads out of the program");
        }
    }
}

#[test]
fn what_is_filtered_is_said() {
    let hosts = vec!["192.0.2.0/24".parse().expect("a network"), "2001:db8::1".parse().expect("an address")];
    let filter = Filter { ports: Some(vec![22, 2_222]), hosts, tunnels: true };
    assert_eq!(
        filter.sentence(),
        "TCP port 22, 2222 of 192.0.2.0/24, 2001:db8::1, TCP fragments, ICMP errors, tunnels"
    );
    assert!(filter.expression().starts_with("((tcp port 22 or tcp port 2222 or (ip proto 6 and ip[6:2]"));
    assert!(filter.expression().contains("(net 192.0.2.0/24 or ip6 host 2001:db8::1)"));
    assert_eq!(Filter::default().sentence(), "TCP of any port, TCP fragments, ICMP errors");
}
