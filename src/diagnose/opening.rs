//! The opening of a connection, from the SYN to the first KEXINIT: facts that several diagnoses of it ask for.

use super::case::Case;
use super::ending::Close;
use super::finding::{By, Phase};
use super::policy::{PARTING_ANSWER, SILENCE};
use super::reset::Reset;
use super::tap::{hops, usual_ttl};
use crate::record::{Mark, Outcome, Visit};
use crate::tcp::{SegmentFact, Side};
use crate::time::Span;

/// How a server answered the FIN of a client that had waited for it in vain: who is there at its end?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parting {
    /// Its kernel acknowledged the FIN, no process closed: nobody reads.
    Acknowledged,
    /// Its own FIN within a round trip: a process reads.
    Closed,
    /// A reset: its kernel does not know the connection, or drops it.
    Reset,
    /// Nothing was captured after the FIN.
    Nothing,
}

impl<'a> Case<'a> {
    /// The tap saw both directions from the SYN or SYN+ACK on, and not their SYN, FIN and RST alone.
    pub fn opening_seen(&self) -> bool {
        let begun = self.record.tcp.client.syn.is_some() || self.record.tcp.server.syn.is_some();
        begun && !self.one_sided() && super::unseen::all_bytes(self).is_none()
    }

    /// Whether a segment passed the tap before the end, or was the end.
    fn before_end(&self, fact: &SegmentFact) -> bool {
        let end = self.close.mark(self);
        end.is_none_or(|end| Mark { time: fact.time, packet: fact.packet } <= end)
    }

    /// The highest stream offset that a side acknowledged up to the end, the last packet included.
    pub fn acknowledged_by(&self, side: Side) -> i64 {
        let acks = self.record.sent_by(side).filter(|fact| fact.flags.ack() && self.before_end(fact));
        acks.map(|fact| fact.ack).max().unwrap_or(0)
    }

    /// Both sides completed the handshake, and up to the end the server sent no byte that this tap saw or the client acknowledged.
    pub fn server_is_mute(&self) -> bool {
        let fin_counts_one = 1;
        self.opening_seen()
            && self.marks.handshake.is_some()
            && self.data_from(Side::Server).next().is_none()
            && self.acknowledged_by(Side::Client) <= fin_counts_one
    }

    /// The client sent no byte that this tap saw or the server acknowledged.
    pub fn client_is_mute(&self) -> bool {
        let sent = self.record.tcp.client.fin.map_or(self.record.tcp.client.seen_end, |(at, ..)| at);
        let acknowledged = self.record.tcp.server.acked.is_some_and(|acked| acked > 1);
        self.opening_seen() && self.record.tcp.client.bytes == 0 && sent <= 0 && !acknowledged
    }

    /// The client sent bytes and the server's kernel acknowledged the first of them.
    pub fn client_is_heard(&self) -> bool {
        let first = self.data_from(Side::Client).next();
        first.is_some_and(|first| self.acknowledged_by(Side::Server) >= first.end())
    }

