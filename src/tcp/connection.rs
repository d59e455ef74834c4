//! One connection: its two sides, their streams, and the facts of every segment that matters.

mod apart;
mod clock;
pub(super) mod copies;
mod stall;

pub use stall::Stall;

use super::facts::{FinishReason, FinishedConnection, SideFacts, SynFacts};
use super::history::History;
use super::ledger::{Ledger, Seen, SegmentFact};
use super::replay;
use super::seen::{Hole, SeenBytes};
use super::side::{PerSide, Side};
use super::stream::{Payload, Reader, Stream};
use crate::limits::{ICMP_ERRORS, INCOMPLETE_DATAGRAMS};
use crate::packet::{Endpoint, IcmpError, IncompleteDatagram, PacketId, Segment};
use crate::time::{Span, Timestamp};
use copies::Copied;

/// In the handshake a segment this far from what was seen is not part of the stream (no handshake holds so much
/// data; a random sequence number lies within with a chance of 3 %).
pub(super) const PLAUSIBLE_DISTANCE: i64 = 64 << 20;

/// One direction. What nearly every segment needs stands first: a flood is thousands of connections whose segments alternate, and
/// each line of the processor's cache that is not touched counts.
#[derive(Clone, Default)]
#[repr(C)]
struct SideState<R> {
    /// Sequence number of offset 0; provisional until the SYN is seen, moved at the end.
    base: Option<u32>,
    /// Offset of the byte behind the SYN, where the SYN was seen.
    start: Option<i64>,
    seen: SeenBytes,
    stream: Stream,
    reader: R,
    facts: SideFacts,
}

impl<R: Reader> SideState<R> {
    /// Memory held beside the state itself, in bytes, roughly.
    fn memory(&self) -> usize {
        self.stream.bytes() + self.reader.memory() + self.seen.holes.capacity() * size_of::<Hole>()
    }
}

/// A connection under way, its fields in the order of [`SideState`].
#[derive(Clone)]
#[repr(C)]
pub(super) struct Connection<R> {
    client: Endpoint,
    /// See [`Self::standing`]. It is kept, like the memory of the sides, because most packets change nothing of it and the facts that
    /// tell it are spread over many lines.
    standing: Standing,
    tunneled: bool,
    reset: bool,
    /// A FIN was seen: of either side.
    fin: bool,
    /// Some packets stand in the capture before earlier ones.
    disordered: bool,
    /// Something was acknowledged before it was seen.
    answered_before: bool,
    roles_observed: bool,
    last: (PacketId, Timestamp),
    /// See [`Self::clock`].
    clock: Span,
    packets: u64,
    /// See [`Self::counted`].
    counted: usize,
    ledger: Ledger,
    /// Memory of each side's stream and reader in bytes, as of its last bytes.
    held: PerSide<usize>,
    /// Memory of `icmp` and `incomplete` in bytes.
    errors: usize,
    history: History,
    sides: PerSide<SideState<R>>,
    number: u64,
    server: Endpoint,
    first: (PacketId, Timestamp),
    icmp: Vec<IcmpError>,
    incomplete: Vec<IncompleteDatagram>,
}

/// What a tracker must know of a connection to keep or drop it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Not yet answered.
    HalfOpen,
    /// Under way.
    Open,
    /// Closed or reset: only stragglers can come.
    Closed,
}

impl<R: Reader> Connection<R> {
    pub fn new(number: u64, segment: &Segment<'_>, client_is_source: bool, roles_observed: bool) -> Self {
        let (client, server) = if client_is_source {
            (segment.source, segment.destination)
        } else {
            (segment.destination, segment.source)
        };
        Self {
            number,
            client,
            server,
            roles_observed,
            first: (segment.packet, segment.time),
            last: (segment.packet, segment.time),
            clock: Span::default(),
            packets: 0,
            ledger: Ledger::default(),
            history: History::default(),
            sides: PerSide::default(),
            icmp: Vec::new(),
            incomplete: Vec::new(),
            tunneled: false,
            reset: false,
            fin: false,
            disordered: false,
            answered_before: false,
            standing: Standing::HalfOpen,
            held: PerSide::default(),
            errors: 0,
            counted: 0,
        }
    }

    pub fn side_of(&self, source: Endpoint) -> Side {
        if source == self.client { Side::Client } else { Side::Server }
    }

    pub fn standing(&self) -> Standing {
        self.standing
    }

