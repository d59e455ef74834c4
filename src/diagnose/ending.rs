//! Where, how and by whom a connection ended: the first close that took effect, or the silence that was none.

use super::case::Case;
use super::crossing::servers_own;
use super::finding::{By, Confidence, Ended, How, Phase};
use super::keepalive::is_keepalive;
use super::loss::Stuck;
use super::policy::{BOTH_WITHIN, GIVES_UP_AFTER, SILENT_BEFORE_RESTART, STUCK_REPETITIONS, UNANSWERED};
use super::reset::{Effect, Maker, Reset};
use super::tap::usual_ttl;
use crate::packet::IcmpError;
use crate::record::Mark;
use crate::tcp::{SegmentFact, Side};
use crate::time::{Span, Timestamp};

/// What ended a connection, before anybody asks why.
#[derive(Debug, Clone)]
pub enum Close {
    /// A reset that took effect: index in the case's resets.
    Reset(usize),
    /// A FIN that took effect: index in the record's segments.
    Fin(usize),
    /// A side closed after it had waited in vain; its FIN's (or late RST's) index in the record's segments.
    GaveUp {
        /// Index of the FIN or RST in the record's segments.
        index: usize,
        /// Who gave up.
        side: Side,
        /// How long nothing had come from the peer that it could use.
        waited: Span,
    },
    /// An ICMP error about the SYN: index in the record's ICMP errors.
    Icmp(usize),
    /// Bytes (or a SYN) went unanswered until the capture ended.
    Unanswered(Side),
    /// Open when the capture ended.
    Open,
}

impl Close {
    /// Finds the first close that took effect.
    pub fn find(case: &Case<'_>) -> Self {
        let reset = case.resets.iter().position(|reset| reset.effect == Effect::Ended);
        let fin = case.record.segments.iter().position(|fact| fact.flags.fin() && !fact.flags.rst());
        let reset_at = reset.map(|i| case.resets[i].index);
        match (reset_at, fin) {
            (Some(r), f) if f.is_none_or(|f| r < f) => Self::by_reset(case, reset.unwrap_or(0)),
            (_, Some(f)) => Self::by_fin(case, f),
            _ => Self::without_close(case),
        }
    }

    fn by_reset(case: &Case<'_>, reset: usize) -> Self {
        let judged = &case.resets[reset];
        let fact = &case.record.segments[judged.index];
        match gave_up_before(case, judged, fact) {
            Some(waited) => Self::GaveUp { index: judged.index, side: judged.from, waited },
            None => Self::Reset(reset),
        }
    }

    fn by_fin(case: &Case<'_>, index: usize) -> Self {
        let fact = &case.record.segments[index];
        let until = fact.time;
        let stuck = stuck_for_good(case, until);
        if let Some(stuck) = stuck {
            let waited = stuck.first().map_or(Span::ZERO, |first| until - first.time);
            if waited >= UNANSWERED || stuck.copies.len() > 2 {
                return Self::GaveUp { index, side: fact.from, waited };
            }
        }
        match owed_silence(case, fact) {
            Some(waited) if fact.from == Side::Client && waited >= GIVES_UP_AFTER => {
                Self::GaveUp { index, side: fact.from, waited }
            }
            _ => Self::Fin(servers_own(case, fact).unwrap_or(index)),
        }
    }

    fn without_close(case: &Case<'_>) -> Self {
        let record = case.record;
        if case.marks.handshake.is_none()
            && let Some(icmp) =
                record.icmp.iter().position(|error| error.quoted.source == record.client && is_unreachable(error))
        {
            return Self::Icmp(icmp);
        }
        let until = record.observed_until;
        if case.marks.handshake.is_none() {
            // A SYN and its SYN+ACK are one each: the capture may end between the two and the ACK.
            let repeated = |side| record.sent_by(side).filter(|fact| fact.flags.syn()).count() >= 2;
            let silent = record.segments.last().is_some_and(|last| until - last.time >= UNANSWERED);
            return if Side::BOTH.into_iter().any(repeated) || silent {
                Self::Unanswered(Side::Client)
            } else {
                Self::Open
            };
        }
        let stuck = Side::BOTH
            .into_iter()
            .find(|&side| super::loss::stuck(record, side, until).is_some_and(|stuck| counts(&stuck, until)));
        stuck.map_or(Self::Open, Self::Unanswered)
    }

