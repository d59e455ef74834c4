//! The `sshwire` command: parse, run, exit status. Nothing else.

fn main() {}
