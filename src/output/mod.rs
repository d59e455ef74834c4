//! Every file that this program writes is opened here, and used through its descriptor from then on: whoever owns a folder
//! can make a path lead elsewhere at any time, a descriptor stays what it is.
//!
//! - The folder of a file is resolved without following symbolic links of other users (`folder`).
//! - A new file is created exclusively (`O_CREAT | O_EXCL`). An existing file is never opened for writing: it is replaced by
//!   renaming a new one. The one exception is a file of a ring, which must belong to the user who runs the program.
//! - A report gets its name when it is complete; until then it is `NAME.partial`.
//! - Everything else that takes bytes (standard output, FIFOs, devices) is a [`Stream`].

mod error;
mod folder;
mod pending;
mod stream;

pub use error::OutputError;
pub use pending::{Delegated, Pending, serve};
pub use stream::{Stream, Waiting};

use folder::{Folder, Kind};
use rustix::fs::{Gid, Mode, OFlags, Uid, fchmod, fchown, fstat};
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// Packets: their owner alone (mode 0600).
    Packets,
    /// Reports: everybody that the umask does not exclude (mode 0644).
    Report,
}

impl Privacy {
    fn mode(self) -> Mode {
        Mode::from_raw_mode(match self {
            Self::Packets => 0o600,
            Self::Report => 0o644,
        })
    }
}

/// The user and group that root gives its files to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// User id.
    pub user: u32,
    /// Group id.
    pub group: u32,
}

/// How a file is to be opened.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Who may read it.
    pub privacy: Privacy,
    /// An existing regular file may be replaced.
    pub overwrite: bool,
    /// Who is to own it; none for the user who runs the program. Only root can give files away.
    pub owner: Option<Owner>,
    /// What to do while a FIFO has no reader.
    pub waiting: Waiting,
}

impl Rules {
    /// Nothing is replaced or given away, and nothing ends the wait for a reader.
    pub fn new(privacy: Privacy) -> Self {
        Self { privacy, overwrite: false, owner: None, waiting: Waiting::default() }
    }
}

/// What was opened.
#[derive(Debug)]
pub enum Opened {
    /// A new, empty regular file, and what gives it its name; none if it has its name already.
    File(File, Option<Pending>),
    /// Anything else that takes bytes.
    Stream(Stream),
}

/// Opens an output that grows under its own name, such as a capture: a new file has its name at once; one that replaces
/// another gets it from [`Pending::commit`], when the caller has written what it begins with.
///
/// # Errors
/// One line for the user: the file exists, is no file, is a symbolic link, cannot be made.
pub fn create(path: &Path, rules: &Rules) -> Result<Opened, OutputError> {
    open(path, rules, false)
}

/// Opens an output that is worth nothing before it is complete, such as a report: it gets its name from
/// [`Pending::commit`].
///
/// # Errors
/// As [`create`].
pub fn create_pending(path: &Path, rules: &Rules) -> Result<Opened, OutputError> {
    open(path, rules, true)
}

fn open(path: &Path, rules: &Rules, always_pending: bool) -> Result<Opened, OutputError> {
    if let Some(stream) = Stream::of_descriptor(path, &rules.waiting) {
        return if rules.overwrite {
            Err(OutputError::not_regular(path, "an open descriptor"))
        } else {
            stream.map(Opened::Stream)
        };
    }
    let folder = Folder::of(path)?;
    let exists = || OutputError::Exists { path: path.to_owned() };
    let mode = rules.privacy.mode();
    let replaced = match folder.look()? {
        None => None,
        Some(found) => match found.kind {
            Kind::File if rules.overwrite || found.is_own_and_empty() => Some(found.restrict(mode)),
            Kind::File => return Err(exists()),
            Kind::Stream(_) if !rules.overwrite => {
                return Stream::open(&folder, rules).map(Opened::Stream);
            }
            kind => return Err(OutputError::not_regular(path, kind.words())),
        },
    };
    if always_pending || replaced.is_some() {
        let (file, pending) = Pending::new(folder, replaced.unwrap_or(mode), rules)?;
        return Ok(Opened::File(file, Some(pending)));
    }
    match folder.create(folder.name(), mode) {
        Ok(file) => {
            hand_over(&file, rules).map(|()| Opened::File(file, None)).map_err(|error| OutputError::io(path, error))
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(exists()),
        Err(error) => Err(OutputError::io(path, error)),
    }
}

/// Opens a file of a ring for reading and writing: a new one, or one that an earlier run left, which must be a regular file
/// with one name that belongs to the user who runs the program or to `rules.owner`. Somebody else could have it open.
/// Nothing is changed before [`take_over`].
///
/// # Errors
/// As [`create`].
pub fn open_ring_file(path: &Path, rules: &Rules) -> Result<File, OutputError> {
    let failed = |error: std::io::Error| OutputError::io(path, error);
    let folder = Folder::of(path)?;
    if folder.look()?.is_none() {
        match folder.create(folder.name(), rules.privacy.mode()) {
            Ok(file) => return Ok(file),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
    }
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(folder.open(flags).map_err(|error| folder.refused(error.into()))?);
    let stat = fstat(&file).map_err(|error| failed(error.into()))?;
    let kind = Kind::of(&stat);
    if kind != Kind::File {
        return Err(OutputError::not_regular(path, kind.words()));
    }
    if stat.st_nlink != 1 {
        return Err(OutputError::not_regular(path, "a file with a second name"));
    }
    let ours = |user: u32| user == folder::effective_user() || rules.owner.is_some_and(|owner| owner.user == user);
    if !ours(stat.st_uid) {
        return Err(OutputError::Foreign { path: path.to_owned(), owner: stat.st_uid });
    }
    Ok(file)
}

/// Makes a file of a ring what a new one would be: nobody else may read it, and it has its owner.
///
/// # Errors
/// When the system refuses.
pub fn take_over(file: &File, rules: &Rules) -> std::io::Result<()> {
    fchmod(file, rules.privacy.mode())?;
    hand_over(file, rules)
}

/// Gives a file to whom it is to belong, by its descriptor.
fn hand_over(file: &impl AsFd, rules: &Rules) -> std::io::Result<()> {
    let Some(Owner { user, group }) = rules.owner else { return Ok(()) };
    Ok(fchown(file, Some(Uid::from_raw(user)), Some(Gid::from_raw(group)))?)
}
