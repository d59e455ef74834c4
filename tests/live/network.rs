//! Two network namespaces and a pair of interfaces between them: the client's and the server's machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

pub const CLIENT: &str = "10.77.0.1";
pub const SERVER: &str = "10.77.0.2";

/// The interface of either machine.
pub const LINK: &str = "wire0";

/// Both machines; taken down when dropped. Has a folder of its own for files.
pub struct Network {
    name: String,
    pub folder: PathBuf,
}

impl Network {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("sshwire-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir(&folder).unwrap();
        let network = Self { name, folder };
        for machine in ["client", "server"] {
            run("ip", &["netns", "add", &network.machine(machine)]);
        }
        network.connect();
        network
    }

    /// Makes the pair of interfaces, with addresses.
    pub fn connect(&self) {
        let (client, server) = (self.machine("client"), self.machine("server"));
        let ends = ["link", "add", LINK, "netns", &client, "type", "veth", "peer", "name", LINK, "netns", &server];
        run("ip", &ends);
        for (machine, address) in [("client", CLIENT), ("server", SERVER)] {
            self.on(machine, "ip", &["addr", "add", &format!("{address}/24"), "dev", LINK]);
            self.on(machine, "ip", &["link", "set", LINK, "up"]);
            self.on(machine, "ip", &["link", "set", "lo", "up"]);
        }
    }

    pub fn machine(&self, machine: &str) -> String {
        format!("{}-{machine}", self.name)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A command on one of the machines, to be started.
    pub fn command(&self, machine: &str, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.machine(machine), program]).args(arguments);
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// Runs a command on one of the machines, whatever comes of it.
    pub fn try_on(&self, machine: &str, program: &str, arguments: &[&str]) -> Output {
        self.command(machine, program, arguments).output().unwrap()
    }

    /// Runs a command on one of the machines, which must succeed.
    #[track_caller]
    pub fn on(&self, machine: &str, program: &str, arguments: &[&str]) -> String {
        let output = self.try_on(machine, program, arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a script of `tests/live/programs/`.
    #[track_caller]
    pub fn script(&self, machine: &str, name: &str, arguments: &[&str]) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/programs").join(name);
        self.on(machine, "python3", &[&[path.to_str().unwrap()][..], arguments].concat())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for machine in ["client", "server"] {
            let _ = Command::new("ip").args(["netns", "del", &self.machine(machine)]).output();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[track_caller]
pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
