//! The table and a negotiation for scripts, see [`crate::report::algorithms`].

use super::outcome::{Agreed, Outcome};
use super::peer::Peer;
use crate::report::algorithms::{End, Negotiated, NoneInCommon, Remedy, Weakness, to_json};
use crate::report::escape::visible_text;
use crate::ssh::negotiation::{IMPLICIT_MAC, Slot};
use crate::ssh::remedy::RemedyLine;
use crate::tcp::Side;
use std::collections::BTreeMap;

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
pub(super) fn offer(side: Side, peer: &Peer) -> String {
    let word = if side == Side::Client { "client" } else { "server" };
    to_json(&BTreeMap::from([(word, end(peer))]))
}

pub(super) fn negotiation(client: &Peer, server: &Peer, outcome: &Outcome) -> String {
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
    to_json(&Negotiated {
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
