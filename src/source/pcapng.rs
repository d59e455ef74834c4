//! pcapng (draft-ietf-opsawg-pcapng): sections of blocks; packets in four kinds of blocks, the rest is read over.

use super::description::{CaptureDescription, Format};
use super::interface::{Interface, Options};
use super::order::Order;
use super::resync::{Found, Resync, Verdict};
use super::window::{Glance, Supply, Window};
use super::{Record, Step};
use crate::limits;
use crate::packet::LinkType;
use crate::time::Timestamp;

/// Block types (§4, §11.1).
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const JOURNAL: u32 = 9;
const SYSDIG_EVENT: u32 = 0x0204;
const SYSDIG_EVENT_V2: u32 = 0x0216;
const SYSDIG_EVENT_LARGE: u32 = 0x0221;
const CUSTOM: u32 = 0x0bad;
const CUSTOM_NO_COPY: u32 = 0x4000_0bad;

/// Bytes of a section header block that are looked at: type, length, byte order, version.
pub(super) const SECTION_START: usize = 16;
const LARGEST: u32 = limits::BLOCK_BYTES as u32;

/// All blocks that [`PcapNg::look`] wants to see must fit into the window.
const _: () = assert!(limits::RESYNC_RECORDS * limits::BLOCK_BYTES <= limits::READ_WINDOW);

/// The state of reading a pcapng file.
#[derive(Debug)]
pub(super) struct PcapNg {
    order: Order,
    /// Interfaces of this section, at most [`limits::INTERFACES`].
    interfaces: Vec<Interface>,
    interfaces_omitted: u64,
    /// Packets of interfaces that this section does not describe were reported.
    unknown_reported: bool,
    /// Packets without time stamps were reported.
    untimed_reported: bool,
    /// Time of the last packet.
    last: Timestamp,
    drops: Drops,
    /// A block too large for the window, of which the trailing length is still to come: where it began, its length.
    large: Option<(u64, u32)>,
    resync: Option<Resync>,
}

/// Losses as the file tells them: in statistics (running totals) and beside packets.
#[derive(Debug, Default)]
struct Drops {
    statistics: Option<u64>,
    beside_packets: Option<u64>,
}

/// What became of a block.
enum Outcome {
    Packet(Record),
    /// Read or skipped.
    Passed,
    /// Its type and length cannot be true; what is wrong.
    Damaged(String),
    Idle,
    /// The input ends inside it; how long it says it is.
    Cut(u32),
}

impl PcapNg {
    /// The window stands at a section header block.
    pub fn new(description: &mut CaptureDescription) -> Self {
        description.format = Format::PcapNg;
        Self {
            order: Order::Little,
            interfaces: Vec::new(),
            interfaces_omitted: 0,
            unknown_reported: false,
            untimed_reported: false,
            last: Timestamp::default(),
            drops: Drops::default(),
            large: None,
            resync: None,
        }
    }

    /// The next packet.
    #[inline]
    pub fn step(&mut self, window: &mut Window, description: &mut CaptureDescription) -> Step {
        loop {
            if (self.resync.is_some() || self.large.is_some())
                && let Some(step) = self.resume(window, description)
            {
                return step;
            }
            match window.need(12) {
                Supply::Ready => {}
                Supply::Idle => return Step::Idle,
                Supply::Short => match self.end("the head of a block", window, description) {
                    Some(step) => return step,
                    None => continue,
                },
            }
            match self.block(window, description) {
                Outcome::Packet(record) => return Step::Packet(record),
                Outcome::Passed => {}
                Outcome::Damaged(what) => self.resync = Some(Resync::start(window, what)),
                Outcome::Idle => return Step::Idle,
                Outcome::Cut(length) => {
                    if let Some(step) = self.end(&format!("a block of {length} bytes"), window, description) {
                        return step;
                    }
                }
            }
        }
    }

