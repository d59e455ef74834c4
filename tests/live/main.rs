//! Live captures in network namespaces, with a real sshd and ssh. Run by `.ci/live`, which checks that this machine can: they
//! need root, `ip`, `nft`, `sshd`, `ssh`, `ssh-keygen`, `python3`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests may fail loudly and say what they saw"
)]

mod bad;
mod capture;
mod disk;
mod ends;
mod files;
mod kept;
mod keys;
#[cfg(feature = "libpcap")]
mod libpcap;
mod network;
mod outage;
mod pressure;
mod rights;
mod sandbox;
mod ssh;
mod stall;
mod tags;
mod verdicts;
