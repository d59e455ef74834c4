//! A word for what a packet carries, for captures in which no SSH is found.

use super::descent::{Found, Trail, descend};
use super::{CapturedPacket, Decoder, Octets, link, tcp};

impl Decoder {
    /// What a packet is in a word, `TCP port 443` (the lower of its ports), `ICMP`, `no TCP`; none where it cannot be read.
    pub fn kind(packet: &CapturedPacket<'_>) -> Option<String> {
        let (mut octets, mut trail) = (Octets::of(packet), Trail::default());
        let first = link::record(packet.link, &mut octets, &mut trail);
        match descend(first, &mut octets, &mut trail) {
            Found::Tcp => tcp::ports(octets).map(|(a, b)| format!("TCP port {}", a.min(b))),
            Found::Icmp => Some("ICMP".into()),
            Found::Fragment(_) => Some("IP fragments".into()),
            Found::Other => Some("no TCP".into()),
            Found::Broken(..) => None,
        }
    }
}
