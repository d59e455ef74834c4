//! Linux: a packet socket with a ring that the kernel fills (TPACKET_V3, `packet(7)` and the kernel's `packet_mmap`).
//!
//! Needs no library, and CAP_NET_RAW while it is opened. All `unsafe` code of the project is in `sys` and `ring`: system calls
//! and the memory shared with the kernel. This file decides what the packets are.

#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

mod ring;
mod sys;

#[cfg(feature = "libpcap")]
pub use sys::lock_filter;

use super::{ANY, Arrival, Direction, LiveError, Outage, PacketSource, Statistics, Wanted};
use crate::packet::{CapturedPacket, LinkType, PacketId};
use crate::time::Timestamp;
use ring::{Frame, Ring};
use std::io::PipeReader;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};
use sys::{Mode, Socket};

/// How often a missing interface is looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// ARPHRD_ values (`linux/if_arp.h`).
mod hardware {
    pub const ETHERNET: u16 = 1;
    pub const LOOPBACK: u16 = 772;
    pub const RAW_IP: u16 = 519;
    pub const NONE: u16 = 65_534;
}

/// A capture by AF_PACKET.
pub struct AfPacket {
    socket: Socket,
    ring: Ring,
    wanted: Wanted,
    link: LinkType,
    number: u64,
    statistics: Statistics,
    outage: Option<Outage>,
    looked: Instant,
    woken_by: Option<PipeReader>,
    /// A packet put together here: the header of Linux cooked, or a VLAN tag that the card had taken off.
    made: Vec<u8>,
}

impl AfPacket {
    /// Opens an interface. The order matters: nothing is let through before the filter stands.
    ///
    /// # Errors
    /// When there is no such interface, it is not allowed, or the kernel refuses the buffer.
    pub fn open(wanted: Wanted) -> Result<Self, LiveError> {
        let any = wanted.interface == ANY;
        let (mode, link) = if any { (Mode::Cooked, LinkType::LinuxSll2) } else { link_of(&wanted.interface)? };
        let socket = Socket::open(mode)?;
        socket.use_version_3()?;
        socket.attach(&wanted.filter.program(link))?;
        let ring = Ring::map(&socket, wanted.buffer)?;
        let index = if any { 0 } else { index_of(&socket, &wanted.interface)? };
        socket.bind(index)?;
        let mut source = Self {
            socket,
            ring,
            wanted,
            link,
            number: 0,
            statistics: Statistics::default(),
            outage: None,
            looked: Instant::now(),
            woken_by: None,
            made: Vec::new(),
        };
        source.listen_to_all(index)?;
        // Down from the start is no error: it may come up.
        Ok(source)
    }

    /// Promiscuous mode ends by itself when the socket is closed.
    fn listen_to_all(&mut self, index: i32) -> Result<(), LiveError> {
        if self.wanted.promiscuous && index != 0 { self.socket.promiscuous(index) } else { Ok(()) }
    }

    /// The socket reports an error once when its interface goes down or away.
    fn outage(&mut self) -> Option<Outage> {
        if self.wanted.interface == ANY {
            return None;
        }
        outage(&self.socket, &self.wanted.interface)
    }

    /// Looks whether a missing interface is back; one that was made anew has another index and must be bound again.
    fn look_again(&mut self, before: Outage) -> Option<Arrival<'static>> {
        self.looked = Instant::now();
        let now = self.outage();
        if now == Some(before) {
            return None;
        }
        if before == Outage::Gone {
            let name = self.wanted.interface.clone();
            match self.socket.hardware(&name).map(link_of_hardware) {
                Ok((_, link)) if link != self.link => {
                    return Some(Arrival::End(format!("{name} came back with another link type")));
                }
                Ok(_) => {}
                Err(_) => return None,
            }
            let index = self.socket.index(&name).ok()?;
            if self.socket.bind(index).and_then(|()| self.listen_to_all(index)).is_err() {
                return None;
            }
        }
        self.outage = now;
        Some(now.map_or(Arrival::Up, Arrival::Down))
    }

    fn wait(&mut self, wait: Duration) -> Option<Arrival<'static>> {
        if let Some(before) = self.outage {
            let wait = wait.min(LOOK_AGAIN);
            self.socket.wait(wait, self.woken_by.as_ref());
            return if self.looked.elapsed() >= LOOK_AGAIN { self.look_again(before) } else { None };
        }
        if self.socket.wait(wait, self.woken_by.as_ref()) {
            self.outage = self.outage();
            self.looked = Instant::now();
            return self.outage.map(Arrival::Down);
        }
        None
    }
}

