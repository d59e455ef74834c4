//! Two KEXINIT offers in, what they agree on out (RFC 4253 §7.1), in the reading of OpenSSH's `kex_choose_conf`.

use foldhash::quality::RandomState;
use std::collections::HashSet;

use super::algorithms::{Kind, is_aead, is_marker};
use super::software::{Product, Software};
use crate::tcp::Side;

/// The lists of one KEXINIT that take part in the negotiation (RFC 4253 §7.1; languages never fail).
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs)] // the fields are named as in the RFC
pub struct Offer<'a> {
    pub kex: &'a [String],
    pub server_host_key: &'a [String],
    pub encryption_client_to_server: &'a [String],
    pub encryption_server_to_client: &'a [String],
    pub mac_client_to_server: &'a [String],
    pub mac_server_to_client: &'a [String],
    pub compression_client_to_server: &'a [String],
    pub compression_server_to_client: &'a [String],
    pub first_kex_packet_follows: bool,
}

impl<'a> Offer<'a> {
    /// The list of one slot as it was sent, markers included.
    pub fn list(&self, slot: Slot) -> &'a [String] {
        match slot {
            Slot::Kex => self.kex,
            Slot::HostKey => self.server_host_key,
            Slot::EncryptionClientToServer => self.encryption_client_to_server,
            Slot::EncryptionServerToClient => self.encryption_server_to_client,
            Slot::MacClientToServer => self.mac_client_to_server,
            Slot::MacServerToClient => self.mac_server_to_client,
            Slot::CompressionClientToServer => self.compression_client_to_server,
            Slot::CompressionServerToClient => self.compression_server_to_client,
        }
    }
}

/// One of the eight lists that must have a name in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Slot {
    Kex,
    HostKey,
    EncryptionClientToServer,
    EncryptionServerToClient,
    MacClientToServer,
    MacServerToClient,
    CompressionClientToServer,
    CompressionServerToClient,
}

impl Slot {
    /// All slots in the order of the KEXINIT.
    pub const ALL: [Self; 8] = [
        Self::Kex,
        Self::HostKey,
        Self::EncryptionClientToServer,
        Self::EncryptionServerToClient,
        Self::MacClientToServer,
        Self::MacServerToClient,
        Self::CompressionClientToServer,
        Self::CompressionServerToClient,
    ];

    /// The order in which OpenSSH's client looks: its incoming direction before its outgoing one. It stops at the first failure.
    pub const ORDER_AT_CLIENT: [Self; 8] = [
        Self::Kex,
        Self::HostKey,
        Self::EncryptionServerToClient,
        Self::MacServerToClient,
        Self::CompressionServerToClient,
        Self::EncryptionClientToServer,
        Self::MacClientToServer,
        Self::CompressionClientToServer,
    ];

    /// The order in which OpenSSH's server looks.
    pub const ORDER_AT_SERVER: [Self; 8] = [
        Self::Kex,
        Self::HostKey,
        Self::EncryptionClientToServer,
        Self::MacClientToServer,
        Self::CompressionClientToServer,
        Self::EncryptionServerToClient,
        Self::MacServerToClient,
        Self::CompressionServerToClient,
    ];

    /// The name in a report (`ssh.none_in_common[].slot`).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kex => "kex",
            Self::HostKey => "host_key",
            Self::EncryptionClientToServer => "encryption_client_to_server",
            Self::EncryptionServerToClient => "encryption_server_to_client",
            Self::MacClientToServer => "mac_client_to_server",
            Self::MacServerToClient => "mac_server_to_client",
            Self::CompressionClientToServer => "compression_client_to_server",
            Self::CompressionServerToClient => "compression_server_to_client",
        }
    }

    /// What its names are.
    pub fn kind(self) -> Kind {
        match self {
            Self::Kex => Kind::Kex,
            Self::HostKey => Kind::HostKey,
            Self::EncryptionClientToServer | Self::EncryptionServerToClient => Kind::Cipher,
            Self::MacClientToServer | Self::MacServerToClient => Kind::Mac,
            Self::CompressionClientToServer | Self::CompressionServerToClient => Kind::Compression,
        }
    }

    /// What OpenSSH prints: `no matching … found` (ssherr.c).
    pub fn openssh_words(self) -> &'static str {
        match self {
            Self::Kex => "key exchange method",
            Self::HostKey => "host key type",
            Self::EncryptionClientToServer | Self::EncryptionServerToClient => "cipher",
            Self::MacClientToServer | Self::MacServerToClient => "MAC",
            Self::CompressionClientToServer | Self::CompressionServerToClient => "compression method",
        }
    }
}

