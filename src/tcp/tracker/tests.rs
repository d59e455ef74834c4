use super::*;
use crate::packet::Flags;
use crate::tcp::crafted::{self, Begun, end};

/// A segment between a client with this number and the server.
fn segment(client: u32, from_client: bool, flags: u8, time: i64) -> Segment<'static> {
    let (client, server) = (end(0x0a00_0000 + client, 40_000), end(0xc000_0201, 22));
    let (source, destination) = if from_client { (client, server) } else { (server, client) };
    let (packet, time) = (PacketId::new(0, 1 + time.unsigned_abs()), Timestamp(time));
    let ack = if flags & Flags::ACK != 0 { 0xffff_fff1 } else { 0 };
    Segment { packet, time, source, destination, ack, ..crafted::segment(flags) }
}

#[test]
fn what_comes_of_a_closed_connection_that_made_room_is_no_other_connection() {
    const CONNECTIONS: u32 = 9_000;
    let mut tracker = Tracker::<Begun>::new(Watch::ports(&[22]));
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
