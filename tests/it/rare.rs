//! Diagnoses of what real software rarely does: each with a conversation that shows it and one that only looks like it.

use crate::made::{ACK, FIN, PSH, RST, SYN, Talk, judge, packet, reply, string};
use sshwire::analyzer::Judged;
use sshwire::diagnose::{By, Confidence, How, Phase};

fn lead(judged: &Judged) -> &'static str {
    judged.judgement.verdict().map_or("none", |finding| finding.id)
}

fn has(judged: &Judged, id: &str) -> bool {
    judged.judgement.findings.iter().any(|finding| finding.id == id)
}

/// The verdict of a lone connection, with words for a failed comparison.
fn lone(talk: &Talk, until_ms: f64) -> (Judged, &'static str) {
    let judged = judge(&[talk], until_ms).remove(0);
    let id = lead(&judged);
    (judged, id)
}

#[test]
fn a_syn_proxy_announces_no_window() {
    let talk = |window: u16| {
        let mut talk = Talk::new(10, 40_000, 5_000.0);
        talk.send(true, SYN, &[]);
        talk.wait(24.0).send(false, SYN | ACK, &[]).window = window;
        talk.wait(0.1).send(true, ACK, &[]);
        let reset = talk.wait(30.0).send(false, RST, &[]);
        (reset.window, reset.ip_id) = (0, 0);
        talk
    };
    let (judged, id) = lone(&talk(0), 20_000.0);
    assert_eq!((id, judged.judgement.ended.by), ("syn-proxy-then-rst", By::Middlebox));
    let (_, id) = lone(&talk(64_000), 20_000.0);
    assert_ne!(id, "syn-proxy-then-rst");
}

#[test]
fn resets_of_both_sides_that_neither_sent() {
    let mut talk = Talk::new(10, 40_001, 5_000.0);
    talk.handshake().identify("SSH-2.0-OpenSSH_9.6").exchange();
    for from_client in [true, false] {
        let numbers = talk.numbers();
        let reset = talk.wait(0.2).send(from_client, RST, &[]);
        (reset.ttl, reset.window, reset.ip_id, reset.tos) = (41, 0, 0, 0);
        talk = talk.standing_at(numbers);
    }
    let (judged, id) = lone(&talk, 20_000.0);
    assert_eq!(
        (id, judged.judgement.ended.by, judged.judgement.ended.forged),
        ("ids-both-sides-rst", By::Middlebox, true)
    );
}

#[test]
fn an_identification_without_software() {
    let mut talk = Talk::new(10, 40_002, 5_000.0);
    talk.handshake().say(true, b"SSH-2.0-OpenSSH_9.2p1\r\n").say(false, b"SSH-2.0-\r\n").close(true);
    let (_, id) = lone(&talk, 20_000.0);
    assert_eq!(id, "banner-noncompliant");
}

#[test]
fn two_that_wait_for_each_other() {
    let mut talk = Talk::new(10, 40_003, 5_000.0);
    talk.handshake().identify("SSH-2.0-OpenSSH_7.3p1.RL").wait(30_000.0).close(true);
    let (judged, id) = lone(&talk, 60_000.0);
    assert_eq!(id, "kexinit-waits-for-peer", "{:?}", judged.judgement.ended);
    // The client has begun: the server owes.
    let mut talk = Talk::new(10, 40_004, 5_000.0);
    talk.handshake()
        .identify("SSH-2.0-x")
        .say(true, &crate::made::kexinit("curve25519-sha256"))
        .wait(30_000.0)
        .close(true);
    assert_eq!(lone(&talk, 60_000.0).1, "server-silent");
}

#[test]
fn connections_of_different_age_that_end_at_one_moment() {
    let talk = |port: u16, start: f64| {
        let mut talk = Talk::new(10, port, start);
        talk.handshake().identify("SSH-2.0-OpenSSH_9.6").kexinits("curve25519-sha256");
        talk.say(true, &packet(&[&[30][..], &string(&[9; 32])].concat()));
        talk.now = 30_000.0 + f64::from(port % 10);
        talk.close(false);
        talk
    };
    let ages = [talk(40_010, 5_000.0), talk(40_011, 17_000.0), talk(40_012, 28_000.0)];
    for judged in judge(&ages.iter().collect::<Vec<_>>(), 60_000.0) {
        assert_eq!(lead(&judged), "server-restart-during-kex");
    }
    let burst = [talk(40_010, 29_500.0), talk(40_011, 29_510.0), talk(40_012, 29_520.0)];
    for judged in judge(&burst.iter().collect::<Vec<_>>(), 60_000.0) {
        assert_eq!(lead(&judged), "server-dies-in-kex");
    }
}

