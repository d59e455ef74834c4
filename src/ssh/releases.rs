//! What releases of other software than OpenSSH offer when nobody configured anything. Each list was read from the KEXINIT that
//! the release itself sent: dropbear and PuTTY as Debian builds them, paramiko and asyncssh from PyPI, ssh2 from npm.

use super::algorithms::Kind;
use super::configured::Lists;
use super::releases_table::RELEASES;
use crate::tcp::Side;

/// The offer of one end of one release. Where the directions differ, the lists are those from client to server.
#[derive(Debug, PartialEq, Eq)]
pub struct Release {
    /// Product, as it is written in front of a version: `dropbear`.
    pub product: &'static str,
    /// Version, numbers with dots between.
    pub version: &'static str,
    /// Which end it is.
    pub side: Side,
    pub(super) kex: &'static str,
    pub(super) host_keys: &'static str,
    pub(super) ciphers: &'static str,
    pub(super) macs: &'static str,
    pub(super) compression: &'static str,
}

impl Release {
    /// The release of a product with this version, or else the nearest older one, or else the oldest; none where no release of this
    /// end is known, or the version is no number.
    pub fn nearest(product: &str, version: &str, side: Side) -> Option<&'static Self> {
        let asked = numbers(version)?;
        let mut known = RELEASES.iter().filter(|release| release.product == product && release.side == side).peekable();
        let oldest = *known.peek()?;
        let older = known.rfind(|release| numbers(release.version).is_some_and(|version| version <= asked));
        Some(older.unwrap_or(oldest))
    }

    /// The clients among the known releases, a line each product: `dropbear 2020.81, 2022.83`.
    pub fn known_clients() -> Vec<String> {
        let versions = |product: &str| {
            let of_product =
                RELEASES.iter().filter(|release| release.product == product && release.side == Side::Client);
            of_product.map(|release| release.version).collect::<Vec<_>>().join(", ")
        };
        Self::products().into_iter().map(|product| format!("{product} {}", versions(product))).collect()
    }

    /// Products of which releases are known.
    pub fn products() -> Vec<&'static str> {
        let mut products: Vec<&str> = RELEASES.iter().map(|release| release.product).collect();
        products.dedup();
        products
    }

    /// The name-list of a kind; empty for markers, which are left to those who read a KEXINIT.
    fn names(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Kex => self.kex,
            Kind::HostKey => self.host_keys,
            Kind::Cipher => self.ciphers,
            Kind::Mac => self.macs,
            Kind::Compression => self.compression,
            Kind::Marker => "",
        }
    }

    /// What it offers.
    pub fn lists(&self) -> Lists {
        let owned = |names: &str| Some(names.split(',').map(str::to_owned).collect());
        Lists {
            kex: owned(self.kex),
            host_keys: owned(self.host_keys),
            ciphers: owned(self.ciphers),
            macs: owned(self.macs),
            compression: owned(self.compression),
        }
    }
}

/// The known releases of one product whose client offers an algorithm by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offered {
    /// The product.
    pub product: &'static str,
    /// The oldest of them; none where it is the oldest release that is known at all.
    pub from: Option<&'static str>,
    /// The newest of them; none where it is the newest release that is known at all.
    pub to: Option<&'static str>,
}

/// Which other clients than OpenSSH's offer an algorithm by default.
pub fn offered(kind: Kind, name: &str) -> Vec<Offered> {
    let of_product = |product: &'static str| {
        let mut all = RELEASES.iter().filter(|release| release.product == product && release.side == Side::Client);
        let mut with = all.clone().filter(|release| release.names(kind).split(',').any(|known| known == name));
        let (first, last) = (with.clone().next()?.version, with.next_back()?.version);
        let (oldest, newest) = (all.next()?.version, all.next_back().map_or(last, |release| release.version));
        Some(Offered { product, from: (first != oldest).then_some(first), to: (last != newest).then_some(last) })
    };
    Release::products().into_iter().filter_map(of_product).collect()
}

/// `2022.83` as numbers that can be compared.
fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_older_release_stands_in() {
        let version = |asked: &str, side| Release::nearest("dropbear", asked, side).map(|release| release.version);
        assert_eq!(version("2022.83", Side::Server), Some("2022.83"));
        assert_eq!(version("2024.86", Side::Client), Some("2022.83"));
        assert_eq!(version("2016.74", Side::Client), Some("2020.81"));
        assert_eq!(version("2022.x", Side::Client), None);
        assert_eq!(Release::nearest("putty", "0.83", Side::Server), None);
        assert_eq!(Release::nearest("node-ssh2", "1.16.0", Side::Client).map(|release| release.version), Some("1.5.0"));
    }

    #[test]
    fn others_are_told_by_their_releases() {
        let told = |kind, name: &str, product: &str| {
            let found = offered(kind, name).into_iter().find(|offered| offered.product == product);
            found.map(|offered| (offered.from, offered.to))
        };
        assert_eq!(told(Kind::HostKey, "ssh-ed25519", "putty"), Some((None, None)));
        assert_eq!(told(Kind::Kex, "diffie-hellman-group14-sha1", "dropbear"), Some((None, Some("2022.83"))));
        assert_eq!(told(Kind::Kex, "mlkem768x25519-sha256", "paramiko"), Some((Some("5.1.0"), None)));
        assert_eq!(told(Kind::Kex, "mlkem768x25519-sha256", "node-ssh2"), None);
    }

    #[test]
    fn the_table_is_in_order_and_no_list_is_empty() {
        for pair in RELEASES.windows(2) {
            let key = |release: &Release| (release.product, numbers(release.version), release.side == Side::Server);
            assert!(key(&pair[0]) < key(&pair[1]), "{} {}", pair[1].product, pair[1].version);
        }
        for release in RELEASES {
            let lists = release.lists();
            for names in [lists.kex, lists.host_keys, lists.ciphers, lists.macs, lists.compression] {
                let names = names.unwrap_or_default();
                assert!(!names.is_empty() && names.iter().all(|name| !name.is_empty() && name.is_ascii()));
            }
        }
    }
}
