//! Connections that are still under way: what a live capture asks of the analyzer before they end.

use crate::conversation::{Conversation, kexinit};
use crate::packets::{Packet, push};
use sshwire::analyzer::{Analyzer, Settings};
use sshwire::diagnose::Phase;
use sshwire::tcp::Side;
use sshwire::time::{Span, Timestamp};

const BANNER: &str = "SSH-2.0-OpenSSH_9.2p1\r\n";

fn live(packets: &[Packet]) -> Analyzer {
    let linger = Some(Span::from_secs(3));
    let mut analyzer = Analyzer::new(Settings { ports: vec![22], immediate: true, linger, ..Settings::default() });
    push(&mut analyzer, 0, packets);
    analyzer
}

fn end(packets: &[Packet]) -> Timestamp {
    packets.last().unwrap().time
}

#[test]
fn a_closed_connection_is_judged_when_time_passes_without_packets() {
    let packets = Conversation::new().handshake().server("Exceeded MaxStartups\r\n").closes(Side::Server).packets();
    let mut analyzer = live(&packets);
    analyzer.advance(end(&packets) + Span::from_millis(2_900));
    assert!(analyzer.poll().is_none(), "stragglers may still come");
    analyzer.advance(end(&packets) + Span::from_millis(3_100));
    let judged = analyzer.poll().unwrap();
    assert_eq!(judged.judgement.verdict().unwrap().id, "maxstartups-drop");
    // A late repetition is no connection of its own, a new one between the same ports is.
    let late = packets.last().unwrap().later(Span::from_secs(9));
    push(&mut analyzer, 0, std::slice::from_ref(&late));
    assert_eq!(analyzer.open_connections(), 0);
    push(&mut analyzer, 0, &[packets[0].later(Span::from_secs(10))]);
    assert_eq!(analyzer.open_connections(), 1);
}

#[test]
fn a_stall_is_seen_while_it_lasts() {
    let waits = [200, 400, 800].map(Span::from_millis);
    let greeted = || Conversation::new().handshake().server(BANNER).client(BANNER).client(kexinit("a", "b"));
    let packets = greeted().server_repeats([7; 1_448], &waits).packets();
    let mut analyzer = live(&packets);
    let stalls = analyzer.stalls();
    let (open, stall) = stalls.first().unwrap();
    assert_eq!((stall.from, stall.repetitions, stall.len, stall.syn), (Side::Server, 3, 1_448, false));
    assert!(stall.full_size);
    assert_eq!(stall.last - stall.since, Span::from_millis(1_400));
    let interim = analyzer.interim(open).unwrap();
    assert_eq!(interim.judgement.ended.phase, Phase::Kexinit);
    assert_eq!(analyzer.open_list(9), [*open], "it stays open");
    analyzer.give_up(&open.clone());
    assert_eq!((analyzer.open_connections(), analyzer.poll().is_some()), (0, true));
}

#[test]
fn what_is_answered_is_no_stall() {
    let packets = Conversation::new().handshake().server(BANNER).client(BANNER).packets();
    assert!(live(&packets).stalls().is_empty());
    let once = Conversation::new().handshake().server_repeats(BANNER, &[Span::from_millis(300)]).packets();
    assert_eq!(live(&once).stalls()[0].1.repetitions, 1);
}

#[test]
fn syns_without_an_answer_are_a_stall() {
    let packets = [1, 3, 7].iter().fold(Conversation::new().syn(), |story, _| story.wait(Span::from_secs(1)).syn());
    let packets = packets.packets();
    let analyzer = live(&packets);
    let (open, stall) = analyzer.stalls()[0];
    assert_eq!((stall.from, stall.repetitions, stall.syn), (Side::Client, 3, true));
    assert_eq!((open.client.port, open.server.port, open.packets), (40_000, 22, 4));
}
