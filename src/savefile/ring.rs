//! Several files of which the oldest gives way: what `--ring 10x100MB` asks for.

use super::SaveError;
use super::file::BlockFile;
use crate::limits::{RING_CONTINUED, RING_FILE_LEAST, RING_FILE_MOST, RING_FILES};
use crate::output::Rules;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::SystemTime;

/// How many files of how many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingSize {
    /// Files, 2 to [`RING_FILES`].
    pub files: usize,
    /// Bytes of one file, [`RING_FILE_LEAST`] to [`RING_FILE_MOST`].
    pub bytes: u64,
}

impl FromStr for RingSize {
    type Err = String;

    /// `10x100MB`: files, `x`, bytes of each with a unit (`kB`, `MB`, `GB`, `TB` or `KiB`, `MiB`, `GiB`, `TiB`).
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no ring: write files x size, for example 10x100MB");
        let (files, size) = text.split_once(['x', 'X']).ok_or_else(wrong)?;
        let files: usize = files.trim().parse().map_err(|_| wrong())?;
        let bytes = bytes(size.trim()).ok_or_else(wrong)?;
        if !(2..=RING_FILES).contains(&files) {
            return Err(format!("'{text}': a ring has 2 to {RING_FILES} files"));
        }
        if !(RING_FILE_LEAST..=RING_FILE_MOST).contains(&bytes) {
            return Err(format!("'{text}': a file of a ring has 1 MB to 1 TB"));
        }
        Ok(Self { files, bytes })
    }
}

/// A number with a unit of bytes.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let unit = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "kb" | "k" => 1_000,
        "mb" | "m" => 1_000_000,
        "gb" | "g" => 1_000_000_000,
        "tb" | "t" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// The files of a ring, all open: going on to the next one needs no right to the folder, which the process may have given up.
#[derive(Debug)]
pub(super) struct Ring {
    size: RingSize,
    files: Vec<BlockFile>,
    current: usize,
    /// Packets of this run that gave way to newer ones.
    overwritten: u64,
}

impl Ring {
    /// Opens the files `path000`, `path001` and so on, those of an earlier run in the order in which they were changed last.
    pub fn open(path: &Path, size: RingSize, rules: &Rules) -> Result<Self, SaveError> {
        Self::fits(path, size)?;
        let mut found = Vec::new();
        for number in 0..size.files {
            let file = BlockFile::of_ring(&numbered(path, number), rules)?;
            let changed = file.file().metadata().and_then(|metadata| metadata.modified());
            // Equal times: a file without packets first.
            found.push(((changed.unwrap_or(SystemTime::UNIX_EPOCH), file.length()), file));
        }
        found.sort_by_key(|&(age, _)| age);
        let files: Vec<BlockFile> = found.into_iter().map(|(_, file)| file).collect();
        // The newest one, where there is any.
        let current = if files.iter().any(|file| file.length() > 0) { files.len() - 1 } else { 0 };
        Ok(Self { size, files, current, overwritten: 0 })
    }

    /// A ring that fills its disk before it turns would stop there. Asked before any file is made.
    fn fits(path: &Path, size: RingSize) -> Result<(), SaveError> {
        let wanted = size.bytes.saturating_mul(size.files as u64);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A folder that is not there is told when the first file is made.
        let Ok(disk) = nix::sys::statvfs::statvfs(folder) else { return Ok(()) };
        let free = disk.blocks_available().saturating_mul(disk.fragment_size());
        let length = |number| numbered(path, number).metadata().map_or(0, |metadata| metadata.len());
        let held: u64 = (0..size.files).map(length).sum();
        let available = free.saturating_add(held);
        if wanted > available {
            return Err(SaveError::NoRoom { path: path.to_owned(), wanted, available });
        }
        Ok(())
    }

    pub fn current(&mut self) -> &mut BlockFile {
        &mut self.files[self.current]
    }

    /// The file that is written now.
    pub fn newest(&self) -> &BlockFile {
        &self.files[self.current]
    }

    /// Files besides the current one.
    pub fn others(&self) -> usize {
        self.files.len() - 1
    }

    /// Whether a file with so many bytes more would be too long.
    pub fn is_full(&self, more: u64) -> bool {
        self.files[self.current].length().saturating_add(more) > self.size.bytes
    }

    /// Begins to write: behind what an earlier run wrote last, as a section of its own, so that a program that is started again and
    /// again loses nothing; else in the next file. Every file that was empty gets the header, so that each is a capture.
    pub fn begin(&mut self, header: &[u8]) -> Result<(), (usize, io::Error)> {
        let room = !self.is_full(header.len() as u64) && self.current().length() <= RING_CONTINUED;
        if room && self.current().seal().map_err(|error| (0, error))? {
            self.current().append(header)?;
        } else {
            self.turn(header)?;
        }
        self.files.iter_mut().filter(|file| file.length() == 0).try_for_each(|file| file.append(header))
    }

    /// Goes on with the oldest file, of which only these blocks are left.
    pub fn turn(&mut self, header: &[u8]) -> Result<(), (usize, io::Error)> {
        self.current = (self.current + 1) % self.files.len();
        self.overwritten += self.current().packets();
        self.current().restart(header)
    }

    /// Packets of this run that are in the files.
    pub fn packets(&self) -> u64 {
        self.files.iter().map(BlockFile::packets).sum()
    }

    /// Packets of this run that gave way to newer ones.
    pub fn overwritten(&self) -> u64 {
        self.overwritten
    }
}

/// As tcpdump's `-C` with `-W` numbers files, so that programs know them as one capture.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!("{number:03}"));
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        let parsed = |text: &str| text.parse::<RingSize>().map(|size| (size.files, size.bytes));
        assert_eq!(parsed("10x100MB"), Ok((10, 100_000_000)));
        assert_eq!(parsed("2X4 GiB"), Ok((2, 4 << 30)));
        assert_eq!(parsed("512x1m"), Ok((512, 1_000_000)));
    }

    #[test]
    fn absurd_sizes_are_refused_with_a_reason() {
        for (text, reason) in [
            ("10", "write files x size"),
            ("x", "write files x size"),
            ("10x100", "write files x size"),
            ("10x99999999999999999999GB", "write files x size"),
            ("10x99999999999TB", "write files x size"),
            ("1x100MB", "2 to 512 files"),
            ("0x100MB", "2 to 512 files"),
            ("100000x100MB", "2 to 512 files"),
            ("10x1kB", "1 MB to 1 TB"),
            ("10x0MB", "1 MB to 1 TB"),
            ("10x2TB", "1 MB to 1 TB"),
            ("10x-1MB", "write files x size"),
            ("10x100üB", "write files x size"),
        ] {
            let error = text.parse::<RingSize>().map(|size| size.bytes).err().unwrap_or_default();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