    /// The moment it took effect.
    pub fn mark(&self, case: &Case<'_>) -> Option<Mark> {
        let of =
            |index: usize| case.record.segments.get(index).map(|fact| Mark { time: fact.time, packet: fact.packet });
        match *self {
            Self::Reset(i) => of(case.resets[i].index),
            Self::Fin(index) | Self::GaveUp { index, .. } => of(index),
            Self::Icmp(i) => case.record.icmp.get(i).map(|error| Mark { time: error.time, packet: error.packet }),
            Self::Unanswered(_) | Self::Open => None,
        }
    }
}

/// Whether unacknowledged bytes mean something: repeated, or a hole that the receiver reports, or long silence.
fn counts(stuck: &Stuck, until: Timestamp) -> bool {
    let silent = stuck.first().is_some_and(|first| until - first.time >= UNANSWERED);
    let hole = stuck.copies.is_empty() && (stuck.score > 0 || silent);
    stuck.copies.len() >= 2 || hole || stuck.tail_arrived.is_some() || (silent && !stuck.copies.is_empty())
}

/// A reset that only says what silence had decided: bytes had been repeated in vain, and one side gave up with a reset (Windows,
/// RFC 9293 §3.8.3), or has dropped the connection and answers a late packet.
fn gave_up_before(case: &Case<'_>, reset: &Reset, fact: &SegmentFact) -> Option<Span> {
    if reset.forged || case.marks.handshake.is_none() {
        return None;
    }
    if let Some(stuck) = stuck_for_good(case, fact.time) {
        let waited = stuck.first().map_or(Span::ZERO, |first| fact.time - first.time);
        let unseen = stuck.copies.is_empty() && stuck.tail_arrived.is_some() && waited >= UNANSWERED;
        if unseen || stuck.copies.len() > STUCK_REPETITIONS {
            return Some(waited);
        }
    }
    let own: Vec<&SegmentFact> =
        case.record.segments[..reset.index].iter().filter(|f| f.from == fact.from && f.len > 0).collect();
    let last = own.last()?;
    let copies: Vec<&&SegmentFact> = own.iter().filter(|f| f.seq == last.seq).collect();
    let first = copies.first()?;
    // Repeated acknowledgements of what came before are no answer.
    let answers = |f: &SegmentFact| f.from != fact.from && f.time > first.time && f.time < last.time;
    let heard = case.record.segments[..reset.index].iter().any(|f| answers(f) && (f.len > 0 || f.ack > first.seq));
    (copies.len() > STUCK_REPETITIONS && !heard).then(|| fact.time - first.time)
}

/// Bytes of either side that were not acknowledged then and never were later: repeated, or a hole that the receiver reports.
fn stuck_for_good(case: &Case<'_>, then: Timestamp) -> Option<Stuck> {
    let for_good = |side| {
        let stuck = super::loss::stuck(case.record, side, then).filter(|stuck| counts(stuck, then))?;
        // Acknowledged after all: it was only on its way.
        let later = super::loss::stuck(case.record, side, case.record.observed_until);
        later.is_some_and(|later| later.at == stuck.at).then_some(stuck)
    };
    let waited = |stuck: &Stuck| stuck.first().map_or(Span::ZERO, |first| then - first.time);
    Side::BOTH.into_iter().filter_map(for_good).max_by_key(waited)
}

