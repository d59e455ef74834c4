//! IP fragments that wait until it is clear whose they are.

use super::connection::Held;
use crate::limits::{FRAGMENTED_DATAGRAMS, FRAGMENTS_PER_DATAGRAM, KEPT_FRAGMENT_BYTES};
use crate::packet::{DatagramId, PacketId};
use std::collections::{HashMap, VecDeque};

/// Fragments by datagram, the oldest datagrams first in line to go.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    datagrams: HashMap<DatagramId, Vec<Held>>,
    /// In order of their first fragment, each with it: a datagram that was taken leaves its place here until its turn comes.
    order: VecDeque<(DatagramId, PacketId)>,
    bytes: usize,
}

impl Waiting {
    /// Takes a fragment.
    pub fn add(&mut self, datagram: DatagramId, held: Held) {
        let fragments = self.datagrams.entry(datagram).or_default();
        if fragments.len() >= FRAGMENTS_PER_DATAGRAM {
            return;
        }
        if fragments.is_empty() {
            self.order.push_back((datagram, held.id));
        }
        self.bytes += held.cost();
        fragments.push(held);
        while self.bytes > KEPT_FRAGMENT_BYTES || self.order.len() > FRAGMENTED_DATAGRAMS {
            let Some((oldest, first)) = self.order.pop_front() else { break };
            if self.datagrams.get(&oldest).is_some_and(|fragments| fragments[0].id == first) {
                self.take(&oldest);
            }
        }
    }

    /// The fragments of a datagram that were seen so far.
    pub fn take(&mut self, datagram: &DatagramId) -> Vec<Held> {
        let fragments = self.datagrams.remove(datagram).unwrap_or_default();
        self.bytes = self.bytes.saturating_sub(fragments.iter().map(Held::cost).sum());
        fragments
    }

    /// The fragments of the datagram of which this packet was the first.
    pub fn take_from(&mut self, first: PacketId) -> Vec<Held> {
        let found = self.order.iter().find(|(_, packet)| *packet == first).map(|&(datagram, _)| datagram);
        found.map_or_else(Vec::new, |datagram| self.take(&datagram))
    }

    /// Memory that they take, about.
    pub fn cost(&self) -> usize {
        self.bytes
    }
}
