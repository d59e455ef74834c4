//! Packets as they pass an interface.
//!
//! [`PacketSource`] is what the capture command asks of a backend: `af_packet` is Linux's own (no library), `libpcap` that of
//! other systems and of those who want its filter language. [`filter`] says what the kernel keeps back.

#[cfg(af_packet)]
#[allow(unsafe_code, reason = "system calls, and memory shared with the kernel: nothing safe offers this ring")]
pub mod af_packet;
pub mod backend;
pub mod fetcher;
pub mod filter;
#[cfg(feature = "libpcap")]
pub mod libpcap;

use crate::packet::{CapturedPacket, LinkType};
use std::fmt;
use std::io::{self, PipeReader};
use std::os::fd::RawFd;
use std::time::Duration;

/// The name that stands for every interface.
pub const ANY: &str = "any";

/// Which way a packet went, as the capturing host saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Received, or seen on its way from one host to another.
    Inbound,
    /// Sent by this host.
    Outbound,
}

/// What a source had.
#[derive(Debug)]
pub enum Arrival<'a> {
    /// A packet, and which way it went where that is known. Packets are numbered from 1, as in a file that holds all of them.
    Packet(CapturedPacket<'a>, Option<Direction>),
    /// Nothing came within the time.
    Idle,
    /// The interface went down or away: nothing comes until it is back. Said once.
    Down(Outage),
    /// It is back. Said once.
    Up,
    /// Nothing more will come, and why.
    End(String),
}

/// Why nothing comes from an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// It is there, but down.
    Down,
    /// It does not exist any more.
    Gone,
}

/// Counts of the capturing system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Packets that passed the kernel's filter, the lost ones included.
    pub passed: u64,
    /// Those of them that were lost because they were not fetched in time.
    pub dropped: u64,
}

/// Where live packets come from.
pub trait PacketSource: Send {
    /// What comes next; waits no longer than this. A signal, or a look at the interface, may end the wait early: it is then
    /// [`Arrival::Idle`].
    fn next(&mut self, wait: Duration) -> Arrival<'_>;

    /// Waits end, too, once the other side of this pipe is closed.
    fn woken_by(&mut self, pipe: PipeReader);

    /// The counts so far.
    fn statistics(&mut self) -> Statistics;

    /// Link type of its packets.
    fn link_type(&self) -> LinkType;

    /// The sockets that it captures by. Whoever could write to them could send any frame.
    fn packet_sockets(&self) -> Vec<RawFd>;

    /// Whether it goes on when its interface goes away and comes back.
    fn may_return(&self) -> bool {
        false
    }

    /// The backend in words: `AF_PACKET, ring of 16 MiB`.
    fn description(&self) -> String;
}

/// What is to be captured, and how.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Name of an interface, or [`ANY`].
    pub interface: String,
    /// What the kernel is to let through.
    pub filter: filter::Filter,
    /// See packets that are for other hosts.
    pub promiscuous: bool,
    /// Bytes for packets on their way from the kernel.
    pub buffer: usize,
    /// Who is to capture.
    pub backend: backend::Backend,
    /// What must hold besides, in the language of pcap-filter(7): needs libpcap.
    pub expression: Option<String>,
}

impl Wanted {
    /// All that must hold, in the language of pcap-filter(7).
    pub fn whole_expression(&self) -> String {
        match &self.expression {
            Some(typed) => format!("({typed}) and ({})", self.filter.expression()),
            None => self.filter.expression(),
        }
    }
}

/// Why a capture cannot begin.
#[derive(Debug)]
#[non_exhaustive]
pub enum LiveError {
    /// No interface has this name.
    NoSuchInterface {
        /// What was asked for.
        name: String,
    },
    /// The system does not allow it.
    Permission,
    /// The kernel refused the buffer.
    Buffer {
        /// Its size in bytes.
        bytes: usize,
        /// What the kernel said.
        error: io::Error,
    },
    /// The expression is not understood.
    Filter {
        /// As it was typed.
        typed: String,
        /// Where the fault is, as a byte offset.
        at: usize,
        /// What libpcap said.
        said: String,
    },
    /// A backend was asked for that has no language for an expression.
    NoExpressions,
    /// Any other answer of the system.
    System {
        /// What was being done.
        doing: &'static str,
        /// The answer.
        error: io::Error,
    },
}

impl fmt::Display for LiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchInterface { name } => write!(f, "{name}: no such interface"),
            Self::Permission => f.write_str("capturing is not allowed"),
            Self::Buffer { bytes, error } => {
                write!(f, "the kernel gives no buffer of {} MiB: {error}; ask for less with --buffer", bytes >> 20)
            }
            Self::Filter { typed, at, said } => write!(f, "the filter is not understood at {at} of {typed:?}: {said}"),
            Self::NoExpressions => f.write_str(
                "--filter takes libpcap, which --backend afpacket excludes; --host, --net and --port do without it",
            ),
            Self::System { doing, error } => write!(f, "{doing}: {error}"),
        }
    }
}

impl std::error::Error for LiveError {}
