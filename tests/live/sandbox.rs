//! A program that got hold of a running capture can do nothing that the capture does not do itself.

use crate::capture::Capture;
use crate::network::{LINK, Network, run};
use std::path::Path;
use std::process::{Child, Command};

/// A process of the user that the capture becomes.
struct Neighbour(Child);

impl Neighbour {
    fn new(user: &str) -> Self {
        let mut command = Command::new("setpriv");
        Self(command.args(["--reuid", user, "--clear-groups", "sleep", "60"]).spawn().unwrap())
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the preloaded program could do, of how many things that it tried.
fn tried(network: &Network, user: &str, interface: &str, more: &[&str]) -> (Vec<String>, usize) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/programs/forbidden.c");
    let library = network.path("forbidden.so");
    run("cc", &["-shared", "-fPIC", "-o", library.to_str().unwrap(), source.to_str().unwrap(), "-ldl"]);
    let neighbour = Neighbour::new(user);
    let variables = [format!("FORBIDDEN_TARGET={}", neighbour.0.id()), format!("LD_PRELOAD={}", library.display())];
    let program = crate::capture::program();
    let mut arguments = vec![variables[0].as_str(), &variables[1]];
    if interface == "any" {
        arguments.push("FORBIDDEN_ANY=1");
    }
    arguments.extend([program.as_str(), "capture", interface, "--user", user]);
    arguments.extend(more);
    let capture = Capture::spawn(network.command("server", "env", &arguments));
    capture.until("tried ");
    let ended = capture.interrupt();
    assert_eq!(ended.status, Some(0), "{}", ended.errors);
    // Other threads may write in the middle of a line.
    let refused = ended.errors.matches("refused ").count();
    (ended.errors.lines().filter(|line| line.contains("POSSIBLE ")).map(str::to_owned).collect(), refused)
}

#[test]
fn what_a_capture_does_not_do_is_not_possible() {
    let network = Network::new();
    for (user, interface, more, all) in [
        ("nobody", "any", &[][..], 100),
        ("root", "any", &[], 100),
        ("nobody", LINK, &["--metrics", "9547"], 99),
        ("root", LINK, &[], 99),
    ] {
        let (possible, refused) = tried(&network, user, interface, more);
        assert!(possible.is_empty(), "{user} on {interface}: {possible:#?}");
        assert_eq!(refused, all, "{user} on {interface}");
    }
}

/// Threads that are started later have no more rights.
#[test]
fn every_thread_is_shut_in() {
    let network = Network::new();
    let capture = Capture::on_server(&network, &["--metrics", "9547"]);
    let threads = std::fs::read_dir(format!("/proc/{}/task", capture.pid())).unwrap();
    let mut seen = 0;
    for thread in threads {
        let status = std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        for line in ["NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000", "CapPrm:\t0000000000000000"] {
            assert!(status.contains(line), "{status}");
        }
        seen += 1;
    }
    assert!(seen >= 2, "{seen} threads");
    assert_eq!(capture.interrupt().status, Some(0));
}
