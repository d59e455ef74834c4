//! Why a file cannot be written. Each prints as one line: where, what, what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A file cannot be opened, or not be put in its place.
#[derive(Debug)]
#[non_exhaustive]
pub enum OutputError {
    /// There is such a file already.
    Exists {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// It is no regular file, or one with a second name.
    NotRegular {
        /// The path that was asked for.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// The path ends in a symbolic link, or another user's symbolic link is in it.
    Link {
        /// The path that was asked for.
        path: PathBuf,
        /// The link.
        link: PathBuf,
        /// User id of its owner.
        owner: u32,
    },
    /// It belongs to somebody else.
    Foreign {
        /// The path that was asked for.
        path: PathBuf,
        /// User id of its owner.
        owner: u32,
    },
    /// The file descriptor that was named is not open.
    Closed {
        /// Its name.
        path: PathBuf,
    },
    /// The user wanted the program to end while it waited for a reader.
    Interrupted {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// The complete file could not get its name.
    NotRenamed {
        /// The path that was asked for.
        path: PathBuf,
        /// Where the complete file is.
        partial: PathBuf,
        /// The system's answer.
        error: io::Error,
    },
    /// Another process that was to rename the file says why it could not.
    Relayed {
        /// Its words, one line.
        line: String,
    },
    /// Any other answer of the system.
    Io {
        /// The path that was asked for.
        path: PathBuf,
        /// The answer.
        error: io::Error,
    },
}

impl OutputError {
    pub(super) fn io(path: &Path, error: io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }

    pub(super) fn not_regular(path: &Path, what: &'static str) -> Self {
        Self::NotRegular { path: path.to_owned(), what }
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists { path } => {
                write!(f, "{}: exists already; name another file, or add --overwrite", path.display())
            }
            Self::NotRegular { path, what } => {
                write!(f, "{}: is {what}; name a regular file, or one to be made", path.display())
            }
            Self::Link { path, link, owner } if path == link => {
                write!(f, "{}: is a symbolic link of {}; name the file that it leads to", path.display(), user(*owner))
            }
            Self::Link { path, link, owner } => write!(
                f,
                "{}: {} is a symbolic link of {}, which may lead anywhere; name the folder that it leads to",
                path.display(),
                link.display(),
                user(*owner)
            ),
            Self::Foreign { path, owner } => {
                let owner = user(*owner);
                write!(f, "{}: belongs to {owner}, who could read what is written; name another file", path.display())
            }
            Self::Closed { path } => write!(f, "{}: is not open; name a file", path.display()),
            Self::Interrupted { path } => write!(f, "{}: interrupted before anything read from it", path.display()),
            Self::NotRenamed { path, partial, error } => write!(
                f,
                "{}: cannot be put in its place: {error}; the complete file is {}",
                path.display(),
                partial.display()
            ),
            Self::Relayed { line } => f.write_str(line),
            Self::Io { path, error } => write!(f, "{}: cannot be written: {error}", path.display()),
        }
    }
}

impl std::error::Error for OutputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotRenamed { error, .. } | Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// A user by name, where this machine knows one.
fn user(id: u32) -> String {
    let known = nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(id)).ok().flatten();
    known.map_or_else(|| format!("user {id}"), |user| user.name)
}