    fn work_out_standing(&self) -> Standing {
        let fin_acked = |side: Side| {
            let fin = self.sides[side].facts.fin;
            fin.is_some_and(|(at, ..)| self.sides[side.peer()].facts.acked.is_some_and(|acked| acked > at))
        };
        if self.reset || (fin_acked(Side::Client) && fin_acked(Side::Server)) {
            Standing::Closed
        } else if self.sides.client.facts.segments < 2 || self.sides.server.facts.segments == 0 {
            Standing::HalfOpen
        } else {
            Standing::Open
        }
    }

    /// Whether a SYN is the start of another connection between the same endpoints.
    pub fn is_reused_by(&self, segment: &Segment<'_>) -> bool {
        if !segment.flags.syn() || segment.flags.ack() {
            return false;
        }
        let state = &self.sides[self.side_of(segment.source)];
        match (state.facts.syn, state.base) {
            (Some(syn), _) => syn.isn != segment.seq || syn.ack,
            (None, Some(base)) => i64::from(base.wrapping_sub(segment.seq).cast_signed()).abs() > PLAUSIBLE_DISTANCE,
            (None, None) => self.standing() == Standing::Closed && segment.time >= self.last.1,
        }
    }

    /// Whether a segment fits what was seen of its sender, within the reach of a window: the connection goes on.
    pub fn continues_with(&self, segment: &Segment<'_>) -> bool {
        let from = self.side_of(segment.source);
        let state = &self.sides[from];
        if segment.flags.syn() {
            // A repetition, or the answer to the peer's SYN; earlier than the rest it comes from a copy of the same capture.
            let answers = |syn: SynFacts| segment.flags.ack() && syn.isn.wrapping_add(1) == segment.ack;
            let known = match state.facts.syn {
                Some(syn) => syn.isn == segment.seq,
                None => self.sides[from.peer()].facts.syn.is_some_and(answers),
            };
            return known && segment.time >= self.last.1;
        }
        let Some(base) = state.base else { return false };
        let expected = base.wrapping_add(state.seen.next.unwrap_or(0) as u32);
        i64::from(segment.seq.wrapping_sub(expected).cast_signed()).abs() < PLAUSIBLE_DISTANCE
    }

    pub fn push(&mut self, segment: &Segment<'_>) {
        let from = self.side_of(segment.source);
        self.packets += 1;
        self.tunneled |= segment.tunneled;
        let copied = self.copy(segment, from);
        self.sides[from].facts.copies += u64::from(copied.is_some());
        if copied == Some(Copied::Elsewhere) {
            return;
        }
        if segment.time < self.last.1 {
            self.disordered = true;
            self.first = self.first.min_by_time((segment.packet, segment.time));
        }
        self.last = self.last.max_by_time((segment.packet, segment.time));
        if copied.is_some() {
            return;
        }
        let seq = self.offset(from, segment.seq, segment.flags.syn());
        let ack = if segment.flags.ack() { self.offset(from.peer(), segment.ack, false) } else { 0 };
        self.answered_before |= segment.flags.ack() && self.sides[from.peer()].seen.next.is_none_or(|next| ack > next);
        if segment.flags.syn() {
            self.note_syn(segment, from, seq);
        }
        let seen = self.note_bytes(segment, from, seq);
        let fact = SegmentFact::new(segment, from, seq, ack, seen);
        self.count(&fact);
        self.history.note(&fact);
        self.ledger.push(fact);
    }

    /// Offset of a sequence number in the stream of `side`, 64 bits wide: the nearest to what was seen last.
    fn offset(&mut self, side: Side, number: u32, syn: bool) -> i64 {
        let state = &mut self.sides[side];
        let base = *state.base.get_or_insert(if syn { number.wrapping_add(1) } else { number });
        let near = state.seen.next.or(state.start).unwrap_or(0);
        near + i64::from(number.wrapping_sub(base.wrapping_add(near as u32)).cast_signed())
    }

    fn note_syn(&mut self, segment: &Segment<'_>, from: Side, seq: i64) {
        let state = &mut self.sides[from];
        if let Some(syn) = &mut state.facts.syn {
            if syn.isn == segment.seq {
                syn.count += 1;
                if segment.time < syn.time {
                    (syn.packet, syn.time) = (segment.packet, segment.time);
                    (syn.options, syn.window) = (segment.options, segment.window);
                }
            }
            return;
        }
        state.facts.syn = Some(SynFacts {
            packet: segment.packet,
            time: segment.time,
            isn: segment.seq,
            options: segment.options,
            window: segment.window,
            count: 1,
            ack: segment.flags.ack(),
        });
        state.start = Some(seq + 1);
        if state.seen.next.is_none() {
            state.seen.next = Some(seq + 1);
        }
        state.stream.anchor(seq + 1, &mut state.reader);
        self.held[from] = state.memory();
        let source_is_client = !segment.flags.ack();
        if !self.roles_observed {
            self.roles_observed = true;
            if source_is_client != (from == Side::Client) {
                self.swap_roles();
            }
        }
    }

