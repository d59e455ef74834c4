//! The packets held of one connection: the first ones and the last ones.

use super::Room;
use crate::packet::{CapturedPacket, LinkType, PacketId};
use crate::savefile::{Direction, SaveError, Writer};
use crate::time::Timestamp;
use std::collections::VecDeque;

/// A packet with all that is written of it.
#[derive(Debug)]
pub(super) struct Held {
    pub id: PacketId,
    time: Timestamp,
    wire_len: u32,
    /// Number of its interface in the file.
    interface: u32,
    link: LinkType,
    direction: Direction,
    /// A segment, as against an ICMP error or a fragment.
    pub segment: bool,
    data: Box<[u8]>,
}

impl Held {
    /// A copy of a packet, of not more than `most` of its bytes.
    pub fn new(packet: &CapturedPacket<'_>, most: usize, interface: u32, direction: Direction, segment: bool) -> Self {
        Self {
            id: packet.id,
            time: packet.time,
            wire_len: packet.wire_len,
            interface,
            link: packet.link,
            direction,
            segment,
            data: packet.data.get(..most).unwrap_or(packet.data).into(),
        }
    }

    /// Memory that it takes, about.
    pub fn cost(&self) -> usize {
        const ALLOCATION: usize = 16;
        size_of::<Self>() + ALLOCATION + self.data.len()
    }

    fn write(&self, writer: &mut Writer, comment: &str) -> Result<(), SaveError> {
        let packet =
            CapturedPacket { id: self.id, time: self.time, link: self.link, wire_len: self.wire_len, data: &self.data };
        writer.packet(self.interface, &packet, self.direction, comment)
    }
}

/// What is held of one connection.
#[derive(Debug, Default)]
pub struct KeptConnection {
    first: Vec<Held>,
    last: VecDeque<Held>,
    omitted: u64,
    cost: usize,
}

impl KeptConnection {
    /// Bytes of the next packet that are wanted.
    pub(super) fn wanted(&self, room: &Room) -> usize {
        if self.first.len() < room.whole { usize::MAX } else { room.cut }
    }

    /// Takes a packet; the oldest of the last ones makes room for it.
    pub(super) fn add(&mut self, held: Held, room: &Room) {
        self.cost += held.cost();
        if self.first.len() < room.first && self.last.is_empty() {
            self.first.push(held);
            return;
        }
        self.last.push_back(held);
        if self.last.len() > room.last
            && let Some(oldest) = self.last.pop_front()
        {
            self.cost = self.cost.saturating_sub(oldest.cost());
            self.omitted += 1;
        }
    }

    /// Gives up most of what is between the key exchange and the end. The same once more changes nothing.
    pub(super) fn shrink(&mut self, room: &Room) {
        let mut rest: VecDeque<Held> = self.first.drain(room.whole.min(self.first.len())..).collect();
        rest.append(&mut self.last);
        let given_up = rest.len().saturating_sub(room.last / 4);
        let cost: usize = rest.drain(..given_up).map(|held| held.cost()).sum();
        self.cost = self.cost.saturating_sub(cost);
        self.omitted += given_up as u64;
        self.first.shrink_to_fit();
        rest.shrink_to_fit();
        self.last = rest;
    }

    /// Splits off what came after this packet: a new connection on the same ports. ICMP errors about the old one may have come later.
    pub(super) fn split_after(&mut self, last: PacketId, room: &Room) -> Option<Self> {
        let behind = |held: &Held| held.segment && held.id > last;
        let next = self.first.iter().chain(&self.last).filter(|held| behind(held)).map(|held| held.id).min()?;
        let mut after = Self::default();
        let all = std::mem::take(&mut self.first).into_iter().chain(std::mem::take(&mut self.last));
        let omitted = std::mem::take(&mut self.omitted);
        self.cost = 0;
        for held in all {
            if held.id < next { self.add(held, room) } else { after.add(held, room) }
        }
        self.omitted += omitted;
        Some(after)
    }

    /// Memory that the packets take, about.
    pub(super) fn cost(&self) -> usize {
        self.cost
    }

    /// Packets that are held.
    pub fn packets(&self) -> usize {
        self.first.len() + self.last.len()
    }

    /// Packets between the first and the last ones that are not held.
    pub fn omitted(&self) -> u64 {
        self.omitted
    }

    /// Writes all packets in their order, the comment beside the first one. In a ring they stand in one file, if they fit into one.
    ///
    /// # Errors
    /// When writing fails.
    pub fn write(mut self, writer: &mut Writer, comment: &str) -> Result<(), SaveError> {
        let omitted = match self.omitted {
            0 => String::new(),
            omitted => format!(" ({omitted} packets between the first and the last {} not kept)", self.last.len()),
        };
        let comment = format!("{comment}{omitted}");
        writer.make_room(self.cost + comment.len())?;
        let mut all = std::mem::take(&mut self.first);
        all.extend(std::mem::take(&mut self.last));
        // Fragments were held back until they were complete.
        all.sort_by_key(|held| held.id);
        for (index, held) in all.iter().enumerate() {
            held.write(writer, if index == 0 { &comment } else { "" })?;
        }
        Ok(())
    }
}
