//! `dist/sshwire.service`: what it starts is what the program understands.

use std::process::Command;

const UNIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/dist/sshwire.service");

#[test]
fn the_unit_starts_a_command_that_exists() {
    let unit = std::fs::read_to_string(UNIT).unwrap();
    let started: Vec<&str> = unit.lines().filter_map(|line| line.strip_prefix("ExecStart=")).collect();
    let [started] = started[..] else { panic!("{started:?}") };
    let matches = sshwire::cli::command().try_get_matches_from(started.split(' ')).unwrap();
    let (name, capture) = matches.subcommand().unwrap();
    assert_eq!((name, capture.get_one::<String>("interface").map(String::as_str)), ("capture", Some("any")));
}

#[test]
fn systemd_has_nothing_to_say_against_the_unit() {
    // Only machines with systemd have it.
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        return;
    }
    let folder = crate::savefile::Folder::new("unit");
    let unit = std::fs::read_to_string(UNIT).unwrap().replace("/usr/local/bin/sshwire", env!("CARGO_BIN_EXE_sshwire"));
    let path = folder.path("sshwire.service");
    std::fs::write(&path, unit).unwrap();
    let output = Command::new("systemd-analyze").arg("verify").arg(&path).output().unwrap();
    // It may know something about other units of the machine.
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("sshwire.service"), "{errors}");
}