fn group_exchange(port: u16) -> Talk {
    let mut talk = Talk::new(10, port, 5_000.0);
    talk.handshake().identify("SSH-2.0-Cisco-1.25").kexinits("diffie-hellman-group-exchange-sha256");
    let request: Vec<u8> = [2_048_u32, 8_192, 8_192].iter().flat_map(|bits| bits.to_be_bytes()).collect();
    talk.say(true, &packet(&[&[34][..], &request].concat()));
    talk
}

#[test]
fn a_group_that_is_too_small_is_certain() {
    let mut talk = group_exchange(40_020);
    let prime = [&[0][..], &[0xff; 128]].concat();
    talk.say(false, &packet(&[&[31][..], &string(&prime), &string(&[2])].concat())).close(true);
    let (judged, id) = lone(&talk, 20_000.0);
    let confidence = judged.judgement.verdict().map(|finding| finding.confidence);
    assert_eq!((id, confidence), ("dh-gex-size-refused", Some(Confidence::Certain)));
}

#[test]
fn no_group_at_all_is_likely_the_same() {
    let mut talk = group_exchange(40_021);
    talk.close(false);
    let (judged, id) = lone(&talk, 20_000.0);
    assert_eq!(id, "dh-gex-size-refused", "{:?}", judged.judgement.ended);
    assert!(has(&judged, "server-dies-in-kex"));
}

#[test]
fn a_key_that_was_accepted_elsewhere_is_not_the_reason() {
    let until_reply = |port: u16, start: f64| {
        let mut talk = Talk::new(10, port, start);
        talk.handshake().identify("SSH-2.0-Erlang/5.3").kexinits("curve25519-sha256");
        talk.say(true, &packet(&[&[30][..], &string(&[9; 32])].concat())).say(false, &reply());
        talk
    };
    let mut left = until_reply(40_030, 5_000.0);
    left.wait(2.0).close(true);
    assert_eq!(lone(&left, 60_000.0).1, "hostkey-rejected-by-client");
    let mut went_on = until_reply(40_031, 8_000.0);
    went_on.say(true, &packet(&[21])).service().close(true);
    let judged = judge(&[&left, &went_on], 60_000.0);
    assert_eq!(lead(&judged[0]), "kex-signature-or-libcrypto-failure");
    assert!(has(&judged[0], "hostkey-rejected-by-client"));
}

#[test]
fn a_slow_exchange_is_a_remark() {
    let mut talk = Talk::new(10, 40_040, 5_000.0);
    talk.handshake().identify("SSH-2.0-x").kexinits("curve25519-sha256");
    talk.say(true, &packet(&[&[30][..], &string(&[9; 32])].concat())).wait(4_000.0).say(false, &reply());
    talk.say(true, &packet(&[21])).service().say(true, &[1; 60]).say(false, &[2; 76]).close(true);
    let (judged, id) = lone(&talk, 20_000.0);
    assert_eq!(id, "auth-denied", "{:?}", judged.judgement.ended);
    assert!(has(&judged, "kex-hang-cpu"));
}

#[test]
fn a_request_that_is_not_answered() {
    let mut talk = Talk::new(10, 40_050, 5_000.0);
    talk.handshake()
        .identify("SSH-2.0-OpenSSH_9.6")
        .exchange()
        .service()
        .say(true, &[1; 60])
        .wait(25_000.0)
        .close(true);
    let (judged, id) = lone(&talk, 60_000.0);
    let ended = &judged.judgement.ended;
    assert_eq!(
        (id, ended.phase, ended.how, ended.by),
        ("auth-none-response-hang", Phase::Authentication, How::Timeout, By::Client)
    );
    // Whoever waits at a prompt owes nothing.
    let mut talk = Talk::new(10, 40_051, 5_000.0);
    talk.handshake().identify("SSH-2.0-OpenSSH_9.6").exchange().service().say(true, &[1; 60]).say(false, &[2; 76]);
    talk.wait(25_000.0).close(true);
    assert_eq!(lone(&talk, 60_000.0).1, "auth-denied");
}

