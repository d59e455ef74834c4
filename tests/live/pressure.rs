//! More than fits.

use crate::capture::{Capture, lines};
use crate::network::{LINK, Network};
use std::time::Duration;

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
