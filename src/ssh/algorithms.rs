//! The algorithm table: a name in; kind, origin, strength and OpenSSH history out (RFC 4250 §4.11 and what came after).

#[path = "algorithms_table.rs"]
mod table;

use foldhash::quality::RandomState;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

/// A version of OpenSSH by major and minor number; the portable patch level changes no algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpenSshVersion {
    /// The number before the dot.
    pub major: u16,
    /// The number after the dot.
    pub minor: u16,
}

impl OpenSshVersion {
    /// `OpenSshVersion::new(9, 6)` is OpenSSH 9.6.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for OpenSshVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What an algorithm name stands for. One name may have two kinds: `none` is a cipher, a MAC and a compression method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A key exchange method (RFC 4253 §7.1).
    Kex,
    /// A host key or its signature algorithm (RFC 4253 §6.6, RFC 8332 §3).
    HostKey,
    /// An encryption algorithm (RFC 4253 §6.3).
    Cipher,
    /// A message authentication code (RFC 4253 §6.4).
    Mac,
    /// A compression method (RFC 4253 §6.2).
    Compression,
    /// A name in the key exchange list that signals a feature and can never be chosen (RFC 8308 §2.1).
    Marker,
}

impl Kind {
    /// The word for a sentence: `key exchange`, `host key`, `cipher`, `MAC`, `compression`, `marker`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kex => "key exchange",
            Self::HostKey => "host key",
            Self::Cipher => "cipher",
            Self::Mac => "MAC",
            Self::Compression => "compression",
            Self::Marker => "marker",
        }
    }

    /// The same as one lower-case word for identifiers: `kex`, `host-key`, `cipher`, `mac`, `compression`, `marker`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Kex => "kex",
            Self::HostKey => "host-key",
            Self::Mac => "mac",
            Self::Cipher | Self::Compression | Self::Marker => self.as_str(),
        }
    }
}

/// Who defined a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The RFC with this number.
    Rfc(u16),
    /// An Internet-Draft.
    Draft(&'static str),
    /// A vendor's own name (RFC 4251 §6: `name@domain`), or one that was never registered.
    Vendor(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rfc(number) => write!(f, "RFC {number}"),
            Self::Draft(name) | Self::Vendor(name) => f.write_str(name),
        }
    }
}

/// How far an algorithm can be trusted today; later variants are worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Nothing known against it.
    Ok,
    /// Sound, with a remark that some auditors make. Never reported as a weakness.
    Note,
    /// Deprecated: no practical attack on a session, but better ones exist.
    Weak,
    /// Within reach of an attacker with means.
    Broken,
}

impl Strength {
    /// `ok`, `note`, `weak` or `broken`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Weak => "weak",
            Self::Broken => "broken",
        }
    }
}

/// The OpenSSH versions of which something holds: from `since` up to, but without, `until`.
///
/// The oldest lists known are those of 6.6: a default `since` 6.6 means 6.6 or earlier. Versions between two
/// known tags count with the older one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Versions {
    /// First version, or `None` where it never held.
    pub since: Option<OpenSshVersion>,
    /// First version of which it no longer holds, or `None` where it still does.
    pub until: Option<OpenSshVersion>,
}

impl Versions {
    /// Whether it holds of this version.
    pub fn contain(&self, version: OpenSshVersion) -> bool {
        self.since.is_some_and(|since| since <= version) && self.until.is_none_or(|until| version < until)
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithm {
    /// The name as it stands in a name-list.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Who defined it.
    pub origin: Origin,
    /// How far it can be trusted.
    pub strength: Strength,
    /// Why it is not [`Strength::Ok`], in a few words; else empty.
    pub reason: &'static str,
    /// Whether a recording made today stays secret from a quantum computer of tomorrow.
    pub post_quantum: bool,
    /// OpenSSH versions whose client offers it by default.
    pub client_default: Versions,
    /// OpenSSH versions whose server offers it by default (host keys: if a key of that type exists).
    pub server_default: Versions,
    /// OpenSSH versions that contain the code, so that a configuration line can turn it on.
    pub implemented: Versions,
}

/// The row of a name of one kind; `None` for names the table does not know.
pub fn find(kind: Kind, name: &str) -> Option<&'static Algorithm> {
    static BY_NAME: LazyLock<HashMap<(Kind, &'static str), &'static Algorithm, RandomState>> =
        LazyLock::new(|| table::ALGORITHMS.iter().map(|row| ((row.kind, row.name), row)).collect());
    BY_NAME.get(&(kind, name)).copied()
}

/// The first row of a name whatever its kind (`none` is found as a cipher).
pub fn lookup(name: &str) -> Option<&'static Algorithm> {
    KINDS.iter().find_map(|&kind| find(kind, name))
}

/// The whole table, by kind, within a kind the most advisable first.
pub fn all() -> &'static [Algorithm] {
    table::ALGORITHMS
}

