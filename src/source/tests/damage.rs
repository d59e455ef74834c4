//! Damage inside captures: everything readable comes, and the place of the damage is told.

use super::build::{Bytes, MICRO, pcap, pcapng};
use super::{Kept, read};
use crate::limits;
use crate::source::order::Order::{Big, Little};

fn numbered(packets: &[Kept]) -> Vec<u8> {
    packets.iter().map(|packet| packet.data[0]).collect()
}

/// Ten packets; where each record begins.
fn ten(mut file: Bytes, add: impl Fn(Bytes, u8) -> Bytes) -> (Vec<u8>, Vec<usize>) {
    let mut starts = Vec::new();
    for number in 0..10 {
        starts.push(file.bytes.len());
        file = add(file, number);
    }
    (file.bytes, starts)
}

fn ten_pcap() -> (Vec<u8>, Vec<usize>) {
    ten(pcap(Little, MICRO), |file, number| file.packet(u32::from(number), &[number; 99]))
}

fn ten_pcapng() -> (Vec<u8>, Vec<usize>) {
    ten(pcapng(Big), |file, number| file.enhanced(0, u64::from(number), 99, &[number; 99], &[]))
}

#[test]
fn the_last_record_is_cut() {
    for (file, starts) in [ten_pcap(), ten_pcapng()] {
        for length in starts[9] + 1..file.len() {
            let (packets, description) = read(&file[..length]);
            assert_eq!(numbered(&packets), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
            assert_eq!(description.warnings.len(), 1);
            assert_eq!(description.warnings[0].offset, starts[9] as u64);
            assert!(description.warnings[0].text.contains("cut off"), "{:?}", description.warnings);
            assert_eq!(description.skipped_bytes, (length - starts[9]) as u64);
        }
        assert!(read(&file[..starts[9]]).1.warnings.is_empty());
    }
}

#[test]
fn a_damaged_length_costs_one_record() {
    for length in [limits::PACKET_BYTES as u32 + 1, 0xffff_fff0, 0x0020_0000, 20_000] {
        let (mut file, starts) = ten_pcap();
        file[starts[4] + 8..starts[4] + 12].copy_from_slice(&length.to_le_bytes());
        let (packets, description) = read(&file);
        assert_eq!(numbered(&packets), [0, 1, 2, 3, 5, 6, 7, 8, 9], "{length}");
        assert_eq!(description.warnings.len(), 1);
        assert_eq!(description.warnings[0].offset, starts[4] as u64);
        assert_eq!(description.skipped_bytes, (starts[5] - starts[4]) as u64);
        assert_eq!(packets[4].number, 5, "what was not read has no number");

        let (mut file, starts) = ten_pcapng();
        file[starts[4] + 4..starts[4] + 8].copy_from_slice(&length.to_be_bytes());
        let (packets, description) = read(&file);
        assert_eq!(numbered(&packets), [0, 1, 2, 3, 5, 6, 7, 8, 9], "{length}");
        assert_eq!(description.warnings[0].offset, starts[4] as u64);
    }
}

#[test]
fn bytes_overwritten_or_lost_or_added_in_the_middle() {
    for (file, starts) in [ten_pcap(), ten_pcapng()] {
        let (from, to) = (starts[3] + 50, starts[5] + 7);
        let noise: Vec<u8> = (0..to - from).map(|n| (n * n * 31 + n * 7 + 129) as u8).collect();
        for instead in [vec![0; to - from], vec![0xff; to - from], noise, Vec::new(), vec![0x5a; 5_000]] {
            let broken = [&file[..from], &instead, &file[to..]].concat();
            let (packets, description) = read(&broken);
            let numbers = numbered(&packets);
            assert_eq!(numbers[..3], [0, 1, 2]);
            assert_eq!(numbers[numbers.len() - 4..], [6, 7, 8, 9], "{numbers:?} {:?}", description.warnings);
            assert!(!description.warnings.is_empty());
        }
    }
}

#[test]
fn a_tail_of_zeros_is_damage_not_packets() {
    for (file, _) in [ten_pcap(), ten_pcapng()] {
        let (packets, description) = read(&[&file[..], &[0; 5_000]].concat());
        assert_eq!(packets.len(), 10);
        assert_eq!((description.warnings.len(), description.warnings[0].offset), (1, file.len() as u64));
        assert_eq!(description.skipped_bytes, 5_000);
    }
}

#[test]
fn one_block_with_impossible_lengths_inside_is_passed_over() {
    let (mut file, starts) = ten_pcapng();
    file[starts[4] + 20..starts[4] + 24].copy_from_slice(&5_000_u32.to_be_bytes());
    let (packets, description) = read(&file);
    assert_eq!(numbered(&packets), [0, 1, 2, 3, 5, 6, 7, 8, 9]);
    assert_eq!(description.warnings[0].offset, starts[4] as u64);
}

#[test]
fn a_huge_block_in_a_stream_is_not_believed() {
    let (file, starts) = ten_pcapng();
    let huge = Bytes::new(Big).u32(0x7777_7777).u32(0xffff_fff0).raw(&[1; 40]).bytes;
    let padding = vec![0x33; limits::BLOCK_BYTES];
    let broken = [&file[..starts[5]], &huge, &padding, &file[starts[5]..]].concat();
    let (packets, description) = read(&broken);
    assert_eq!(packets.len(), 10, "{:?}", description.warnings);
    assert_eq!(description.warnings.len(), 1);
}

#[test]
fn warnings_are_counted_when_there_are_too_many() {
    let mut file = pcap(Little, MICRO);
    for second in 0..100 {
        file = file.packet(second, b"1").packet(second, b"2").packet(second, b"3").raw(&[0xff; 20]);
    }
    let (packets, description) = read(&file.bytes);
    assert_eq!(packets.len(), 300);
    assert_eq!(description.warnings.len(), limits::CAPTURE_WARNINGS);
    assert_eq!(description.warnings_omitted as usize, 100 - limits::CAPTURE_WARNINGS);
}

#[test]
fn an_error_of_the_system_ends_the_capture_with_a_warning() {
    struct Fails(std::io::Cursor<Vec<u8>>);
    impl std::io::Read for Fails {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(std::io::Error::other("the disk is on fire")),
                count => Ok(count),
            }
        }
    }
    let (file, _) = ten_pcap();
    let (packets, description) = super::read_from(Fails(std::io::Cursor::new(file))).expect("a capture");
    assert_eq!(packets.len(), 10);
    assert!(description.warnings[0].text.contains("on fire"));
}