/// How long the sender of a FIN had waited for bytes that its peer owed; none where it was not its peer's turn.
fn owed_silence(case: &Case<'_>, fin: &SegmentFact) -> Option<Span> {
    let record = case.record;
    let before = |f: &&SegmentFact| f.len > 0 && f.precedes(fin);
    let last_from = |side: Side| record.sent_by(side).rfind(before);
    let peer = fin.from.peer();
    let start = case.marks.handshake?;
    if fin.from != Side::Client {
        return None;
    }
    let theirs = last_from(peer).map_or(start.time, |f| f.time);
    if from_its_middle_on(case) {
        // Whose turn it was stands before the capture.
        return None;
    }
    if case.marks.identification[peer].is_none_or(|mark| mark.time > fin.time) {
        return Some(fin.time - theirs.max(start.time));
    }
    if let Some(since) = keepalives_unanswered(case, fin) {
        return Some(fin.time - since);
    }
    let own = last_from(fin.from)?;
    if own.time <= theirs || case.authenticated_at().is_some() {
        return None;
    }
    // What the server sent last was half of something: it owes the rest.
    Some(fin.time - own.time.max(theirs))
}

/// Neither the handshake nor an identification is in the capture: it began while the connection was under way.
fn from_its_middle_on(case: &Case<'_>) -> bool {
    let silent = Side::BOTH.into_iter().all(|side| case.record.ssh[side].identification.is_none());
    case.marks.syn.or(case.marks.syn_ack).is_none() && silent
}

/// Since when the client's last packets are keepalive requests, acknowledged by the server's kernel and answered by nobody.
fn keepalives_unanswered(case: &Case<'_>, fin: &SegmentFact) -> Option<Timestamp> {
    case.authenticated_at()?;
    let sent = |side: Side| case.record.sent_by(side).filter(|f| f.len > 0 && f.time < fin.time);
    let answered = sent(Side::Server).next_back().map(|f| f.time);
    let mut open = sent(Side::Client).filter(|f| answered.is_none_or(|time| f.time > time));
    let first = open.next()?;
    let all = is_keepalive(case, Side::Client, first.len) && open.all(|f| is_keepalive(case, Side::Client, f.len));
    all.then_some(first.time)
}

/// Destination unreachable in its forms that end a connection attempt (RFC 792, RFC 4443 §3.1); "fragmentation needed" does not.
pub fn is_unreachable(error: &IcmpError) -> bool {
    match error.version {
        4 => error.kind == 3 && error.code != 4,
        _ => error.kind == 1,
    }
}

/// Puts the ending into the words of the report.
pub fn describe(case: &Case<'_>) -> Ended {
    let mark = case.close.mark(case);
    let (phase, phase_uncertain) = phase(case, mark);
    let (how, by, confidence, argument) = match case.close {
        Close::Reset(i) => by_reset(case, &case.resets[i], mark),
        Close::Fin(index) => by_fin(case, &case.record.segments[index], mark),
        Close::GaveUp { index, side, waited } => gave_up(case, &case.record.segments[index], side, waited),
        Close::Icmp(i) => by_icmp(case, &case.record.icmp[i]),
        Close::Unanswered(side) => unanswered(case, side),
        Close::Open => (How::None, By::None, Confidence::Certain, "it was open when the capture ended".into()),
    };
    Ended {
        phase,
        phase_uncertain,
        how,
        by,
        forged: case.resets.iter().any(|reset| reset.forged) || forged_fin(case).is_some(),
        confidence,
        packet: mark.map(|mark| mark.packet),
        time: mark.map(|mark| mark.time),
        argument,
    }
}

