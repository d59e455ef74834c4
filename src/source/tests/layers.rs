//! Compression around captures.

use super::build::{MICRO, pcap, pcapng};
use super::{read, read_from};
use crate::source::order::Order::Little;
use crate::source::{Compression, SourceError};
use std::io::{Cursor, Write};

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("memory")
}

pub fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

type Pack = fn(&[u8]) -> Vec<u8>;
const LAYERS: [(Compression, Pack); 3] =
    [(Compression::Gzip, gzip), (Compression::Zstd, zstd), (Compression::Lz4, lz4)];

/// 150 packets of 1,400 bytes that do not compress to nothing.
fn capture() -> Vec<u8> {
    let mut state = 1_u32;
    let mut file = pcapng(Little);
    for second in 0..150 {
        let bytes = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8 & 0x3f
        });
        let data: Vec<u8> = bytes.take(1_400).collect();
        file = file.enhanced(0, second, 1_400, &data, &[]);
    }
    file.bytes
}

#[test]
fn every_layer_and_two_of_them() {
    let file = capture();
    let plain = read(&file).0;
    for (outer, pack) in LAYERS {
        let (packets, description) = read(&pack(&file));
        assert_eq!(packets, plain);
        assert_eq!(description.compression, [outer]);
        for (inner, pack_inside) in LAYERS {
            let (packets, description) = read(&pack(&pack_inside(&file)));
            assert_eq!(packets, plain);
            assert_eq!(description.compression, [outer, inner]);
            assert!(description.warnings.is_empty());
        }
    }
    let error = read_from(Cursor::new(gzip(&gzip(&zstd(&file))))).expect_err("three layers");
    assert!(matches!(error, SourceError::CompressedTooOften { .. }));
}

#[test]
fn members_and_frames_in_a_row() {
    let file = capture();
    let plain = read(&file).0;
    for (_, pack) in LAYERS {
        let (head, tail) = file.split_at(100_001);
        let (packets, description) = read(&[pack(head), pack(b""), pack(tail)].concat());
        assert_eq!(packets, plain);
        assert!(description.warnings.is_empty(), "{:?}", description.warnings);
    }
}

#[test]
fn cut_compressed_data_gives_what_came_before() {
    let file = capture();
    let plain = read(&file).0;
    for (layer, pack) in LAYERS {
        let packed = pack(&file);
        let mut most = 0;
        for length in (0..packed.len()).step_by(packed.len() / 12).chain([packed.len() - 1]) {
            let Ok((packets, description)) = read_from(Cursor::new(packed[..length].to_vec())) else { continue };
            assert_eq!(packets[..], plain[..packets.len()]);
            most = most.max(packets.len());
            assert_eq!(description.warnings.len(), 1, "{layer} {length}");
            let text = &description.warnings[0].text;
            assert!(text.contains("ends early") && text.contains("decompressed bytes"), "{layer} {length} {text}");
        }
        assert!(most > 80, "{layer}: {most}");
    }
}

#[test]
fn damaged_compressed_data_is_told_from_cut_data() {
    let mut packed = gzip(&capture());
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    let (packets, description) = read(&packed);
    assert_eq!(packets.len(), 150);
    assert!(description.warnings[0].text.contains("compressed data is damaged"), "{:?}", description.warnings);
    let mut packed = gzip(&capture());
    packed.extend(b"trailing garbage");
    let (packets, description) = read(&packed);
    assert_eq!((packets.len(), description.warnings.len()), (150, 1));
}

#[test]
fn a_bomb_costs_time_only() {
    // A block of nearly 100 MB of zeros that shrinks to some kilobytes.
    let file = pcapng(Little);
    let bomb = file.body().raw(&vec![0; 100 << 20]);
    let packed = zstd(&file.block(10, &bomb).enhanced(0, 1, 1, b"a", &[]).bytes);
    assert!(packed.len() < 100_000);
    let (packets, description) = read(&packed);
    assert_eq!((packets.len(), description.warnings.len()), (1, 0));
}

#[test]
fn compressed_things_that_are_no_captures() {
    let error = read_from(Cursor::new(gzip(b"just some text\n"))).expect_err("text");
    assert!(matches!(error, SourceError::NotACapture { hint, .. } if hint.starts_with("text")));
    let error = read_from(Cursor::new(gzip(&pcap(Little, MICRO).bytes[..10]))).expect_err("cut");
    assert!(matches!(error, SourceError::TooShort { bytes: 10, .. }));
    assert!(matches!(read_from(Cursor::new(zstd(b""))), Err(SourceError::Empty { .. })));
    assert!(matches!(read_from(Cursor::new(Vec::new())), Err(SourceError::Empty { .. })));
}
