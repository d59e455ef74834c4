//! What `ssh -G`, `sshd -T` or `ssh -Q` printed in, the lists of that client or server out.

use super::algorithms::{self, Kind, OpenSshVersion, is_marker};
use super::defaults::{TAGS, openssh_defaults};
use super::negotiation::Offer;
use crate::limits::{NAME_BYTES, NAMES};
use crate::tcp::Side;
use std::fmt;

/// The lists of one peer, as far as they are known. Both directions have the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lists {
    /// Key exchange methods.
    pub kex: Option<Vec<String>>,
    /// Host key algorithms.
    pub host_keys: Option<Vec<String>>,
    /// Ciphers.
    pub ciphers: Option<Vec<String>>,
    /// MACs.
    pub macs: Option<Vec<String>>,
    /// Compression methods.
    pub compression: Option<Vec<String>>,
}

impl Lists {
    /// The list of a kind; markers stand among the key exchange methods.
    pub fn of(&self, kind: Kind) -> Option<&Vec<String>> {
        match kind {
            Kind::Kex | Kind::Marker => &self.kex,
            Kind::HostKey => &self.host_keys,
            Kind::Cipher => &self.ciphers,
            Kind::Mac => &self.macs,
            Kind::Compression => &self.compression,
        }
        .as_ref()
    }

    fn place(&mut self, kind: Kind) -> &mut Option<Vec<String>> {
        match kind {
            Kind::Kex | Kind::Marker => &mut self.kex,
            Kind::HostKey => &mut self.host_keys,
            Kind::Cipher => &mut self.ciphers,
            Kind::Mac => &mut self.macs,
            Kind::Compression => &mut self.compression,
        }
    }

    /// The same as an offer; a list that is not known is empty in it.
    pub fn offer(&self) -> Offer<'_> {
        let list = |kind| self.of(kind).map(Vec::as_slice).unwrap_or_default();
        Offer {
            kex: list(Kind::Kex),
            server_host_key: list(Kind::HostKey),
            encryption_client_to_server: list(Kind::Cipher),
            encryption_server_to_client: list(Kind::Cipher),
            mac_client_to_server: list(Kind::Mac),
            mac_server_to_client: list(Kind::Mac),
            compression_client_to_server: list(Kind::Compression),
            compression_server_to_client: list(Kind::Compression),
            first_kex_packet_follows: false,
        }
    }

    /// What an OpenSSH release offers where nobody configured anything; none before 6.6. A server is taken to have the
    /// keys that `ssh-keygen -A` makes: RSA, ECDSA with the curve nistp256, Ed25519.
    pub fn of_openssh(version: OpenSshVersion, side: Side) -> Option<Self> {
        let defaults = openssh_defaults(version.major, version.minor)?;
        let (mut kex, host_keys, ciphers, macs) = match side {
            Side::Client => (defaults.kex_client, defaults.host_keys, defaults.ciphers_client, defaults.macs_client),
            Side::Server => {
                let usual = defaults.host_keys.into_iter().filter(|name| is_usual_key(name)).collect();
                (defaults.kex_server, usual, defaults.ciphers_server, defaults.macs_server)
            }
        };
        kex.extend(markers(version, side));
        let owned = |names: Vec<&str>| Some(names.into_iter().map(str::to_owned).collect());
        let compression = defaults.compression;
        Some(Self {
            kex: owned(kex),
            host_keys: owned(host_keys),
            ciphers: owned(ciphers),
            macs: owned(macs),
            compression: owned(compression),
        })
    }

    /// The release whose defaults these lists are nearest to, the oldest of several: what it can be taken for.
    pub fn nearest_openssh(&self, side: Side) -> Option<OpenSshVersion> {
        TAGS.iter()
            .copied()
            .min_by_key(|tag| Self::of_openssh(*tag, side).map_or(usize::MAX, |lists| self.apart(&lists)))
    }

    /// Names that only one of the two has, and names in another order, in the lists that both know. The host keys of a
    /// server depend on its files.
    fn apart(&self, other: &Self) -> usize {
        let kinds = [Kind::Kex, Kind::Cipher, Kind::Mac];
        let pairs = kinds.into_iter().filter_map(|kind| Some((self.of(kind)?, other.of(kind)?)));
        pairs.map(|(one, other)| 2 * (only(one, other) + only(other, one)) + turned(one, other)).sum()
    }
}

fn only(one: &[String], other: &[String]) -> usize {
    one.iter().filter(|name| !is_marker(name) && !other.contains(name)).count()
}

/// Neighbours that stand the other way round.
fn turned(one: &[String], other: &[String]) -> usize {
    let places: Vec<_> = one.iter().filter_map(|name| other.iter().position(|theirs| theirs == name)).collect();
    places.windows(2).filter(|pair| matches!(pair, [first, second] if first > second)).count()
}

fn is_usual_key(name: &str) -> bool {
    matches!(name, "rsa-sha2-512" | "rsa-sha2-256" | "ssh-rsa" | "ecdsa-sha2-nistp256" | "ssh-ed25519")
}

/// Strict key exchange came with 9.6, `ext-info-c` with 7.2.
fn markers(version: OpenSshVersion, side: Side) -> Vec<&'static str> {
    let strict = version >= OpenSshVersion::new(9, 6);
    match side {
        Side::Client => {
            let ext_info = (version >= OpenSshVersion::new(7, 2)).then_some("ext-info-c");
            ext_info.into_iter().chain(strict.then_some("kex-strict-c-v00@openssh.com")).collect()
        }
        Side::Server if strict => vec!["ext-info-s", "kex-strict-s-v00@openssh.com"],
        Side::Server => Vec::new(),
    }
}

