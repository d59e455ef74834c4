//! The table and a negotiation for scripts: one document, `sshwire-algorithms/1`.

use super::outcome::{Agreed, Outcome};
use super::peer::Peer;
use crate::report::escape::visible_text;
use crate::ssh::algorithms::{Algorithm, Versions};
use crate::ssh::negotiation::{IMPLICIT_MAC, Side, Slot};
use crate::ssh::remedy::RemedyLine;
use serde::Serialize;
use std::collections::BTreeMap;

const SCHEMA: &str = "sshwire-algorithms/1";

#[derive(Serialize)]
pub(super) struct Document<T> {
    schema: &'static str,
    sshwire: &'static str,
    #[serde(flatten)]
    content: T,
}

fn document<T>(content: T) -> Document<T> {
    Document { schema: SCHEMA, sshwire: env!("CARGO_PKG_VERSION"), content }
}

#[derive(Serialize)]
pub(super) struct Table {
    algorithms: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    kind: &'static str,
    origin: String,
    status: &'static str,
    reason: &'static str,
    post_quantum: bool,
    /// Releases of OpenSSH; `until` is the first that no longer does.
    openssh_client_default: Option<Span>,
    openssh_server_default: Option<Span>,
    openssh_implements: Option<Span>,
}

#[derive(Serialize)]
struct Span {
    since: String,
    until: Option<String>,
}

fn span(versions: Versions) -> Option<Span> {
    Some(Span { since: versions.since?.to_string(), until: versions.until.map(|until| until.to_string()) })
}

pub(super) fn table(rows: &[&Algorithm]) -> Document<Table> {
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
    };
    document(Table { algorithms: rows.iter().map(row).collect() })
}

#[derive(Serialize)]
pub(super) struct End {
    name: String,
    remarks: Vec<String>,
    /// What it offers, by slot; without the lists that are not known.
    offer: BTreeMap<&'static str, Vec<String>>,
}

fn end(peer: &Peer) -> End {
    let offer = peer.offer();
    let known = Slot::ALL.into_iter().filter(|slot| peer.knows(*slot));
    End {
        name: visible_text(&peer.name),
        remarks: peer.remarks.clone(),
        offer: known.map(|slot| (slot.as_str(), names(offer.list(slot)))).collect(),
    }
}

fn names(list: &[String]) -> Vec<String> {
    list.iter().map(|name| visible_text(name)).collect()
}

/// One end alone, under its own name.
pub(super) fn offer(side: Side, peer: &Peer) -> Document<BTreeMap<&'static str, End>> {
    let word = if side == Side::Client { "client" } else { "server" };
    document(BTreeMap::from([(word, end(peer))]))
}

#[derive(Serialize)]
pub(super) struct Negotiated {
    client: End,
    server: End,
    agree: bool,
    /// By slot; null where nothing is agreed on or known.
    negotiated: BTreeMap<&'static str, Option<String>>,
    strict_kex: bool,
    none_in_common: Vec<NoneInCommon>,
    client_prints: Option<String>,
    remarks: Vec<String>,
    remedies: Vec<Remedy>,
    weaknesses: Vec<Weakness>,
}

#[derive(Serialize)]
struct NoneInCommon {
    slot: &'static str,
    client: Vec<String>,
    server: Vec<String>,
}

#[derive(Serialize)]
struct Remedy {
    #[serde(rename = "where")]
    place: &'static str,
    text: String,
    command: Option<String>,
    harm: &'static str,
}

#[derive(Serialize)]
struct Weakness {
    id: &'static str,
    text: String,
}

pub(super) fn negotiation(client: &Peer, server: &Peer, outcome: &Outcome) -> Document<Negotiated> {
    let failing = outcome.slots.iter().filter_map(|(slot, agreed)| match agreed {
        Agreed::Nothing { client, server } => {
            Some(NoneInCommon { slot: slot.as_str(), client: names(client), server: names(server) })
        }
        _ => None,
    });
    let name = |agreed: &Agreed| match agreed {
        Agreed::On(name) => Some(visible_text(name)),
        Agreed::Implicit => Some(IMPLICIT_MAC.to_owned()),
        _ => None,
    };
    document(Negotiated {
        client: end(client),
        server: end(server),
        agree: !outcome.fails(),
        negotiated: outcome.slots.iter().map(|(slot, agreed)| (slot.as_str(), name(agreed))).collect(),
        strict_kex: outcome.strict_kex,
        none_in_common: failing.collect(),
        client_prints: outcome.client_prints.as_deref().map(visible_text),
        remarks: outcome.remarks.clone(),
        remedies: outcome.remedies.iter().map(remedy).collect(),
        weaknesses: outcome.weaknesses.iter().map(|weak| Weakness { id: weak.id, text: weak.text.clone() }).collect(),
    })
}

fn remedy(line: &RemedyLine) -> Remedy {
    Remedy {
        place: if line.side == Side::Client { "client" } else { "server" },
        text: line.text.clone(),
        command: line.command.clone(),
        harm: line.harm.as_str(),
    }
}
