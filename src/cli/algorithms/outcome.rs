//! Two ends in; what they agree on, what fails and what to change, out.

use super::peer::Peer;
use crate::ssh::negotiation::{IMPLICIT_MAC, Negotiation, Slot};
use crate::ssh::remedy::{self, RemedyLine, Target};
use crate::ssh::software::Product;
use crate::ssh::weaknesses::{Surroundings, Weakness, weaknesses};
use crate::tcp::Side;

/// What becomes of a negotiation.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Each slot in the order of the KEXINIT.
    pub slots: Vec<(Slot, Agreed)>,
    /// What else to know.
    pub remarks: Vec<String>,
    /// What an OpenSSH client prints.
    pub client_prints: Option<String>,
    /// What to do, the least harmful first.
    pub remedies: Vec<RemedyLine>,
    /// What is weak about what is agreed on.
    pub weaknesses: Vec<Weakness>,
    /// Both sides have the marker of strict key exchange.
    pub strict_kex: bool,
}

/// What becomes of one list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Agreed {
    /// This name.
    On(String),
    /// The cipher needs none.
    Implicit,
    /// No name in common.
    Nothing { client: Vec<String>, server: Vec<String> },
    /// A side's list is not known.
    Unknown,
    /// It does not come to that: no cipher in common, and any that mends this needs no MAC.
    Moot,
}

impl Outcome {
    /// Negotiates.
    pub fn of(client: &Peer, server: &Peer) -> Self {
        let mut negotiation = Negotiation::of(&client.offer(), &server.offer());
        let known = |slot: Slot| client.knows(slot) && server.knows(slot);
        negotiation.failing.retain(|none| known(none.slot));
        let destination = destination(client, server);
        let port = server.destination.2.or(client.destination.2).unwrap_or(22);
        let target = Target { destination: &destination, port };
        let remedies = remedy::remedies(&negotiation.failing, &client.software, &server.software, &target);
        let mut weak = weaknesses(&negotiation, &Surroundings::default());
        if !client.shows_markers || !server.shows_markers {
            weak.retain(|weakness| weakness.id != "terrapin");
        }
        Self {
            slots: Slot::ALL.into_iter().map(|slot| (slot, agreed(&negotiation, slot, known(slot)))).collect(),
            remarks: remarks(&negotiation, client, server),
            client_prints: client_prints(&negotiation, client, server),
            remedies,
            weaknesses: weak,
            strict_kex: negotiation.strict_kex,
        }
    }

    /// Whether some list has nothing in common.
    pub fn fails(&self) -> bool {
        self.slots.iter().any(|(_, agreed)| matches!(agreed, Agreed::Nothing { .. }))
    }
}

fn agreed(negotiation: &Negotiation, slot: Slot, known: bool) -> Agreed {
    if let Some(none) = negotiation.failing.iter().find(|none| none.slot == slot) {
        return Agreed::Nothing { client: none.client.clone(), server: none.server.clone() };
    }
    match negotiation.agreed(slot) {
        Some(IMPLICIT_MAC) => Agreed::Implicit,
        _ if !known => Agreed::Unknown,
        Some(name) => Agreed::On(name.to_owned()),
        None => Agreed::Moot,
    }
}

fn remarks(negotiation: &Negotiation, client: &Peer, server: &Peer) -> Vec<String> {
    let mut remarks = Vec::new();
    for insistence in negotiation.mac_insisted_on(&client.software, &server.software) {
        let certainly =
            if insistence.always { "all the same gives up" } else { "gives up all the same before March 2022" };
        let product = insistence.product.as_str();
        remarks.push(format!("the cipher needs no MAC, but {product} {certainly}: no MAC in common"));
    }
    for slot in &negotiation.beyond_openssh_limit {
        let words = slot.openssh_words();
        remarks.push(format!("the agreed {words} stands behind the server's 40th name, where OpenSSH does not look"));
    }
    remarks.sort();
    remarks.dedup();
    remarks
}

/// Only OpenSSH's own words are foretold here.
fn client_prints(negotiation: &Negotiation, client: &Peer, server: &Peer) -> Option<String> {
    let known = matches!(client.software.product, Product::OpenSsh | Product::Win32OpenSsh | Product::Unknown);
    let none = negotiation.printed_by_client().filter(|_| known)?;
    let host = server.destination.1.as_deref().unwrap_or("SERVER");
    let port = server.destination.2.unwrap_or(22);
    let (words, offer) = (none.slot.openssh_words(), &none.server_offer_as_printed);
    Some(format!("Unable to negotiate with {host} port {port}: no matching {words} found. Their offer: {offer}"))
}

/// `user@host` for a command. Names that came out of a file get into it only where a shell takes them for nothing else.
fn destination(client: &Peer, server: &Peer) -> String {
    let plain = |text: &&String| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == ':')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte))
    };
    let user = client.destination.0.as_ref().filter(plain).map_or("user", String::as_str);
    // The client's settings name where it wants to go; the server's capture where it is.
    let host = server.destination.1.as_ref().or(client.destination.1.as_ref()).filter(plain);
    format!("{user}@{}", host.map_or("SERVER", String::as_str))
}

/// The two ends, for headings.
pub(super) fn ends<'a>(client: &'a Peer, server: &'a Peer) -> [(Side, &'a Peer); 2] {
    [(Side::Client, client), (Side::Server, server)]
}
