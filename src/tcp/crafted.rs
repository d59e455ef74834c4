//! Segments made for tests, and a reader that listens to nothing.

use super::stream::{Piece, Reader};
use crate::packet::{Checksum, Endpoint, Flags, IpFacts, PacketId, Segment, TcpOptions};
use crate::time::Timestamp;
use std::net::{IpAddr, Ipv4Addr};

/// Knows whether, and how, its stream began.
#[derive(Debug, Clone, Default)]
pub(super) struct Begun(pub Option<bool>);

impl Reader for Begun {
    fn begin(&mut self, anchored: bool) {
        self.0 = Some(anchored);
    }
    fn take(&mut self, _: Piece<'_>) {}
    fn wants_bytes(&self) -> bool {
        true
    }
    fn memory(&self) -> usize {
        0
    }
}

/// An endpoint with this IPv4 address.
pub(super) fn end(address: u32, port: u16) -> Endpoint {
    Endpoint { address: IpAddr::V4(Ipv4Addr::from_bits(address)), port }
}

/// A segment without payload from a client to its server.
pub(super) fn segment(flags: u8) -> Segment<'static> {
    Segment {
        packet: PacketId::new(0, 7),
        time: Timestamp(1_000_000_007),
        source: end(0xc000_0201, 40_000),
        destination: end(0xc000_0202, 22),
        ip: IpFacts {
            version: 4,
            ttl: 61,
            tos: 8,
            id: Some(9),
            dont_fragment: true,
            fragmented: false,
            options: false,
        },
        seq: 0xffff_fff0,
        ack: 0,
        flags: Flags(flags),
        window: 0,
        options: TcpOptions { mss: Some(1_460), timestamps: Some((5, 0)), length: 20, ..TcpOptions::default() },
        payload: &[],
        payload_len: 0,
        checksum: Checksum::Invalid,
        source_mac: 3,
        tunneled: true,
    }
}
