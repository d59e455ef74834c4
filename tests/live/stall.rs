//! A connection that is stuck, told while it lasts.

use crate::capture::Capture;
use crate::network::Network;
use crate::ssh::Sshd;

/// A path that loses full-size packets, and no ICMP error says so. The client waits for the server's KEXINIT.
#[test]
fn a_black_hole_is_told_while_the_client_still_waits() {
    let network = Network::new();
    let _sshd = Sshd::start(&network, "");
    // Dropped behind the client's interface: what the server's sees goes unanswered.
    let rules = "table inet hole { chain in { type filter hook input priority 0; meta length > 800 drop; }; }";
    network.on("client", "nft", &[rules]);
    let capture = Capture::on_server(&network, &[]);
    let key = network.path("user");
    let options =
        ["-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];
    let target = ["-i", key.to_str().unwrap(), "root@10.77.0.2", "sleep 4"];
    let mut ssh = network.command("client", "ssh", &[&options[..], &target].concat());
    let mut waiting = ssh.spawn().unwrap();
    capture.until("no answer to 3 retransmissions of a");
    let told = capture.out();
    assert!(told.contains("stuck (") && told.contains("of the server"), "{told}");
    assert!(waiting.try_wait().unwrap().is_none(), "it is told while it lasts");
    network.on("client", "nft", &["delete table inet hole"]);
    capture.until("goes on: answered after");
    assert!(waiting.wait().unwrap().success());
    let ended = capture.interrupt();
    assert_eq!(ended.status, Some(0), "{}", ended.out);
}
