//! The counts of a report.

use super::{Brief, Outcome};
use crate::diagnose::{By, How, Phase};
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

/// What connections are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::report) struct Kind {
    outcome: Outcome,
    phase: Phase,
    how: How,
    by: By,
    verdict: &'static str,
}

impl Kind {
    pub fn of(brief: &Brief<'_>) -> Self {
        let Brief { outcome, phase, how, by, verdict, .. } = *brief;
        Self { outcome, phase, how, by, verdict }
    }
}

impl Summary {
    /// Adds so many connections of a kind.
    pub(in crate::report) fn add(&mut self, kind: &Kind, connections: u64) {
        self.connections += connections;
        match kind.outcome {
            Outcome::Failed => self.failed += connections,
            Outcome::Unclear => self.unclear += connections,
            Outcome::Open => self.open += connections,
            Outcome::Healthy => self.healthy += connections,
        }
        *self.phase.entry(kind.phase.word()).or_default() += connections;
        *self.how.entry(kind.how.word()).or_default() += connections;
        *self.by.entry(kind.by.word()).or_default() += connections;
        *self.verdict.entry(kind.verdict.to_owned()).or_default() += connections;
    }
}