    /// One block, of which 12 bytes are there.
    #[inline]
    fn block(&mut self, window: &mut Window, description: &mut CaptureDescription) -> Outcome {
        let head = window.bytes();
        let kind = self.order.u32(head, 0);
        let order = if kind == SECTION_HEADER { section_order(head) } else { Some(self.order) };
        let Some(order) = order else {
            return Outcome::Damaged("a section header without a byte order".to_owned());
        };
        let length = order.u32(head, 4);
        if length < shortest(kind) || length % 4 != 0 {
            return Outcome::Damaged(format!("a block of type {kind:#x} that says its length is {length} bytes"));
        }
        if length > LARGEST {
            return self.large_block(kind, order, length, window, description);
        }
        let length = length as usize;
        match window.need(length) {
            Supply::Ready => {}
            Supply::Idle => return Outcome::Idle,
            Supply::Short => return Outcome::Cut(u32::try_from(length).unwrap_or(u32::MAX)),
        }
        let trailing = order.u32(window.bytes(), length - 4);
        if trailing as usize != length {
            return Outcome::Damaged(format!(
                "a block of type {kind:#x} that says at its start {length} and at its end {trailing} bytes"
            ));
        }
        self.order = order;
        let outcome = if kind == ENHANCED_PACKET {
            self.enhanced_packet(length, window, description)
        } else {
            self.other_block(kind, length, window, description)
        };
        window.consume(length);
        outcome
    }

    /// §4.3
    #[inline]
    fn enhanced_packet(&mut self, length: usize, window: &Window, description: &mut CaptureDescription) -> Outcome {
        let order = self.order;
        let block = &window.bytes()[..length];
        let captured = order.u32(block, 20) as usize;
        if captured > length - 32 || captured > limits::PACKET_BYTES {
            return misfit(captured, window, description);
        }
        let options = 28 + captured.next_multiple_of(4);
        if options + 8 < length {
            for (code, value) in Options::new(order, &block[options..length - 4]) {
                // epb_dropcount
                if code == 4 && value.len() >= 8 {
                    self.drops.beside(order.u64(value, 0), description);
                }
            }
        }
        let interface = self.interface(order.u32(block, 8), window, description);
        let time = interface.time(order.u32(block, 12), order.u32(block, 16));
        self.packet(window.position() + 28, captured, order.u32(block, 24), time, interface.link)
    }

    #[inline]
    fn packet(&mut self, start: usize, captured: usize, wire: u32, time: Timestamp, link: LinkType) -> Outcome {
        self.last = time;
        #[allow(clippy::cast_possible_truncation, reason = "callers have checked it against PACKET_BYTES")]
        let wire_len = wire.max(captured as u32);
        Outcome::Packet(Record { start, length: captured, wire_len, time, link })
    }

    #[cold]
    fn other_block(
        &mut self,
        kind: u32,
        length: usize,
        window: &Window,
        description: &mut CaptureDescription,
    ) -> Outcome {
        let body = &window.bytes()[8..length - 4];
        match kind {
            SECTION_HEADER => self.section(body, window.offset(), description),
            INTERFACE_DESCRIPTION => self.describe_interface(body, window.offset(), description),
            INTERFACE_STATISTICS => self.statistics(body, description),
            SIMPLE_PACKET => return self.simple_packet(length, window, description),
            OBSOLETE_PACKET => return self.obsolete_packet(length, window, description),
            // Wireshark numbers these like packets (seen with tshark 4.0.17); they count, so that numbers stay equal.
            JOURNAL | CUSTOM | CUSTOM_NO_COPY | SYSDIG_EVENT | SYSDIG_EVENT_V2 | SYSDIG_EVENT_LARGE => {
                return Outcome::Packet(Record::NUMBER_ONLY);
            }
            _ => {}
        }
        Outcome::Passed
    }

    /// §4.1; a new section knows no interfaces.
    fn section(&mut self, body: &[u8], offset: u64, description: &mut CaptureDescription) {
        let (major, minor) = (self.order.u16(body, 4), self.order.u16(body, 6));
        // Some writers used 1.2 for what is 1.0.
        if major != 1 || !(minor == 0 || minor == 2) {
            description.warn(offset, format!("pcapng version {major}.{minor} is unknown, read as 1.0"));
        }
        self.interfaces.clear();
        self.interfaces_omitted = 0;
        self.unknown_reported = false;
    }

    /// §4.2
    fn describe_interface(&mut self, body: &[u8], offset: u64, description: &mut CaptureDescription) {
        if self.interfaces.len() >= limits::INTERFACES {
            if self.interfaces_omitted == 0 {
                let most = limits::INTERFACES;
                description
                    .warn(offset, format!("more than {most} interfaces; packets of further ones are not decoded"));
            }
            self.interfaces_omitted += 1;
            return;
        }
        let interface = Interface::parse(self.order, body);
        description.note_link(interface.link);
        description.note_snaplen(interface.snaplen);
        self.interfaces.push(interface);
    }

