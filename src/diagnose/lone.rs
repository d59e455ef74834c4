//! Judgements of connections that are one SYN and nothing else. A scan is a hundred thousand of them that differ in addresses and
//! numbers alone, about which nothing else is known: each shape is judged once.

use super::Mark;
use super::finding::Judgement;
use super::login::Reading;
use crate::limits::LONE_SYNS;
use crate::packet::{Checksum, PacketId, TcpOptions};
use crate::record::{ConnectionRecord, Hosts};
use crate::tcp::{FinishReason, Unanswered};
use crate::time::Timestamp;
use foldhash::quality::RandomState;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

/// Everything that a judgement of a lone SYN may rest on: two of the same shape differ in packet, time, addresses, the client's
/// port, and the random numbers of a header.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Shape {
    options: TcpOptions,
    ip: (u8, u8, Option<bool>, bool, bool, bool),
    window: u16,
    flags: u8,
    bad_checksum: bool,
    source_mac: u16,
    tunneled: bool,
    server_port: u16,
    reason: FinishReason,
    /// Whole milliseconds from the SYN to the end of what was observed; no threshold is finer.
    silence: i64,
    /// Whether the client and the server have a place among the hosts.
    known: (bool, bool),
}

impl Shape {
    /// None where other connections tell of its ends.
    fn of(syn: &Unanswered<'_>, hosts: &Hosts) -> Option<Self> {
        let known = hosts.stranger(syn)?;
        let segment = syn.segment();
        let (ip, timestamps) = (segment.ip, segment.options.timestamps.map(|_| (0, 0)));
        Some(Self {
            options: TcpOptions { timestamps, ..segment.options },
            ip: (ip.ttl, ip.tos, ip.id.map(|id| id == 0), ip.dont_fragment, ip.fragmented, ip.options),
            window: segment.window,
            flags: segment.flags.0,
            bad_checksum: segment.checksum == Checksum::Invalid,
            source_mac: segment.source_mac,
            tunneled: segment.tunneled,
            server_port: segment.destination.port,
            reason: syn.reason(),
            silence: (syn.observed_until() - segment.time).0 / 1_000_000,
            known,
        })
    }
}

/// How a lone SYN was judged.
pub enum Alike<T> {
    /// As one of the same shape: see [`Judgement::adopted`].
    Known(Arc<Judgement>),
    /// By itself, with its record.
    New(T, Box<Judgement>),
}

/// The shapes met so far.
#[derive(Debug, Default)]
pub struct LoneSyns {
    known: HashMap<Shape, Arc<Judgement>, RandomState>,
    /// The one met last: a scanner's SYNs come in a row.
    last: Option<(Shape, Arc<Judgement>)>,
}

impl LoneSyns {
    /// That of one of the same shape, if there was one; otherwise it is judged by what `whole` gives.
    pub fn judge<T: Deref<Target = ConnectionRecord>>(
        &mut self,
        syn: &Unanswered<'_>,
        hosts: &Hosts,
        whole: impl FnOnce() -> T,
    ) -> Alike<T> {
        let shape = Shape::of(syn, hosts);
        if let Some(known) = shape.as_ref().and_then(|shape| self.known(shape)) {
            debug_assert_eq!(
                format!("{:?}", known.adopted(syn.first())),
                format!("{:?}", judge(&whole(), hosts)),
                "a shape lacks what a diagnosis of a lone SYN rests on"
            );
            return Alike::Known(known);
        }
        let record = whole();
        let judgement = judge(&record, hosts);
        if let Some(shape) = shape {
            if self.known.len() >= LONE_SYNS {
                self.known.clear();
            }
            self.known.insert(shape, Arc::new(judgement.clone()));
        }
        Alike::New(record, Box::new(judgement))
    }

    fn known(&mut self, shape: &Shape) -> Option<Arc<Judgement>> {
        if let Some((last, judgement)) = &self.last
            && last == shape
        {
            return Some(Arc::clone(judgement));
        }
        let judgement = self.known.get(shape)?;
        self.last = Some((shape.clone(), Arc::clone(judgement)));
        Some(Arc::clone(judgement))
    }
}

fn judge(record: &ConnectionRecord, hosts: &Hosts) -> Judgement {
    super::judge(record, Reading::of(record), hosts)
}

impl Judgement {
    /// That of another connection of the same shape, whose SYN this is: every packet that is named is the SYN.
    pub fn adopted(&self, (packet, time): (PacketId, Timestamp)) -> Self {
        let mut judgement = self.clone();
        judgement.marks.syn = Some(Mark { time, packet });
        judgement.ended.packet = judgement.ended.packet.map(|_| packet);
        judgement.ended.time = judgement.ended.time.map(|_| time);
        for evidence in judgement.findings.iter_mut().flat_map(|finding| &mut finding.evidence) {
            (evidence.packet, evidence.time) = (packet, time);
        }
        judgement
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{Endpoint, Flags, IpFacts, Segment, Watch};
    use crate::record::SshReader;
    use crate::tcp::Tracker;
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
        while let Some(over) = tracker.next_over() {
            let syn = over.unanswered().expect("a SYN");
            let whole = || Box::new(ConnectionRecord::new(syn.finish(), Timestamp(0)));
            let record: Box<ConnectionRecord> = whole();
            let reading = Reading::of(&record);
            let mut by_record = Hosts::default();
            by_record.note(&record, &reading.marks, reading.login(&record));
            let mut by_syn = Hosts::default();
            by_syn.note_unanswered(&syn);
            assert_eq!(format!("{:?}", by_syn.servers()), format!("{:?}", by_record.servers()));
            hosts.note_unanswered(&syn);
            if let Alike::Known(known) = lone_syns.judge(&syn, &hosts, whole) {
                alike += 1;
                assert_eq!(format!("{:?}", known.adopted(syn.first())), format!("{:?}", judge(&record, &hosts)));
            }
        }
        assert!(alike > 50, "{alike} of 600 were adopted");
    }
}
