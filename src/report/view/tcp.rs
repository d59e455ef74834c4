//! TCP as it is written.

use super::Time;
use schemars::JsonSchema;
use serde::Serialize;

/// TCP of one connection, as the tap saw it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Tcp {
    /// The three-way handshake.
    pub handshake: Handshake,
    /// Zeek's `conn_state`.
    pub conn_state: String,
    /// Zeek's `history`.
    pub history: String,
    /// What the client had sent when resets or silence (`∅`) ended the connection, such as `PSH+ACK → RST+ACK`: the stage signature
    /// of "Global, Passive Detection of Connection Tampering" (SIGCOMM 2023). Null for other endings.
    pub stage_signature: Option<String>,
    /// What the client sent.
    pub client: TcpSide,
    /// What the server sent.
    pub server: TcpSide,
}

/// The three-way handshake as measured at the tap.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Handshake {
    /// From SYN to SYN+ACK: the tap's way to the server and back.
    pub syn_to_synack_s: Option<f64>,
    /// From SYN+ACK to the client's ACK: the tap's way to the client and back.
    pub synack_to_ack_s: Option<f64>,
    /// Both together: the whole round trip, wherever the tap is. Null where a SYN was repeated, which makes it ambiguous.
    pub rtt_s: Option<f64>,
}

/// What one side sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TcpSide {
    /// Maximum segment size it announced.
    pub mss: Option<u16>,
    /// Window scale shift it announced.
    pub window_scale: Option<u8>,
    /// It announced SACK; null where its SYN was not seen.
    pub sack_permitted: Option<bool>,
    /// It announced time stamps; null where its SYN was not seen.
    pub timestamps: Option<bool>,
    /// Window of its SYN, unscaled.
    pub window: Option<u16>,
    /// Payload bytes, repetitions included.
    pub bytes: u64,
    /// Segments.
    pub segments: u64,
    /// Segments whose payload had been seen before.
    pub retransmissions: u64,
    /// Segments that came out of order.
    pub out_of_order: u64,
    /// Keep-alive segments.
    pub keepalives: u64,
    /// Segments that announced a window of 0.
    pub zero_windows: u64,
    /// Bytes that were not captured although later ones were.
    pub gaps: Vec<Gap>,
    /// Further gaps, not listed.
    pub gaps_omitted: u64,
    /// RST segments.
    pub resets: Vec<Reset>,
}

/// Bytes of a stream that were not captured. Offsets count from the first byte after the SYN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Gap {
    /// First missing byte.
    pub start: i64,
    /// Byte behind the last missing one.
    pub end: i64,
    /// The capture cut the packet (snaplen); otherwise no packet brought the bytes.
    pub cut: bool,
}

/// A RST segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reset {
    /// The packet.
    pub packet: u64,
    /// Index of its capture, if that is another one than the connection's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture: Option<u32>,
    /// Its time.
    pub time: Time,
    /// How its sequence number fits.
    pub seq_fit: SeqFit,
    /// It has the ACK bit.
    pub ack: bool,
    /// TTL or hop limit.
    pub ttl: u8,
    /// IP identification; null for IPv6.
    pub ip_id: Option<u16>,
    /// Window, unscaled.
    pub window: u16,
    /// Length of its TCP options in bytes.
    pub options: u8,
    /// What became of it.
    pub verdict: ResetVerdict,
}

/// How the sequence number of a reset fits (RFC 5961 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SeqFit {
    /// Exactly what the receiver expects next.
    Exact,
    /// Ahead of it, but near enough to lie in a window: draws a challenge ACK.
    Ahead,
    /// Behind it.
    Behind,
    /// Nothing was seen to compare it with.
    Unknown,
}

/// What became of a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResetVerdict {
    /// It ended the connection.
    Ended,
    /// It ended the connection and was sent by someone else than its source address.
    Forged,
    /// It came after the end.
    Late,
    /// The connection went on.
    Ignored,
    /// It cannot be told.
    Unknown,
}

/// An ICMP or ICMPv6 error about the connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Icmp {
    /// The packet.
    pub packet: u64,
    /// Index of its capture, if that is another one than the connection's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture: Option<u32>,
    /// Its time.
    pub time: Time,
    /// Who sent it.
    pub from: std::net::IpAddr,
    /// 4 for ICMP, 6 for ICMPv6.
    pub version: u8,
    /// Type.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// What type and code mean.
    pub meaning: String,
    /// Next-hop MTU, where it names one.
    pub mtu: Option<u32>,
}
