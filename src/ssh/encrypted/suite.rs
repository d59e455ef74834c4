//! How large a binary packet is on the wire under a cipher and a MAC (RFC 4253 §6; RFC 5647 §7.2; OpenSSH PROTOCOL 1.5, 1.6).

/// The framing of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suite {
    /// Padding brings the padded part to a multiple of this.
    block: u32,
    /// Bytes of the authentication tag.
    tag: u32,
    /// Whether the four bytes of `packet_length` count in the padded part: true for ciphers with a MAC over the plain
    /// text (RFC 4253 §6), false for AEADs and encrypt-then-MAC.
    length_is_padded: bool,
}

impl Suite {
    /// The framing under two negotiated names; `mac` is not looked at for an AEAD. `None` for names not known here.
    pub fn of(cipher: &str, mac: &str) -> Option<Self> {
        let aead = |block| Some(Self { block, tag: 16, length_is_padded: false });
        match cipher {
            "chacha20-poly1305@openssh.com" | "chacha20-poly1305" => return aead(8),
            "aes128-gcm@openssh.com" | "aes256-gcm@openssh.com" | "aes128-gcm" | "aes256-gcm" => return aead(16),
            "AEAD_AES_128_GCM" | "AEAD_AES_256_GCM" => return aead(16),
            _ => {}
        }
        let etm = mac.ends_with("-etm@openssh.com");
        Some(Self { block: block_of(cipher)?, tag: tag_of(mac)?, length_is_padded: !etm })
    }

    /// The smallest packet with a payload of so many bytes: the padding that the rules ask for and no more.
    pub fn packet(&self, payload: u32) -> u32 {
        let payload = payload.min(LARGEST_PAYLOAD);
        let padded = (self.padded_header() + payload + LEAST_PADDING).next_multiple_of(self.block);
        self.plain_header() + padded + self.tag
    }

    /// The fewest packets that so many bytes can be, up to four; `None` if they end within a packet.
    ///
    /// The part outside the padding makes most suites count for themselves: under chacha20-poly1305 two packets leave
    /// another remainder than one.
    pub fn fewest_packets(&self, bytes: u32) -> Option<u32> {
        (1..=MOST_PACKETS).find(|count| {
            let rest = bytes.checked_sub(count * (self.plain_header() + self.tag));
            rest.is_some_and(|rest| rest % self.block == 0 && rest >= count * self.block)
        })
    }

    fn padded_header(&self) -> u32 {
        if self.length_is_padded { LENGTH_FIELD + PADDING_LENGTH_FIELD } else { PADDING_LENGTH_FIELD }
    }

    fn plain_header(&self) -> u32 {
        if self.length_is_padded { 0 } else { LENGTH_FIELD }
    }
}

/// Packets of one write that are told apart. More come only from a session's bulk data, where nothing depends on it.
const MOST_PACKETS: u32 = 4;

/// Far more than any implementation accepts (OpenSSH: 256 KiB); keeps the sums within range.
const LARGEST_PAYLOAD: u32 = 1 << 30;

/// `uint32 packet_length` (RFC 4253 §6).
const LENGTH_FIELD: u32 = 4;

/// `byte padding_length`.
const PADDING_LENGTH_FIELD: u32 = 1;

/// "There MUST be at least four bytes of padding."
const LEAST_PADDING: u32 = 4;

/// Padding multiple: the cipher's block, at least 8 (RFC 4253 §6), also for stream ciphers.
fn block_of(cipher: &str) -> Option<u32> {
    let sixteen = ["aes", "rijndael", "twofish", "serpent", "camellia", "seed"];
    let eight = ["3des", "blowfish", "cast128", "arcfour", "idea", "des-"];
    if sixteen.iter().any(|name| cipher.starts_with(name)) {
        Some(16)
    } else if eight.iter().any(|name| cipher.starts_with(name)) {
        Some(8)
    } else {
        None
    }
}

fn tag_of(mac: &str) -> Option<u32> {
    Some(match mac.strip_suffix("-etm@openssh.com").unwrap_or(mac) {
        "hmac-sha1" | "hmac-ripemd160" | "hmac-ripemd160@openssh.com" => 20,
        "hmac-sha1-96" | "hmac-md5-96" | "hmac-sha2-256-96" | "hmac-sha2-512-96" => 12,
        "hmac-md5" | "umac-128" | "umac-128@openssh.com" => 16,
        "hmac-sha2-256" | "hmac-sha256-2@ssh.com" => 32,
        "hmac-sha2-512" => 64,
        "umac-64" | "umac-64@openssh.com" => 8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// OpenSSH 9.2 on both sides: SERVICE_ACCEPT (17 bytes of payload) and USERAUTH_SUCCESS (1) as captured.
    #[test]
    fn sizes_as_captured() {
        let cases = [
            ("chacha20-poly1305@openssh.com", "", 44, 28),
            ("aes128-gcm@openssh.com", "", 52, 36),
            ("aes128-ctr", "umac-64-etm@openssh.com", 44, 28),
            ("aes128-ctr", "hmac-sha2-256-etm@openssh.com", 68, 52),
            ("aes256-ctr", "hmac-sha2-256", 64, 48),
            ("aes256-ctr", "hmac-sha2-512", 96, 80),
            ("aes128-ctr", "hmac-sha1", 52, 36),
            ("3des-cbc", "hmac-sha1", 52, 36),
            ("3des-cbc", "hmac-sha2-256", 64, 48),
            ("3des-cbc", "hmac-sha2-256-etm@openssh.com", 60, 44),
            ("3des-cbc", "umac-64-etm@openssh.com", 36, 20),
        ];
        for (cipher, mac, accept, success) in cases {
            let suite = Suite::of(cipher, mac).expect("a known suite");
            assert_eq!((suite.packet(17), suite.packet(1)), (accept, success), "{cipher} {mac}");
        }
    }

    #[test]
    fn two_packets_in_one_segment_are_told_from_one() {
        let chacha = Suite::of("chacha20-poly1305@openssh.com", "").expect("known");
        // dbclient's SERVICE_REQUEST and `none` request together; a banner and a USERAUTH_FAILURE of sshd together.
        assert_eq!((chacha.fewest_packets(104), chacha.fewest_packets(144)), (Some(2), Some(2)));
        assert_eq!((chacha.fewest_packets(316), chacha.fewest_packets(44)), (Some(1), Some(1)));
        // ssh2js hands four bytes of the packet to TCP before the rest.
        assert_eq!(chacha.fewest_packets(4), None);
        assert!(Suite::of("none", "none").is_none() && Suite::of("aes128-ctr", "x").is_none());
    }

    proptest! {
        #[test]
        fn packets_are_recognised(payload: u32, cipher in 0usize..4) {
            let names = [("chacha20-poly1305", ""), ("aes256-gcm", ""), ("aes128-ctr", "hmac-sha1"), ("3des-cbc", "hmac-md5")];
            let suite = Suite::of(names[cipher].0, names[cipher].1).expect("known");
            let payload = payload % 300_000;
            prop_assert_eq!(suite.fewest_packets(suite.packet(payload)), Some(1));
            let _ = suite.packet(u32::MAX);
        }
    }
}
