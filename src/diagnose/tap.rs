//! Where the capture was taken: from TTLs, from the halves of the handshake's round trip, from offload artefacts.

use super::ending::duration;
use super::finding::{Confidence, Tap, TapPosition};
use super::policy::ON_THE_LINK;
use crate::record::ConnectionRecord;
use crate::tcp::{PerSide, SegmentFact, Side};
use crate::time::Span;

/// Initial TTLs that systems use (`docs/reading-a-reset.md`): the next one at or above what was seen is taken for the sender's.
const INITIAL_TTLS: [u8; 4] = [32, 64, 128, 255];

/// The initial TTL that a seen TTL most likely started from.
pub fn initial_ttl(seen: u8) -> u8 {
    INITIAL_TTLS.into_iter().find(|&initial| initial >= seen).unwrap_or(255)
}

/// Routers between the sender and the tap, by the TTL.
pub fn hops(seen: u8) -> u8 {
    initial_ttl(seen) - seen
}

/// The TTL that most of a side's packets (RSTs apart) have, and how many packets have it.
pub fn usual_ttl(record: &ConnectionRecord, side: Side) -> Option<(u8, usize)> {
    let mut sent = record.sent_by(side).filter(|fact| !fact.flags.rst());
    let first = sent.next()?.ttl;
    // Nearly always all are equal, and need no list.
    let mut equal = 1;
    let other = sent.find(|fact| {
        equal += usize::from(fact.ttl == first);
        fact.ttl != first
    });
    let mut counts = match other {
        None => return Some((first, equal)),
        Some(other) => vec![(first, equal), (other.ttl, 1)],
    };
    for fact in sent {
        match counts.iter_mut().find(|(ttl, _)| *ttl == fact.ttl) {
            Some((_, count)) => *count += 1,
            None => counts.push((fact.ttl, 1)),
        }
    }
    counts.into_iter().max_by_key(|&(ttl, count)| (count, ttl))
}

/// The two halves of the handshake's round trip as the tap sees them: tap to server and back, tap to client and back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Halves {
    /// From SYN to SYN+ACK.
    pub server: Option<Span>,
    /// From SYN+ACK to the client's ACK.
    pub client: Option<Span>,
}

impl Halves {
    /// Both halves together: the round trip from end to end.
    pub fn rtt(self) -> Option<Span> {
        match (self.client, self.server) {
            (Some(client), Some(server)) => Some(Span(client.0.saturating_add(server.0))),
            (half, None) | (None, half) => half,
        }
    }
}

/// Measures both halves; a SYN or SYN+ACK that was repeated tells nothing (Karn's rule, RFC 6298 §3).
pub fn halves(record: &ConnectionRecord) -> Halves {
    let (Some(syn), Some(syn_ack)) = (record.tcp.client.syn, record.tcp.server.syn) else { return Halves::default() };
    if syn.ack {
        // Reverse SSH: the server called. Nothing asks for the halves then.
        return Halves::default();
    }
    let answer = record.sent_by(Side::Client).find(|fact| fact.time >= syn_ack.time && !fact.flags.syn());
    // What comes later than the handshake's own ACK, which this capture lacks then, says nothing.
    let at_once = |fact: &&SegmentFact| fact.seq <= 0 && !fact.flags.fin() && (fact.flags.rst() || fact.ack <= 0);
    Halves {
        server: (syn.count == 1).then(|| syn_ack.time - syn.time).filter(|span| span.0 >= 0),
        client: answer.filter(at_once).filter(|_| syn_ack.count == 1).map(|fact| fact.time - syn_ack.time),
    }
}

/// Where the tap was.
pub fn locate(record: &ConnectionRecord) -> Tap {
    let distance = PerSide::from_fn(|side| usual_ttl(record, side).map(|(ttl, _)| hops(ttl)));
    let halves = halves(record);
    let near = PerSide {
        client: halves.client.is_some_and(|half| half <= ON_THE_LINK),
        server: halves.server.is_some_and(|half| half <= ON_THE_LINK),
    };
    let (position, confidence) = place(distance, near, sender(record));
    // Either side's packets may be those of the tap that is nearer to it.
    let confidence = if record.second_tap().is_some() { confidence.min(Confidence::Possible) } else { confidence };
    Tap { position, confidence }
}

/// Why it is taken to be there, a clause each.
pub fn evidence(record: &ConnectionRecord) -> Vec<String> {
    let mut evidence = Vec::new();
    for side in Side::BOTH {
        if let Some((ttl, count)) = usual_ttl(record, side) {
            let from = initial_ttl(ttl);
            evidence.push(format!("{}: TTL {ttl} of {from} on {count} packets, {} hops away", side.name(), hops(ttl)));
        }
    }
    let halves = halves(record);
    if let (Some(client), Some(server)) = (halves.client, halves.server) {
        let ms = |span: Span| span.as_secs_f64() * 1e3;
        evidence.push(format!("tap to client and back {:.3} ms, to server {:.3} ms", ms(client), ms(server)));
    }
    if let Some(side) = sender(record) {
        evidence.push(format!("only the {}'s packets have unfinished checksums or exceed the MSS", side.name()));
    }
    if let Some((side, late)) = record.clocks_apart() {
        evidence.push(format!(
            "the clock of the {}'s direction is {} behind, as its answers stand before what they answer: its times are put right",
            side.name(),
            duration(late)
        ));
    }
    if let Some(lag) = record.second_tap() {
        evidence
            .push(format!("the capture has packets of a second tap too, {} apart; they are left out", duration(lag)));
    }
    evidence
}

fn sender(record: &ConnectionRecord) -> Option<Side> {
    Side::BOTH.into_iter().find(|&side| sends_unfinished(record, side))
}

/// Checksums that the network card fills in, and segments that it cuts, are seen only on the host that sends them.
fn sends_unfinished(record: &ConnectionRecord, side: Side) -> bool {
    let (own, other) = (&record.tcp[side], &record.tcp[side.peer()]);
    own.segments >= 3 && own.bad_checksums * 2 > own.segments && other.bad_checksums == 0
}

fn place(distance: PerSide<Option<u8>>, near: PerSide<bool>, sender: Option<Side>) -> (TapPosition, Confidence) {
    let position_of = |side| if side == Side::Client { TapPosition::Client } else { TapPosition::Server };
    if let Some(side) = sender {
        return (position_of(side), Confidence::Likely);
    }
    match (distance.client, distance.server) {
        (Some(0), Some(0)) => match (near.client, near.server) {
            (true, false) => (TapPosition::Client, Confidence::Possible),
            (false, true) => (TapPosition::Server, Confidence::Possible),
            _ => (TapPosition::Unknown, Confidence::Possible),
        },
        (Some(0), Some(_)) => (TapPosition::Client, Confidence::Likely),
        (Some(_), Some(0)) => (TapPosition::Server, Confidence::Likely),
        (Some(_), Some(_)) => (TapPosition::Between, Confidence::Likely),
        (Some(0), None) => (TapPosition::Client, Confidence::Possible),
        (None, Some(0)) => (TapPosition::Server, Confidence::Possible),
        _ => (TapPosition::Unknown, Confidence::Possible),
    }
}
