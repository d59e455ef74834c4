//! Where packets come from: capture files, compressed or not, folders of them, standard input. All input IO is here.
//!
//! [`expand()`] turns what the user named into inputs, [`CaptureReader`] turns one input into packets. A capture that is
//! damaged or cut yields all that is readable and a [`Warning`] for the rest; only what is no capture is an error.

mod compression;
mod description;
mod error;
mod expand;
mod folder;
mod interface;
#[cfg(unix)]
pub mod interfaces;
#[cfg(live)]
pub mod live;
mod magic;
mod order;
mod pcap;
mod pcapng;
mod pipe;
mod resync;
mod rotation;
mod skipped;
mod window;

#[cfg(test)]
mod tests;

pub use description::{CaptureDescription, Compression, Format, Warning};
pub use error::SourceError;
pub use expand::{Expansion, Input, expand};
pub use folder::FoundFile;
pub use rotation::{RotationKey, looks_rotated, rotation_key};
pub use skipped::Skipped;

use crate::packet::{CapturedPacket, LinkType, PacketId};
use crate::time::Timestamp;
use compression::Opened;
use pcap::Pcap;
use pcapng::PcapNg;
use pipe::Pipe;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use window::{Supply, Window};

/// Reads the packets of one capture: a file, or a stream that may stay silent for a while.
///
/// ```
/// use sshwire::source::{CaptureReader, Next};
/// let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
/// file.extend([1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 60, 0, 0, 0, 0xab, 0xcd]);
/// let mut reader = CaptureReader::from_reader("example".to_owned(), Box::new(std::io::Cursor::new(file)), 0)?;
/// let Next::Packet(packet) = reader.next() else { panic!("one packet") };
/// assert_eq!((packet.id.number(), packet.data, packet.wire_len), (1, &[0xab, 0xcd][..], 60));
/// assert!(matches!(reader.next(), Next::End));
/// assert_eq!(reader.description().truncated_packets, 1);
/// # Ok::<(), sshwire::source::SourceError>(())
/// ```
pub struct CaptureReader {
    window: Window,
    records: Records,
    description: CaptureDescription,
    capture: u32,
    /// Number of the last packet, as Wireshark counts.
    number: u64,
    ended: bool,
}

/// What [`CaptureReader::next`] found.
#[derive(Debug)]
pub enum Next<'a> {
    /// A packet.
    Packet(CapturedPacket<'a>),
    /// Nothing came for [`crate::limits::PIPE_IDLE_MS`]: only from pipes, never from regular files. Ask again.
    Idle,
    /// The capture is at its end; further calls say the same.
    End,
}

/// What is known of a capture after a look at its beginning: enough to bring the files of a rotation into order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peek {
    /// Time stamp of the first packet; none if there is no packet.
    pub first_time: Option<Timestamp>,
    /// Link type of the first packet, or else of the first interface.
    pub link_type: Option<LinkType>,
    /// Format.
    pub format: Format,
}

enum Records {
    Pcap(Pcap),
    PcapNg(PcapNg),
}

/// What one step of a format's parser gives.
enum Step {
    Packet(Record),
    Idle,
    End,
}

/// A packet that lies in the window.
struct Record {
    /// Where its data begins, see [`Window::slice`].
    start: usize,
    length: usize,
    wire_len: u32,
    time: Timestamp,
    link: LinkType,
}

impl Record {
    /// No packet, but something that Wireshark gives a number.
    const NUMBER_ONLY: Self =
        Self { start: usize::MAX, length: 0, wire_len: 0, time: Timestamp(0), link: LinkType::Unknown(u16::MAX) };
}

impl CaptureReader {
    /// Opens an input. `capture` is its index in the report.
    ///
    /// # Errors
    /// When it cannot be opened or is no capture, or what was found in a folder is something else by now.
    pub fn open_input(input: &Input, capture: u32) -> Result<Self, SourceError> {
        match input {
            Input::Stdin => Self::open_stdin(capture),
            Input::File(path) => Self::open(path, capture),
            Input::Found(found) => {
                let name = found.path().display().to_string();
                let file = found.open().map_err(|error| SourceError::from_io(&name, error))?;
                Self::open_file(name, file, true, capture)
            }
        }
    }

    /// Opens a file, or anything else with a path that bytes can be read from. `capture` is its index in the report.
    ///
    /// A FIFO or device is read as a stream; opening it waits for its writer and the first bytes.
    ///
    /// # Errors
    /// When it cannot be opened or is no capture.
    pub fn open(path: &Path, capture: u32) -> Result<Self, SourceError> {
        let name = path.display().to_string();
        let system = |error| SourceError::from_io(&name, error);
        if path.is_dir() {
            return Err(SourceError::Folder { path: name });
        }
        let file = File::open(path).map_err(system)?;
        let regular = file.metadata().map_err(system)?.is_file();
        Self::open_file(name, file, regular, capture)
    }

