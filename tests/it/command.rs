//! The program as a user or a script runs it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs it without anything on standard input.
pub fn sshwire(arguments: &[&str]) -> Output {
    sshwire_reading(arguments, "")
}

/// Runs it with this text on standard input.
pub fn sshwire_reading(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sshwire"))
        .args(arguments)
        .env_remove("CLICOLOR_FORCE")
        .env("LC_ALL", "C.UTF-8")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that does not want it closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// One line on standard error that holds this, nothing on standard output, status 2.
#[track_caller]
pub fn refuses(output: &Output, line: &str) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.contains(line), "{errors}");
    assert!(output.stdout.is_empty(), "{}", text(output));
}

/// What it printed.
pub fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}