/// The milestone that had not been reached by then.
fn phase(case: &Case<'_>, end: Option<Mark>) -> (Phase, bool) {
    let marks = &case.marks;
    let reached = |mark: Option<Mark>| mark.is_some_and(|mark| end.is_none_or(|end| mark < end));
    let both = |pair: crate::tcp::PerSide<Option<Mark>>| reached(pair.client) && reached(pair.server);
    let either = |pair: crate::tcp::PerSide<Option<Mark>>| reached(pair.client) || reached(pair.server);
    let mid_stream = case.record.tcp.client.syn.is_none() && case.record.tcp.server.syn.is_none();
    if case.authenticated_at().is_some_and(|mark| reached(Some(mark))) {
        return (Phase::Session, false);
    }
    if both(marks.newkeys) {
        return (Phase::Authentication, case.may_be_authenticated());
    }
    if either(marks.newkeys) {
        return (Phase::NewKeys, false);
    }
    let exchanging = Side::BOTH.into_iter().any(|side| {
        let message = case.record.ssh[side].messages.iter().find(|message| (30..=34).contains(&message.number));
        message.is_some_and(|message| reached(case.record.first_mark_behind(side, message.range.start)))
    });
    let negotiable = case.negotiation.as_ref().is_none_or(|negotiation| negotiation.failing.is_empty());
    if (both(marks.kexinit) && negotiable) || (exchanging && mid_stream) {
        return (Phase::KeyExchange, false);
    }
    let unheard = from_its_middle_on(case);
    let text = !case.record.ssh.server.pre_identification.is_empty();
    if unheard && marks.handshake.is_some() && case.saw_opaque_bytes() && !text {
        return (Phase::Session, true);
    }
    if both(marks.identification) && either(marks.kexinit_begun) {
        return (Phase::Kexinit, false);
    }
    if reached(marks.identification_begun.server) {
        return (Phase::Banner, false);
    }
    if super::unseen::all_bytes(case).is_some() {
        return (Phase::PreBanner, true);
    }
    if reached(marks.handshake) {
        return (Phase::PreBanner, unheard);
    }
    // Data and FINs are sent over a connection that stands, also where the capture lost its handshake.
    let stands = |fact: &SegmentFact| !fact.flags.syn() && (fact.len > 0 || fact.flags.fin());
    let stood = case.record.segments.iter().any(|fact| stands(fact) && end.is_none_or(|end| fact.time <= end.time));
    if stood { (Phase::PreBanner, true) } else { (Phase::TcpConnect, false) }
}

type Words = (How, By, Confidence, String);

fn by_reset(case: &Case<'_>, reset: &Reset, mark: Option<Mark>) -> Words {
    let fact = &case.record.segments[reset.index];
    let own_fin = case.record.tcp[reset.from].fin.is_some();
    let unanswered_syn = case.marks.handshake.is_none();
    // Where the capture begins in the middle, an acknowledgement alone may be the last of a connection that was closed before.
    let open = |f: &SegmentFact| f.len > 0 || !from_its_middle_on(case);
    let alive =
        case.record.sent_by(reset.from).any(|f| !f.flags.syn() && !f.flags.rst() && f.time < fact.time && open(f));
    let known = case.knows_distance(reset.from);
    let by = match (reset.maker, reset.from) {
        (Maker::Device, _) => By::Middlebox,
        (Maker::Filter, _) if !unanswered_syn => By::Middlebox,
        (Maker::Filter | Maker::ClosedPort, Side::Server) if known => By::ServerKernel,
        (Maker::Filter | Maker::ClosedPort, Side::Server) => By::Unknown,
        (Maker::LiveSocket, Side::Server) => By::ServerApp,
        (Maker::NoSocket, Side::Server) if super::unseen::close_of_the_server(case, fact) => By::ServerApp,
        (Maker::NoSocket, _)
            if alive
                && !own_fin
                && !unanswered_syn
                && !after_silence(case, reset)
                && !super::unseen::had_reason(case) =>
        {
            By::Middlebox
        }
        (Maker::NoSocket, Side::Server) => By::ServerKernel,
        (_, Side::Client) => By::Client,
        (Maker::Unknown, Side::Server) => By::Unknown,
    };
    let confidence =
        if by == By::Middlebox && reset.maker == Maker::NoSocket { Confidence::Possible } else { reset.confidence };
    let packet = fact.packet.number();
    let after = after_handshake(case, mark);
    let why = reset.reasons.first().map_or(String::new(), |reason| format!(": {reason}"));
    let own = matches!((by, reset.from), (By::Client, Side::Client) | (By::ServerApp | By::ServerKernel, Side::Server));
    let whose = match (reset.forged, own) {
        (true, _) => format!(" in the {}'s name", reset.from.name()),
        (false, true) => String::new(),
        (false, false) => format!(" from the {}", reset.from.name()),
    };
    (How::Rst, by, confidence, format!("RST in packet {packet}{whose}{after}{why}"))
}

