//! What several connections show of one address: how far away it is, how its connections ended, what it said.

use super::{ConnectionRecord, Mark, Milestones};
use crate::limits::{HOSTS, VISITS_IN_ALL};
use crate::ssh::Software;
use crate::ssh::hostkey::HostKey;
use crate::tcp::{Side, Unanswered};
use crate::time::{Span, Timestamp};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

/// Connections remembered for one server address.
const VISITS: usize = 256;
/// Connections remembered for each server address even when [`VISITS_IN_ALL`] is reached.
const VISITS_AT_LEAST: usize = 4;
/// Different TTLs remembered for one address.
const TTLS: usize = 4;
/// Connections that may end between the two views of one on both sides of a NAT, which end together.
const TWINS_WITHIN: usize = 8;

/// Two captures of one packet lie within this time: more than a router or a `-i any` capture takes.
const SAME_PACKET: Span = Span::from_millis(2);

/// How a connection went, in facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The SYN was not answered.
    Unanswered,
    /// The SYN was answered by a reset or an ICMP error.
    Refused,
    /// The server ended it before it had sent an identification string.
    ClosedBeforeIdentification,
    /// The server sent nothing, and did not end it either.
    Silent,
    /// The server identified itself, or sent what the capture cut and nothing else.
    Served,
}

/// How a login went, as the sizes after NEWKEYS told whoever noted the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// Nothing encrypted was sent.
    NotReached,
    /// So many requests were refused, none granted.
    Refused(u32),
    /// The user was let in.
    Granted,
    /// The sizes do not tell.
    Unclear,
}

/// One connection to a server, as a neighbour of others.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Number of the connection.
    pub number: u64,
    /// The client.
    pub client: IpAddr,
    /// The server's port.
    pub port: u16,
    /// First packet.
    pub start: Timestamp,
    /// The handshake was complete.
    pub handshake: Option<Timestamp>,
    /// Last packet.
    pub end: Timestamp,
    /// How it went.
    pub outcome: Outcome,
    /// From the handshake to the server's FIN or RST.
    pub closed_after: Option<Span>,
    /// The server's text before any identification string, its first line.
    pub text: Option<Vec<u8>>,
    /// The server's software, by its identification string.
    pub software: Option<Software>,
    /// The server's host key.
    pub host_key: Option<Arc<HostKey>>,
    /// Both sides sent encrypted bytes.
    pub encrypted: bool,
    /// How the login went.
    pub login: Login,
    /// The last packet of the server that was no reset: it was alive then.
    pub heard: Option<Timestamp>,
    /// When the server closed, or reset, a connection that its client had not closed before.
    pub server_close: Option<Timestamp>,
    /// The client's initial sequence number, where its SYN was answered or repeated.
    pub isn: Option<u32>,
    /// The client's next sequence number and the server's, as on the wire: where another connection would go on.
    pub next: Option<(u32, u32)>,
    /// The capture has it on the other side of a NAT, too: the client there, and which view this is.
    pub twin: Option<(IpAddr, View)>,
}

/// Which of two views of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The one that was over first.
    First,
    /// The other one.
    Second,
}

/// What is known of one address.
#[derive(Debug, Clone, Default)]
pub struct HostFacts {
    /// TTLs (hop limits) of its packets that were no RST, with the number of packets; the first few values.
    pub ttls: Vec<(u8, u64)>,
    /// When a packet of it that belongs to no connection was last counted.
    referred: Option<Timestamp>,
    /// Connections to it as a server, the newest last.
    pub visits: VecDeque<Visit>,
    /// Connections beyond those remembered.
    pub visits_omitted: u64,
}

/// What is known of all addresses, bounded: beyond the limit new addresses are not remembered.
#[derive(Debug, Default)]
pub struct Hosts {
    facts: HashMap<IpAddr, HostFacts, foldhash::quality::RandomState>,
    /// Visits remembered of all addresses together.
    visits: usize,
    /// Addresses that found no room.
    pub omitted: u64,
}

impl Hosts {
    /// What is known of an address.
    pub fn get(&self, address: IpAddr) -> Option<&HostFacts> {
        self.facts.get(&address)
    }

    /// Where nothing is known of either end of an unanswered SYN but what itself told: whether client and server have a place here.
    pub fn stranger(&self, syn: &Unanswered<'_>) -> Option<(bool, bool)> {
        let ttl = syn.ttl();
        let (client, server) = syn.ends();
        let apart = client.address != server.address;
        let (client, server) = (self.get(client.address), self.get(server.address));
        let new_client = client.is_none_or(|facts| {
            facts.visits.is_empty() && facts.ttls.iter().all(|&(seen, _)| seen == ttl) && facts.referred.is_none()
        });
        let new_server = server.is_none_or(|facts| {
            facts.ttls.is_empty() && facts.visits_omitted == 0 && facts.visits.iter().all(|v| v.number == syn.number())
        });
        (new_client && new_server && apart).then_some((client.is_some(), server.is_some()))
    }

