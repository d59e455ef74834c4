//! Live verdicts: right, and the same as those of the file written beside them.

use crate::capture::{Capture, analyzed, lines, verdict};
use crate::network::{Network, SERVER};
use crate::ssh::{Sshd, login};
use serde_json::Value;
use std::collections::BTreeSet;

/// Healthy and failing connections of many kinds.
fn play(network: &Network) {
    let healthy = login(network, &[]);
    assert!(healthy.status.success(), "{}", String::from_utf8_lossy(&healthy.stderr));
    for options in [
        &["-o", "KexAlgorithms=diffie-hellman-group1-sha1"][..],
        &["-o", "HostKeyAlgorithms=rsa-sha2-256"],
        &["-o", "IdentitiesOnly=yes", "-o", "IdentityFile=/nonexistent", "-o", "PubkeyAuthentication=no"],
        &["-p", "2222"],
    ] {
        assert!(!login(network, options).status.success(), "{options:?}");
    }
    // A scanner that says HTTP, and one that leaves at once.
    let web = format!(
        "import socket; s=socket.create_connection(('{SERVER}',22)); s.send(b'GET / HTTP/1.0\\r\\n\\r\\n'); s.recv(9); s.close()"
    );
    network.on("client", "python3", &["-c", &web]);
    let leave = format!("import socket; socket.create_connection(('{SERVER}',22)).close()");
    network.on("client", "python3", &["-c", &leave]);
}

/// The verdict on each connection. (Evidence may say less live: it counts what was seen of a host until then.)
fn told(connections: &[Value]) -> BTreeSet<String> {
    let verdict = |connection: &Value| {
        let mut ended = connection["ended"].clone();
        ended.as_object_mut().unwrap().retain(|key, _| key != "argument");
        let packets = [&connection["packets"], &connection["first_packet"], &connection["last_packet"]];
        let finding = (verdict(connection), &connection["verdict"]["confidence"]);
        format!("{} {packets:?} {ended} {finding:?} {}", connection["client"], connection["client_says"])
    };
    connections.iter().map(verdict).collect()
}

#[track_caller]
pub fn live_and_file_agree(interface: &str, backend: &[&str]) {
    let network = Network::new();
    let _sshd = Sshd::start(&network, "");
    let file = network.path("beside.pcapng");
    let arguments = ["--port", "22,2222", "--format", "jsonl", "-w", file.to_str().unwrap()];
    let capture = Capture::start(&network, "server", &[&[interface][..], &arguments, backend].concat());
    play(&network);
    let ended = capture.interrupt();
    assert_eq!(ended.status, Some(1), "{}", ended.errors);
    let (live, summary) = lines(&ended.out);
    let (from_file, _) = analyzed(&file, &["--port", "22,2222"]);
    let (live_told, file_told) = (told(&live), told(&from_file));
    let different: Vec<_> = live_told.symmetric_difference(&file_told).collect();
    assert!(different.is_empty(), "{different:#?}");
    assert_eq!(live.len(), 7);
    let ids: BTreeSet<&str> = live.iter().map(verdict).collect();
    for id in ["normal-close", "no-common-kex", "no-common-hostkey", "closed-port"] {
        assert!(ids.contains(id), "{id} is not among {ids:?}");
    }
    assert_eq!(summary["captures"][0]["capture_drops"], 0);
    assert!(ended.errors.contains("0 dropped by the kernel"), "{}", ended.errors);
}

#[test]
fn on_an_interface() {
    live_and_file_agree(crate::network::LINK, &[]);
}

#[test]
fn on_any() {
    live_and_file_agree("any", &[]);
}

#[test]
fn loopback_shows_each_packet_once() {
    let network = Network::new();
    let _sshd = Sshd::start(&network, "");
    for interface in ["lo", "any"] {
        let capture = Capture::start(&network, "server", &[interface, "--format", "jsonl"]);
        let talk = "import socket; s=socket.create_connection(('127.0.0.1',22)); s.recv(99); s.close()";
        network.on("server", "python3", &["-c", talk]);
        let (connections, _) = lines(&capture.interrupt().out);
        let [connection] = &connections[..] else { panic!("{connections:?}") };
        for side in ["client", "server"] {
            let tcp = &connection["tcp"][side];
            assert_eq!(tcp["retransmissions"], 0, "{interface}: {tcp}");
        }
        assert!(connection["packets"].as_u64().unwrap() < 14, "{connection}");
    }
}

/// What is told as text while it runs: each as it ends, not at the end.
#[test]
fn a_failure_is_told_when_it_has_ended() {
    let network = Network::new();
    let _sshd = Sshd::start(&network, "");
    let capture = Capture::on_server(&network, &[]);
    login(&network, &["-o", "KexAlgorithms=diffie-hellman-group1-sha1"]);
    capture.until("sshwire explain no-common-kex");
    capture.signal("USR1");
    capture.until("1 connection: 1 failed");
    assert!(!capture.out().contains("1 connection:"), "a summary in between goes to standard error");
    let ended = capture.interrupt();
    assert!(ended.out.contains("1 connection: 1 failed"), "{}", ended.out);
}
