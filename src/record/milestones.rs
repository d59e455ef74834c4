//! When each step of a connection was reached, as far as the tap saw it.

use super::ConnectionRecord;
use crate::packet::PacketId;
use crate::ssh::Range;
use crate::ssh::facts::PartialLine;
use crate::tcp::{PerSide, Seen, Side};
use crate::time::Timestamp;

/// A packet and its time; ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Time.
    pub time: Timestamp,
    /// Packet.
    pub packet: PacketId,
}

/// The steps of a connection; none where the tap did not see it (or an acknowledgement for it), or where its bytes were
/// repeated and never acknowledged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Milestones {
    /// First SYN.
    pub syn: Option<Mark>,
    /// First SYN+ACK.
    pub syn_ack: Option<Mark>,
    /// The three-way handshake is complete.
    pub handshake: Option<Mark>,
    /// First payload byte of each side, whatever it was.
    pub first_byte: PerSide<Option<Mark>>,
    /// The first byte of an identification string, or of another protocol in its place.
    pub identification_begun: PerSide<Option<Mark>>,
    /// The whole identification string.
    pub identification: PerSide<Option<Mark>>,
    /// The first byte behind the identification string.
    pub kexinit_begun: PerSide<Option<Mark>>,
    /// The whole KEXINIT.
    pub kexinit: PerSide<Option<Mark>>,
    /// NEWKEYS.
    pub newkeys: PerSide<Option<Mark>>,
    /// First encrypted byte.
    pub encrypted: PerSide<Option<Mark>>,
}

impl ConnectionRecord {
    /// When the steps were reached.
    pub fn milestones(&self) -> Milestones {
        let mut marks = Milestones {
            syn: self.syn_mark(false),
            syn_ack: self.syn_mark(true),
            handshake: self.handshake_mark(),
            ..Milestones::default()
        };
        for side in Side::BOTH {
            self.mark_side(side, &mut marks);
        }
        self.imply(&mut marks);
        marks
    }

    fn mark_side(&self, side: Side, marks: &mut Milestones) {
        let ssh = &self.ssh[side];
        marks.first_byte[side] = self.tcp[side].chunks.iter().map(|c| Mark { time: c.time, packet: c.packet }).min();
        let identification = ssh.identification.as_ref().map(|seen| seen.range);
        let other = ssh.other.as_ref().map(|other| other.range);
        let cut = |line: &&PartialLine| !line.text.is_empty() && line.may_be_identification();
        let partial = ssh.partial_line.as_ref().filter(cut).map(|line| line.range);
        let begun = identification.or(other).or(partial);
        let arrived =
            |range: &Range| !self.lost(side, self.offset(side, range.start), self.offset(side, range.start) + 1);
        marks.identification_begun[side] =
            begun.filter(arrived).and_then(|range| self.first_mark_behind(side, range.start));
        marks.identification[side] = identification.and_then(|range| self.mark(side, range));
        // Text behind the identification, such as "Protocol major versions differ.", begins no KEXINIT.
        let text = |end: u64| ssh.ssh1 || ssh.invalid_packet.as_ref().is_some_and(|invalid| invalid.offset == end);
        let behind = identification.filter(|range| !text(range.end));
        marks.kexinit_begun[side] = behind.and_then(|range| self.first_mark_behind(side, range.end));
        marks.kexinit[side] =
            ssh.kexinit.as_ref().filter(|seen| seen.complete).and_then(|seen| self.mark(side, seen.range));
        marks.newkeys[side] = ssh.newkeys.and_then(|range| self.mark(side, range));
        marks.encrypted[side] = ssh.encrypted_from.and_then(|start| self.first_mark_behind(side, start));
    }

