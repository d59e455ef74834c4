//! The table of connections: found by their endpoints, let go in order of what is least worth keeping.

use super::connection::Standing;
use crate::packet::Endpoint;
use crate::time::Timestamp;
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Both endpoints, the lower one first, so that both directions give the same key.
///
/// The hash over it is keyed at random (foldhash): a capture cannot be built to make it collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key(Endpoint, Endpoint);

impl Key {
    pub fn new(a: Endpoint, b: Endpoint) -> Self {
        if a <= b { Self(a, b) } else { Self(b, a) }
    }
}

const NONE: u32 = u32::MAX;

struct Slot<T> {
    key: Key,
    value: T,
    /// The table's clock when it was touched last; packets of a file need not be in order, this clock is.
    touched: Timestamp,
    list: usize,
    older: u32,
    newer: u32,
}

#[derive(Clone, Copy)]
struct List {
    oldest: u32,
    newest: u32,
}

/// Values by key, each in the list of its standing, the least recently touched first.
pub(super) struct Table<T> {
    index: HashMap<Key, u32, RandomState>,
    slots: Vec<Option<Slot<T>>>,
    free: Vec<u32>,
    lists: [List; 3],
}

fn list_of(standing: Standing) -> usize {
    match standing {
        Standing::Closed => 0,
        Standing::HalfOpen => 1,
        Standing::Open => 2,
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        let empty = List { oldest: NONE, newest: NONE };
        Self { index: HashMap::default(), slots: Vec::new(), free: Vec::new(), lists: [empty; 3] }
    }
}

impl<T> Table<T> {
    pub fn len(&self) -> usize {
        self.index.len()
    }

    pub fn find(&self, key: Key) -> Option<u32> {
        self.index.get(&key).copied()
    }

    pub fn get(&self, at: u32) -> Option<&T> {
        self.slots.get(at as usize)?.as_ref().map(|slot| &slot.value)
    }

    pub fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        self.slots.get_mut(at as usize)?.as_mut().map(|slot| &mut slot.value)
    }

    pub fn insert(&mut self, key: Key, value: T, standing: Standing, now: Timestamp) -> u32 {
        let slot = Slot { key, value, touched: now, list: list_of(standing), older: NONE, newer: NONE };
        let at = if let Some(at) = self.free.pop() {
            self.slots[at as usize] = Some(slot);
            at
        } else {
            self.slots.push(Some(slot));
            u32::try_from(self.slots.len() - 1).unwrap_or(NONE)
        };
        self.index.insert(key, at);
        self.link(at, list_of(standing));
        at
    }

    /// Makes an entry the newest of its list.
    pub fn touch(&mut self, at: u32, standing: Standing, now: Timestamp) {
        if let Some(slot) = self.slot(at) {
            slot.touched = now;
        }
        self.unlink(at);
        self.link(at, list_of(standing));
    }

    pub fn remove(&mut self, at: u32) -> Option<T> {
        self.unlink(at);
        let slot = self.slots.get_mut(at as usize)?.take()?;
        self.index.remove(&slot.key);
        self.free.push(at);
        Some(slot.value)
    }

    /// The entry of this standing that was touched longest ago.
    pub fn oldest(&self, standing: Standing) -> Option<u32> {
        let at = self.lists[list_of(standing)].oldest;
        (at != NONE).then_some(at)
    }

    /// When an entry was touched last.
    pub fn touched(&self, at: u32) -> Option<Timestamp> {
        self.slots.get(at as usize)?.as_ref().map(|slot| slot.touched)
    }

    /// The entries of this standing, the most recently touched first.
    pub fn newest(&self, standing: Standing) -> impl Iterator<Item = &T> {
        let slot = |at: u32| self.slots.get(at as usize)?.as_ref();
        let newest = slot(self.lists[list_of(standing)].newest);
        std::iter::successors(newest, move |of| slot(of.older)).map(|of| &of.value)
    }

    /// All entries, in no order.
    pub fn drain(&mut self) -> Vec<T> {
        let values = self.slots.drain(..).flatten().map(|slot| slot.value).collect();
        *self = Self::default();
        values
    }

    fn slot(&mut self, at: u32) -> Option<&mut Slot<T>> {
        self.slots.get_mut(at as usize)?.as_mut()
    }

    fn link(&mut self, at: u32, list: usize) {
        let newest = self.lists[list].newest;
        if let Some(slot) = self.slot(at) {
            (slot.list, slot.older, slot.newer) = (list, newest, NONE);
        }
        match self.slot(newest) {
            Some(slot) => slot.newer = at,
            None => self.lists[list].oldest = at,
        }
        self.lists[list].newest = at;
    }

    fn unlink(&mut self, at: u32) {
        let Some((list, older, newer)) = self.slot(at).map(|slot| (slot.list, slot.older, slot.newer)) else { return };
        match self.slot(older) {
            Some(slot) => slot.newer = newer,
            None => self.lists[list].oldest = newer,
        }
        match self.slot(newer) {
            Some(slot) => slot.older = older,
            None => self.lists[list].newest = older,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    fn key(n: u16) -> Key {
        let end = |port| Endpoint { address: IpAddr::V4(Ipv4Addr::LOCALHOST), port };
        Key::new(end(n), end(22))
    }

    #[test]
    fn the_least_recently_touched_goes_first() {
        let mut table = Table::default();
        let at: Vec<_> = (0..4).map(|n| table.insert(key(n), n, Standing::Open, Timestamp(0))).collect();
        table.touch(at[0], Standing::Open, Timestamp(1));
        table.touch(at[2], Standing::Closed, Timestamp(2));
        assert_eq!(table.oldest(Standing::Closed), Some(at[2]));
        assert_eq!(table.oldest(Standing::HalfOpen), None);
        let mut order = Vec::new();
        while let Some(oldest) = table.oldest(Standing::Open) {
            order.extend(table.remove(oldest));
        }
        assert_eq!((order, table.len()), (vec![1, 3, 0], 1));
    }
}
