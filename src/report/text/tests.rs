//! The text as a reader sees it.

use super::*;
use crate::report::samples;
use crate::report::view::{OtherTraffic, Warning};

fn text(connections: &[Connection], page: Page, wishes: Wishes) -> String {
    with_tail(connections, page, wishes, |_| ())
}

fn with_tail(connections: &[Connection], page: Page, wishes: Wishes, change: impl FnOnce(&mut Tail)) -> String {
    let mut out = Vec::new();
    let mut tail = samples::tail(connections);
    change(&mut tail);
    let width = page.width;
    let mut text = Text::new(&mut out, page, wishes);
    for (index, capture) in (0..).zip(&tail.captures) {
        text.capture(index, &capture.path).unwrap();
    }
    for connection in connections {
        text.connection(connection).unwrap();
    }
    text.finish(&tail).unwrap();
    let text = String::from_utf8(out).unwrap();
    for line in text.lines() {
        assert_eq!(line, line.trim_end(), "blanks at the end of a line");
        let is_command = line.starts_with("               ");
        assert!(is_command || line.contains('\u{1b}') || page::width(line) <= width, "too wide: {line}");
    }
    text
}

fn page(width: usize) -> Page {
    Page { width, ..Page::plain() }
}

#[test]
fn the_example_of_the_issue() {
    insta::assert_snapshot!(text(&[samples::maxstartups()], page(110), Wishes::default()));
}

#[test]
fn the_example_on_a_narrow_terminal_without_utf8() {
    let page = Page { ascii: true, ..page(80) };
    let text = text(&[samples::maxstartups()], page, Wishes::default());
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn an_algorithm_mismatch_shows_both_offers() {
    insta::assert_snapshot!(text(&[samples::no_common_kex()], page(100), Wishes::default()));
}

#[test]
fn long_addresses_take_a_line_of_their_own() {
    insta::assert_snapshot!(text(&[samples::icmp_refusal()], page(80), Wishes::default()));
}

#[test]
fn a_connection_over_two_captures_names_them() {
    let text = with_tail(&[samples::long_session()], page(100), Wishes::default(), |tail| {
        let mut second = tail.captures[0].clone();
        second.path = "morning.pcap".into();
        tail.captures.push(second);
    });
    insta::assert_snapshot!(text);
}

#[test]
fn servers_have_a_paragraph_when_there_is_something_to_say() {
    let change = |tail: &mut Tail| tail.hosts[0].notes = vec!["2026-03-01 10:15:22 UTC bans 192.0.2.10".into()];
    let text = with_tail(&[samples::maxstartups()], page(100), Wishes::default(), change);
    assert!(text.contains("Servers, over all connections\n"), "{text}");
    assert!(text.contains("\n    2026-03-01 10:15:22 UTC bans 192.0.2.10\n"), "{text}");
    let quiet = Wishes { quiet: true, ..Wishes::default() };
    assert!(!with_tail(&[samples::maxstartups()], page(100), quiet, change).contains("Servers, over"));
}

#[test]
fn many_alike_are_one_story() {
    let mut connections = vec![samples::healthy()];
    for port in 0..500 {
        let mut connection = samples::maxstartups();
        connection.client.port = 10_000 + port;
        connection.start.0.0 += i64::from(port) * 1_000_000_000;
        connections.push(connection);
    }
    insta::assert_snapshot!(text(&connections, page(100), Wishes::default()));
}

#[test]
fn fifty_thousand_connections_are_a_page() {
    let mut connections = Vec::new();
    for number in 0..50_000_u32 {
        let mut connection = if number % 7 == 0 { samples::no_common_kex() } else { samples::maxstartups() };
        connection.client.address = std::net::Ipv4Addr::from_bits(0x0a00_0000 + number * 97).into();
        connections.push(connection);
    }
    let text = text(&connections, page(100), Wishes::default());
    assert!(text.lines().count() < 400, "{} lines", text.lines().count());
    assert!(text.contains("50,000 connections: 50,000 failed"));
}

#[test]
fn all_lists_each_in_a_line() {
    let wishes = Wishes { all: true, limit: 1, ..Wishes::default() };
    let connections = [samples::healthy(), samples::maxstartups(), samples::icmp_refusal(), samples::no_common_kex()];
    insta::assert_snapshot!(text(&connections, page(100), wishes));
}

#[test]
fn a_pipe_is_told_at_once() {
    let wishes = Wishes { live: true, ..Wishes::default() };
    let connections = [samples::maxstartups(), samples::maxstartups(), samples::healthy()];
    insta::assert_snapshot!(text(&connections, page(100), wishes));
}

#[test]
fn verbose_adds_the_figures() {
    let wishes = Wishes { verbose: true, ..Wishes::default() };
    insta::assert_snapshot!(text(&[samples::maxstartups()], page(100), wishes));
}

#[test]
fn without_ssh_it_says_what_is_there() {
    let text = with_tail(&[], page(100), Wishes::default(), |tail| {
        tail.summary.other_traffic = vec![
            OtherTraffic { what: "TCP port 443".into(), packets: 1_200 },
            OtherTraffic { what: "UDP port 53".into(), packets: 34 },
        ];
        tail.captures[0].warnings = vec![Warning { offset: Some(4_096), text: "damaged: 17 bytes passed over".into() }];
    });
    insta::assert_snapshot!(text);
}

#[test]
fn nothing_hostile_reaches_the_terminal() {
    let mut connection = samples::hostile();
    // As if someone forgot to make it visible: the page itself must not let it through either.
    connection.timeline[3].note = "\u{1b}]0;title\u{7}".into();
    connection.findings[0].title = "\u{9b}31m\u{202e}".into();
    connection.verdict = connection.findings.first().cloned();
    let text = text(&[connection], page(100), Wishes::default());
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    assert!(!text.contains('\u{202e}'));
}

#[test]
fn colours_are_asked_for() {
    let page = Page { colour: true, ..page(100) };
    let text = text(&[samples::maxstartups()], page, Wishes::default());
    assert!(text.contains("\u{1b}[31m"));
}
