//! What clients printed and servers logged in the lab, given to `explain`: the diagnosis of the capture is among the
//! candidates.

use crate::command::{refuses, sshwire, sshwire_reading, text};
use crate::labelled::{Scenario, scenarios};
use sshwire::diagnose::catalogue;
use sshwire::explain::{Explanation, explain};

fn ids(explanation: &Explanation) -> Vec<&'static str> {
    explanation.said.meaning.candidates().map(|diagnosis| diagnosis.id).collect()
}

/// A part of a scenario's README: the lines in the fence behind a line that begins like this.
fn part(readme: &str, begins: impl Fn(&str) -> bool) -> Option<String> {
    let mut lines = readme.lines().skip_while(|line| !begins(line)).skip_while(|line| !line.starts_with("```"));
    lines.next()?;
    let inside: Vec<_> = lines.take_while(|line| !line.starts_with("```")).collect();
    Some(inside.join("\n"))
}

/// Expected ids that some text of the scenario must lead to; only those that this release has a page for.
fn expected(scenario: &Scenario) -> Vec<String> {
    let connections = scenario.expected.connection.iter();
    connections.map(|connection| connection.id.clone()).filter(|id| catalogue::find(id).is_some()).collect()
}

#[test]
fn every_message_of_a_client_leads_to_what_happened() {
    let (mut right, mut leading, mut wrong) = (0, 0, Vec::new());
    for scenario in scenarios() {
        for connection in &scenario.expected.connection {
            let Some(message) = &connection.client_message else { continue };
            // A diagnosis without a page in this release cannot be named.
            if catalogue::find(&connection.id).is_none() {
                continue;
            }
            let found = explain(message).map(|explanation| ids(&explanation)).unwrap_or_default();
            right += usize::from(found.iter().any(|id| **id == connection.id));
            leading += usize::from(found.first().is_some_and(|id| **id == connection.id));
            if !found.iter().any(|id| **id == connection.id) {
                wrong.push(format!("{}: `{message}` is {}, not among {found:?}", scenario.name, connection.id));
            }
        }
    }
    eprintln!(
        "{right} of {} messages lead to the diagnosis, {leading} with it in the first place",
        right + wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(right > 150, "only {right} messages");
}

/// Everything that a client printed, with the server's log, not the line that somebody chose.
#[test]
fn whole_texts_find_their_decisive_line() {
    let (mut right, mut wrong) = (0, Vec::new());
    for scenario in scenarios() {
        let wanted = expected(&scenario);
        let fails = |id: &String| id != "normal-close" && id != "in-progress" && id != "health-check-probe";
        if !wanted.iter().all(fails) || wanted.len() != 1 {
            continue;
        }
        let readme = std::fs::read_to_string(scenario.capture.with_file_name("README.md")).unwrap();
        let Some(printed) = part(&readme, |line| line.contains(" printed (exit status ")) else { continue };
        let Some(explanation) = explain(&printed) else { continue };
        let found = ids(&explanation);
        if wanted.iter().any(|id| found.contains(&id.as_str())) {
            right += 1;
        } else {
            wrong.push(format!("{}: `{}` of {wanted:?}, not among {found:?}", scenario.name, explanation.said.line));
        }
    }
    eprintln!("{right} of {} whole texts lead to the diagnosis", right + wrong.len());
    assert!(wrong.len() * 20 <= right, "{}", wrong.join("\n"));
}

/// A log tells of the client's side only what reached the server: the share is told, not demanded.
#[test]
fn logs_of_servers_lead_to_what_happened() {
    let (mut right, mut wrong) = (0, Vec::new());
    for scenario in scenarios() {
        let wanted = expected(&scenario);
        let readme = std::fs::read_to_string(scenario.capture.with_file_name("README.md")).unwrap();
        let Some(log) = part(&readme, |line| line.starts_with("Log of `sshd`")) else { continue };
        let Some(explanation) = explain(&log) else { continue };
        if wanted.iter().any(|id| ids(&explanation).contains(&id.as_str())) {
            right += 1;
        } else {
            wrong.push(format!("{}: `{}` of {wanted:?}", scenario.name, explanation.said.line));
        }
    }
    eprintln!("{right} of {} logs lead to the diagnosis; not:\n{}", right + wrong.len(), wrong.join("\n"));
    assert!(right > 60, "only {right} logs");
}

const VERBOSE: &str = "OpenSSH_9.6p1, OpenSSL 3.0.13\n\
    debug1: Connecting to h.example [192.0.2.9] port 2222.\n\
    debug1: Connection established.\n\
    debug1: Local version string SSH-2.0-OpenSSH_9.6\n\
    kex_exchange_identification: read: Connection reset by peer\n\
    Connection reset by 192.0.2.9 port 2222\n";

#[test]
fn a_verbose_ssh_on_standard_input() {
    for arguments in [&["explain"][..], &["explain", "-"]] {
        let output = sshwire_reading(arguments, VERBOSE);
        assert_eq!(output.status.code(), Some(0));
        insta::assert_snapshot!("explain_reset_early", text(&output));
    }
}

#[test]
fn pages_by_id_and_by_a_piece_of_it() {
    assert!(text(&sshwire(&["explain", "Host-Key-Changed"])).starts_with("# host-key-changed: "));
    assert!(text(&sshwire(&["explain", "tarpit"])).starts_with("# tarpit: "));
    assert!(text(&sshwire(&["explain", "wrappers"])).starts_with("# tcp-wrappers-deny: "), "the only one");
    let several = text(&sshwire(&["explain", "pmtu"]));
    assert!(several.contains("pmtu-blackhole-c2s") && several.contains("pmtu-blackhole-s2c"), "{several}");
}

#[test]
fn a_message_that_no_capture_can_show_gets_its_page() {
    let output = text(&sshwire(&["explain", "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!"]));
    assert!(output.contains("ssh-keygen -R SERVER"), "{output}");
    assert!(output.contains("In a capture it is `hostkey-rejected-by-client`"), "{output}");
}

#[test]
fn json_of_every_kind_of_answer() {
    let json =
        |arguments: &[&str]| -> serde_json::Value { serde_json::from_slice(&sshwire(arguments).stdout).unwrap() };
    let message = json(&["explain", "--json", "ssh: connect to host h.example port 2222: Connection refused"]);
    assert_eq!((&message["schema"], &message["kind"]), (&"sshwire-explain/1".into(), &"message".into()));
    assert_eq!(message["candidates"][0]["id"], "closed-port");
    assert_eq!(message["candidates"][0]["capture"], "certain");
    assert_eq!(message["progress"]["port"], 2222);
    assert!(
        message["capture"]["at_client"].as_str().unwrap().contains("'host h.example and port 2222 or icmp or icmp6'")
    );
    assert_eq!(json(&["explain", "--json", "tarpit"])["kind"], "page");
    assert_eq!(json(&["explain", "--json", "pmtu"])["kind"], "ids");
    let list = json(&["explain", "--json", "--list"]);
    assert!(list["ids"].as_array().unwrap().len() > 70 && list["messages"].as_array().unwrap().len() > 60);
}

#[test]
fn what_is_not_known_is_one_line() {
    refuses(&sshwire(&["explain", "no-comon-kex"]), "near: no-common-kex");
    refuses(&sshwire_reading(&["explain"], ""), "standard input is empty");
    refuses(&sshwire_reading(&["explain", "-"], "the weather\nis fine\n"), "none of the 2 lines");
    refuses(&sshwire(&["explain", "--list", "tarpit"]), "--list");
}

/// Whatever stands in the text, a terminal shows it and does not obey it, and no command for pasting holds it.
#[test]
fn hostile_texts_come_out_harmless() {
    let evil = "\u{1b}]0;x\u{7}ssh: connect to host $(reboot)\u{1b}[31m port 22: Connection refused\u{202e}\u{9b}1m";
    for arguments in [&["explain", evil][..], &["explain", "--json", evil], &["explain", &format!("zzz{evil}qq")]] {
        let output = sshwire(arguments);
        let all = [output.stdout, output.stderr].concat();
        let shown = String::from_utf8(all).unwrap();
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{shown:?}");
        assert!(shown.lines().filter(|line| line.contains("tcpdump")).all(|line| !line.contains("reboot")), "{shown}");
    }
    let bytes = sshwire_reading(&["explain"], "\0\u{1b}[2JPermission denied (publickey).\nx\n");
    assert!(text(&bytes).contains("auth-denied"));
}