impl PacketSource for AfPacket {
    fn next(&mut self, wait: Duration) -> Arrival<'_> {
        if !self.ring.has_frame()
            && let Some(news) = self.wait(wait)
        {
            return news;
        }
        let Some(frame) = self.ring.take() else { return Arrival::Idle };
        self.number += 1;
        let direction = match frame.packet_type {
            sys::OUTGOING => Direction::Outbound,
            _ => Direction::Inbound,
        };
        let (data, added) = whole(&frame, self.link, &mut self.made);
        let packet = CapturedPacket {
            id: PacketId::new(0, self.number),
            time: Timestamp::from_parts(i64::from(frame.seconds), i64::from(frame.nanoseconds)),
            link: self.link,
            wire_len: frame.wire_len.saturating_add(added),
            data,
        };
        Arrival::Packet(packet, Some(direction))
    }

    fn woken_by(&mut self, pipe: PipeReader) {
        self.woken_by = Some(pipe);
    }

    fn statistics(&mut self) -> Statistics {
        // The kernel counts from the last question on.
        if let Ok((passed, dropped)) = self.socket.statistics() {
            self.statistics.passed += u64::from(passed);
            self.statistics.dropped += u64::from(dropped);
        }
        self.statistics
    }

    fn link_type(&self) -> LinkType {
        self.link
    }

    fn packet_sockets(&self) -> Vec<RawFd> {
        vec![self.socket.descriptor()]
    }

    fn may_return(&self) -> bool {
        true
    }

    fn description(&self) -> String {
        format!("AF_PACKET, ring of {} MiB", self.ring.bytes() >> 20)
    }
}

/// The states of interfaces, asked of a socket that receives nothing.
#[cfg(feature = "libpcap")]
pub struct States(Socket);

#[cfg(feature = "libpcap")]
impl States {
    /// Opens it; needs CAP_NET_RAW at this moment alone.
    ///
    /// # Errors
    /// When it is not allowed.
    pub fn open() -> Result<Self, LiveError> {
        Socket::open(Mode::Raw).map(Self)
    }

    /// Its descriptor.
    pub fn descriptor(&self) -> RawFd {
        self.0.descriptor()
    }

    /// Whether an interface is down or away.
    pub fn outage(&self, interface: &str) -> Option<Outage> {
        outage(&self.0, interface)
    }
}

fn outage(socket: &Socket, interface: &str) -> Option<Outage> {
    match socket.index(interface) {
        Ok(_) if socket.is_up(interface) => None,
        Ok(_) => Some(Outage::Down),
        Err(_) => Some(Outage::Gone),
    }
}

/// Whether a packet socket can be opened.
///
/// # Errors
/// When not.
pub fn may_capture() -> Result<(), LiveError> {
    Socket::open(Mode::Raw).map(|_| ())
}

/// Link type of the packets of an interface; none if there is no such interface.
pub fn link_type(interface: &str) -> Option<LinkType> {
    link_of(interface).ok().map(|(_, link)| link)
}

/// How an interface's packets are taken: with their link header where it is one that is understood, else cooked.
fn link_of(name: &str) -> Result<(Mode, LinkType), LiveError> {
    sys::hardware(name).map(link_of_hardware)
}

fn link_of_hardware(hardware: u16) -> (Mode, LinkType) {
    match hardware {
        hardware::ETHERNET | hardware::LOOPBACK => (Mode::Raw, LinkType::Ethernet),
        hardware::NONE | hardware::RAW_IP => (Mode::Raw, LinkType::Raw),
        _ => (Mode::Cooked, LinkType::LinuxSll2),
    }
}

fn index_of(socket: &Socket, name: &str) -> Result<i32, LiveError> {
    socket.index(name).map_err(|_| LiveError::NoSuchInterface { name: name.to_owned() })
}

