//! Receive offload: what a network card and its driver make of segments that follow each other at once.

use crate::headers::{be32, ends, finish, tcp};
use crate::packets::Packet;

/// Longest datagram that is joined from segments: receive offload of Linux (`GRO_MAX_SIZE`) ends at 64 KiB.
const JOINED: usize = 65_000;
/// Segments that come within this time are joined.
const TOGETHER: i64 = 1_000_000;

/// Segments of one side that follow each other at once, joined as a network card hands them on (GRO).
pub fn join(packets: &[Packet]) -> Vec<Packet> {
    let mut joined: Vec<Packet> = Vec::new();
    for packet in packets {
        match joined.last().and_then(|last| join_two(last, packet)) {
            Some(both) => {
                joined.pop();
                joined.push(both);
            }
            None => joined.push(packet.clone()),
        }
    }
    joined
}

fn join_two(first: &Packet, second: &Packet) -> Option<Packet> {
    const FIN_SYN_RST: u8 = 0b111;
    const SYN_RST: u8 = 0b110;
    let whole =
        |packet: &Packet| tcp(packet).filter(|s| !s.ip.fragmented && s.end <= packet.data.len() && s.payload < s.end);
    let (a, b) = (whole(first)?, whole(second)?);
    let (head, next) = (&first.data, &second.data);
    let (flags, more) = (head[a.header + 13], next[b.header + 13]);
    let length = u32::try_from(a.end - a.payload).ok()?;
    let follows = ends(head, &a.ip, a.header)? == ends(next, &b.ip, b.header)?
        && be32(head, a.header + 4)?.wrapping_add(length) == be32(next, b.header + 4)?
        && be32(head, a.header + 8)? == be32(next, b.header + 8)?;
    let soon = (0..TOGETHER).contains(&(second.time - first.time).0);
    let fits = a.end - a.ip.ip + b.end - b.payload <= JOINED;
    if !follows || !soon || !fits || flags & FIN_SYN_RST != 0 || more & SYN_RST != 0 {
        return None;
    }
    let mut data = [&head[..a.end], &next[b.payload..b.end]].concat();
    data[a.header + 13] |= more;
    finish(&mut data, &a.ip, a.header);
    Some(Packet::whole(first.time, first.link, data))
}
