//! What a running capture counts, for Prometheus: numbers, their text, and a small server for them.
//!
//! The run loop notes verdicts and states in a [`Metrics`]; a thread ([`Endpoint::serve`]) hands the same numbers out. Every
//! label has a bounded set of values.

mod address;
mod hosts;
mod memory;
mod server;
mod text;

pub use address::Address;
pub use hosts::HostName;
pub use memory::Memory;
pub use server::Endpoint;

use crate::limits::METRIC_SERVERS;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The numbers of one run, shared with the thread that serves them.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    numbers: Arc<Mutex<Numbers>>,
}

/// One judged connection.
#[derive(Debug, Clone, Copy)]
pub struct Verdict<'a> {
    /// Id of the leading finding.
    pub id: &'a str,
    /// The outcome, in the word of the report.
    pub outcome: &'a str,
    /// The phase it ended in, in the word of the report.
    pub phase: &'a str,
    /// Address and port of the server.
    pub server: &'a str,
}

/// How things stand: totals since the start, and what is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Packets that passed the filter, lost ones included.
    pub received: u64,
    /// Packets that the kernel dropped because nobody took them in time.
    pub dropped: u64,
    /// Packets written to a file.
    pub written: u64,
    /// Packets that could not be written.
    pub unwritten: u64,
    /// Connections under way.
    pub open: u64,
    /// Connections whose packets were forgotten before their verdict, because there was no room.
    pub forgotten: u64,
    /// Memory of the process, in bytes; none where the system does not say.
    pub memory: Option<u64>,
}

/// Counted verdicts and the last standing.
#[derive(Debug, Clone, Default)]
struct Numbers {
    /// By outcome and id.
    verdicts: BTreeMap<(String, String), u64>,
    /// By phase and outcome.
    phases: BTreeMap<(String, String), u64>,
    /// By server and outcome; [`METRIC_SERVERS`] servers and [`OTHER`].
    servers: BTreeMap<String, BTreeMap<String, u64>>,
    standing: Standing,
}

/// Stands for all servers beyond [`METRIC_SERVERS`].
const OTHER: &str = "other";

impl Metrics {
    /// Counts a judged connection.
    pub fn judged(&self, verdict: Verdict<'_>) {
        let Verdict { id, outcome, phase, server } = verdict;
        self.with(|numbers| {
            *numbers.verdicts.entry((outcome.to_owned(), id.to_owned())).or_default() += 1;
            *numbers.phases.entry((phase.to_owned(), outcome.to_owned())).or_default() += 1;
            let known = numbers.servers.contains_key(server) || numbers.servers.len() < METRIC_SERVERS;
            let server = numbers.servers.entry(if known { server } else { OTHER }.to_owned()).or_default();
            *server.entry(outcome.to_owned()).or_default() += 1;
        });
    }

    /// Notes how things stand.
    pub fn stand(&self, standing: Standing) {
        self.with(|numbers| numbers.standing = standing);
    }

    /// All numbers in Prometheus' text format.
    pub fn text(&self) -> String {
        text::exposition(&self.with(|numbers| numbers.clone()))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Numbers) -> T) -> T {
        // Numbers are whole at every moment, also where a thread died over them.
        act(&mut self.numbers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_beyond_the_limit_share_one_label() {
        let metrics = Metrics::default();
        for number in 0..METRIC_SERVERS + 100 {
            let server = format!("192.0.2.1:{number}");
            metrics.judged(Verdict { id: "closed-port", outcome: "failed", phase: "tcp-connect", server: &server });
        }
        let text = metrics.text();
        let labels = text.lines().filter(|line| line.contains("server=\"")).count();
        assert_eq!(labels, METRIC_SERVERS + 1);
        assert!(text.contains("sshwire_server_connections_total{server=\"other\",outcome=\"failed\"} 100\n"), "{text}");
        let all = METRIC_SERVERS + 100;
        let verdicts = format!("sshwire_connections_total{{outcome=\"failed\",verdict=\"closed-port\"}} {all}\n");
        assert!(text.contains(&verdicts), "{text}");
    }
}
