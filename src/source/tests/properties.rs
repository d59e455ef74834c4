//! Properties that hold for every capture, and the comparison with another reader.

use super::build::{Bytes, MICRO, MODIFIED, NANO, pcap};
use super::{Kept, layers, read, read_from};
use crate::source::order::Order::{self, Big, Little};
use pcap_parser::{Block, PcapBlockOwned, PcapError};
use proptest::prelude::*;
use std::io::{Cursor, ErrorKind, Read};

/// A reader that gives its bytes in the given portions; 0 stands for silence.
struct Portions {
    bytes: Cursor<Vec<u8>>,
    sizes: Vec<usize>,
    turn: usize,
}

impl Read for Portions {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.sizes[self.turn % self.sizes.len()];
        self.turn += 1;
        // The header may be waited for with pauses, which would make a test slow.
        if size == 0 && self.bytes.position() >= 40 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let limit = size.max(1).min(buffer.len());
        self.bytes.read(&mut buffer[..limit])
    }
}

/// At least one portion is not empty, or the file would never end.
fn portions(largest: usize) -> impl Strategy<Value = Vec<usize>> {
    let sizes = proptest::collection::vec(prop_oneof![Just(0), 1_usize..20, 1..largest], 0..20);
    (sizes, 1..largest).prop_map(|(sizes, last)| [sizes, vec![last]].concat())
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Little), Just(Big)]
}

fn data() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..60),
        proptest::collection::vec(any::<u8>(), 1..1_600),
        (1_usize..70_000).prop_map(|length| vec![0x11; length]),
    ]
}

prop_compose! {
    fn pcap_file()(
        order in order(),
        magic in prop_oneof![Just(MICRO), Just(NANO)],
        packets in proptest::collection::vec((0_u32..80_000, 0_u32..1_000_000, data(), 0_u32..9), 0..12),
    ) -> Vec<u8> {
        let mut file = pcap(order, magic);
        for (second, fraction, data, more) in packets {
            file = file.record(1_700_000_000 + second, fraction, data.len() as u32 + more, &data);
        }
        file.bytes
    }
}

/// Resolutions that `pcap-parser` understands; the others have tests of their own.
fn resolution() -> impl Strategy<Value = Option<u8>> {
    prop_oneof![Just(None), Just(Some(3)), Just(Some(6)), Just(Some(9))]
}

prop_compose! {
    fn section()(
        order in order(),
        interfaces in proptest::collection::vec((prop_oneof![Just(1_u16), Just(101), Just(147)], resolution()), 1..4),
        packets in proptest::collection::vec((0_usize..4, 0_u64..1 << 50, data(), 0_u32..9, any::<bool>()), 0..8),
    ) -> Vec<u8> {
        let mut file = Bytes::new(order).section(u64::MAX);
        for (link, resolution) in &interfaces {
            match resolution {
                Some(resolution) => file = file.interface(*link, 0, &[(2, b"eth0"), (9, &[*resolution])]),
                None => file = file.interface(*link, 0, &[]),
            }
        }
        for (interface, ticks, data, more, comment) in packets {
            let options: &[(u16, &[u8])] = if comment { &[(1, b"comment")] } else { &[] };
            let interface = interface % interfaces.len();
            file = file.enhanced(interface as u32, ticks, data.len() as u32 + more, &data, options);
        }
        file.bytes
    }
}

fn pcapng_file() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(section(), 1..3).prop_map(|sections| sections.concat())
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![pcap_file(), pcapng_file()]
}

