//! A capture as packets in memory, so that a test can change it, and what the analyzer makes of it then.

use crate::labelled::Scenario;
use sshwire::analyzer::{Analyzer, Judged, Settings};
use sshwire::diagnose::{Confidence, Finding};
use sshwire::packet::{CapturedPacket, LinkType, PacketId};
use sshwire::source::{CaptureReader, Next};
use sshwire::time::{Span, Timestamp};
use std::fmt;
use std::path::Path;

/// One packet, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    pub time: Timestamp,
    pub link: LinkType,
    pub wire_len: u32,
    pub data: Vec<u8>,
}

impl Packet {
    /// A packet that was captured whole.
    pub fn whole(time: Timestamp, link: LinkType, data: Vec<u8>) -> Self {
        Self { time, link, wire_len: u32::try_from(data.len()).unwrap(), data }
    }

    /// The same packet that much later.
    pub fn later(&self, span: Span) -> Self {
        Self { time: self.time + span, ..self.clone() }
    }

    pub fn captured(&self, id: PacketId) -> CapturedPacket<'_> {
        CapturedPacket { id, time: self.time, link: self.link, wire_len: self.wire_len, data: &self.data }
    }
}

/// All packets of a capture file.
pub fn read(capture: &Path) -> Vec<Packet> {
    let mut reader = CaptureReader::open(capture, 0).unwrap();
    let mut packets = Vec::new();
    loop {
        match reader.next() {
            Next::Packet(CapturedPacket { time, link, wire_len, data, .. }) => {
                packets.push(Packet { time, link, wire_len, data: data.to_vec() });
            }
            Next::Idle => {}
            Next::End => return packets,
        }
    }
}

/// Takes the packets of one capture after the other.
pub fn push(analyzer: &mut Analyzer, capture: u32, packets: &[Packet]) {
    for (index, packet) in packets.iter().enumerate() {
        analyzer.push(&packet.captured(PacketId::new(capture, index as u64 + 1)));
    }
}

/// Every judged connection of these packets.
pub fn judge(packets: &[Packet], ports: &[u16]) -> Vec<Judged> {
    judge_parts(&[packets], ports, false)
}

/// The same for several captures; `continued`: the file names say that they are one.
pub fn judge_parts(parts: &[&[Packet]], ports: &[u16], continued: bool) -> Vec<Judged> {
    let mut analyzer = Analyzer::new(Settings { ports: ports.to_vec(), ..Settings::default() });
    let mut judged = Vec::new();
    for (index, part) in (0u32..).zip(parts) {
        if let Some(before) = index.checked_sub(1) {
            analyzer.capture_end(before, continued);
        }
        push(&mut analyzer, index, part);
        judged.extend(std::iter::from_fn(|| analyzer.poll()));
    }
    analyzer.finish();
    judged.extend(std::iter::from_fn(|| analyzer.poll()));
    judged
}

/// What is said of a connection, in short.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Verdict {
    pub client: String,
    pub server: String,
    pub phase: &'static str,
    pub how: &'static str,
    pub by: &'static str,
    pub forged: bool,
    pub id: &'static str,
    pub confidence: &'static str,
}

impl Verdict {
    pub fn of(judged: &Judged) -> Self {
        let (ended, leading) = (&judged.judgement.ended, judged.judgement.verdict());
        Self {
            client: judged.record.client.to_string(),
            server: judged.record.server.to_string(),
            phase: ended.phase.word(),
            how: ended.how.word(),
            by: ended.by.word(),
            forged: ended.forged,
            id: leading.map_or("none", |finding| finding.id),
            confidence: leading.map_or("none", |finding| finding.confidence.word()),
        }
    }

    /// The same, whatever the addresses and however sure.
    pub fn story(&self) -> (&'static str, &'static str, &'static str, bool, &'static str) {
        (self.phase, self.how, self.by, self.forged, self.id)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, server, phase, how, by, forged, id, confidence } = self;
        let forged = if *forged { ", forged" } else { "" };
        write!(f, "{client} → {server}: {id} ({confidence}), {how} by {by} in {phase}{forged}")
    }
}

/// The verdicts, in an order that does not depend on that of the packets.
pub fn verdicts(judged: &[Judged]) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = judged.iter().map(Verdict::of).collect();
    verdicts.sort();
    verdicts
}

/// The findings that are called certain.
pub fn certain(judged: &Judged) -> impl Iterator<Item = &Finding> {
    judged.judgement.findings.iter().filter(|finding| finding.confidence == Confidence::Certain)
}

/// A labelled capture in memory.
pub struct Loaded {
    pub scenario: Scenario,
    pub packets: Vec<Packet>,
    pub ports: Vec<u16>,
}

/// All labelled captures.
pub fn loaded() -> Vec<Loaded> {
    let load = |scenario: Scenario| {
        let (packets, ports) = (read(&scenario.capture), crate::labelled::ports(&scenario));
        Loaded { scenario, packets, ports }
    };
    crate::labelled::scenarios().into_iter().map(load).collect()
}

impl Loaded {
    pub fn name(&self) -> &str {
        &self.scenario.name
    }

    pub fn judge(&self) -> Vec<Judged> {
        judge(&self.packets, &self.ports)
    }
}

/// A generator of numbers that look random and are the same in each run (Marsaglia's xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From the name of a capture, so that each has its own numbers.
    pub fn named(name: &str, seed: u64) -> Self {
        Self::seeded(
            name.bytes().fold(seed.wrapping_add(7), |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))),
        )
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// True so many times of a hundred.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}
