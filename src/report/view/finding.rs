//! A finding as it is written.

use super::Time;
use crate::diagnose::{Confidence, Place};
use schemars::JsonSchema;
use serde::Serialize;

/// One explanation of what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// Id of the catalogue; `sshwire explain ID` prints its page.
    pub id: &'static str,
    /// What happened, in one line.
    pub title: String,
    /// How sure.
    pub confidence: Confidence,
    /// The reasoning.
    pub explanation: String,
    /// Packets that support it.
    pub evidence: Vec<Evidence>,
    /// What speaks against it, or what else would look the same.
    pub against: Vec<String>,
    /// What would settle it.
    pub settle: Vec<String>,
    /// What to do, the least harmful first.
    pub remedies: Vec<Remedy>,
}

/// A packet that supports a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// The packet.
    pub packet: u64,
    /// Index of its capture, if that is another one than the connection's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture: Option<u32>,
    /// Its time.
    pub time: Time,
    /// What it shows.
    pub text: String,
}

/// Something to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Remedy {
    /// Where.
    #[serde(rename = "where")]
    pub place: Place,
    /// What, in words.
    pub text: String,
    /// A command or configuration line that can be pasted.
    pub command: Option<String>,
}
