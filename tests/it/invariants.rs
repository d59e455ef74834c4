//! What changes a capture and not what happened must not change the verdict.

use crate::conversation::Conversation;
use crate::headers;
use crate::packets::{Loaded, Packet, Random, Verdict, certain, judge, judge_parts, loaded, verdicts};
use crate::wrap::Wrap;
use sshwire::analyzer::Judged;
use sshwire::tcp::Side;
use sshwire::time::{Span, Timestamp};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV4};

/// Fails with all differences, or the first of many.
pub fn none_of(wrong: &[String]) {
    const SHOWN: usize = 60;
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong[..wrong.len().min(SHOWN)].join("\n"));
}

fn compare(name: &str, what: &str, expected: &[Verdict], got: &[Verdict]) -> Vec<String> {
    if expected == got {
        return Vec::new();
    }
    let list = |verdicts: &[Verdict]| verdicts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let (all, new): (Vec<_>, Vec<_>) = (expected.to_vec(), got.to_vec());
    let gone: Vec<_> = all.iter().filter(|verdict| !new.contains(verdict)).cloned().collect();
    let come: Vec<_> = new.iter().filter(|verdict| !all.contains(verdict)).cloned().collect();
    vec![format!("{name}, {what}:\n    was {}\n    is  {}", list(&gone), list(&come))]
}

/// Every capture, changed, against itself as it is.
fn same_verdicts(what: &str, change: impl Fn(&Loaded) -> Option<Vec<Packet>>) {
    let mut wrong = Vec::new();
    for capture in loaded() {
        let Some(packets) = change(&capture) else { continue };
        let (expected, got) = (verdicts(&capture.judge()), verdicts(&judge(&packets, &capture.ports)));
        wrong.extend(compare(capture.name(), what, &expected, &got));
    }
    none_of(&wrong);
}

/// The same, whatever the addresses and however sure.
pub fn same_stories(what: &str, change: impl Fn(&Loaded) -> Vec<Packet>) {
    let mut wrong = Vec::new();
    for capture in loaded() {
        let stories = |judged: &[Judged]| {
            let mut stories: Vec<_> = judged.iter().map(|judged| Verdict::of(judged).story()).collect();
            stories.sort_unstable();
            stories
        };
        let (expected, got) = (stories(&capture.judge()), stories(&judge(&change(&capture), &capture.ports)));
        if expected != got {
            wrong.push(format!("{}, {what}:\n    was {expected:?}\n    is  {got:?}", capture.name()));
        }
    }
    none_of(&wrong);
}

fn by_time(mut packets: Vec<Packet>) -> Vec<Packet> {
    packets.sort_by_key(|packet| packet.time);
    packets
}

#[test]
fn times_may_be_shifted() {
    for shift in [Span::from_secs(-86_400 * 365 * 20), Span(123_456_789_012_345)] {
        same_verdicts("later", |capture| Some(capture.packets.iter().map(|packet| packet.later(shift)).collect()));
    }
}

/// Another network, the same host in it.
fn elsewhere(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() ^ 0x1122_3300)),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() ^ 0x77_0000_0000_0000_0000_0000)),
    }
}

fn moved(packets: &[Packet]) -> Vec<Packet> {
    let change = |packet: &Packet| {
        let mut packet = packet.clone();
        headers::renumber(&mut packet, &elsewhere);
        packet
    };
    packets.iter().map(change).collect()
}

/// IPv6 shows no identification and its ICMP is another: what needs neither is told of it as well.
#[test]
fn addresses_may_be_of_ipv6() {
    let ids = |judged: &[Judged]| {
        let mut ids: Vec<_> = judged.iter().map(|judged| Verdict::of(judged).id).collect();
        ids.sort_unstable();
        ids
    };
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for capture in loaded() {
        let translated: Option<Vec<Packet>> = capture.packets.iter().map(headers::to_ipv6).collect();
        let Some(packets) = translated else { continue };
        let (expected, got) = (ids(&capture.judge()), ids(&judge(&packets, &capture.ports)));
        compared += 1;
        if expected != got {
            wrong.push(format!("{}: was {expected:?}, is {got:?}", capture.name()));
        }
    }
    none_of(&wrong);
    assert!(compared > 200, "{compared} captures of IPv4");
}