/// Which program printed a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `ssh -G HOST`: the client's settings for a host.
    ClientSettings,
    /// `sshd -T`: the server's settings.
    ServerSettings,
    /// `ssh -Q`: names that a program knows, whether it offers them or not.
    Known,
}

/// The lists in a text, and what else it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// Which program printed it.
    pub form: Form,
    /// The lists.
    pub lists: Lists,
    /// `user`, `hostname` and `port` of `ssh -G`, or the `port` of `sshd -T`.
    pub destination: (Option<String>, Option<String>, Option<u16>),
    /// The host key algorithms were narrowed to the types of the key files.
    pub by_key_files: bool,
}

/// Why a text has no lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotConfigured {
    /// It is none of the three.
    Unknown,
    /// It has `+name`, `-name` or `^name`: a configuration file, which says what to change of lists that it does not say.
    Relative,
}

impl fmt::Display for NotConfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "neither a capture nor what `ssh -G HOST`, `sshd -T` or `ssh -Q` prints",
            Self::Relative => {
                "a configuration that changes lists it does not name; give what `ssh -G HOST` or `sshd -T` prints"
            }
        })
    }
}

impl Configured {
    /// Reads a text.
    ///
    /// # Errors
    /// When it has no list of algorithms.
    pub fn read(text: &str) -> Result<Self, NotConfigured> {
        settings(text).unwrap_or_else(|| known(text).ok_or(NotConfigured::Unknown))
    }
}

/// Lines `keyword value`, keywords in any case.
fn settings(text: &str) -> Option<Result<Configured, NotConfigured>> {
    let mut found = Configured {
        form: Form::ClientSettings,
        lists: Lists::default(),
        destination: (None, None, None),
        by_key_files: false,
    };
    let mut key_files = Vec::new();
    let mut compression = None;
    for line in text.lines() {
        let Some((keyword, value)) = line.trim().split_once([' ', '=', '\t']) else { continue };
        let value = value.trim();
        let kind = match keyword.to_ascii_lowercase().as_str() {
            "kexalgorithms" => Kind::Kex,
            "hostkeyalgorithms" => Kind::HostKey,
            "ciphers" => Kind::Cipher,
            "macs" => Kind::Mac,
            other => {
                match other {
                    "compression" => compression = Some(value),
                    "hostkey" => key_files.push(value),
                    "permitrootlogin" | "maxstartups" => found.form = Form::ServerSettings,
                    "user" => found.destination.0 = Some(value.to_owned()),
                    "hostname" => found.destination.1 = Some(value.to_owned()),
                    "port" => found.destination.2 = value.parse().ok(),
                    _ => {}
                }
                continue;
            }
        };
        if value.starts_with(['+', '-', '^']) {
            return Some(Err(NotConfigured::Relative));
        }
        *found.lists.place(kind) = Some(names(value.split(',')));
    }
    let any =
        [Kind::Kex, Kind::HostKey, Kind::Cipher, Kind::Mac].into_iter().any(|kind| found.lists.of(kind).is_some());
    found.lists.compression = compression.map(|value| compression_of(found.form, value));
    narrow_to_files(&mut found, &key_files);
    any.then_some(Ok(found))
}

fn names<'a>(list: impl Iterator<Item = &'a str>) -> Vec<String> {
    let sound = |name: &&str| !name.is_empty() && name.len() <= NAME_BYTES;
    list.map(str::trim).filter(sound).take(NAMES).map(str::to_owned).collect()
}

/// A client without compression offers it all the same, behind `none`; a server with it lets the client choose (kex.c).
fn compression_of(form: Form, value: &str) -> Vec<String> {
    let list: &[&str] = match (form, value) {
        (Form::ServerSettings, "no") => &["none"],
        (Form::ServerSettings, _) | (_, "no") => &["none", "zlib@openssh.com"],
        _ => &["zlib@openssh.com", "none"],
    };
    list.iter().map(|name| (*name).to_owned()).collect()
}

/// A server offers only what it has a key file for; the usual names of the files say which type each is.
fn narrow_to_files(found: &mut Configured, files: &[&str]) {
    let types: Option<Vec<&[&str]>> = files.iter().map(|file| types_of_file(file)).collect();
    let (Some(types), Some(offered)) = (types.filter(|types| !types.is_empty()), &mut found.lists.host_keys) else {
        return;
    };
    offered.retain(|name| types.iter().any(|prefixes| prefixes.contains(&name.as_str())));
    found.by_key_files = true;
}

fn types_of_file(path: &str) -> Option<&'static [&'static str]> {
    match path.rsplit('/').next()? {
        "ssh_host_rsa_key" => Some(&["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"]),
        "ssh_host_ecdsa_key" => Some(&["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"]),
        "ssh_host_ed25519_key" => Some(&["ssh-ed25519"]),
        "ssh_host_dsa_key" => Some(&["ssh-dss"]),
        _ => None,
    }
}

/// A name a line, of one or several kinds. A name that the table does not know is of the kind of its neighbour.
fn known(text: &str) -> Option<Configured> {
    let mut lists = Lists::default();
    let mut current = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line.contains(' ') || line.len() > NAME_BYTES {
            return None;
        }
        let kind = match line {
            // Three kinds have this name; only one of them is ever listed.
            "none" => Some(Kind::Compression),
            name => algorithms::lookup(name).map(|row| row.kind).or(current),
        };
        current = kind;
        let Some(kind) = kind else { continue };
        let list = lists.place(kind).get_or_insert_default();
        if list.len() < NAMES {
            list.push(line.to_owned());
        }
    }
    current?;
    Some(Configured { form: Form::Known, lists, destination: (None, None, None), by_key_files: false })
}

#[cfg(test)]
#[path = "configured_tests.rs"]
mod tests;
