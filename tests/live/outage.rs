//! Interfaces that go down, go away and come back.

use crate::capture::{Capture, lines};
use crate::network::{LINK, Network};
use crate::ssh::{Sshd, login};

#[test]
fn the_capture_goes_on_when_the_interface_is_up_again() {
    let network = Network::new();
    let _sshd = Sshd::start(&network, "");
    let capture = Capture::on_server(&network, &["--format", "jsonl", "--user", "nobody"]);
    assert!(login(&network, &[]).status.success());
    network.on("server", "ip", &["link", "set", LINK, "down"]);
    capture.until("the interface went down");
    network.on("server", "ip", &["link", "set", LINK, "up"]);
    capture.until("up again, the capture goes on");
    assert!(login(&network, &[]).status.success());
    let ended = capture.interrupt();
    assert_eq!((ended.status, lines(&ended.out).0.len()), (Some(0), 2), "{}", ended.errors);
}

#[test]
fn the_capture_goes_on_when_a_removed_interface_is_back() {
    let network = Network::new();
    let _sshd = Sshd::start(&network, "");
    let capture = Capture::on_server(&network, &["--format", "jsonl", "--user", "nobody"]);
    assert!(login(&network, &[]).status.success());
    network.on("server", "ip", &["link", "del", LINK]);
    capture.until("the interface is gone");
    network.connect();
    capture.until("up again, the capture goes on");
    assert!(login(&network, &[]).status.success());
    let ended = capture.interrupt();
    assert_eq!((ended.status, lines(&ended.out).0.len()), (Some(0), 2), "{}", ended.errors);
}

#[test]
fn a_capture_without_its_interface_ends_cleanly() {
    let network = Network::new();
    let capture = Capture::on_server(&network, &[]);
    network.on("server", "ip", &["link", "del", LINK]);
    capture.until("the interface is gone");
    assert_eq!(capture.interrupt().status, Some(0));
}