/// One thing for each direction of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct PerDirection<T> {
    pub client_to_server: T,
    pub server_to_client: T,
}

/// What stands in the place of a MAC where the cipher authenticates by itself (OpenSSH's word in `ssh -v`).
pub const IMPLICIT_MAC: &str = "<implicit>";

/// A slot whose two lists have no name in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoneInCommon {
    /// Which list.
    pub slot: Slot,
    /// The client's names without markers.
    pub client: Vec<String>,
    /// The server's names without markers.
    pub server: Vec<String>,
    /// The client's list as the server's OpenSSH prints it after `Their offer: `: raw, markers included.
    pub client_offer_as_printed: String,
    /// The server's list as the client's OpenSSH prints it.
    pub server_offer_as_printed: String,
}

/// Whether a side sent a key exchange packet on a guess, and whether it counts (RFC 4253 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Guess {
    /// `first_kex_packet_follows` was not set.
    #[default]
    NotMade,
    /// The packet after this side's KEXINIT takes part in the key exchange.
    Right,
    /// The packet after this side's KEXINIT must be ignored by its peer.
    Wrong,
}

/// The outcome of a negotiation, as far as each slot has one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Negotiation {
    /// The key exchange method.
    pub kex: Option<String>,
    /// The host key algorithm.
    pub host_key: Option<String>,
    /// The ciphers.
    pub encryption: PerDirection<Option<String>>,
    /// The MACs; [`IMPLICIT_MAC`] where the cipher makes them superfluous.
    pub mac: PerDirection<Option<String>>,
    /// The compression methods.
    pub compression: PerDirection<Option<String>>,
    /// Both sides named their `kex-strict-…` marker (OpenSSH PROTOCOL 1.10).
    pub strict_kex: bool,
    /// Every slot with nothing in common, in KEXINIT order.
    pub failing: Vec<NoneInCommon>,
    /// MAC slots with nothing in common that do not matter, the cipher being an AEAD, unless a side insists
    /// ([`Negotiation::mac_insisted_on`]).
    pub disjoint_macs_under_aead: Vec<Slot>,
    /// Slots agreed on by a name that stands after the server's 40th: OpenSSH does not look that far (match.c `MAX_PROP`),
    /// so an OpenSSH on either side fails here although the lists have the name in common.
    pub beyond_openssh_limit: Vec<Slot>,
    /// What the client sent on a guess.
    pub client_guess: Guess,
    /// What the server sent on a guess.
    pub server_guess: Guess,
}

/// A peer that wants a MAC in common although the cipher needs none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MacInsistence {
    /// The slot that it will fail on.
    pub slot: Slot,
    /// Which side insists.
    pub by: Side,
    /// Its software.
    pub product: Product,
    /// Whether every version of it does; else it depends on a version that the identification does not tell.
    pub always: bool,
}

impl Negotiation {
    /// Applies the rules of RFC 4253 §7.1 to two offers: in each slot the client's first name that the server also lists.
    ///
    /// Like OpenSSH it leaves out the RFC's condition that the host key must be able to sign or encrypt as the method
    /// needs: every method in use needs a signature, and every host key can give one.
    pub fn of(client: &Offer<'_>, server: &Offer<'_>) -> Self {
        let mut outcome = Self { strict_kex: is_strict(client, server), ..Self::default() };
        for slot in Slot::ALL {
            match outcome.mac_need(slot, client, server) {
                MacNeed::Needed => outcome.settle(slot, client.list(slot), server.list(slot)),
                MacNeed::Implicit => {
                    if choose(client.list(slot), server.list(slot)).is_none() {
                        outcome.disjoint_macs_under_aead.push(slot);
                    }
                    *outcome.place(slot) = Some(IMPLICIT_MAC.to_owned());
                }
                MacNeed::Moot => {}
            }
        }
        outcome.client_guess = outcome.guess(client.first_kex_packet_follows, client, server);
        outcome.server_guess = outcome.guess(server.first_kex_packet_follows, server, client);
        outcome
    }

