//! What clocks, network cards and filters do to a capture must not make it say more.

use crate::headers;
use crate::invariants::{none_of, overclaimed, same_stories};
use crate::join::join;
use crate::packets::{Loaded, Packet, Random, Verdict, judge, judge_parts, loaded};
use sshwire::analyzer::Judged;
use sshwire::packet::{Decoder, PacketId};
use sshwire::tcp::Side;
use sshwire::time::{Span, Timestamp};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Kind of the option that RFC 7323 §3 describes.
const TIMESTAMPS: u8 = 8;

/// Every capture, changed: nothing may be certain that is not in the whole.
fn never_more_certain(what: &str, change: impl Fn(&Loaded) -> Vec<Packet>) {
    let mut wrong = Vec::new();
    for capture in loaded() {
        wrong.extend(overclaimed(&capture, &capture.judge(), &change(&capture), what));
    }
    none_of(&wrong);
}

/// Every packet changed by itself.
fn each(change: impl Fn(&mut Packet)) -> impl Fn(&Loaded) -> Vec<Packet> {
    let changed = move |packet: &Packet| {
        let mut packet = packet.clone();
        change(&mut packet);
        packet
    };
    move |capture| capture.packets.iter().map(&changed).collect()
}

/// Every packet changed by itself, with a random number below `end`.
fn each_at_random(seed: u64, end: usize, change: impl Fn(&mut Packet, usize)) -> impl Fn(&Loaded) -> Vec<Packet> {
    move |capture| {
        let mut random = Random::named(capture.name(), seed);
        let mut changed = |packet: &Packet| {
            let mut packet = packet.clone();
            change(&mut packet, random.below(end));
            packet
        };
        capture.packets.iter().map(&mut changed).collect()
    }
}

/// Times as a clock tells them that knows no less than this.
fn to_the(resolution: Span) -> impl Fn(&mut Packet) {
    move |packet| packet.time = Timestamp(packet.time.0.div_euclid(resolution.0) * resolution.0)
}

#[test]
fn a_clock_of_milliseconds_tells_the_same() {
    let change = each(to_the(Span::from_millis(1)));
    same_stories("to the millisecond", |capture| change(capture));
}

#[test]
fn a_coarse_clock_is_never_more_certain() {
    for resolution in [Span::from_millis(10), Span::from_secs(1)] {
        never_more_certain(&format!("{} s steps of the clock", resolution.as_secs_f64()), each(to_the(resolution)));
    }
}

#[test]
fn a_clock_that_is_set_is_never_more_certain() {
    for (seed, seconds) in (0..).zip([-1, -3_600, 3_600, -2, -86_400]) {
        let set = |capture: &Loaded| {
            let at = Random::named(capture.name(), seed).below(capture.packets.len());
            let (before, behind) = capture.packets.split_at(at);
            let behind = behind.iter().map(|packet| packet.later(Span::from_secs(seconds)));
            before.iter().cloned().chain(behind).collect()
        };
        never_more_certain(&format!("clock set by {seconds} s"), set);
    }
}

#[test]
fn checksums_left_to_the_card_are_never_more_certain() {
    for which in 0..2 {
        let unfinished = |capture: &Loaded| {
            let mut hosts: Vec<_> = Vec::new();
            for host in capture.packets.iter().filter_map(headers::source) {
                if !hosts.contains(&host) {
                    hosts.push(host);
                }
            }
            let spoil = |packet: &mut Packet| {
                if headers::source(packet).as_ref() == hosts.get(which) {
                    headers::spoil_checksum(packet);
                }
            };
            each(spoil)(capture)
        };
        never_more_certain(&format!("checksums of host {which} not filled in"), unfinished);
    }
}

/// Verdicts, and whether something was forged.
fn ids(judged: &[Judged]) -> Vec<(&'static str, bool)> {
    let of = |judged: &Judged| (Verdict::of(judged).id, judged.judgement.ended.forged);
    let mut ids: Vec<_> = judged.iter().map(of).collect();
    ids.sort_unstable();
    ids
}

