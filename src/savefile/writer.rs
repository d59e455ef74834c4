//! Packets into a capture file, or into a ring of them.

use super::blocks;
use super::target::Target;
use super::{Direction, Interface, RingSize, SaveError, Statistics};
use crate::limits::{SAVE_BATCH, SAVE_FAILURE_BYTES};
use crate::output::{Owner, Waiting};
use crate::packet::CapturedPacket;
use crate::time::Timestamp;
use std::ffi::OsStr;
use std::io;
use std::path::Path;

/// Where and how packets are kept.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// Several files instead of one: the path with a number of three digits behind it.
    pub ring: Option<RingSize>,
    /// An existing file may be replaced. Files of a ring are written over in any case, if this program wrote them.
    pub overwrite: bool,
    /// Who is to own the files; none for the user who runs the program.
    pub owner: Option<Owner>,
    /// What to do while a FIFO has no reader, or a slow one.
    pub waiting: Waiting,
}

/// Writes pcapng. All files are opened when it is made, so that afterwards it needs no right but to write to them.
///
/// Only whole blocks are written, many in one system call, so that the file is a capture at every moment; after
/// [`Self::flush`] it has everything. A process that is killed within that call may leave a last block cut: readers take
/// everything before it and say so.
///
/// ```
/// use sshwire::packet::{CapturedPacket, LinkType, PacketId};
/// use sshwire::savefile::{Direction, Interface, Wishes, Writer};
/// use sshwire::source::{CaptureReader, Next};
/// use sshwire::time::Timestamp;
/// let path = std::env::temp_dir().join(format!("sshwire-writer-{}.pcapng", std::process::id()));
///
/// let mut writer = Writer::create(&path, &Wishes { overwrite: true, ..Wishes::default() })?;
/// let eth0 = Interface { name: "eth0".to_owned(), link: LinkType::Ethernet, ..Interface::default() };
/// let eth0 = writer.interface(&eth0)?;
/// let packet = CapturedPacket {
///     id: PacketId::new(0, 1),
///     time: Timestamp(1_767_225_600_000_000_001),
///     link: LinkType::Ethernet,
///     wire_len: 60,
///     data: &[0xab, 0xcd],
/// };
/// writer.packet(eth0, &packet, Direction::Inbound, "")?;
/// writer.flush()?;
///
/// let mut reader = CaptureReader::open(&path, 0)?;
/// let Next::Packet(read) = reader.next() else { panic!("one packet") };
/// assert_eq!((read.time, read.data, read.wire_len), (packet.time, packet.data, 60));
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer {
    target: Target,
    /// Section header and interfaces: what every file begins with.
    header: Vec<u8>,
    interfaces: Vec<Known>,
    /// Whole blocks that wait to be written, and the packets among them.
    batch: Vec<u8>,
    unwritten: u64,
    /// Bytes written since the last failure; none while there was none.
    since_failure: Option<u64>,
}

/// An interface that packets may name.
#[derive(Debug)]
struct Known {
    interface: Interface,
    statistics: Option<Statistics>,
}

impl Writer {
    /// Opens the file, or all files of the ring, and writes what they begin with.
    ///
    /// # Errors
    /// When a file cannot be made, exists, is not a regular one, or the ring does not fit on its disk.
    pub fn create(path: &Path, wishes: &Wishes) -> Result<Self, SaveError> {
        let system = nix::sys::utsname::uname().ok();
        let text = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let system = system.as_ref();
        let os =
            format!("{} {}", text(system.map(|system| system.sysname())), text(system.map(|system| system.release())));
        let machine = text(system.map(|system| system.machine()));
        let mut header = Vec::new();
        blocks::section_header(&mut header, &machine, &os);
        let target = Target::begin(path, wishes, &header)?;
        let (batch, interfaces) = (Vec::new(), Vec::new());
        Ok(Self { target, header, interfaces, batch, unwritten: 0, since_failure: None })
    }

