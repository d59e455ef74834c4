//! A file that gets its name when it is complete.

use super::folder::{Folder, Kind, LOOK_INTO};
use super::{OutputError, Rules, hand_over};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, linkat, openat, renameat, renameat_with, unlinkat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Names tried for an incomplete file: runs that were killed may have left some.
const NAMES: usize = 100;

/// A file under the name `NAME.partial`, and the name that it is to get. Dropped, it is removed.
#[derive(Debug)]
pub struct Pending {
    folder: Folder,
    partial: OsString,
    overwrite: bool,
    /// Another descriptor of the file; none where another process writes it.
    file: Option<File>,
    over: bool,
}

impl Pending {
    pub(super) fn new(folder: Folder, mode: Mode, rules: &Rules) -> Result<(File, Self), OutputError> {
        let failed = |error: io::Error| OutputError::io(folder.path(), error);
        let (partial, file) = create_partial(&folder, mode).map_err(failed)?;
        let pending = |file| Self { folder, partial, overwrite: rules.overwrite, file, over: false };
        match hand_over(&file, rules).and_then(|()| file.try_clone()) {
            Ok(again) => Ok((file, pending(Some(again)))),
            Err(error) => {
                let pending = pending(None);
                Err(OutputError::io(pending.folder.path(), error))
            }
        }
    }

    /// Where the file is while it is incomplete.
    pub fn partial(&self) -> PathBuf {
        self.folder.path().with_file_name(&self.partial)
    }

    /// Gives the file its name. What was written to it is on the disk before that.
    ///
    /// # Errors
    /// When there is such a file by now that must not be replaced, or the system refuses. The complete file is left under the
    /// other name then.
    pub fn commit(mut self) -> Result<(), OutputError> {
        self.over = true;
        if let Some(file) = &self.file {
            sync(file).map_err(|error| self.not_renamed(error))?;
        }
        let taken = || self.not_renamed(io::Error::from(ErrorKind::AlreadyExists));
        let replaces = match self.folder.look() {
            Ok(None) => false,
            Ok(Some(found)) if found.kind == Kind::File && (self.overwrite || found.is_own_and_empty()) => true,
            _ => return Err(taken()),
        };
        let done = if replaces { self.replace() } else { self.rename() };
        done.map_err(|error| self.not_renamed(error.into()))
    }

    fn not_renamed(&self, error: io::Error) -> OutputError {
        OutputError::NotRenamed { path: self.folder.path().to_owned(), partial: self.partial(), error }
    }

    fn replace(&self) -> Result<(), Errno> {
        let folder = self.folder.descriptor();
        renameat(folder, &*self.partial, folder, self.folder.name())
    }

    /// Fails if there is a file of that name. Not every file system can rename so; most that cannot have hard links.
    fn rename(&self) -> Result<(), Errno> {
        let (folder, partial, name) = (self.folder.descriptor(), &*self.partial, self.folder.name());
        match renameat_with(folder, partial, folder, name, RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            done => return done,
        }
        match linkat(folder, partial, folder, name, AtFlags::empty()) {
            Ok(()) => unlinkat(folder, partial, AtFlags::empty()),
            Err(Errno::EXIST) => Err(Errno::EXIST),
            Err(_) => self.replace(),
        }
    }

    /// Leaves it to a process of its own to give the file its name, for a program that gives up the right to. That process
    /// is started by `command` (this program again) in the folder of the file, and calls [`Self::adopt`] there.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn delegate(mut self, mut command: Command) -> io::Result<Delegated> {
        let back = openat(CWD, ".", LOOK_INTO | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        if self.overwrite {
            command.arg("--overwrite");
        }
        command.arg("--").arg(&self.partial).arg(self.folder.name()).arg(self.folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // By its descriptor: the path may lead elsewhere by now.
        rustix::process::fchdir(self.folder.descriptor())?;
        let started = command.spawn();
        rustix::process::fchdir(&back)?;
        let child = started?;
        self.over = true;
        Ok(Delegated { path: self.folder.path().to_owned(), partial: self.partial(), file: self.file.take(), child })
    }

    /// Takes over a file of the current folder that another process writes: what [`Self::delegate`] started does this.
    /// `path` is how its user named it.
    ///
    /// # Errors
    /// When the folder cannot be opened.
    pub fn adopt(partial: &OsStr, name: &OsStr, path: &Path, overwrite: bool) -> Result<Self, OutputError> {
        let folder = Folder::current(name, path)?;
        Ok(Self { folder, partial: partial.to_owned(), overwrite, file: None, over: true })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.over {
            // What cannot be removed shows by its name what it is.
            let _ = unlinkat(self.folder.descriptor(), &*self.partial, AtFlags::empty());
        }
    }
}

/// A file whose name another process gives it. Where that process hears nothing, the incomplete file stays.
#[derive(Debug)]
pub struct Delegated {
    path: PathBuf,
    partial: PathBuf,
    file: Option<File>,
    child: Child,
}

impl Delegated {
    /// Process id of the other process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Where the file is while it is incomplete.
    pub fn partial(&self) -> &Path {
        &self.partial
    }

    /// Has the file renamed.
    ///
    /// # Errors
    /// As [`Pending::commit`].
    pub fn commit(mut self) -> Result<(), OutputError> {
        let answer = self.file.as_ref().map_or(Ok(()), sync).and_then(|()| self.ask());
        match answer {
            Ok(answer) if answer == DONE => Ok(()),
            Ok(line) if !line.is_empty() => Err(OutputError::Relayed { line }),
            Ok(_) => Err(self.not_renamed(io::Error::other("the process that was to do it is gone"))),
            Err(error) => Err(self.not_renamed(error)),
        }
    }

    fn ask(&mut self) -> io::Result<String> {
        let gone = || io::Error::from(ErrorKind::BrokenPipe);
        self.child.stdin.take().ok_or_else(gone)?.write_all(COMMIT)?;
        let mut answer = String::new();
        self.child.stdout.take().ok_or_else(gone)?.read_to_string(&mut answer)?;
        Ok(answer)
    }

    fn not_renamed(&self, error: io::Error) -> OutputError {
        OutputError::NotRenamed { path: self.path.clone(), partial: self.partial.clone(), error }
    }
}

/// What the writer of a file says when it is complete.
const COMMIT: &[u8] = b"commit\n";
/// What it is answered when the file has its name; anything else is an error in words.
const DONE: &str = "done\n";

/// The life of the process that [`Pending::delegate`] started: waits for the word, renames, answers. Without the word
/// (the writer is gone) nothing happens.
///
/// # Errors
/// When the answer cannot be given.
pub fn serve(pending: Pending, mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let mut word = [0; COMMIT.len()];
    match from.read_exact(&mut word) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
        done => done?,
    }
    let answer = match pending.commit() {
        Ok(()) => DONE.to_owned(),
        Err(error) => error.to_string(),
    };
    to.write_all(answer.as_bytes())?;
    to.flush()
}

fn create_partial(folder: &Folder, mode: Mode) -> io::Result<(OsString, File)> {
    for number in 1..=NAMES {
        let mut name = folder.name().to_owned();
        name.push(".partial");
        if number > 1 {
            name.push(format!("-{number}"));
        }
        match folder.create(&name, mode) {
            Ok(file) => return Ok((name, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other(format!("there are {NAMES} files of that name with .partial behind it; remove them")))
}

/// What cannot be synced because it is no disk needs no syncing.
fn sync(file: &File) -> io::Result<()> {
    match file.sync_data() {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        done => done,
    }
}