/// Whether a name only signals a feature and can never be agreed on (RFC 8308 §2.1, OpenSSH PROTOCOL 1.10).
pub fn is_marker(name: &str) -> bool {
    static MARKERS: LazyLock<Vec<&'static str>> =
        LazyLock::new(|| table::ALGORITHMS.iter().filter(|row| row.kind == Kind::Marker).map(|row| row.name).collect());
    MARKERS.contains(&name)
}

/// Whether a cipher authenticates by itself, so that the MAC slot of its direction is not used
/// (OpenSSH `kex_choose_conf`: "ignore mac for authenticated encryption"; RFC 5647 §5.1).
pub fn is_aead(cipher: &str) -> bool {
    matches!(
        cipher,
        "chacha20-poly1305@openssh.com"
            | "chacha20-poly1305"
            | "aes128-gcm@openssh.com"
            | "aes256-gcm@openssh.com"
            | "aes128-gcm"
            | "aes256-gcm"
            | "AEAD_AES_128_GCM"
            | "AEAD_AES_256_GCM"
    )
}

const KINDS: &[Kind] = &[Kind::Kex, Kind::HostKey, Kind::Cipher, Kind::Mac, Kind::Compression, Kind::Marker];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::defaults;

    #[test]
    fn no_name_stands_twice_in_one_kind() {
        let mut seen = std::collections::HashSet::new();
        for row in all() {
            assert!(seen.insert((row.kind, row.name)), "{} twice", row.name);
        }
    }

    #[test]
    fn every_row_that_is_not_ok_says_why() {
        for row in all() {
            assert_eq!(row.reason.is_empty(), row.strength == Strength::Ok, "{}", row.name);
        }
    }

    #[test]
    fn what_openssh_offers_it_implements() {
        for row in all() {
            for versions in [row.client_default, row.server_default] {
                if let Some(since) = versions.since {
                    assert!(row.implemented.contain(since), "{}", row.name);
                }
                assert!(row.implemented.until.is_none() || versions.since.is_none() || versions.until.is_some());
            }
        }
    }

    #[test]
    fn the_default_columns_agree_with_the_default_lists() {
        for minor in [(6, 6), (7, 0), (7, 4), (8, 8), (9, 0), (9, 9), (10, 0), (10, 5)] {
            let version = OpenSshVersion::new(minor.0, minor.1);
            let lists = defaults::openssh_defaults(version.major, version.minor).expect("a known version");
            for row in all() {
                let (client, server) = match row.kind {
                    Kind::Kex => (&lists.kex_client, &lists.kex_server),
                    Kind::HostKey => (&lists.host_keys, &lists.host_keys),
                    Kind::Cipher => (&lists.ciphers_client, &lists.ciphers_server),
                    Kind::Mac => (&lists.macs_client, &lists.macs_server),
                    Kind::Compression => (&lists.compression, &lists.compression),
                    Kind::Marker => continue,
                };
                assert_eq!(client.contains(&row.name), row.client_default.contain(version), "{} {version}", row.name);
                assert_eq!(server.contains(&row.name), row.server_default.contain(version), "{} {version}", row.name);
            }
        }
    }

    #[test]
    fn known_facts() {
        let dss = lookup("ssh-dss").expect("in the table");
        assert_eq!((dss.strength, dss.origin), (Strength::Broken, Origin::Rfc(4253)));
        assert!(dss.implemented.contain(OpenSshVersion::new(9, 9)));
        assert!(!dss.implemented.contain(OpenSshVersion::new(10, 0)));
        let arcfour = find(Kind::Cipher, "arcfour").expect("in the table");
        assert!(arcfour.implemented.contain(OpenSshVersion::new(7, 5)));
        assert!(!arcfour.implemented.contain(OpenSshVersion::new(7, 6)));
        assert!(lookup("mlkem768x25519-sha256").expect("in the table").post_quantum);
        assert!(lookup("no-such-algorithm").is_none());
        assert!(find(Kind::Mac, "aes128-ctr").is_none());
        assert!(is_marker("ext-info-c") && !is_marker("curve25519-sha256"));
    }
}