/// The packet as a file would hold it, and how many bytes were added to what was on the wire.
fn whole<'a>(frame: &Frame<'a>, link: LinkType, made: &'a mut Vec<u8>) -> (&'a [u8], u32) {
    let tag = frame.vlan.map(|(tpid, tci)| (tpid.to_be_bytes(), tci.to_be_bytes()));
    made.clear();
    match (link, tag) {
        (LinkType::LinuxSll2, tag) => {
            // LINKTYPE_LINUX_SLL2: protocol, reserved (2), interface (4), ARPHRD_ type, packet type, address length, address (8).
            let protocol = tag.map_or(frame.protocol.to_be_bytes(), |(tpid, _)| tpid);
            made.extend_from_slice(&protocol);
            made.extend_from_slice(&[0, 0]);
            made.extend_from_slice(&frame.interface.to_be_bytes());
            made.extend_from_slice(&frame.hardware.to_be_bytes());
            made.extend_from_slice(&[frame.packet_type, frame.address_len]);
            made.extend_from_slice(&frame.address);
            if let Some((_, tci)) = tag {
                made.extend_from_slice(&tci);
                let next = if begins_with_tag(frame) { INNER_TAG } else { frame.protocol };
                made.extend_from_slice(&next.to_be_bytes());
            }
            let added = u32::try_from(made.len()).unwrap_or(0);
            made.extend_from_slice(frame.data);
            (made, added)
        }
        (LinkType::Ethernet, Some((tpid, tci))) if frame.data.len() >= 12 => {
            let (addresses, rest) = frame.data.split_at(12);
            made.extend_from_slice(addresses);
            made.extend_from_slice(&tpid);
            made.extend_from_slice(&tci);
            made.extend_from_slice(rest);
            (made, 4)
        }
        _ => (frame.data, 0),
    }
}

/// EtherType of a VLAN tag (IEEE 802.1Q).
const INNER_TAG: u16 = 0x8100;

/// Whether cooked data begins with a second VLAN tag. Kernels since 6.10 name the protocol behind all tags although they take off
/// only the outermost (`vlan_get_protocol_dgram`), so that the data alone tells.
fn begins_with_tag(frame: &Frame<'_>) -> bool {
    let version = match frame.protocol {
        0x0800 => 4,
        0x86dd => 6,
        _ => return false,
    };
    match frame.data {
        [first, _, high, low, ..] => first >> 4 != version && u16::from_be_bytes([*high, *low]) == frame.protocol,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(data: &[u8], vlan: Option<(u16, u16)>) -> Frame<'_> {
        Frame {
            seconds: 1,
            nanoseconds: 2,
            wire_len: 60,
            vlan,
            protocol: 0x0800,
            interface: 3,
            hardware: 1,
            packet_type: 4,
            address_len: 6,
            address: [2, 0, 0, 0, 0, 1, 0, 0],
            data,
        }
    }

    #[test]
    fn a_tag_that_the_card_took_off_is_put_back() {
        let data: Vec<u8> = (0..20).collect();
        let mut made = Vec::new();
        let (packet, added) = whole(&frame(&data, Some((0x88a8, 5))), LinkType::Ethernet, &mut made);
        assert_eq!(
            (packet[..12].to_vec(), &packet[12..16], &packet[16..]),
            (data[..12].to_vec(), &[0x88, 0xa8, 0, 5][..], &data[12..])
        );
        assert_eq!(added, 4);
        let untagged = frame(&data, None);
        assert_eq!(whole(&untagged, LinkType::Ethernet, &mut Vec::new()), (&data[..], 0));
    }

    #[test]
    fn cooked_packets_get_their_header() {
        let data = [0x45, 0, 0, 20];
        let mut made = Vec::new();
        let (packet, added) = whole(&frame(&data, None), LinkType::LinuxSll2, &mut made);
        let header = [8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0];
        assert_eq!((packet, added), (&[&header[..], &data].concat()[..], 20));
        let mut made = Vec::new();
        let tagged = frame(&data, Some((0x8100, 7)));
        let (packet, _) = whole(&tagged, LinkType::LinuxSll2, &mut made);
        assert_eq!((&packet[..2], &packet[20..24]), (&[0x81, 0][..], &[0, 7, 8, 0][..]));
        let inner = [&[0, 7, 8, 0][..], &data].concat();
        let twice = frame(&inner, Some((0x88a8, 9)));
        let mut made = Vec::new();
        assert_eq!(whole(&twice, LinkType::LinuxSll2, &mut made).0[20..28], [0, 9, 0x81, 0, 0, 7, 8, 0]);
    }
}
