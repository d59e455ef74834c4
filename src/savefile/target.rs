//! What blocks are written to: a file, a ring of files, or a stream that another program reads.

use super::file::BlockFile;
use super::ring::Ring;
use super::{SaveError, Wishes, blocks};
use crate::output::{self, Opened, OutputError, Privacy, Rules, Stream};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Where blocks go.
#[derive(Debug)]
pub(super) enum Target {
    One(BlockFile),
    Ring(Ring),
    Stream(Piped),
}

/// A stream, and how much of it was taken.
#[derive(Debug)]
pub(super) struct Piped {
    stream: Stream,
    path: PathBuf,
    packets: u64,
}

/// Blocks that could not be written, and why.
type Unwritten = (Vec<u8>, io::Error);

impl Target {
    /// Opens it and writes the header.
    pub fn begin(path: &Path, wishes: &Wishes, header: &[u8]) -> Result<Self, SaveError> {
        let (overwrite, owner, waiting) = (wishes.overwrite, wishes.owner, wishes.waiting.clone());
        let rules = Rules { privacy: Privacy::Packets, overwrite, owner, waiting };
        let failed = |error| SaveError::Output(OutputError::Io { path: path.to_owned(), error });
        if let Some(size) = wishes.ring {
            let mut ring = Ring::open(path, size, &rules)?;
            ring.begin(header).map_err(|(_, error)| failed(error))?;
            return Ok(Self::Ring(ring));
        }
        match output::create(path, &rules)? {
            Opened::File(file, pending) => {
                let mut file = BlockFile::new(file, path);
                file.append(header).map_err(|(_, error)| failed(error))?;
                // From now on it is a capture, and may stand where the old file does.
                pending.map_or(Ok(()), output::Pending::commit)?;
                Ok(Self::One(file))
            }
            Opened::Stream(stream) => {
                let mut piped = Piped { stream, path: path.to_owned(), packets: 0 };
                piped.append(header).map_err(|(_, error)| match error.kind() {
                    ErrorKind::BrokenPipe => SaveError::ReaderGone { path: path.to_owned() },
                    _ => failed(error),
                })?;
                Ok(Self::Stream(piped))
            }
        }
    }

    /// Writes blocks. Where the disk of a ring is full, its oldest files give way before their time.
    pub fn append(&mut self, blocks: &[u8], header: &[u8]) -> Result<(), Unwritten> {
        match self {
            Self::One(file) => file.append(blocks).map_err(|(written, error)| (blocks[written..].to_vec(), error)),
            Self::Ring(ring) => append_or_turn(ring, blocks, header),
            Self::Stream(piped) => piped.append(blocks),
        }
    }

    /// Whether this is a ring whose current file has no room for this many bytes.
    pub fn is_full(&self, more: u64) -> bool {
        matches!(self, Self::Ring(ring) if ring.is_full(more))
    }

    /// Goes on with the next file of a ring.
    pub fn turn(&mut self, header: &[u8]) -> io::Result<()> {
        match self {
            Self::Ring(ring) => ring.turn(header).map_err(|(_, error)| error),
            Self::One(_) | Self::Stream(_) => Ok(()),
        }
    }

    /// The file that is written now.
    pub fn path(&self) -> &Path {
        match self {
            Self::One(file) => file.path(),
            Self::Ring(ring) => ring.newest().path(),
            Self::Stream(piped) => &piped.path,
        }
    }

    /// Packets of this run that are there to be read.
    pub fn packets(&self) -> u64 {
        match self {
            Self::One(file) => file.packets(),
            Self::Ring(ring) => ring.packets(),
            Self::Stream(piped) => piped.packets,
        }
    }

    /// Packets of this run that gave way to newer ones.
    pub fn overwritten(&self) -> u64 {
        match self {
            Self::Ring(ring) => ring.overwritten(),
            Self::One(_) | Self::Stream(_) => 0,
        }
    }

    pub fn reader_gone(&self) -> bool {
        matches!(self, Self::Stream(piped) if piped.stream.reader_gone())
    }

    /// Why writing failed.
    pub fn failed(&self, error: io::Error) -> SaveError {
        let (path, packets) = (self.path().to_owned(), self.packets());
        match self {
            Self::Stream(_) if error.kind() == ErrorKind::BrokenPipe => SaveError::ReaderGone { path },
            _ => SaveError::Write { path, packets, error },
        }
    }
}

impl Piped {
    fn append(&mut self, blocks: &[u8]) -> Result<(), Unwritten> {
        self.stream.write_all(blocks).map_err(|error| (blocks.to_vec(), error))?;
        self.packets += blocks::packets(blocks);
        Ok(())
    }
}

/// Where the disk is full, the oldest files of the ring give way before their time, until there is room or none is left. With an
/// error come the blocks that were not written.
fn append_or_turn(ring: &mut Ring, batch: &[u8], header: &[u8]) -> Result<(), Unwritten> {
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
