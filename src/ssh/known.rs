//! What was read once is shared by all who send the same. A capture holds thousands of identification strings, KEXINITs and host
//! keys of a few dozen programs, and only the cookies differ. This saves time and memory only: without it every result is the same.

use super::facts::Range;
use super::hassh::Hassh;
use super::hostkey::HostKey;
use super::identification::{Identification, LineEnd};
use super::kexinit::{KexInit, KexInitError, RawLists};
use super::negotiation::Negotiation;
use crate::limits;
use foldhash::quality::RandomState;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::thread::LocalKey;

/// What is known, by what was read; of each kind the last few.
type Known<K, T> = RefCell<HashMap<K, T, RandomState>>;

thread_local! {
    /// By the line.
    static IDENTIFICATIONS: Known<Vec<u8>, Arc<Identification>> = RefCell::default();
    /// By the bytes behind the cookie.
    static KEXINITS: Known<Vec<u8>, Lists> = RefCell::default();
    /// By the blob.
    static HOST_KEYS: Known<Vec<u8>, Option<Arc<HostKey>>> = RefCell::default();
    /// By where the two KEXINITs are, client's first. They are kept, so that nothing else comes to be there.
    static NEGOTIATIONS: Known<(usize, usize), (Offers, Arc<Negotiation>)> = RefCell::default();
}

/// The KEXINITs of client and server.
type Offers = (Arc<KexInit>, Arc<KexInit>);

/// What is known of a key, or what `read` makes of it, known from now on.
fn known<Q, T: Clone>(all: &'static LocalKey<Known<Q::Owned, T>>, most: usize, key: &Q, read: impl FnOnce() -> T) -> T
where
    Q: ToOwned<Owned: Hash + Eq> + Hash + Eq + ?Sized,
{
    all.with_borrow_mut(|all| {
        if let Some(found) = all.get(key) {
            return found.clone();
        }
        let found = read();
        if all.len() >= most {
            all.clear();
        }
        all.insert(key.to_owned(), found.clone());
        found
    })
}

/// Reads a line that begins with `SSH-`: see [`Identification::parse`].
pub(super) fn identification(range: Range, line: &[u8], line_end: LineEnd) -> Arc<Identification> {
    let read = || Arc::new(Identification::parse(range, line, line_end));
    if line.len() > limits::KNOWN_SMALL_BYTES {
        return read();
    }
    let found = known(&IDENTIFICATIONS, limits::KNOWN_SMALL, line, read);
    // Behind other lines it stands elsewhere.
    if found.range == range && found.line_end == line_end { found } else { read() }
}

/// Reads the blob of a host key: see [`HostKey::parse`].
pub(super) fn host_key(blob: &[u8]) -> Option<Arc<HostKey>> {
    let read = || HostKey::parse(blob).map(Arc::new);
    if blob.len() > limits::KNOWN_SMALL_BYTES {
        return read();
    }
    known(&HOST_KEYS, limits::KNOWN_SMALL, blob, read)
}

/// What the offers of two KEXINITs come to: see [`Negotiation::of`].
pub fn negotiated(client: &Arc<KexInit>, server: &Arc<KexInit>) -> Arc<Negotiation> {
    let place = (Arc::as_ptr(client).addr(), Arc::as_ptr(server).addr());
    let outcome = || Arc::new(Negotiation::of(&client.offer(), &server.offer()));
    // Long ones are shared by nobody, and the pair would be kept for its outcome's sake.
    if client.heap_bytes().saturating_add(server.heap_bytes()) > limits::KNOWN_PAIR_BYTES {
        return outcome();
    }
    let read = || ((Arc::clone(client), Arc::clone(server)), outcome());
    known(&NEGOTIATIONS, limits::KNOWN, &place, read).1
}

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

/// Message number and cookie.
const HEAD: usize = 1 + 16;

/// Reads the payload of a KEXINIT, message number included, as far as it goes.
pub(super) fn kexinit(payload: &[u8]) -> ([u8; 16], Lists) {
    let raw = RawLists::read(payload);
    let cookie = raw.cookie();
    let Some(tail) = payload.get(HEAD..).filter(|tail| tail.len() <= limits::KNOWN_BYTES) else {
        return (cookie, Lists::of(raw));
    };
    if raw.get(RawLists::LAST).is_none() {
        return (cookie, Lists::of(raw));
    }
    (cookie, known(&KEXINITS, limits::KNOWN, tail, || Lists::of(raw)))
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
        let [first, again, other] =
            [payload(1, b"a,b"), payload(2, b"a,b"), payload(1, b"a,c")].map(|payload| kexinit(&payload));
        assert!(Arc::ptr_eq(&first.1.kexinit, &again.1.kexinit));
        assert_eq!((first.0, again.0), ([1; 16], [2; 16]));
        assert_eq!(other.1.kexinit.kex_algorithms, ["a", "c"]);
        assert_ne!(first.1.hassh, other.1.hassh);
    }

    #[test]
    fn what_is_cut_is_read_for_itself() {
        let whole = payload(1, b"a,b");
        for length in 0..whole.len() - 5 {
            assert!(kexinit(&whole[..length]).1.lists_read < 10, "cut to {length} bytes");
        }
    }

    #[test]
    fn what_was_read_is_what_reading_gives() {
        let at = |start, line_end| {
            let range = Range { start, end: start + 16 };
            assert_eq!(
                *identification(range, b"SSH-2.0-x_1", line_end),
                Identification::parse(range, b"SSH-2.0-x_1", line_end)
            );
        };
        for _ in 0..2 {
            at(0, LineEnd::CrLf);
            at(7, LineEnd::CrLf);
            at(0, LineEnd::LfOnly);
        }
        let offers =
            [payload(1, b"a,b"), payload(2, b"b,c"), payload(3, b"c")].map(|payload| kexinit(&payload).1.kexinit);
        for _ in 0..2 {
            for (client, server) in [(0, 1), (1, 0), (0, 2), (1, 2)] {
                let [client, server] = [&offers[client], &offers[server]];
                assert_eq!(*negotiated(client, server), Negotiation::of(&client.offer(), &server.offer()));
            }
        }
    }

    #[test]
    fn long_offers_are_not_kept_for_their_outcome() {
        let names = (0..5_000).map(|number| format!("a-rather-long-name-{number}")).collect::<Vec<_>>().join(",");
        let offers =
            [payload(1, names.as_bytes()), payload(2, names.as_bytes())].map(|payload| kexinit(&payload).1.kexinit);
        let before = NEGOTIATIONS.with_borrow(HashMap::len);
        let outcome = negotiated(&offers[0], &offers[1]);
        assert_eq!(*outcome, Negotiation::of(&offers[0].offer(), &offers[1].offer()));
        assert_eq!((NEGOTIATIONS.with_borrow(HashMap::len), Arc::strong_count(&offers[0])), (before, 1));
    }

    #[test]
    fn a_flood_of_different_ones_is_forgotten() {
        for number in 0..1_000_u32 {
            let line = format!("SSH-2.0-x_{number}");
            identification(Range::default(), line.as_bytes(), LineEnd::CrLf);
            host_key(line.as_bytes());
        }
        assert!(IDENTIFICATIONS.with_borrow(HashMap::len) <= limits::KNOWN_SMALL);
        assert!(HOST_KEYS.with_borrow(HashMap::len) <= limits::KNOWN_SMALL);
    }
}
