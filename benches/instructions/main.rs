//! Instructions of the hot paths, counted by callgrind: the figures stay the same on a busy machine.
//!
//!     cargo install gungraun-runner && cargo bench --bench instructions        needs valgrind

#![allow(missing_docs, reason = "a program")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run may stop")]
#![allow(unused_qualifications, reason = "made by the macros")]

#[path = "../captures/made.rs"]
mod made;

use gungraun::{library_benchmark, library_benchmark_group, main};
use made::Kind;
use sshwire::analyzer::{Analyzer, Settings};
use sshwire::packet::{CapturedPacket, LinkType, PacketId};
use sshwire::report::view::{Brief, Name};
use sshwire::time::Timestamp;
use std::hint::black_box;

/// Bytes of each capture.
const SIZE: u64 = 1_000_000;

fn capture(kind: Kind) -> Vec<u8> {
    let mut bytes = Vec::new();
    made::write(kind, SIZE, &mut bytes).unwrap();
    bytes
}

/// The packets of a pcap file in memory, into the analyzer and out in brief.
fn analyze(capture: &[u8]) -> u64 {
    let mut analyzer = Analyzer::new(Settings { ports: vec![22], ..Settings::default() });
    let (mut rest, mut number, mut packets) = (&capture[24..], 0, 0);
    let mut count = |analyzer: &mut Analyzer| {
        while let Some(judged) = analyzer.poll() {
            packets += judged.record.packets + Brief::new(&Name::of(&judged.record), &judged.judgement).id;
        }
    };
    while let Some((header, behind)) = rest.split_first_chunk::<16>() {
        let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (data, after) = behind.split_at(word(8) as usize);
        number += 1;
        analyzer.push(&CapturedPacket {
            id: PacketId::new(0, number),
            time: Timestamp::from_parts(i64::from(word(0)), i64::from(word(4)) * 1_000),
            link: LinkType::Ethernet,
            data,
            wire_len: word(12),
        });
        count(&mut analyzer);
        rest = after;
    }
    analyzer.finish();
    count(&mut analyzer);
    packets
}

#[library_benchmark]
#[bench::mixed(capture(Kind::Mixed))]
#[bench::flood(capture(Kind::Flood))]
#[bench::bulk(capture(Kind::Bulk))]
#[bench::scan(capture(Kind::Scan))]
#[bench::hostile(capture(Kind::Hostile))]
fn analyzed(capture: Vec<u8>) -> u64 {
    black_box(analyze(black_box(&capture)))
}

library_benchmark_group!(name = captures, benchmarks = analyzed);
main!(library_benchmark_groups = captures);
