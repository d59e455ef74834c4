//! The table of connections: found by their endpoints, let go in order of what is least worth keeping.

use super::connection::Standing;
use crate::limits::CONNECTIONS;
use crate::packet::Endpoint;
use crate::time::Timestamp;
use foldhash::quality::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// Both endpoints, the lower one first, so that both directions give the same key.
///
/// The hash over it is keyed at random (foldhash): a capture cannot be built to make it collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key(Endpoint, Endpoint);

impl Key {
    pub fn new(a: Endpoint, b: Endpoint) -> Self {
        if a <= b { Self(a, b) } else { Self(b, a) }
    }

    pub fn lower(&self) -> Endpoint {
        self.0
    }

    pub fn higher(&self) -> Endpoint {
        self.1
    }
}

const NONE: u32 = u32::MAX;

struct Slot<T> {
    key: Key,
    value: T,
    /// The table's clock when it was touched last; packets of a file need not be in order, this clock is.
    touched: Timestamp,
    older: u32,
    newer: u32,
    list: u8,
    /// Touched since it became the newest of its list.
    again: bool,
}

#[derive(Clone, Copy)]
struct List {
    oldest: u32,
    newest: u32,
}

/// Values by key, each in the list of its standing, the least recently touched first.
///
/// A touch of an open connection only leaves a mark, for the sake of the processor's cache: neighbours in the list are other
/// connections. It becomes the newest when it is looked at as the oldest ([`Self::least_used`]).
pub(super) struct Table<T> {
    hasher: RandomState,
    /// Places in `slots`, where the keys are: a scan fills this.
    index: HashTable<u32>,
    slots: Vec<Option<Slot<T>>>,
    free: Vec<u32>,
    lists: [List; 3],
}

fn list_of(standing: Standing) -> u8 {
    match standing {
        Standing::Closed => 0,
        Standing::HalfOpen => 1,
        Standing::Open => 2,
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        let empty = List { oldest: NONE, newest: NONE };
        Self {
            hasher: RandomState::default(),
            index: HashTable::new(),
            slots: Vec::new(),
            free: Vec::new(),
            lists: [empty; 3],
        }
    }
}

fn slot_of<T>(slots: &[Option<Slot<T>>], at: u32) -> Option<&Slot<T>> {
    slots.get(at as usize)?.as_ref()
}

impl<T> Table<T> {
    pub fn len(&self) -> usize {
        self.index.len()
    }

    pub fn find(&self, key: Key) -> Option<u32> {
        let is_it = |&at: &u32| slot_of(&self.slots, at).is_some_and(|slot| slot.key == key);
        self.index.find(self.hasher.hash_one(key), is_it).copied()
    }

    pub fn get(&self, at: u32) -> Option<&T> {
        slot_of(&self.slots, at).map(|slot| &slot.value)
    }

    pub fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        self.slot(at).map(|slot| &mut slot.value)
    }

    pub fn insert(&mut self, key: Key, value: T, standing: Standing, now: Timestamp) -> u32 {
        let slot = Slot { key, value, touched: now, older: NONE, newer: NONE, list: list_of(standing), again: false };
        let at = if let Some(at) = self.free.pop() {
            self.slots[at as usize] = Some(slot);
            at
        } else {
            // By halves, and not beyond what a tracker holds: doubling would leave half of a full table unused.
            if self.slots.len() == self.slots.capacity() {
                let half = (self.slots.len() / 2).max(64);
                self.slots.reserve_exact(half.min((CONNECTIONS + 1).saturating_sub(self.slots.len()).max(1)));
            }
            self.slots.push(Some(slot));
            u32::try_from(self.slots.len() - 1).unwrap_or(NONE)
        };
        let (hasher, slots) = (&self.hasher, &self.slots);
        let rehash = |&at: &u32| slot_of(slots, at).map_or(0, |slot| hasher.hash_one(slot.key));
        self.index.insert_unique(hasher.hash_one(key), at, rehash);
        self.link(at, list_of(standing));
        at
    }

    /// Makes an entry the newest of its list.
    pub fn touch(&mut self, at: u32, standing: Standing, now: Timestamp) {
        let list = list_of(standing);
        let Some(slot) = self.slot(at) else { return };
        slot.touched = now;
        if standing == Standing::Open && slot.list == list {
            slot.again = true;
            return;
        }
        self.unlink(at);
        self.link(at, list);
    }

    pub fn remove(&mut self, at: u32) -> Option<(Key, T)> {
        self.unlink(at);
        let slot = self.slots.get_mut(at as usize)?.take()?;
        if let Ok(entry) = self.index.find_entry(self.hasher.hash_one(slot.key), |&found| found == at) {
            entry.remove();
        }
        self.free.push(at);
        Some((slot.key, slot.value))
    }

    /// The entry of this standing that was touched longest ago; of open ones, the one that became the newest longest ago.
    pub fn oldest(&self, standing: Standing) -> Option<u32> {
        let at = self.lists[usize::from(list_of(standing))].oldest;
        (at != NONE).then_some(at)
    }

    /// Like [`Self::oldest`], but what was touched since it became the newest becomes so again.
    pub fn least_used(&mut self, standing: Standing) -> Option<u32> {
        loop {
            let at = self.oldest(standing)?;
            if !std::mem::take(&mut self.slot(at)?.again) {
                return Some(at);
            }
            self.unlink(at);
            self.link(at, list_of(standing));
        }
    }

    /// When an entry was touched last.
    pub fn touched(&self, at: u32) -> Option<Timestamp> {
        slot_of(&self.slots, at).map(|slot| slot.touched)
    }

    /// The entries of this standing, those first that became the newest last.
    pub fn newest(&self, standing: Standing) -> impl Iterator<Item = (Key, &T)> {
        let slot = |at: u32| slot_of(&self.slots, at);
        let newest = slot(self.lists[usize::from(list_of(standing))].newest);
        std::iter::successors(newest, move |of| slot(of.older)).map(|of| (of.key, &of.value))
    }

    /// All entries, in no order.
    pub fn drain(&mut self) -> Vec<(Key, T)> {
        let values = self.slots.drain(..).flatten().map(|slot| (slot.key, slot.value)).collect();
        *self = Self::default();
        values
    }

    fn slot(&mut self, at: u32) -> Option<&mut Slot<T>> {
        self.slots.get_mut(at as usize)?.as_mut()
    }

    fn link(&mut self, at: u32, list: u8) {
        let newest = self.lists[usize::from(list)].newest;
        if let Some(slot) = self.slot(at) {
            (slot.list, slot.older, slot.newer, slot.again) = (list, newest, NONE, false);
        }
        match self.slot(newest) {
            Some(slot) => slot.newer = at,
            None => self.lists[usize::from(list)].oldest = at,
        }
        self.lists[usize::from(list)].newest = at;
    }

    fn unlink(&mut self, at: u32) {
        let Some((list, older, newer)) = self.slot(at).map(|slot| (usize::from(slot.list), slot.older, slot.newer))
        else {
            return;
        };
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
        while let Some(oldest) = table.least_used(Standing::Open) {
            order.extend(table.remove(oldest).map(|(_, value)| value));
        }
        assert_eq!((order, table.len()), (vec![1, 3, 0], 1));
        assert_eq!(table.find(key(2)), Some(at[2]));
        assert_eq!(table.find(key(1)), None);
    }
}
