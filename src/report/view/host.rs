//! A server as several connections show it.

use super::{Endpoint, Time};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What only several connections show of one server.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Host {
    /// The server.
    pub server: Endpoint,
    /// Connections to it.
    pub attempts: u64,
    /// First packet of the first one.
    pub first_time: Time,
    /// Last packet of the last one.
    pub last_time: Time,
    /// Connections by id of their leading finding; `-` for those without one.
    pub verdicts: BTreeMap<String, u64>,
    /// Addresses that connected to it, counted up to a limit.
    pub clients: u64,
    /// Host keys it showed, in order of appearance.
    pub host_keys: Vec<HostKeySeen>,
    /// It showed more than one key of one type.
    pub host_key_changed: bool,
    /// Identification strings it showed, in order of appearance; more than one means several machines behind one address, or an upgrade.
    pub identifications: Vec<String>,
    /// Seconds of one entry of `series`; it grows with the time that they cover.
    pub interval_s: f64,
    /// Attempts over time, intervals without one left out.
    pub series: Vec<Interval>,
    /// What the analysis concluded over its connections: bans, crowds of unauthenticated connections, backends that differ.
    pub notes: Vec<String>,
}

/// A host key and when it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HostKeySeen {
    /// Type, such as `ssh-ed25519`.
    #[serde(rename = "type")]
    pub key_type: String,
    /// Fingerprint as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// Start of the first connection that showed it.
    pub first_time: Time,
    /// Start of the last connection that showed it.
    pub last_time: Time,
    /// Connections that showed it.
    pub connections: u64,
}

/// What began in one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Interval {
    /// Its beginning.
    pub start: Time,
    /// Connections that began in it.
    pub attempts: u32,
    /// Those of them that failed.
    pub failed: u32,
    /// Those of them that ended in good order.
    pub healthy: u32,
    /// Most connections that were open without a login at one time in it (what MaxStartups counts), among those remembered.
    pub unauthenticated: u32,
}