    /// Reads standard input; waits for its first bytes.
    ///
    /// # Errors
    /// When it cannot be read or is no capture.
    pub fn open_stdin(capture: u32) -> Result<Self, SourceError> {
        let name = "-".to_owned();
        // A file behind `<` is read as one: faster, and never idle.
        #[cfg(unix)]
        {
            use std::os::fd::AsFd;
            if let Ok(descriptor) = std::io::stdin().as_fd().try_clone_to_owned() {
                let file = File::from(descriptor);
                let regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
                return Self::open_file(name, file, regular, capture);
            }
        }
        Self::start(name, window::Input::Stream(Box::new(std::io::stdin())), true, capture)
    }

    /// Reads anything. `name` stands for the path. An answer of `WouldBlock` becomes [`Next::Idle`], except while the
    /// header is read.
    ///
    /// # Errors
    /// When it cannot be read or is no capture.
    pub fn from_reader(name: String, reader: Box<dyn Read + Send>, capture: u32) -> Result<Self, SourceError> {
        Self::start(name, window::Input::Stream(reader), false, capture)
    }

    fn open_file(name: String, file: File, regular: bool, capture: u32) -> Result<Self, SourceError> {
        let input = if regular { window::Input::File(file) } else { window::Input::Stream(Box::new(file)) };
        Self::start(name, input, !regular, capture)
    }

    /// `live`: the input may stay silent, a thread has to wait for it.
    fn start(name: String, input: window::Input, live: bool, capture: u32) -> Result<Self, SourceError> {
        let Opened { mut input, prefix, is_ng, compression } = compression::open(&name, input)?;
        if live {
            // Decompression runs in the thread too: no decoder has to cope with silence.
            let pipe = Pipe::start(input).map_err(|error| SourceError::from_io(&name, error))?;
            input = window::Input::Stream(Box::new(pipe));
        }
        let mut window = Window::new(input, &prefix);
        let mut description = CaptureDescription::new(name.clone(), Format::PcapNg, compression);
        let header = if is_ng { pcapng::SECTION_START } else { pcap::FILE_HEADER };
        while window.need(header) == Supply::Idle {}
        let bytes = window.available();
        let records = if bytes < header {
            None
        } else if !is_ng {
            Pcap::begin(&mut window, &mut description).map(Records::Pcap)
        } else if pcapng::begins_section(window.bytes()) {
            Some(Records::PcapNg(PcapNg::new(&mut description)))
        } else {
            return Err(SourceError::NotACapture { path: name, hint: "something that only begins like pcapng" });
        };
        match records {
            Some(records) => Ok(Self { window, records, description, capture, number: 0, ended: false }),
            None => Err(SourceError::TooShort { path: name, bytes: bytes as u64 }),
        }
    }

    /// The next packet. Never fails: damage is passed over and goes to the warnings of [`Self::description`].
    #[allow(clippy::should_implement_trait, reason = "the packet borrows from the reader, which no iterator can say")]
    #[inline]
    pub fn next(&mut self) -> Next<'_> {
        let record = loop {
            if self.ended {
                return Next::End;
            }
            let step = match &mut self.records {
                Records::Pcap(records) => records.step(&mut self.window, &mut self.description),
                Records::PcapNg(records) => records.step(&mut self.window, &mut self.description),
            };
            match step {
                Step::Packet(record) => {
                    self.number += 1;
                    if record.start != usize::MAX {
                        break record;
                    }
                }
                Step::Idle => return Next::Idle,
                Step::End => self.ended = true,
            }
        };
        let Record { start, length, wire_len, time, link } = record;
        self.description.count(time, length, wire_len);
        let id = PacketId::new(self.capture, self.number);
        Next::Packet(CapturedPacket { id, time, link, wire_len, data: self.window.slice(start, length) })
    }

    /// What is known of the capture so far; complete after [`Next::End`].
    pub fn description(&self) -> &CaptureDescription {
        &self.description
    }
}

/// Looks at the beginning of a file. None for anything that is not a regular file, which a look would use up.
///
/// # Errors
/// When it cannot be opened or is no capture.
pub fn peek(input: &Input) -> Result<Option<Peek>, SourceError> {
    match input {
        Input::Stdin => return Ok(None),
        Input::File(path) if !path.metadata().is_ok_and(|metadata| metadata.is_file()) => {
            let missing = || SourceError::NotFound { path: path.display().to_string() };
            return if path.exists() { Ok(None) } else { Err(missing()) };
        }
        Input::File(_) | Input::Found(_) => {}
    }
    let mut reader = CaptureReader::open_input(input, 0)?;
    let first = match reader.next() {
        Next::Packet(packet) => Some((packet.time, packet.link)),
        Next::Idle | Next::End => None,
    };
    let description = reader.description();
    let link_type = first.map(|(_, link)| link).or_else(|| description.link_types.first().copied());
    Ok(Some(Peek { first_time: first.map(|(time, _)| time), link_type, format: description.format }))
}