/// How long after the handshake the end came, in words; none where the end itself is all that shows that there was one.
fn after_handshake(case: &Case<'_>, end: Option<Mark>) -> String {
    let start = case.marks.handshake.filter(|start| end.is_some_and(|end| *start < end));
    let span = end.zip(start).map(|(end, start)| end.time - start.time);
    span.map_or(String::new(), |span| format!(", {} after the handshake", duration(span)))
}

/// Whether a reset answers the first packet after a long silence: its sender may have been restarted.
fn after_silence(case: &Case<'_>, reset: &Reset) -> bool {
    let before = &case.record.segments[..reset.index];
    let fact = &case.record.segments[reset.index];
    let own = before.iter().rev().find(|f| f.from == fact.from).map(|f| f.time);
    let encrypted = case.authenticated_at().is_some()
        || case.marks.encrypted[reset.from].is_some()
        || (from_its_middle_on(case) && case.saw_opaque_bytes());
    encrypted && own.is_some_and(|own| fact.time - own >= SILENT_BEFORE_RESTART)
}

fn by_fin(case: &Case<'_>, fact: &SegmentFact, mark: Option<Mark>) -> Words {
    let packet = fact.packet.number();
    let after = after_handshake(case, mark);
    if let Some(forged) = forged_fin(case).filter(|forged| forged.packet == fact.packet) {
        let text =
            format!("FIN in packet {packet} in the {}'s name: TTL {} is not its own", fact.from.name(), forged.ttl);
        return (How::Fin, By::Middlebox, Confidence::Likely, text);
    }
    if let Some(text) = both_closed(case, fact) {
        return (How::Fin, By::Both, Confidence::Likely, text);
    }
    let first = if super::unseen::answers_a_fin(case, fact) { fact.from.peer() } else { fact.from };
    let by = if first == Side::Client { By::Client } else { By::ServerApp };
    let text = if first == fact.from {
        format!("FIN in packet {packet}{after}")
    } else {
        format!(
            "FIN in packet {packet} from the {} acknowledges one of the {} that was not captured",
            fact.from.name(),
            first.name()
        )
    };
    (How::Fin, by, Confidence::Likely, text)
}

/// A FIN that its sender did not send: it sends data at or behind it, or the FIN alone has another TTL and the sender goes on.
pub fn forged_fin<'a>(case: &Case<'a>) -> Option<&'a SegmentFact> {
    let record = case.record;
    record.segments.iter().filter(|fact| fact.flags.fin() && !fact.flags.rst()).find(|fact| {
        let at = fact.end() - 1;
        let later = |f: &&SegmentFact| f.len > 0 && !f.flags.rst() && record.is_behind(f, fact);
        let behind = record.sent_by(fact.from).filter(later).any(|f| f.data_start() + i64::from(f.len) > at);
        let second_tap = record.tcp[fact.from].second_ttl == Some(fact.ttl) && !fact.captured_again();
        let other_ttl = usual_ttl(record, fact.from).is_some_and(|(ttl, count)| ttl != fact.ttl && count >= 3);
        behind || (other_ttl && !second_tap && record.sent_by(fact.from).filter(later).any(|f| f.end() >= at))
    })
}

/// A failed negotiation whose two KEXINIT each reached the other side ends by both, as long as the second FIN leaves its
/// sender within 50 ms of the first one's arrival there.
fn both_closed(case: &Case<'_>, first: &SegmentFact) -> Option<String> {
    let negotiation = case.negotiation.as_ref()?;
    if negotiation.failing.is_empty() || case.marks.kexinit.client.is_none() || case.marks.kexinit.server.is_none() {
        return None;
    }
    let record = case.record;
    let second = record.sent_by(first.from.peer()).find(|fact| fact.flags.fin() && fact.time >= first.time)?;
    let reached = |side: Side| {
        let end = record.ssh[side].kexinit.as_ref().map(|seen| record.offset(side, seen.range.end));
        end.is_some_and(|end| {
            record.tcp[side.peer()].acked.is_some_and(|acked| acked >= end) || record.tcp[side.peer()].segments == 0
        })
    };
    if !reached(Side::Client) || !reached(Side::Server) {
        return None;
    }
    let half = match second.from {
        Side::Client => case.halves.client,
        Side::Server => case.halves.server,
    };
    let lag = (second.time - first.time).0 - half.unwrap_or(Span::ZERO).0;
    (lag <= BOTH_WITHIN.0).then(|| {
        let (a, b) = (first.packet.number(), second.packet.number());
        format!(
            "FIN in packet {a} from the {}, in packet {b} from the {}: each side found it by itself",
            first.from.name(),
            second.from.name()
        )
    })
}