/// A sender's own capture has what its card cuts later, a receiver's what its card has joined.
#[test]
fn segments_that_the_card_joined_tell_the_same() {
    let mut wrong = Vec::new();
    for capture in loaded() {
        let (whole, packets) = (capture.judge(), join(&capture.packets));
        wrong.extend(overclaimed(&capture, &whole, &packets, "segments joined"));
        let (expected, got) = (ids(&whole), ids(&judge(&packets, &capture.ports)));
        if expected != got {
            wrong.push(format!("{}: was {expected:?}, is {got:?}", capture.name()));
        }
    }
    none_of(&wrong);
}

#[test]
fn a_narrow_filter_is_never_more_certain() {
    let kept = |wanted: fn(&Packet) -> bool| {
        move |capture: &Loaded| capture.packets.iter().filter(|packet| wanted(packet)).cloned().collect::<Vec<_>>()
    };
    never_more_certain("SYN, FIN and RST alone", kept(headers::has_flags));
    never_more_certain("payload alone", kept(headers::has_payload));
    never_more_certain("no pure ACKs", kept(|packet| headers::has_flags(packet) || headers::has_payload(packet)));
}

/// A busy machine reads its clock late.
#[test]
fn time_stamps_that_come_late_are_never_more_certain() {
    const LATE: usize = 5_000_000;
    let late = |capture: &Loaded| {
        let mut random = Random::named(capture.name(), 77);
        let mut last = Timestamp(i64::MIN);
        let mut later = |packet: &Packet| {
            let late = Span(i64::try_from(random.below(LATE)).unwrap());
            last = last.max(packet.time + late);
            Packet { time: last, ..packet.clone() }
        };
        capture.packets.iter().map(&mut later).collect()
    };
    never_more_certain("times up to 5 ms late", late);
}

/// Packets that overtake one another on their way to the tap, on several links or in several queues.
#[test]
fn packets_that_overtake_one_another_are_never_more_certain() {
    const APART: i64 = 300_000;
    let overtake = |capture: &Loaded| {
        let mut random = Random::named(capture.name(), 78);
        let mut packets = capture.packets.clone();
        for second in 1..packets.len() {
            let (before, at) = (packets[second - 1].time, packets[second].time);
            if (at - before).0 < APART && random.percent(20) {
                packets.swap(second - 1, second);
                (packets[second - 1].time, packets[second].time) = (before, at);
            }
        }
        packets
    };
    never_more_certain("packets that overtake one another", overtake);
}

#[test]
fn a_path_that_rewrites_ttl_or_identification_is_never_more_certain() {
    never_more_certain("TTL 64 throughout", each(|packet| headers::set_ttl(packet, 64)));
    never_more_certain("identification 0 throughout", each(headers::clear_identification));
}

#[test]
fn a_path_that_strips_options_is_never_more_certain() {
    let strip =
        |kinds: &'static [u8]| each(move |packet| kinds.iter().for_each(|&kind| headers::pad_option(packet, kind)));
    same_stories("no timestamps", strip(&[TIMESTAMPS]));
    never_more_certain("no timestamps", strip(&[TIMESTAMPS]));
    never_more_certain("no options", strip(&[2, 3, 4, 5, TIMESTAMPS]));
}

/// Only a RST that copies the mark of the SYN's traffic class tells a firewall from a closed port.
#[test]
fn a_path_that_marks_packets_is_never_more_certain() {
    const ECT_0: u8 = 2;
    const ECE: u8 = 0x40;
    never_more_certain("traffic class 0 throughout", each(|packet| headers::set_traffic_class(packet, 0)));
    let congested = |packet: &mut Packet| {
        headers::set_traffic_class(packet, ECT_0);
        headers::change_flags(packet, |flags| flags | ECE);
    };
    never_more_certain("explicit congestion notification", each(congested));
    let mark = |packet: &mut Packet, dscp| headers::set_traffic_class(packet, u8::try_from(dscp).unwrap() << 2);
    never_more_certain("a traffic class for each packet", each_at_random(79, 64, mark));
}

#[test]
fn pushes_and_identifications_tell_nothing() {
    const PSH: u8 = 8;
    same_stories("no PSH", each(|packet| headers::change_flags(packet, |flags| flags & !PSH)));
    let push = |packet: &mut Packet| {
        if headers::has_payload(packet) {
            headers::change_flags(packet, |flags| flags | PSH);
        }
    };
    same_stories("PSH throughout", each(push));
    let identify = |packet: &mut Packet, id| headers::set_identification(packet, u16::try_from(id).unwrap());
    let identified = each_at_random(80, 0x1_0000, identify);
    same_stories("random identifications", &identified);
    never_more_certain("random identifications", &identified);
}

