//! What several connections show of one address: how far away it is, how its connections ended, what it said.

use super::{ConnectionRecord, Mark};
use crate::limits::{HOSTS, VISITS_IN_ALL};
use crate::tcp::Side;
use crate::time::{Span, Timestamp};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;

/// Connections remembered for one server address.
const VISITS: usize = 256;
/// Connections remembered for each server address even when [`VISITS_IN_ALL`] is reached.
const VISITS_AT_LEAST: usize = 4;
/// Different TTLs remembered for one address.
const TTLS: usize = 4;

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
    /// The server identified itself.
    Served,
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
    /// Last packet.
    pub end: Timestamp,
    /// How it went.
    pub outcome: Outcome,
    /// From the handshake to the server's FIN or RST.
    pub closed_after: Option<Span>,
    /// The server's text before any identification string, its first line.
    pub text: Option<Vec<u8>>,
    /// The server's identification string.
    pub identification: Option<Vec<u8>>,
    /// Fingerprint of the server's host key.
    pub host_key: Option<String>,
    /// Both sides sent NEWKEYS and the client went on for longer than an authentication takes.
    pub encrypted: bool,
}

/// What is known of one address.
#[derive(Debug, Clone, Default)]
pub struct HostFacts {
    /// TTLs (hop limits) of its packets that were no RST, with the number of packets; the first few values.
    pub ttls: Vec<(u8, u64)>,
    /// Connections to it as a server, the newest last.
    pub visits: VecDeque<Visit>,
    /// Connections beyond those remembered.
    pub visits_omitted: u64,
}

/// What is known of all addresses, bounded: beyond the limit new addresses are not remembered.
#[derive(Debug, Default)]
pub struct Hosts {
    facts: HashMap<IpAddr, HostFacts, foldhash::fast::RandomState>,
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

    /// All addresses that served connections, in order.
    pub fn servers(&self) -> BTreeMap<IpAddr, &HostFacts> {
        self.facts
            .iter()
            .filter(|(_, facts)| !facts.visits.is_empty())
            .map(|(&address, facts)| (address, facts))
            .collect()
    }

    fn entry(&mut self, address: IpAddr) -> Option<&mut HostFacts> {
        if self.facts.len() >= HOSTS && !self.facts.contains_key(&address) {
            self.omitted += 1;
            return None;
        }
        Some(self.facts.entry(address).or_default())
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

    /// Notes a connection that is over.
    pub fn note(&mut self, record: &ConnectionRecord) {
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
        let visit = Visit::of(record);
        let full = self.visits >= VISITS_IN_ALL;
        let Some(facts) = self.entry(record.server.address) else { return };
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
    fn of(record: &ConnectionRecord) -> Self {
        let marks = record.milestones();
        let server = &record.ssh.server;
        let close = record.sent_by(Side::Server).find(|fact| fact.flags.rst() || fact.flags.fin());
        let served = server.identification.is_some() || server.kexinit.is_some() || server.newkeys.is_some();
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
            end: record.last.1,
            outcome,
            closed_after: marks.handshake.and_then(since),
            text: server.pre_identification.first().map(|line| line.text.clone()),
            identification: server.identification.as_ref().map(|seen| seen.raw.clone()),
            host_key: server.host_key.as_ref().map(|key| key.fingerprint.clone()),
            encrypted: marks.encrypted.client.is_some() && marks.encrypted.server.is_some(),
        }
    }
}