    /// What one side does proves what it has received, also where the other direction was not captured: INIT comes after
    /// the peer's KEXINIT, NEWKEYS and REPLY after the whole exchange (RFC 4253 §7, §8), encrypted bytes of the client
    /// after the server's NEWKEYS.
    fn imply(&self, marks: &mut Milestones) {
        for side in Side::BOTH {
            let peer = side.peer();
            if self.tcp[peer].chunks.len() > 1 && self.tcp[peer].gaps.is_empty() {
                continue;
            }
            let exchange = self.ssh[side].messages.iter().find(|m| (30..=34).contains(&m.number));
            let proof = exchange.and_then(|m| self.mark(side, m.range)).or(marks.newkeys[side]);
            if let Some(proof) = proof {
                for mark in [
                    &mut marks.first_byte[peer],
                    &mut marks.identification_begun[peer],
                    &mut marks.identification[peer],
                    &mut marks.kexinit_begun[peer],
                    &mut marks.kexinit[peer],
                ] {
                    mark.get_or_insert(proof);
                }
            }
            // The server may send EXT_INFO right behind its NEWKEYS; what follows that answers the client's encrypted requests.
            let proof = match side {
                Side::Client => marks.encrypted.client,
                Side::Server => self.second_encrypted_write(side),
            };
            if let Some(proof) = proof {
                marks.newkeys[peer].get_or_insert(proof);
            }
        }
        let begun = marks.first_byte.client.or(marks.first_byte.server);
        if marks.handshake.is_none() && marks.syn.is_none() {
            marks.handshake = begun;
        }
    }

    fn second_encrypted_write(&self, side: Side) -> Option<Mark> {
        let start = self.offset(side, self.ssh[side].encrypted_from?);
        let fact = self.sent_by(side).filter(|fact| fact.len > 0 && fact.data_start() >= start).nth(1)?;
        Some(Mark { time: fact.time, packet: fact.packet })
    }

    /// The SYN, or the SYN+ACK, whichever side sent it.
    fn syn_mark(&self, ack: bool) -> Option<Mark> {
        let syn = Side::BOTH.into_iter().filter_map(|side| self.tcp[side].syn).find(|syn| syn.ack == ack)?;
        Some(Mark { time: syn.time, packet: syn.packet })
    }

    /// The client's first segment that acknowledges the SYN+ACK, or, where that was not captured, the first sign that both
    /// sides take the connection for established.
    fn handshake_mark(&self) -> Option<Mark> {
        let established = |fact: &&crate::tcp::SegmentFact| {
            !fact.flags.syn() && !fact.flags.rst() && fact.flags.ack() && (fact.from == Side::Client || fact.len > 0)
        };
        let server_syn = self.tcp.server.syn.is_some();
        let first = self.segments.iter().find(|fact| established(fact) && (server_syn || fact.ack >= 0))?;
        Some(Mark { time: first.time, packet: first.packet })
    }

    /// The packet that completed a range, unless its bytes were repeated and never acknowledged.
    pub fn mark(&self, side: Side, range: Range) -> Option<Mark> {
        let (start, end) = (self.offset(side, range.start), self.offset(side, range.end));
        if self.lost(side, start, end) {
            return None;
        }
        let covering = self.tcp[side].chunks.iter().filter(|chunk| chunk.start < end && chunk.end > start);
        covering
            .map(|chunk| Mark { time: chunk.time, packet: chunk.packet })
            .max()
            .or_else(|| self.segment_behind(side, end - 1))
    }

    /// The first packet that brought bytes at or behind an offset.
    pub fn first_mark_behind(&self, side: Side, decoded: u64) -> Option<Mark> {
        let start = self.offset(side, decoded);
        let chunks = self.tcp[side].chunks.iter().filter(|chunk| chunk.end > start);
        chunks
            .map(|chunk| Mark { time: chunk.time, packet: chunk.packet })
            .min()
            .or_else(|| self.segment_behind(side, start))
    }

    fn segment_behind(&self, side: Side, offset: i64) -> Option<Mark> {
        let fact = self.sent_by(side).find(|fact| fact.len > 0 && fact.end() > offset)?;
        Some(Mark { time: fact.time, packet: fact.packet })
    }

    /// A packet or two without start, answer or end: the last repetition of something that began before the capture.
    pub fn is_stray(&self, side: Side) -> bool {
        let start = self.tcp[side].syn.is_some() || self.tcp[side].fin.is_some();
        !start && !self.saw(side.peer()) && self.tcp[side].bytes > 0 && self.packets <= 3
    }

    /// Whether bytes were repeated and never acknowledged.
    pub fn lost(&self, side: Side, start: i64, end: i64) -> bool {
        let acked = self.tcp[side.peer()].acked.unwrap_or(i64::MIN);
        if self.is_stray(side) {
            return true;
        }
        acked < end
            && self.sent_by(side).any(|fact| {
                matches!(fact.seen(), Seen::Retransmission | Seen::FillsHole)
                    && fact.seq < end
                    && fact.end() > start
                    && fact.len > 0
            })
    }
}
