//! Connections that were let go for want of memory: what still comes of them must not look like new ones.

use super::table::Key;
use crate::limits::EVICTED_KEYS;
use foldhash::fast::RandomState;
use std::hash::BuildHasher;

/// Remembers the last evicted connections, eight bytes each; another one may displace an older one.
#[derive(Default)]
pub(super) struct Evicted {
    hasher: RandomState,
    /// Hashes of keys, each at its own place; empty until the first eviction.
    tags: Vec<u64>,
}

impl Evicted {
    pub fn note(&mut self, key: Key) {
        if self.tags.is_empty() {
            self.tags.resize(EVICTED_KEYS, 0);
        }
        let tag = self.tag(key);
        if let Some(place) = self.tags.get_mut(place(tag)) {
            *place = tag;
        }
    }

    #[inline]
    pub fn holds(&self, key: Key) -> bool {
        !self.tags.is_empty() && {
            let tag = self.tag(key);
            self.tags.get(place(tag)) == Some(&tag)
        }
    }

    fn tag(&self, key: Key) -> u64 {
        self.hasher.hash_one(key) | 1
    }
}

fn place(tag: u64) -> usize {
    usize::try_from(tag >> 32).unwrap_or(0) % EVICTED_KEYS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Endpoint;
    use std::net::{IpAddr, Ipv4Addr};

    #[test]
    fn the_last_ones_are_known() {
        let end = |port| Endpoint { address: IpAddr::V4(Ipv4Addr::LOCALHOST), port };
        let key = |port| Key::new(end(port), end(22));
        let mut evicted = Evicted::default();
        assert!(!evicted.holds(key(1)));
        evicted.note(key(1));
        assert!(evicted.holds(key(1)) && !evicted.holds(key(2)));
    }
}
