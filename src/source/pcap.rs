//! The classic capture format (draft-ietf-opsawg-pcap): a file header of 24 bytes, then records of a header and the packet.

use super::description::{CaptureDescription, Format, link_type};
use super::order::Order;
use super::resync::{Found, Resync, Verdict};
use super::window::{Supply, Window};
use super::{Record, Step};
use crate::limits;
use crate::packet::LinkType;
use crate::time::{Span, Timestamp};

/// Length of the file header in bytes.
pub(super) const FILE_HEADER: usize = 24;

/// The largest two records and the next header must fit into the window for [`Pcap::look`].
const _: () = assert!((limits::RESYNC_RECORDS - 1) * (limits::PACKET_BYTES + 24) + 24 <= limits::READ_WINDOW);

/// How records are written, by the file header.
#[derive(Debug, Clone, Copy)]
struct Layout {
    order: Order,
    nanoseconds: bool,
    /// 16, or 24 in the modified variant.
    record_header: usize,
    link: LinkType,
    snaplen: u32,
    version: (u16, u16),
}

/// Fields of a record header.
#[derive(Debug, Clone, Copy)]
struct Header {
    seconds: u32,
    fraction: u32,
    captured: u32,
    wire: u32,
}

/// The state of reading a pcap file.
#[derive(Debug)]
pub(super) struct Pcap {
    layout: Layout,
    /// Time of the first packet, of the last one and of the one before: what a record found after damage is held against.
    /// Several, because the last record before damage may itself be nonsense.
    near: [Option<Timestamp>; 3],
    resync: Option<Resync>,
}

impl Layout {
    fn parse(header: &[u8]) -> Option<Self> {
        let (order, nanoseconds, record_header) = match header.first_chunk()? {
            [0xd4, 0xc3, 0xb2, 0xa1] => (Order::Little, false, 16),
            [0xa1, 0xb2, 0xc3, 0xd4] => (Order::Big, false, 16),
            [0x4d, 0x3c, 0xb2, 0xa1] => (Order::Little, true, 16),
            [0xa1, 0xb2, 0x3c, 0x4d] => (Order::Big, true, 16),
            [0x34, 0xcd, 0xb2, 0xa1] => (Order::Little, false, 24),
            [0xa1, 0xb2, 0xcd, 0x34] => (Order::Big, false, 24),
            _ => return None,
        };
        // Bits 16 and up say whether a frame check sequence follows each packet; the IP header tells where a packet ends.
        let link = order.u16(header, if order == Order::Little { 20 } else { 22 });
        Some(Self {
            order,
            nanoseconds,
            record_header,
            link: link_type(link),
            snaplen: order.u32(header, 16),
            version: (order.u16(header, 4), order.u16(header, 6)),
        })
    }

    #[inline]
    fn header(&self, bytes: &[u8]) -> Header {
        let word = |at| self.order.u32(bytes, at);
        let (mut captured, mut wire) = (word(8), word(12));
        // libpcap (sf-pcap.c): before version 2.3 the two lengths stood the other way round, in 2.3 either way.
        if self.version.0 == 2 && (self.version.1 < 3 || (self.version.1 == 3 && captured > wire)) {
            (captured, wire) = (wire, captured);
        }
        Header { seconds: word(0), fraction: word(4), captured, wire }
    }

    /// A fraction of a second or more is carried over; some writers do that.
    #[inline]
    fn time(&self, header: &Header) -> Timestamp {
        let unit = if self.nanoseconds { 1 } else { 1_000 };
        Timestamp::from_parts(i64::from(header.seconds), i64::from(header.fraction) * unit)
    }

    fn plausible(&self, header: &Header, near: &[Option<Timestamp>]) -> bool {
        let second = if self.nanoseconds { 1_000_000_000 } else { 1_000_000 };
        let time = self.time(header);
        let close = |other: &Option<Timestamp>| {
            other.is_some_and(|other| (time - other).abs() <= Span::from_secs(limits::RESYNC_SECONDS))
        };
        header.captured > 0
            && header.captured <= header.wire
            && header.wire as usize <= limits::PACKET_BYTES
            && header.fraction < second
            && (near.iter().all(Option::is_none) || near.iter().any(close))
    }
}

impl Pcap {
    /// Reads the file header, of which [`FILE_HEADER`] bytes are there. None if it is none.
    pub fn begin(window: &mut Window, description: &mut CaptureDescription) -> Option<Self> {
        let layout = Layout::parse(window.bytes())?;
        let offset = window.offset();
        window.consume(FILE_HEADER);
        description.format = Format::Pcap { nanoseconds: layout.nanoseconds, modified: layout.record_header != 16 };
        description.note_link(layout.link);
        description.note_snaplen(layout.snaplen);
        let (major, minor) = layout.version;
        if major != 2 || minor > 4 {
            description.warn(offset, format!("file format version {major}.{minor} is unknown, read as 2.4"));
        }
        Some(Self { layout, near: [None; 3], resync: None })
    }

