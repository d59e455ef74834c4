//! A file that grows by whole blocks, whatever happens to its writer or its disk.

use super::SaveError;
use super::blocks;
use crate::limits;
use crate::output::{self, OutputError, Rules};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Type and the length, twice.
const SHORTEST_BLOCK: u64 = 12;

/// No block that is written is longer.
const LONGEST_BLOCK: u64 = limits::BLOCK_BYTES as u64;

/// Bytes of an existing file that are looked at to know who wrote it.
const HEAD: usize = 512;

/// A file of which the first `length` bytes are whole blocks.
#[derive(Debug)]
pub(super) struct BlockFile {
    file: File,
    path: PathBuf,
    length: u64,
    /// Packets that this run wrote and that are still there.
    packets: u64,
}

impl BlockFile {
    /// A new, empty file.
    pub fn new(file: File, path: &Path) -> Self {
        Self { file, path: path.to_owned(), length: 0, packets: 0 }
    }

    /// A file of a ring: a new one, or one that an earlier run left there.
    pub fn of_ring(path: &Path, rules: &Rules) -> Result<Self, SaveError> {
        let file = output::open_ring_file(path, rules)?;
        let failed = |error| SaveError::Output(OutputError::Io { path: path.to_owned(), error });
        let length = file.metadata().map_err(failed)?.len();
        let mut head = [0; HEAD];
        let read = read_start(&file, &mut head).map_err(failed)?;
        if length > 0 && !blocks::is_ours(&head[..read]) {
            return Err(SaveError::NotOurs { path: path.to_owned() });
        }
        output::take_over(&file, rules).map_err(failed)?;
        Ok(Self { file, path: path.to_owned(), length, packets: 0 })
    }

    /// Adds blocks in one write. After an error the file ends with the last block that is whole; how many bytes of the
    /// blocks those are comes with the error.
    pub fn append(&mut self, blocks: &[u8]) -> Result<(), (usize, io::Error)> {
        let mut written = 0;
        while let Some(rest) = blocks.get(written..).filter(|rest| !rest.is_empty()) {
            let error = match self.file.write_at(rest, self.length + written as u64) {
                Ok(0) => io::Error::from(ErrorKind::WriteZero),
                Ok(more) => {
                    written += more;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => error,
            };
            let whole = blocks::whole(&blocks[..written]);
            self.length += whole as u64;
            self.packets += blocks::packets(&blocks[..whole]);
            // Nothing more can be done where even this fails: readers pass over what is left of the last block.
            let _ = self.file.set_len(self.length);
            return Err((whole, error));
        }
        self.length += written as u64;
        self.packets += blocks::packets(blocks);
        Ok(())
    }

    /// Makes sure that a file of an earlier run, of which a kill may have cut the last block, ends with a whole one. False: it is damaged
    /// before its end and better left as it is.
    pub fn seal(&mut self) -> io::Result<bool> {
        let mut end = 0;
        let mut head = [0; 8];
        while self.length - end >= SHORTEST_BLOCK {
            let left = self.length - end;
            self.file.read_exact_at(&mut head, end)?;
            let length = u64::from(blocks::length(head));
            if length > left && left < LONGEST_BLOCK {
                break;
            }
            if !(SHORTEST_BLOCK..=left).contains(&length) {
                return Ok(false);
            }
            let mut trailing = [0; 4];
            self.file.read_exact_at(&mut trailing, end + length - 4)?;
            if u64::from(u32::from_le_bytes(trailing)) != length {
                return Ok(false);
            }
            end += length;
        }
        self.file.set_len(end)?;
        self.length = end;
        Ok(true)
    }

    /// Begins anew with these blocks. They are laid over the old ones before those are cut away, so that the file is a
    /// capture all the time.
    pub fn restart(&mut self, header: &[u8]) -> Result<(), (usize, io::Error)> {
        self.length = 0;
        self.packets = 0;
        self.append(header)?;
        self.file.set_len(self.length).map_err(|error| (header.len(), error))
    }

    pub fn length(&self) -> u64 {
        self.length
    }

    /// Packets that this run wrote and that are still there.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn file(&self) -> &File {
        &self.file
    }
}

fn read_start(file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match file.read_at(&mut buffer[read..], read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}
