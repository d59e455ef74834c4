//! A host key blob in (RFC 4253 §6.6), its type, size and fingerprint out, as `ssh-keygen -l` prints them. For an OpenSSH
//! certificate that is the fingerprint of the key it certifies, not of the certificate.

use super::known;
use super::wire::Reader;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The host key that a server showed in its key exchange reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    /// Key type as the blob names it, such as `ssh-ed25519` or `ssh-rsa-cert-v01@openssh.com`.
    pub kind: String,
    /// Size in bits by the rule of `ssh-keygen -l`: RSA modulus, DSA prime, curve. None for a type that is not known.
    pub bits: Option<u32>,
    /// `SHA256:` and the digest in base64 without padding.
    pub fingerprint: String,
    /// The blob is a certificate.
    pub certificate: bool,
}

impl HostKey {
    /// Reads the K_S that a key exchange reply begins with (messages 31 and 33; 30 in RFC 4432; `payload` with its message number).
    /// None if there is no string that looks like a key, as in the other messages that share these numbers.
    pub fn from_reply(payload: &[u8]) -> Option<Arc<Self>> {
        let blob = Reader::new(payload.get(1..)?).string()?;
        known::host_key(blob)
    }

    /// Reads a blob: a string with the type, then what the type asks for.
    pub fn parse(blob: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(blob);
        let kind = key_type(reader.string()?)?;
        let (plain, certificate) = plain_type(kind);
        let known = PlainKey::read(&plain, &mut reader, certificate);
        let fingerprint = match &known {
            Some(key) if certificate => key.fingerprint(&plain),
            _ => fingerprint(&[blob]),
        };
        let bits = known.map(|key| key.bits);
        Some(Self { kind: kind.to_owned(), bits, fingerprint, certificate: certificate || x509(kind) })
    }
}

/// The fields of a key behind its type.
struct PlainKey<'a> {
    bits: u32,
    /// The fields as they stand in the blob, which is how they stand in the blob of a plain key too.
    fields: &'a [u8],
}

impl<'a> PlainKey<'a> {
    /// Reads the fields of a known type. In a certificate a nonce stands before them and more fields behind (OpenSSH PROTOCOL.certkeys);
    /// a plain key must end with them. None for other types and for fields that do not fit the type.
    fn read(plain: &str, reader: &mut Reader<'a>, certificate: bool) -> Option<Self> {
        if certificate {
            reader.string()?;
        }
        let from = reader.rest();
        let bits = match plain {
            "ssh-rsa" => {
                reader.mpint()?;
                reader.mpint()?.bits()
            }
            "ssh-dss" => {
                let prime = reader.mpint()?.bits();
                for _ in ["q", "g", "y"] {
                    reader.mpint()?;
                }
                prime
            }
            "ssh-ed25519" | "sk-ssh-ed25519@openssh.com" => exact(reader.string()?, 32, 256)?,
            "ssh-ed448" => exact(reader.string()?, 57, 456)?,
            _ => {
                let curve = plain.trim_start_matches("sk-").strip_prefix("ecdsa-sha2-")?;
                let curve_bits = curve_bits(reader.string()?, curve.trim_end_matches("@openssh.com"))?;
                reader.string()?;
                curve_bits
            }
        };
        if plain.starts_with("sk-") {
            reader.string()?;
        }
        let fields = from.get(..from.len().checked_sub(reader.rest().len())?)?;
        (certificate || reader.is_empty()).then_some(Self { bits, fields })
    }

    fn fingerprint(&self, plain: &str) -> String {
        let length = u32::try_from(plain.len()).unwrap_or_default().to_be_bytes();
        fingerprint(&[&length, plain.as_bytes(), self.fields])
    }
}

/// The size of a key whose only field has one length.
fn exact(field: &[u8], length: usize, bits: u32) -> Option<u32> {
    (field.len() == length).then_some(bits)
}

/// The size of a NIST curve (RFC 5656 §10.1), if the key names the curve that its type names.
fn curve_bits(named: &[u8], by_type: &str) -> Option<u32> {
    if named != by_type.as_bytes() {
        return None;
    }
    match by_type {
        "nistp256" => Some(256),
        "nistp384" => Some(384),
        "nistp521" => Some(521),
        _ => None,
    }
}

/// A name that can be a key type: RFC 4251 §6 allows printable US-ASCII without comma, up to 64 bytes; all in use hold a `-`.
fn key_type(name: &[u8]) -> Option<&str> {
    let allowed = |byte: &u8| matches!(byte, 0x21..=0x7e) && *byte != b',';
    let plausible = (4..=64).contains(&name.len()) && name.iter().all(allowed) && name.contains(&b'-');
    std::str::from_utf8(name).ok().filter(|_| plausible)
}

