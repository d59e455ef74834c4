//! Keys while lines are printed.

use crate::capture::program;
use crate::network::{LINK, Network, SERVER};

#[test]
fn s_asks_for_a_summary_and_the_terminal_is_left_as_it_was() {
    let network = Network::new();
    let typing = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/programs/typing.py");
    let connect = format!("import socket\ntry: socket.create_connection(('{SERVER}',22))\nexcept OSError: pass");
    let capture = format!("{} capture {LINK}", program());
    // The connection is refused while the capture runs, before the key.
    let shell = format!("python3 -u {typing} 'kernel filter' s sh -c '{capture}' & sleep 0.2; wait");
    let command = network.command("server", "sh", &["-c", &shell]);
    let typed = std::thread::spawn(move || {
        let mut command = command;
        command.output().unwrap()
    });
    std::thread::sleep(std::time::Duration::from_millis(500));
    network.on("client", "python3", &["-c", &connect]);
    let output = typed.join().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    // What is closed waits for stragglers for some seconds.
    assert!(shown.contains("1 connection under way, none has ended yet"), "{shown}");
    for line in ["echo while it ran: False", "left as found: True", "status: 1"] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
}