    /// Makes an interface known; the number returned is that of [`Self::packet`].
    ///
    /// # Errors
    /// When writing fails.
    pub fn interface(&mut self, interface: &Interface) -> Result<u32, SaveError> {
        let number = u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX);
        let mut description = Vec::new();
        blocks::interface_description(&mut description, interface);
        self.header.extend_from_slice(&description);
        self.batch.extend_from_slice(&description);
        self.interfaces.push(Known { interface: interface.clone(), statistics: None });
        self.flush()?;
        Ok(number)
    }

    /// The interface with this number.
    pub fn known(&self, number: u32) -> Option<&Interface> {
        Some(&self.interfaces.get(number as usize)?.interface)
    }

    /// Adds a packet, with a comment if there is something to say about it. It is in the file after [`Self::flush`] at the latest.
    ///
    /// # Errors
    /// When writing fails; that is said once, and the writer goes on to try: packets that could not be written are counted
    /// ([`Self::unwritten`]), and once there is room again packets are written again.
    pub fn packet(
        &mut self,
        interface: u32,
        packet: &CapturedPacket<'_>,
        direction: Direction,
        comment: &str,
    ) -> Result<(), SaveError> {
        self.make_room(blocks::packet_length(packet.data.len(), comment.len()))?;
        blocks::enhanced_packet(&mut self.batch, interface, packet, direction, comment);
        if self.batch.len() >= SAVE_BATCH { self.flush() } else { Ok(()) }
    }

    /// A finding about packets that are in the file already, as an entry of its own among the packets.
    ///
    /// # Errors
    /// When writing fails.
    pub fn note(&mut self, time: Timestamp, text: &str) -> Result<(), SaveError> {
        let mut entry = Vec::new();
        blocks::journal_entry(&mut entry, time, text);
        self.make_room(entry.len())?;
        self.batch.extend_from_slice(&entry);
        if self.batch.len() >= SAVE_BATCH { self.flush() } else { Ok(()) }
    }

    /// What the interface counted so far. Written at once and again at the end of each file of a ring.
    ///
    /// # Errors
    /// When writing fails.
    pub fn statistics(&mut self, interface: u32, statistics: Statistics) -> Result<(), SaveError> {
        let Some(known) = self.interfaces.get_mut(interface as usize) else { return Ok(()) };
        known.statistics = Some(statistics);
        let comment = self.loss();
        blocks::interface_statistics(&mut self.batch, interface, &statistics, &comment);
        self.flush()
    }

    fn loss(&self) -> String {
        match self.unwritten {
            0 => String::new(),
            unwritten => format!("sshwire: {unwritten} packets were captured and not written: there was no room"),
        }
    }

    /// Begins the next file of a ring now if so many bytes do not fit into the current one any more: what belongs together
    /// stays together.
    ///
    /// # Errors
    /// When writing fails.
    pub fn make_room(&mut self, bytes: usize) -> Result<(), SaveError> {
        let more = self.batch.len() + bytes;
        if !self.target.is_full(more as u64) {
            return Ok(());
        }
        for (number, known) in self.interfaces.iter().enumerate() {
            if let Some(statistics) = &known.statistics {
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                blocks::interface_statistics(&mut self.batch, number, statistics, "");
            }
        }
        self.flush()?;
        // What could not be written but is in the header.
        self.batch.clear();
        self.target.turn(&self.header).or_else(|error| self.failed(error))
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// When writing fails, see [`Self::packet`].
    pub fn flush(&mut self) -> Result<(), SaveError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        let done = self.target.append(&batch, &self.header);
        let length = batch.len() as u64;
        // The buffer is used again.
        self.batch = batch;
        self.batch.clear();
        let Err((rest, error)) = done else {
            self.since_failure = self.since_failure.map(|written| written.saturating_add(length));
            return Ok(());
        };
        self.unwritten += blocks::packets(&rest);
        // Without its interface a later packet could not be read.
        self.batch = blocks::descriptions(&rest, true);
        self.failed(error)
    }

    /// A failure is said once, and once more only after much was written without one.
    fn failed(&mut self, error: io::Error) -> Result<(), SaveError> {
        let said = self.since_failure.is_some_and(|written| written < SAVE_FAILURE_BYTES);
        self.since_failure = Some(0);
        if said { Ok(()) } else { Err(self.target.failed(error)) }
    }

    /// The file that is written now.
    pub fn path(&self) -> &Path {
        self.target.path()
    }

    /// Packets that were written and are in the files.
    pub fn packets(&self) -> u64 {
        self.target.packets()
    }

    /// Packets that were written and then gave way to newer ones of a ring.
    pub fn overwritten(&self) -> u64 {
        self.target.overwritten()
    }

    /// Whether what is written is read by another program that is gone.
    pub fn reader_gone(&self) -> bool {
        self.target.reader_gone()
    }

    /// Packets that could not be written.
    pub fn unwritten(&self) -> u64 {
        self.unwritten
    }
}

impl Drop for Writer {
    /// What waits is written, if it can be; whoever wants to know calls [`Writer::flush`] before.
    fn drop(&mut self) {
        let _ = self.flush();
    }
}
