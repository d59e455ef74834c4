//! `sshwire algorithms`: the table, and negotiations of releases, captures and settings.

use crate::command::{refuses, sshwire, sshwire_reading, text};
use crate::labelled::scenarios;

const OLD_CLIENT: &str = "host h\nuser admin\nhostname router.example\nport 22\ncompression no\n\
    ciphers aes128-cbc,3des-cbc\nhostkeyalgorithms ssh-rsa\nkexalgorithms diffie-hellman-group1-sha1\nmacs hmac-sha1\n";

fn json(arguments: &[&str], input: &str) -> serde_json::Value {
    let output = sshwire_reading(arguments, input);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn the_table_by_kind() {
    let table = text(&sshwire(&["algorithms", "--kind", "mac"]));
    assert!(table.contains("hmac-sha2-256-etm@openssh.com") && !table.contains("aes128-ctr"), "{table}");
    let rows = json(&["algorithms", "--json"], "");
    assert_eq!(rows["schema"], "sshwire-algorithms/1");
    let rows = rows["algorithms"].as_array().unwrap();
    let row = rows.iter().find(|row| row["name"] == "ssh-rsa").unwrap();
    assert_eq!(
        (&row["kind"], &row["origin"], &row["status"]),
        (&"host-key".into(), &"RFC 4253".into(), &"weak".into())
    );
    assert_eq!(row["openssh_client_default"]["until"], "8.8");
}

#[test]
fn a_release_against_a_capture() {
    let arguments = ["algorithms", "--client", "openssh-9.9", "--server", "captures/nohk/capture.pcap"];
    let output = sshwire(&arguments);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!("algorithms_no_host_key", text(&output));
}

#[test]
fn settings_against_a_release() {
    let output = sshwire_reading(&["algorithms", "--client", "-", "--server", "openssh-9.9"], OLD_CLIENT);
    assert_eq!(output.status.code(), Some(1));
    let text = text(&output);
    assert!(text.contains("no key exchange method, no host key type, no cipher in common"), "{text}");
    assert!(text.contains("standard input (ssh -G)"), "{text}");
    assert!(text.contains("KexAlgorithms +diffie-hellman-group1-sha1"), "{text}");
}

#[test]
fn two_releases_agree() {
    let found = json(&["algorithms", "--json", "--client", "OpenSSH_7.4p1", "--server", "openssh-9.6"], "");
    assert_eq!(found["agree"], true);
    assert_eq!(found["negotiated"]["kex"], "curve25519-sha256");
    assert_eq!(found["negotiated"]["mac_client_to_server"], "<implicit>");
    assert_eq!(found["weaknesses"][0]["id"], "terrapin", "7.4 has no strict key exchange");
}

#[test]
fn a_list_that_is_missing_is_not_judged() {
    let found = json(&["algorithms", "--json", "--client", "-", "--server", "openssh-9.9"], "aes128-cbc\n");
    let slots: Vec<_> = found["none_in_common"].as_array().unwrap().iter().map(|none| &none["slot"]).collect();
    assert_eq!(slots, ["encryption_client_to_server", "encryption_server_to_client"]);
}

/// What the two ends of a labelled capture agree on fails exactly where the capture is one of a failed negotiation.
#[test]
fn the_two_ends_of_a_capture() {
    let mut compared = 0;
    for scenario in scenarios() {
        let [connection] = scenario.expected.connection.as_slice() else { continue };
        if !connection.id.starts_with("no-common-") && connection.id != "normal-close" {
            continue;
        }
        let capture = scenario.capture.to_str().unwrap();
        let output = sshwire(&["algorithms", "--json", "--client", capture, "--server", capture]);
        // One direction alone, or a KEXINIT that was cut off.
        if output.status.code() == Some(2) {
            continue;
        }
        compared += 1;
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(found["agree"], connection.id == "normal-close", "{}: {found}", scenario.name);
    }
    assert!(compared > 50, "only {compared} compared");
}

#[test]
fn bad_input_is_one_line() {
    let refused = |arguments: &[&str], line: &str| refuses(&sshwire(&[&["algorithms"], arguments].concat()), line);
    refused(&["--client", "nothere.pcap", "--server", "openssh-9.9"], "nothere.pcap: no such file");
    refused(&["--client", "openssh-new"], "a release is written like openssh-9.9");
    refused(&["--client", "openssh-5.3"], "the oldest release whose lists are known is 6.6");
    refused(&["--client", "libssh-0.10.6"], "the lists of libssh are not known here");
    refused(&["--client", "dropbear-new"], "a release is written like dropbear-2022.83");
    refused(&["--server", "putty-0.83"], "the lists of its server are not known here");
    refused(&["--client", "Cargo.toml"], "neither a capture nor what `ssh -G HOST`");
    refused(&["--client", "captures"], "captures: a folder");
    refused(&["--client", "captures/nohk/capture.pcap#9"], "connection 9 is not there");
    refused(&["--client", "captures/nohk/capture.pcap#x"], "the number of a connection");
    refused(&["--server", "captures/closed/capture.pcap"], "has a KEXINIT of the server");
    refused(&["--client", "-", "--server", "-"], "not both");
    refused(&["--client", "-"], "standard input is empty");
    refused(&["--kind", "hash"], "possible values: kex");
    refused(&["--kind", "mac", "--client", "openssh-9.9"], "--kind");
}

#[test]
fn hostile_settings_reach_no_terminal_and_no_command() {
    let evil = "host h\nuser $(id)\nhostname a;b\nciphers \u{1b}[31mx,aes128-cbc\nkexalgorithms diffie-hellman-group14-sha1\n\
                macs hmac-sha1\nhostkeyalgorithms ssh-rsa\n";
    let shown = text(&sshwire_reading(&["algorithms", "--client", "-", "--server", "openssh-9.9"], evil));
    assert!(!shown.contains('\u{1b}') && !shown.contains("$(id)") && !shown.contains("a;b"), "{shown}");
    assert!(shown.contains("\\x1b[31mx"), "{shown}");
}

/// Another product's release is as good as one of OpenSSH; the nearest one stands in, and that is said.
#[test]
fn releases_of_other_software() {
    let output = sshwire(&["algorithms", "--client", "dropbear-2024.86", "--server", "openssh-10.0"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output).contains("the nearest release whose lists are known is 2022.83"), "{}", text(&output));
    let agreed = json(&["algorithms", "--client", "paramiko-2.7.2", "--server", "dropbear-2026.94", "--json"], "");
    assert_eq!(agreed["agree"], true);
    // What the capture of such a release shows is what is said of it.
    let captured = json(
        &[
            "algorithms",
            "--client",
            "openssh-9.9",
            "--server",
            "captures/healthy-dropbear-openssh/capture.pcap",
            "--json",
        ],
        "",
    );
    let named = json(&["algorithms", "--client", "openssh-9.9", "--server", "dropbear-2022.83", "--json"], "");
    assert_eq!(captured["negotiated"]["kex"], "curve25519-sha256");
    assert_eq!(captured["negotiated"], named["negotiated"]);
}
