//! Connections that were let go for want of memory: what still comes of them must not look like new ones.

use super::table::Key;
use crate::limits::EVICTED_KEYS;
use foldhash::quality::RandomState;
use std::hash::BuildHasher;

/// Remembers the last evicted connections, eight bytes each.
#[derive(Default)]
pub(super) struct Evicted {
    hasher: RandomState,
    /// Hashes of keys in buckets, the newest of a bucket last; empty until the first eviction.
    tags: Vec<[u64; BUCKET]>,
}

/// Keys of a bucket. A new one displaces the oldest of its bucket: with single places the few thousand of a busy capture displaced
/// one another long before all were taken, at random.
const BUCKET: usize = 8;

impl Evicted {
    pub fn note(&mut self, key: Key) {
        if self.tags.is_empty() {
            self.tags.resize(EVICTED_KEYS / BUCKET, [0; BUCKET]);
        }
        let tag = self.tag(key);
        if let Some(bucket) = self.tags.get_mut(place(tag)).filter(|bucket| !bucket.contains(&tag)) {
            bucket.rotate_left(1);
            bucket[BUCKET - 1] = tag;
        }
    }

    #[inline]
    pub fn holds(&self, key: Key) -> bool {
        !self.tags.is_empty() && {
            let tag = self.tag(key);
            self.tags.get(place(tag)).is_some_and(|bucket| bucket.contains(&tag))
        }
    }

    fn tag(&self, key: Key) -> u64 {
        self.hasher.hash_one(key) | 1
    }
}

fn place(tag: u64) -> usize {
    usize::try_from(tag >> 32).unwrap_or(0) % (EVICTED_KEYS / BUCKET)
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
        // Keyed at random: a hash that is poor with some keys shows only when many are tried.
        for _ in 0..64 {
            let mut evicted = Evicted::default();
            assert!(!evicted.holds(key(1)));
            evicted.note(key(1));
            assert!(evicted.holds(key(1)) && !evicted.holds(key(2)));
            // A fourth of all places: by chance 2 of them fall into a bucket that is full.
            (0..16_384).for_each(|port| evicted.note(key(port)));
            let lost = (0..16_384).filter(|&port| !evicted.holds(key(port))).count();
            assert!(lost < 64, "{lost} of 16,384 forgotten");
        }
    }
}
