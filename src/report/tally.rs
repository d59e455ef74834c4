//! What is counted over all connections while they pass: the summary, the servers, what the captures lack.

use super::Tail;
use super::escape::visible_text;
use super::moment;
use super::series::Series;
use super::view::{Capture, Connection, Endpoint, Host, HostKeySeen, SshSide, Summary, Warning, count_one};
use crate::diagnose::{Remark, Survey};
use crate::limits;
use crate::packet;
use foldhash::fast::RandomState;
use jiff::tz::TimeZone;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

/// Host keys and identification strings remembered for one server.
const VARIANTS: usize = 16;
/// Clients told apart for all servers together: 64 Ki addresses take about 2 MiB.
const CLIENTS: usize = 65_536;

/// Counts connections.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    summary: Summary,
    hosts: HashMap<Endpoint, Tallied, RandomState>,
    /// Clients told apart so far, a client once for each of its servers.
    clients: usize,
    /// Captures that cut a KEXINIT: index, and how many.
    cut_kexinits: BTreeMap<u32, u64>,
}

#[derive(Debug, Clone)]
struct Tallied {
    host: Host,
    clients: BTreeSet<IpAddr>,
    series: Series,
}

impl Tally {
    /// Counts one more connection.
    pub fn connection(&mut self, connection: &Connection) {
        self.summary.count(connection);
        self.host(connection);
        for (ssh, tcp) in
            [(&connection.ssh.client, &connection.tcp.client), (&connection.ssh.server, &connection.tcp.server)]
        {
            if cut_within_kexinit(ssh) && tcp.gaps.iter().any(|gap| gap.cut) {
                *self.cut_kexinits.entry(connection.capture).or_default() += 1;
            }
        }
    }

    /// Whether any connection failed.
    pub fn any_failed(&self) -> bool {
        self.summary.failed > 0
    }

    /// Connections so far, and those of them that failed.
    pub fn counts(&self) -> (u64, u64) {
        (self.summary.connections, self.summary.failed)
    }

    fn host(&mut self, connection: &Connection) {
        let full = self.hosts.len() >= limits::HOSTS;
        let tallied = match self.hosts.entry(connection.server) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(_) if full => return,
            Entry::Vacant(new) => new.insert(Tallied::new(connection)),
        };
        if self.clients < CLIENTS && tallied.clients.insert(connection.client.address) {
            self.clients += 1;
        }
        tallied.add(connection);
    }

    /// Takes what the diagnosis says about the servers as a whole, and tells their attempts over time.
    pub fn remarks(&mut self, survey: &Survey) {
        for (server, remarks) in survey.remarks() {
            let server = Endpoint { address: server.address, port: server.port };
            if let Some(tallied) = self.hosts.get_mut(&server) {
                tallied.host.notes = remarks.iter().map(note).collect();
            }
        }
        for (server, tallied) in &mut self.hosts {
            let waiting = survey.waiting(packet::Endpoint { address: server.address, port: server.port });
            tallied.host.interval_s = tallied.series.width().as_secs_f64();
            tallied.host.series = tallied.series.intervals(&waiting);
        }
    }

    /// The counts, once everything has been read. `finish` adds what only the analyzer knows.
    pub fn into_tail(mut self, mut captures: Vec<Capture>, finish: impl FnOnce(&mut Summary)) -> Tail {
        self.summary.packets = captures.iter().map(|capture| capture.packets).sum();
        for (index, capture) in (0_u32..).zip(&mut captures) {
            let kexinits = self.cut_kexinits.get(&index).copied().unwrap_or(0);
            if let Some(text) = cut_note(capture, kexinits) {
                capture.warnings.push(Warning { offset: None, text });
            }
        }
        finish(&mut self.summary);
        let mut hosts: Vec<Host> = self.hosts.into_values().map(Tallied::into_host).collect();
        hosts.sort_by_key(|host| host.server);
        Tail { captures, hosts, summary: self.summary }
    }
}

/// A remark with its time, in UTC like every time of a report for programs.
fn note(remark: &Remark) -> String {
    visible_text(&format!("{} UTC {}", moment::to_the_second(remark.time, &TimeZone::UTC), remark.text))
}

fn cut_within_kexinit(ssh: &SshSide) -> bool {
    ssh.kexinit.as_ref().is_none_or(|kexinit| !kexinit.complete) && ssh.identification.is_some()
}

/// What a snaplen took away, in one line. Packets cut behind the handshake take nothing from the diagnosis: they are
/// told in `truncated_packets` alone.
fn cut_note(capture: &Capture, kexinits: u64) -> Option<String> {
    let snaplen = capture.snaplen.map_or(String::new(), |bytes| format!(" ({bytes} bytes a packet)"));
    (kexinits > 0).then(|| format!("KEXINIT cut by snaplen{snaplen}: capture again with -s 0"))
}

impl Tallied {
    fn new(connection: &Connection) -> Self {
        let host = Host {
            server: connection.server,
            attempts: 0,
            first_time: connection.start,
            last_time: connection.end,
            verdicts: BTreeMap::new(),
            clients: 0,
            host_keys: Vec::new(),
            host_key_changed: false,
            identifications: Vec::new(),
            interval_s: 0.0,
            series: Vec::new(),
            notes: Vec::new(),
        };
        Self { host, clients: BTreeSet::new(), series: Series::default() }
    }

    fn add(&mut self, connection: &Connection) {
        let host = &mut self.host;
        host.attempts += 1;
        host.first_time = host.first_time.min(connection.start);
        host.last_time = host.last_time.max(connection.end);
        count_one(&mut host.verdicts, connection.verdict_id());
        if let Some(said) = &connection.ssh.server.identification
            && !host.identifications.contains(said)
            && host.identifications.len() < VARIANTS
        {
            host.identifications.push(said.clone());
        }
        self.series.add(connection.start.0, connection.outcome);
        self.key(connection);
    }

    fn key(&mut self, connection: &Connection) {
        let Some(key) = &connection.ssh.host_key else { return };
        let Some(fingerprint) = &key.fingerprint else { return };
        let keys = &mut self.host.host_keys;
        if let Some(seen) = keys.iter_mut().find(|seen| seen.fingerprint == *fingerprint) {
            seen.connections += 1;
            seen.first_time = seen.first_time.min(connection.start);
            seen.last_time = seen.last_time.max(connection.start);
            return;
        }
        self.host.host_key_changed |= keys.iter().any(|seen| seen.key_type == key.key_type);
        if keys.len() < VARIANTS {
            keys.push(HostKeySeen {
                key_type: key.key_type.clone(),
                fingerprint: fingerprint.clone(),
                first_time: connection.start,
                last_time: connection.start,
                connections: 1,
            });
        }
    }

    fn into_host(mut self) -> Host {
        self.host.clients = self.clients.len() as u64;
        self.host
    }
}
