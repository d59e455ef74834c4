//! Why packets cannot be written. Each prints as one line: where, what, what to do.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Packets cannot be written.
#[derive(Debug)]
#[non_exhaustive]
pub enum SaveError {
    /// There is such a file already.
    Exists {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// A directory, a device, a symbolic link, or a file that has a second name.
    NotRegular {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// A file stands where one of the ring belongs, and this program did not write it.
    NotOurs {
        /// Path of the ring's file.
        path: PathBuf,
    },
    /// It cannot be opened.
    Open {
        /// The path that was asked for.
        path: PathBuf,
        /// The system's answer.
        error: io::Error,
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
    /// Writing failed; what was written before stays readable.
    Write {
        /// Path of the file.
        path: PathBuf,
        /// Packets that this run wrote.
        packets: u64,
        /// The system's answer.
        error: io::Error,
    },
}

impl SaveError {
    pub(super) fn opening(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        // What O_NOFOLLOW answers to a symbolic link has no stable `ErrorKind`.
        let link = error.raw_os_error() == Some(nix::errno::Errno::ELOOP as i32);
        match error.kind() {
            ErrorKind::AlreadyExists => Self::Exists { path },
            _ if link => Self::NotRegular { path },
            ErrorKind::IsADirectory => Self::NotRegular { path },
            _ => Self::Open { path, error },
        }
    }
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists { path } => {
                write!(f, "{}: exists already; name another file, or add --overwrite", path.display())
            }
            Self::NotRegular { path } => {
                write!(f, "{}: not a regular file with one name; name a file to be made", path.display())
            }
            Self::NotOurs { path } => {
                let path = path.display();
                write!(f, "{path}: not written by sshwire, so the ring does not overwrite it; move it away")
            }
            Self::Open { path, error } => write!(f, "{}: cannot be written: {error}", path.display()),
            Self::NoRoom { path, wanted, available } => {
                let (path, wanted, available) = (path.display(), wanted.div_ceil(1_000_000), available / 1_000_000);
                write!(f, "{path}: a ring of {wanted} MB does not fit: its disk has {available} MB for it")
            }
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
            Self::Open { error, .. } | Self::Write { error, .. } => Some(error),
            _ => None,
        }
    }
}
