//! The folder that a file is in, as a descriptor, and the name of the file in it.

use super::OutputError;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, statat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

/// Symbolic links followed in one path, as many as Linux follows (`path_resolution(7)`).
const LINKS: usize = 40;

/// A folder is only looked into, never read: `x` is enough, as it is for the kernel.
#[cfg(target_os = "linux")]
pub(super) const LOOK_INTO: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
pub(super) const LOOK_INTO: OFlags = OFlags::RDONLY;

/// A folder, and a name in it.
#[derive(Debug)]
pub(super) struct Folder {
    descriptor: OwnedFd,
    name: OsString,
    /// As the user named it.
    path: PathBuf,
}

/// What stands at a place already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A regular file.
    File,
    /// A FIFO or a character device, in words.
    Stream(&'static str),
    /// Anything else, in words.
    Other(&'static str),
}

impl Kind {
    pub fn of(stat: &Stat) -> Self {
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Self::File,
            FileType::Fifo => Self::Stream("a FIFO"),
            FileType::CharacterDevice => Self::Stream("a device"),
            FileType::BlockDevice => Self::Other("a block device"),
            FileType::Directory => Self::Other("a folder"),
            FileType::Socket => Self::Other("a socket"),
            _ => Self::Other("not a file"),
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::File => "a file",
            Self::Stream(words) | Self::Other(words) => words,
        }
    }
}

/// What stands under the name of a file to be written.
#[derive(Debug)]
pub(super) struct Found {
    pub kind: Kind,
    owner: u32,
    size: u64,
    mode: Mode,
}

impl Found {
    /// What others could not read they cannot read in what replaces it.
    pub fn restrict(&self, mode: Mode) -> Mode {
        mode & self.mode
    }

    /// As `mktemp` makes one: nothing is lost when it is replaced.
    pub fn is_own_and_empty(&self) -> bool {
        self.size == 0 && self.owner == effective_user()
    }
}

/// The user that the kernel takes this process for.
pub(super) fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

impl Folder {
    /// The folder of a file. Links in its path are followed if they belong to root or to the user who runs the program;
    /// another user's link could lead anywhere, and somewhere else at any moment.
    pub fn of(path: &Path) -> Result<Self, OutputError> {
        let name = match path.components().next_back() {
            Some(Component::Normal(name)) if !path.as_os_str().as_encoded_bytes().ends_with(b"/") => name.to_owned(),
            _ => return Err(OutputError::not_regular(path, "a folder")),
        };
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let descriptor = match without_links(parent) {
            Ok(descriptor) => descriptor,
            Err(Errno::LOOP | Errno::NOSYS | Errno::PERM | Errno::INVAL) => by_component(parent, path)?,
            Err(error) => return Err(OutputError::io(path, error.into())),
        };
        Ok(Self { descriptor, name, path: path.to_owned() })
    }

    /// The current folder, with a file that its user named like this.
    pub fn current(name: &OsStr, path: &Path) -> Result<Self, OutputError> {
        let flags = LOOK_INTO | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let descriptor = openat(CWD, ".", flags, Mode::empty()).map_err(|error| OutputError::io(path, error.into()))?;
        Ok(Self { descriptor, name: name.to_owned(), path: path.to_owned() })
    }

    pub fn name(&self) -> &OsStr {
        &self.name
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn descriptor(&self) -> &OwnedFd {
        &self.descriptor
    }

    /// What stands under the name; a symbolic link is an error that says whose it is.
    pub fn look(&self) -> Result<Option<Found>, OutputError> {
        let stat = match statat(&self.descriptor, &*self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(OutputError::io(&self.path, error.into())),
        };
        if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
            return Err(OutputError::Link { path: self.path.clone(), link: self.path.clone(), owner: stat.st_uid });
        }
        let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
        let mode = Mode::from_raw_mode(stat.st_mode);
        Ok(Some(Found { kind: Kind::of(&stat), owner: stat.st_uid, size, mode }))
    }

    /// Makes a file in the folder that was not there before.
    pub fn create(&self, name: &OsStr, mode: Mode) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(openat(&self.descriptor, name, flags, mode)?))
    }

    /// Opens what stands under the name.
    pub fn open(&self, flags: OFlags) -> Result<OwnedFd, Errno> {
        openat(&self.descriptor, &*self.name, flags, Mode::empty())
    }

    /// The error of [`Self::open`] in words: a link that was laid there since the look is one as well.
    pub fn refused(&self, error: io::Error) -> OutputError {
        match self.look() {
            Err(link @ OutputError::Link { .. }) => link,
            _ => OutputError::io(&self.path, error),
        }
    }
}

/// Opens a folder whose path has no symbolic link; `ELOOP` if it has one, `ENOSYS` on kernels before 5.6.
#[cfg(target_os = "linux")]
fn without_links(folder: &Path) -> Result<OwnedFd, Errno> {
    use rustix::fs::{ResolveFlags, openat2};
    let flags = LOOK_INTO | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat2(CWD, folder, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS)
}

#[cfg(not(target_os = "linux"))]
fn without_links(_folder: &Path) -> Result<OwnedFd, Errno> {
    Err(Errno::NOSYS)
}

/// Opens a folder one component after the other, each without following links; a link is read and its target walked the
/// same way, if its owner is to be trusted.
fn by_component(folder: &Path, path: &Path) -> Result<OwnedFd, OutputError> {
    let failed = |error: Errno| OutputError::io(path, error.into());
    let flags = LOOK_INTO | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let start = |from: &Path| openat(CWD, from, flags, Mode::empty()).map_err(failed);
    let mut current = start(Path::new("."))?;
    let mut walked = PathBuf::new();
    let mut ahead = reversed(folder);
    let mut links = 0;
    while let Some(component) = ahead.pop() {
        let parent = walked.clone();
        walked.push(&component);
        if component == "/" {
            current = start(Path::new("/"))?;
            continue;
        }
        match openat(&current, &*component, flags | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(next) => current = next,
            Err(error @ (Errno::LOOP | Errno::NOTDIR)) => {
                let Some((owner, target)) = link(&current, &component).map_err(failed)? else {
                    return Err(failed(error));
                };
                links += 1;
                if owner != 0 && owner != effective_user() {
                    return Err(OutputError::Link { path: path.to_owned(), link: walked, owner });
                }
                if links > LINKS {
                    return Err(failed(Errno::LOOP));
                }
                walked = parent;
                ahead.extend(reversed(&target));
            }
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(current)
}

/// The components of a path, the first one last, as a stack wants them.
fn reversed(path: &Path) -> Vec<OsString> {
    path.components().rev().map(|component| component.as_os_str().to_owned()).collect()
}

/// Owner and target of a symbolic link; none if it is something else.
#[cfg(target_os = "linux")]
fn link(folder: &OwnedFd, name: &OsStr) -> Result<Option<(u32, PathBuf)>, Errno> {
    // Both are asked of one descriptor: nobody can change the link in between.
    let descriptor = openat(folder, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    let stat = fstat(&descriptor)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
        return Ok(None);
    }
    target(&descriptor, OsStr::new("")).map(|target| Some((stat.st_uid, target)))
}

#[cfg(not(target_os = "linux"))]
fn link(folder: &OwnedFd, name: &OsStr) -> Result<Option<(u32, PathBuf)>, Errno> {
    let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
        return Ok(None);
    }
    target(folder, name).map(|target| Some((stat.st_uid, target)))
}

fn target(folder: &impl AsFd, name: &OsStr) -> Result<PathBuf, Errno> {
    let target = readlinkat(folder, name, Vec::new())?;
    Ok(PathBuf::from(OsString::from_vec(target.into_bytes())))
}
