//! What the user named in, inputs to read out: folders become the captures in them.

use super::error::SourceError;
use super::folder::{Folder, FoundFile};
use super::skipped::Skipped;
use super::{compression, window};
use crate::limits::FOLDER_DEPTH;
use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One capture to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Standard input, named `-`.
    Stdin,
    /// A file, FIFO or device that was named.
    File(PathBuf),
    /// A file that was found in a folder.
    Found(FoundFile),
}

impl Input {
    /// Its path; none for standard input.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdin => None,
            Self::File(path) => Some(path),
            Self::Found(found) => Some(found.path()),
        }
    }
}

/// What the named paths stand for.
#[derive(Debug, Default)]
pub struct Expansion {
    /// Captures, in the order in which they were named; those of a folder in the order of their names. Each once.
    pub inputs: Vec<Input>,
    /// What was named and is not there, cannot be looked at, or is a folder without captures.
    pub refused: Vec<SourceError>,
    /// Files and folders inside folders that could not be looked at.
    pub unreadable: Vec<SourceError>,
    /// What the search left out, for each named folder that has captures.
    pub skipped: Vec<Skipped>,
}

/// Turns named paths into inputs: a folder into the captures in it and below (recognised by their first bytes, compressed
/// ones too), everything else into itself. A file that is named twice, or found by two ways, is read once.
///
/// A named path is followed wherever it leads. Symbolic links inside a named folder are not: a target in the same folder is found
/// anyway, and one outside may be the whole machine.
pub fn expand(paths: &[PathBuf]) -> Expansion {
    let mut walk = Walk::default();
    for path in paths {
        if path.as_os_str() == "-" {
            walk.add_stdin();
        } else if let Err(error) = walk.add(path) {
            walk.found.refused.push(error);
        }
    }
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Expansion,
    /// Standard input is among the inputs.
    stdin: bool,
    /// Files met before by their canonical path, and whether they are captures.
    files: HashMap<PathBuf, bool>,
}

impl Walk {
    fn add_stdin(&mut self) {
        if !std::mem::replace(&mut self.stdin, true) {
            self.found.inputs.push(Input::Stdin);
        }
    }

    fn add(&mut self, path: &Path) -> Result<(), SourceError> {
        let fail = |error| SourceError::from_io(&path.display().to_string(), error);
        if path.metadata().map_err(fail)?.is_dir() {
            return self.add_folder(path);
        }
        // A path like /dev/fd/63 has no canonical form but can be read.
        let canonical = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        // A file that a folder passed over is taken when it is named: opening it will say what is wrong with it.
        if self.files.insert(canonical, true) != Some(true) {
            self.found.inputs.push(Input::File(path.to_owned()));
        }
        Ok(())
    }

    /// Walks a folder and those in it, without recursion: a deep tree must not exhaust the stack.
    fn add_folder(&mut self, path: &Path) -> Result<(), SourceError> {
        let fail = |error| SourceError::from_io(&path.display().to_string(), error);
        let top = Arc::new(Folder::open(path).map_err(fail)?);
        let mut levels = vec![Level { within: PathBuf::new(), names: top.names(Path::new("")).map_err(fail)? }];
        let (mut skipped, mut captures, unreadable) = (Skipped::new(path), 0_u64, self.found.unreadable.len());
        while let Some(level) = levels.last_mut() {
            let Some(name) = level.names.pop() else {
                levels.pop();
                continue;
            };
            let within = level.within.join(name);
            match self.entry(&top, &within, levels.len(), &mut skipped) {
                Ok(Entry::Capture) => captures += 1,
                Ok(Entry::Folder(names)) => levels.push(Level { within, names }),
                Ok(Entry::Other) => {}
                Err(error) => {
                    self.found.unreadable.push(SourceError::from_io(&top.path(&within).display().to_string(), error));
                }
            }
        }
        if captures == 0 && self.found.unreadable.len() == unreadable {
            let path = path.display().to_string();
            return Err(SourceError::FolderWithoutCaptures { path, skipped: Box::new(skipped) });
        }
        if !skipped.is_empty() {
            self.found.skipped.push(skipped);
        }
        Ok(())
    }

    fn entry(&mut self, top: &Arc<Folder>, within: &Path, depth: usize, skipped: &mut Skipped) -> io::Result<Entry> {
        let path = top.path(within);
        let kind = path.symlink_metadata()?.file_type();
        if kind.is_symlink() {
            look_along(top, &path, skipped);
            return Ok(Entry::Other);
        }
        if kind.is_dir() {
            if depth > FOLDER_DEPTH {
                skipped.too_deep(&path);
                return Ok(Entry::Other);
            }
            return top.names(within).map(Entry::Folder);
        }
        let canonical = top.canonical(within);
        let capture = match self.files.get(&canonical) {
            Some(&capture) => capture,
            None => {
                // A FIFO or socket in a folder: opening it could wait for ever.
                let file = if kind.is_file() { top.file(within)? } else { None };
                let capture = file.is_some_and(|file| compression::open("", window::Input::File(file)).is_ok());
                self.files.insert(canonical, capture);
                if capture {
                    self.found.inputs.push(Input::Found(FoundFile::new(top, within)));
                }
                capture
            }
        };
        if !capture {
            skipped.other(&path);
            return Ok(Entry::Other);
        }
        Ok(Entry::Capture)
    }
}

/// Notes where a symbolic link leads, unless that is in the folder, where it is found anyway.
fn look_along(top: &Folder, link: &Path, skipped: &mut Skipped) {
    let written = || link.read_link().unwrap_or_default();
    match link.canonicalize() {
        Ok(target) if top.holds(&target) => {}
        Ok(target) => skipped.link_out(link, &target),
        // What is searched can be looked at, so this is elsewhere.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => skipped.link_out(link, &written()),
        Err(_) => skipped.link_nowhere(link, &written()),
    }
}

/// A folder on the way down.
struct Level {
    within: PathBuf,
    /// What is in it and was not looked at yet. Names alone: paths of a deep tree would take far more.
    names: Vec<OsString>,
}

/// What stands in a folder.
enum Entry {
    Capture,
    Folder(Vec<OsString>),
    Other,
}