/// The verdicts without the addresses.
fn nameless(verdicts: &[Verdict]) -> Vec<Verdict> {
    let port = |end: &str| end.rsplit(':').next().unwrap_or_default().to_owned();
    let strip =
        |verdict: &Verdict| Verdict { client: port(&verdict.client), server: port(&verdict.server), ..verdict.clone() };
    let mut all: Vec<Verdict> = verdicts.iter().map(strip).collect();
    all.sort();
    all
}

#[test]
fn addresses_may_be_others() {
    let mut wrong = Vec::new();
    for capture in loaded() {
        let got = judge(&moved(&capture.packets), &capture.ports);
        let (expected, got) = (nameless(&verdicts(&capture.judge())), nameless(&verdicts(&got)));
        wrong.extend(compare(capture.name(), "renumbered", &expected, &got));
    }
    none_of(&wrong);
}

#[test]
fn sequence_numbers_may_wrap() {
    for at in [0, 20, 700, 2_500] {
        same_verdicts("wrapping", |capture| {
            let mut first: Vec<(Vec<u8>, u32)> = Vec::new();
            let ends: Vec<_> = capture.packets.iter().filter_map(headers::sender).collect();
            for (sender, sequence) in ends {
                if !first.iter().any(|(known, _)| *known == sender) {
                    first.push((sender, sequence));
                }
            }
            // The first number of each stream comes to lie just before the wrap.
            let add = |sender: &[u8]| {
                let known = first.iter().find(|(known, _)| known == sender);
                known.map_or(0, |(_, sequence)| 0u32.wrapping_sub(*sequence).wrapping_sub(at))
            };
            let shift = |packet: &Packet| {
                let mut packet = packet.clone();
                headers::shift_sequences(&mut packet, &add);
                packet
            };
            Some(capture.packets.iter().map(shift).collect())
        });
    }
}

#[test]
fn packets_may_come_in_another_wrapping() {
    for wrap in Wrap::ALL {
        same_verdicts(&format!("{wrap:?}"), |capture| {
            let lacks_evidence = wrap.has_no_hardware_address() && capture.name().starts_with(TWO_MACHINES);
            (!lacks_evidence).then(|| capture.packets.iter().map(|packet| wrap.apply(packet)).collect())
        });
    }
}

/// Captures whose verdict rests on hardware addresses.
const TWO_MACHINES: &str = "two-machines-one-address";

#[test]
fn without_hardware_addresses_two_machines_are_less_certain() {
    let mut seen = 0;
    for capture in loaded().iter().filter(|capture| capture.name().starts_with(TWO_MACHINES)) {
        for wrap in Wrap::ALL.into_iter().filter(|wrap| wrap.has_no_hardware_address()) {
            let packets: Vec<Packet> = capture.packets.iter().map(|packet| wrap.apply(packet)).collect();
            for verdict in verdicts(&judge(&packets, &capture.ports)) {
                assert!(
                    verdict.to_string().contains("duplicate-ip (likely)"),
                    "{}, {wrap:?}: {verdict}",
                    capture.name()
                );
                seen += 1;
            }
        }
    }
    assert!(seen >= 4, "{seen} verdicts");
}

#[test]
fn packets_may_be_captured_twice() {
    same_verdicts("doubled", |capture| {
        let copy = |packet: &Packet| {
            let mut copy = packet.later(Span::from_micros(20));
            // Other packets only tell how far their sender is, and a second tap behind a router makes that unclear.
            if headers::tcp(packet).is_some() {
                headers::lower_ttl(&mut copy);
            }
            copy
        };
        Some(by_time(capture.packets.iter().flat_map(|packet| [packet.clone(), copy(packet)]).collect()))
    });
}

