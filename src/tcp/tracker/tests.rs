use super::*;
use crate::packet::{Flags, TcpOptions};
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

/// A packet with its number in the capture, its time in seconds and its sequence numbers.
fn packet((number, seconds): (u64, i64), from_client: bool, flags: u8, (seq, ack): (u32, u32)) -> Segment<'static> {
    let (packet, time) = (PacketId::new(0, number), Timestamp(0) + Span::from_secs(seconds));
    Segment { packet, time, seq, ack, options: TcpOptions::default(), ..segment(1, from_client, flags, 0) }
}

/// A handshake whose packets have these times, then the server's RST.
fn with_times(times: [i64; 4]) -> FinishedConnection<Begun> {
    let mut tracker = Tracker::<Begun>::new(Watch::ports(&[22]));
    tracker.push(&packet((0, times[0]), true, Flags::SYN, (9, 0)));
    tracker.push(&packet((1, times[1]), false, Flags::SYN | Flags::ACK, (99, 10)));
    tracker.push(&packet((2, times[2]), true, Flags::ACK, (10, 100)));
    tracker.push(&packet((3, times[3]), false, Flags::RST, (100, 0)));
    tracker.finish(Timestamp(0) + Span::from_secs(times[3]));
    tracker.poll().expect("one connection")
}

#[test]
fn a_clock_that_is_set_back_does_not_change_the_order() {
    for times in [[50, 50, 50, 50], [50, 51, 1, 2], [50, 1, 1, 2], [50, 51, 52, 1]] {
        let connection = with_times(times);
        let order: Vec<_> = connection.segments.iter().map(|fact| fact.packet.number()).collect();
        assert_eq!((order, connection.history.as_str()), (vec![0, 1, 2, 3], "SChcAWr"), "{times:?}");
        assert!(connection.segments.iter().all(|fact| fact.time >= Timestamp(0) + Span::from_secs(50)), "{times:?}");
        assert!(connection.observed_until >= connection.last.1, "{times:?}");
    }
}

#[test]
fn packets_that_are_merely_not_in_order_are_sorted_by_time() {
    let mut tracker = Tracker::<Begun>::new(Watch::ports(&[22]));
    // One direction first, as where two captures were put one behind the other.
    tracker.push(&packet((1, 10), true, Flags::SYN, (9, 0)));
    tracker.push(&packet((2, 12), true, Flags::ACK, (10, 100)));
    tracker.push(&packet((3, 30), true, Flags::RST | Flags::ACK, (10, 100)));
    tracker.push(&packet((4, 11), false, Flags::SYN | Flags::ACK, (99, 10)));
    tracker.finish(Timestamp(0) + Span::from_secs(30));
    assert_eq!(tracker.stats().clock_steps, 0);
    let connection = tracker.poll().expect("one connection");
    let order: Vec<_> = connection.segments.iter().map(|fact| fact.packet.number()).collect();
    assert_eq!(order, [1, 4, 2, 3]);
}
