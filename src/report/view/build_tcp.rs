//! The TCP part of the view.

use super::build::Home;
use super::{Gap, Handshake, Reset, ResetVerdict, SeqFit, Tcp, TcpSide, Time};
use crate::diagnose::{Judgement, Words};
use crate::record::ConnectionRecord;
use crate::tcp::{SegmentFact, Side};
use crate::time::Timestamp;

pub(super) fn tcp(record: &ConnectionRecord, judgement: &Judgement, words: &Words, home: Home) -> Tcp {
    Tcp {
        handshake: handshake(record),
        conn_state: record.conn_state.to_owned(),
        history: record.history.clone(),
        stage_signature: words.stage_signature.clone(),
        client: side(record, judgement, Side::Client, home),
        server: side(record, judgement, Side::Server, home),
    }
}

fn gaps(record: &ConnectionRecord, side: Side) -> Vec<Gap> {
    let gap = |gap: &crate::tcp::StreamGap| Gap { start: gap.start, end: gap.end, cut: gap.cut };
    record.tcp[side].gaps.iter().map(gap).collect()
}

/// Times between single packets only: a repeated SYN leaves open which one was answered (Karn, RFC 6298 §3).
fn handshake(record: &ConnectionRecord) -> Handshake {
    let once = |side: Side| record.tcp[side].syn.filter(|syn| syn.count == 1);
    let (syn, syn_ack) = (once(Side::Client), once(Side::Server).filter(|syn| syn.ack));
    let ack = syn_ack.and_then(|syn_ack| {
        let answers = |fact: &&SegmentFact| fact.flags.ack() && !fact.flags.rst() && fact.time >= syn_ack.time;
        record.sent_by(Side::Client).find(answers)
    });
    let seconds = |from: Timestamp, to: Timestamp| (to - from).as_secs_f64();
    let there = syn.zip(syn_ack).map(|(syn, syn_ack)| seconds(syn.time, syn_ack.time)).filter(|&time| time >= 0.0);
    let back = syn_ack.zip(ack).map(|(syn_ack, ack)| seconds(syn_ack.time, ack.time));
    let whole = syn.zip(ack).map(|(syn, ack)| seconds(syn.time, ack.time));
    Handshake { syn_to_synack_s: there, synack_to_ack_s: back, rtt_s: there.and(whole) }
}

fn side(record: &ConnectionRecord, judgement: &Judgement, side: Side, home: Home) -> TcpSide {
    let facts = &record.tcp[side];
    let options = facts.syn.map(|syn| syn.options);
    let resets = record.sent_by(side).filter(|fact| fact.flags.rst());
    TcpSide {
        mss: options.and_then(|options| options.mss),
        window_scale: options.and_then(|options| options.window_scale),
        sack_permitted: options.map(|options| options.sack_permitted),
        timestamps: options.map(|options| options.timestamps.is_some()),
        window: facts.syn.map(|syn| syn.window),
        bytes: facts.bytes,
        segments: facts.segments,
        retransmissions: facts.retransmissions,
        out_of_order: facts.out_of_order,
        keepalives: facts.keepalives,
        zero_windows: facts.zero_windows,
        gaps: gaps(record, side),
        gaps_omitted: facts.gaps_omitted,
        resets: resets.take(crate::limits::RESETS).map(|fact| reset(record, judgement, fact, home)).collect(),
    }
}

fn reset(record: &ConnectionRecord, judgement: &Judgement, fact: &SegmentFact, home: Home) -> Reset {
    let (packet, capture) = home.place(fact.packet);
    Reset {
        packet,
        capture,
        time: Time(fact.time),
        seq_fit: seq_fit(record, fact),
        ack: fact.flags.ack(),
        ttl: fact.ttl,
        ip_id: fact.ip_id(),
        window: fact.window,
        options: fact.options_len(),
        verdict: verdict(judgement, fact),
    }
}

/// How a reset fits what its receiver expects (RFC 9293 §3.10.7.3 for one that answers a SYN, RFC 5961 §3.2 later).
fn seq_fit(record: &ConnectionRecord, reset: &SegmentFact) -> SeqFit {
    let before = |side: Side| record.sent_by(side).filter(|fact| (fact.time, fact.packet) < (reset.time, reset.packet));
    let peer = reset.from.peer();
    let sent = before(reset.from).filter(|fact| !fact.flags.rst()).map(SegmentFact::end).max();
    let expected = before(peer).filter(|fact| fact.flags.ack()).map(|fact| fact.ack).max();
    if sent.is_none() && expected.is_none() {
        let syn = before(peer).filter(|fact| fact.flags.syn()).map(SegmentFact::end).max();
        return if reset.flags.ack() && syn == Some(reset.ack) { SeqFit::Exact } else { SeqFit::Unknown };
    }
    let exact = [sent, expected].into_iter().flatten();
    let (low, high) = (expected.or(sent).unwrap_or(0), sent.max(expected).unwrap_or(0));
    match reset.seq {
        seq if exact.into_iter().any(|offset| offset == seq) => SeqFit::Exact,
        seq if seq < low => SeqFit::Behind,
        seq if seq > low.min(high) => SeqFit::Ahead,
        _ => SeqFit::Unknown,
    }
}

fn verdict(judgement: &Judgement, reset: &SegmentFact) -> ResetVerdict {
    let ended = &judgement.ended;
    match (ended.packet, ended.time) {
        (Some(packet), _) if packet == reset.packet && ended.forged => ResetVerdict::Forged,
        (Some(packet), _) if packet == reset.packet => ResetVerdict::Ended,
        (_, Some(time)) if reset.time >= time => ResetVerdict::Late,
        (_, Some(_)) => ResetVerdict::Ignored,
        _ => ResetVerdict::Unknown,
    }
}

/// Type and code in words (RFC 792, RFC 1812 §5.2.7, RFC 4443 §3).
pub(super) fn icmp_meaning(version: u8, kind: u8, code: u8) -> &'static str {
    match (version, kind, code) {
        (4, 3, 0) => "network unreachable",
        (4, 3, 1) => "host unreachable",
        (4, 3, 2) => "protocol unreachable",
        (4, 3, 3) => "port unreachable",
        (4, 3, 4) => "fragmentation needed",
        (4, 3, 5) => "source route failed",
        (4, 3, 6) => "network unknown",
        (4, 3, 7) => "host unknown",
        (4, 3, 9) => "network administratively prohibited",
        (4, 3, 10) => "host administratively prohibited",
        (4, 3, 11 | 12) => "unreachable for this type of service",
        (4, 3, 13) => "communication administratively prohibited",
        (4, 4, _) => "source quench",
        (4, 5, _) => "redirect",
        (4, 11, 0) | (6, 3, 0) => "time exceeded in transit",
        (4, 11, 1) | (6, 3, 1) => "fragment reassembly time exceeded",
        (4, 12, _) | (6, 4, _) => "parameter problem",
        (6, 1, 0) => "no route to destination",
        (6, 1, 1) => "administratively prohibited",
        (6, 1, 2) => "beyond scope of source address",
        (6, 1, 3) => "address unreachable",
        (6, 1, 4) => "port unreachable",
        (6, 1, 5) => "source address failed policy",
        (6, 1, 6) => "reject route to destination",
        (6, 2, _) => "packet too big",
        (4, 3, _) | (6, 1, _) => "unreachable",
        _ => "unknown",
    }
}
