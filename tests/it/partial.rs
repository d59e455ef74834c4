//! A healthy connection of which the capture shows only a part must not be told as a failure.

use crate::headers;
use crate::made::{ACK, FIN, Talk};
use crate::packets::{Loaded, Packet, Random, Verdict, judge, loaded};
use sshwire::diagnose::catalogue::{self, Severity};

/// Captures in which every connection was closed in good order.
fn healthy() -> Vec<Loaded> {
    let good = |capture: &Loaded| capture.scenario.expected.connection.iter().all(|one| one.id == "normal-close");
    loaded().into_iter().filter(good).collect()
}

/// What is told as a failure there.
fn failures(capture: &Loaded, packets: &[Packet], what: &str) -> Vec<String> {
    let failed = |verdict: &Verdict| {
        catalogue::find(verdict.id).is_some_and(|diagnosis| diagnosis.severity() == Severity::Failure)
    };
    let verdicts = judge(packets, &capture.ports);
    let verdicts = verdicts.iter().map(Verdict::of).filter(failed);
    verdicts.map(|verdict| format!("{}, {what}: {verdict}", capture.name())).collect()
}

fn none_of(wrong: &[String]) {
    let first = wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} failures that were none:\n{first}", wrong.len());
}

/// Most long sessions are captured so: somebody starts tcpdump while they run.
#[test]
fn a_session_captured_from_its_middle_on_is_no_failure() {
    let mut wrong = Vec::new();
    for capture in healthy() {
        for start in 1..capture.packets.len() {
            wrong.extend(failures(&capture, &capture.packets[start..], &format!("from packet {}", start + 1)));
        }
    }
    none_of(&wrong);
}

/// A busy tap loses packets that were delivered.
#[test]
fn a_session_of_which_the_capture_lost_packets_is_no_failure() {
    let mut wrong = Vec::new();
    for capture in healthy() {
        for seed in 0..8 {
            let mut random = Random::named(capture.name(), seed);
            let kept: Vec<Packet> = capture.packets.iter().filter(|_| !random.percent(8)).cloned().collect();
            wrong.extend(failures(&capture, &kept, &format!("8 % lost, seed {seed}")));
        }
    }
    none_of(&wrong);
}

/// A filter for SYN, FIN and RST leaves the two ends of a session.
#[test]
fn a_session_of_which_only_flags_were_captured_is_no_failure() {
    let mut wrong = Vec::new();
    for capture in healthy() {
        let kept: Vec<Packet> = capture.packets.iter().filter(|packet| headers::has_flags(packet)).cloned().collect();
        wrong.extend(failures(&capture, &kept, "SYN, FIN and RST alone"));
    }
    none_of(&wrong);
}

/// The last packet of a connection of which nothing else is known, such as one that a limit had judged before.
#[test]
fn a_lone_last_packet_is_no_healthy_session() {
    let mut talk = Talk::new(10, 40_100, 5_000.0);
    talk.send(true, ACK | FIN, &[7; 60]);
    let judged = crate::made::judge(&[&talk], 60_000.0).remove(0);
    assert_eq!(Verdict::of(&judged).id, "capture-truncated", "{:?}", judged.judgement.ended);
}

/// Another protocol tells itself, also where the capture lost the handshake; the beginning is then not known to be one.
#[test]
fn another_protocol_is_told_without_the_handshake() {
    // A few binary bytes of telnet's or of a private protocol may be encrypted ones as well.
    let few = ["telnet-on-port-22", "private-protocol-on-22", "private-protocol-on-22-v6"];
    let told =
        |id: &str| id.starts_with("not-ssh-") || matches!(id, "client-banner-invalid" | "proxy-protocol-to-sshd");
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for capture in loaded().into_iter().filter(|capture| !few.contains(&capture.name())) {
        let whole: Vec<Verdict> = capture.judge().iter().map(Verdict::of).filter(|verdict| told(verdict.id)).collect();
        let kept: Vec<Packet> = capture.packets.iter().filter(|packet| !headers::has_syn(packet)).cloned().collect();
        let got: Vec<Verdict> = judge(&kept, &capture.ports).iter().map(Verdict::of).collect();
        for whole in whole {
            let same = |verdict: &&Verdict| (&verdict.client, &verdict.server) == (&whole.client, &whole.server);
            let got = got.iter().find(same);
            compared += 1;
            if got.is_none_or(|got| got.id != whole.id || got.confidence == "certain") {
                wrong.push(format!("{}: {whole}\n    without the SYNs {got:?}", capture.name()));
            }
        }
    }
    none_of(&wrong);
    assert!(compared >= 15, "{compared} connections with another protocol");
}

/// What `tcpdump -s 96` left of a login, of a key exchange and of the neighbours of a refused connection is taken for nothing else.
#[test]
fn a_small_snaplen_leads_to_no_other_verdict() {
    let wrong = [
        ("healthy-dropbear-password", "auth-denied"),
        ("db-nokex", "banner-then-close"),
        ("dropbear-offers-missing-hostkey", "banner-then-close"),
        ("rate-limit-drop", "accept-queue-overflow"),
    ];
    for (name, id) in wrong {
        let captures = loaded();
        let capture = captures.iter().find(|capture| capture.name() == name).expect("a labelled capture");
        let cut = |packet: &Packet| {
            let mut packet = packet.clone();
            packet.data.truncate(96);
            packet
        };
        let packets: Vec<Packet> = capture.packets.iter().map(cut).collect();
        for judged in judge(&packets, &capture.ports) {
            let known = judged.judgement.findings.iter().any(|finding| finding.id == id);
            assert!(!known, "{name}: {id}");
        }
    }
}
