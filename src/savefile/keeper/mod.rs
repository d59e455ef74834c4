//! `--keep failed`: the packets of each connection under way, held until its verdict, then written or forgotten.

mod connection;
mod fragments;

pub use connection::KeptConnection;

use super::Direction;
use crate::limits;
use crate::packet::{CapturedPacket, Decoded, Decoder, Endpoint, IncompleteDatagram, PacketId, Watch};
use crate::time::Timestamp;
use connection::Held;
use fragments::Waiting;
use std::collections::{BTreeMap, HashMap};

/// How much is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// First packets of a connection held whole.
    pub whole: usize,
    /// First packets held, those included.
    pub first: usize,
    /// Last packets held behind them.
    pub last: usize,
    /// Bytes of a packet that are held where it is not held whole.
    pub cut: usize,
    /// Bytes of all connections together.
    pub bytes: usize,
    /// Connections.
    pub connections: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            whole: limits::KEPT_WHOLE,
            first: limits::KEPT_FIRST,
            last: limits::KEPT_LAST,
            cut: limits::KEPT_CUT,
            bytes: limits::KEPT_BYTES,
            connections: limits::CONNECTIONS,
        }
    }
}

/// Both ends, the lower one first.
type Key = (Endpoint, Endpoint);

/// Holds the packets of the connections under way.
///
/// It is given every packet before the analyzer is, and told of every judged connection:
///
/// 1. [`Self::packet`] for each packet, with the number of its interface in the file to be written;
/// 2. [`Self::judged`] for each judged connection hands out what is held of it. A failure is written
///    ([`KeptConnection::write`]), anything else dropped.
///
/// ICMP errors are held with the connection whose segment they quote, fragments with the one that their datagram belongs to.
/// What is held is bounded by a [`Room`]: of long connections the first and the last packets, whole as far as the key exchange
/// goes; of too many connections those that spoke last. What was forgotten is counted ([`Self::forgotten`]).
///
/// ```
/// use sshwire::packet::{CapturedPacket, LinkType, PacketId, Watch};
/// use sshwire::savefile::{Direction, Keeper};
/// use sshwire::time::Timestamp;
///
/// let mut keeper = Keeper::new(Watch::ports(&[22]));
/// let mut syn = vec![0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];
/// syn.extend([0x9c, 0x40, 0, 22, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xfa, 0xf0, 0, 0, 0, 0]);
/// let id = PacketId::new(0, 1);
/// let packet = CapturedPacket { id, time: Timestamp(0), link: LinkType::Raw, wire_len: 40, data: &syn };
/// keeper.packet(&packet, 0, Direction::Outbound);
///
/// let end = |text: &str| {
///     let end: std::net::SocketAddr = text.parse().unwrap();
///     sshwire::packet::Endpoint { address: end.ip(), port: end.port() }
/// };
/// let (client, server) = (end("192.0.2.1:40000"), end("192.0.2.2:22"));
/// let kept = keeper.judged(client, server, id).expect("one connection");
/// assert_eq!((kept.packets(), kept.omitted()), (1, 0));
/// assert!(keeper.judged(client, server, id).is_none());
/// ```
#[derive(Debug)]
pub struct Keeper {
    decoder: Decoder,
    room: Room,
    connections: HashMap<Key, Entry>,
    /// Who spoke when, in steps of a counter; those that have to give way first in front: see [`Entry::class`].
    order: [BTreeMap<u64, Key>; 3],
    steps: u64,
    fragments: Waiting,
    bytes: usize,
    forgotten: u64,
}

#[derive(Debug)]
struct Entry {
    kept: KeptConnection,
    /// When it spoke last.
    step: u64,
    /// Which end sent segments: 1 the lower one, 2 the other.
    senders: u8,
    /// It has given up its middle since it spoke last.
    shrunk: bool,
}

const UNANSWERED: usize = 0;
const ANSWERED: usize = 1;
const SHRUNK: usize = 2;

impl Entry {
    /// Place in [`Keeper::order`].
    fn class(&self) -> usize {
        match (self.senders, self.shrunk) {
            (3, false) => ANSWERED,
            (3, true) => SHRUNK,
            _ => UNANSWERED,
        }
    }
}

impl Keeper {
    /// Holds nothing yet. `watch` is what the analyzer watches.
    pub fn new(watch: Watch) -> Self {
        Self::with_room(watch, Room::default())
    }

    /// The same with other bounds.
    pub fn with_room(watch: Watch, room: Room) -> Self {
        Self {
            decoder: Decoder::new(watch),
            room,
            connections: HashMap::new(),
            order: Default::default(),
            steps: 0,
            fragments: Waiting::default(),
            bytes: 0,
            forgotten: 0,
        }
    }