    /// All addresses that served connections, in order.
    pub fn servers(&self) -> BTreeMap<IpAddr, &HostFacts> {
        self.facts
            .iter()
            .filter(|(_, facts)| !facts.visits.is_empty())
            .map(|(&address, facts)| (address, facts))
            .collect()
    }

    fn entry(&mut self, address: IpAddr) -> Option<&mut HostFacts> {
        if self.facts.len() < HOSTS {
            return Some(self.facts.entry(address).or_default());
        }
        let known = self.facts.get_mut(&address);
        self.omitted += u64::from(known.is_none());
        known
    }

    /// Notes the TTL of a packet that was no RST.
    pub fn note_ttl(&mut self, address: IpAddr, ttl: u8, packets: u64) {
        let Some(facts) = self.entry(address) else { return };
        if let Some((_, count)) = facts.ttls.iter_mut().find(|(seen, _)| *seen == ttl) {
            *count += packets;
        } else if facts.ttls.len() < TTLS {
            facts.ttls.push((ttl, packets));
        }
    }

    /// Notes the TTL of a packet that belongs to no connection; a second capture of the same packet does not count again.
    pub fn note_reference(&mut self, address: IpAddr, ttl: u8, time: Timestamp) {
        let Some(facts) = self.entry(address) else { return };
        let counted = facts.referred.is_some_and(|before| (time - before).abs() <= SAME_PACKET);
        if counted && facts.ttls.iter().any(|&(seen, _)| seen == ttl) {
            return;
        }
        facts.referred = Some(time);
        self.note_ttl(address, ttl, 1);
    }

    /// Takes over what was noted after this, in the order of addresses: where there is no room for all, the same ones find it.
    pub fn join(&mut self, after: Self) {
        let after_by_address: BTreeMap<IpAddr, HostFacts> = after.facts.into_iter().collect();
        for (address, facts) in after_by_address {
            for (ttl, packets) in facts.ttls {
                self.note_ttl(address, ttl, packets);
            }
            for visit in facts.visits {
                self.note_visit(address, visit);
            }
            if let Some(known) = self.facts.get_mut(&address) {
                known.visits_omitted += facts.visits_omitted;
                known.referred = facts.referred.or(known.referred);
            }
        }
        self.omitted += after.omitted;
    }

    /// Notes a connection that is over, its steps, and how its login went.
    pub fn note(&mut self, record: &ConnectionRecord, marks: &Milestones, login: Login) {
        for side in Side::BOTH {
            // Equal ones mostly stand in a row; each row is looked up once.
            let address = record.endpoint(side).address;
            let mut row: Option<(u8, u64)> = None;
            for fact in record.sent_by(side).filter(|fact| !fact.flags.rst()) {
                match &mut row {
                    Some((ttl, packets)) if *ttl == fact.ttl => *packets += 1,
                    _ => {
                        if let Some((ttl, packets)) = row.replace((fact.ttl, 1)) {
                            self.note_ttl(address, ttl, packets);
                        }
                    }
                }
            }
            if let Some((ttl, packets)) = row {
                self.note_ttl(address, ttl, packets);
            }
        }
        self.note_visit(record.server.address, Visit::of(record, marks, login));
    }

    /// Notes an unanswered SYN that is over.
    pub fn note_unanswered(&mut self, syn: &Unanswered<'_>) {
        let (client, server) = syn.ends();
        self.note_ttl(client.address, syn.ttl(), 1);
        let (_, time) = syn.first();
        let visit = Visit {
            number: syn.number(),
            client: client.address,
            port: server.port,
            start: time,
            handshake: None,
            end: time,
            outcome: Outcome::Unanswered,
            closed_after: None,
            text: None,
            software: None,
            host_key: None,
            encrypted: false,
            login: Login::NotReached,
            heard: None,
            server_close: None,
            isn: None,
            next: None,
            twin: None,
        };
        self.note_visit(server.address, visit);
    }