    /// The next packet.
    #[inline]
    pub fn step(&mut self, window: &mut Window, description: &mut CaptureDescription) -> Step {
        loop {
            if self.resync.is_some()
                && let Some(step) = self.search(window, description)
            {
                return step;
            }
            let length = self.layout.record_header;
            match window.need(length) {
                Supply::Ready => {}
                Supply::Idle => return Step::Idle,
                Supply::Short => match self.end(0, window, description) {
                    Some(step) => return step,
                    None => continue,
                },
            }
            let header = self.layout.header(window.bytes());
            if header.captured as usize > limits::PACKET_BYTES || (header.captured | header.wire) == 0 {
                match self.unusual(&header, window, description) {
                    Unusual::Packet => {}
                    Unusual::NotAPacket => continue,
                    Unusual::Idle => return Step::Idle,
                }
            }
            let captured = header.captured as usize;
            match window.need(length + captured) {
                Supply::Ready => {}
                Supply::Idle => return Step::Idle,
                Supply::Short => match self.end(length + captured, window, description) {
                    Some(step) => return step,
                    None => continue,
                },
            }
            let start = window.position() + length;
            window.consume(length + captured);
            return Step::Packet(self.record(&header, start));
        }
    }

    #[inline]
    fn record(&mut self, header: &Header, start: usize) -> Record {
        let time = self.layout.time(header);
        let [first, last, _] = self.near;
        self.near = [first.or(Some(time)), Some(time), last];
        let wire_len = header.wire.max(header.captured);
        Record { start, length: header.captured as usize, wire_len, time, link: self.layout.link }
    }

    /// A header that is no packet's, or hardly.
    #[cold]
    fn unusual(&mut self, header: &Header, window: &mut Window, description: &mut CaptureDescription) -> Unusual {
        if header.captured != 0 {
            let what = format!("a record header that says {} captured bytes", header.captured);
            self.resync = Some(Resync::start(window, what));
            return Unusual::NotAPacket;
        }
        if Layout::parse(window.bytes()).is_some() {
            return self.another_file(window, description);
        }
        if header.seconds | header.fraction == 0 {
            self.resync = Some(Resync::start(window, "zeros where a record header must stand".to_owned()));
            return Unusual::NotAPacket;
        }
        Unusual::Packet
    }

    /// The input ends inside a record of so many bytes; 0 if not even its header is there.
    #[cold]
    fn end(&mut self, length: usize, window: &mut Window, description: &mut CaptureDescription) -> Option<Step> {
        let record = if length == 0 { "a record header".to_owned() } else { format!("a record of {length} bytes") };
        self.resync = Resync::at_end(window, description, &record);
        self.resync.is_none().then_some(Step::End)
    }

    /// Captures joined with `cat`: the header of the next one looks like a record of no bytes in the far future.
    fn another_file(&mut self, window: &mut Window, description: &mut CaptureDescription) -> Unusual {
        match window.need(FILE_HEADER) {
            Supply::Ready => {}
            Supply::Idle => return Unusual::Idle,
            Supply::Short => return Unusual::Packet,
        }
        description.warn(window.offset(), "another capture file begins here: files were joined".to_owned());
        if let Some(next) = Self::begin(window, description) {
            *self = next;
        }
        Unusual::NotAPacket
    }

    #[cold]
    fn search(&mut self, window: &mut Window, description: &mut CaptureDescription) -> Option<Step> {
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

    /// Whether [`limits::RESYNC_RECORDS`] plausible headers follow each other from here, or fewer up to the very end.
    fn look(&self, window: &mut Window) -> Verdict {
        let mut at = 0;
        let mut previous = [None; 1];
        for count in 0..limits::RESYNC_RECORDS {
            match window.need(at + self.layout.record_header) {
                Supply::Ready => {}
                Supply::Idle => return Verdict::Idle,
                Supply::Short if count == 0 => return Verdict::End,
                Supply::Short if window.available() == at || count + 1 == limits::RESYNC_RECORDS => {
                    return Verdict::Starts;
                }
                Supply::Short => return Verdict::No,
            }
            let header = self.layout.header(&window.bytes()[at..]);
            let near = if count == 0 { &self.near[..] } else { &previous[..] };
            if !self.layout.plausible(&header, near) {
                return Verdict::No;
            }
            previous = [Some(self.layout.time(&header))];
            at += self.layout.record_header + header.captured as usize;
        }
        Verdict::Starts
    }
}

enum Unusual {
    Packet,
    NotAPacket,
    Idle,
}
