//! Judgements of connections that are one SYN and nothing else. A scan is a hundred thousand of them that differ in addresses and
//! numbers alone, about which nothing else is known: each shape is judged once.

use super::finding::Judgement;
use super::login::Reading;
use super::{Mark, judge};
use crate::limits::LONE_SYNS;
use crate::packet::TcpOptions;
use crate::record::{ConnectionRecord, Hosts};
use crate::tcp::{FinishReason, SegmentFact};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Everything that a judgement of a lone SYN may rest on: two of the same shape differ in packet, time, addresses, the client's
/// port, and the random numbers of a header.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Shape {
    options: TcpOptions,
    ip: (u8, u8, Option<bool>, bool, bool, bool),
    window: u16,
    flags: u8,
    bad_checksum: bool,
    source_mac: u32,
    tunneled: bool,
    server_port: u16,
    reason: FinishReason,
    /// Whole milliseconds from the SYN to the end of what was observed; no threshold is finer.
    silence: i64,
    /// Whether the client and the server have a place among the hosts.
    known: (bool, bool),
}

impl Shape {
    /// None where the connection is more than a SYN, or other connections tell of its ends.
    fn of(record: &ConnectionRecord, hosts: &Hosts) -> Option<Self> {
        let [fact] = record.segments.as_slice() else { return None };
        let syn = record.tcp.client.syn.filter(|syn| syn.packet == fact.packet && !syn.ack)?;
        let nothing_else = record.packets == 1 && record.icmp.is_empty() && record.incomplete.is_empty();
        let alone = nothing_else && fact.len == 0 && !fact.flags.fin() && !fact.flags.rst();
        let known = hosts.stranger(record).filter(|_| alone)?;
        let timestamps = syn.options.timestamps.map(|_| (0, 0));
        Some(Self {
            options: TcpOptions { timestamps, ..syn.options },
            ip: header(fact),
            window: fact.window,
            flags: fact.flags.0,
            bad_checksum: fact.bad_checksum,
            source_mac: fact.source_mac,
            tunneled: record.tunneled,
            server_port: record.server.port,
            reason: record.reason,
            silence: (record.observed_until - fact.time).0 / 1_000_000,
            known,
        })
    }
}

fn header(fact: &SegmentFact) -> (u8, u8, Option<bool>, bool, bool, bool) {
    (fact.ttl, fact.tos, fact.ip_id.map(|id| id == 0), fact.dont_fragment, fact.fragmented, fact.ip_options)
}

/// The shapes met so far.
#[derive(Debug, Default)]
pub struct LoneSyns {
    known: HashMap<Shape, Judgement, RandomState>,
}

impl LoneSyns {
    /// What [`judge`] says, for a lone SYN mostly without judging again.
    pub fn judge(&mut self, record: &ConnectionRecord, reading: Reading, hosts: &Hosts) -> Judgement {
        let Some(shape) = Shape::of(record, hosts) else { return judge(record, reading, hosts) };
        if let Some(known) = self.known.get(&shape) {
            let judgement = adopted(known, record);
            debug_assert_eq!(
                format!("{judgement:?}"),
                format!("{:?}", judge(record, reading, hosts)),
                "a shape lacks what a diagnosis of a lone SYN rests on"
            );
            return judgement;
        }
        let judgement = judge(record, reading, hosts);
        if self.known.len() >= LONE_SYNS {
            self.known.clear();
        }
        self.known.insert(shape, judgement.clone());
        judgement
    }
}

/// The judgement of another connection of the same shape: every packet that it names is the SYN.
fn adopted(known: &Judgement, record: &ConnectionRecord) -> Judgement {
    let mut judgement = known.clone();
    let (packet, time) = record.first;
    judgement.marks.syn = Some(Mark { time, packet });
    judgement.ended.packet = judgement.ended.packet.map(|_| packet);
    judgement.ended.time = judgement.ended.time.map(|_| time);
    for evidence in judgement.findings.iter_mut().flat_map(|finding| &mut finding.evidence) {
        (evidence.packet, evidence.time) = (packet, time);
    }
    judgement
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{Checksum, Endpoint, Flags, IpFacts, PacketId, Segment, Watch};
    use crate::record::SshReader;
    use crate::tcp::Tracker;
    use crate::time::Timestamp;
    use std::net::{IpAddr, Ipv4Addr};

    fn syn(number: u32, ttl: u8) -> Segment<'static> {
        let end =
            |network: u32, host: u32, port| Endpoint { address: IpAddr::V4(Ipv4Addr::from_bits(network + host)), port };
        let options =
            TcpOptions { mss: Some(1_460), timestamps: Some((number, 0)), length: 16, ..TcpOptions::default() };
        Segment {
            packet: PacketId::new(0, u64::from(number) + 1),
            time: Timestamp(i64::from(number) * 70_000),
            source: end(0xc612_0000, number % 97, 40_000 + (number % 1_000) as u16),
            destination: end(0xc613_0000, number / 3, 22),
            ip: IpFacts {
                version: 4,
                ttl,
                tos: 0,
                id: Some(1 + number as u16),
                dont_fragment: true,
                fragmented: false,
                options: false,
            },
            seq: number.wrapping_mul(0x9e37_79b9),
            ack: 0,
            flags: Flags(2),
            window: 1_024,
            options,
            payload: &[],
            payload_len: 0,
            checksum: Checksum::Valid,
            source_mac: 7,
            tunneled: false,
        }
    }

    /// Every judgement is the one that its own case gets; most are adopted.
    #[test]
    fn a_shape_has_one_judgement() {
        let mut tracker = Tracker::<SshReader>::new(Watch::ports(&[22]));
        for number in 0..600 {
            tracker.push(&syn(number, if number % 50 == 0 { 50 } else { 240 }));
        }
        tracker.finish(Timestamp(1_500_000_000));
        let (mut hosts, mut lone_syns) = (Hosts::default(), LoneSyns::default());
        let mut alike = 0;
        while let Some(finished) = tracker.poll() {
            let record = ConnectionRecord::new(finished, Timestamp(0));
            let reading = || Reading::of(&record);
            hosts.note(&record, &reading().marks, reading().login(&record));
            let before = lone_syns.known.len();
            let judgement = lone_syns.judge(&record, reading(), &hosts);
            alike += usize::from(lone_syns.known.len() == before && Shape::of(&record, &hosts).is_some());
            assert_eq!(format!("{judgement:?}"), format!("{:?}", judge(&record, reading(), &hosts)));
        }
        assert!(alike > 50, "{alike} of 600 were adopted");
    }
}
