//! pcapng.

use super::build::{Bytes, pcapng};
use super::read;
use crate::limits;
use crate::packet::LinkType;
use crate::source::Format;
use crate::source::order::Order::{Big, Little};

#[test]
fn sections_in_either_byte_order_with_their_own_interfaces() {
    let little =
        pcapng(Little).interface(101, 96, &[]).enhanced(1, 5, 200, b"raw", &[]).enhanced(0, 6, 8, b"ethernet", &[]);
    let big = Bytes::new(Big).section(64).interface(113, 128, &[]).enhanced(0, 7, 3, b"sll", &[]);
    let (packets, description) = read(&[little.bytes, big.bytes].concat());
    assert_eq!(description.format, Format::PcapNg);
    let seen: Vec<_> =
        packets.iter().map(|packet| (packet.number, packet.time, packet.link, packet.wire_len)).collect();
    assert_eq!(
        seen,
        [(1, 5_000, LinkType::Raw, 200), (2, 6_000, LinkType::Ethernet, 8), (3, 7_000, LinkType::LinuxSll, 3),]
    );
    assert_eq!(packets[1].data, b"ethernet");
    assert_eq!(description.link_types, [LinkType::Ethernet, LinkType::Raw, LinkType::LinuxSll]);
    assert_eq!(description.snaplen, Some(128));
    assert!(description.warnings.is_empty());
}

#[test]
fn time_has_a_resolution_and_an_offset() {
    let offset = (-3_i64).to_le_bytes();
    let file = Bytes::new(Little)
        .section(u64::MAX)
        .interface(1, 0, &[(2, b"eth0"), (9, &[9])])
        .interface(1, 0, &[(9, &[0x8a]), (14, &offset)])
        .interface(1, 0, &[(9, &[0x7f])])
        .interface(1, 0, &[(9, &[0xff]), (14, &i64::MAX.to_le_bytes())])
        .enhanced(0, 1_700_000_000_000_000_001, 1, b"a", &[])
        .enhanced(1, 10 * 1_024 + 512, 1, b"b", &[])
        .enhanced(2, u64::MAX - 1, 1, b"c", &[])
        .enhanced(3, u64::MAX, 1, b"d", &[]);
    let (packets, _) = read(&file.bytes);
    let times: Vec<_> = packets.iter().map(|packet| packet.time).collect();
    assert_eq!(times, [1_700_000_000_000_000_001, 7_500_000_000, 0, i64::MAX]);
}

#[test]
fn simple_and_obsolete_packets() {
    let file = Bytes::new(Big).section(u64::MAX).interface(1, 3, &[]);
    let obsolete = file.body().u16(0).u16(2).u32(0).u32(9).u32(2).u32(60).padded(b"ob");
    let simple = file.body().u32(60).padded(b"sim");
    let (packets, description) = read(&file.block(2, &obsolete).block(3, &simple).bytes);
    assert_eq!((packets[0].time, packets[0].wire_len, &packets[0].data[..]), (9_000, 60, &b"ob"[..]));
    assert_eq!((packets[1].time, packets[1].wire_len, &packets[1].data[..]), (9_000, 60, &b"sim"[..]));
    assert_eq!(description.capture_drops, Some(2));
    assert_eq!(description.warnings.len(), 1, "no time stamps: {:?}", description.warnings);
    assert_eq!(description.truncated_packets, 2);
}

#[test]
fn drops_are_the_latest_statistics_of_all_interfaces() {
    let file = pcapng(Little).interface(1, 0, &[]);
    let statistics = |interface, ifdrop: u64, osdrop: u64| {
        let options: [(u16, &[u8]); 3] = [(4, &[9; 8]), (5, &ifdrop.to_le_bytes()), (7, &osdrop.to_le_bytes())];
        Bytes::new(Little).u32(interface).u64(0).options(&options)
    };
    let beside = 4_u64.to_le_bytes();
    let with_packet = file.enhanced(0, 1, 1, b"p", &[(1, b"a comment"), (4, &beside)]);
    assert_eq!(read(&with_packet.bytes).1.capture_drops, Some(4));
    let file = with_packet
        .block(5, &statistics(0, 5, 1))
        .block(5, &statistics(1, 10, 0))
        .block(5, &statistics(0, 7, 2))
        .block(5, &statistics(77, 1_000, 0));
    assert_eq!(read(&file.bytes).1.capture_drops, Some(19));
    let file = file.section(u64::MAX).interface(1, 0, &[]).block(5, &statistics(0, u64::MAX, 3));
    assert_eq!(read(&file.bytes).1.capture_drops, Some(u64::MAX));
}

#[test]
fn blocks_of_no_concern_are_read_over() {
    let file = pcapng(Little);
    let names = file.body().u16(1).u16(8).raw(&[10, 0, 0, 1, b'a', b'b', b'c', 0]).u32(0);
    let large = file.body().raw(&vec![6; 3 * limits::READ_WINDOW]);
    let file = file
        .block(4, &names)
        .block(10, &names)
        .enhanced(0, 1, 1, b"a", &[])
        .block(0x0bad, &names)
        .block(0x7777_7777, &large)
        .block(10, &large)
        .block(1, &large)
        .enhanced(0, 2, 1, b"b", &[])
        .block(9, &names)
        .enhanced(0, 3, 1, b"c", &[]);
    let (packets, description) = read(&file.bytes);
    assert!(description.warnings.is_empty(), "{:?}", description.warnings);
    let numbers: Vec<_> = packets.iter().map(|packet| packet.number).collect();
    assert_eq!(numbers, [1, 3, 5], "custom blocks and entries of a journal have numbers in Wireshark");
}

#[test]
fn packets_of_unknown_interfaces_cannot_be_decoded_but_count() {
    let file = Bytes::new(Little).section(u64::MAX).enhanced(0, 1, 1, b"a", &[]).enhanced(u32::MAX, 2, 1, b"b", &[]);
    let (packets, description) = read(&file.bytes);
    assert_eq!(packets.len(), 2);
    assert_eq!(packets[1].link, LinkType::Unknown(u16::MAX));
    assert_eq!((packets[1].time, description.warnings.len()), (2_000, 1));
}

#[test]
fn more_interfaces_than_anybody_has() {
    let mut file = Bytes::new(Little).section(u64::MAX);
    for _ in 0..=limits::INTERFACES {
        file = file.interface(1, 0, &[]);
    }
    let last = u32::try_from(limits::INTERFACES).expect("fits");
    let file = file.enhanced(last - 1, 1, 1, b"a", &[]).enhanced(last, 2, 1, b"b", &[]);
    let (packets, description) = read(&file.bytes);
    let links: Vec<_> = packets.iter().map(|packet| packet.link).collect();
    assert_eq!(links, [LinkType::Ethernet, LinkType::Unknown(u16::MAX)]);
    assert_eq!(description.warnings.len(), 1);
    assert!(description.warnings[0].text.contains("interfaces"));
}

#[test]
fn an_unknown_version_is_read_with_a_warning() {
    let body = Bytes::new(Little).u32(0x1a2b_3c4d).u16(2).u16(0).u64(u64::MAX);
    let file = Bytes::new(Little).block(0x0a0d_0d0a, &body).interface(1, 0, &[]).enhanced(0, 1, 1, b"a", &[]);
    let (packets, description) = read(&file.bytes);
    assert_eq!((packets.len(), description.warnings.len()), (1, 1));
}
