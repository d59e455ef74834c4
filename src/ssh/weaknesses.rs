//! What was agreed on in, what is weak about it out. Only algorithms in use count, not all that were offered.

use super::algorithms::{Kind, Strength, find};
use super::negotiation::{IMPLICIT_MAC, Negotiation, Slot};

/// One weakness of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weakness {
    /// `terrapin`, `ssh-1-offered`, `rsa-host-key-short`, or `broken-` or `weak-` with the kind of algorithm
    /// (`broken-cipher`, `weak-kex`, `weak-host-key`, `weak-mac`, …).
    pub id: &'static str,
    /// The sentence for a report. Names of algorithms in it come from the table, never from the wire.
    pub text: String,
}

/// What beside the negotiation is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings<'a> {
    /// Type of the server's key (`ssh-rsa`, `ssh-ed25519`, …) and its size in bits, from the key exchange reply.
    pub host_key: Option<(&'a str, u32)>,
    /// Protocol version of the server's identification (`2.0`, `1.99`).
    pub server_protocol: Option<&'a str>,
    /// Protocol version of the client's identification.
    pub client_protocol: Option<&'a str>,
}

/// All weaknesses, the gravest first. A missing post-quantum key exchange is none.
pub fn weaknesses(negotiation: &Negotiation, surroundings: &Surroundings<'_>) -> Vec<Weakness> {
    let mut found = Vec::new();
    algorithms_in_use(negotiation, Strength::Broken, &mut found);
    found.extend(terrapin(negotiation));
    found.extend(short_rsa_key(surroundings));
    found.extend(ssh_1(surroundings));
    algorithms_in_use(negotiation, Strength::Weak, &mut found);
    found
}

/// CVE-2023-48795 needs a connection without strict key exchange and a mode in which the attacker can remove packets
/// unseen: ChaCha20-Poly1305, or CBC with encrypt-then-MAC. GCM and encrypt-and-MAC are not exposed.
fn terrapin(negotiation: &Negotiation) -> Option<Weakness> {
    if negotiation.strict_kex {
        return None;
    }
    let directions = [
        (&negotiation.encryption.client_to_server, &negotiation.mac.client_to_server),
        (&negotiation.encryption.server_to_client, &negotiation.mac.server_to_client),
    ];
    let exposed = directions.into_iter().find_map(|(cipher, mac)| exposed_mode(cipher.as_deref()?, mac.as_deref()?))?;
    let text = format!(
        "Exposed to the Terrapin attack (CVE-2023-48795): {exposed} without strict key exchange, which both sides must support"
    );
    Some(Weakness { id: "terrapin", text })
}

fn exposed_mode(cipher: &str, mac: &str) -> Option<&'static str> {
    if cipher.starts_with("chacha20-poly1305") {
        Some("chacha20-poly1305")
    } else if cipher.contains("-cbc") && mac.ends_with("-etm@openssh.com") {
        Some("a CBC cipher with an encrypt-then-MAC")
    } else {
        None
    }
}

fn short_rsa_key(surroundings: &Surroundings<'_>) -> Option<Weakness> {
    let (key_type, bits) = surroundings.host_key?;
    let short = is_rsa(key_type) && bits < LEAST_RSA_BITS;
    short.then(|| Weakness {
        id: "rsa-host-key-short",
        text: format!("The server's RSA host key has {bits} bits; {LEAST_RSA_BITS} are the least that counts as sound"),
    })
}

fn is_rsa(key_type: &str) -> bool {
    key_type.starts_with("ssh-rsa") || key_type.starts_with("rsa-sha2-")
}

/// `SSH-1.99` (RFC 4253 §5.1) says that protocol 1 would be spoken too.
fn ssh_1(surroundings: &Surroundings<'_>) -> Option<Weakness> {
    let sides = [("server", surroundings.server_protocol), ("client", surroundings.client_protocol)];
    let (side, _) = sides.into_iter().find(|(_, version)| version.is_some_and(|version| version.starts_with("1.")))?;
    let text = format!("The {side} offers SSH protocol 1 too, which is broken");
    Some(Weakness { id: "ssh-1-offered", text })
}

fn algorithms_in_use(negotiation: &Negotiation, strength: Strength, found: &mut Vec<Weakness>) {
    for slot in Slot::ALL {
        let Some(name) = negotiation.agreed(slot).filter(|&name| name != IMPLICIT_MAC) else { continue };
        let kind = slot.kind();
        let Some(row) = find(kind, name).filter(|row| row.strength == strength) else { continue };
        let weakness = Weakness {
            id: id(strength, kind),
            text: format!("The agreed {} {} is {}: {}", kind.as_str(), row.name, row.strength.as_str(), row.reason),
        };
        // Both directions mostly agree on the same.
        if !found.contains(&weakness) {
            found.push(weakness);
        }
    }
}