/// The same packets as a second tap has them, two hops further, by a clock that differs by so much.
fn second_tap(capture: &Loaded, offset: Span) -> impl Iterator<Item = Packet> {
    tap_behind(capture, 2, offset)
}

/// The same so many hops further.
fn tap_behind(capture: &Loaded, hops: usize, offset: Span) -> impl Iterator<Item = Packet> {
    capture.packets.iter().map(move |packet| {
        let mut packet = packet.later(offset);
        (0..hops).for_each(|_| headers::lower_ttl(&mut packet));
        packet
    })
}

fn merged(packets: impl Iterator<Item = Packet>) -> Vec<Packet> {
    let mut packets: Vec<Packet> = packets.collect();
    packets.sort_by_key(|packet| packet.time);
    packets
}

/// Their clocks agree, nearly agree, or do not; the second one comes first.
const OFFSETS: [Span; 6] = [
    Span(300_000),
    Span(-300_000),
    Span(1_500_000),
    Span::from_millis(20),
    Span::from_millis(-700),
    Span::from_secs(3),
];

/// `mergecap` of the client's capture and the server's.
#[test]
fn captures_of_two_taps_merged_tell_the_same() {
    // Its place is told by how far the tap is from the server, which is less sure then.
    let other = "banned-after-failures-drop-v6";
    let mut wrong = Vec::new();
    // One hop further, a router that refuses in the server's name is as far from one tap as the server is from the other.
    for (hops, offset) in [2, 3, 7].into_iter().flat_map(|hops| OFFSETS.map(|offset| (hops, offset))) {
        for capture in loaded().into_iter().filter(|capture| capture.name() != other) {
            let both = merged(capture.packets.iter().cloned().chain(tap_behind(&capture, hops, offset)));
            let (expected, got) = (ids(&capture.judge()), ids(&judge(&both, &capture.ports)));
            if expected != got {
                wrong.push(format!(
                    "{}, {hops} hops, {} s: was {expected:?}, is {got:?}",
                    capture.name(),
                    offset.as_secs_f64()
                ));
            }
        }
    }
    none_of(&wrong);
}

#[test]
fn captures_of_two_taps_with_losses_merged_are_never_more_certain() {
    // Nearer ones are taken for interfaces of one machine, which lose nothing by themselves.
    for offset in [20, -700, 3_000].map(Span::from_millis) {
        let lossy = |capture: &Loaded| {
            let mut random = Random::named(capture.name(), 81);
            let both = capture.packets.iter().cloned().chain(second_tap(capture, offset));
            merged(both.filter(|_| !random.percent(10)))
        };
        never_more_certain(&format!("two taps {} s apart with losses", offset.as_secs_f64()), lossy);
    }
}

/// The sender's capture has what its card cuts, the receiver's the pieces.
#[test]
fn captures_of_two_taps_that_differ_in_offload_are_never_more_certain() {
    for offset in OFFSETS {
        let both = |capture: &Loaded| merged(join(&capture.packets).into_iter().chain(second_tap(capture, offset)));
        never_more_certain(&format!("two taps {} s apart, one with joined segments", offset.as_secs_f64()), both);
    }
}

/// Two files, of the client's tap and the server's: each connection is told twice, as from each file alone.
#[test]
fn files_of_two_taps_are_judged_apart() {
    let apart = [20, 3_000, -3_000, -100_000, 100_000].map(Span::from_millis);
    let mut wrong = Vec::new();
    for (offset, capture) in apart.into_iter().flat_map(|offset| loaded().into_iter().map(move |one| (offset, one))) {
        let second: Vec<Packet> = second_tap(&capture, offset).collect();
        let mut expected: Vec<Verdict> = capture.judge().iter().map(Verdict::of).collect();
        expected.extend(judge(&second, &capture.ports).iter().map(Verdict::of));
        let both = judge_parts(&[&capture.packets, &second], &capture.ports, false);
        let new = both.iter().map(Verdict::of).filter(|verdict| !expected.contains(verdict));
        wrong.extend(new.map(|new| format!("{}, {} s: {new}", capture.name(), offset.as_secs_f64())));
    }
    none_of(&wrong);
}