    /// §4.6: isb_ifdrop (5) and isb_osdrop (7) are totals since the capture began.
    fn statistics(&mut self, body: &[u8], description: &mut CaptureDescription) {
        let mut drops: Option<u64> = None;
        for (code, value) in Options::new(self.order, body.get(12..).unwrap_or_default()) {
            if matches!(code, 5 | 7) && value.len() >= 8 {
                drops = Some(drops.unwrap_or(0).saturating_add(self.order.u64(value, 0)));
            }
        }
        let interface = usize::try_from(self.order.u32(body, 0)).ok().and_then(|id| self.interfaces.get_mut(id));
        if let (Some(drops), Some(interface)) = (drops, interface) {
            let before = std::mem::replace(&mut interface.drops, drops);
            let others = self.drops.statistics.unwrap_or(0).saturating_sub(before);
            self.drops.statistics = Some(others.saturating_add(drops));
            description.capture_drops = self.drops.total();
        }
    }

    /// §4.4: no interface, no time, no captured length of its own.
    fn simple_packet(&mut self, length: usize, window: &Window, description: &mut CaptureDescription) -> Outcome {
        let wire = self.order.u32(window.bytes(), 8);
        let interface = self.interface(0, window, description);
        let limit = if interface.snaplen == 0 { u32::MAX } else { interface.snaplen };
        let captured = (wire.min(limit) as usize).min(length - 16);
        if captured > limits::PACKET_BYTES {
            return misfit(captured, window, description);
        }
        if !std::mem::replace(&mut self.untimed_reported, true) {
            let text = "packets without time stamps (simple packet blocks): each gets the time of the packet before it";
            description.warn(window.offset(), text.to_owned());
        }
        self.packet(window.position() + 12, captured, wire, self.last, interface.link)
    }

    /// Appendix A of the draft; written by programs before 2009.
    fn obsolete_packet(&mut self, length: usize, window: &Window, description: &mut CaptureDescription) -> Outcome {
        let order = self.order;
        let block = &window.bytes()[..length];
        let captured = order.u32(block, 20) as usize;
        if captured > length - 32 || captured > limits::PACKET_BYTES {
            return misfit(captured, window, description);
        }
        let drops = order.u16(block, 10);
        // 0xffff: the writer did not know.
        if drops != u16::MAX {
            self.drops.beside(u64::from(drops), description);
        }
        let interface = self.interface(u32::from(order.u16(block, 8)), window, description);
        let time = interface.time(order.u32(block, 12), order.u32(block, 16));
        self.packet(window.position() + 28, captured, order.u32(block, 24), time, interface.link)
    }

    #[inline]
    fn interface(&mut self, id: u32, window: &Window, description: &mut CaptureDescription) -> Interface {
        match self.interfaces.get(id as usize) {
            Some(interface) => *interface,
            None => self.unknown_interface(id, window.offset(), description),
        }
    }

    #[cold]
    fn unknown_interface(&mut self, id: u32, offset: u64, description: &mut CaptureDescription) -> Interface {
        description.note_link(Interface::UNKNOWN.link);
        if !std::mem::replace(&mut self.unknown_reported, true) && self.interfaces_omitted == 0 {
            description
                .warn(offset, format!("packets of interface {id}, which the file does not describe: not decoded"));
        }
        Interface::UNKNOWN
    }

    /// A block that is not read whole: its head counts where it is of use, the rest is skipped. Before a length is
    /// believed that may throw away the rest of the capture, the length at the block's end is looked at where that is possible.
    #[cold]
    fn large_block(
        &mut self,
        kind: u32,
        order: Order,
        length: u32,
        window: &mut Window,
        description: &mut CaptureDescription,
    ) -> Outcome {
        let head = limits::BLOCK_BYTES;
        match window.need(head) {
            Supply::Ready => {}
            Supply::Idle => return Outcome::Idle,
            Supply::Short => return Outcome::Cut(length),
        }
        let end = u64::from(length) - 4;
        let credible = match window.glance(end) {
            Glance::Bytes(trailing) => order.u32(&trailing, 0) == length,
            Glance::BeyondEnd => return Outcome::Cut(length),
            Glance::Unknown => is_known(kind) || u64::from(length) <= limits::RESYNC_BYTES,
        };
        if !credible || matches!(kind, ENHANCED_PACKET | SIMPLE_PACKET | OBSOLETE_PACKET) {
            return Outcome::Damaged(format!("a block of type {kind:#x} that says its length is {length} bytes"));
        }
        self.order = order;
        let outcome = self.other_block(kind, head, window, description);
        self.large = Some((window.offset(), length));
        window.skip(end);
        outcome
    }

