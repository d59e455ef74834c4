//! What is counted over all connections while they pass: the summary, the servers, what the captures lack.

use super::Tail;
use super::escape::{visible, visible_text};
use super::moment;
use super::series::Series;
use super::view::{Brief, Capture, Endpoint, Host, HostKeySeen, Kind, Outcome, Summary, Time, Warning};
use crate::diagnose::{Remark, Survey};
use crate::limits;
use crate::packet;
use crate::record::ConnectionRecord;
use crate::ssh::hostkey::HostKey;
use crate::ssh::identification::Identification;
use crate::tcp::Side;
use foldhash::quality::RandomState;
use jiff::tz::TimeZone;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

/// Host keys and identification strings remembered for one server.
const VARIANTS: usize = 16;
/// Clients told apart for all servers together: 64 Ki addresses take about 2 MiB.
const CLIENTS: usize = 65_536;
/// Bytes of identification strings remembered for all servers together: real ones have 20 to 60, hostile ones 300.
const TEXT: usize = 2 << 20;

/// Counts connections.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    kinds: HashMap<Kind, u64, RandomState>,
    connections: u64,
    failed: u64,
    hosts: HashMap<Endpoint, Tallied, RandomState>,
    /// Clients told apart so far, a client once for each of its servers.
    clients: usize,
    /// Bytes of identification strings remembered for all servers together.
    text: usize,
    /// Captures that cut a KEXINIT: index, and how many.
    cut_kexinits: BTreeMap<u32, u64>,
}

/// What a connection says that is counted; nothing of it where nobody spoke.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    /// Identification string of the server.
    pub identification: Option<&'a Identification>,
    /// Its host key.
    pub host_key: Option<&'a HostKey>,
    /// KEXINITs that the capture cut.
    pub cut_kexinits: u64,
}

impl<'a> Said<'a> {
    /// What a record holds of it.
    pub fn of(record: &'a ConnectionRecord) -> Self {
        let cut = |side: &Side| {
            let ssh = &record.ssh[*side];
            let whole = ssh.kexinit.as_ref().is_some_and(|kexinit| kexinit.complete);
            !whole && ssh.identification.is_some() && record.tcp[*side].gaps.iter().any(|gap| gap.cut)
        };
        let server = &record.ssh.server;
        Self {
            identification: server.identification.as_deref(),
            host_key: server.host_key.as_deref(),
            cut_kexinits: Side::BOTH.iter().filter(|side| cut(side)).count() as u64,
        }
    }
}

#[derive(Debug, Clone)]
struct Tallied {
    host: Host,
    verdicts: Vec<(&'static str, u64)>,
    clients: HashSet<IpAddr, RandomState>,
    series: Series,
}

impl Tally {
    /// Counts one more connection.
    pub fn connection(&mut self, brief: &Brief<'_>, said: &Said<'_>) {
        *self.kinds.entry(Kind::of(brief)).or_default() += 1;
        self.connections += 1;
        self.failed += u64::from(brief.outcome == Outcome::Failed);
        self.host(brief, said);
        if said.cut_kexinits > 0 {
            *self.cut_kexinits.entry(brief.capture).or_default() += said.cut_kexinits;
        }
    }

    /// Whether any connection failed.
    pub fn any_failed(&self) -> bool {
        self.failed > 0
    }

    /// Connections so far, and those of them that failed.
    pub fn counts(&self) -> (u64, u64) {
        (self.connections, self.failed)
    }

    fn host(&mut self, brief: &Brief<'_>, said: &Said<'_>) {
        let full = self.hosts.len() >= limits::HOSTS;
        let tallied = match self.hosts.entry(brief.server) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(_) if full => return,
            Entry::Vacant(new) => new.insert(Tallied::new(brief)),
        };
        if self.clients < CLIENTS && tallied.clients.insert(brief.client.address) {
            self.clients += 1;
        }
        self.text += tallied.add(brief, said, TEXT.saturating_sub(self.text));
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
    pub fn into_tail(self, mut captures: Vec<Capture>, finish: impl FnOnce(&mut Summary)) -> Tail {
        let mut summary = Summary::default();
        for (kind, connections) in &self.kinds {
            summary.add(kind, *connections);
        }
        summary.packets = captures.iter().map(|capture| capture.packets).sum();
        for (index, capture) in (0_u32..).zip(&mut captures) {
            let kexinits = self.cut_kexinits.get(&index).copied().unwrap_or(0);
            if let Some(text) = cut_note(capture, kexinits) {
                capture.warnings.push(Warning { offset: None, text });
            }
        }
        finish(&mut summary);
        let mut hosts: Vec<Host> = self.hosts.into_values().map(Tallied::into_host).collect();
        hosts.sort_by_key(|host| host.server);
        Tail { captures, hosts, summary }
    }
}

/// A remark with its time, in UTC like every time of a report for programs.
fn note(remark: &Remark) -> String {
    visible_text(&format!("{} UTC {}", moment::to_the_second(remark.time, &TimeZone::UTC), remark.text))
}

/// What a snaplen took away, in one line. Packets cut behind the handshake take nothing from the diagnosis: they are
/// told in `truncated_packets` alone.
fn cut_note(capture: &Capture, kexinits: u64) -> Option<String> {
    let snaplen = capture.snaplen.map_or(String::new(), |bytes| format!(" ({bytes} bytes a packet)"));
    (kexinits > 0).then(|| format!("KEXINIT cut by snaplen{snaplen}: capture again with -s 0"))
}

impl Tallied {
    fn new(first: &Brief<'_>) -> Self {
        let host = Host {
            server: first.server,
            attempts: 0,
            first_time: first.start,
            last_time: first.end,
            verdicts: BTreeMap::new(),
            clients: 0,
            host_keys: Vec::new(),
            host_key_changed: false,
            identifications: Vec::new(),
            interval_s: 0.0,
            series: Vec::new(),
            notes: Vec::new(),
        };
        Self { host, verdicts: Vec::new(), clients: HashSet::default(), series: Series::default() }
    }