    /// The roles were inferred wrongly. Done at once, so that everything kept speaks of the right side.
    fn swap_roles(&mut self) {
        std::mem::swap(&mut self.client, &mut self.server);
        std::mem::swap(&mut self.sides.client, &mut self.sides.server);
        std::mem::swap(&mut self.held.client, &mut self.held.server);
        self.ledger.swap_sides();
        self.history.swap_sides();
    }

    fn note_bytes(&mut self, segment: &Segment<'_>, from: Side, seq: i64) -> Seen {
        let state = &mut self.sides[from];
        let start = seq + i64::from(segment.flags.syn());
        let end = start + i64::from(segment.payload_len);
        if segment.flags.rst() {
            return Seen::New;
        }
        if segment.flags.syn() {
            let again = state.facts.syn.is_some_and(|syn| syn.count > 1 && syn.isn == segment.seq);
            return if again { Seen::Retransmission } else { Seen::New };
        }
        let settled = state.stream.is_settled();
        if let Some(next) = state.seen.next
            && (start - next).abs() > PLAUSIBLE_DISTANCE
            && !settled
            && state.reader.wants_bytes()
        {
            state.facts.implausible += 1;
            return Seen::AfterHole;
        }
        let keepalive = segment.payload_len <= 1
            && !segment.flags.fin()
            && state.seen.next.is_some_and(|next| start == next - 1 && start >= state.start.unwrap_or(i64::MIN));
        if keepalive {
            return Seen::KeepAlive;
        }
        let seen = state.seen.note(start, end + i64::from(segment.flags.fin()), segment.packet, segment.time);
        if segment.payload_len > 0 {
            let payload = Payload {
                start,
                bytes: segment.payload,
                len: segment.payload_len,
                packet: segment.packet,
                time: segment.time,
            };
            state.stream.insert(payload, &mut state.reader);
        }
        if (segment.payload_len > 0 && !settled) || seen != Seen::New {
            self.held[from] = state.memory();
        }
        seen
    }

    fn count(&mut self, fact: &SegmentFact) {
        let facts = &mut self.sides[fact.from].facts;
        facts.segments += 1;
        facts.bytes += u64::from(fact.len);
        if !fact.is_ordinary() {
            facts.count(fact);
        }
        if fact.flags.ack() && !fact.flags.rst() {
            facts.acked = Some(facts.acked.map_or(fact.ack, |acked| acked.max(fact.ack)));
        }
        self.reset |= fact.flags.rst();
        self.fin |= fact.flags.fin();
        // An open connection stays so until a reset or until both FINs are acknowledged.
        if self.standing != Standing::Open || self.reset || self.fin || fact.flags.syn() {
            let before = self.standing;
            self.standing = self.work_out_standing();
            if before != Standing::Closed && self.standing == Standing::Closed {
                self.forget_bytes();
            }
        }
    }

    /// It is closed, and stays here for a while to see what still comes: without the memory of what was said.
    fn forget_bytes(&mut self) {
        for side in Side::BOTH {
            self.sides[side].stream.forget();
            self.held[side] = self.sides[side].memory();
        }
    }

    /// Whether the same packet was captured before (`-i any`, a mirror of both ports, a tap on a router).
    pub fn push_icmp(&mut self, error: IcmpError) {
        self.packets += 1;
        if self.is_icmp_copy(&error) {
            return;
        }
        self.last = self.last.max_by_time((error.packet, error.time));
        if self.icmp.len() < ICMP_ERRORS {
            self.icmp.push(error);
            self.count_errors();
        }
    }

    pub fn push_incomplete(&mut self, datagram: IncompleteDatagram) {
        if self.incomplete.len() < INCOMPLETE_DATAGRAMS {
            self.incomplete.push(datagram);
            self.count_errors();
        }
    }

    fn count_errors(&mut self) {
        self.errors = self.icmp.capacity() * size_of::<IcmpError>()
            + self.incomplete.capacity() * size_of::<IncompleteDatagram>();
    }

    /// Memory held when it was last counted, in bytes.
    pub fn counted(&self) -> usize {
        self.counted
    }

