//! Why an input cannot be read at all. Each prints as one line: where, what, what to do.

use super::skipped::Skipped;
use std::fmt;
use std::io::{self, ErrorKind};

/// An input that cannot be read. Damage inside a capture is no error but a [`super::Warning`].
#[derive(Debug)]
#[non_exhaustive]
pub enum SourceError {
    /// No such file or folder.
    NotFound {
        /// The path that was asked for.
        path: String,
    },
    /// The system does not allow to read it.
    Permission {
        /// The path that was asked for.
        path: String,
        /// The system's answer.
        error: io::Error,
    },
    /// Not a single byte.
    Empty {
        /// The path that was asked for.
        path: String,
    },
    /// A capture may begin there, but not even its header is complete.
    TooShort {
        /// The path that was asked for.
        path: String,
        /// Bytes that are there (after decompression).
        bytes: u64,
    },
    /// Something else than a capture.
    NotACapture {
        /// The path that was asked for.
        path: String,
        /// What it looks like, with its article: "a PNG image".
        hint: &'static str,
    },
    /// A capture in a format (or compression) that is not read.
    UnsupportedFormat {
        /// The path that was asked for.
        path: String,
        /// Name of the format.
        format: &'static str,
        /// What turns it into something readable.
        remedy: &'static str,
    },
    /// A folder in place of a file.
    Folder {
        /// The path that was asked for.
        path: String,
    },
    /// A folder without a single capture in it.
    FolderWithoutCaptures {
        /// The path that was asked for.
        path: String,
        /// What the search left out.
        skipped: Box<Skipped>,
    },
    /// Compression inside compression, deeper than [`crate::limits::COMPRESSION_DEPTH`].
    CompressedTooOften {
        /// The path that was asked for.
        path: String,
    },
    /// Any other answer of the system or of a decompressor.
    Io {
        /// The path that was asked for.
        path: String,
        /// The answer.
        error: io::Error,
    },
}

impl SourceError {
    pub(super) fn from_io(path: &str, error: io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::NotFound => Self::NotFound { path },
            ErrorKind::PermissionDenied => Self::Permission { path, error },
            _ => Self::Io { path, error },
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { path } => write!(f, "{path}: no such file or folder"),
            Self::Permission { path, error } => {
                write!(f, "{path}: {error}; run as a user who may read it, or change its mode")
            }
            Self::Empty { path } => write!(f, "{path}: empty; check that the capturing program has written to it"),
            Self::TooShort { path, bytes } => write!(
                f,
                "{path}: ends after {bytes} bytes, before the end of its header; it was cut off or is still being written"
            ),
            Self::NotACapture { path, hint } => write!(
                f,
                "{path}: not a capture but {hint}; give a pcap or pcapng file (plain, or compressed with gzip, zstd or lz4)"
            ),
            Self::UnsupportedFormat { path, format, remedy } => {
                write!(f, "{path}: {format} is not supported; {remedy}")
            }
            Self::Folder { path } => write!(f, "{path}: a folder, not a file; name the captures in it"),
            Self::FolderWithoutCaptures { path, skipped } => {
                write!(f, "{path}: no captures in this folder; give pcap or pcapng files")?;
                if skipped.is_empty() { Ok(()) } else { write!(f, " ({})", skipped.words()) }
            }
            Self::CompressedTooOften { path } => {
                write!(f, "{path}: compressed more than twice; decompress it first")
            }
            Self::Io { path, error } => write!(f, "{path}: cannot be read: {error}"),
        }
    }
}

impl std::error::Error for SourceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Permission { error, .. } | Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}
