//! Words of many programs, and whole outputs of `ssh -vvv` and of sshd's log: what stands behind them comes first.
//!
//! `wordings.txt` has the words. `transcripts/` has what OpenSSH 9.2 printed and logged on loopback, against its own sshd and against a
//! program that plays the fault; nothing in it is shortened.

use crate::command::{sshwire_reading, text};
use crate::sources::root;
use sshwire::explain::{Explanation, explain};

/// What `explain` puts first: the page of a message that no capture shows, or the likeliest diagnosis.
fn first(explanation: &Explanation) -> [Option<&'static str>; 2] {
    let meaning = explanation.said.meaning;
    [meaning.page, meaning.candidates().next().map(|diagnosis| diagnosis.id)]
}

#[test]
fn the_words_of_many_programs_lead_to_what_stands_behind_them_first() {
    let rows = include_str!("wordings.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (mut wrong, mut right) = (Vec::new(), 0);
    for row in rows {
        let (wanted, words) = row.split_once(" | ").unwrap_or_else(|| panic!("no row: {row}"));
        match explain(words).as_ref().map(first) {
            Some(found) if found.contains(&Some(wanted)) => right += 1,
            found => wrong.push(format!("{words}\n    is {wanted}, not {found:?}")),
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(right >= 200, "only {right} wordings");
}

/// A file of `transcripts/`, what comes first, and a part of the line that says so.
const TRANSCRIPTS: &[(&str, &str, &str)] = &[
    ("auth-denied", "auth-denied", "Permission denied (publickey)"),
    ("closed-at-kexinit", "banner-then-close", "Connection closed by"),
    ("closed-early", "maxstartups-drop", "Connection closed by remote host"),
    ("closed-in-exchange", "server-dies-in-kex", "Connection closed by"),
    ("closed-port", "closed-port", "Connection refused"),
    ("garbage", "packet-invalid", "message authentication code incorrect"),
    ("host-key-changed", "host-key-changed", "has changed"),
    ("http-server", "not-ssh-http", "HTTP/1.1 400"),
    ("no-common-kex", "no-common-kex", "no matching key exchange method found"),
    ("no-identification", "sshd-not-accepting", "timed out during banner exchange"),
    ("reset-early", "maxstartups-drop", "Connection reset by peer"),
    ("session-killed", "session-process-killed", "closed by remote host"),
    ("stuck-at-kexinit", "pmtu-blackhole-c2s", "SSH2_MSG_KEXINIT sent"),
    ("stuck-before-identification", "sshd-not-accepting", "Local version string"),
    ("stuck-in-exchange", "pmtu-blackhole-s2c", "expecting SSH2_MSG_KEX_ECDH_REPLY"),
    ("text-of-maxstartups", "maxstartups-drop", "Exceeded MaxStartups"),
    ("too-many-auth-failures", "too-many-auth-failures", "Too many authentication failures"),
    ("log-auth-denied", "auth-denied", "Connection closed by authenticating user"),
    ("log-no-common-kex", "no-common-kex", "no matching key exchange method found"),
    ("log-too-many-auth-failures", "too-many-auth-failures", "Too many authentication failures"),
];

fn transcript(name: &str) -> String {
    let path = root().join("tests/it/transcripts").join(name).with_extension("txt");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn whole_outputs_have_their_decisive_line() {
    for (name, wanted, line) in TRANSCRIPTS {
        let explanation = explain(&transcript(name)).unwrap_or_else(|| panic!("{name}: nothing found"));
        assert!(first(&explanation).contains(&Some(*wanted)), "{name}: {wanted}, not {:?}", first(&explanation));
        assert!(explanation.said.line.contains(line), "{name}: by {:?}", explanation.said.line);
    }
    let files = std::fs::read_dir(root().join("tests/it/transcripts")).unwrap().count();
    assert_eq!(files, TRANSCRIPTS.len(), "a transcript without a row");
}

/// The same on standard input: the capture to take is of the server that the output names.
#[test]
fn a_whole_output_on_standard_input_tells_which_capture_to_take() {
    let answer = text(&sshwire_reading(&["explain"], &transcript("stuck-in-exchange")));
    assert!(answer.contains("pmtu-blackhole-s2c"), "{answer}");
    assert!(answer.contains("'host 127.0.0.1 and port 2222 or icmp or icmp6'"), "{answer}");
}