    /// Goes on with what a call before has begun. None: the window stands at a block.
    #[cold]
    fn resume(&mut self, window: &mut Window, description: &mut CaptureDescription) -> Option<Step> {
        if let Some((began, length)) = self.large {
            match window.need(4) {
                Supply::Ready => {}
                Supply::Idle => return Some(Step::Idle),
                Supply::Short => {
                    let text =
                        format!("the capture ends inside a block of {length} bytes: cut off, or still being written");
                    description.warn(began, text);
                    return Some(Step::End);
                }
            }
            self.large = None;
            if self.order.u32(window.bytes(), 0) == length {
                window.consume(4);
            } else {
                let what = format!("a block that says its length is {length} bytes, which its end does not repeat");
                self.resync = Some(Resync::since(began, window, what));
            }
        }
        let resync = self.resync.take()?;
        match resync.run(window, description, |window| self.look(window)) {
            Found::Record => None,
            Found::Nothing => Some(Step::End),
            Found::Idle => {
                self.resync = Some(resync);
                Some(Step::Idle)
            }
        }
    }

    /// The input ends inside a block or before its head is there.
    #[cold]
    fn end(&mut self, inside: &str, window: &mut Window, description: &mut CaptureDescription) -> Option<Step> {
        self.resync = Resync::at_end(window, description, inside);
        self.resync.is_none().then_some(Step::End)
    }

    /// Whether [`limits::RESYNC_RECORDS`] blocks follow each other from here, or fewer up to the very end.
    fn look(&self, window: &mut Window) -> Verdict {
        let (mut at, mut order) = (0, self.order);
        for count in 0..limits::RESYNC_RECORDS {
            match window.need(at + 12) {
                Supply::Ready => {}
                Supply::Idle => return Verdict::Idle,
                Supply::Short if count == 0 => return Verdict::End,
                Supply::Short if window.available() == at || count + 1 == limits::RESYNC_RECORDS => {
                    return Verdict::Starts;
                }
                Supply::Short => return Verdict::No,
            }
            let head = &window.bytes()[at..];
            let kind = order.u32(head, 0);
            if kind == SECTION_HEADER {
                let Some(of_section) = section_order(head) else { return Verdict::No };
                order = of_section;
            }
            let length = order.u32(head, 4);
            if !is_known(kind) || length < shortest(kind) || length % 4 != 0 || length > LARGEST {
                return Verdict::No;
            }
            at += length as usize;
            match window.need(at) {
                Supply::Ready if order.u32(window.bytes(), at - 4) == length => {}
                Supply::Idle => return Verdict::Idle,
                Supply::Short if count + 1 == limits::RESYNC_RECORDS => return Verdict::Starts,
                _ => return Verdict::No,
            }
        }
        Verdict::Starts
    }
}

impl Drops {
    fn beside(&mut self, count: u64, description: &mut CaptureDescription) {
        self.beside_packets = Some(self.beside_packets.unwrap_or(0).saturating_add(count));
        description.capture_drops = self.total();
    }

    /// Both tell of the same losses, the statistics of all.
    fn total(&self) -> Option<u64> {
        self.statistics.or(self.beside_packets)
    }
}

/// A packet block in good order around lengths that are not: it alone is passed over.
#[cold]
fn misfit(captured: usize, window: &Window, description: &mut CaptureDescription) -> Outcome {
    let text =
        format!("a packet block that says {captured} captured bytes, more than it holds or may hold; passed over");
    description.warn(window.offset(), text);
    Outcome::Passed
}

/// Byte order of a section by its header's byte-order magic, 0x1a2b3c4d.
fn section_order(head: &[u8]) -> Option<Order> {
    match head.get(8..12)? {
        [0x4d, 0x3c, 0x2b, 0x1a] => Some(Order::Little),
        [0x1a, 0x2b, 0x3c, 0x4d] => Some(Order::Big),
        _ => None,
    }
}

/// Whether a window at a section header holds a byte order that is one.
pub(super) fn begins_section(head: &[u8]) -> bool {
    section_order(head).is_some()
}

/// Least length of a block, by the fixed fields of its type.
fn shortest(kind: u32) -> u32 {
    match kind {
        SECTION_HEADER => 28,
        INTERFACE_DESCRIPTION => 20,
        OBSOLETE_PACKET | ENHANCED_PACKET => 32,
        SIMPLE_PACKET => 16,
        INTERFACE_STATISTICS => 24,
        _ => 12,
    }
}

/// Registered block types (§11.1): the standard ones, custom blocks, and those of sysdig.
fn is_known(kind: u32) -> bool {
    matches!(kind, 1..=12 | SECTION_HEADER | CUSTOM | CUSTOM_NO_COPY | 0x0201..=0x0221)
}
