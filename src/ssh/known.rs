//! The payload of a KEXINIT in, what was read of it out; payloads with the same lists share it. A capture holds thousands of KEXINITs
//! of a few dozen programs, and only their cookies differ.

use super::hassh::Hassh;
use super::kexinit::{KexInit, KexInitError, RawLists};
use crate::limits;
use foldhash::fast::RandomState;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// What was read of a payload, its cookie apart.
#[derive(Debug, Clone)]
pub(super) struct Lists {
    pub kexinit: Arc<KexInit>,
    /// Name-lists read whole, 0 to 10.
    pub lists_read: u8,
    /// Why reading stopped before the end.
    pub error: Option<KexInitError>,
    pub hassh: Option<Hassh>,
    pub hassh_server: Option<Hassh>,
    /// Memory of `kexinit` in bytes, about. Each that shares it is charged with all of it.
    pub heap_bytes: usize,
}

thread_local! {
    /// By the bytes behind the cookie. Saves time and memory only: without it every result is the same.
    static KNOWN: RefCell<HashMap<Box<[u8]>, Lists, RandomState>> = RefCell::default();
}

/// Message number and cookie.
const HEAD: usize = 1 + 16;

/// Reads a payload, message number included, as far as it goes.
pub(super) fn read(payload: &[u8]) -> ([u8; 16], Lists) {
    let raw = RawLists::read(payload);
    let cookie = raw.cookie();
    let Some(tail) = payload.get(HEAD..).filter(|tail| tail.len() <= limits::KNOWN_KEXINIT_BYTES) else {
        return (cookie, Lists::of(raw));
    };
    if raw.get(RawLists::LAST).is_none() {
        return (cookie, Lists::of(raw));
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(lists) = known.get(tail) {
            return (cookie, lists.clone());
        }
        let lists = Lists::of(raw);
        if known.len() >= limits::KNOWN_KEXINITS {
            known.clear();
        }
        known.insert(tail.into(), lists.clone());
        (cookie, lists)
    })
}

impl Lists {
    fn of(raw: RawLists<'_>) -> Self {
        let (hassh, hassh_server) = (Hassh::of_client(&raw), Hassh::of_server(&raw));
        let partial = raw.into_partial();
        Self {
            heap_bytes: partial.kexinit.heap_bytes(),
            kexinit: Arc::new(partial.kexinit),
            lists_read: partial.lists_read,
            error: partial.error,
            hassh,
            hassh_server,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(cookie: u8, kex: &[u8]) -> Vec<u8> {
        let length = u32::try_from(kex.len()).expect("short");
        [&[20][..], &[cookie; 16], &length.to_be_bytes(), kex, &[0; 36], &[0; 5]].concat()
    }

    #[test]
    fn the_same_lists_are_shared_whatever_the_cookie() {
        let (first, again, other) = (read(&payload(1, b"a,b")), read(&payload(2, b"a,b")), read(&payload(1, b"a,c")));
        assert!(Arc::ptr_eq(&first.1.kexinit, &again.1.kexinit));
        assert_eq!((first.0, again.0), ([1; 16], [2; 16]));
        assert_eq!(other.1.kexinit.kex_algorithms, ["a", "c"]);
        assert_ne!(first.1.hassh, other.1.hassh);
    }

    #[test]
    fn what_is_cut_is_read_for_itself() {
        let whole = payload(1, b"a,b");
        for length in 0..whole.len() - 5 {
            assert!(read(&whole[..length]).1.lists_read < 10, "cut to {length} bytes");
        }
    }
}
