//! The rows of the algorithm table. Sources: the RFC or draft named in the row, OpenSSH's release notes and tag headers,
//! ssh-audit's database for the strength. Within a kind the most advisable stands first: remedies rely on that order.

use super::Kind::{Cipher, Compression, HostKey, Kex, Mac, Marker};
use super::Origin::{Draft, Rfc, Vendor};
use super::Strength::{Broken, Note, Ok, Weak};
use super::{Algorithm, Kind, OpenSshVersion, Origin, Strength, Versions};

/// Columns of `openssh(…)`: default of the client, default of the server, code present.
#[rustfmt::skip]
pub(super) const ALGORITHMS: &[Algorithm] = &[
    row(Kex, "mlkem768x25519-sha256", Draft("draft-ietf-sshm-mlkem-hybrid-kex"), Ok, "").post_quantum().openssh(from(9, 9), from(9, 9), from(9, 9)),
    row(Kex, "mlkem768nistp256-sha256", Draft("draft-ietf-sshm-mlkem-hybrid-kex"), Ok, "").post_quantum().openssh(NEVER, NEVER, NEVER),
    row(Kex, "mlkem1024nistp384-sha384", Draft("draft-ietf-sshm-mlkem-hybrid-kex"), Ok, "").post_quantum().openssh(NEVER, NEVER, NEVER),
    row(Kex, "sntrup761x25519-sha512", Draft("draft-ietf-sshm-ntruprime-ssh"), Ok, "").post_quantum().openssh(from(9, 9), from(9, 9), from(9, 9)),
    row(Kex, "sntrup761x25519-sha512@openssh.com", Vendor("openssh.com"), Ok, "").post_quantum().openssh(from(8, 9), from(8, 9), from(8, 5)),
    row(Kex, "curve25519-sha256", Rfc(8731), Ok, "").openssh(from(7, 4), from(7, 4), from(7, 4)),
    row(Kex, "curve25519-sha256@libssh.org", Vendor("libssh.org"), Ok, "").openssh(from(6, 6), from(6, 6), from(6, 5)),
    row(Kex, "curve448-sha512", Rfc(8731), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Kex, "ecdh-sha2-nistp256", Rfc(5656), Note, "NIST curve").openssh(from(6, 6), from(6, 6), from(5, 7)),
    row(Kex, "ecdh-sha2-nistp384", Rfc(5656), Note, "NIST curve").openssh(from(6, 6), from(6, 6), from(5, 7)),
    row(Kex, "ecdh-sha2-nistp521", Rfc(5656), Note, "NIST curve").openssh(from(6, 6), from(6, 6), from(5, 7)),
    row(Kex, "diffie-hellman-group16-sha512", Rfc(8268), Ok, "").openssh(from(7, 4), between(7, 4, 10, 0), from(7, 3)),
    row(Kex, "diffie-hellman-group18-sha512", Rfc(8268), Ok, "").openssh(from(7, 4), between(7, 4, 10, 0), from(7, 3)),
    row(Kex, "diffie-hellman-group15-sha512", Rfc(8268), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Kex, "diffie-hellman-group17-sha512", Rfc(8268), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Kex, "diffie-hellman-group-exchange-sha256", Rfc(4419), Ok, "").openssh(from(6, 6), between(6, 6, 10, 0), from(4, 4)),
    row(Kex, "diffie-hellman-group14-sha256", Rfc(8268), Note, "2048-bit group").openssh(from(7, 4), between(7, 4, 10, 0), from(7, 3)),
    row(Kex, "sntrup4591761x25519-sha512@tinyssh.org", Vendor("tinyssh.org"), Weak, "withdrawn by its authors").post_quantum().openssh(NEVER, NEVER, between(8, 0, 8, 5)),
    row(Kex, "diffie-hellman-group14-sha1", Rfc(4253), Weak, "SHA-1").openssh(between(6, 6, 8, 2), between(6, 6, 8, 2), from(3, 9)),
    row(Kex, "diffie-hellman-group-exchange-sha1", Rfc(4419), Weak, "SHA-1").openssh(between(6, 6, 8, 0), between(6, 6, 7, 0), from(2, 3)),
    row(Kex, "diffie-hellman-group1-sha1", Rfc(4253), Broken, "1024-bit group (Logjam), SHA-1").openssh(between(6, 6, 7, 0), between(6, 6, 7, 0), from(2, 0)),
    row(Kex, "rsa2048-sha256", Rfc(4432), Weak, "no forward secrecy").openssh(NEVER, NEVER, NEVER),
    row(Kex, "rsa1024-sha1", Rfc(4432), Broken, "1024-bit RSA, SHA-1").openssh(NEVER, NEVER, NEVER),
    row(HostKey, "ssh-ed25519", Rfc(8709), Ok, "").openssh(from(6, 6), from(6, 6), from(6, 5)),
    row(HostKey, "ssh-ed25519-cert-v01@openssh.com", Vendor("openssh.com"), Ok, "").openssh(from(6, 6), from(6, 6), from(6, 5)),
    row(HostKey, "sk-ssh-ed25519@openssh.com", Vendor("openssh.com"), Ok, "").openssh(from(8, 2), from(8, 2), from(8, 2)),
    row(HostKey, "sk-ssh-ed25519-cert-v01@openssh.com", Vendor("openssh.com"), Ok, "").openssh(from(8, 2), from(8, 2), from(8, 2)),
    row(HostKey, "ssh-ed448", Rfc(8709), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(HostKey, "rsa-sha2-512", Rfc(8332), Ok, "").openssh(from(7, 2), from(7, 2), from(7, 2)),
    row(HostKey, "rsa-sha2-256", Rfc(8332), Ok, "").openssh(from(7, 2), from(7, 2), from(7, 2)),
    row(HostKey, "rsa-sha2-512-cert-v01@openssh.com", Vendor("openssh.com"), Ok, "").openssh(from(7, 9), from(7, 9), from(7, 8)),
    row(HostKey, "rsa-sha2-256-cert-v01@openssh.com", Vendor("openssh.com"), Ok, "").openssh(from(7, 9), from(7, 9), from(7, 8)),
    row(HostKey, "ecdsa-sha2-nistp256", Rfc(5656), Note, "NIST curve, needs a good random number for each signature").openssh(from(6, 6), from(6, 6), from(5, 7)),
    row(HostKey, "ecdsa-sha2-nistp384", Rfc(5656), Note, "NIST curve, needs a good random number for each signature").openssh(from(6, 6), from(6, 6), from(5, 7)),
    row(HostKey, "ecdsa-sha2-nistp521", Rfc(5656), Note, "NIST curve, needs a good random number for each signature").openssh(from(6, 6), from(6, 6), from(5, 7)),
    row(HostKey, "ecdsa-sha2-nistp256-cert-v01@openssh.com", Vendor("openssh.com"), Note, "NIST curve, needs a good random number for each signature").openssh(from(6, 6), from(6, 6), from(6, 0)),
    row(HostKey, "ecdsa-sha2-nistp384-cert-v01@openssh.com", Vendor("openssh.com"), Note, "NIST curve, needs a good random number for each signature").openssh(from(6, 6), from(6, 6), from(6, 0)),
    row(HostKey, "ecdsa-sha2-nistp521-cert-v01@openssh.com", Vendor("openssh.com"), Note, "NIST curve, needs a good random number for each signature").openssh(from(6, 6), from(6, 6), from(6, 0)),
    row(HostKey, "sk-ecdsa-sha2-nistp256@openssh.com", Vendor("openssh.com"), Note, "NIST curve").openssh(from(8, 2), from(8, 2), from(8, 2)),
    row(HostKey, "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", Vendor("openssh.com"), Note, "NIST curve").openssh(from(8, 2), from(8, 2), from(8, 2)),
    row(HostKey, "webauthn-sk-ecdsa-sha2-nistp256@openssh.com", Vendor("openssh.com"), Note, "NIST curve").openssh(from(10, 3), from(10, 3), from(8, 4)),
    row(HostKey, "webauthn-sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", Vendor("openssh.com"), Note, "NIST curve").openssh(from(10, 3), from(10, 3), from(10, 3)),
    row(HostKey, "ssh-rsa", Rfc(4253), Weak, "SHA-1 signatures").openssh(between(6, 6, 8, 8), between(6, 6, 8, 8), from(2, 0)),
    row(HostKey, "ssh-rsa-cert-v01@openssh.com", Vendor("openssh.com"), Weak, "SHA-1 signatures").openssh(between(6, 6, 8, 8), between(6, 6, 8, 8), from(5, 6)),
    row(HostKey, "ssh-dss", Rfc(4253), Broken, "1024-bit DSA, SHA-1").openssh(between(6, 6, 7, 0), between(6, 6, 7, 0), between(2, 0, 10, 0)),
    row(HostKey, "ssh-dss-cert-v01@openssh.com", Vendor("openssh.com"), Broken, "1024-bit DSA, SHA-1").openssh(between(6, 6, 7, 0), between(6, 6, 7, 0), between(5, 6, 10, 0)),
    row(HostKey, "ssh-rsa-cert-v00@openssh.com", Vendor("openssh.com"), Broken, "certificate format withdrawn, SHA-1").openssh(between(6, 6, 7, 0), between(6, 6, 7, 0), between(5, 4, 7, 0)),
    row(HostKey, "ssh-dss-cert-v00@openssh.com", Vendor("openssh.com"), Broken, "certificate format withdrawn, 1024-bit DSA").openssh(between(6, 6, 7, 0), between(6, 6, 7, 0), between(5, 4, 7, 0)),
    row(HostKey, "x509v3-ecdsa-sha2-nistp256", Rfc(6187), Note, "NIST curve").openssh(NEVER, NEVER, NEVER),
    row(HostKey, "x509v3-rsa2048-sha256", Rfc(6187), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(HostKey, "x509v3-ssh-rsa", Rfc(6187), Weak, "SHA-1 signatures").openssh(NEVER, NEVER, NEVER),
    row(HostKey, "x509v3-sign-rsa", Vendor("Tectia, VanDyke"), Weak, "SHA-1 signatures").openssh(NEVER, NEVER, NEVER),
    row(HostKey, "ssh-rsa-sha256@ssh.com", Vendor("ssh.com"), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "chacha20-poly1305@openssh.com", Vendor("openssh.com"), Ok, "").openssh(from(6, 6), from(6, 6), from(6, 5)),
    row(Cipher, "chacha20-poly1305", Draft("draft-ietf-sshm-chacha20-poly1305"), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "aes256-gcm@openssh.com", Vendor("openssh.com"), Ok, "").openssh(from(6, 6), from(6, 6), from(6, 2)),
    row(Cipher, "aes128-gcm@openssh.com", Vendor("openssh.com"), Ok, "").openssh(from(6, 6), from(6, 6), from(6, 2)),
    row(Cipher, "aes256-gcm", Vendor("vendors without a domain"), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "aes128-gcm", Vendor("vendors without a domain"), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "AEAD_AES_256_GCM", Rfc(5647), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "AEAD_AES_128_GCM", Rfc(5647), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "aes256-ctr", Rfc(4344), Ok, "").openssh(from(6, 6), from(6, 6), from(3, 7)),
    row(Cipher, "aes192-ctr", Rfc(4344), Ok, "").openssh(from(6, 6), from(6, 6), from(3, 7)),
    row(Cipher, "aes128-ctr", Rfc(4344), Ok, "").openssh(from(6, 6), from(6, 6), from(3, 7)),
    row(Cipher, "aes256-cbc", Rfc(4253), Weak, "CBC mode").openssh(between(6, 6, 7, 6), between(6, 6, 7, 0), from(2, 3)),
    row(Cipher, "aes192-cbc", Rfc(4253), Weak, "CBC mode").openssh(between(6, 6, 7, 6), between(6, 6, 7, 0), from(2, 3)),
    row(Cipher, "aes128-cbc", Rfc(4253), Weak, "CBC mode").openssh(between(6, 6, 7, 6), between(6, 6, 7, 0), from(2, 3)),
    row(Cipher, "rijndael-cbc@lysator.liu.se", Vendor("lysator.liu.se"), Weak, "CBC mode").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), between(2, 3, 8, 5)),
    row(Cipher, "3des-ctr", Rfc(4344), Weak, "64-bit blocks (Sweet32)").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "3des-cbc", Rfc(4253), Broken, "64-bit blocks (Sweet32), CBC mode").openssh(between(6, 6, 7, 4), between(6, 6, 7, 0), from(2, 0)),
    row(Cipher, "blowfish-cbc", Rfc(4253), Broken, "64-bit blocks (Sweet32), CBC mode").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), between(2, 0, 7, 6)),
    row(Cipher, "cast128-cbc", Rfc(4253), Broken, "64-bit blocks (Sweet32), CBC mode").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), between(2, 0, 7, 6)),
    row(Cipher, "arcfour256", Rfc(4345), Broken, "RC4").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), between(4, 2, 7, 6)),
    row(Cipher, "arcfour128", Rfc(4345), Broken, "RC4").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), between(4, 2, 7, 6)),
    row(Cipher, "arcfour", Rfc(4253), Broken, "RC4").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), between(2, 0, 7, 6)),
    row(Cipher, "twofish256-ctr", Rfc(4344), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "twofish128-ctr", Rfc(4344), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "twofish256-cbc", Rfc(4253), Weak, "CBC mode").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "twofish128-cbc", Rfc(4253), Weak, "CBC mode").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "twofish-cbc", Rfc(4253), Weak, "CBC mode").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "serpent256-cbc", Rfc(4253), Weak, "CBC mode").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "blowfish-ctr", Rfc(4344), Weak, "64-bit blocks (Sweet32)").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "idea-cbc", Rfc(4253), Broken, "64-bit blocks (Sweet32), CBC mode").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "des-cbc", Vendor("historic"), Broken, "56-bit key").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "des-cbc@ssh.com", Vendor("ssh.com"), Broken, "56-bit key").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "seed-cbc@ssh.com", Vendor("ssh.com"), Weak, "CBC mode").openssh(NEVER, NEVER, NEVER),
    row(Cipher, "none", Rfc(4253), Broken, "no encryption").openssh(NEVER, NEVER, NEVER),
    row(Mac, "hmac-sha2-256-etm@openssh.com", Vendor("openssh.com"), Ok, "").openssh(from(6, 6), from(6, 6), from(6, 2)),
    row(Mac, "hmac-sha2-512-etm@openssh.com", Vendor("openssh.com"), Ok, "").openssh(from(6, 6), from(6, 6), from(6, 2)),
    row(Mac, "umac-128-etm@openssh.com", Vendor("openssh.com"), Ok, "").openssh(from(6, 6), from(6, 6), from(6, 2)),
    row(Mac, "hmac-sha2-256", Rfc(6668), Note, "encrypt-and-MAC").openssh(from(6, 6), from(6, 6), from(5, 9)),
    row(Mac, "hmac-sha2-512", Rfc(6668), Note, "encrypt-and-MAC").openssh(from(6, 6), from(6, 6), from(5, 9)),
    row(Mac, "hmac-sha256@ssh.com", Vendor("ssh.com"), Note, "encrypt-and-MAC").openssh(NEVER, NEVER, NEVER),
    row(Mac, "hmac-sha256-2@ssh.com", Vendor("ssh.com"), Note, "encrypt-and-MAC").openssh(NEVER, NEVER, NEVER),
    row(Mac, "umac-128@openssh.com", Vendor("openssh.com"), Note, "encrypt-and-MAC").openssh(from(6, 6), from(6, 6), from(6, 2)),
    row(Mac, "umac-64-etm@openssh.com", Vendor("openssh.com"), Note, "64-bit tag").openssh(from(6, 6), from(6, 6), from(6, 2)),
    row(Mac, "umac-64@openssh.com", Vendor("openssh.com"), Note, "64-bit tag, encrypt-and-MAC").openssh(from(6, 6), from(6, 6), from(4, 7)),
    row(Mac, "AEAD_AES_256_GCM", Rfc(5647), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Mac, "AEAD_AES_128_GCM", Rfc(5647), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Mac, "hmac-sha1-etm@openssh.com", Vendor("openssh.com"), Weak, "SHA-1").openssh(from(6, 6), from(6, 6), from(6, 2)),
    row(Mac, "hmac-sha1", Rfc(4253), Weak, "SHA-1").openssh(from(6, 6), from(6, 6), from(2, 0)),
    row(Mac, "hmac-sha1-96-etm@openssh.com", Vendor("openssh.com"), Weak, "SHA-1, 96-bit tag").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), from(6, 2)),
    row(Mac, "hmac-sha1-96", Rfc(4253), Weak, "SHA-1, 96-bit tag").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), from(2, 3)),
    row(Mac, "hmac-sha2-256-96", Vendor("withdrawn from RFC 6668"), Weak, "96-bit tag").openssh(NEVER, NEVER, between(5, 9, 6, 1)),
    row(Mac, "hmac-sha2-512-96", Vendor("withdrawn from RFC 6668"), Weak, "96-bit tag").openssh(NEVER, NEVER, between(5, 9, 6, 1)),
    row(Mac, "hmac-ripemd160-etm@openssh.com", Vendor("openssh.com"), Weak, "RIPEMD-160").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), between(6, 2, 7, 6)),
    row(Mac, "hmac-ripemd160", Vendor("historic"), Weak, "RIPEMD-160").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), between(2, 3, 7, 6)),
    row(Mac, "hmac-ripemd160@openssh.com", Vendor("openssh.com"), Weak, "RIPEMD-160").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), between(2, 3, 7, 6)),
    row(Mac, "hmac-md5-etm@openssh.com", Vendor("openssh.com"), Broken, "MD5").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), from(6, 2)),
    row(Mac, "hmac-md5", Rfc(4253), Broken, "MD5").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), from(2, 0)),
    row(Mac, "hmac-md5-96-etm@openssh.com", Vendor("openssh.com"), Broken, "MD5, 96-bit tag").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), from(6, 2)),
    row(Mac, "hmac-md5-96", Rfc(4253), Broken, "MD5, 96-bit tag").openssh(between(6, 6, 7, 2), between(6, 6, 7, 0), from(2, 3)),
    row(Mac, "none", Rfc(4253), Broken, "no integrity protection").openssh(NEVER, NEVER, NEVER),
    row(Compression, "none", Rfc(4253), Ok, "").openssh(from(6, 6), from(6, 6), from(2, 0)),
    row(Compression, "zlib@openssh.com", Vendor("openssh.com"), Ok, "").openssh(from(6, 6), from(6, 6), from(4, 2)),
    row(Compression, "zlib", Rfc(4253), Weak, "decompresses before the user is known").openssh(between(6, 6, 7, 4), between(6, 6, 7, 4), between(2, 0, 7, 4)),
    row(Marker, "ext-info-c", Rfc(8308), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Marker, "ext-info-s", Rfc(8308), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Marker, "kex-strict-c-v00@openssh.com", Vendor("openssh.com"), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Marker, "kex-strict-s-v00@openssh.com", Vendor("openssh.com"), Ok, "").openssh(NEVER, NEVER, NEVER),
    row(Marker, "kexguess2@matt.ucc.asn.au", Vendor("matt.ucc.asn.au"), Ok, "").openssh(NEVER, NEVER, NEVER),
];

const NEVER: Versions = Versions { since: None, until: None };

const fn from(major: u16, minor: u16) -> Versions {
    Versions { since: Some(OpenSshVersion::new(major, minor)), until: None }
}

const fn between(major: u16, minor: u16, until_major: u16, until_minor: u16) -> Versions {
    Versions {
        since: Some(OpenSshVersion::new(major, minor)),
        until: Some(OpenSshVersion::new(until_major, until_minor)),
    }
}

const fn row(kind: Kind, name: &'static str, origin: Origin, strength: Strength, reason: &'static str) -> Algorithm {
    Algorithm {
        name,
        kind,
        origin,
        strength,
        reason,
        post_quantum: false,
        client_default: NEVER,
        server_default: NEVER,
        implemented: NEVER,
    }
}

impl Algorithm {
    const fn post_quantum(mut self) -> Self {
        self.post_quantum = true;
        self
    }

    const fn openssh(mut self, client: Versions, server: Versions, implemented: Versions) -> Self {
        self.client_default = client;
        self.server_default = server;
        self.implemented = implemented;
        self
    }
}
