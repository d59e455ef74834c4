//! The capture by libpcap, and its filter language.

use crate::capture::{Capture, lines, program, verdict};
use crate::network::{LINK, Network, SERVER};
use crate::ssh::{Sshd, login};

const LIBPCAP: &[&str] = &["--backend", "libpcap"];

fn refused(network: &Network, port: u16) {
    let connect = format!("import socket\ntry: socket.create_connection(('{SERVER}',{port}))\nexcept OSError: pass");
    network.on("client", "python3", &["-c", &connect]);
}

#[test]
fn verdicts_are_those_of_the_file_on_an_interface() {
    crate::verdicts::live_and_file_agree(LINK, LIBPCAP);
}

#[test]
fn verdicts_are_those_of_the_file_on_any() {
    crate::verdicts::live_and_file_agree("any", LIBPCAP);
}

#[test]
fn an_expression_narrows_what_passes() {
    let network = Network::new();
    let arguments = ["--port", "22,2222", "--format", "jsonl", "--filter", "not port 2222"];
    let capture = Capture::on_server(&network, &arguments);
    refused(&network, 2222);
    refused(&network, 22);
    let ended = capture.interrupt();
    let (connections, _) = lines(&ended.out);
    assert_eq!(connections.iter().map(verdict).collect::<Vec<_>>(), ["closed-port"], "{}", ended.errors);
    assert!(ended.errors.contains("libpcap") && ended.errors.contains("; and: not port 2222"), "{}", ended.errors);
}

#[test]
fn a_fault_in_an_expression_is_pointed_at() {
    let network = Network::new();
    let run = |arguments: &[&str]| {
        let output = network.command("server", &program(), &[&["capture", LINK], arguments].concat()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, errors) = run(&["--filter", "port 22 and prot 23"]);
    assert_eq!(status, Some(2), "{errors}");
    assert!(
        errors.lines().count() == 1 && errors.contains("the fault is at column 13: port 22 and \u{25b8}prot 23"),
        "{errors}"
    );
    let (status, errors) = run(&["--filter", "port 22", "--backend", "afpacket"]);
    assert_eq!((status, errors.lines().count()), (Some(2), 1), "{errors}");
    assert!(errors.contains("--filter takes libpcap"), "{errors}");
    let (status, errors) = {
        let output =
            network.command("server", &program(), &["capture", "eht0", "--backend", "libpcap"]).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert!(status == Some(2) && errors.contains("eht0: no such interface"), "{errors}");
}

#[test]
fn loopback_shows_each_packet_once() {
    let network = Network::new();
    for interface in ["lo", "any"] {
        let capture = Capture::start(&network, "server", &[&[interface, "--format", "jsonl"], LIBPCAP].concat());
        let connect = "import socket\ntry: socket.create_connection(('127.0.0.1',22))\nexcept OSError: pass";
        network.on("server", "python3", &["-c", connect]);
        let ended = capture.interrupt();
        let (connections, _) = lines(&ended.out);
        assert_eq!((connections.len(), &connections[0]["packets"]), (1, &2.into()), "{interface}: {}", ended.errors);
    }
}

#[test]
fn an_interface_that_goes_down_comes_back_and_one_that_is_removed_ends_it() {
    let network = Network::new();
    let _sshd = Sshd::start(&network, "");
    let capture = Capture::on_server(&network, &[&["--format", "jsonl"], LIBPCAP].concat());
    assert!(login(&network, &[]).status.success());
    network.on("server", "ip", &["link", "set", LINK, "down"]);
    capture.until("the interface went down");
    network.on("server", "ip", &["link", "set", LINK, "up"]);
    capture.until("up again, the capture goes on");
    assert!(login(&network, &[]).status.success());
    std::thread::sleep(std::time::Duration::from_millis(500));
    network.on("server", "ip", &["link", "del", LINK]);
    let ended = capture.wait();
    assert_eq!((ended.status, lines(&ended.out).0.len()), (Some(0), 2), "{}", ended.errors);
    assert!(ended.errors.contains("libpcap: "), "{}", ended.errors);
}
