//! Why packets cannot be written. Each prints as one line: where, what, what to do.

use crate::output::OutputError;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

/// Packets cannot be written.
#[derive(Debug)]
#[non_exhaustive]
pub enum SaveError {
    /// A file cannot be opened.
    Output(OutputError),
    /// A file stands where one of the ring belongs, and this program did not write it.
    NotOurs {
        /// Path of the ring's file.
        path: PathBuf,
    },
    /// The ring would not fit on its disk.
    NoRoom {
        /// The path that was asked for.
        path: PathBuf,
        /// Bytes of all files of the ring.
        wanted: u64,
        /// Bytes that the disk has for it.
        available: u64,
    },
    /// The program that read what is written is gone.
    ReaderGone {
        /// Path of the FIFO, or `-`.
        path: PathBuf,
    },
    /// Writing failed; what was written before stays readable.
    Write {
        /// Path of the file.
        path: PathBuf,
        /// Packets of this run that are in the file, or in the files of the ring.
        packets: u64,
        /// The system's answer.
        error: io::Error,
    },
}

impl From<OutputError> for SaveError {
    fn from(error: OutputError) -> Self {
        Self::Output(error)
    }
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output(error) => error.fmt(f),
            Self::NotOurs { path } => {
                let path = path.display();
                write!(f, "{path}: not written by sshwire, so the ring does not overwrite it; move it away")
            }
            Self::NoRoom { path, wanted, available } => {
                let (path, wanted, available) = (path.display(), wanted.div_ceil(1_000_000), available / 1_000_000);
                write!(f, "{path}: a ring of {wanted} MB does not fit: its disk has {available} MB for it")
            }
            Self::ReaderGone { path } => write!(f, "{}: nothing reads it any more", path.display()),
            Self::Write { path, packets, error } if error.kind() == ErrorKind::StorageFull => {
                write!(f, "{}: the disk is full; the {packets} packets written so far stay readable", path.display())
            }
            Self::Write { path, packets, error } => {
                let path = path.display();
                write!(
                    f,
                    "{path}: cannot be written any more: {error}; the {packets} packets written so far stay readable"
                )
            }
        }
    }
}

impl std::error::Error for SaveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Output(error) => Some(error),
            Self::Write { error, .. } => Some(error),
            _ => None,
        }
    }
}
