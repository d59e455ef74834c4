//! All integration tests, one binary, a file a topic.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests may fail loudly and say what they saw"
)]

mod algorithms;
mod captures;
mod command;
mod explain;
mod labelled;
