//! Connections that failed alike: by verdict and phase, server network, server port and client network.
//!
//! Bounded: one representative for each group, a short list of the others, and beyond the limit of groups one for each
//! verdict, which says so.

use super::view::{Brief, Connection, Endpoint, Time};
use crate::diagnose::Phase;
use foldhash::quality::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Groups kept apart. A screen shows a few dozen; a representative takes about 20 KiB, so all stay near 5 MiB.
const GROUPS: usize = 256;
/// Clients named of each group.
const NAMED: usize = 12;
/// Clients and servers counted exactly; beyond it a group says "more than".
const COUNTED: usize = 512;

/// A network: /24 for IPv4, /64 for IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address.
    pub fn of(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & !0xff)),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0, if self.0.is_ipv4() { 24 } else { 64 })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    verdict: &'static str,
    /// The general verdicts (`server-reset`, …) say different things in different phases.
    phase: Phase,
    server: Network,
    port: u16,
    client: Network,
}

impl Key {
    fn of(brief: &Brief<'_>) -> Self {
        Self {
            verdict: brief.verdict,
            phase: brief.phase,
            server: Network::of(brief.server.address),
            port: brief.server.port,
            client: Network::of(brief.client.address),
        }
    }
}

/// Connections that failed alike.
#[derive(Debug)]
pub struct Group {
    /// The first of them, in full.
    pub representative: Connection,
    /// How many there are.
    pub count: u64,
    /// Start of the first.
    pub first: Time,
    /// Start of the last.
    pub last: Time,
    /// Some clients of the others.
    pub others: Vec<Endpoint>,
    /// The servers' addresses, up to a limit.
    pub servers: BTreeSet<IpAddr>,
    /// The clients' addresses, up to a limit.
    pub clients: BTreeSet<IpAddr>,
    /// It holds what found no group of its own: any networks.
    pub mixed: bool,
}

impl Group {
    fn new(connection: &Connection, mixed: bool) -> Self {
        Self {
            representative: connection.clone(),
            count: 1,
            first: connection.start,
            last: connection.start,
            others: Vec::new(),
            servers: BTreeSet::from([connection.server.address]),
            clients: BTreeSet::from([connection.client.address]),
            mixed,
        }
    }

    fn count(&mut self, brief: &Brief<'_>) {
        self.count += 1;
        self.first = self.first.min(brief.start);
        self.last = self.last.max(brief.start);
        if self.others.len() < NAMED {
            self.others.push(brief.client);
        }
        for (set, address) in [(&mut self.servers, brief.server.address), (&mut self.clients, brief.client.address)] {
            if set.len() < COUNTED {
                set.insert(address);
            }
        }
    }

    /// The surer verdict is the better example; among equals the first stays.
    fn is_better_told_by(&self, brief: &Brief<'_>) -> bool {
        brief.confidence > self.representative.verdict.as_ref().map(|verdict| verdict.confidence)
    }

    /// Whether the number of clients (or servers) is only a lower bound.
    pub fn is_bound(set: &BTreeSet<IpAddr>) -> bool {
        set.len() >= COUNTED
    }
}

/// All groups of a report.
#[derive(Debug, Default)]
pub struct Groups {
    groups: HashMap<Key, Group, RandomState>,
    /// One for each verdict.
    mixed: BTreeMap<&'static str, Group>,
}

impl Groups {
    /// Counts a connection in its group. False, and it is not counted, where it would become the example of one: then all of it
    /// is needed ([`Self::add`]).
    pub fn count(&mut self, brief: &Brief<'_>) -> bool {
        match self.place(&Key::of(brief)) {
            Some(group) if !group.is_better_told_by(brief) => group.count(brief),
            _ => return false,
        }
        true
    }

    /// Puts a connection into its group. True if it is the first of one.
    pub fn add(&mut self, connection: &Connection) -> bool {
        let brief = Brief::from(connection);
        let key = Key::of(&brief);
        if let Some(group) = self.place(&key) {
            if group.is_better_told_by(&brief) {
                group.representative = connection.clone();
            }
            group.count(&brief);
            return false;
        }
        if self.groups.len() < GROUPS {
            self.groups.insert(key, Group::new(connection, false));
        } else {
            self.mixed.insert(key.verdict, Group::new(connection, true));
        }
        true
    }

    /// The group of a key; none where it would be a new one.
    fn place(&mut self, key: &Key) -> Option<&mut Group> {
        let full = self.groups.len() >= GROUPS;
        match self.groups.get_mut(key) {
            None if full => self.mixed.get_mut(key.verdict),
            group => group,
        }
    }

    /// The groups, worst first.
    pub fn into_sorted(self) -> Vec<Group> {
        let mut groups: Vec<_> = self.groups.into_values().chain(self.mixed.into_values()).collect();
        groups.sort_by_key(|group| {
            (
                rank(group.representative.verdict_id()),
                std::cmp::Reverse(group.count),
                group.first,
                group.representative.id,
            )
        });
        groups
    }
}

/// What a reader looks for first: faults of servers and paths, then people who were not let in, then noise.
fn rank(verdict: &str) -> u8 {
    match verdict {
        "port-scan"
        | "brute-force"
        | "health-check-probe"
        | "banner-timeout-client-silent"
        | "client-banner-invalid" => 3,
        "capture-truncated" | "closed-login-unclear" => 2,
        "auth-denied" | "too-many-auth-failures" | "client-closed" | "login-grace-timeout" => 1,
        _ => 0,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn like_connections_are_one_group() {
        let mut groups = Groups::default();
        let mut connection = samples::maxstartups();
        for port in 0..100 {
            connection.client.port = 40_000 + port;
            assert_eq!(groups.add(&connection), port == 0);
        }
        connection.client.address = "198.51.100.7".parse().unwrap();
        assert!(groups.add(&connection));
        let groups = groups.into_sorted();
        assert_eq!(groups.iter().map(|group| group.count).collect::<Vec<_>>(), [100, 1]);
        assert_eq!(groups[0].others.len(), NAMED);
    }

    #[test]
    fn too_many_groups_end_in_one_for_each_verdict() {
        let mut groups = Groups::default();
        let mut connection = samples::maxstartups();
        for net in 0..1_000_u32 {
            connection.client.address = IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0001 + (net << 8)));
            groups.add(&connection);
        }
        let groups = groups.into_sorted();
        assert_eq!(groups.len(), GROUPS + 1);
        assert!(groups[0].mixed);
        assert_eq!(groups[0].count, 1_000 - GROUPS as u64);
    }

    #[test]
    fn networks_are_those_of_the_contract() {
        assert_eq!(Network::of("192.0.2.77".parse().unwrap()).to_string(), "192.0.2.0/24");
        assert_eq!(Network::of("2001:db8:1:2:3::4".parse().unwrap()).to_string(), "2001:db8:1:2::/64");
    }
}
