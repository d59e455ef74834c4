//! Bad use: one clear line, status 2, nothing left behind.

use crate::capture::program;
use crate::network::{LINK, Network};

#[test]
fn what_cannot_be_done_is_one_line() {
    let network = Network::new();
    let existing = network.path("existing.pcapng");
    std::fs::write(&existing, "something else").unwrap();
    let existing = existing.to_str().unwrap();
    for (arguments, says) in [
        (&["wire1"][..], "wire1: no such interface; there are wire0"),
        (&[LINK, "-w", "/nonexistent/x.pcapng"], "/nonexistent/x.pcapng"),
        (&[LINK, "-w", existing], "existing.pcapng"),
        (&[LINK, "-o", "/nonexistent/x.json"], "/nonexistent/x.json: cannot be written"),
        (&[LINK, "-w", "x.json", "-o", "./x.json", "--overwrite"], "x.json: is one of the captures"),
        (&[LINK, "-w", "x", "--ring", "1x1MB"], "ring"),
        (&[LINK, "-w", "x", "--ring", "500x1TB"], "x"),
        (&[LINK, "--buffer", "900GB"], "--buffer takes a size"),
        (&[LINK, "--duration", "soon"], "--duration takes a time"),
        (&[LINK, "--user", "no such user"], "no such user"),
    ] {
        let output = network.try_on("server", &program(), &[&["capture"][..], arguments].concat());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), errors.lines().count()), (Some(2), 1), "{arguments:?}: {errors}");
        assert!(errors.contains(says), "{arguments:?}: {errors}");
        assert!(output.stdout.is_empty());
    }
    let left: Vec<_> = std::fs::read_dir(&network.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["existing.pcapng"], "nothing is left behind");
}