#[test]
fn a_crash_is_punished_at_once() {
    let mut crash = Talk::new(10, 40_060, 5_000.0);
    crash.handshake().identify("SSH-2.0-OpenSSH_9.9").exchange().service().say(true, &[1; 60]).close(false);
    let refused = |port: u16, start: f64| {
        let mut talk = Talk::new(10, port, start);
        talk.handshake().say(false, b"Not allowed at this time\r\n").close(false);
        talk
    };
    let (first, second) = (refused(40_061, 7_000.0), refused(40_062, 9_000.0));
    let judged = judge(&[&crash, &first, &second], 60_000.0);
    assert_eq!(lead(&judged[0]), "sshd-auth-crash");
    assert_ne!(lone(&crash, 60_000.0).1, "sshd-auth-crash", "without a penalty it may be anything");
}

#[test]
fn a_session_that_moved() {
    let mut old = Talk::new(10, 40_070, 5_000.0);
    old.handshake().identify("SSH-2.0-OpenSSH_9.6").exchange().service();
    let moved = |numbers: [u32; 2]| {
        let mut talk = Talk::new(10, 52_000, 300_000.0).standing_at(numbers);
        talk.send(true, PSH | ACK, &[3; 36]);
        let ack = talk.numbers();
        let reset = talk.wait(24.0).send(false, RST, &[]);
        (reset.seq, reset.window, reset.ip_id, reset.tos) = (ack[1], 0, 0, 0x48);
        talk
    };
    let new = moved(old.numbers());
    let judged = judge(&[&old, &new], 400_000.0);
    assert_eq!((lead(&judged[1]), judged[1].judgement.ended.by), ("nat-rebind", By::ServerKernel));
    let confidence = |judged: &Judged| judged.judgement.verdict().map(|finding| finding.confidence);
    assert_eq!(confidence(&judged[1]), Some(Confidence::Likely));
    let strange = judge(&[&old, &moved([77, 4_000_000_000])], 400_000.0);
    assert_eq!((lead(&strange[1]), confidence(&strange[1])), ("nat-rebind", Some(Confidence::Possible)));
}

#[test]
fn a_rate_limit_comes_and_goes() {
    let passed = |port: u16, start: f64| {
        let mut talk = Talk::new(10, port, start);
        talk.handshake().identify("SSH-2.0-OpenSSH_9.6").exchange().close(true);
        talk
    };
    let dropped = |port: u16, start: f64| {
        let mut talk = Talk::new(10, port, start);
        for ms in [0.0, 1_000.0, 2_000.0, 4_000.0] {
            talk.now = start + ms;
            let numbers = talk.numbers();
            talk.send(true, SYN, &[]);
            talk = talk.standing_at(numbers);
        }
        talk
    };
    let mut talks: Vec<Talk> = (0..5_u16).map(|i| passed(41_000 + i, 5_000.0 + f64::from(i) * 1_000.0)).collect();
    talks.extend([dropped(41_010, 11_000.0), dropped(41_011, 12_000.0)]);
    let without = judge(&talks.iter().collect::<Vec<_>>(), 120_000.0);
    let verdict = without[5].judgement.verdict().unwrap();
    assert_eq!((verdict.id, verdict.confidence), ("rate-limit-drop", Confidence::Possible), "the server may be gone");
    talks.push(passed(41_020, 100_000.0));
    let with = judge(&talks.iter().collect::<Vec<_>>(), 120_000.0);
    let verdict = with[5].judgement.verdict().unwrap();
    assert_eq!((verdict.id, verdict.confidence), ("rate-limit-drop", Confidence::Likely));
    assert_eq!(lead(&judge(&[&dropped(41_010, 11_000.0)], 60_000.0)[0]), "syn-no-answer");
}

#[test]
fn guessing_stands_beside_the_refused_login() {
    let guess = |port: u16| {
        let mut talk = Talk::new(66, port, 5_000.0 + f64::from(port % 100) * 1_000.0);
        talk.handshake().identify("SSH-2.0-OpenSSH_9.6").exchange().service().say(true, &[1; 60]).say(false, &[2; 76]);
        for _ in 0..3 {
            talk.say(true, &[1; 148]).wait(2_000.0).say(false, &[2; 76]);
        }
        talk.send(true, FIN | ACK, &[]);
        talk.wait(24.0).send(false, FIN | ACK, &[]);
        talk
    };
    let talks: Vec<Talk> = (0..6).map(|i| guess(42_000 + i)).collect();
    for judged in judge(&talks.iter().collect::<Vec<_>>(), 60_000.0) {
        assert_eq!(lead(&judged), "auth-denied");
        assert!(has(&judged, "brute-force"));
    }
    assert!(!has(&lone(&guess(42_000), 60_000.0).0, "brute-force"));
}

