//! A real sshd on the server, and a real ssh on the client.

use crate::network::{Network, SERVER, run};
use std::process::{Child, Output};
use std::time::Duration;

pub struct Sshd {
    child: Child,
}

impl Sshd {
    /// Starts it on port 22, with a key for the client, and these lines in its configuration.
    pub fn start(network: &Network, lines: &str) -> Self {
        let folder = network.folder.display();
        for key in ["host", "user"] {
            let file = network.path(key);
            run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", file.to_str().unwrap()]);
        }
        let config = format!(
            "Port 22\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nPidFile none\n{lines}\n"
        );
        let file = network.path("sshd_config");
        std::fs::write(&file, config).unwrap();
        // Where sshd locks itself in before login; the system's own start makes it.
        std::fs::create_dir_all("/run/sshd").unwrap();
        let arguments = ["-D", "-e", "-f", file.to_str().unwrap()];
        let mut command = network.command("server", "/usr/sbin/sshd", &arguments);
        let errors = std::fs::File::create(network.path("sshd.log")).unwrap();
        let child = command.stderr(errors).spawn().unwrap();
        crate::capture::wait_for(
            || !network.on("server", "ss", &["-Hltn", "sport = :22"]).is_empty(),
            || std::fs::read_to_string(network.path("sshd.log")).unwrap_or_default(),
        );
        Self { child }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Logs in and runs `true`, with these options.
pub fn login(network: &Network, options: &[&str]) -> Output {
    let key = network.path("user");
    let mut arguments = vec!["-F", "none", "-i", key.to_str().unwrap()];
    for option in ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=8"] {
        arguments.extend(["-o", option]);
    }
    arguments.extend(options);
    let target = format!("root@{SERVER}");
    arguments.extend([target.as_str(), "true"]);
    let output = network.try_on("client", "ssh", &arguments);
    // What closes the connection is still under way.
    std::thread::sleep(Duration::from_millis(150));
    output
}
