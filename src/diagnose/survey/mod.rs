//! What only several connections show of one server: judged connections in, remarks out. Bounded: the oldest connections of a
//! busy server are forgotten first.

mod clients;
mod identity;
mod load;

use super::finding::{AuthOutcome, Authentication, Judgement};
use super::tap::usual_ttl;
use crate::limits::{SURVEYED_CONNECTIONS, SURVEYED_OF_ONE_SERVER};
use crate::packet::Endpoint;
use crate::record::{ConnectionRecord, Login, Outcome, Visit};
use crate::ssh::hostkey::HostKey;
use crate::tcp::{Side, Unanswered};
use crate::time::Timestamp;
use foldhash::quality::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

/// Values told apart of one server: identification strings, host keys.
const VARIANTS: usize = 32;
/// Remarks about one server in captures that belong together.
const REMARKS: usize = 24;
/// And in all of them.
const REMARKS_AT_MOST: usize = 96;

/// One remark about a server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// When it begins to hold.
    pub time: Timestamp,
    /// What it says. May hold bytes from the wire, escaped for display.
    pub text: String,
}

/// A judged connection, as little of it as the remarks need.
#[derive(Debug, Clone)]
struct Contact {
    client: IpAddr,
    start: Timestamp,
    end: Timestamp,
    /// Id of its leading finding.
    verdict: &'static str,
    outcome: Outcome,
    login: Login,
    /// From the handshake on it holds a place among the unauthenticated, until here.
    waiting: Option<(Timestamp, Timestamp)>,
    server_close: Option<Timestamp>,
    /// TTL of most of the server's packets.
    ttl: Option<u8>,
    /// Index in the server's list.
    identification: Option<usize>,
    /// Index in the server's list.
    host_key: Option<usize>,
}

impl Contact {
    fn turned_away(&self) -> bool {
        matches!(self.outcome, Outcome::Unanswered | Outcome::Refused)
    }

    fn served(&self) -> bool {
        self.outcome == Outcome::Served
    }

    fn refused_logins(&self) -> u32 {
        if let Login::Refused(requests) = self.login { requests } else { 0 }
    }
}

/// A server and its connections.
#[derive(Debug, Default)]
struct Server {
    contacts: VecDeque<Contact>,
    /// As they are shown, which is cut where they are long.
    identifications: Vec<String>,
    /// Told apart by type and fingerprint.
    host_keys: Vec<Arc<HostKey>>,
}

/// All servers of a run.
#[derive(Debug, Default)]
pub struct Survey {
    /// By address, and there by captures that belong together (the first of them), the newest last: others may show the same private
    /// addresses and have nothing to do with them.
    servers: HashMap<Endpoint, Vec<(u32, Server)>, RandomState>,
    contacts: usize,
}

impl Survey {
    /// Takes one judged connection, and the first of the captures that belong together with its own.
    pub fn note(&mut self, record: &ConnectionRecord, judgement: &Judgement, first_capture: u32) {
        self.place(record.server, first_capture, |server| server.contact(record, judgement));
    }

    /// The same of an unanswered SYN.
    pub fn note_unanswered(&mut self, syn: &Unanswered<'_>, judgement: &Judgement, first_capture: u32) {
        let (client, server) = syn.ends();
        let (_, time) = syn.first();
        let contact = Contact {
            client: client.address,
            start: time,
            end: time,
            verdict: judgement.verdict().map_or("", |finding| finding.id),
            outcome: Outcome::Unanswered,
            login: Login::NotReached,
            waiting: None,
            server_close: None,
            ttl: None,
            identification: None,
            host_key: None,
        };
        self.place(server, first_capture, |_| contact);
    }

    /// Puts a contact among those of its server, if there is room.
    fn place(&mut self, server: Endpoint, first_capture: u32, contact: impl FnOnce(&mut Server) -> Contact) {
        let full = self.contacts >= SURVEYED_CONNECTIONS;
        let groups = match self.servers.get_mut(&server) {
            Some(groups) => groups,
            None if full => return,
            None => self.servers.entry(server).or_default(),
        };
        // Two groups at most are open at a time.
        let at = match groups.iter().rposition(|&(group, _)| group == first_capture) {
            Some(at) => at,
            None if full => return,
            None => {
                // Most servers of a scan are met once.
                groups.reserve_exact(1);
                groups.push((first_capture, Server::default()));
                groups.len() - 1
            }
        };
        let server = &mut groups[at].1;
        if full || server.contacts.len() >= SURVEYED_OF_ONE_SERVER {
            self.contacts -= usize::from(server.contacts.pop_front().is_some());
        }
        let contact = contact(server);
        if server.contacts.is_empty() {
            // Most servers of a scan are met once.
            server.contacts.reserve_exact(1);
        }
        server.contacts.push_back(contact);
        self.contacts += 1;
    }

    /// What is to be said of each server, in order of time.
    pub fn remarks(&self) -> BTreeMap<Endpoint, Vec<Remark>> {
        let sweeps = self.sweeps();
        let of = |group: u32, server: &Server| {
            if server.says_nothing(sweeps.get(&group)) {
                return Vec::new();
            }
            let mut contacts: Vec<&Contact> = server.contacts.iter().collect();
            contacts.sort_by_key(|contact| contact.start);
            let mut remarks = load::remarks(&contacts);
            remarks.extend(identity::remarks(server, &contacts));
            remarks.extend(clients::remarks(&contacts, sweeps.get(&group)));
            remarks.sort();
            remarks.truncate(REMARKS);
            remarks
        };
        let mut remarks: BTreeMap<Endpoint, Vec<Remark>> = BTreeMap::new();
        for (endpoint, groups) in &self.servers {
            let mut in_order: Vec<&(u32, Server)> = groups.iter().collect();
            in_order.sort_by_key(|(group, _)| *group);
            for (group, server) in in_order {
                // Most servers of a scan say nothing: they need no place among those that do.
                let said = of(*group, server);
                if !said.is_empty() {
                    let all = remarks.entry(*endpoint).or_default();
                    all.extend(said);
                    all.truncate(REMARKS_AT_MOST);
                }
            }
        }
        remarks
    }