/// A session under chacha20-poly1305: the login is granted, a channel opened.
fn session(port: u16) -> Talk {
    let mut talk = Talk::new(10, port, 5_000.0);
    talk.handshake().identify("SSH-2.0-OpenSSH_9.6").exchange().service().say(true, &[1; 60]).say(false, &[2; 76]);
    talk.say(true, &[1; 308])
        .say(false, &[2; 28])
        .say(true, &[1; 112])
        .say(false, &[2; 44])
        .say(true, &[1; 44])
        .say(false, &[2; 108]);
    talk
}

#[test]
fn an_idle_session_that_the_server_closes_after_a_round_time() {
    let idle = |seconds: f64| {
        let mut talk = session(40_080);
        talk.wait(seconds * 1_000.0).close(false);
        lone(&talk, 900_000.0)
    };
    let (judged, id) = idle(300.3);
    assert_eq!(id, "unused-channel-timeout", "{:?}", judged.judgement.ended);
    assert!(has(&judged, "session-process-killed"));
    assert_eq!(idle(317.0).1, "session-process-killed");
}

#[test]
fn a_second_key_exchange_that_does_not_end() {
    // Under chacha20-poly1305 a packet in clear grows by its tag and keeps its padding, give or take a block.
    let sealed = |payload: usize| 4 + (payload + 1 + 4).next_multiple_of(8) + 16;
    let clear = crate::made::kexinit("curve25519-sha256");
    let kexinit = vec![4; sealed(clear.len() - 5 - usize::from(clear[4]))];
    let mut talk = session(40_081);
    talk.wait(60_000.0).say(true, &kexinit).say(false, &kexinit).wait(100.0);
    let mut ended = talk.clone();
    ended.close(false);
    let (judged, id) = lone(&ended, 200_000.0);
    assert_eq!(id, "rekey-failure", "{:?}", judged.judgement.ended);
    talk.say(true, &[1; 64]).say(false, &[2; 300]).say(true, &[1; 28]).say(true, &[1; 60]).close(true);
    assert_eq!(lone(&talk, 200_000.0).1, "normal-close");
}

#[test]
fn a_reset_out_of_line_is_a_remark() {
    let mut talk = session(40_082);
    let numbers = talk.numbers();
    let reset = talk.send(false, RST, &[]);
    (reset.seq, reset.window, reset.ip_id, reset.ttl) = (reset.seq + 700, 0, 0, 44);
    talk = talk.standing_at(numbers);
    talk.wait(0.1).send(true, ACK, &[]);
    talk.wait(200.0).say(true, &[1; 60]).say(false, &[2; 60]).close(true);
    let (judged, id) = lone(&talk, 60_000.0);
    assert_eq!(id, "normal-close", "{:?}", judged.judgement.ended);
    assert!(has(&judged, "rst-ignored-challenge"));
}

#[test]
fn a_disconnect_in_clear_text_tells_why() {
    let disconnect =
        |code: u8| packet(&[&[1, 0, 0, 0, code][..], &string(b"no usable host key"), &string(b"")].concat());
    let mut talk = Talk::new(10, 40_090, 5_000.0);
    talk.handshake().identify("SSH-2.0-device_1.0").kexinits("curve25519-sha256");
    let mut wordless = talk.clone();
    talk.say(false, &disconnect(3)).close(false);
    let (judged, id) = lone(&talk, 20_000.0);
    let verdict = judged.judgement.verdict().unwrap();
    assert_eq!(
        (id, verdict.confidence, judged.judgement.ended.by),
        ("disconnect-in-clear", Confidence::Certain, By::ServerApp)
    );
    assert!(
        verdict.evidence[0].text.contains("KEY_EXCHANGE_FAILED")
            && verdict.evidence[0].text.contains("no usable host key")
    );
    assert!(verdict.against[0].contains("in common"), "{:?}", verdict.against);
    wordless.close(false);
    assert_ne!(lone(&wordless, 20_000.0).1, "disconnect-in-clear");
}

