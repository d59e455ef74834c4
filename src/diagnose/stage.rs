//! The stage signature of a connection that did not close: what the client had sent, and the resets or the silence that
//! followed. The grammar is that of "Global, Passive Detection of Connection Tampering" (SIGCOMM 2023, table 1), so that
//! reports can be counted beside those of such studies. It says what was seen, not who did it.

use super::finding::{How, Judgement};
use super::reset::Effect;
use crate::record::{ConnectionRecord, Mark};
use crate::tcp::{Seen, SegmentFact, Side};

/// `PSH+ACK → RST+ACK` and the like; none where a connection closed by FIN or goes on, or its start was not captured.
pub(super) fn signature(record: &ConnectionRecord, judged: &Judgement) -> Option<String> {
    judged.marks.syn?;
    let end = judged.ended.packet.zip(judged.ended.time).map(|(packet, time)| Mark { time, packet });
    let abort = match judged.ended.how {
        How::Rst => resets(record, judged)?,
        // Nothing came that ended it: packets without an answer, or an error of ICMP.
        How::Timeout | How::Icmp => "∅".to_owned(),
        How::Fin | How::None => return None,
    };
    Some(format!("{} → {abort}", stage(record, judged, end)))
}

/// What the client had sent by then, repetitions left out.
fn stage(record: &ConnectionRecord, judged: &Judgement, end: Option<Mark>) -> &'static str {
    let before = |fact: &&SegmentFact| end.is_none_or(|end| Mark { time: fact.time, packet: fact.packet } < end);
    let fresh = |fact: &&SegmentFact| fact.len > 0 && !matches!(fact.seen(), Seen::Retransmission | Seen::KeepAlive);
    let data = record.sent_by(Side::Client).filter(before).filter(fresh).count();
    match (judged.marks.handshake.is_some_and(|mark| end.is_none_or(|end| mark < end)), data) {
        (false, _) => "SYN",
        (true, 0) => "SYN; ACK",
        (true, 1) => "PSH+ACK",
        (true, _) => "PSH+ACK; Data",
    }
}

/// The reset that ended it and the next one of the same side, in the order of the capture.
fn resets(record: &ConnectionRecord, judged: &Judgement) -> Option<String> {
    let ending = judged.resets.iter().find(|reset| reset.effect == Effect::Ended)?;
    let mut of_side = record.segments.get(ending.index..)?.iter().filter(|f| f.from == ending.from && f.flags.rst());
    let first = of_side.next()?;
    let word = |fact: &SegmentFact| if fact.flags.ack() { "RST+ACK" } else { "RST" };
    let Some(second) = of_side.next() else { return Some(word(first).to_owned()) };
    Some(match (first.flags.ack(), second.flags.ack()) {
        (false, false) if first.raw_ack != 0 && second.raw_ack == 0 => "RST; RST₀".to_owned(),
        (false, false) if (first.raw_seq, first.raw_ack) == (second.raw_seq, second.raw_ack) => "RST = RST".to_owned(),
        (false, false) => "RST ≠ RST".to_owned(),
        _ => format!("{}; {}", word(first), word(second)),
    })
}
