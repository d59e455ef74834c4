//! One direction's bytes in order, with explicit gaps, bounded; overlaps that disagree are noted.

use crate::limits::{GAPS, HELD_BYTES, HELD_PIECES};
use crate::packet::PacketId;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Pieces of delivered bytes whose packet is remembered, so that a message can cite it.
const CHUNKS: usize = 160;
/// Room for them at first: a handshake has so many in one direction.
const CHUNKS_FIRST: usize = 8;
/// Delivered bytes kept to compare repetitions with: identification and KEXINIT fit several times.
const HISTORY_BYTES: usize = 8 << 10;
/// Room is made for so many more bytes than come, at least: an identification string comes alone, its KEXINIT in one or two
/// segments, and small packets behind it.
const HISTORY_STEP: usize = 512;
/// Bytes held of a stream whose start was not seen before it is read from where it stands. A SYN that comes late in
/// the file is late by packets, not by kilobytes.
const UNANCHORED_BYTES: usize = 16 << 10;

/// Bytes of a stream and the packet that brought them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Stream offset of the first byte.
    pub start: i64,
    /// Stream offset behind the last byte.
    pub end: i64,
    /// The packet.
    pub packet: PacketId,
    /// Its time.
    pub time: Timestamp,
}

/// Bytes that were never delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamGap {
    /// Stream offset of the first missing byte.
    pub start: i64,
    /// Stream offset behind the last missing byte.
    pub end: i64,
    /// The capture cut the packet (snaplen); otherwise no packet brought the bytes.
    pub cut: bool,
}

/// What a stream hands on.
pub enum Piece<'a> {
    /// The next bytes.
    Bytes(&'a [u8]),
    /// So many bytes are missing.
    Gap(u64),
    /// So many bytes were there, but the reader did not want them.
    Skipped(u64),
}

/// Takes the pieces of a stream in order.
pub trait Reader: Default + Clone {
    /// The first byte comes next: that behind the SYN (`anchored`) or the first one the capture has.
    fn begin(&mut self, anchored: bool);
    /// The next piece.
    fn take(&mut self, piece: Piece<'_>);
    /// False once the content no longer matters (encrypted, given up): bytes are then only counted.
    fn wants_bytes(&self) -> bool;
    /// Memory held, in bytes, roughly.
    fn memory(&self) -> usize;
}

/// One segment's payload as the stream sees it.
#[derive(Clone, Copy)]
pub(super) struct Payload<'a> {
    pub start: i64,
    pub bytes: &'a [u8],
    /// Length on the wire; more than `bytes` where the capture cut the packet.
    pub len: u32,
    pub packet: PacketId,
    pub time: Timestamp,
}

#[derive(Clone)]
struct Held {
    bytes: Vec<u8>,
    len: u32,
    packet: PacketId,
    time: Timestamp,
}

/// One direction under reassembly. What nearly every segment needs stands first.
#[derive(Clone, Default)]
#[repr(C)]
pub(super) struct Stream {
    /// Stream offset of the next byte to deliver; none while the start is unknown.
    next: Option<i64>,
    /// Bytes that the reader did not want any more, and has not been told of yet.
    skipped: u64,
    /// The reader wants no more bytes, and none are kept.
    settled: bool,
    held: BTreeMap<i64, Held>,
    history: Vec<u8>,
    history_start: i64,
    pub chunks: Vec<Chunk>,
    held_bytes: usize,
    pub gaps: Vec<StreamGap>,
    pub gaps_omitted: u64,
    /// Where repeated bytes differ from the first copy: offset and packet of the first such segment.
    pub conflict: Option<(i64, PacketId)>,
    pub conflicts: u64,
    /// The start of the stream (the SYN) was seen before its bytes were delivered.
    pub anchored: bool,
    /// Stream offset of the first byte delivered (or to be delivered).
    pub origin: Option<i64>,
}

impl Stream {
    /// The SYN was seen: the stream starts at this offset. Too late if bytes have been delivered already.
    pub fn anchor(&mut self, start: i64, reader: &mut impl Reader) {
        if self.next.is_none() {
            self.begin(start, true, reader);
        }
    }

    fn begin(&mut self, start: i64, anchored: bool, reader: &mut impl Reader) {
        self.next = Some(start);
        self.origin = Some(start);
        self.anchored = anchored;
        reader.begin(anchored);
        self.deliver_held(reader);
    }

    pub fn bytes(&self) -> usize {
        self.held_bytes + self.history.capacity() + self.chunks.capacity() * size_of::<Chunk>() + self.held.len() * 96
    }

    /// Repetitions of what was delivered so far are not compared with it any more.
    pub fn forget(&mut self) {
        self.history = Vec::new();
    }