    /// `room` is what there is for texts of the wire, in bytes; what was taken of it comes back.
    fn add(&mut self, brief: &Brief<'_>, said: &Said<'_>, room: usize) -> usize {
        let host = &mut self.host;
        host.attempts += 1;
        host.first_time = host.first_time.min(brief.start);
        host.last_time = host.last_time.max(brief.end);
        match self.verdicts.iter_mut().find(|(id, _)| *id == brief.verdict) {
            Some((_, count)) => *count += 1,
            None => self.verdicts.push((brief.verdict, 1)),
        }
        self.series.add(brief.start.0, brief.outcome);
        if let Some(key) = said.host_key.filter(|key| !key.fingerprint.is_empty()) {
            self.key(key, brief.start);
        }
        said.identification.map_or(0, |said| self.identification(said, room))
    }

    fn identification(&mut self, said: &Identification, room: usize) -> usize {
        let all = &mut self.host.identifications;
        // Nearly always it is plain text and was seen before.
        if all.len() >= VARIANTS || all.iter().any(|known| known.as_bytes() == said.raw) {
            return 0;
        }
        let text = visible(&said.raw);
        let taken = text.len();
        if taken > room || all.contains(&text) {
            return 0;
        }
        all.push(text);
        taken
    }

    /// A certificate or a key that the capture cut has no fingerprint and does not come here.
    fn key(&mut self, key: &HostKey, start: Time) {
        let keys = &mut self.host.host_keys;
        if let Some(seen) = keys.iter_mut().find(|seen| seen.fingerprint == key.fingerprint) {
            seen.connections += 1;
            seen.first_time = seen.first_time.min(start);
            seen.last_time = seen.last_time.max(start);
            return;
        }
        let key_type = visible_text(&key.kind);
        self.host.host_key_changed |= keys.iter().any(|seen| seen.key_type == key_type);
        if keys.len() < VARIANTS {
            let fingerprint = visible_text(&key.fingerprint);
            keys.push(HostKeySeen { key_type, fingerprint, first_time: start, last_time: start, connections: 1 });
        }
    }

    fn into_host(mut self) -> Host {
        self.host.clients = self.clients.len() as u64;
        self.host.verdicts = self.verdicts.into_iter().map(|(id, count)| (id.to_owned(), count)).collect();
        self.host
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;
    use crate::ssh::facts::Range;
    use crate::ssh::identification::LineEnd;
    use std::net::Ipv4Addr;

    #[test]
    fn long_identification_strings_of_many_servers_find_no_room_in_the_end() {
        let mut tally = Tally::default();
        let healthy = samples::healthy();
        let mut brief = Brief::from(&healthy);
        for number in 0..7_168_u32 {
            let line = format!("SSH-2.0-{number:0>1000}");
            let said = Identification::parse(Range::default(), line.as_bytes(), LineEnd::CrLf);
            brief.server.address = IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number));
            tally.connection(&brief, &Said { identification: Some(&said), ..Said::default() });
        }
        let hosts = tally.into_tail(Vec::new(), |_| ()).hosts;
        let said = |host: &Host| host.identifications.iter().map(String::len).sum::<usize>();
        let room: usize = hosts.iter().map(said).sum();
        assert_eq!(hosts.len(), 7_168);
        assert!((TEXT - 2_000..=TEXT).contains(&room), "{room}");
    }

    #[test]
    fn a_server_s_identification_strings_and_keys_are_told_once_each() {
        let mut tally = Tally::default();
        let healthy = samples::healthy();
        let brief = Brief::from(&healthy);
        for number in 0..100 {
            let line = format!("SSH-2.0-x_{}\u{202e}", number % 3);
            let identification = Identification::parse(Range::default(), line.as_bytes(), LineEnd::CrLf);
            let host_key = HostKey {
                kind: "ssh-ed25519".to_owned(),
                bits: Some(256),
                fingerprint: format!("SHA256:{}", number % 2),
                certificate: false,
            };
            let said = Said { identification: Some(&identification), host_key: Some(&host_key), cut_kexinits: 0 };
            tally.connection(&brief, &said);
        }
        let host = tally.into_tail(Vec::new(), |_| ()).hosts.remove(0);
        assert_eq!(host.identifications.len(), 3, "{:?}", host.identifications);
        assert!(host.identifications.iter().all(|text| !text.contains('\u{202e}')));
        assert_eq!(host.host_keys.iter().map(|key| key.connections).collect::<Vec<_>>(), [50, 50]);
        assert!(host.host_key_changed);
    }
}