fn id(strength: Strength, kind: Kind) -> &'static str {
    match (strength, kind) {
        (Strength::Broken, Kind::Kex) => "broken-kex",
        (Strength::Broken, Kind::HostKey) => "broken-host-key",
        (Strength::Broken, Kind::Cipher) => "broken-cipher",
        (Strength::Broken, Kind::Mac) => "broken-mac",
        (Strength::Broken, Kind::Compression | Kind::Marker) => "broken-compression",
        (_, Kind::Kex) => "weak-kex",
        (_, Kind::HostKey) => "weak-host-key",
        (_, Kind::Cipher) => "weak-cipher",
        (_, Kind::Mac) => "weak-mac",
        (_, Kind::Compression | Kind::Marker) => "weak-compression",
    }
}

/// NIST SP 800-131A; also what RHEL's crypto-policies ask for by default.
const LEAST_RSA_BITS: u32 = 2048;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::negotiation::PerDirection;

    fn agreed(kex: &str, host_key: &str, cipher: &str, mac: &str) -> Negotiation {
        let two = |name: &str| PerDirection {
            client_to_server: Some(name.to_owned()),
            server_to_client: Some(name.to_owned()),
        };
        Negotiation {
            kex: Some(kex.to_owned()),
            host_key: Some(host_key.to_owned()),
            encryption: two(cipher),
            mac: two(mac),
            compression: two("none"),
            ..Negotiation::default()
        }
    }

    fn ids(negotiation: &Negotiation) -> Vec<&'static str> {
        weaknesses(negotiation, &Surroundings::default()).iter().map(|weakness| weakness.id).collect()
    }

    #[test]
    fn terrapin_needs_the_mode_and_the_lack_of_strictness() {
        let with = |cipher, mac| agreed("curve25519-sha256", "ssh-ed25519", cipher, mac);
        assert_eq!(ids(&with("chacha20-poly1305@openssh.com", IMPLICIT_MAC)), ["terrapin"]);
        let strict = Negotiation { strict_kex: true, ..with("chacha20-poly1305@openssh.com", IMPLICIT_MAC) };
        assert!(ids(&strict).is_empty());
        assert_eq!(ids(&with("aes128-cbc", "hmac-sha2-256-etm@openssh.com")), ["terrapin", "weak-cipher"]);
        assert_eq!(ids(&with("aes128-cbc", "hmac-sha2-256")), ["weak-cipher"]);
        assert!(ids(&with("aes128-ctr", "hmac-sha2-256-etm@openssh.com")).is_empty());
        assert!(ids(&with("aes256-gcm@openssh.com", IMPLICIT_MAC)).is_empty());
    }

    #[test]
    fn one_direction_is_enough() {
        let mut negotiation = agreed("curve25519-sha256", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256");
        negotiation.encryption.server_to_client = Some("chacha20-poly1305@openssh.com".into());
        assert_eq!(ids(&negotiation), ["terrapin"]);
    }

    #[test]
    fn old_algorithms_once_each_and_the_gravest_first() {
        let old = agreed("diffie-hellman-group1-sha1", "ssh-rsa", "3des-cbc", "hmac-md5");
        assert_eq!(ids(&old), ["broken-kex", "broken-cipher", "broken-mac", "weak-host-key"]);
    }

    #[test]
    fn keys_and_protocol_1() {
        let fine = agreed("curve25519-sha256", "rsa-sha2-512", "aes128-ctr", "hmac-sha2-256");
        let ids = |surroundings| weaknesses(&fine, &surroundings).iter().map(|w| w.id).collect::<Vec<_>>();
        assert_eq!(
            ids(Surroundings { host_key: Some(("ssh-rsa", 1024)), ..Surroundings::default() }),
            ["rsa-host-key-short"]
        );
        assert!(ids(Surroundings { host_key: Some(("ssh-rsa", 2048)), ..Surroundings::default() }).is_empty());
        assert!(ids(Surroundings { host_key: Some(("ssh-ed25519", 256)), ..Surroundings::default() }).is_empty());
        assert_eq!(ids(Surroundings { server_protocol: Some("1.99"), ..Surroundings::default() }), ["ssh-1-offered"]);
        assert!(ids(Surroundings { server_protocol: Some("2.0"), ..Surroundings::default() }).is_empty());
    }

    #[test]
    fn names_of_strangers_are_no_weakness() {
        assert!(ids(&agreed("x@example.org", "y@example.org", "z@example.org", "w@example.org")).is_empty());
        assert!(ids(&Negotiation::default()).is_empty());
    }
}