    /// Counts the memory held, in bytes, roughly.
    pub fn memory(&mut self) -> usize {
        self.counted = size_of::<Self>() + self.ledger.bytes() + self.held.client + self.held.server + self.errors;
        self.counted
    }

    pub fn last_packet(&self) -> PacketId {
        self.last.0
    }

    pub fn first_packet(&self) -> PacketId {
        self.first.0
    }

    pub fn number(&self) -> u64 {
        self.number
    }

    pub fn finish(self, reason: FinishReason, observed_until: Timestamp) -> FinishedConnection<R> {
        let mut sides = self.sides;
        let mut shift = PerSide::default();
        for side in Side::BOTH {
            let state = &mut sides[side];
            state.stream.finish(&mut state.reader);
            let origin = state.start.or(state.stream.origin).or(state.seen.next).unwrap_or(0);
            shift[side] = -origin;
        }
        let begun = PerSide::from_fn(|side| sides[side].start.is_some());
        let suspicious = self.answered_before || self.disordered;
        let late = suspicious.then(|| apart::lateness(&self.ledger, begun)).flatten();
        let later = |side: Side| late.filter(|(of, _)| *of == side).map_or(Span::ZERO, |(_, late)| late);
        let (mut segments, segments_omitted) = self.ledger.into_sorted(|side| shift[side], later);
        let mut icmp = self.icmp;
        icmp.sort_by_key(|error| (error.time, error.packet));
        let bytes = sides.client.facts.bytes + sides.server.facts.bytes;
        let mut parts = PerSide::from_fn(|side| {
            let (mut facts, reader) = finish_side(std::mem::take(&mut sides[side]), shift[side], shift[side.peer()]);
            facts.put_later(later(side));
            (facts, Some(reader))
        });
        let mut reader = |side: Side| parts[side].1.take().unwrap_or_default();
        let readers = PerSide { client: reader(Side::Client), server: reader(Side::Server) };
        let mut sides = parts.map(|(facts, _)| facts);
        let mut history = self.history;
        if (self.disordered || late.is_some()) && segments_omitted == 0 {
            history = replay::in_time_order(&mut segments, &mut sides);
        }
        let (mut first, mut last) = (self.first, self.last);
        if let (Some(_), Some(earliest), Some(latest)) = (late, segments.first(), segments.last()) {
            first = (earliest.packet, earliest.time);
            last = last.max_by_time((latest.packet, latest.time));
        }
        FinishedConnection {
            number: self.number,
            client: self.client,
            server: self.server,
            roles_observed: self.roles_observed,
            first,
            last,
            packets: self.packets,
            bytes,
            segments,
            segments_omitted,
            sides,
            readers,
            icmp,
            incomplete: self.incomplete,
            conn_state: history.conn_state(),
            history: history.into_letters(),
            tunneled: self.tunneled,
            reason,
            observed_until: observed_until.max(last.1),
        }
    }
}

/// Moves the offsets of one side to their final origin.
fn finish_side<R>(state: SideState<R>, own: i64, other: i64) -> (SideFacts, R) {
    let mut facts = state.facts;
    facts.seen_end = state.seen.next.unwrap_or(-own) + own;
    facts.acked = facts.acked.map(|acked| acked + other);
    facts.fin = facts.fin.map(|(at, packet, time)| (at + own, packet, time));
    facts.holes = state.seen.holes;
    for hole in &mut facts.holes {
        (hole.start, hole.end) = (hole.start + own, hole.end + own);
    }
    facts.gaps = state.stream.gaps;
    for gap in &mut facts.gaps {
        (gap.start, gap.end) = (gap.start + own, gap.end + own);
    }
    facts.chunks = state.stream.chunks;
    for chunk in &mut facts.chunks {
        (chunk.start, chunk.end) = (chunk.start + own, chunk.end + own);
    }
    facts.gaps_omitted = state.seen.holes_omitted + state.stream.gaps_omitted;
    facts.conflict = state.stream.conflict.map(|(at, packet)| (at + own, packet));
    facts.conflicts = state.stream.conflicts;
    facts.origin = state.stream.origin.map_or(0, |origin| origin + own);
    facts.anchored = state.stream.anchored;
    (facts, state.reader)
}

trait ByTime {
    fn min_by_time(self, other: Self) -> Self;
    fn max_by_time(self, other: Self) -> Self;
}

impl ByTime for (PacketId, Timestamp) {
    fn min_by_time(self, other: Self) -> Self {
        if other.1 < self.1 { other } else { self }
    }
    fn max_by_time(self, other: Self) -> Self {
        if other.1 >= self.1 { other } else { self }
    }
}