/// `mergecap -a`: one file behind the other, whatever their times.
#[test]
fn captures_of_two_taps_appended_are_never_more_certain() {
    for offset in [20, -20, -700, 3_000].map(Span::from_millis) {
        let both = |capture: &Loaded| capture.packets.iter().cloned().chain(second_tap(capture, offset)).collect();
        never_more_certain(&format!("two taps {} s apart, appended", offset.as_secs_f64()), both);
    }
}

/// Directions captured by a clock each (the two ports of a tap, two queues of a card): that of the server's packets is so far ahead.
#[test]
fn directions_captured_by_two_clocks_tell_the_same() {
    // What a device reacts to, quicker than any host, cannot be told then.
    let told_less = |name: &str| name.starts_with("dpi-re") || name.starts_with("idle-reset");
    // The server's close stands beside the client's; neither handshake nor much else is in the other.
    let unsure = ["disconnect-encrypted-asyncssh", "healthy-without-handshake"];
    let mut wrong = Vec::new();
    let skews = [200, -200, 3_000, -3_000, 30_000, -30_000].map(|microseconds: i64| Span(microseconds * 1_000));
    for (skew, capture) in skews.into_iter().flat_map(|skew| loaded().into_iter().map(move |one| (skew, one))) {
        let whole = capture.judge();
        let servers: Vec<_> = whole.iter().map(|judged| judged.record.server.address).collect();
        let from_server = |packet: &Packet| {
            let source = Decoder::reference(&packet.captured(PacketId::default()));
            source.is_some_and(|(source, _)| servers.contains(&source))
        };
        let apart = |packet: &Packet| if from_server(packet) { packet.later(skew) } else { packet.clone() };
        let what = format!("the server's clock {} ms ahead", skew.as_secs_f64() * 1e3);
        let packets = merged(capture.packets.iter().map(apart));
        wrong.extend(overclaimed(&capture, &whole, &packets, &what));
        let (expected, got) = (ids(&whole), ids(&judge(&packets, &capture.ports)));
        if expected != got && !told_less(capture.name()) && !unsure.contains(&capture.name()) {
            wrong.push(format!("{}, {what}: was {expected:?}, is {got:?}", capture.name()));
        }
    }
    none_of(&wrong);
}

/// A capture of all interfaces of a router that changes addresses (`-i any` on a NAT gateway, on a host of containers): it has each
/// connection twice, which are no neighbours of each other.
#[test]
fn both_sides_of_a_nat_tell_the_same() {
    let translated = |address: IpAddr| match address {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() ^ 0x0a05_0000)),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() ^ 1 << 64)),
    };
    // A router that refuses in the server's name is as far from one interface as the server is from the other; and this server's place
    // is told by its distance.
    let by_distance = ["fw-reject-rst-router", "fw-reject-rst-router-v6", "banned-after-failures-drop-v6"];
    let mut wrong = Vec::new();
    for (of_server, what) in [(true, "the server's address changed"), (false, "the client's address changed")] {
        for capture in loaded() {
            let whole = capture.judge();
            let (servers, clients) = (addresses(&whole, Side::Server), addresses(&whole, Side::Client));
            // Both at one address, or either more than one: what is whose, and who comes next, is another matter then.
            if servers.len() != 1 || clients.len() != 1 || servers == clients {
                continue;
            }
            let changed = if of_server { servers } else { clients };
            let other_side = capture.packets.iter().map(|packet| {
                let mut packet = packet.later(Span(40_000));
                headers::lower_ttl(&mut packet);
                headers::renumber(&mut packet, &|address| {
                    if changed.contains(&address) { translated(address) } else { address }
                });
                packet
            });
            let packets = merged(capture.packets.iter().cloned().chain(other_side));
            wrong.extend(overclaimed(&capture, &whole, &packets, what));
            let (mut expected, got) = (ids(&whole), ids(&judge(&packets, &capture.ports)));
            expected.extend(ids(&whole));
            expected.sort_unstable();
            if expected != got && !by_distance.contains(&capture.name()) {
                wrong.push(format!("{}, {what}: twice {:?}, is {got:?}", capture.name(), ids(&whole)));
            }
        }
    }
    none_of(&wrong);
}

fn addresses(judged: &[Judged], side: Side) -> Vec<IpAddr> {
    let mut all: Vec<_> = judged.iter().map(|judged| judged.record.endpoint(side).address).collect();
    all.sort_unstable();
    all.dedup();
    all
}