    /// From when to when each connection to a server was open without a login, among those remembered.
    pub fn waiting(&self, server: Endpoint) -> Vec<(Timestamp, Timestamp)> {
        let groups = self.servers.get(&server).into_iter().flatten();
        groups.flat_map(|(_, server)| server.contacts.iter().filter_map(|contact| contact.waiting)).collect()
    }

    /// Clients that try many servers and log in at none: how many; by captures that belong together.
    fn sweeps(&self) -> BTreeMap<u32, BTreeMap<IpAddr, usize>> {
        let mut tried: HashMap<(u32, IpAddr), Tried, RandomState> = HashMap::default();
        for (&endpoint, groups) in &self.servers {
            for (group, server) in groups {
                for contact in &server.contacts {
                    let tried = tried.entry((*group, contact.client)).or_default();
                    tried.servers += usize::from(tried.last.replace(endpoint) != Some(endpoint));
                    tried.granted |= contact.login == Login::Granted;
                }
            }
        }
        let many = super::policy::SWEEP_SERVERS;
        let mut sweeps: BTreeMap<u32, BTreeMap<IpAddr, usize>> = BTreeMap::new();
        for ((group, client), Tried { servers, granted, .. }) in tried {
            if servers >= many && !granted {
                sweeps.entry(group).or_default().insert(client, servers);
            }
        }
        sweeps
    }
}

/// What one client tried, gathered server by server.
#[derive(Default)]
struct Tried {
    servers: usize,
    last: Option<Endpoint>,
    granted: bool,
}

impl Server {
    /// One contact that was not let in, as a scan leaves them, is no remark; of a sweep it is, and of what names a reason.
    fn says_nothing(&self, sweeps: Option<&BTreeMap<IpAddr, usize>>) -> bool {
        let [contact] = self.contacts.as_slices().0 else { return false };
        let names_a_reason =
            matches!(contact.verdict, "banned-by-fail2ban" | "rate-limit-drop" | "persource-penalty" | "duplicate-ip");
        let sweep = sweeps.is_some_and(|sweeps| sweeps.contains_key(&contact.client));
        self.contacts.len() == 1 && contact.turned_away() && !names_a_reason && !sweep
    }

    fn contact(&mut self, record: &ConnectionRecord, judgement: &Judgement) -> Contact {
        let authentication = judgement.authentication.as_ref();
        let login = login_of(authentication);
        let visit = Visit::of(record, &judgement.marks, login);
        let until = authentication.and_then(|authentication| authentication.granted_at).unwrap_or(visit.end);
        let said = &record.ssh.server;
        Contact {
            client: record.client.address,
            start: visit.start,
            end: visit.end,
            verdict: judgement.verdict().map_or("", |finding| finding.id),
            outcome: visit.outcome,
            login,
            // Where the sizes do not tell, a long session must not pass for a long wait.
            waiting: visit.handshake.filter(|_| login != Login::Unclear).map(|from| (from, until)),
            server_close: visit.server_close,
            ttl: usual_ttl(record, Side::Server).map(|(ttl, _)| ttl),
            identification: said.identification.as_ref().and_then(|said| {
                // Nearly always it is plain text and was seen before. A backslash may be one of an escape.
                let same = |known: &String| known.as_bytes() == said.raw && !said.raw.contains(&b'\\');
                let known = self.identifications.iter().position(same);
                known.or_else(|| {
                    let text = super::shown::shown(&said.raw);
                    index_of(&mut self.identifications, &text, |a, b| a == b)
                })
            }),
            host_key: said.host_key.as_ref().and_then(|key| {
                index_of(&mut self.host_keys, key, |a, b| {
                    Arc::ptr_eq(a, b) || (a.fingerprint == b.fingerprint && a.kind == b.kind)
                })
            }),
        }
    }
}

fn login_of(authentication: Option<&Authentication>) -> Login {
    match authentication.map(|authentication| (authentication.outcome, authentication.attempts)) {
        None => Login::NotReached,
        Some((AuthOutcome::Succeeded, _)) => Login::Granted,
        Some((AuthOutcome::Failed, requests)) => Login::Refused(requests.max(1)),
        Some((AuthOutcome::Unknown, _)) => Login::Unclear,
    }
}

/// The index of a value in a list that takes it in if there is room.
fn index_of<T: Clone>(list: &mut Vec<T>, value: &T, same: impl Fn(&T, &T) -> bool) -> Option<usize> {
    if let Some(index) = list.iter().position(|known| same(known, value)) {
        return Some(index);
    }
    (list.len() < VARIANTS).then(|| list.push(value.clone())).map(|()| list.len() - 1)
}

/// `1 connection`, `3 connections`.
fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// ` within 3.20 s`; nothing for a single moment.
fn within(first: Timestamp, last: Timestamp) -> String {
    if first == last { String::new() } else { format!(" within {}", super::ending::duration(last - first)) }
}

/// The client's address, or how many they are.
fn who(contacts: &[&Contact]) -> String {
    let clients: BTreeSet<IpAddr> = contacts.iter().map(|contact| contact.client).collect();
    match clients.first() {
        Some(only) if clients.len() == 1 => only.to_string(),
        _ => count(clients.len(), "client"),
    }
}

#[cfg(test)]
mod tests;
