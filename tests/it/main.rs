//! All integration tests, one binary, a file a topic.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests may fail loudly and say what they saw"
)]

mod accuracy;
mod agreement;
mod algorithms;
mod architecture;
mod captures;
mod catalogue;
mod checks;
mod cli;
mod command;
#[cfg(target_os = "linux")]
mod complexity;
mod conversation;
mod corpus;
#[cfg(unix)]
mod disk;
mod explain;
#[cfg(unix)]
mod folders;
mod fuzz;
mod headers;
mod invariants;
mod join;
#[cfg(unix)]
mod kept;
mod labelled;
mod look_alikes;
mod made;
mod messages;
#[cfg(unix)]
mod metrics;
mod open;
mod oracle;
#[cfg(unix)]
mod output;
mod packets;
mod partial;
mod rare;
mod readme;
mod regressions;
mod safety;
#[cfg(unix)]
mod savefile;
#[cfg(unix)]
mod service;
mod snapshots;
mod sources;
mod taps;
#[cfg(target_os = "linux")]
mod weeks;
mod wordings;
mod wrap;
