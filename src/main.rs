//! The `sshwire` command: parse, run, exit status. Nothing else.

use std::process::ExitCode;

/// Connections are opened on one thread and let go on the other; the allocator of glibc makes each wait for the other then.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sshwire::cli::main(std::env::args_os())
}