fn gave_up(case: &Case<'_>, fact: &SegmentFact, side: Side, waited: Span) -> Words {
    let packet = fact.packet.number();
    let stuck = Side::BOTH.into_iter().find_map(|from| case.stuck[from].as_ref());
    let what = if fact.flags.rst() { "RST" } else { "FIN" };
    if let Some(stuck) = stuck {
        let text = format!(
            "the {}'s bytes went unacknowledged for {}; the {}'s {what} in packet {packet} only ends the wait",
            stuck.from.name(),
            duration(waited),
            side.name()
        );
        // The server hears the client and closes by its own timer: that is a FIN like any other, though not its fault.
        let own_timer = fact.flags.fin() && side == Side::Server && stuck.from == Side::Client;
        return (if own_timer { How::Fin } else { How::Timeout }, By::Network, Confidence::Likely, text);
    }
    let by = if side == Side::Client { By::Client } else { By::ServerApp };
    let text =
        format!("the {} gave up after {} without an answer: {what} in packet {packet}", side.name(), duration(waited));
    (How::Timeout, by, Confidence::Likely, text)
}

fn by_icmp(case: &Case<'_>, error: &IcmpError) -> Words {
    let by = if error.from == case.record.server.address {
        By::ServerKernel
    } else if routing_failed(error) {
        By::Network
    } else {
        By::Middlebox
    };
    let text =
        format!("ICMP type {} code {} from {} in packet {}", error.kind, error.code, error.from, error.packet.number());
    (How::Icmp, by, Confidence::Certain, text)
}

/// Whether an ICMP error tells of routing and not of a rule: codes of RFC 792 and RFC 4443 §3.1 that routers send on their own.
fn routing_failed(error: &IcmpError) -> bool {
    match error.version {
        4 => matches!(error.code, 0 | 1 | 5 | 6 | 7 | 8 | 11 | 12),
        _ => matches!(error.code, 0 | 3),
    }
}

fn unanswered(case: &Case<'_>, side: Side) -> Words {
    if case.marks.handshake.is_none() {
        let count = case.record.sent_by(side).filter(|fact| fact.flags.syn()).count();
        let text = if case.record.tcp.server.syn.is_some() {
            format!("{count} SYN, and nothing that answers the server's SYN+ACK")
        } else {
            format!("{count} SYN without an answer that this capture holds")
        };
        return (How::Timeout, By::Unknown, Confidence::Certain, text);
    }
    let count = case.stuck[side].as_ref().map_or(0, |stuck| stuck.copies.len());
    let text = if count > 1 {
        format!("the {} sent the same bytes {count} times without an answer", side.name())
    } else {
        format!("bytes of the {} were missing or unacknowledged when the capture ended", side.name())
    };
    let by = if case.record.tcp.client.syn.is_none() { By::Unknown } else { By::Network };
    (How::Timeout, by, Confidence::Likely, text)
}

/// A length of time in the unit that a person would use.
pub fn duration(span: Span) -> String {
    let seconds = span.as_secs_f64();
    match seconds.abs() {
        s if s < 1e-3 => format!("{:.0} µs", seconds * 1e6),
        s if s < 1.0 => format!("{:.1} ms", seconds * 1e3),
        s if s < 120.0 => format!("{seconds:.2} s"),
        _ => format!("{:.1} min", seconds / 60.0),
    }
}
