//! All integration tests, one binary, a file a topic.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests may fail loudly and say what they saw"
)]

mod accuracy;
mod architecture;
mod captures;
mod catalogue;
mod cli;
mod conversation;
mod fuzz;
mod headers;
mod invariants;
mod labelled;
mod made;
mod oracle;
mod packets;
mod rare;
mod readme;
mod regressions;
mod snapshots;
mod sources;
