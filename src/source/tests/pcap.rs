//! The classic format.

use super::build::{Bytes, MICRO, MODIFIED, NANO, pcap, pcap_with};
use super::read;
use crate::packet::LinkType;
use crate::source::order::Order::{Big, Little};
use crate::source::{Format, SourceError};
use crate::time::Timestamp;

#[test]
fn both_byte_orders_and_both_units() {
    for order in [Little, Big] {
        for (magic, fraction) in [(MICRO, 7_000), (NANO, 7)] {
            let file = pcap(order, magic).record(100, 7, 60, b"first").record(200, 7, 4, b"last");
            let (packets, description) = read(&file.bytes);
            assert_eq!(packets.len(), 2);
            assert_eq!((packets[0].number, packets[0].time), (1, 100_000_000_000 + fraction));
            assert_eq!((packets[0].wire_len, &packets[0].data[..]), (60, &b"first"[..]));
            assert_eq!((packets[1].number, &packets[1].data[..]), (2, &b"last"[..]));
            assert_eq!(packets[0].link, LinkType::Ethernet);
            assert_eq!(description.format, Format::Pcap { nanoseconds: magic == NANO, modified: false });
            assert_eq!(description.truncated_packets, 1);
            assert_eq!(description.snaplen, Some(262_144));
            assert_eq!(description.link_types, [LinkType::Ethernet]);
            assert_eq!(description.first_time, Some(Timestamp(100_000_000_000 + fraction)));
            assert_eq!(description.last_time, Some(Timestamp(200_000_000_000 + fraction)));
            assert_eq!(description.capture_drops, None);
            assert!(description.warnings.is_empty());
        }
    }
}

#[test]
fn the_modified_variant_has_longer_record_headers() {
    for order in [Little, Big] {
        let record =
            |file: Bytes, data: &[u8]| file.u32(9).u32(1).u32(3).u32(3).u32(2).u16(0x0800).raw(&[4, 0]).raw(data);
        let (packets, description) = read(&record(record(pcap(order, MODIFIED), b"abc"), b"def").bytes);
        assert_eq!(packets.iter().map(|packet| &packet.data[..]).collect::<Vec<_>>(), [b"abc", b"def"]);
        assert_eq!(description.format, Format::Pcap { nanoseconds: false, modified: true });
    }
}

#[test]
fn frame_check_bits_are_no_part_of_the_link_type() {
    for order in [Little, Big] {
        let (packets, _) = read(&pcap_with(order, MICRO, 0, 0x5400_0001).packet(0, b"x").bytes);
        assert_eq!(packets[0].link, LinkType::Ethernet);
    }
    assert_eq!(read(&pcap_with(Little, MICRO, 0, 276).bytes).1.link_types, [LinkType::LinuxSll2]);
    assert_eq!(read(&pcap_with(Little, MICRO, 0, 147).bytes).1.link_types, [LinkType::Unknown(147)]);
}

#[test]
fn odd_but_harmless_records_are_tolerated() {
    let file = pcap_with(Little, MICRO, 4, 1)
        .record(10, 1_500_000, 6, b"beyond") // longer than the snaplen, and a fraction of more than a second
        .record(0, 0, 4, b"zero")
        .record(11, 0, 2, b"more captured than on the wire")
        .record(12, 0, 40, b"");
    let (packets, description) = read(&file.bytes);
    assert!(description.warnings.is_empty(), "{:?}", description.warnings);
    assert_eq!(packets.len(), 4);
    assert_eq!(packets[0].time, 11_500_000_000);
    assert_eq!(packets[1].time, 0);
    assert_eq!(packets[2].wire_len, 30);
    assert_eq!(description.first_time, Some(Timestamp(11_000_000_000)), "a zero time stamp is none");
}

#[test]
fn the_oldest_versions_swap_the_lengths() {
    let old = |minor| Bytes::new(Little).u32(MICRO).u16(2).u16(minor).u32(0).u32(0).u32(96).u32(1);
    for minor in [2, 3] {
        let (packets, _) = read(&old(minor).u32(1).u32(0).u32(60).u32(3).raw(b"abc").bytes);
        assert_eq!((&packets[0].data[..], packets[0].wire_len), (&b"abc"[..], 60));
    }
}

#[test]
fn an_unknown_version_is_read_with_a_warning() {
    let file = Bytes::new(Big).u32(MICRO).u16(7).u16(1).u32(0).u32(0).u32(96).u32(1).packet(1, b"abc");
    let (packets, description) = read(&file.bytes);
    assert_eq!((packets.len(), description.warnings.len()), (1, 1));
    assert!(description.warnings[0].text.contains("7.1"));
}

#[test]
fn joined_files_are_read_through() {
    let first = pcap(Little, MICRO).packet(0, b"one").bytes;
    let file = [&first[..], &pcap_with(Big, NANO, 0, 101).packet(1, b"two").bytes].concat();
    let (packets, description) = read(&file);
    assert_eq!(packets.len(), 2);
    assert_eq!((packets[1].link, packets[1].number), (LinkType::Raw, 2));
    assert_eq!(packets[1].time, 1_767_225_601_000_250_000);
    assert_eq!(description.warnings.len(), 1);
    assert_eq!(description.warnings[0].offset, first.len() as u64);
    assert_eq!(description.link_types, [LinkType::Ethernet, LinkType::Raw]);
}

#[test]
fn a_header_that_is_cut_is_an_error() {
    let file = pcap(Little, MICRO).bytes;
    for length in 4..file.len() {
        let error = super::read_from(std::io::Cursor::new(file[..length].to_vec())).expect_err("no header");
        assert!(matches!(error, SourceError::TooShort { bytes, .. } if bytes == length as u64));
    }
}
