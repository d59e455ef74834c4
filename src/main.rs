//! The `sshwire` command: parse, run, exit status. Nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    sshwire::cli::main(std::env::args_os())
}
