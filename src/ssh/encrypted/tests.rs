//! Writes of real connections, captured on a loopback interface with OpenSSH 9.2p1, dropbear 2022.83, tinysshd 20230101, plink 0.78,
//! paramiko 5.1, asyncssh 2.24, libssh2 1.11, curl 7.88 and ssh2js 1.17, and what each of them was.

use proptest::prelude::*;

use super::*;

/// What happened in truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Granted { at: usize, after: u32 },
    Refused(u32),
    Undecided,
}
use Truth::{Granted, Refused, Undecided};

/// Cipher and MAC, the client's and the server's software, the sizes (`C` client, `S` server), the truth.
type Case = ((&'static str, &'static str), &'static str, &'static str, &'static str, Truth);

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    vec![
        // OpenSSH: none refused, key probed, signed, granted.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S76 C140 S100 C308 S28 C112 S648 S168 C112 S72", Granted { at: 8, after: 0 }),
        // OpenSSH: the same, then keepalives of both sides.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S76 C140 S100 C308 S28 C112 S648 S168 C112 S72", Granted { at: 8, after: 0 }),
        // OpenSSH: three wrong passwords.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S76 C148 S76 C148 S76 C148 S76", Refused(3)),
        // OpenSSH: nothing to offer but none.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S76", Refused(0)),
        // OpenSSH: one key, DenyUsers.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S76 C140 S76", Refused(1)),
        // OpenSSH: the DISCONNECT is as long as a refusal.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S76 C140 S76", Refused(1)),
        // OpenSSH: the user types after the server has gone.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S76 C84", Refused(0)),
        // OpenSSH: six wrong keys, the sixth answered by DISCONNECT "Too many authentication failures".
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S52 C140 S52 C140 S52 C140 S52 C140 S52 C140 S52 C140 S76", Refused(6)),
        // OpenSSH: a wrong key, then an RSA key of 3072 bits.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S52 C140 S52 C492 S460 C988 S28 C112 S544 S192", Granted { at: 10, after: 1 }),
        // OpenSSH: ssh -C, zlib@openssh.com starts only after the success.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S52 C84 S28 C112 S404 S36 C44 S152 S72 C36", Granted { at: 6, after: 0 }),
        // OpenSSH: a login banner in the segment of the first refusal; key, then password, both required.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S144 C140 S100 C308 S44 C84 S28 C112 S544 S192", Granted { at: 10, after: 1 }),
        // OpenSSH: the same with three wrong passwords; the partial success counts.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S144 C140 S100 C308 S44 C84 S44 C84 S44 C84 S44", Refused(4)),
        // OpenSSH with PAM: keyboard-interactive, last round without a question.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S68 C84 S60 C84 S44 C84 S28 C112 S396 S44", Granted { at: 10, after: 0 }),
        // OpenSSH with PAM: two wrong passwords by keyboard-interactive.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S68 C84 S60 C84 S68 C84 S60 C84 S68", Refused(2)),
        // OpenSSH with every method switched off: refusals without methods, as long as a success.
        (("aes128-gcm@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S324 C52 S52 C68 S36 C84 S36 C84 S36 C84 S36 C84 S36", Undecided),
        // OpenSSH: an empty password, granted to none.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C44 S44 C60 S28 C112 S396 S44 C52 S72 C36 S36 S88 C36", Granted { at: 4, after: 0 }),
        // OpenSSH: the same under aes128-gcm, where what follows has to confirm it.
        (("aes128-gcm@openssh.com", ""), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S324 C52 S52 C68 S36 C120 S404 S52 C52 S72 C36 S36 S88 C36", Granted { at: 4, after: 0 }),
        // OpenSSH: key login under the MAC with the longest tag.
        (("aes256-ctr", "hmac-sha2-512"), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S368 C96 S96 C112 S112 C192 S144 C352 S80 C224 S656 S304 C96 S176", Granted { at: 8, after: 0 }),
        // OpenSSH: key login under the smallest packets there are.
        (("3des-cbc", "umac-64-etm@openssh.com"), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S308 C36 S36 C52 S44 C132 S92 C300 S20 C96 S528 S176 C44 S56", Granted { at: 8, after: 0 }),
        // OpenSSH: key login, 8-byte blocks, MAC over the plain text.
        (("3des-cbc", "hmac-sha1"), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S316 C52 S52 C68 S60 C140 S100 C308 S36 C128 S552 S208 C52 S80", Granted { at: 8, after: 0 }),
        // OpenSSH: two wrong keys.
        (("aes128-ctr", "hmac-sha2-256"), "OpenSSH_9.2p1", "OpenSSH_9.2p1", "S336 C64 S64 C80 S80 C160 S80 C160 S80", Refused(2)),
        // dbclient sends none together with SERVICE_REQUEST.
        (("chacha20-poly1305@openssh.com", ""), "dropbear_2022.83", "OpenSSH_9.2p1", "S316 C104 S44 S52 C76 S28 C52 S404 S36 C52 S36 C36 S116 C36", Granted { at: 5, after: 0 }),
        // dbclient: wrong passwords until OpenSSH has enough.
        (("chacha20-poly1305@openssh.com", ""), "dropbear_2022.83", "OpenSSH_9.2p1", "S316 C104 S44 S52 C76 S52 C68 S52 C68 S52 C68 S52 C68 S52 C68 S76", Refused(6)),
        // dropbear on both sides: ten tries, the last without an answer.
        (("chacha20-poly1305@openssh.com", ""), "dropbear_2022.83", "dropbear_2022.83", "S220 C104 S44 S52 C76 S52 C68 S52 C68 S52 C68 S52 C68 S52 C68 S52 C68 S52 C68 S52 C68 S52 C68", Refused(9)),
        // dropbear server: its success has 36 bytes under chacha20-poly1305, not 28.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "dropbear_2022.83", "S220 C44 S44 C60 S52 C84 S36 C52 S44 C52 C36 S36 S36 S88", Granted { at: 6, after: 0 }),
        // libssh2 sends the password at once; dropbear.
        (("chacha20-poly1305@openssh.com", ""), "libssh2_1.11.1", "dropbear_2022.83", "S220 C44 S44 C76 S36 C52 S44 C52 S36 S36 S88 C36 C80", Granted { at: 4, after: 0 }),
        // dropbear server: a wrong key and a right one under aes128-ctr.
        (("aes128-ctr", "hmac-sha2-256"), "OpenSSH_9.2p1", "dropbear_2022.83", "S240 C64 S64 C80 S80 C160 S80 C160 S112 C240 S48 C80 S64 C64", Granted { at: 10, after: 1 }),
        // plink pads the password to 272 bytes.
        (("aes256-ctr", "hmac-sha2-256"), "PuTTY_Release_0.78", "OpenSSH_9.2p1", "S336 C64 S64 C80 S80 C272 S48 C80 S416 S64 C160 S112 C48 S176", Granted { at: 6, after: 0 }),
        // plink: one wrong password.
        (("aes256-ctr", "hmac-sha2-256"), "PuTTY_Release_0.78", "OpenSSH_9.2p1", "S336 C64 S64 C80 S80 C272 S80", Refused(1)),
        // paramiko asks without none; aes128-ctr.
        (("aes128-ctr", "hmac-sha2-256"), "paramiko_5.1.0", "OpenSSH_9.2p1", "S336 C64 S64 C96 S48 C80 S416 S64 C64 S112 C48 S176 C48", Granted { at: 4, after: 0 }),
        // paramiko: one wrong password.
        (("aes128-ctr", "hmac-sha2-256"), "paramiko_5.1.0", "OpenSSH_9.2p1", "S336 C64 S64 C96 S80", Refused(1)),
        // asyncssh client: an SSH_MSG_IGNORE before every request.
        (("chacha20-poly1305@openssh.com", ""), "AsyncSSH_2.24.1", "OpenSSH_9.2p1", "S316 C44 S44 C36 C60 S52 C36 C76 S28 C36 C52 S396 S44 C36", Granted { at: 8, after: 0 }),
        // ssh2js: the first bytes of a packet travel in a segment of their own (Nagle).
        (("aes128-gcm@openssh.com", ""), "ssh2js1.17.0", "OpenSSH_9.2p1", "S324 C52 S52 C4 C64 S52 C4 C80 S36 C4 S404 C48 S52 C4", Granted { at: 8, after: 0 }),
        // ssh2js and a paramiko server: four bytes of SERVICE_REQUEST before the EXT_INFO.
        (("aes128-gcm@openssh.com", ""), "ssh2js1.17.0", "paramiko_5.1.0", "C4 S164 C32 C16 S52 C4 C64 S52 C4 C80 S36 C4 C48 S52", Granted { at: 10, after: 0 }),
        // curl with libssh2: none, password, sftp.
        (("aes128-ctr", "hmac-sha2-256"), "libssh2_1.10.0", "OpenSSH_9.2p1", "C64 S64 C80 S80 C96 S48 C80 S416 S64 C80 S48 C48 C48 S48", Granted { at: 5, after: 0 }),
        // paramiko server.
        (("aes128-ctr", "hmac-sha2-256-etm@openssh.com"), "OpenSSH_9.2p1", "paramiko_5.1.0", "S180 C68 S68 C84 S68 C164 S52 C68 S68 C68 C52 S52 S68 S52", Granted { at: 6, after: 0 }),
        // paramiko server: three wrong passwords.
        (("aes128-ctr", "hmac-sha2-256-etm@openssh.com"), "OpenSSH_9.2p1", "paramiko_5.1.0", "S180 C68 S68 C84 S68 C164 S68 C164 S68 C164 S68", Refused(3)),
        // asyncssh server: SSH_MSG_IGNORE before every answer; keyboard-interactive.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "AsyncSSH_2.24.1", "S764 C44 S44 C60 S36 S60 C84 S36 S68 C84 S36 S28 C52 S36", Granted { at: 11, after: 0 }),
        // asyncssh server: three wrong passwords by each of two methods.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "AsyncSSH_2.24.1", "S764 C44 S44 C60 S36 S60 C84 S36 S68 C84 S36 S60 C84 S36 S68 C84 S36 S60 C84 S36 S68 C84 S36 S60 C84 S36 S60 C84 S36 S60 C84 S36 S60", Refused(6)),
        // asyncssh server under aes128-gcm: SSH_MSG_IGNORE is as long as a success; questions as long as refusals count.
        (("aes128-gcm@openssh.com", ""), "OpenSSH_9.2p1", "AsyncSSH_2.24.1", "S772 C52 S52 C68 S36 S68 C84 S36 S68 C84 S36 S68 C84 S36 S68 C84 S36 S68 C84 S36 S68 C84 S36 S68 C148 S36 S68 C148 S36 S68 C148 S36 S68", Refused(9)),
        // asyncssh server under aes128-ctr: two packets of the size of a success.
        (("aes128-ctr", "hmac-sha2-256"), "paramiko_5.1.0", "AsyncSSH_2.24.1", "S784 C64 S64 C96 S48 S48 C80 S48 S64 C64 S48 S48 S48 S80", Granted { at: 5, after: 0 }),
        // tinysshd pads more than it needs to: two keys granted to the probe, refused when signed.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "tinyssh_20230101-1", "C44 S52 C60 S52 C140 S116 C228 S52 C140 S116 C228 S52", Refused(2)),
        // tinysshd: its success is as long as the SERVICE_ACCEPT of others.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "tinyssh_20230101-1", "C44 S60 C60 S60 C140 S116 C228 S44 C52 S52 C52 C36 S52 S164", Granted { at: 7, after: 0 }),
        // tinysshd: the same with less padding.
        (("chacha20-poly1305@openssh.com", ""), "OpenSSH_9.2p1", "tinyssh_20230101-1", "C44 S60 C60 S60 C140 S116 C228 S36 C52 S52 C52 C36 S52 S156", Granted { at: 7, after: 0 }),
    ]
}

fn writes(sizes: &str) -> Vec<Write> {
    let write = |(index, word): (usize, &str)| Write {
        from_client: word.starts_with('C'),
        bytes: word.get(1..).and_then(|n| n.parse().ok()).expect("a side and a number"),
        time: Timestamp(i64::try_from(index).expect("a short list") * 1_000_000),
        index,
        after_gap: false,
    };
    sizes.split_whitespace().enumerate().map(write).collect()
}

fn both(cipher: &str, mac: &str) -> PerDirection<Option<Suite>> {
    PerDirection { client_to_server: Suite::of(cipher, mac), server_to_client: Suite::of(cipher, mac) }
}

const CHACHA: &str = "chacha20-poly1305@openssh.com";

/// Key login, three wrong passwords: the two that most tests start from.
const KEY_LOGIN: &str = "S316 C44 S44 C60 S76 C140 S100 C308 S28 C112 S648 S168 C112 S72";
const THREE_REFUSALS: &str = "S316 C44 S44 C60 S76 C148 S76 C148 S76 C148 S76";

fn judge(sizes: &str, circumstances: Circumstances<'_>) -> AuthenticationGuess {
    AuthenticationGuess::of(&writes(sizes), &Circumstances { suites: both(CHACHA, ""), ..circumstances })
}

#[test]
fn real_connections() {
    for ((cipher, mac), client, server, sizes, truth) in cases() {
        let (client, server) = (Software::parse(client, None), Software::parse(server, None));
        let circumstances = Circumstances {
            suites: both(cipher, mac),
            client: Some(&client),
            server: Some(&server),
            ..Circumstances::default()
        };
        let guess = AuthenticationGuess::of(&writes(sizes), &circumstances);
        match truth {
            Granted { at, after } => {
                assert_eq!((guess.outcome, guess.attempts), (Outcome::Succeeded { at }, after), "{sizes}: {guess:?}");
                assert_eq!(guess.session_began, Some(at + 1), "{sizes}");
            }
            Refused(attempts) => {
                assert_eq!((guess.outcome, guess.attempts), (Outcome::Failed, attempts), "{sizes}: {guess:?}");
            }
            Undecided => assert_eq!(guess.outcome, Outcome::Unknown, "{sizes}"),
        }
    }
}

/// Without the software the judgement may be open, but not another one.
#[test]
fn unknown_software_never_turns_the_judgement() {
    for ((cipher, mac), _, server, sizes, truth) in cases() {
        if server.starts_with("tinyssh") {
            continue; // its padding is not known then, and SERVICE_ACCEPT says so
        }
        for seen in [Seen::Both, Seen::ServerOnly] {
            let lone = |write: &Write| seen == Seen::Both || !write.from_client;
            let writes: Vec<Write> = writes(sizes).into_iter().filter(lone).collect();
            let circumstances = Circumstances { suites: both(cipher, mac), seen, ..Circumstances::default() };
            let outcome = AuthenticationGuess::of(&writes, &circumstances).outcome;
            match truth {
                // It may need more to be sure, and so be later.
                Granted { at: truth, .. } => match outcome {
                    Outcome::Succeeded { at } => assert!(at >= truth, "{sizes} {at}"),
                    other => assert_eq!(other, Outcome::Unknown, "{sizes}"),
                },
                _ => assert!([Outcome::Failed, Outcome::Unknown].contains(&outcome), "{sizes} {outcome:?}"),
            }
        }
    }
}

#[test]
fn padding_that_is_not_the_least_is_not_judged() {
    let guess = judge("C44 S60 C60 S60 C140 S108 C228 S44 C52", Circumstances::default());
    assert_eq!((guess.outcome, guess.basis), (Outcome::Unknown, Basis::Nothing));
}

#[test]
fn what_the_fields_say() {
    let guess = judge(KEY_LOGIN, Circumstances::default());
    assert_eq!((guess.requests, guess.answered, guess.server_service_accept), (3, 3, Some(2)));
    assert_eq!(guess.evidence, [2, 4, 6, 8, 9]);
    let guess = judge("S316 C44 S44 C60 S76 C148", Circumstances::default());
    assert_eq!((guess.requests, guess.answered, guess.last_from_client), (2, 1, true));
    let guess = judge("S316 C44 S44 C60 S52 C140 S52 C140 S76", Circumstances::default());
    assert_eq!((guess.too_many_failures, guess.attempts, guess.last_answer_is_refusal), (Some(8), 2, false));
}

#[test]
fn nothing_is_guessed_without_the_sizes_for_it() {
    let hidden = [
        Circumstances { compressed: true, ..Circumstances::default() },
        Circumstances { seen: Seen::ClientOnly, ..Circumstances::default() },
        Circumstances { missing_from: Some(2), ..Circumstances::default() },
    ];
    for circumstances in hidden {
        assert_eq!(judge(KEY_LOGIN, circumstances).outcome, Outcome::Unknown);
    }
    // Without the names the answers are compared with the SERVICE_ACCEPT.
    let unnamed = AuthenticationGuess::of(&writes(KEY_LOGIN), &Circumstances::default());
    assert_eq!(unnamed.outcome, Outcome::Succeeded { at: 8 });
    // A hole after the success takes nothing back; one after a refusal does.
    let late = Circumstances { missing_from: Some(9), ..Circumstances::default() };
    assert_eq!(judge(KEY_LOGIN, late).outcome, Outcome::Succeeded { at: 8 });
    assert_eq!(judge(THREE_REFUSALS, late).outcome, Outcome::Unknown);
    assert_eq!(judge("S316 C44 S44", Circumstances::default()).outcome, Outcome::Unknown);
    assert_eq!(judge("", Circumstances::default()).outcome, Outcome::Unknown);
}

#[test]
fn a_session_shows_itself() {
    let cut = Circumstances { missing_from: Some(0), ..Circumstances::default() };
    let typing = "C36 S36 C36 S44 C36 S36 C36 S36 C36";
    assert_eq!(judge(typing, cut).basis, Basis::Behaviour);
    let bulk = "S1448 ".repeat(100);
    assert!(matches!(judge(&bulk, Circumstances { compressed: true, ..cut }).outcome, Outcome::Succeeded { .. }));
    // A brute force of equal tries is none, however long.
    let tries = "C84 S52 ".repeat(2000);
    assert_eq!(judge(&tries, cut).outcome, Outcome::Unknown);
}

/// OpenSSH from 9.6 on: the client sends EXT_INFO before SERVICE_REQUEST, the server one more in the segment of its first answer
/// (sizes computed, not captured).
#[test]
fn ext_info_within_the_authentication() {
    let guess = judge("S316 C120 S44 C60 S392 C140 S100 C308 S28 C112", Circumstances::default());
    assert_eq!((guess.outcome, guess.requests), (Outcome::Succeeded { at: 8 }, 3));
    let guess = judge("S316 C120 S44 C60 S392 C84 S76 C84 S76", Circumstances::default());
    assert_eq!((guess.outcome, guess.attempts), (Outcome::Failed, 2));
}

/// A banner of two segments: what remains of it in the second one is not a packet of its own.
#[test]
fn the_rest_of_a_long_packet_is_not_a_success() {
    let guess = judge("S316 C44 S44 C60 S1448 S28 S76 C148 S76", Circumstances::default());
    assert_eq!(guess.outcome, Outcome::Failed);
}

fn any_writes() -> impl Strategy<Value = Vec<(bool, u32)>> {
    let bytes =
        prop_oneof![Just(28u32), Just(36), Just(44), Just(52), Just(60), Just(76), Just(4), 0u32..400, any::<u32>()];
    proptest::collection::vec((any::<bool>(), bytes), 0..60)
}

proptest! {
    #[test]
    fn success_on_a_prefix_stays_on_the_whole(writes in any_writes(), cut in 0usize..60, suite in 0usize..5, seen in 0usize..3, hole in proptest::option::of(0usize..60), server in 0usize..3) {
        let names = [(CHACHA, ""), ("aes128-gcm@openssh.com", ""), ("aes128-ctr", "hmac-sha2-256"), ("3des-cbc", "hmac-sha1"), ("none", "none")];
        let software = ["OpenSSH_9.2p1", "AsyncSSH_2.24.1", "tinyssh_20230101-1"].map(|name| Software::parse(name, None));
        let circumstances = Circumstances {
            suites: both(names[suite].0, names[suite].1),
            seen: [Seen::Both, Seen::ClientOnly, Seen::ServerOnly][seen],
            missing_from: hole,
            server: Some(&software[server]),
            ..Circumstances::default()
        };
        let writes: Vec<Write> = writes
            .into_iter()
            .enumerate()
            .map(|(index, (from_client, bytes))| Write { from_client, bytes, time: Timestamp(0), index, after_gap: false })
            .collect();
        let whole = AuthenticationGuess::of(&writes, &circumstances);
        let part = AuthenticationGuess::of(&writes[..cut.min(writes.len())], &circumstances);
        if matches!(part.outcome, Outcome::Succeeded { .. }) {
            let kept = matches!(whole.outcome, Outcome::Succeeded { .. });
            prop_assert!(kept, "success is never taken back");
        }
        prop_assert!(whole.answered <= whole.requests);
        prop_assert!(whole.evidence.iter().all(|&index| index < writes.len()));
    }
}
