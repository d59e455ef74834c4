//! SSH as it is written: what was in clear, and what follows from it.

use super::names::Names;
use crate::diagnose::AuthOutcome;
use schemars::JsonSchema;
use serde::Serialize;

/// SSH of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ssh {
    /// What the client sent in clear.
    pub client: SshSide,
    /// What the server sent in clear.
    pub server: SshSide,
    /// The agreed algorithms, where both KEXINIT are known.
    pub negotiated: Option<Agreed>,
    /// Every slot without a common algorithm.
    pub none_in_common: Vec<NoneInCommon>,
    /// The server's host key.
    pub host_key: Option<HostKey>,
    /// A DISCONNECT in clear.
    pub disconnect: Option<Disconnect>,
    /// Authentication; null before NEWKEYS.
    pub authentication: Option<Authentication>,
    /// Weak or broken algorithms in use, exposure to known attacks.
    pub weaknesses: Vec<Weakness>,
}

/// What one side sent in clear.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SshSide {
    /// Its identification string.
    pub identification: Option<String>,
    /// Lines before it, or in its place.
    pub pre_identification: Vec<String>,
    /// Protocol version, such as `2.0`.
    pub protocol: Option<String>,
    /// Software version, such as `OpenSSH_9.6`.
    pub software: Option<String>,
    /// Comments of the identification string.
    pub comments: Option<String>,
    /// Its KEXINIT.
    pub kexinit: Option<KexInit>,
    /// MD5 of its lists: HASSH for the client, hasshServer for the server.
    pub hassh: Option<String>,
}

/// A KEXINIT (RFC 4253 §7.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KexInit {
    /// Key exchange methods.
    pub kex_algorithms: Names,
    /// Host key algorithms.
    pub server_host_key_algorithms: Names,
    /// Ciphers, client to server.
    pub encryption_client_to_server: Names,
    /// Ciphers, server to client.
    pub encryption_server_to_client: Names,
    /// MACs, client to server.
    pub mac_client_to_server: Names,
    /// MACs, server to client.
    pub mac_server_to_client: Names,
    /// Compression, client to server.
    pub compression_client_to_server: Names,
    /// Compression, server to client.
    pub compression_server_to_client: Names,
    /// Languages, client to server.
    pub languages_client_to_server: Names,
    /// Languages, server to client.
    pub languages_server_to_client: Names,
    /// A guessed packet follows.
    pub first_kex_packet_follows: bool,
    /// All ten lists were read; otherwise the capture (or the connection) ends within.
    pub complete: bool,
    /// Packet that brought its first byte.
    pub packet: Option<u64>,
    /// Index of its capture, if that is another one than the connection's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture: Option<u32>,
}

/// The agreed algorithms. A slot without a common one is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Agreed {
    /// Key exchange method.
    pub kex: Option<String>,
    /// Host key algorithm.
    pub host_key: Option<String>,
    /// Ciphers.
    pub encryption: PerDirection,
    /// MACs; `<implicit>` where the cipher authenticates by itself.
    pub mac: PerDirection,
    /// Compression.
    pub compression: PerDirection,
    /// Both sides announced strict key exchange.
    pub strict_kex: bool,
}

/// One value for each direction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PerDirection {
    /// Client to server.
    pub client_to_server: Option<String>,
    /// Server to client.
    pub server_to_client: Option<String>,
}

/// A slot of the negotiation in which the sides have nothing in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoneInCommon {
    /// The slot: `kex`, `host_key`, `encryption_client_to_server`, …
    pub slot: String,
    /// The client's offer, without markers such as `ext-info-c`, which are no algorithms.
    pub client: Vec<String>,
    /// The server's offer, without markers.
    pub server: Vec<String>,
}

/// A host key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HostKey {
    /// Type, such as `ssh-ed25519`.
    #[serde(rename = "type")]
    pub key_type: String,
    /// Length in bits, as `ssh-keygen -l` counts.
    pub bits: Option<u32>,
    /// Fingerprint as `ssh-keygen -l` prints it: `SHA256:…`; null where the key was not read whole.
    pub fingerprint: Option<String>,
}

/// A DISCONNECT (RFC 4253 §11.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Disconnect {
    /// Who sent it: `client` or `server`.
    pub from: String,
    /// Reason code.
    pub code: u32,
    /// Name of the code.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The packet.
    pub packet: Option<u64>,
    /// Index of its capture, if that is another one than the connection's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture: Option<u32>,
}

/// Authentication, inferred from sizes and timing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Authentication {
    /// Outcome.
    pub outcome: AuthOutcome,
    /// Requests that were answered with a failure.
    pub attempts: u32,
    /// Always true: it is encrypted, nobody can read it.
    pub inferred: bool,
}

/// Something weak in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Weakness {
    /// Id, such as `terrapin`.
    pub id: String,
    /// What it is.
    pub text: String,
}
