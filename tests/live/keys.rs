//! Keys while lines are printed.

use crate::capture::program;
use crate::network::{LINK, Network, SERVER};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

#[test]
fn s_asks_for_a_summary_and_the_terminal_is_left_as_it_was() {
    let network = Network::new();
    let typing = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/programs/typing.py");
    let connect = format!("import socket\ntry: socket.create_connection(('{SERVER}',22))\nexcept OSError: pass");
    let program = program();
    let typing = [typing, "kernel filter", "packets 2 ", "s", &program, "capture", LINK];
    let mut command = network.command("server", "python3", &[&["-u"][..], &typing].concat());
    let mut typed = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(typed.stdout.take().unwrap());
    let mut shown = String::new();
    lines.read_line(&mut shown).unwrap();
    assert_eq!(shown, "begun\n");
    network.on("client", "python3", &["-c", &connect]);
    lines.read_to_string(&mut shown).unwrap();
    typed.wait().unwrap();
    // What is closed waits for stragglers for some seconds.
    assert!(shown.contains("1 connection under way, none has ended yet"), "{shown}");
    for line in ["echo while it ran: False", "left as found: True", "status: 1"] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
}

/// The full screen has the system calls that it needs, also those of a capture that gave up its rights.
#[cfg(feature = "tui")]
#[test]
fn the_full_screen_takes_keys_and_gives_the_terminal_back() {
    let network = Network::new();
    let typing = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/programs/typing.py");
    let program = program();
    // A new terminal has no size.
    let sized = ["sh", "-c", "stty rows 30 cols 100; exec \"$@\"", "sh", &program, "capture", LINK, "--tui"];
    let arguments = [&["-u", typing, "Verdicts:", "Verdicts:", "?"][..], &sized].concat();
    let shown = network.on("server", "python3", &arguments);
    for text in ["PgDn", "echo while it ran: False", "left as found: True", "status: 0"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
}