#[test]
fn packets_may_stand_out_of_order_in_the_file() {
    for (window, seed) in [(2, 1), (5, 2), (8, 3), (8, 4), (64, 5), (64, 6), (200, 7)] {
        same_verdicts(&format!("reordered within {window}"), |capture| {
            let mut packets = capture.packets.clone();
            let mut random = Random::named(capture.name(), seed);
            for chunk in packets.chunks_mut(window) {
                random.shuffle(chunk);
            }
            Some(packets)
        });
    }
}

/// SSH, HTTP and a refused connection of other hosts, within the time of the capture.
fn other_traffic(from: Timestamp, to: Timestamp) -> Vec<Packet> {
    let end = |address: [u8; 4], port| SocketAddrV4::new(Ipv4Addr::from(address), port);
    let story = |client, server, step: i64| {
        let length = (to - from).0.max(0);
        let begin = from + Span(length / 10 * step);
        Conversation::new().between(client, server).starting(begin).handshake()
    };
    let ssh = story(end([100, 64, 0, 9], 50_001), end([100, 64, 7, 7], 22), 1)
        .server("SSH-2.0-OpenSSH_9.6\r\n")
        .client("SSH-2.0-Go\r\n")
        .closes(Side::Client);
    let http = story(end([100, 64, 0, 9], 50_002), end([100, 64, 7, 8], 80), 2)
        .client("GET / HTTP/1.1\r\nHost: example\r\n\r\n")
        .server("HTTP/1.1 200 OK\r\n\r\n")
        .closes(Side::Server);
    let reset =
        story(end([100, 64, 0, 10], 50_003), end([100, 64, 7, 9], 22), 3).client("SSH-2.0-Go\r\n").server_resets();
    let all = [ssh.packets(), http.packets(), reset.packets()].concat();
    all.into_iter().filter(|packet| packet.time >= from && packet.time <= to).collect()
}

fn span(packets: &[Packet]) -> (Timestamp, Timestamp) {
    let times = || packets.iter().map(|packet| packet.time);
    (times().min().unwrap(), times().max().unwrap())
}

/// Those of the connections that the other traffic did not bring.
fn without_others(mut verdicts: Vec<Verdict>) -> Vec<Verdict> {
    verdicts.retain(|verdict| !verdict.client.starts_with("100.64."));
    verdicts
}

#[test]
fn other_traffic_may_be_between() {
    let mut wrong = Vec::new();
    for capture in loaded() {
        let (from, to) = span(&capture.packets);
        let mixed = by_time([capture.packets.clone(), other_traffic(from, to)].concat());
        let got = without_others(verdicts(&judge(&mixed, &capture.ports)));
        wrong.extend(compare(capture.name(), "with other traffic", &verdicts(&capture.judge()), &got));
    }
    none_of(&wrong);
}

/// An ARP request, as a capture has it that goes on.
fn arp(time: Timestamp) -> Packet {
    let mut data = vec![0xff; 12];
    data.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
    data.extend([0; 20]);
    Packet::whole(time, sshwire::packet::LinkType::Ethernet, data)
}

#[test]
fn two_captures_may_be_merged() {
    let captures = loaded();
    let mut wrong = Vec::new();
    let mut random = Random::seeded(11);
    let mut second: Vec<usize> = (0..captures.len()).collect();
    random.shuffle(&mut second);
    for (one, other) in captures.iter().zip(second.into_iter().map(|at| &captures[at])) {
        let ports = [&one.ports[..], &other.ports].concat();
        let (start, end) = span(&one.packets);
        let (other_start, other_end) = span(&other.packets);
        let shift = start - other_start;
        let moved: Vec<Packet> = moved(&other.packets).iter().map(|packet| packet.later(shift)).collect();
        let last = end.max(other_end + shift);
        // Each alone, but in a capture that lasts as long.
        let alone = |packets: &[Packet]| verdicts(&judge(&[packets, &[arp(last)]].concat(), &ports));
        let mut expected = [alone(&one.packets), alone(&moved)].concat();
        expected.sort();
        let merged = by_time([&one.packets[..], &moved, &[arp(last)]].concat());
        let got = verdicts(&judge(&merged, &ports));
        wrong.extend(compare(one.name(), &format!("merged with {}", other.name()), &expected, &got));
    }
    none_of(&wrong);
}

