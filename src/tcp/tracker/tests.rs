use super::*;
use crate::packet::{Checksum, Flags, IpFacts, TcpOptions};
use crate::tcp::Piece;
use std::net::{IpAddr, Ipv4Addr};

#[derive(Clone, Default)]
struct Deaf;

impl Reader for Deaf {
    fn begin(&mut self, _: bool) {}
    fn take(&mut self, _: Piece<'_>) {}
    fn wants_bytes(&self) -> bool {
        false
    }
    fn memory(&self) -> usize {
        0
    }
}

/// A segment between a client with this number and the server.
fn segment(client: u32, from_client: bool, flags: u8, time: i64) -> Segment<'static> {
    let end = |bits, port| Endpoint { address: IpAddr::V4(Ipv4Addr::from_bits(bits)), port };
    let (client, server) = (end(0x0a00_0000 + client, 40_000), end(0xc000_0201, 22));
    let (source, destination) = if from_client { (client, server) } else { (server, client) };
    Segment {
        packet: PacketId::new(0, 1 + time.unsigned_abs()),
        time: Timestamp(time),
        source,
        destination,
        ip: IpFacts {
            version: 4,
            ttl: 64,
            tos: 0,
            id: Some(1),
            dont_fragment: true,
            options: false,
            fragmented: false,
        },
        seq: if flags & Flags::SYN != 0 { 1_000 } else { 1_001 },
        ack: if flags & Flags::ACK != 0 { 1_001 } else { 0 },
        flags: Flags(flags),
        window: 64_240,
        options: TcpOptions::default(),
        payload: &[],
        payload_len: 0,
        checksum: Checksum::Valid,
        source_mac: 1,
        tunneled: false,
    }
}

#[test]
fn what_comes_of_a_closed_connection_that_made_room_is_no_other_connection() {
    const CONNECTIONS: u32 = 9_000;
    let mut tracker = Tracker::<Deaf>::new(Watch::ports(&[22]));
    let mut time = 0..;
    let mut next = || time.next().unwrap_or_default();
    for client in 0..CONNECTIONS {
        tracker.push(&segment(client, true, Flags::SYN, next()));
        tracker.push(&segment(client, false, Flags::SYN | Flags::ACK, next()));
        tracker.push(&segment(client, true, Flags::RST, next()));
    }
    assert!(tracker.has_over(), "memory is short");
    tracker.push(&segment(0, false, Flags::RST | Flags::ACK, next()));
    tracker.finish(Timestamp(next()));
    let over = std::iter::from_fn(|| tracker.next_over()).count();
    assert_eq!(over, CONNECTIONS as usize);
}