/// The type of the key inside a certificate of OpenSSH, and whether it is one.
fn plain_type(kind: &str) -> (String, bool) {
    match kind.strip_suffix("-cert-v01@openssh.com") {
        Some(base) if base.starts_with("sk-") => (format!("{base}@openssh.com"), true),
        Some(base) => (base.to_owned(), true),
        None => (kind.to_owned(), false),
    }
}

/// X.509 certificates (RFC 6187): told by the type, not read further.
fn x509(kind: &str) -> bool {
    kind.starts_with("x509v3-")
}

fn fingerprint(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    format!("SHA256:{}", base64(&digest.finalize()))
}

/// Base64 (RFC 4648 §4) without padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut padded = [0; 4];
        for (into, byte) in padded[1..].iter_mut().zip(group) {
            *into = *byte;
        }
        let bits = u32::from_be_bytes(padded);
        for digit in 0..=group.len() {
            let index = (bits >> (18 - 6 * digit)) & 63;
            text.push(char::from(DIGITS[index as usize]));
        }
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    /// `key.pub` and the line of `ssh-keygen -lf key.pub` (OpenSSH 9.2p1).
    const VECTORS: &[(&str, u32, &str, bool)] = &[
        (
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC/R2Xi70MUSZjANglc83CpZfGcTGfUQ5e0eB2yW51e8OuQj7hCKCd09d39jyxSnpqZO\
             gqjM0mQ6BVEW2o5GEaqgPmb8c0/NH6Wp3LCDMhGFRdOJd3j3zoc8znN966t104Ee5yv8x7iMlpDeThQgH8p6GreCNrujnW2IO+tiuKjMU\
             2L+IfOz94PPXfz0UtL94R5xy6DGkIPWE8Av/kuPdyPSpDGrlm3DG/yRjotP+vCL835nDqayG0hRg36t2b6GHdcsFEWw/Pq4MjHTIZ4H2k\
             bMI9tY4xfBnz7BkMhbul+f14AYzPmarS11dvFXYARFHT6HzipODAIkmtiM++GcYEL",
            2048,
            "SHA256:BTgOLyBdBxte7iHNJBVLcW+uqV4+AhfDiFLiHgcXHRA",
            false,
        ),
        (
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCVzI3WWQE1IxTzv13ZMMqHuK94fP8mfnHJFfWGT7WTNIFB6rD4ZpkOmYcuSZH14imhd\
             F1WlJ5rG/H89+aEiAh9u59iPMYbDWegneT+XW10JoA0/2OYUSdThArZL8u5Qdqui8swsudvuZldZ6li3OjWykYWlR06akfJxTimGrDXwf\
             45PNGooXl1G1bcyeVw2ablFBfZ/AjxozBaORe2tjFZmcAfu7ZrlC1k9MrppVAwpwSmbTfcussRonnrGeFwNgF0UVK7ZghuS3Ybgm0vdCi\
             fGCY/NNjAosZzC6qvvgt/S2/q5P1hFbg+wcT+FAKCsXYWf0Ic1F6ZxtAtgCpdEOXyir4nkg4rCTGgEGML5kTHQeiyj8evK1nspesw8AP/\
             2tgV+HiThHI21ipuA98P27Rik3RqFOCO4fFmuX2bA7caaMFTeLAjGBcbaEnEgyCo7fyZlT5k/C4Pq0PZux+l+Lua20qRSbwDEh6UQb/Ua\
             Yd0eakZfv0zbRaAIOn9f/mm/Q8=",
            3072,
            "SHA256:q6vU0RJltZBDLZDxqtixYqfYeXL3Epfa/btxWgxPCpY",
            false,
        ),
        (
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQVEW/R7UryUcLarHm7IVn9xaKJeo3qQdusB2fc9th/gQYvWqPuntu0umcGFeRFcbbNoo\
             r53WcETIdv1xjIosMMj2I47mtJWvZvAa7nm8TC4ujgu5gBT4EgR3R/7Ftc2rcPYVwQhcKnszEYytFvkAhZrksoAoqHpbInOfB8iNM6yAQ\
             ==",
            1027,
            "SHA256:3G7NPSyXWrtzkVlIRelK4GtsqW9qKRc4UJdSB1MVTe0",
            false,
        ),
        (
            "ssh-dss AAAAB3NzaC1kc3MAAACBAJE1XWcFRNMQhGlDl+tTgN0IXOW3TZqdBBBNxYIdZkxTgz9rRWKMMw9EC/ivIPlP2bVw2x9kSNbvC\
             GtYjwFWwsiDO/511A/wX/0PjWDJF/Q0wjAGEKhAQKKU2TKhL4en5usSVgpZjDoHwUOiQkNgCNGPc3liFCwYumbQp/8haai3AAAAFQCViv\
             vjjsidzBW9lg06YkDMOfluCwAAAIBT+MV1TXeUhm4vkz9rUCPvoAomSWUsI3X4va5LeyTA+LYxPD9spuYQ1svBTLU2i+z78Q1Wo1GlbDI\
             3AUQ16lVn+OMTmnbrLXMbJ34CUqfLhQoTDEju6l/qRAfBKO1dBk5qK2Qs5OD+/XguR/YyDcepvRRYBfzKskm5Gf0ozI9BQQAAAIApl462\
             OWN+cDyPgysnoHo7L544qW4TsOBE0nU8Mkkw0pX7bZhbJNzNMQl0Ye0QBJg4BKIJU9iTW5OcmCBcHSjAj5PZhoRjchQi9eIVHzIYh5GAP\
             412bhr3tlZUVw7zIEAjZP5I3Q4KwldgI6owj4+Dkob8FK8mEuMP1Obshf3xvg==",
            1024,
            "SHA256:Bo4+v/0hkMuAwQqObcaY3qpvsp4yHWLNjf0P9wpfVcI",
            false,
        ),
        (
            "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBP+TaLTqlA7pofUbbfc8cnTTUw5NKf/k9\
             TtOTtoIvrqx3EP5M6A+YtbmB3hY6UVpaBlgEiM7FhX/hWcEI4w+1bQ=",
            256,
            "SHA256:Vdn+Y+DPt+ad42YuxE1HwlB9dXJY9Hj+fwN/+NuOSu4",
            false,
        ),
        (
            "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBIbwAvNtG4JazZAZ+tWJhtBjzDzfj5YYm\
             KRzs6UdgzPK45oY3z2VunQBTVka3JClGniBzjgG99cYer/YAm6NNBr7zfb2pENzQP6Ul025VgHpEVoJ4lYAUmzfAwjOpOA8tQ==",
            384,
            "SHA256:xiRm+RUwCfd7x7rfBBDb2o3S6gItnDLp4SxxqkKOb8Q",
            false,
        ),
        (
            "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAHYfRjTxQ4NaQn5GOIQmQ0QXyz7verey\
             /jMRhrcKiAwdA784QxL6exoxxRpNIG+KahIem+d44WBszJpn5tWa3Q6hwHNrLZvcByU1MLjdAG02j5ElnaG7SWrFpGL5K9XhafIRZ9wKY\
             FxjW2Kfn/F6XzdF8B6S3tROBZcVGtGFE48DeVmnQ==",
            521,
            "SHA256:PJmVIj+DOELnQBvk7LzwgOJX8qRJrgVQnpX8en5NOXg",
            false,
        ),
        (
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHzdchU6ZmyVcntjxwmN5NDT6+xyt4kJkw7kniPLSyAM",
            256,
            "SHA256:LqbNPUkoIwExcyH908MGREr4RdgLiMnG0wGmFsbu/gI",
            false,
        ),
        (
            "ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIHd9si5WS36sIiTf4UMA\
             Cgs3krpV36cUbPZsK/FkV9bbAAAAIHzdchU6ZmyVcntjxwmN5NDT6+xyt4kJkw7kniPLSyAMAAAAAAAAAAAAAAACAAAABGhvc3QAAAAPA\
             AAAC2V4YW1wbGUub3JnAAAAAAAAAAD//////////wAAAAAAAAAAAAAAAAAAADMAAAALc3NoLWVkMjU1MTkAAAAg/WKqKpZYKqr8j9z0xg\
             Ml0OynApuiXLLtSou88+d7m0wAAABTAAAAC3NzaC1lZDI1NTE5AAAAQDMD50ZhUZ3wIHdUdkzFfwIpUhMFrgGXERR6IM+snemKzeVG44g\
             z6gkU3bLIe54yJdzWFcmuk5lEXDkWREVidAE=",
            256,
            "SHA256:LqbNPUkoIwExcyH908MGREr4RdgLiMnG0wGmFsbu/gI",
            true,
        ),
        (
            "ecdsa-sha2-nistp384-cert-v01@openssh.com AAAAKGVjZHNhLXNoYTItbmlzdHAzODQtY2VydC12MDFAb3BlbnNzaC5jb20AAAAg\
             hY5qwEBw3PoIFcdYifePztU89ruhxjM03KjpZuveA7YAAAAIbmlzdHAzODQAAABhBIbwAvNtG4JazZAZ+tWJhtBjzDzfj5YYmKRzs6Udg\
             zPK45oY3z2VunQBTVka3JClGniBzjgG99cYer/YAm6NNBr7zfb2pENzQP6Ul025VgHpEVoJ4lYAUmzfAwjOpOA8tQAAAAAAAAAAAAAAAg\
             AAAARob3N0AAAADwAAAAtleGFtcGxlLm9yZwAAAAAAAAAA//////////8AAAAAAAAAAAAAAAAAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIP1\
             iqiqWWCqq/I/c9MYDJdDspwKbolyy7UqLvPPne5tMAAAAUwAAAAtzc2gtZWQyNTUxOQAAAEAhBo4DNNCcvNpQxACMVlReU4MMLBFcqxbu\
             vvj2oAIF2apr/Te8Y1BmeHTujvXALgx8zyo4AeK8FFymTJeweqMO",
            384,
            "SHA256:xiRm+RUwCfd7x7rfBBDb2o3S6gItnDLp4SxxqkKOb8Q",
            true,
        ),
        (
            "ssh-rsa-cert-v01@openssh.com AAAAHHNzaC1yc2EtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgK7SPvvyIFA1FesaABkFipmrFYofM\
             0H5oqLn6HcfSg9QAAAADAQABAAABAQC/R2Xi70MUSZjANglc83CpZfGcTGfUQ5e0eB2yW51e8OuQj7hCKCd09d39jyxSnpqZOgqjM0mQ6\
             BVEW2o5GEaqgPmb8c0/NH6Wp3LCDMhGFRdOJd3j3zoc8znN966t104Ee5yv8x7iMlpDeThQgH8p6GreCNrujnW2IO+tiuKjMU2L+IfOz9\
             4PPXfz0UtL94R5xy6DGkIPWE8Av/kuPdyPSpDGrlm3DG/yRjotP+vCL835nDqayG0hRg36t2b6GHdcsFEWw/Pq4MjHTIZ4H2kbMI9tY4x\
             fBnz7BkMhbul+f14AYzPmarS11dvFXYARFHT6HzipODAIkmtiM++GcYELAAAAAAAAAAAAAAACAAAABGhvc3QAAAAPAAAAC2V4YW1wbGUu\
             b3JnAAAAAAAAAAD//////////wAAAAAAAAAAAAAAAAAAADMAAAALc3NoLWVkMjU1MTkAAAAg/WKqKpZYKqr8j9z0xgMl0OynApuiXLLtS\
             ou88+d7m0wAAABTAAAAC3NzaC1lZDI1NTE5AAAAQEaw1OUemxAuSWvkDr+N7yqISdPMyunIFh+j2ZtIIEVkBR7YRKQ3MclgtGku9gVICw\
             rluTL9RLDXfxNHoA5k8wo=",
            2048,
            "SHA256:BTgOLyBdBxte7iHNJBVLcW+uqV4+AhfDiFLiHgcXHRA",
            true,
        ),
    ];

    fn decode_base64(text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (mut bits, mut count) = (0_u32, 0);
        for c in text.bytes().filter(|c| *c != b'=') {
            let digit = match c {
                b'A'..=b'Z' => c - b'A',
                b'a'..=b'z' => c - b'a' + 26,
                b'0'..=b'9' => c - b'0' + 52,
                b'+' => 62,
                _ => 63,
            };
            bits = (bits << 6) | u32::from(digit);
            count += 6;
            if count >= 8 {
                count -= 8;
                bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
            }
        }
        bytes
    }

    #[test]
    fn agrees_with_ssh_keygen() {
        for (line, bits, fingerprint, certificate) in VECTORS {
            let (kind, blob) = line.split_once(' ').unwrap();
            let key = HostKey::parse(&decode_base64(blob)).unwrap();
            assert_eq!(key.kind, kind);
            assert_eq!(key.bits, Some(*bits), "{kind}");
            assert_eq!(key.fingerprint, *fingerprint, "{kind}");
            assert_eq!(key.certificate, *certificate, "{kind}");
        }
    }

    #[test]
    fn what_is_no_key_is_not_labelled() {
        let string = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
        let prime = [&[0][..], &[0xff; 256]].concat();
        assert_eq!(HostKey::from_reply(&[&[31][..], &string(&prime), &string(&[2])].concat()), None);
        assert_eq!(HostKey::from_reply(&[&[31][..], &string(b"token-of-gss")].concat()), None);
        assert_eq!(HostKey::from_reply(&[31, 0, 0]), None);
    }

    #[test]
    fn unknown_types_have_no_size() {
        let string = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
        let blob = [string(b"ssh-mldsa-65@example.org"), string(&[1; 1952])].concat();
        let key = HostKey::parse(&blob).unwrap();
        assert_eq!((key.kind.as_str(), key.bits, key.certificate), ("ssh-mldsa-65@example.org", None, false));
        let damaged = [string(b"ssh-ed25519"), string(&[1; 31])].concat();
        assert_eq!(HostKey::parse(&damaged).unwrap().bits, None);
    }

    #[test]
    fn base64_of_every_remainder() {
        // RFC 4648 §10, padding left out.
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
