//! A capture under way, as a user starts it.

use crate::network::{LINK, Network};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What is tested: the program built beside the tests, or the one that SSHWIRE_PROGRAM names (a release build).
pub fn program() -> String {
    std::env::var("SSHWIRE_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_sshwire").to_owned())
}

/// Longest wait for something that is to happen.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Capture {
    child: Child,
    out: Arc<Mutex<String>>,
    errors: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

/// What is left of one.
pub struct Ended {
    pub status: Option<i32>,
    pub out: String,
    pub errors: String,
}

impl Capture {
    /// On the server's interface; returns when it captures.
    #[track_caller]
    pub fn on_server(network: &Network, arguments: &[&str]) -> Self {
        Self::start(network, "server", &[&[LINK][..], arguments].concat())
    }

    #[track_caller]
    pub fn start(network: &Network, machine: &str, arguments: &[&str]) -> Self {
        let command = network.command(machine, &program(), &[&["capture"][..], arguments].concat());
        let capture = Self::spawn(command);
        capture.until("kernel filter: ");
        capture
    }

    pub fn spawn(mut command: Command) -> Self {
        let mut child = command
            .env("LC_ALL", "C.UTF-8")
            .env_remove("SUDO_UID")
            .env_remove("SUDO_USER")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, errors) = (Arc::default(), Arc::default());
        let readers = vec![
            collect(child.stdout.take().unwrap(), Arc::clone(&out)),
            collect(child.stderr.take().unwrap(), Arc::clone(&errors)),
        ];
        Self { child, out, errors, readers }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it printed so far.
    pub fn out(&self) -> String {
        self.out.lock().unwrap().clone()
    }

    /// What it said on standard error so far.
    pub fn errors(&self) -> String {
        self.errors.lock().unwrap().clone()
    }

    /// Waits until it says this, on standard error or output.
    #[track_caller]
    pub fn until(&self, text: &str) {
        wait_for(
            || self.errors().contains(text) || self.out().contains(text),
            || format!("it never said {text:?} but {}{}", self.out(), self.errors()),
        );
    }

    pub fn signal(&self, name: &str) {
        crate::network::run("kill", &[&format!("-{name}"), &self.pid().to_string()]);
    }

    /// Ends it as Ctrl-C does, once what was captured has come in.
    #[track_caller]
    pub fn interrupt(self) -> Ended {
        std::thread::sleep(Duration::from_millis(300));
        self.signal("INT");
        self.wait()
    }

    /// Waits until it ends by itself.
    #[track_caller]
    pub fn wait(mut self) -> Ended {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end: {}", self.errors());
            std::thread::sleep(Duration::from_millis(20));
        };
        for reader in std::mem::take(&mut self.readers) {
            reader.join().unwrap();
        }
        Ended { status: status.code(), out: self.out(), errors: self.errors() }
    }

    /// A field of /proc/PID/status.
    pub fn status_field(&self, name: &str) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        line.trim().to_owned()
    }

    /// Memory that is its own (without the ring, which is shared with the kernel), in KiB.
    pub fn own_memory(&self) -> u64 {
        self.status_field("RssAnon").trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(from: impl Read + Send + 'static, into: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut text = into.lock().unwrap();
            text.push_str(&line);
            text.push('\n');
        }
    })
}

/// Waits until something is so.
#[track_caller]
pub fn wait_for(is_so: impl Fn() -> bool, complaint: impl Fn() -> String) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{}", complaint());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The connections of a JSON Lines report, and its last line.
pub fn lines(text: &str) -> (Vec<serde_json::Value>, serde_json::Value) {
    let mut lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
    let last = lines.pop().unwrap();
    (lines, last)
}

/// What `analyze` says of a file.
pub fn analyzed(file: &Path, arguments: &[&str]) -> (Vec<serde_json::Value>, serde_json::Value) {
    let output =
        Command::new(program()).args(["analyze", "--format", "jsonl"]).args(arguments).arg(file).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{errors}");
    lines(std::str::from_utf8(&output.stdout).unwrap())
}

/// Id of the leading finding.
pub fn verdict(connection: &serde_json::Value) -> &str {
    connection["verdict"]["id"].as_str().unwrap_or("-")
}