    /// The reader wants no more bytes, and none are kept: nothing grows.
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    pub fn insert(&mut self, payload: Payload<'_>, reader: &mut impl Reader) {
        let end = payload.start + i64::from(payload.len);
        let Some(next) = self.next else {
            self.hold(payload);
            if self.held_bytes > UNANCHORED_BYTES || self.held.len() > HELD_PIECES {
                self.start_at_held(reader);
            }
            return;
        };
        if payload.start < next {
            self.compare(&payload);
        }
        if end <= next {
            return;
        }
        if self.settled || !reader.wants_bytes() {
            self.next = Some(end);
            self.skipped += u64::try_from(end - next).unwrap_or(0);
            self.settle();
            return;
        }
        if payload.start > next {
            self.hold(payload);
            while self.held_bytes > HELD_BYTES || self.held.len() > HELD_PIECES {
                self.jump(reader);
            }
            return;
        }
        self.deliver(next, &payload, reader);
        self.deliver_held(reader);
    }

    /// No more segments will come: delivers what is held, gaps and all.
    pub fn finish(&mut self, reader: &mut impl Reader) {
        if self.next.is_none() {
            self.start_at_held(reader);
        }
        while !self.held.is_empty() {
            self.jump(reader);
        }
        if self.skipped > 0 {
            reader.take(Piece::Skipped(std::mem::take(&mut self.skipped)));
        }
    }

    /// Frees what only the clear text needed.
    fn settle(&mut self) {
        if !self.settled {
            self.settled = true;
            self.held.clear();
            self.held_bytes = 0;
            self.history = Vec::new();
        }
    }

    fn start_at_held(&mut self, reader: &mut impl Reader) {
        if let Some(start) = self.held.keys().next().copied() {
            self.begin(start, false, reader);
        }
    }

    fn hold(&mut self, payload: Payload<'_>) {
        if let Some(held) = self.held.get(&payload.start) {
            let (differs, longer) = (held.bytes.iter().zip(payload.bytes).any(|(a, b)| a != b), payload.len > held.len);
            if differs {
                self.note_conflict(payload.start, payload.packet);
            }
            if !longer {
                return;
            }
        }
        let held = Held { bytes: payload.bytes.to_vec(), len: payload.len, packet: payload.packet, time: payload.time };
        self.held_bytes += held.bytes.len();
        if let Some(old) = self.held.insert(payload.start, held) {
            self.held_bytes -= old.bytes.len();
        }
    }

    /// Gives the bytes before the first held piece up.
    fn jump(&mut self, reader: &mut impl Reader) {
        let (Some(next), Some(start)) = (self.next, self.held.keys().next().copied()) else { return };
        if start > next {
            self.note_gap(StreamGap { start: next, end: start, cut: false });
            reader.take(Piece::Gap(u64::try_from(start - next).unwrap_or(0)));
            self.next = Some(start);
        }
        self.deliver_held(reader);
    }

    fn deliver_held(&mut self, reader: &mut impl Reader) {
        while let Some(entry) = self.held.first_entry() {
            let Some(next) = self.next else { return };
            let start = *entry.key();
            if start > next {
                return;
            }
            let held = entry.remove();
            self.held_bytes -= held.bytes.len();
            let payload = Payload { start, bytes: &held.bytes, len: held.len, packet: held.packet, time: held.time };
            if start < next {
                self.compare(&payload);
            }
            if start + i64::from(held.len) > next {
                self.deliver(next, &payload, reader);
            }
        }
    }

    /// Delivers the part of a payload from `next` on; the payload covers `next`.
    fn deliver(&mut self, next: i64, payload: &Payload<'_>, reader: &mut impl Reader) {
        let skip = usize::try_from(next - payload.start).unwrap_or(usize::MAX);
        let fresh = payload.bytes.get(skip..).unwrap_or_default();
        let end = payload.start + i64::from(payload.len);
        let captured_end = next + i64::try_from(fresh.len()).unwrap_or(0);
        if self.chunks.len() < CHUNKS {
            if self.chunks.is_empty() {
                self.chunks.reserve_exact(CHUNKS_FIRST);
            }
            self.chunks.push(Chunk { start: next, end, packet: payload.packet, time: payload.time });
        }
        self.remember(next, fresh);
        self.next = Some(end);
        if !fresh.is_empty() {
            reader.take(Piece::Bytes(fresh));
        }
        if captured_end < end {
            self.note_gap(StreamGap { start: captured_end, end, cut: true });
            reader.take(Piece::Gap(u64::try_from(end - captured_end).unwrap_or(0)));
        }
    }

    fn remember(&mut self, start: i64, bytes: &[u8]) {
        if self.history.is_empty() {
            self.history_start = start;
        }
        let contiguous = self.history_start + i64::try_from(self.history.len()).unwrap_or(0) == start;
        if contiguous && self.history.len() + bytes.len() <= HISTORY_BYTES {
            if self.history.capacity() - self.history.len() < bytes.len() {
                let step = if self.history.is_empty() { 0 } else { HISTORY_STEP };
                self.history.reserve_exact(bytes.len() + step);
            }
            self.history.extend_from_slice(bytes);
        }
    }

