//! `json` of `sshwire interfaces`: one document, `sshwire-interfaces/1`.

use serde::Serialize;

/// One document.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    schema: &'static str,
    sshwire: &'static str,
    interfaces: &'a [Interface],
}

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interface {
    /// Its name, for `sshwire capture`.
    pub name: String,
    /// `up`, `no carrier` or `down`.
    pub state: &'static str,
    /// Its addresses.
    pub addresses: Vec<std::net::IpAddr>,
    /// Link type of the packets that a capture gets; null where it cannot be told.
    pub link_type: Option<&'static str>,
    /// Whether this user can capture there now.
    pub captures: bool,
    /// What is missing where not, or what is to be known.
    pub missing: Option<String>,
}

/// The document as it is written.
pub fn to_json(interfaces: &[Interface]) -> String {
    let document = Document { schema: "sshwire-interfaces/1", sshwire: env!("CARGO_PKG_VERSION"), interfaces };
    // Strings and numbers only: it can always be written.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}
