//! What a capture turned out to be: the `captures[]` part of a report, filled while it is read.

use crate::limits;
use crate::packet::LinkType;
use crate::time::Timestamp;
use std::fmt;

/// Format of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// The classic format of libpcap (draft-ietf-opsawg-pcap).
    Pcap {
        /// Time stamps in nanoseconds instead of microseconds.
        nanoseconds: bool,
        /// The variant of some old Linux distributions with 24-byte record headers (magic number 0xa1b2cd34).
        modified: bool,
    },
    /// pcapng (draft-ietf-opsawg-pcapng).
    PcapNg,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pcap { modified: true, .. } => "pcap (modified)",
            Self::Pcap { nanoseconds: true, .. } => "pcap (nanoseconds)",
            Self::Pcap { .. } => "pcap",
            Self::PcapNg => "pcapng",
        })
    }
}

/// Compression around a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// gzip (RFC 1952), several members in a row included.
    Gzip,
    /// Zstandard (RFC 8878).
    Zstd,
    /// LZ4 frames.
    Lz4,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        })
    }
}

/// Something wrong with a capture that did not stop its analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where: bytes from the start of the capture, counted after decompression.
    pub offset: u64,
    /// What, in one line.
    pub text: String,
}

/// What a capture turned out to be. Complete when [`super::Next::End`] was returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureDescription {
    /// Path as the user gave it, `-` for standard input.
    pub path: String,
    /// Format.
    pub format: Format,
    /// Compression layers, the outermost first.
    pub compression: Vec<Compression>,
    /// Link types of its interfaces in order of appearance, at most [`limits::LINK_TYPES`].
    pub link_types: Vec<LinkType>,
    /// Packets read.
    pub packets: u64,
    /// Captured bytes of these packets, without the headers of the file.
    pub bytes: u64,
    /// Earliest time stamp. Zero time stamps are left out: they mean that nobody looked at the clock.
    pub first_time: Option<Timestamp>,
    /// Latest time stamp.
    pub last_time: Option<Timestamp>,
    /// Packets of which fewer bytes were captured than were on the wire.
    pub truncated_packets: u64,
    /// Packets that the capturing system says it lost; none where it says nothing.
    pub capture_drops: Option<u64>,
    /// Bytes kept of each packet at most, as the file says; none where it sets no limit.
    pub snaplen: Option<u32>,
    /// Bytes passed over because they were damaged.
    pub skipped_bytes: u64,
    /// What was wrong, at most [`limits::CAPTURE_WARNINGS`].
    pub warnings: Vec<Warning>,
    /// Further warnings, not kept.
    pub warnings_omitted: u64,
}

impl CaptureDescription {
    pub(super) fn new(path: String, format: Format, compression: Vec<Compression>) -> Self {
        Self {
            path,
            format,
            compression,
            link_types: Vec::new(),
            packets: 0,
            bytes: 0,
            first_time: None,
            last_time: None,
            truncated_packets: 0,
            capture_drops: None,
            snaplen: None,
            skipped_bytes: 0,
            warnings: Vec::new(),
            warnings_omitted: 0,
        }
    }

    pub(super) fn warn(&mut self, offset: u64, mut text: String) {
        if self.warnings.len() >= limits::CAPTURE_WARNINGS {
            self.warnings_omitted += 1;
            return;
        }
        if !self.compression.is_empty() {
            text.push_str(" (offsets count decompressed bytes)");
        }
        self.warnings.push(Warning { offset, text });
    }

    pub(super) fn note_link(&mut self, link: LinkType) {
        if self.link_types.len() < limits::LINK_TYPES && !self.link_types.contains(&link) {
            self.link_types.push(link);
        }
    }

    /// The largest limit of all interfaces counts; 0 means that there is none.
    pub(super) fn note_snaplen(&mut self, snaplen: u32) {
        if snaplen != 0 {
            self.snaplen = self.snaplen.max(Some(snaplen));
        }
    }

    #[inline]
    pub(super) fn count(&mut self, time: Timestamp, captured: usize, wire_len: u32) {
        self.packets += 1;
        self.bytes += captured as u64;
        self.truncated_packets += u64::from(captured < wire_len as usize);
        if time != Timestamp::default() {
            if self.first_time.is_none_or(|first| time < first) {
                self.first_time = Some(time);
            }
            if self.last_time.is_none_or(|last| time > last) {
                self.last_time = Some(time);
            }
        }
    }
}

/// The LINKTYPE_ value of a file as the decoder's link type.
pub(super) fn link_type(value: u16) -> LinkType {
    match value {
        0 => LinkType::Null,
        1 => LinkType::Ethernet,
        9 => LinkType::Ppp,
        50 => LinkType::PppHdlc,
        51 => LinkType::PppEther,
        // 12 and 14: DLT_RAW of most systems and of OpenBSD, written to files by old programs.
        12 | 14 | 101 => LinkType::Raw,
        108 => LinkType::Loop,
        113 => LinkType::LinuxSll,
        228 => LinkType::Ipv4,
        229 => LinkType::Ipv6,
        276 => LinkType::LinuxSll2,
        other => LinkType::Unknown(other),
    }
}
