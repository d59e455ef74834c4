//! Packets into a capture file, or into a ring of them.

use super::blocks;
use super::file::BlockFile;
use super::ring::Ring;
use super::{Direction, Interface, RingSize, SaveError, Statistics};
use crate::limits::SAVE_BATCH;
use crate::packet::CapturedPacket;
use crate::time::Timestamp;
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Where and how packets are kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes {
    /// Several files instead of one: the path with a number of three digits behind it.
    pub ring: Option<RingSize>,
    /// An existing file may be overwritten. Files of a ring always are, if this program wrote them.
    pub overwrite: bool,
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
/// let mut writer = Writer::create(&path, Wishes { overwrite: true, ..Wishes::default() })?;
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
    waiting: u64,
    packets: u64,
    unwritten: u64,
    /// The last write failed: said already.
    failing: bool,
}

#[derive(Debug)]
enum Target {
    One(BlockFile),
    Ring(Ring),
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
    pub fn create(path: &Path, wishes: Wishes) -> Result<Self, SaveError> {
        let mut target = match wishes.ring {
            None => Target::One(BlockFile::create(path, wishes.overwrite)?),
            Some(size) => Target::Ring(Ring::open(path, size)?),
        };
        let system = nix::sys::utsname::uname().ok();
        let text = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let system = system.as_ref();
        let os =
            format!("{} {}", text(system.map(|system| system.sysname())), text(system.map(|system| system.release())));
        let machine = text(system.map(|system| system.machine()));
        let mut header = Vec::new();
        blocks::section_header(&mut header, &machine, &os);
        let begun = match &mut target {
            Target::One(file) => file.append(&header),
            Target::Ring(ring) => ring.begin(&header),
        };
        let mut writer = Self {
            target,
            header,
            interfaces: Vec::new(),
            batch: Vec::new(),
            waiting: 0,
            packets: 0,
            unwritten: 0,
            failing: false,
        };
        begun.map_err(|(_, error)| writer.failed(error))?;
        Ok(writer)
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
        self.waiting += 1;
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
        let Target::Ring(ring) = &self.target else { return Ok(()) };
        let more = self.batch.len() + bytes;
        if !ring.is_full(more as u64) {
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
        let Target::Ring(ring) = &mut self.target else { return Ok(()) };
        ring.turn(&self.header).map_err(|(_, error)| self.failed(error))
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
        let done = match &mut self.target {
            Target::One(file) => file.append(&batch).map_err(|(written, error)| (batch[written..].to_vec(), error)),
            Target::Ring(ring) => append_or_turn(ring, &batch, &self.header),
        };
        // The buffer is used again.
        self.batch = batch;
        self.batch.clear();
        let waiting = std::mem::take(&mut self.waiting);
        let Err((rest, error)) = done else {
            self.packets += waiting;
            self.failing = false;
            return Ok(());
        };
        let lost = blocks::packets(&rest);
        self.packets += waiting.saturating_sub(lost);
        self.unwritten += lost;
        // Without its interface a later packet could not be read.
        self.batch = blocks::descriptions(&rest, true);
        if std::mem::replace(&mut self.failing, true) { Ok(()) } else { Err(self.failed(error)) }
    }

    fn failed(&mut self, error: io::Error) -> SaveError {
        self.failing = true;
        SaveError::Write { path: self.path().to_owned(), packets: self.packets, error }
    }

    /// The file that is written now.
    pub fn path(&mut self) -> &Path {
        match &mut self.target {
            Target::One(file) => file.path(),
            Target::Ring(ring) => ring.current().path(),
        }
    }

    /// All files that are open, those of a ring in the order in which they are written.
    pub fn paths(&self) -> Vec<&Path> {
        match &self.target {
            Target::One(file) => vec![file.path()],
            Target::Ring(ring) => ring.paths().collect(),
        }
    }

    /// Packets written.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// Packets that could not be written.
    pub fn unwritten(&self) -> u64 {
        self.unwritten
    }
}

/// Where the disk is full, the oldest files of the ring give way before their time, until there is room or none is left. With an
/// error come the blocks that were not written.
fn append_or_turn(ring: &mut Ring, batch: &[u8], header: &[u8]) -> Result<(), (Vec<u8>, io::Error)> {
    let Err((written, mut error)) = ring.current().append(batch) else { return Ok(()) };
    let mut rest = batch[written..].to_vec();
    for _ in 0..ring.others() {
        if error.kind() != ErrorKind::StorageFull {
            break;
        }
        if let Err((_, error)) = ring.turn(header) {
            return Err((rest, error));
        }
        // The header has them all.
        rest = blocks::descriptions(&rest, false);
        match ring.current().append(&rest) {
            Ok(()) => return Ok(()),
            Err((written, other)) => {
                rest.drain(..written);
                error = other;
            }
        }
    }
    Err((rest, error))
}

impl Drop for Writer {
    /// What waits is written, if it can be; whoever wants to know calls [`Writer::flush`] before.
    fn drop(&mut self) {
        let _ = self.flush();
    }
}
