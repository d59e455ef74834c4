//! The capture itself lacks what a verdict would need: cut packets, a missing start, packets that the tap lost.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::Close;
use crate::diagnose::finding::{By, Confidence, How, Phase, Place};
use crate::diagnose::unseen;
use crate::record::Mark;
use crate::tcp::{FinishReason, Side};

const ID: &str = "capture-truncated";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    cut(case)
        .or_else(|| evicted(case))
        .or_else(|| no_start(case))
        .or_else(|| flags_alone(case))
        .or_else(|| lost_by_capture(case))
        .or_else(|| no_handshake(case))
}

fn first(case: &Case<'_>) -> Mark {
    Mark { packet: case.record.first.0, time: case.record.first.1 }
}

/// The capture kept only the beginning of each packet, and the key exchange was longer.
fn cut(case: &Case<'_>) -> Option<Detected> {
    let side = Side::BOTH.into_iter().find(|&side| case.record.tcp[side].gaps.iter().any(|gap| gap.cut))?;
    let packet = case.record.sent_by(side).find(|fact| fact.cut())?;
    let kexinit = case.record.ssh[side].kexinit.as_ref().is_some_and(|seen| !seen.complete);
    let what = if kexinit { "KEXINIT cut by snaplen" } else { "packets cut by snaplen" };
    let detected = Detected::new(ID, Confidence::Certain, format!("{what}: the capture kept only the first bytes of each packet."))
        .because(packet, format!("{} bytes of payload, of which the capture holds only a part", packet.len))
        .remedy(Place::Client, "capture again with whole packets", format!("tcpdump -s 0 -w ssh.pcap tcp port {}", case.record.server.port));
    // Negotiation cannot be checked without the lists: only then is the cut what stands between us and a verdict.
    let undecoded = Side::BOTH.into_iter().all(|side| case.record.ssh[side].kexinit.is_none());
    let judged = case.ended.how == How::Timeout || case.ended.phase < Phase::Banner;
    let decisive = !judged && (undecoded || (kexinit && case.ended.phase == Phase::Kexinit));
    Some(if decisive { detected } else { detected.aside() })
}

fn evicted(case: &Case<'_>) -> Option<Detected> {
    if case.record.reason != FinishReason::Evicted {
        return None;
    }
    let detected = Detected::new(ID, Confidence::Certain, "A limit on memory was reached: this connection was judged before its end.")
        .because(&first(case), "the connection begins here")
        .advice(Place::Client, "analyse fewer connections at a time: --host ADDRESS, or split the capture");
    Some(if case.ended.how == How::None { detected } else { detected.aside() })
}

/// The connection began before the capture, and nothing in it tells what it was.
fn no_start(case: &Case<'_>) -> Option<Detected> {
    let record = case.record;
    let started = record.tcp.client.syn.is_some() || record.tcp.server.syn.is_some();
    let known = record.speaks_ssh() || case.authenticated_at().is_some();
    let stray = Side::BOTH.into_iter().any(|side| record.is_stray(side));
    if started || (known && !stray && !hides_the_reason(case)) {
        return None;
    }
    let unclear = matches!(case.ended.how, How::None | How::Timeout) || (record.bytes == 0 && case.ended.how == How::Rst);
    let detected = Detected::new(ID, Confidence::Certain, if known { "The connection began before the capture did." } else { "The connection began before the capture did: its key exchange is not here." })
        .because(&first(case), "the first packet of the connection in this capture, without a SYN before it")
        .settle("a capture that starts before the connection does");
    if unclear && record.packets < 12 {
        let detected = detected.ended_by(if case.ended.how == How::None { By::None } else { By::Unknown });
        return Some(if case.ended.how == How::Rst { detected.before_guesses() } else { detected });
    }
    Some(if hides_the_reason(case) { detected.before_guesses() } else { detected.aside() })
}

/// The side of which the capture lacks bytes that its peer acknowledged.
fn lacking(case: &Case<'_>) -> Option<Side> {
    Side::BOTH.into_iter().find(|&side| {
        let acked = case.record.tcp[side.peer()].acked.unwrap_or(i64::MIN);
        case.record.tcp[side].holes.iter().any(|hole| acked >= hole.end) || (!case.record.saw(side) && acked > 0)
    })
}

/// The start is missing, or something in between: a close or a goodbye before the one that is seen may be, too.
pub(super) fn is_incomplete(case: &Case<'_>) -> bool {
    case.marks.syn.or(case.marks.syn_ack).is_none() || lacking(case).is_some()
}

/// Such as a filter for SYN, FIN and RST leaves: what was said before the close is missing.
fn flags_alone(case: &Case<'_>) -> Option<Detected> {
    let close = unseen::all_bytes(case).filter(|_| !case.ending_reset().is_some_and(|reset| reset.forged))?;
    let text = "The connection carried bytes that are not in the capture: of its packets only those with SYN, FIN or RST are, as a filter for these flags leaves them.";
    Some(
        Detected::new(ID, Confidence::Certain, text)
            .because(close, "its numbers count bytes that no packet of the capture holds")
            .remedy(Place::Client, "capture again without a filter for flags", format!("tcpdump -w ssh.pcap tcp port {}", case.record.server.port)),
    )
}

/// Bytes were acknowledged that the capture does not have: they were delivered, only the tap missed them.
fn lost_by_capture(case: &Case<'_>) -> Option<Detected> {
    let side = lacking(case)?;
    let at = case.record.tcp[side].holes.first().map_or(first(case), |hole| Mark { packet: hole.packet, time: hole.opened });
    let text = if case.record.saw(side) {
        "Packets are missing from the capture though the other side acknowledged them."
    } else {
        "Only one direction was captured."
    };
    let detected = Detected::new(ID, Confidence::Certain, text)
        .because(&at, format!("bytes of the {} before this packet are not in the capture", side.name()))
        .settle("a capture with both directions and without drops (tcpdump -B 8192)");
    Some(if hides_the_reason(case) { detected.before_guesses() } else { detected.aside() })
}

/// The server answered the SYN, and nothing more: a server whose answer gets lost repeats it, a client its SYN.
fn no_handshake(case: &Case<'_>) -> Option<Detected> {
    let syn_ack = case.record.tcp.server.syn.filter(|syn| syn.ack)?;
    if !matches!(case.close, Close::Unanswered(_)) || case.marks.handshake.is_some() {
        return None;
    }
    let at = Mark { packet: syn_ack.packet, time: syn_ack.time };
    let text = "The handshake stops behind the server's SYN+ACK, which nobody repeats: what came next is not in this capture.";
    Some(
        Detected::new(ID, Confidence::Possible, text)
            .because(&at, "the server's SYN+ACK, the last that is here")
            .against("a scanner that only asks whether the port is open leaves no more behind where its reset is lost")
            .settle("a capture with both directions and without drops (tcpdump -B 8192)")
            .ended_by(By::Unknown)
            .general(),
    )
}

/// A close in good order, or a reset by which the client may only drop what came after its goodbye; what is missing may have
/// held the login or the logout: no failure is to be seen.
fn hides_the_reason(case: &Case<'_>) -> bool {
    case.ended.how == How::Fin || (case.ended.how == How::Rst && case.ended.by == By::Client)
}
