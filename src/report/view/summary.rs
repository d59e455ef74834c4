//! The counts of a report.

use super::{Connection, Outcome};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Counts over all connections.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Connections.
    pub connections: u64,
    /// Those that failed; the exit status is 1 if there are any.
    pub failed: u64,
    /// Those of which the captures show too little.
    pub unclear: u64,
    /// Those that go on when the captures end.
    pub open: u64,
    /// Those that did what they were opened for.
    pub healthy: u64,
    /// By `ended.phase`.
    pub phase: BTreeMap<&'static str, u64>,
    /// By `ended.how`.
    pub how: BTreeMap<&'static str, u64>,
    /// By `ended.by`.
    pub by: BTreeMap<&'static str, u64>,
    /// By id of the leading finding; `-` for none.
    pub verdict: BTreeMap<String, u64>,
    /// Packets read.
    pub packets: u64,
    /// Packets that could not be decoded.
    pub undecodable: Vec<Undecodable>,
    /// Connections that were judged early because a limit was reached.
    pub evicted: u64,
    /// ICMP errors and IP fragments that belong to no connection seen.
    pub untied: u64,
    /// The commonest traffic beside SSH.
    pub other_traffic: Vec<OtherTraffic>,
    /// Inputs that could not be read at all.
    pub unreadable_inputs: u64,
}

/// Packets that could not be decoded, by place and reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Undecodable {
    /// Where decoding stopped: `link`, `tunnel`, `ip`, `tcp` or `icmp`.
    pub layer: String,
    /// Why.
    pub reason: String,
    /// How many.
    pub packets: u64,
}

/// Traffic that is not SSH.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OtherTraffic {
    /// What it is, such as `TCP port 443`.
    pub what: String,
    /// Its packets.
    pub packets: u64,
}

impl Summary {
    /// Counts one more connection.
    pub fn count(&mut self, connection: &Connection) {
        self.connections += 1;
        match connection.outcome {
            Outcome::Failed => self.failed += 1,
            Outcome::Unclear => self.unclear += 1,
            Outcome::Open => self.open += 1,
            Outcome::Healthy => self.healthy += 1,
        }
        let ended = &connection.ended;
        *self.phase.entry(ended.phase.word()).or_default() += 1;
        *self.how.entry(ended.how.word()).or_default() += 1;
        *self.by.entry(ended.by.word()).or_default() += 1;
        count_one(&mut self.verdict, connection.verdict_id());
    }
}

/// Counts one more of a verdict.
pub(in crate::report) fn count_one(verdicts: &mut BTreeMap<String, u64>, id: &str) {
    match verdicts.get_mut(id) {
        Some(count) => *count += 1,
        None => drop(verdicts.insert(id.to_owned(), 1)),
    }
}