/// What `pcap-parser` reads.
fn oracle(bytes: &[u8]) -> Vec<(i64, u32, Vec<u8>)> {
    let mut reader = pcap_parser::create_reader(1 << 20, Cursor::new(bytes.to_vec())).expect("a capture");
    let (mut unit, mut units, mut packets) = (1_000, Vec::new(), Vec::new());
    loop {
        let used = match reader.next() {
            Ok((used, block)) => {
                match block {
                    PcapBlockOwned::LegacyHeader(header) => {
                        unit = if header.is_nanosecond_precision() { 1 } else { 1_000 }
                    }
                    PcapBlockOwned::Legacy(packet) => {
                        let time = i64::from(packet.ts_sec) * 1_000_000_000 + i64::from(packet.ts_usec) * unit;
                        packets.push((time, packet.origlen, packet.data.to_vec()));
                    }
                    PcapBlockOwned::NG(Block::SectionHeader(_)) => units.clear(),
                    PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                        units.push(10_i64.pow(9 - u32::from(interface.if_tsresol)));
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                        let ticks = (u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low)).cast_signed();
                        let time = ticks.saturating_mul(units[packet.if_id as usize]);
                        packets.push((time, packet.origlen, packet.data[..packet.caplen as usize].to_vec()));
                    }
                    PcapBlockOwned::NG(_) => {}
                }
                used
            }
            Err(PcapError::Eof) => return packets,
            Err(PcapError::Incomplete(_)) => {
                reader.refill().expect("memory");
                continue;
            }
            Err(error) => panic!("{error:?}"),
        };
        reader.consume(used);
    }
}

fn ours(packets: Vec<Kept>) -> Vec<(i64, u32, Vec<u8>)> {
    packets.into_iter().map(|packet| (packet.time, packet.wire_len, packet.data)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn another_reader_reads_the_same(file in file()) {
        let (packets, description) = read(&file);
        prop_assert!(description.warnings.is_empty(), "{:?}", description.warnings);
        prop_assert_eq!(ours(packets), oracle(&file));
    }

    #[test]
    fn a_prefix_of_a_file_yields_a_prefix_of_its_packets(file in file(), cut in any::<prop::sample::Index>()) {
        let cut = cut.index(file.len());
        let whole = read(&file).0;
        if let Ok((packets, _)) = read_from(Cursor::new(file[..cut].to_vec())) {
            prop_assert!(whole.starts_with(&packets), "{} of {} packets", packets.len(), whole.len());
        }
    }

    #[test]
    fn the_sizes_of_reads_do_not_matter(
        file in file(),
        sizes in portions(5_000),
    ) {
        let portions = Portions { bytes: Cursor::new(file.clone()), sizes, turn: 0 };
        prop_assert_eq!(read_from(portions).expect("a capture"), read(&file));
    }

    #[test]
    fn the_sizes_of_reads_do_not_matter_in_damaged_files_either(
        file in file(),
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        sizes in portions(900),
    ) {
        let mut file = file;
        for (place, value) in places {
            let place = place.index(file.len());
            file[place] = value;
        }
        let portions = Portions { bytes: Cursor::new(file.clone()), sizes, turn: 0 };
        match (read_from(portions), read_from(Cursor::new(file))) {
            (Ok(slow), Ok(fast)) => prop_assert_eq!(slow, fast),
            (slow, fast) => prop_assert!(slow.is_err() && fast.is_err()),
        }
    }

    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), kind in 0..8) {
        let start = match kind {
            0 => pcap(Little, MICRO).bytes,
            1 => pcap(Big, MODIFIED).bytes,
            2 => super::build::pcapng(Little).bytes,
            3 => super::build::pcapng(Big).bytes,
            4 => vec![0x1f, 0x8b, 8],
            5 => vec![0x28, 0xb5, 0x2f, 0xfd],
            6 => vec![4, 0x22, 0x4d, 0x18],
            _ => Vec::new(),
        };
        let _ = read_from(Cursor::new([start, bytes].concat()));
    }

    #[test]
    fn nothing_panics_in_damaged_compressed_files(
        file in file(),
        kind in 0..3,
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let pack = [layers::gzip, layers::zstd, layers::lz4][kind as usize];
        let mut packed = pack(&file);
        for (place, value) in places {
            let place = place.index(packed.len());
            packed[place] = value;
        }
        let _ = read_from(Cursor::new(packed));
    }
}