    /// The agreed name of a slot.
    pub fn agreed(&self, slot: Slot) -> Option<&str> {
        match slot {
            Slot::Kex => &self.kex,
            Slot::HostKey => &self.host_key,
            Slot::EncryptionClientToServer => &self.encryption.client_to_server,
            Slot::EncryptionServerToClient => &self.encryption.server_to_client,
            Slot::MacClientToServer => &self.mac.client_to_server,
            Slot::MacServerToClient => &self.mac.server_to_client,
            Slot::CompressionClientToServer => &self.compression.client_to_server,
            Slot::CompressionServerToClient => &self.compression.server_to_client,
        }
        .as_deref()
    }

    /// The failing slot that OpenSSH's client prints, which stops at the first one in its own order.
    pub fn printed_by_client(&self) -> Option<&NoneInCommon> {
        first_of(&self.failing, &Slot::ORDER_AT_CLIENT)
    }

    /// The failing slot that OpenSSH's server logs.
    pub fn printed_by_server(&self) -> Option<&NoneInCommon> {
        first_of(&self.failing, &Slot::ORDER_AT_SERVER)
    }

    /// Who will end the connection over a MAC that nobody needs: paramiko (transport.py `_parse_kex_init`) in both roles,
    /// JSch (`KeyExchange.guess`), Go x/crypto before March 2022, whose identification does not tell its version.
    pub fn mac_insisted_on(&self, client: &Software, server: &Software) -> Vec<MacInsistence> {
        let mut insisting = Vec::new();
        for &slot in &self.disjoint_macs_under_aead {
            for (by, software) in [(Side::Client, client), (Side::Server, server)] {
                let always = match software.product {
                    Product::Paramiko | Product::JSch => true,
                    Product::GoXCrypto => false,
                    _ => continue,
                };
                insisting.push(MacInsistence { slot, by, product: software.product, always });
            }
        }
        insisting
    }

    /// Whether a slot has to be settled. Only MAC slots can do without: the ciphers stand before them in [`Slot::ALL`].
    fn mac_need(&self, slot: Slot, client: &Offer<'_>, server: &Offer<'_>) -> MacNeed {
        let cipher_slot = match slot {
            Slot::MacClientToServer => Slot::EncryptionClientToServer,
            Slot::MacServerToClient => Slot::EncryptionServerToClient,
            _ => return MacNeed::Needed,
        };
        match self.agreed(cipher_slot) {
            Some(cipher) if is_aead(cipher) => MacNeed::Implicit,
            Some(_) => MacNeed::Needed,
            // Whatever mends the ciphers, it will be one that a side with nothing but AEADs has.
            None => {
                let only_aead = |list: &[String]| selectable(list).all(is_aead);
                let moot = only_aead(client.list(cipher_slot)) || only_aead(server.list(cipher_slot));
                if moot { MacNeed::Moot } else { MacNeed::Needed }
            }
        }
    }

    fn settle(&mut self, slot: Slot, client: &[String], server: &[String]) {
        match choose(client, server) {
            Some(choice) => {
                if choice.beyond_openssh_limit {
                    self.beyond_openssh_limit.push(slot);
                }
                *self.place(slot) = Some(choice.name.to_owned());
            }
            None => self.failing.push(NoneInCommon {
                slot,
                client: selectable(client).map(str::to_owned).collect(),
                server: selectable(server).map(str::to_owned).collect(),
                client_offer_as_printed: client.join(","),
                server_offer_as_printed: server.join(","),
            }),
        }
    }