#[test]
fn sizes_that_nobody_knows_leave_the_login_open() {
    let talk = |sizes: &[usize]| {
        let mut talk = Talk::new(10, 40_091, 5_000.0);
        talk.handshake().identify("SSH-2.0-OpenSSH_9.6").exchange();
        for (turn, size) in sizes.iter().enumerate() {
            talk.say(turn % 2 == 0, &vec![7; *size]);
        }
        talk.close(true);
        lone(&talk, 20_000.0)
    };
    let (judged, id) = talk(&[313, 209, 517, 131, 77, 401]);
    assert_eq!((id, judged.judgement.ended.phase_uncertain), ("closed-login-unclear", true));
    // The service request alone was answered: nobody was let in.
    let (judged, id) = talk(&[44, 44]);
    assert_ne!(id, "closed-login-unclear", "{:?}", judged.judgement.ended);
    assert!(!judged.judgement.ended.phase_uncertain);
}

#[test]
fn a_capture_that_ends_in_repetitions_is_not_certain() {
    let mut talk = Talk::new(10, 40_092, 5_000.0);
    talk.handshake().identify("SSH-2.0-OpenSSH_9.6").kexinits("curve25519-sha256");
    let confidence = |talk: &Talk| {
        let (judged, id) = lone(talk, talk.now);
        assert_eq!(id, "in-progress", "{:?}", judged.judgement.ended);
        judged.judgement.verdict().unwrap().confidence
    };
    assert_eq!(confidence(&talk), Confidence::Certain);
    // Acknowledged, and repeated all the same: its sender does not see the acknowledgements.
    let sent = crate::made::kexinit("curve25519-sha256");
    let [client, server] = talk.numbers();
    for _ in 0..3 {
        let back = client.wrapping_sub(u32::try_from(sent.len()).unwrap());
        talk = talk.standing_at([back, server]);
        talk.wait(5.0).send(true, PSH | ACK, &sent);
    }
    assert_eq!(confidence(&talk), Confidence::Possible);
}

#[test]
fn the_stage_signature_is_the_papers() {
    let signature = |talk: &Talk| {
        let judged = judge(&[talk], talk.now + 60_000.0).remove(0);
        judged.judgement.words(&judged.record).stage_signature
    };
    let mut talk = Talk::new(10, 40_093, 5_000.0);
    talk.send(true, SYN, &[]);
    assert_eq!(signature(&talk).as_deref(), Some("SYN → ∅"));
    let mut talk = Talk::new(10, 40_094, 5_000.0);
    talk.handshake();
    let mut early = talk.clone();
    early.wait(5.0).send(false, RST | ACK, &[]);
    assert_eq!(signature(&early).as_deref(), Some("SYN; ACK → RST+ACK"));
    talk.say(true, b"SSH-2.0-OpenSSH_9.2p1\r\n");
    let numbers = talk.numbers();
    for back in [0, 40] {
        let reset = talk.wait(1.0).send(false, RST, &[]);
        reset.seq += back;
        talk = talk.standing_at(numbers);
    }
    assert_eq!(signature(&talk).as_deref(), Some("PSH+ACK → RST ≠ RST"));
    let mut whole = session(40_095);
    assert_eq!(signature(whole.close(true)), None);
    let mut cut = session(40_096);
    cut.wait(5.0).send(false, RST | ACK, &[]);
    assert_eq!(signature(&cut).as_deref(), Some("PSH+ACK; Data → RST+ACK"));
}

#[test]
fn a_refused_client_that_says_goodbye_left_by_itself() {
    let talk = |last: usize| {
        let mut talk = Talk::new(10, 40_097, 5_000.0);
        talk.handshake().identify("SSH-2.0-OpenSSH_9.6").exchange().service().say(true, &[1; 60]).say(false, &[2; 76]);
        talk.say(true, &[1; 148]).say(false, &[2; 76]);
        // The server closes on it, before the client's own FIN is there.
        talk.say(true, &vec![3; last]).close(false);
        lone(&talk, 20_000.0)
    };
    // DISCONNECT without a text.
    let (judged, id) = talk(44);
    assert_eq!((id, judged.judgement.ended.by), ("auth-denied", By::Client), "{:?}", judged.judgement.ended);
    let (judged, id) = talk(148);
    assert_eq!(judged.judgement.ended.by, By::ServerApp, "{id}");
}
