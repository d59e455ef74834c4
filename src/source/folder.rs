//! A folder that is searched. What is in it is opened without following symbolic links, so that a user who may change the folder
//! cannot lead a search by root to other places.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder that the user named. Paths of what is in it are relative to it; the empty path is the folder itself.
pub(super) struct Folder {
    path: PathBuf,
    canonical: PathBuf,
    #[cfg(unix)]
    descriptor: File,
}

impl Folder {
    /// Opens it, through symbolic links too: the user asked for it.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            canonical: path.canonicalize()?,
            #[cfg(unix)]
            descriptor: File::open(path)?,
        })
    }

    /// The path of something in it as the user would write it.
    pub fn path(&self, within: &Path) -> PathBuf {
        self.path.join(within)
    }

    /// The canonical path of something in it that was reached without symbolic links.
    pub fn canonical(&self, within: &Path) -> PathBuf {
        self.canonical.join(within)
    }

    /// Whether this canonical path is the folder or lies in it.
    pub fn holds(&self, canonical: &Path) -> bool {
        canonical.starts_with(&self.canonical)
    }

    /// The names in it or in a folder below it, the first one last, as a stack wants them.
    pub fn names(&self, within: &Path) -> io::Result<Vec<OsString>> {
        let mut names = self.list(within)?;
        names.sort_unstable_by(|a, b| b.cmp(a));
        Ok(names)
    }

    #[cfg(unix)]
    fn list(&self, within: &Path) -> io::Result<Vec<OsString>> {
        use nix::dir::Dir;
        use nix::fcntl::OFlag;
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let mut folder = Dir::from_fd(self.open_within(within, OFlag::O_DIRECTORY)?)?;
        let mut names = Vec::new();
        for entry in folder.iter() {
            let entry = entry?;
            match entry.file_name().to_bytes() {
                b"." | b".." => {}
                name => names.push(OsStr::from_bytes(name).to_owned()),
            }
        }
        Ok(names)
    }

    #[cfg(not(unix))]
    fn list(&self, within: &Path) -> io::Result<Vec<OsString>> {
        std::fs::read_dir(self.path(within))?.map(|entry| Ok(entry?.file_name())).collect()
    }

    /// Opens a regular file; none for anything else.
    pub fn file(&self, within: &Path) -> io::Result<Option<File>> {
        // It may have become a FIFO or device since its kind was looked at: opening it must neither wait nor take a terminal.
        #[cfg(unix)]
        let file =
            File::from(self.open_within(within, nix::fcntl::OFlag::O_NONBLOCK.union(nix::fcntl::OFlag::O_NOCTTY))?);
        #[cfg(not(unix))]
        let file = File::open(self.path(within))?;
        Ok(file.metadata()?.is_file().then_some(file))
    }

    #[cfg(unix)]
    fn open_within(&self, within: &Path, flags: nix::fcntl::OFlag) -> nix::Result<std::os::fd::OwnedFd> {
        use nix::fcntl::{OFlag, openat};
        use nix::sys::stat::Mode;
        let within = if within.as_os_str().is_empty() { Path::new(".") } else { within };
        let flags = flags | OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        #[cfg(target_os = "linux")]
        {
            use nix::errno::Errno;
            use nix::fcntl::{OpenHow, ResolveFlag, openat2};
            let resolve = ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS;
            match openat2(&self.descriptor, within, OpenHow::new().flags(flags).resolve(resolve)) {
                // Linux before 5.6, or a container's filter that does not know this call.
                Err(Errno::ENOSYS | Errno::EPERM) => {}
                answer => return answer,
            }
        }
        // Here the folders on the way could still be replaced by links; the last part cannot.
        openat(&self.descriptor, within, flags | OFlag::O_NOFOLLOW, Mode::empty())
    }
}

/// A capture that the search of a folder found. It is read from where it was found, whatever its path leads to by then.
#[derive(Clone)]
pub struct FoundFile {
    folder: Arc<Folder>,
    within: PathBuf,
    path: PathBuf,
}

impl FoundFile {
    pub(super) fn new(folder: &Arc<Folder>, within: &Path) -> Self {
        Self { folder: Arc::clone(folder), within: within.to_owned(), path: folder.path(within) }
    }

    /// Its path, as the user would write it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it, if it still is a regular file of that folder.
    pub(super) fn open(&self) -> io::Result<File> {
        self.folder.file(&self.within)?.ok_or_else(|| io::Error::other("is no regular file any more"))
    }
}

impl fmt::Debug for FoundFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

impl PartialEq for FoundFile {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for FoundFile {}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_became_a_link_meanwhile_is_not_followed() {
        let place = std::env::temp_dir().join(format!("sshwire-folder-{}", std::process::id()));
        for name in ["in/d", "out"] {
            fs::create_dir_all(place.join(name)).unwrap();
            fs::write(place.join(name).join("x"), "").unwrap();
        }
        let folder = Arc::new(Folder::open(&place.join("in")).unwrap());
        let found = FoundFile::new(&folder, Path::new("d/x"));
        assert!(found.open().is_ok());
        assert_eq!(folder.names(Path::new("")).unwrap(), ["d"]);
        assert_eq!(folder.names(Path::new("d")).unwrap(), ["x"]);
        assert!(folder.file(Path::new("d/x")).unwrap().is_some());
        assert!(folder.file(Path::new("d")).unwrap().is_none(), "a folder is no file");

        fs::rename(place.join("in/d"), place.join("in/e")).unwrap();
        symlink("../out", place.join("in/d")).unwrap();
        symlink("../out/x", place.join("in/x")).unwrap();
        assert!(folder.names(Path::new("d")).is_err());
        assert!(folder.file(Path::new("x")).is_err());
        #[cfg(target_os = "linux")]
        assert!(folder.file(Path::new("d/x")).is_err() && found.open().is_err(), "a link on the way");
        fs::remove_dir_all(place).unwrap();
    }
}
