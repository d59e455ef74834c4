//! `--keep failed` and `--metrics` beside a real sshd.

use crate::capture::{Capture, analyzed, lines, verdict, wait_for};
use crate::network::Network;
use crate::ssh::{Sshd, login};
use serde_json::Value;
use std::path::Path;

/// Client, verdict and way of ending of each connection.
fn told(connections: &[Value]) -> Vec<String> {
    let one = |connection: &Value| {
        let ended = &connection["ended"];
        format!(
            "{} {} {} {} {}",
            connection["client"]["port"],
            verdict(connection),
            ended["phase"],
            ended["how"],
            ended["by"]
        )
    };
    connections.iter().map(one).collect()
}

fn play(network: &Network) {
    assert!(login(network, &[]).status.success());
    assert!(!login(network, &["-o", "KexAlgorithms=diffie-hellman-group14-sha1"]).status.success());
    assert!(login(network, &[]).status.success());
    assert!(!login(network, &["-o", "Ciphers=aes128-cbc"]).status.success());
    // Refused at login: no key of the server's list.
    assert!(!login(network, &["-o", "PubkeyAuthentication=no"]).status.success());
    assert!(login(network, &[]).status.success());
}

/// Those that failed, as the live capture told them.
fn failed(report: &str) -> Vec<String> {
    let (connections, _) = lines(report);
    let failed: Vec<Value> = connections.into_iter().filter(|connection| connection["outcome"] == "failed").collect();
    told(&failed)
}

#[test]
fn the_file_holds_the_failed_connections_alone_and_whole() {
    let network = Network::new();
    let _sshd = Sshd::start(&network, "");
    let file = network.path("failed.pcapng");
    let arguments = ["-w", file.to_str().unwrap(), "--keep", "failed", "--format", "jsonl"];
    let capture = Capture::on_server(&network, &arguments);
    play(&network);
    let ended = capture.interrupt();
    let live = failed(&ended.out);
    assert_eq!((live.len(), ended.status), (3, Some(1)), "{}{}", ended.out, ended.errors);
    assert!(ended.errors.contains("3 failed connections with "), "{}", ended.errors);
    let (connections, summary) = analyzed(&file, &[]);
    assert_eq!(told(&connections), live);
    assert!(summary["captures"][0]["warnings"].as_array().unwrap().is_empty(), "{summary}");
    for connection in &connections {
        let history = connection["tcp"]["history"].as_str().unwrap();
        assert!(history.starts_with('S'), "from the SYN on: {history}");
    }
    let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
    assert!(text.contains("no-common-kex (certain)") && !text.contains("normal-close"));
}

/// A failed connection is in the file although nothing closes it.
#[test]
fn what_was_kept_is_there_after_a_kill() {
    let network = Network::new();
    let _sshd = Sshd::start(&network, "");
    let ring = network.path("failed.pcapng");
    let arguments = ["-w", ring.to_str().unwrap(), "--keep", "failed", "--ring", "2x1MB"];
    let first = network.path("failed.pcapng000");
    let size = |path: &Path| path.metadata().map_or(0, |file| file.len());
    for run in 1..=3 {
        let capture = Capture::on_server(&network, &arguments);
        let before = size(&first);
        assert!(!login(&network, &["-o", "KexAlgorithms=diffie-hellman-group14-sha1"]).status.success());
        wait_for(|| size(&first) > before + 1_000, || format!("run {run}: it is not written"));
        capture.signal("KILL");
        drop(capture);
        let (connections, _) = analyzed(&first, &[]);
        assert_eq!(connections.len(), run, "each start goes on where the one before was");
        assert!(connections.iter().all(|connection| verdict(connection) == "no-common-kex"));
    }
}

#[test]
fn a_scraper_reads_the_counters_of_a_capture_without_rights() {
    let network = Network::new();
    let _sshd = Sshd::start(&network, "");
    let capture = Capture::on_server(&network, &["--metrics", "9547", "--user", "nobody"]);
    play(&network);
    let fetch = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9547/metrics').read().decode())";
    let read = || network.on("server", "python3", &["-c", fetch]);
    let all = "sshwire_server_connections_total{server=\"10.77.0.2:22\",outcome=\"failed\"} 3\n";
    wait_for(|| read().contains(all), read);
    let text = read();
    for sample in [
        "sshwire_phase_connections_total{phase=\"session\",outcome=\"healthy\"} ",
        "sshwire_connections_total{outcome=\"failed\",verdict=\"no-common-kex\"} 1\n",
        "sshwire_packets_dropped_total 0\n",
        "process_resident_memory_bytes ",
    ] {
        assert!(text.contains(sample), "{sample:?}: {text}");
    }
    let packets = text.lines().find_map(|line| line.strip_prefix("sshwire_packets_received_total "));
    assert!(packets.is_some_and(|packets| packets.parse::<u64>().unwrap() > 50), "{text}");
    let second = network.try_on("server", &crate::capture::program(), &["capture", "lo", "--metrics", "9547"]);
    let line = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(2), "{line}");
    assert!(line.contains("another program listens there"), "{line}");
    drop(capture);
}