    /// Takes a packet, before the analyzer does. `interface` is the number that [`super::Writer::interface`] gave.
    pub fn packet(&mut self, packet: &CapturedPacket<'_>, interface: u32, direction: Direction) {
        let found = match self.decoder.decode(packet) {
            Decoded::Segment(segment) => Some((segment.source, segment.destination, true, segment.ip.fragmented)),
            Decoded::Icmp(error) => Some((error.quoted.source, error.quoted.destination, false, true)),
            Decoded::Other => None,
            Decoded::Undecodable(_) => return self.settle_incomplete(),
        };
        match found {
            Some((source, destination, segment, whole_datagram)) => {
                if whole_datagram && let Some(datagram) = Decoder::fragment_of(packet) {
                    for fragment in self.fragments.take(&datagram) {
                        self.hold(source, destination, |_| fragment);
                    }
                }
                let held = |most| Held::new(packet, most, interface, direction, segment);
                self.hold(source, destination, held);
            }
            None => {
                if let Some(datagram) = Decoder::fragment_of(packet) {
                    self.fragments.add(datagram, Held::new(packet, usize::MAX, interface, direction, false));
                }
            }
        }
        self.settle_incomplete();
    }

    /// Time passes without packets.
    pub fn advance(&mut self, now: Timestamp) {
        self.decoder.advance(now);
        self.settle_incomplete();
    }

    /// Fragments of datagrams that never became complete belong to the connection that the first one names.
    fn settle_incomplete(&mut self) {
        while let Some(IncompleteDatagram { packet, source, destination, tcp, .. }) = self.decoder.incomplete() {
            let fragments = self.fragments.take_from(packet);
            let Some((from, to, _)) = tcp else { continue };
            let (source, destination) =
                (Endpoint { address: source, port: from }, Endpoint { address: destination, port: to });
            for fragment in fragments {
                self.hold(source, destination, |_| fragment);
            }
        }
    }

    /// Puts a packet to its connection. `held` makes it of so many bytes at most.
    fn hold(&mut self, source: Endpoint, destination: Endpoint, held: impl FnOnce(usize) -> Held) {
        let key = key(source, destination);
        self.steps += 1;
        let step = self.steps;
        let entry = self.connections.entry(key).or_insert_with(|| {
            self.bytes += COST;
            Entry { kept: KeptConnection::default(), step: 0, senders: 0, shrunk: false }
        });
        self.order[entry.class()].remove(&entry.step);
        let held = held(entry.kept.wanted(&self.room));
        if held.segment {
            entry.senders |= if source == key.0 { 1 } else { 2 };
        }
        (entry.step, entry.shrunk) = (step, false);
        let before = entry.kept.cost();
        entry.kept.add(held, &self.room);
        self.bytes = (self.bytes + entry.kept.cost()).saturating_sub(before);
        self.order[entry.class()].insert(step, key);
        self.forget_beyond_room();
    }

    fn forget_beyond_room(&mut self) {
        while self.bytes > self.room.bytes || self.connections.len() > self.room.connections {
            let oldest = |(class, order): (usize, &mut BTreeMap<u64, Key>)| Some((class, order.pop_first()?));
            let Some((class, (step, key))) = self.order.iter_mut().enumerate().find_map(oldest) else { return };
            if class == ANSWERED
                && let Some(entry) = self.connections.get_mut(&key)
            {
                let before = entry.kept.cost();
                entry.kept.shrink(&self.room);
                entry.shrunk = true;
                self.bytes = (self.bytes + entry.kept.cost()).saturating_sub(before);
                self.order[SHRUNK].insert(step, key);
            } else if let Some(entry) = self.connections.remove(&key) {
                self.bytes = self.bytes.saturating_sub(COST + entry.kept.cost());
                self.forgotten += 1;
            }
        }
    }

    /// A connection is judged: what is held of it, up to its last packet. None where its packets were forgotten.
    pub fn judged(&mut self, client: Endpoint, server: Endpoint, last: PacketId) -> Option<KeptConnection> {
        let key = key(client, server);
        let mut entry = self.connections.remove(&key)?;
        self.order[entry.class()].remove(&entry.step);
        self.bytes = self.bytes.saturating_sub(COST + entry.kept.cost());
        let after = entry.kept.split_after(last, &self.room);
        let kept = std::mem::take(&mut entry.kept);
        if let Some(after) = after {
            self.bytes += COST + after.cost();
            // Who sent what of the new one is not known any more; its next packets say.
            entry = Entry { kept: after, senders: 0, ..entry };
            self.order[entry.class()].insert(entry.step, key);
            self.connections.insert(key, entry);
        }
        (kept.packets() > 0).then_some(kept)
    }

    /// Connections of which packets are held.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Connections whose packets were forgotten before they were judged, because there was no room.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Memory that it takes, about, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes + self.fragments.cost()
    }
}

/// Memory that an entry takes besides its packets, in the tables, about.
const COST: usize = 3 * size_of::<Key>() + size_of::<Entry>();

fn key(a: Endpoint, b: Endpoint) -> Key {
    if a <= b { (a, b) } else { (b, a) }
}