    /// The segment by which the server's own end closed, if that is what ended it.
    pub fn server_close(&self) -> Option<&'a SegmentFact> {
        // A server's FIN that answers one of the client, which the capture lost, is no close of its own.
        let of_another = matches!(self.ended.by, By::Middlebox | By::Client);
        if !matches!(self.close, Close::Fin(_) | Close::Reset(_)) || of_another {
            return None;
        }
        let forged = self.ending_reset().is_some_and(|reset| reset.forged);
        self.closing_segment().filter(|fact| fact.from == Side::Server && !forged)
    }

    /// The server's reset in answer to the SYN, if that is what ended it.
    pub fn refusal(&self) -> Option<&Reset> {
        let reset = self.ending_reset().filter(|reset| reset.from == Side::Server)?;
        let asked = self.record.tcp.client.syn.is_some() && self.record.tcp.server.syn.is_none();
        (self.ended.phase == Phase::TcpConnect && asked).then_some(reset)
    }

    /// From the handshake to the close, both at the server: the way between it and the tap is taken off.
    pub fn server_took(&self) -> Option<Span> {
        let way = self.halves.server.unwrap_or(Span::ZERO);
        self.lasted().map(|lasted| Span(lasted.0.saturating_sub(way.0).max(0)))
    }

    /// The server's process had read what the client sent: its FIN acknowledges bytes of the client. Over unread bytes Linux, macOS
    /// and Windows send a reset (RFC 2525 §2.17); the BSDs do not, and are told by an IP ID that is always 0
    /// (`docs/reading-a-reset.md`).
    pub fn server_had_read(&self) -> bool {
        let Some(fin) = self.server_close().filter(|fact| !fact.flags.rst()) else { return false };
        let Some(first) = self.data_from(Side::Client).next() else { return false };
        let mut plain =
            self.record.sent_by(Side::Server).filter(|fact| !fact.flags.syn() && !fact.flags.rst()).peekable();
        let zero_ids = plain.peek().is_some() && plain.all(|fact| fact.ip_id() == Some(0));
        fin.ack >= first.end() && !zero_ids
    }

    /// The FIN of a client that had waited in vain, and how the server answered it.
    pub fn parting(&self) -> Option<(&'a SegmentFact, Parting)> {
        let Close::GaveUp { index, side: Side::Client, .. } = self.close else { return None };
        let fin = self.record.segments.get(index).filter(|fact| fact.flags.fin())?;
        let mut answers =
            self.record.segments[index..].iter().filter(|fact| fact.from == Side::Server && fact.time >= fin.time);
        let limit = fin.time + Span(self.halves.server.unwrap_or(Span::ZERO).0.saturating_mul(2)) + PARTING_ANSWER;
        let reset = answers.clone().any(|fact| fact.flags.rst());
        let closed = answers.clone().any(|fact| fact.flags.fin() && fact.time <= limit);
        let acknowledged = answers.any(|fact| fact.flags.ack() && fact.ack >= fin.end());
        let parting = match (reset, closed, acknowledged) {
            (true, ..) => Parting::Reset,
            (_, true, _) => Parting::Closed,
            (.., true) => Parting::Acknowledged,
            _ => Parting::Nothing,
        };
        Some((fin, parting))
    }

    /// The last bytes of a client that were acknowledged and that the server left without an answer until the capture ended.
    pub fn left_waiting(&self) -> Option<&'a SegmentFact> {
        let last = self.record.segments.iter().rev().find(|fact| fact.len > 0)?;
        let heard = last.from == Side::Client && self.acknowledged_by(Side::Server) >= last.end();
        let long = self.record.observed_until - last.time >= SILENCE;
        (matches!(self.close, Close::Open) && heard && long).then_some(last)
    }

    /// The tap is at the server: its packets have come over no router, those of this client have.
    pub fn tap_is_at_server(&self) -> bool {
        let known = self.host(Side::Server).map(|facts| facts.ttls.as_slice()).unwrap_or_default();
        let near = !known.is_empty() && known.iter().all(|&(ttl, _)| hops(ttl) == 0);
        near && usual_ttl(self.record, Side::Client).is_some_and(|(ttl, _)| hops(ttl) > 0)
    }

    /// Other connections of this client to this server and port.
    pub fn own_visits(&self) -> impl Iterator<Item = &Visit> {
        self.neighbours().filter(|visit| visit.client == self.record.client.address)
    }

    /// Connections of other clients to this server and port.
    pub fn others_visits(&self) -> impl Iterator<Item = &Visit> {
        self.neighbours().filter(|visit| visit.client != self.record.client.address)
    }

    /// Whether this server identified itself to anybody in a connection that began in this span of time.
    pub fn somebody_is_served(&self, from: crate::time::Timestamp, to: crate::time::Timestamp) -> bool {
        self.neighbours().any(|visit| visit.outcome == Outcome::Served && visit.start >= from && visit.start <= to)
    }
}