    fn place(&mut self, slot: Slot) -> &mut Option<String> {
        match slot {
            Slot::Kex => &mut self.kex,
            Slot::HostKey => &mut self.host_key,
            Slot::EncryptionClientToServer => &mut self.encryption.client_to_server,
            Slot::EncryptionServerToClient => &mut self.encryption.server_to_client,
            Slot::MacClientToServer => &mut self.mac.client_to_server,
            Slot::MacServerToClient => &mut self.mac.server_to_client,
            Slot::CompressionClientToServer => &mut self.compression.client_to_server,
            Slot::CompressionServerToClient => &mut self.compression.server_to_client,
        }
    }

    /// A guess is right if both sides' first key exchange method and first host key algorithm are the same
    /// (RFC 4253 §7; OpenSSH `proposals_match`). With dropbear's `kexguess2` marker on both sides it is right as soon
    /// as what was chosen is the guesser's own first.
    fn guess(&self, made: bool, mine: &Offer<'_>, theirs: &Offer<'_>) -> Guess {
        if !made {
            return Guess::NotMade;
        }
        let right = [Slot::Kex, Slot::HostKey].into_iter().all(|slot| {
            let first = selectable(mine.list(slot)).next();
            let other = if both_have(KEXGUESS2, mine, theirs) {
                self.agreed(slot)
            } else {
                selectable(theirs.list(slot)).next()
            };
            first.is_some() && first == other
        });
        if right { Guess::Right } else { Guess::Wrong }
    }
}

/// Whether a slot needs a common name.
enum MacNeed {
    Needed,
    /// The agreed cipher authenticates by itself.
    Implicit,
    /// No cipher was agreed on, but any that could be would authenticate by itself.
    Moot,
}

/// What the walk through the client's list found.
struct Choice<'a> {
    name: &'a str,
    beyond_openssh_limit: bool,
}

/// The client's first name that the server also lists (RFC 4253 §7.1). Linear: the lists are a stranger's.
fn choose<'a>(client: &'a [String], server: &[String]) -> Option<Choice<'a>> {
    let name = if client.len().saturating_mul(server.len()) <= FEW_COMPARISONS {
        selectable(client).find(|name| server.iter().any(|theirs| theirs == name))?
    } else {
        let offered: HashSet<&str, RandomState> = server.iter().map(String::as_str).collect();
        selectable(client).find(|name| offered.contains(name))?
    };
    let position = server.iter().position(|theirs| theirs == name);
    Some(Choice { name, beyond_openssh_limit: position.is_some_and(|position| position >= OPENSSH_MAX_PROP) })
}

/// The names that can be chosen: all but the markers and the empty name (RFC 4251 §5 forbids it; a list may hold it).
fn selectable(list: &[String]) -> impl Iterator<Item = &str> {
    list.iter().map(String::as_str).filter(|name| !name.is_empty() && !is_marker(name))
}

fn is_strict(client: &Offer<'_>, server: &Offer<'_>) -> bool {
    let has = |list: &[String], marker: &str| list.iter().any(|name| name == marker);
    has(client.kex, "kex-strict-c-v00@openssh.com") && has(server.kex, "kex-strict-s-v00@openssh.com")
}

fn both_have(marker: &str, one: &Offer<'_>, other: &Offer<'_>) -> bool {
    [one, other].iter().all(|offer| offer.kex.iter().any(|name| name == marker))
}

fn first_of<'a>(failing: &'a [NoneInCommon], order: &[Slot]) -> Option<&'a NoneInCommon> {
    order.iter().find_map(|slot| failing.iter().find(|none| none.slot == *slot))
}

const KEXGUESS2: &str = "kexguess2@matt.ucc.asn.au";

/// Pairs of names that are compared faster than a set is built: real lists have ten names each.
const FEW_COMPARISONS: usize = 1_024;

/// match.c `MAX_PROP`: the server's names beyond this one do not exist for OpenSSH.
const OPENSSH_MAX_PROP: usize = 40;

#[cfg(test)]
#[path = "negotiation_tests.rs"]
mod tests;
