//! How a capture ends: by itself, by signals, by readers that leave.

use crate::capture::{Capture, lines, program};
use crate::network::{LINK, Network, SERVER};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn refused(network: &Network) {
    let connect = format!("import socket\ntry: socket.create_connection(('{SERVER}',22))\nexcept OSError: pass");
    network.on("client", "python3", &["-c", &connect]);
}

#[test]
fn by_itself() {
    let network = Network::new();
    let begun = Instant::now();
    let ended = Capture::on_server(&network, &["--duration", "1s"]).wait();
    assert_eq!(ended.status, Some(0), "{}", ended.errors);
    assert!(begun.elapsed() < Duration::from_secs(5));

    let capture = Capture::on_server(&network, &["--count", "3", "--format", "jsonl"]);
    refused(&network);
    refused(&network);
    let (connections, summary) = lines(&capture.wait().out);
    assert_eq!((connections.len(), &summary["summary"]["packets"]), (2, &3.into()));

    let capture = Capture::on_server(&network, &["--until-failed", "2", "--format", "jsonl"]);
    for _ in 0..2 {
        refused(&network);
    }
    let ended = capture.wait();
    assert_eq!((ended.status, lines(&ended.out).0.len()), (Some(1), 2), "{}", ended.errors);
}

#[test]
fn by_signals() {
    let network = Network::new();
    for signal in ["INT", "TERM", "HUP"] {
        let capture = Capture::on_server(&network, &["--format", "jsonl"]);
        refused(&network);
        std::thread::sleep(Duration::from_millis(200));
        capture.signal(signal);
        let ended = capture.wait();
        assert_eq!((ended.status, lines(&ended.out).0.len()), (Some(1), 1), "{signal}: {}", ended.errors);
        assert!(ended.errors.contains("2 packets captured, 0 dropped"), "{signal}: {}", ended.errors);
    }
}

#[test]
fn by_a_reader_that_leaves() {
    let network = Network::new();
    let line = format!("{} capture {LINK} --format jsonl | true", program());
    let mut shell: Command = network.command("server", "bash", &["-c", &format!("set -o pipefail; {line}")]);
    let begun = Instant::now();
    let output = shell.stderr(Stdio::piped()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(begun.elapsed() < Duration::from_secs(10), "nothing has to be printed for it to notice");
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert!(!errors.contains("panic") && !errors.contains("cannot be written"), "{errors}");
}
