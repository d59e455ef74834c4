//! More than fits.

use crate::capture::{Capture, lines, program};
use crate::network::{LINK, Network};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::Duration;

/// A capture whose report nobody reads yet.
struct Unread(Child);

impl Drop for Unread {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn lost_packets_are_counted() {
    let network = Network::new();
    let capture = Capture::on_server(&network, &["--buffer", "1MB", "--format", "jsonl"]);
    capture.signal("STOP");
    network.script("client", "flood.py", &[LINK, "40000", "40000"]);
    capture.signal("CONT");
    let ended = capture.interrupt();
    let (_, summary) = lines(&ended.out);
    let (taken, lost) = (&summary["captures"][0]["packets"], &summary["captures"][0]["capture_drops"]);
    assert!(lost.as_u64().unwrap() > 10_000, "{summary}");
    // Each SYN is answered with a reset, which passes the filter too; the script's own question draws an ICMP error.
    let all = taken.as_u64().unwrap() + lost.as_u64().unwrap();
    assert!((80_000..80_010).contains(&all), "{summary}");
}

/// Nobody reads the report, so that judging stands still, for as long as a flood lasts that the kernel's buffer could not hold: its
/// packets wait in the program, and none is lost.
#[test]
fn a_burst_waits_until_it_is_judged() {
    let network = Network::new();
    let arguments = ["capture", LINK, "--buffer", "1MB", "--format", "jsonl"];
    let mut command = network.command("server", &program(), &arguments);
    let mut unread = Unread(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let (mut out, mut said) = (unread.0.stdout.take().unwrap(), BufReader::new(unread.0.stderr.take().unwrap()));
    let mut line = String::new();
    while !line.contains("kernel filter: ") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "it ended");
    }
    // After some thousand connections the first are judged to make room: their report is more than fits into a pipe.
    network.script("client", "flood.py", &[LINK, "60000", "20000"]);
    let read = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text).unwrap()
    });
    crate::network::run("kill", &["-INT", &unread.0.id().to_string()]);
    let (report, status) = (read.join().unwrap(), unread.0.wait().unwrap());
    let (connections, summary) = lines(&report);
    let capture = &summary["captures"][0];
    assert_eq!((status.code(), &capture["capture_drops"]), (Some(1), &0.into()), "{summary}");
    // What was captured before the signal is judged after it. The script's own question draws an ICMP error.
    let packets = capture["packets"].as_u64().unwrap();
    assert!((120_000..120_010).contains(&packets) && connections.len() == 60_000, "{summary}");
}

/// Some days of a server that strangers try: a hundred thousand short connections. What the first third needed is enough
/// for the rest.
#[test]
fn memory_is_flat_over_many_connections() {
    let network = Network::new();
    let capture = Capture::on_server(&network, &["--format", "jsonl", "-o", "/dev/null"]);
    // The most that it has at any time: the allocator gives back at times of its own what is not in use.
    let flood = |count: &str| {
        std::thread::scope(|scope| {
            let sender = scope.spawn(|| {
                network.script("client", "flood.py", &[LINK, count, "3000"]);
                std::thread::sleep(Duration::from_secs(4));
            });
            let mut most = 0;
            while !sender.is_finished() {
                most = most.max(capture.own_memory());
                std::thread::sleep(Duration::from_millis(20));
            }
            most
        })
    };
    let early = [flood("30000"), flood("10000")].into_iter().max().unwrap();
    let late = [flood("30000"), flood("30000")].into_iter().max().unwrap();
    let ended = capture.interrupt();
    assert!(ended.errors.contains("0 dropped by the kernel"), "{}", ended.errors);
    assert!(late < early + early / 8 + 2_048, "{early} KiB became {late} KiB");
    assert!(late < 64 << 10, "{late} KiB");
}