#[test]
fn a_capture_may_be_split_into_files() {
    let mut wrong = Vec::new();
    for capture in loaded() {
        let expected = verdicts(&capture.judge());
        let mut random = Random::named(capture.name(), 3);
        for continued in [true, false] {
            let (one, other) = capture.packets.split_at(random.below(capture.packets.len() + 1));
            // Without a name that says so, a connection that goes on must show that both files are one capture.
            let goes_on = || {
                other
                    .iter()
                    .filter_map(headers::connection)
                    .any(|key| one.iter().any(|packet| headers::connection(packet) == Some(key.clone())))
            };
            if !continued && !goes_on() {
                continue;
            }
            let got = verdicts(&judge_parts(&[one, other], &capture.ports, continued));
            let what = format!("split behind packet {} (continued: {continued})", one.len());
            wrong.extend(compare(capture.name(), &what, &expected, &got));
        }
    }
    none_of(&wrong);
}

/// The first lines from where two texts differ.
fn differing_lines(one: &str, other: &str) -> String {
    let (one, other): (Vec<_>, Vec<_>) = (one.lines().collect(), other.lines().collect());
    let at = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let part =
        |lines: &[&str]| lines.iter().skip(at.saturating_sub(6)).take(24).copied().collect::<Vec<_>>().join("\n");
    format!("    whole:\n{}\n    in pieces:\n{}", part(&one), part(&other))
}

#[test]
fn a_stream_may_be_cut_into_any_segments() {
    let mut wrong = Vec::new();
    for capture in loaded() {
        let facts = |judged: &[Judged]| {
            let mut all: Vec<_> =
                judged.iter().map(|j| (j.record.client, j.record.server, j.record.ssh.clone())).collect();
            all.sort_by_key(|(client, server, _)| (*client, *server));
            all
        };
        let whole = capture.judge();
        let expected = facts(&whole);
        // Many small pieces behind a hole exceed what is held of a stream, and that is meant.
        let steady = whole.iter().all(|j| {
            Side::BOTH.into_iter().all(|side| {
                j.record.tcp[side].holes.is_empty()
                    && j.record.tcp[side].out_of_order + j.record.tcp[side].retransmissions == 0
            })
        });
        for seed in 0..3 {
            let mut random = Random::named(capture.name(), seed);
            let longest = if steady { [3, 40, 700] } else { [200, 400, 700] }[usize::try_from(seed).unwrap()];
            let split =
                |packet: &Packet| headers::split(packet, || 1 + random.below(longest)).unwrap_or(vec![packet.clone()]);
            let packets: Vec<Packet> = capture.packets.iter().flat_map(split).collect();
            let got = facts(&judge(&packets, &capture.ports));
            if expected != got {
                let differs = expected.iter().zip(&got).find(|(a, b)| a != b);
                let lines = differs.map(|(a, b)| differing_lines(&format!("{a:#?}"), &format!("{b:#?}")));
                wrong.push(format!(
                    "{} in pieces of up to {longest} bytes:\n{}",
                    capture.name(),
                    lines.unwrap_or_default()
                ));
            }
        }
    }
    none_of(&wrong);
}

/// Ids that speak of the capture and not of the connection.
fn is_about_the_capture(id: &str) -> bool {
    matches!(id, "in-progress" | "capture-truncated")
}