    fn note_visit(&mut self, server: IpAddr, mut visit: Visit) {
        let full = self.visits >= VISITS_IN_ALL;
        let Some(facts) = self.entry(server) else { return };
        let mut last = facts.visits.iter_mut().rev().take(if visit.is_lone() { 0 } else { TWINS_WITHIN });
        if let Some(known) = last.find(|known| known.is_twin(&visit)) {
            (known.twin, visit.twin) = (Some((visit.client, View::First)), Some((known.client, View::Second)));
        }
        if facts.visits.is_empty() {
            // Most servers of a scan are met once.
            facts.visits.reserve_exact(1);
        }
        let displaces = facts.visits.len() >= if full { VISITS_AT_LEAST } else { VISITS };
        if displaces {
            facts.visits.pop_front();
            facts.visits_omitted += 1;
        }
        facts.visits.push_back(visit);
        self.visits += usize::from(!displaces);
    }
}

impl Visit {
    /// A SYN of which nothing else was seen.
    fn is_lone(&self) -> bool {
        self.isn.is_none() && self.next.is_none()
    }

    /// The same connection, captured on the other side of a device that changes the client's address (SNAT): its bytes have the same
    /// numbers at the same time.
    fn is_twin(&self, other: &Self) -> bool {
        let at_once = self.start <= other.end && other.start <= self.end;
        let same = match (self.isn, other.isn) {
            (None, None) => self.next.is_some() && self.next == other.next,
            (one, another) => one == another,
        };
        same && self.client != other.client && at_once
    }

    /// Whether it counts as another connection where one of this client is judged: not if it is one of this client's on the other side
    /// of a NAT, and once if it is anybody's.
    pub fn counts_beside(&self, client: IpAddr) -> bool {
        match self.twin {
            Some((other, view)) => self.client == client || (other != client && view == View::First),
            None => true,
        }
    }

    /// Nobody logged in, as far as is known: it held a place among the unauthenticated for all its time.
    pub fn without_login(&self) -> bool {
        match self.login {
            Login::NotReached | Login::Refused(_) => true,
            Login::Granted => false,
            Login::Unclear => !self.encrypted,
        }
    }

    /// A connection, its steps, and how its login went.
    pub fn of(record: &ConnectionRecord, marks: &Milestones, login: Login) -> Self {
        let server = &record.ssh.server;
        let close = record.sent_by(Side::Server).find(|fact| fact.flags.rst() || fact.flags.fin());
        let decoded = server.identification.is_some() || server.kexinit.is_some() || server.newkeys.is_some();
        // What the capture cut may have been its identification; that it was silent is certain to be wrong.
        let cut = record.tcp.server.gaps.iter().any(|gap| gap.cut) && server.other.is_none();
        let served = decoded || (cut && server.pre_identification.is_empty());
        let refused = close.is_some_and(|fact| fact.flags.rst()) || !record.icmp.is_empty();
        let outcome = match (served, marks.handshake) {
            (true, _) => Outcome::Served,
            (false, None) if refused => Outcome::Refused,
            (false, None) => Outcome::Unanswered,
            (false, Some(_)) if close.is_some() => Outcome::ClosedBeforeIdentification,
            (false, Some(_)) => Outcome::Silent,
        };
        let since = |mark: Mark| close.map(|fact| fact.time - mark.time);
        Self {
            number: record.number,
            client: record.client.address,
            port: record.server.port,
            start: record.first.1,
            handshake: marks.handshake.map(|mark| mark.time),
            end: record.last.1,
            outcome,
            closed_after: marks.handshake.and_then(since),
            text: server.pre_identification.first().map(|line| line.text.clone()),
            software: server.identification.as_ref().map(|seen| seen.parsed_software()),
            host_key: server.host_key.clone(),
            encrypted: marks.encrypted.client.is_some() && marks.encrypted.server.is_some(),
            login,
            heard: record.sent_by(Side::Server).rfind(|fact| !fact.flags.rst()).map(|fact| fact.time),
            server_close: closed_unasked(record),
            isn: record.tcp.client.syn.filter(|_| record.packets > 1).map(|syn| syn.isn),
            next: next_bytes(record),
            twin: None,
        }
    }
}

/// When the server closed a connection that its client had not closed before.
fn closed_unasked(record: &ConnectionRecord) -> Option<Timestamp> {
    let close = record.segments.iter().find(|fact| fact.flags.fin() || fact.flags.rst())?;
    (close.from == Side::Server).then_some(close.time)
}

/// What the client would send next and what it would acknowledge, by its last packet that was no reset.
fn next_bytes(record: &ConnectionRecord) -> Option<(u32, u32)> {
    let last = record.sent_by(Side::Client).rfind(|fact| fact.flags.ack() && !fact.flags.rst())?;
    let fin = u32::from(last.flags.fin());
    Some((last.raw_seq.wrapping_add(last.len).wrapping_add(fin), last.raw_ack))
}