    /// Notes a repetition whose bytes differ from those delivered first.
    fn compare(&mut self, payload: &Payload<'_>) {
        let offset = payload.start - self.history_start;
        let (skip_new, skip_old) = if offset < 0 {
            (usize::try_from(-offset).unwrap_or(0), 0)
        } else {
            (0, usize::try_from(offset).unwrap_or(0))
        };
        let new = payload.bytes.get(skip_new..).unwrap_or_default();
        let old = self.history.get(skip_old..).unwrap_or_default();
        if let Some(at) = new.iter().zip(old).position(|(a, b)| a != b) {
            let at = payload.start + i64::try_from(skip_new + at).unwrap_or(0);
            self.note_conflict(at, payload.packet);
        }
    }

    fn note_conflict(&mut self, at: i64, packet: PacketId) {
        self.conflicts += 1;
        self.conflict.get_or_insert((at, packet));
    }

    fn note_gap(&mut self, gap: StreamGap) {
        if self.gaps.len() < GAPS {
            self.gaps.push(gap);
        } else {
            self.gaps_omitted += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Default)]
    struct Collect {
        bytes: Vec<u8>,
        gaps: Vec<(usize, u64)>,
    }

    impl Reader for Collect {
        fn begin(&mut self, _: bool) {}
        fn memory(&self) -> usize {
            0
        }
        fn take(&mut self, piece: Piece<'_>) {
            match piece {
                Piece::Bytes(bytes) => self.bytes.extend_from_slice(bytes),
                Piece::Gap(len) | Piece::Skipped(len) => self.gaps.push((self.bytes.len(), len)),
            }
        }
        fn wants_bytes(&self) -> bool {
            true
        }
    }

    fn payload(start: i64, bytes: &[u8]) -> Payload<'_> {
        let len = u32::try_from(bytes.len()).expect("short");
        Payload { start, bytes, len, packet: PacketId::default(), time: Timestamp::default() }
    }

    #[test]
    fn a_gap_is_explicit_and_what_follows_is_delivered() {
        let (mut stream, mut got) = (Stream::default(), Collect::default());
        stream.anchor(0, &mut got);
        stream.insert(payload(0, b"ab"), &mut got);
        stream.insert(payload(5, b"fg"), &mut got);
        assert_eq!(got.bytes, b"ab");
        stream.finish(&mut got);
        assert_eq!((got.bytes.as_slice(), got.gaps.as_slice()), (b"abfg".as_slice(), [(2, 3)].as_slice()));
        assert_eq!(stream.gaps, [StreamGap { start: 2, end: 5, cut: false }]);
    }

    #[test]
    fn bytes_cut_by_the_capture_are_a_gap_of_their_own_kind() {
        let (mut stream, mut got) = (Stream::default(), Collect::default());
        stream.anchor(0, &mut got);
        stream.insert(Payload { len: 10, ..payload(0, b"abcd") }, &mut got);
        stream.insert(payload(10, b"z"), &mut got);
        assert_eq!((got.bytes.as_slice(), got.gaps.as_slice()), (b"abcdz".as_slice(), [(4, 6)].as_slice()));
        assert!(stream.gaps[0].cut);
    }

    #[test]
    fn repetitions_that_differ_are_noted() {
        let (mut stream, mut got) = (Stream::default(), Collect::default());
        stream.anchor(0, &mut got);
        stream.insert(payload(0, b"abcdef"), &mut got);
        stream.insert(payload(2, b"cd"), &mut got);
        assert_eq!(stream.conflicts, 0);
        stream.insert(payload(2, b"cXe"), &mut got);
        assert_eq!(stream.conflict.map(|(at, _)| at), Some(3));
        assert_eq!(got.bytes, b"abcdef");
    }

    #[test]
    fn a_start_that_comes_late_is_put_first() {
        let (mut stream, mut got) = (Stream::default(), Collect::default());
        stream.insert(payload(2, b"cd"), &mut got);
        stream.insert(payload(0, b"ab"), &mut got);
        stream.anchor(0, &mut got);
        assert_eq!(got.bytes, b"abcd");
    }

    proptest! {
        #[test]
        fn any_order_and_overlap_gives_the_same_bytes(
            text in proptest::collection::vec(any::<u8>(), 1..200),
            cuts in proptest::collection::vec((any::<prop::sample::Index>(), 1usize..40), 0..60),
            seed in any::<u64>(),
        ) {
            let mut pieces: Vec<(usize, usize)> = (0..text.len()).step_by(7).map(|at| (at, (at + 7).min(text.len()))).collect();
            pieces.extend(cuts.iter().map(|(at, len)| { let at = at.index(text.len()); (at, (at + len).min(text.len())) }));
            let mut state = seed | 1;
            for i in (1..pieces.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                pieces.swap(i, usize::try_from(state >> 33).expect("31 bits") % (i + 1));
            }
            let (mut stream, mut got) = (Stream::default(), Collect::default());
            for (i, &(from, to)) in pieces.iter().enumerate() {
                if i == pieces.len() / 2 {
                    stream.anchor(0, &mut got);
                }
                stream.insert(payload(i64::try_from(from).expect("short"), &text[from..to]), &mut got);
            }
            stream.finish(&mut got);
            prop_assert_eq!(&got.bytes, &text);
            prop_assert!(got.gaps.is_empty());
            prop_assert_eq!(stream.conflicts, 0);
        }
    }
}