fn same_connection<'a>(all: &'a [Judged], one: &Judged) -> Option<&'a Judged> {
    let ends = |judged: &Judged| {
        let mut ends = [judged.record.client, judged.record.server];
        ends.sort();
        ends
    };
    all.iter().find(|judged| ends(judged) == ends(one))
}

/// What is certain of a part of a capture, or of one that is worse, must be found in the whole, too.
pub fn overclaimed(capture: &Loaded, whole: &[Judged], packets: &[Packet], what: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for judged in judge(packets, &capture.ports) {
        let Some(all) = same_connection(whole, &judged) else { continue };
        let ends = [judged.record.client.to_string(), judged.record.server.to_string()];
        let expected = capture.scenario.expected.connection.iter().find(|expected| ends.contains(&expected.client));
        for finding in certain(&judged).filter(|finding| !is_about_the_capture(finding.id)) {
            let known = all.judgement.findings.iter().any(|other| other.id == finding.id);
            let labelled = expected.is_some_and(|expected| {
                expected.id == finding.id || expected.also.iter().any(|also| also == finding.id)
            });
            if !known && !labelled {
                let (id, name, was) = (finding.id, capture.name(), Verdict::of(all));
                wrong.push(format!("{name}, {what}: {id} is certain, but it is {was}"));
            }
        }
    }
    wrong
}

#[test]
fn the_beginning_of_a_capture_is_never_more_certain() {
    let mut wrong = Vec::new();
    for capture in loaded() {
        let whole = capture.judge();
        for length in 1..capture.packets.len() {
            let what = format!("its first {length} packets");
            wrong.extend(overclaimed(&capture, &whole, &capture.packets[..length], &what));
        }
    }
    none_of(&wrong);
}

#[test]
fn the_end_of_a_capture_is_never_more_certain() {
    let mut wrong = Vec::new();
    for capture in loaded() {
        let whole = capture.judge();
        for start in 1..capture.packets.len() {
            let what = format!("from packet {} on", start + 1);
            wrong.extend(overclaimed(&capture, &whole, &capture.packets[start..], &what));
        }
    }
    none_of(&wrong);
}

#[test]
fn a_capture_that_lost_packets_is_never_more_certain() {
    let mut wrong = Vec::new();
    for capture in loaded() {
        let whole = capture.judge();
        for (seed, percent) in (1..).zip([2, 3, 5, 8, 12, 15, 20, 30, 40, 60]) {
            let mut random = Random::named(capture.name(), seed);
            let mut packets = capture.packets.clone();
            packets.retain(|_| !random.percent(percent));
            wrong.extend(overclaimed(&capture, &whole, &packets, &format!("without {percent} % of its packets")));
        }
    }
    none_of(&wrong);
}

#[test]
fn one_direction_of_a_capture_is_never_more_certain() {
    let mut wrong = Vec::new();
    for capture in loaded() {
        let whole = capture.judge();
        let mut hosts: Vec<_> = capture.packets.iter().filter_map(headers::source).collect();
        hosts.sort();
        hosts.dedup();
        for gone in hosts {
            let kept = |packet: &&Packet| headers::source(packet).as_ref() != Some(&gone);
            let packets: Vec<Packet> = capture.packets.iter().filter(kept).cloned().collect();
            wrong.extend(overclaimed(&capture, &whole, &packets, "without the packets of one host"));
        }
    }
    none_of(&wrong);
}

#[test]
fn packets_that_were_cut_are_never_more_certain() {
    let mut wrong = Vec::new();
    for capture in loaded() {
        let whole = capture.judge();
        for snaplen in [34, 54, 66, 78, 96, 120, 256, 600, 1_200] {
            let cut = |packet: &Packet| {
                let mut packet = packet.clone();
                packet.data.truncate(snaplen);
                packet
            };
            let packets: Vec<Packet> = capture.packets.iter().map(cut).collect();
            wrong.extend(overclaimed(&capture, &whole, &packets, &format!("cut to {snaplen} bytes a packet")));
        }
    }
    none_of(&wrong);
}
