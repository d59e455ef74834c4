//! Who answers behind one address: host keys, identification strings and distances that change or differ.

use super::{Contact, Remark, Server, count, who};
use crate::diagnose::shown::shown;
use crate::diagnose::tap::hops;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn remarks(server: &Server, contacts: &[&Contact]) -> Vec<Remark> {
    let mut remarks = host_keys(server, contacts);
    remarks.extend(identifications(server, contacts));
    remarks.extend(distances(contacts));
    remarks
}

/// How a value goes on over the connections that show it.
#[derive(Debug, PartialEq, Eq)]
enum Course {
    Same,
    /// It changed once, with the connection of this index.
    Changed(usize),
    /// It goes to and fro.
    Alternates,
}

fn course<T: PartialEq>(values: &[T]) -> Course {
    let mut changes = (1..values.len()).filter(|&index| values[index] != values[index - 1]);
    match (changes.next(), changes.next()) {
        (None, _) => Course::Same,
        (Some(at), None) => Course::Changed(at),
        _ => Course::Alternates,
    }
}

fn host_keys(server: &Server, contacts: &[&Contact]) -> Vec<Remark> {
    let mut by_type: BTreeMap<&str, Vec<(&Contact, usize)>> = BTreeMap::new();
    for contact in contacts {
        if let Some(index) = contact.host_key
            && let Some(key) = server.host_keys.get(index)
        {
            by_type.entry(&key.kind).or_default().push((contact, index));
        }
    }
    let of_type = |(kind, contacts): (&str, Vec<(&Contact, usize)>)| {
        let keys: Vec<usize> = contacts.iter().map(|(_, key)| *key).collect();
        let print = |key: usize| server.host_keys.get(key).map_or("?", |key| key.fingerprint.as_str());
        let (at, how) = match course(&keys) {
            Course::Same => return None,
            _ if by_client(&contacts) => (
                1,
                "each client always gets the same one of several: somebody may answer in the server's name on the way of some",
            ),
            Course::Changed(at) => (
                at,
                "changed: the server was reinstalled, or its address leads to another machine, or somebody answers in its name",
            ),
            Course::Alternates => (1, "goes to and fro: several machines answer behind one address"),
        };
        let (before, after) = (print(keys[0]), print(*keys.iter().find(|key| **key != keys[0])?));
        Some(Remark {
            time: contacts[at].0.start,
            text: format!("host key {} {how} ({before}, {after})", shown(kind.as_bytes())),
        })
    };
    by_type.into_iter().filter_map(of_type).collect()
}

/// Whether the value depends on the client alone: each client sees one, and several clients see each more than once.
fn by_client(shown: &[(&Contact, usize)]) -> bool {
    let mut seen: BTreeMap<_, (BTreeSet<usize>, usize)> = BTreeMap::new();
    for (contact, key) in shown {
        let (keys, times) = seen.entry(contact.client).or_default();
        keys.insert(*key);
        *times += 1;
    }
    let overlap = course(&shown.iter().map(|(_, key)| *key).collect::<Vec<_>>()) == Course::Alternates;
    seen.len() >= 2
        && overlap
        && seen.values().all(|(keys, _)| keys.len() == 1)
        && seen.values().any(|(_, times)| *times >= 2)
}

fn identifications(server: &Server, contacts: &[&Contact]) -> Option<Remark> {
    let said: Vec<(&Contact, usize)> =
        contacts.iter().filter_map(|contact| Some((*contact, contact.identification?))).collect();
    let values: Vec<usize> = said.iter().map(|(_, text)| *text).collect();
    let text = |index: usize| server.identifications.get(index).map_or("?", String::as_str);
    let distinct: BTreeSet<usize> = values.iter().copied().collect();
    let listed: Vec<String> = distinct.iter().take(4).map(|&index| format!("\"{}\"", text(index))).collect();
    let listed = listed.join(", ");
    let (at, text) = match course(&values) {
        Course::Same => return None,
        Course::Changed(at) => (at, format!("its identification changed: an update, or another machine ({listed})")),
        Course::Alternates => (
            1,
            format!(
                "{} answer behind this address, by the identification ({listed})",
                count(distinct.len(), "machine")
            ),
        ),
    };
    Some(Remark { time: said.get(at)?.0.start, text })
}

/// Answers to one client that come from different distances, to and fro: two machines, or two ways.
fn distances(contacts: &[&Contact]) -> Option<Remark> {
    let mut by_client: BTreeMap<_, Vec<&Contact>> = BTreeMap::new();
    for contact in contacts.iter().filter(|contact| contact.ttl.is_some()) {
        by_client.entry(contact.client).or_default().push(contact);
    }
    let differing = |seen: &Vec<&Contact>| {
        let away: Vec<u8> = seen.iter().filter_map(|contact| contact.ttl).map(hops).collect();
        course(&away) == Course::Alternates
    };
    let seen = by_client.into_values().find(differing)?;
    let ttls: BTreeSet<u8> = seen.iter().filter_map(|contact| contact.ttl).collect();
    let listed: Vec<String> = ttls.iter().map(u8::to_string).collect();
    let text = format!(
        "answers {} from different distances, to and fro (TTL {}): several machines, or several ways",
        who(&seen),
        listed.join(", ")
    );
    Some(Remark { time: seen.first()?.start, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_no_alternation() {
        assert_eq!(course(&[1, 1, 1]), Course::Same);
        assert_eq!(course(&[1, 1, 2, 2]), Course::Changed(2));
        assert_eq!(course(&[1, 2, 1]), Course::Alternates);
        assert_eq!(course::<u8>(&[]), Course::Same);
    }
}
