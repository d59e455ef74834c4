//! `json` of `sshwire algorithms`: one document, `sshwire-algorithms/1`. Text of a stranger in it is already visible text.

use crate::ssh::algorithms::{Algorithm, Versions};
use crate::ssh::releases::{Offered, offered};
use serde::Serialize;
use std::collections::BTreeMap;

/// A document with this content, as it is written.
pub fn to_json(content: &impl Serialize) -> String {
    let document = Document { schema: "sshwire-algorithms/1", sshwire: env!("CARGO_PKG_VERSION"), content };
    // Strings and numbers only: it can always be written.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

#[derive(Serialize)]
struct Document<'a, T> {
    schema: &'static str,
    sshwire: &'static str,
    #[serde(flatten)]
    content: &'a T,
}

/// Rows of the table.
#[derive(Debug, Serialize)]
pub struct Table {
    algorithms: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    kind: &'static str,
    origin: String,
    status: &'static str,
    reason: &'static str,
    post_quantum: bool,
    openssh_client_default: Option<Span>,
    openssh_server_default: Option<Span>,
    openssh_implements: Option<Span>,
    other_client_defaults: Vec<Other>,
}

/// Other clients that offer it by default, by the releases that are known here; `from` and `to` are null where all before, or all
/// after, do.
#[derive(Debug, Serialize)]
struct Other {
    product: &'static str,
    from: Option<&'static str>,
    to: Option<&'static str>,
}

fn others(row: &Algorithm) -> Vec<Other> {
    let other = |Offered { product, from, to }| Other { product, from, to };
    offered(row.kind, row.name).into_iter().map(other).collect()
}

/// Releases of OpenSSH; `until` is the first of which it no longer holds.
#[derive(Debug, Serialize)]
struct Span {
    since: String,
    until: Option<String>,
}

fn span(versions: Versions) -> Option<Span> {
    Some(Span { since: versions.since?.to_string(), until: versions.until.map(|until| until.to_string()) })
}

impl Table {
    /// Of these rows.
    pub fn new(rows: &[&Algorithm]) -> Self {
        let row = |row: &&Algorithm| Row {
            name: row.name,
            kind: row.kind.id(),
            origin: row.origin.to_string(),
            status: row.strength.as_str(),
            reason: row.reason,
            post_quantum: row.post_quantum,
            openssh_client_default: span(row.client_default),
            openssh_server_default: span(row.server_default),
            openssh_implements: span(row.implemented),
            other_client_defaults: others(row),
        };
        Self { algorithms: rows.iter().map(row).collect() }
    }
}

/// One end of a negotiation.
#[derive(Debug, Serialize)]
pub struct End {
    /// What it is.
    pub name: String,
    /// What to know about its lists.
    pub remarks: Vec<String>,
    /// What it offers, by slot; without the lists that are not known.
    pub offer: BTreeMap<&'static str, Vec<String>>,
}

/// What becomes of a negotiation.
#[derive(Debug, Serialize)]
pub struct Negotiated {
    /// The client.
    pub client: End,
    /// The server.
    pub server: End,
    /// Every list that is known of both has a name in common.
    pub agree: bool,
    /// By slot; null where nothing is agreed on or known.
    pub negotiated: BTreeMap<&'static str, Option<String>>,
    /// Both have the marker of strict key exchange.
    pub strict_kex: bool,
    /// Slots without a name in common.
    pub none_in_common: Vec<NoneInCommon>,
    /// What an OpenSSH client prints.
    pub client_prints: Option<String>,
    /// What else to know.
    pub remarks: Vec<String>,
    /// What to do, the least harmful first.
    pub remedies: Vec<Remedy>,
    /// What is weak about what is agreed on.
    pub weaknesses: Vec<Weakness>,
}

/// A slot without a name in common.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct NoneInCommon {
    pub slot: &'static str,
    pub client: Vec<String>,
    pub server: Vec<String>,
}

/// Something to do about it.
#[derive(Debug, Serialize)]
pub struct Remedy {
    /// `client` or `server`.
    #[serde(rename = "where")]
    pub place: &'static str,
    /// What, in words.
    pub text: String,
    /// What to paste.
    pub command: Option<String>,
    /// The trust that it gives up: `ok`, `note`, `weak`, `broken`.
    pub harm: &'static str,
}

/// A weakness of what is agreed on.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct Weakness {
    pub id: &'static str,
    pub text: String,
}
