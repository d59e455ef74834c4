//! What was captured so far, in numbers.

use crate::packet::CapturedPacket;
use crate::report::view::{Capture, Time};
use crate::source::live::Statistics;
use crate::source::live::fetcher::Fetcher;
use crate::time::Timestamp;
use indicatif::HumanCount;

/// Counts packets.
#[derive(Debug, Default)]
pub struct Taken {
    pub packets: u64,
    bytes: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    truncated: u64,
}

impl Taken {
    pub fn note(&mut self, packet: &CapturedPacket<'_>) {
        self.packets += 1;
        self.bytes += packet.data.len() as u64;
        self.truncated += u64::from(packet.data.len() < packet.wire_len as usize);
        self.first.get_or_insert(packet.time);
        self.last = Some(packet.time);
    }

    /// The report's view of it.
    pub fn describe(&self, interface: &str, source: &Fetcher) -> Capture {
        Capture {
            path: interface.to_owned(),
            format: source.description().to_owned(),
            link_types: vec![source.link_type().name().to_owned()],
            packets: self.packets,
            bytes: self.bytes,
            first_time: self.first.map(Time),
            last_time: self.last.map(Time),
            truncated_packets: self.truncated,
            capture_drops: Some(source.statistics().dropped),
            snaplen: None,
            warnings: Vec::new(),
            warnings_omitted: 0,
        }
    }

    /// What there is to say on the counts when the capture is over.
    pub fn last_words(&self, interface: &str, counts: Statistics) -> String {
        format!(
            "{interface}: {} packets captured, {} dropped by the kernel",
            HumanCount(self.packets),
            HumanCount(counts.dropped)
        )
    }
}
