//! Bugs that were found, each with its symptom.

use crate::conversation::{Conversation, kexinit};
use crate::headers;
use crate::packets::{Packet, Verdict, certain, judge, judge_parts, loaded, verdicts};
use sshwire::analyzer::Judged;
use sshwire::tcp::Side;
use sshwire::time::Span;

const PORTS: &[u16] = &[22];

fn only(packets: &[Packet]) -> Judged {
    let mut judged = judge(packets, PORTS);
    assert_eq!(judged.len(), 1, "one connection");
    judged.remove(0)
}

fn greeted() -> Conversation {
    Conversation::new().handshake().client("SSH-2.0-OpenSSH_9.6\r\n").server("SSH-2.0-OpenSSH_9.6\r\n")
}

/// "attempt to multiply with overflow" where the capture lost 50 MB.
#[test]
fn a_hole_of_fifty_megabytes_is_weighed() {
    let story = greeted().server_loses(50 << 20).server("more").wait(Span::from_secs(20)).closes(Side::Client);
    only(&story.packets());
}

/// A RST in front of its SYN in the file split the connection in two.
#[test]
fn a_reset_before_its_syn_in_the_file_is_one_connection() {
    let mut packets = greeted().server_resets_barely().packets();
    let reset = packets.pop().unwrap();
    packets.insert(0, reset);
    only(&packets);
}

/// Written last to first, every segment was taken for a repetition.
#[test]
fn a_file_written_backwards_shows_no_repetitions() {
    let mut packets = greeted().client(kexinit("curve25519-sha256", "aes128-ctr")).closes(Side::Client).packets();
    let forwards = only(&packets);
    packets.reverse();
    let backwards = only(&packets);
    assert_eq!(backwards.record.tcp.client.retransmissions + backwards.record.tcp.server.retransmissions, 0);
    assert_eq!(backwards.record.history, forwards.record.history);
    assert_eq!(backwards.record.ssh, forwards.record.ssh);
    assert_eq!(Verdict::of(&backwards).story(), Verdict::of(&forwards).story());
}

/// The second SYN of a connection, first packet of the second file, began another connection.
#[test]
fn a_repeated_syn_in_the_next_file_is_the_same_connection() {
    let packets = Conversation::new()
        .syn()
        .wait(Span::from_secs(1))
        .syn()
        .captured_twice()
        .wait(Span::from_secs(2))
        .syn()
        .packets();
    for at in 1..packets.len() {
        let (one, other) = packets.split_at(at);
        assert_eq!(judge_parts(&[one, other], PORTS, false).len(), 1, "split behind packet {at}");
    }
    // The same file twice is no continuation.
    assert_eq!(judge_parts(&[&packets, &packets], PORTS, false).len(), 2);
}

/// A capture that begins behind the data called the resets that answer it a firewall's refusal of a SYN, and forged, for certain.
#[test]
fn resets_without_their_cause_prove_nothing() {
    let story = greeted().server("Invalid SSH identification string.").server_resets();
    let mut packets = story.server_echoes(&[1, 3, 21]).packets();
    while !packets.is_empty() {
        packets.remove(0);
        for judged in judge(&packets, PORTS) {
            let claims: Vec<_> = certain(&judged).map(|finding| finding.id).collect();
            assert!(!claims.contains(&"rst-injected") && !claims.contains(&"fw-reject-rst"), "{claims:?}");
        }
    }
}

/// One direction alone, and the server's silence was certain.
#[test]
fn silence_of_a_direction_that_is_not_captured_is_not_certain() {
    let wait = |seconds| Span::from_secs(seconds);
    let story =
        Conversation::new().syn().wait(wait(1)).syn().wait(wait(2)).syn().wait(wait(4)).syn().wait(wait(8)).syn();
    let judged = only(&story.packets());
    assert_eq!(Verdict::of(&judged).id, "syn-no-answer");
    assert_eq!(certain(&judged).count(), 0);
}

/// A ping captured on two interfaces counted as two packets that prove the host's distance.
#[test]
fn a_copy_is_no_second_witness() {
    let captures = loaded();
    let capture = captures.iter().find(|capture| capture.name() == "fw-reject-rst-router").unwrap();
    let copied = |packet: &Packet| {
        let other = headers::tcp(packet).is_none();
        std::iter::once(packet.clone()).chain(other.then(|| packet.later(Span::from_micros(15))))
    };
    let packets: Vec<Packet> = capture.packets.iter().flat_map(copied).collect();
    assert_eq!(verdicts(&judge(&packets, &capture.ports)), verdicts(&capture.judge()));
}

/// A reset that left before the client's data had arrived "answered" them faster than the way there and back, and was forged.
#[test]
fn a_reset_that_crossed_the_data_on_its_way_is_genuine() {
    let hurried =
        |story: Conversation| story.client_just_sent("x".repeat(100)).wait(Span::from_millis(2)).server_resets_barely();
    // Its IP ID is next in line, whatever the timing.
    let measured = hurried(greeted().client(kexinit("curve25519-sha256", "aes128-ctr")));
    // One answer measures no round trip.
    let once = hurried(Conversation::new().handshake());
    for story in [measured, once] {
        let ended = only(&story.packets()).judgement.ended;
        assert!(!ended.forged, "{ended:?}");
    }
}

/// A hole that path MTU probing healed was found only where the very first segment fell into it.
#[test]
fn a_hole_that_the_sender_healed_is_told_beside_the_good_end() {
    let told = |name: &str| {
        let capture = loaded().into_iter().find(|capture| capture.name() == name).unwrap();
        let judged = judge(&capture.packets, &capture.ports);
        let findings = judged.iter().flat_map(|judged| &judged.judgement.findings);
        findings.map(|finding| finding.id).collect::<Vec<_>>()
    };
    assert_eq!(told("pmtu-probing-rescues"), ["normal-close", "pmtu-blackhole-s2c"]);
    assert_eq!(told("pmtu-discovery-works"), ["normal-close"]);
}
