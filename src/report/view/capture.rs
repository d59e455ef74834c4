//! A capture as it is written.

use super::Time;
use schemars::JsonSchema;
use serde::Serialize;

/// A capture that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Capture {
    /// Path as it was given, `-` for standard input.
    pub path: String,
    /// Format, with its compression: `pcap`, `pcapng, gzip`.
    pub format: String,
    /// Link types of its interfaces.
    pub link_types: Vec<String>,
    /// Packets read.
    pub packets: u64,
    /// Captured bytes.
    pub bytes: u64,
    /// Earliest time stamp.
    pub first_time: Option<Time>,
    /// Latest time stamp.
    pub last_time: Option<Time>,
    /// Packets of which fewer bytes were captured than were on the wire.
    pub truncated_packets: u64,
    /// Packets that the capturing system says it lost; null where it says nothing.
    pub capture_drops: Option<u64>,
    /// Bytes kept of each packet at most, as the file says; null where it sets no limit.
    pub snaplen: Option<u32>,
    /// What was wrong with it.
    pub warnings: Vec<Warning>,
    /// Further warnings, not listed.
    pub warnings_omitted: u64,
}

/// Something wrong with a capture that did not stop its analysis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Warning {
    /// Where: bytes from the start of the capture (after decompression); null where it is no matter of place.
    pub offset: Option<u64>,
    /// What.
    pub text: String,
}
