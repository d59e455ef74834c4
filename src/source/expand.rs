//! What the user named in, inputs to read out: folders become the captures in them.

use super::error::SourceError;
use super::{compression, window};
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// One capture to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Standard input, named `-`.
    Stdin,
    /// A file, FIFO or device.
    File(PathBuf),
}

/// What the named paths stand for.
#[derive(Debug, Default)]
pub struct Expansion {
    /// Captures, in the order in which they were named; those of a folder in the order of their names. Each once.
    pub inputs: Vec<Input>,
    /// Files in folders that are no captures.
    pub passed_over: u64,
    /// What was named and is not there, cannot be looked at, or is a folder without captures.
    pub refused: Vec<SourceError>,
    /// Files and folders inside folders that could not be looked at.
    pub unreadable: Vec<SourceError>,
}

/// Turns named paths into inputs: a folder into the captures in it and below (recognised by their first bytes, compressed
/// ones too), everything else into itself. A file that is named twice, or found by two ways, is read once.
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
    /// Folders of the present walk: what ends a loop of links.
    folders: HashSet<PathBuf>,
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
    fn add_folder(&mut self, top: &Path) -> Result<(), SourceError> {
        let fail = |error| SourceError::from_io(&top.display().to_string(), error);
        let mut pending = sorted(top).map_err(fail)?;
        self.folders = HashSet::from([top.canonicalize().map_err(fail)?]);
        let (mut captures, mut others, unreadable) = (0_u64, 0_u64, self.found.unreadable.len());
        while let Some(path) = pending.pop() {
            match self.entry(&path, &mut pending) {
                Ok(Entry::Capture) => captures += 1,
                Ok(Entry::Other) => others += 1,
                Ok(Entry::Folder) => {}
                Err(error) => self.found.unreadable.push(SourceError::from_io(&path.display().to_string(), error)),
            }
        }
        if captures == 0 && self.found.unreadable.len() == unreadable {
            return Err(SourceError::FolderWithoutCaptures { path: top.display().to_string(), passed_over: others });
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, pending: &mut Vec<PathBuf>) -> io::Result<Entry> {
        let metadata = match path.metadata() {
            // A link that leads nowhere.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self.pass_over()),
            other => other?,
        };
        let canonical = path.canonicalize()?;
        if metadata.is_dir() {
            if self.folders.insert(canonical) {
                pending.append(&mut sorted(path)?);
            }
            return Ok(Entry::Folder);
        }
        // A FIFO or socket in a folder: opening it could wait for ever.
        if !metadata.is_file() {
            return Ok(self.pass_over());
        }
        if let Some(&capture) = self.files.get(&canonical) {
            return Ok(if capture { Entry::Capture } else { Entry::Other });
        }
        let capture = compression::open("", window::Input::File(File::open(path)?)).is_ok();
        self.files.insert(canonical, capture);
        if !capture {
            return Ok(self.pass_over());
        }
        self.found.inputs.push(Input::File(path.to_owned()));
        Ok(Entry::Capture)
    }

    fn pass_over(&mut self) -> Entry {
        self.found.passed_over += 1;
        Entry::Other
    }
}

/// What stands in a folder.
enum Entry {
    Capture,
    Other,
    Folder,
}

/// Entries of a folder, the first one last, as a stack wants them.
fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort_unstable_by(|a, b| b.cmp(a));
    Ok(entries)
}
