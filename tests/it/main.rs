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
mod labelled;
mod readme;
mod sources;
