//! All integration tests, one binary, a file a topic.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr, reason = "tests may fail loudly and say what they saw")]

mod captures;
mod conversation;
mod fuzz;
mod headers;
mod invariants;
mod labelled;
mod oracle;
mod packets;
mod regressions;
