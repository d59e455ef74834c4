//! A word for what a packet carries, for captures in which no SSH is found.

use super::descent::{Below, Found, Trail, descend};
use super::{CapturedPacket, Decoder, Octets, tcp};

impl Decoder {
    /// What a packet is in a word, `TCP port 443` (the lower of its ports), `ICMP`, `no TCP`; none where it cannot be read.
    pub fn kind(packet: &CapturedPacket<'_>) -> Option<String> {
        let mut trail = Trail::default();
        match descend(Below::Link(packet.link), Octets::of(packet), &mut trail) {
            Found::Tcp(octets) => tcp::ports(octets).map(|(a, b)| format!("TCP port {}", a.min(b))),
            Found::Icmp(_) => Some("ICMP".into()),
            Found::Fragment(_) => Some("IP fragments".into()),
            Found::Other => Some("no TCP".into()),
            Found::Broken(..) => None,
        }
    }
}
