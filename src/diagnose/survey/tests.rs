//! Contacts in, remarks out.

use super::*;
use crate::time::Span;

fn at(milliseconds: i64) -> Timestamp {
    Timestamp(0) + Span::from_millis(milliseconds)
}

fn contact(client: u8, start: i64, end: i64) -> Contact {
    Contact {
        client: IpAddr::from([192, 0, 2, client]),
        start: at(start),
        end: at(end),
        verdict: "normal-close",
        outcome: Outcome::Served,
        login: Login::Granted,
        waiting: Some((at(start), at(end))),
        server_close: None,
        ttl: Some(63),
        identification: Some(0),
        host_key: Some(0),
    }
}

fn texts(contacts: Vec<Contact>) -> Vec<String> {
    let key = |fingerprint: &str| {
        Arc::new(HostKey {
            kind: "ssh-ed25519".into(),
            bits: Some(256),
            fingerprint: fingerprint.into(),
            certificate: false,
        })
    };
    let server = Server {
        contacts: contacts.into(),
        identifications: vec!["SSH-2.0-a".into(), "SSH-2.0-b".into()],
        host_keys: vec![key("SHA256:a"), key("SHA256:b")],
    };
    let endpoint = Endpoint { address: IpAddr::from([203, 0, 113, 20]), port: 22 };
    let survey = Survey { servers: [(endpoint, vec![(0, server)])].into_iter().collect(), contacts: 0 };
    survey.remarks().into_values().flatten().map(|remark| remark.text).collect()
}

#[test]
fn healthy_connections_say_nothing() {
    assert_eq!(texts((0..20).map(|i| contact(1, i * 10_000, i * 10_000 + 500)).collect()), Vec::<String>::new());
}

#[test]
fn a_crowd_is_counted_at_its_highest() {
    let found = texts((0..12).map(|i| contact(1, i * 10, 5_000)).collect());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("12 connections were open without a login"), "{found:?}");
}

#[test]
fn one_that_ends_when_the_next_begins_makes_room() {
    assert_eq!(texts((0..40).map(|i| contact(1, i * 1_000, (i + 1) * 1_000)).collect()), Vec::<String>::new());
}

#[test]
fn different_ages_that_end_together_are_an_event() {
    let closed = |start| Contact { server_close: Some(at(60_000)), ..contact(1, start, 60_000) };
    assert!(texts(vec![closed(0), closed(20_000), closed(40_000)])[0].starts_with("closes 3 connections"));
    assert!(texts(vec![closed(59_900), closed(59_950), closed(59_970)]).is_empty(), "a burst that is refused");
}

#[test]
fn keys_that_depend_on_the_client_are_told_from_a_change() {
    let with = |client, start, key| Contact { host_key: Some(key), ..contact(client, start, start + 100) };
    let changed = texts(vec![with(1, 0, 0), with(1, 1_000, 0), with(1, 2_000, 1)]);
    assert!(changed[0].contains("changed"), "{changed:?}");
    let between = texts(vec![with(1, 0, 0), with(2, 1_000, 1), with(1, 2_000, 0), with(2, 3_000, 1)]);
    assert!(between[0].contains("each client"), "{between:?}");
    let several = texts(vec![with(1, 0, 0), with(1, 1_000, 1), with(1, 2_000, 0)]);
    assert!(several[0].contains("to and fro"), "{several:?}");
}

#[test]
fn one_address_turned_away_is_told_from_all() {
    let away = |client, start| Contact {
        outcome: Outcome::Unanswered,
        login: Login::NotReached,
        verdict: "syn-no-answer",
        waiting: None,
        ttl: None,
        identification: None,
        host_key: None,
        ..contact(client, start, start + 3_000)
    };
    let one = texts(vec![away(1, 0), contact(2, 1_000, 1_500), away(1, 5_000), contact(2, 6_000, 6_500)]);
    assert!(one[0].starts_with("turns 192.0.2.1 away (2 attempts) while others are served"), "{one:?}");
    let all = texts(vec![away(1, 0), away(2, 1_000), away(3, 2_000)]);
    assert_eq!(all, ["none of 3 attempts of 3 clients is let in"]);
    let gap =
        texts(vec![contact(1, 0, 500), away(1, 10_000), away(2, 11_000), away(3, 12_000), contact(1, 60_000, 60_500)]);
    assert!(gap[0].starts_with("nobody is let in for"), "{gap:?}");
}

#[test]
fn guessing_is_counted_and_a_success_behind_it_told() {
    let failed = |start| Contact { login: Login::Refused(3), ..contact(1, start, start + 500) };
    let mut contacts: Vec<Contact> = (0..5).map(|i| failed(i * 1_000)).collect();
    let found = texts(contacts.clone());
    assert!(found[0].starts_with("refuses 15 login requests of 192.0.2.1 in 5 connections"), "{found:?}");
    contacts.push(contact(1, 9_000, 9_500));
    assert!(texts(contacts)[0].ends_with("one login of it was granted after the first of them"));
}
