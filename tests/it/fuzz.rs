//! Hostile input on stable: mutated captures and invented operations through the same entry points as a fuzzer's, a bounded number of times.
//! Nothing may panic; sizes stay bounded. `SSHWIRE_FUZZ_ROUNDS` multiplies the rounds.

use crate::corpus::entrances::{self, LINKS, check};
use crate::labelled::scenarios;
use crate::packets::{Loaded, Packet, Random, judge_parts, loaded, push};
use sshwire::analyzer::{Analyzer, Settings};
use sshwire::time::Timestamp;

pub fn rounds(usual: u64) -> u64 {
    let times = std::env::var("SSHWIRE_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    usual * times
}

/// Damages bytes as transport, disks and enemies do.
pub fn mutate(data: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(6) {
        if data.is_empty() {
            return;
        }
        let at = random.below(data.len());
        let length = (1 + random.below(64)).min(data.len() - at);
        match random.below(8) {
            0 => data[at] ^= 1 << random.below(8),
            1 => data[at] = [0, 0xff, 0x7f, 0x80, b'\n', b'S'][random.below(6)],
            2 => data.truncate(at),
            3 => drop(data.drain(at..at + length)),
            4 => {
                let copy = data[at..at + length].to_vec();
                data.splice(at..at, copy);
            }
            5 => {
                let from = random.below(data.len() - length + 1);
                data.copy_within(from..from + length, at);
            }
            6 => data[at..at + length].iter_mut().for_each(|byte| *byte = u8::try_from(random.next() & 255).unwrap()),
            _ => {
                let number =
                    [0u32, 1, u32::MAX, i32::MAX as u32, 0x8000_0000, 35_000, 65_535, 262_144][random.below(8)];
                let bytes = if random.percent(50) { number.to_be_bytes() } else { number.to_le_bytes() };
                data.iter_mut().skip(at).zip(bytes).for_each(|(byte, new)| *byte = new);
            }
        }
    }
}

#[test]
fn damaged_capture_files_break_nothing() {
    let files: Vec<Vec<u8>> = scenarios().iter().map(|scenario| std::fs::read(&scenario.capture).unwrap()).collect();
    let mut random = Random::seeded(1);
    for _ in 0..rounds(2_000) {
        let mut data = files[random.below(files.len())].clone();
        mutate(&mut data, &mut random);
        entrances::capture(data);
    }
}

/// One packet's bytes damaged, packets lost, doubled, exchanged and moved in time.
fn disturbed(capture: &Loaded, random: &mut Random) -> Vec<Packet> {
    let mut packets = capture.packets.clone();
    for _ in 0..=random.below(8) {
        let (one, other) = (random.below(packets.len()), random.below(packets.len()));
        match random.below(6) {
            0 => packets[one] = packets[other].clone(),
            1 => packets.swap(one, other),
            2 => packets.insert(one, capture.packets[random.below(capture.packets.len())].clone()),
            3 => packets[one].time = Timestamp([i64::MIN, i64::MAX, 0, -1][random.below(4)]),
            4 => packets[one].link = LINKS[random.below(LINKS.len())],
            _ => mutate(&mut packets[one].data, random),
        }
    }
    packets
}

#[test]
fn disturbed_packets_break_nothing() {
    let captures = loaded();
    let mut random = Random::seeded(2);
    for _ in 0..rounds(2_000) {
        let (one, other) = (&captures[random.below(captures.len())], &captures[random.below(captures.len())]);
        let (first, second) = (disturbed(one, &mut random), disturbed(other, &mut random));
        let parts: &[&[Packet]] = if random.percent(20) { &[&first, &second] } else { &[&first] };
        judge_parts(parts, &one.ports, random.percent(50)).iter().for_each(check);
    }
}

#[test]
fn invented_packets_break_nothing() {
    let captures = loaded();
    let mut random = Random::seeded(3);
    for _ in 0..rounds(1_500) {
        let capture = &captures[random.below(captures.len())];
        let mut data = Vec::new();
        for packet in capture.packets.iter().take(40) {
            let length = u16::try_from(packet.data.len()).unwrap().to_be_bytes();
            let link = LINKS.iter().position(|link| *link == packet.link).unwrap();
            data.extend([u8::try_from(link).unwrap(), u8::try_from(random.below(30)).unwrap(), length[0], length[1]]);
            data.extend(&packet.data);
        }
        mutate(&mut data, &mut random);
        entrances::analyzer(&data);
    }
}

#[test]
fn invented_stream_operations_break_nothing() {
    let captures = loaded();
    let mut random = Random::seeded(4);
    for _ in 0..rounds(4_000) {
        let capture = &captures[random.below(captures.len())];
        let mut data = vec![u8::try_from(random.below(2)).unwrap()];
        for packet in &capture.packets {
            let Some(segment) = crate::headers::tcp(packet) else { continue };
            let payload = packet.data.get(segment.payload..segment.end).unwrap_or_default();
            for piece in payload.chunks(63) {
                data.push(u8::try_from(piece.len() << 2 | 2).unwrap());
                data.extend(piece);
            }
        }
        mutate(&mut data, &mut random);
        entrances::packets(&data);
    }
}

/// One connection of a million tiny segments, in a bad order: memory stays where the limits say.
#[test]
fn a_flood_in_one_connection_stays_bounded() {
    let captures = loaded();
    let capture = captures.iter().find(|capture| capture.name() == "healthy-gcm-server-tap").unwrap();
    let mut random = Random::seeded(5);
    let mut analyzer = Analyzer::new(Settings { ports: capture.ports.clone(), ..Settings::default() });
    let segments: Vec<&Packet> =
        capture.packets.iter().filter(|packet| crate::headers::tcp(packet).is_some()).collect();
    for _ in 0..200 {
        let mut packets: Vec<Packet> = (0..50).map(|_| segments[random.below(segments.len())].clone()).collect();
        for packet in &mut packets {
            let shift = u32::try_from(random.below(200_000)).unwrap();
            crate::headers::shift_sequences(packet, &|_| shift);
        }
        push(&mut analyzer, 0, &packets);
    }
    assert!(analyzer.open_connections() <= 8);
    analyzer.finish();
    std::iter::from_fn(|| analyzer.poll()).for_each(|judged| check(&judged));
}
