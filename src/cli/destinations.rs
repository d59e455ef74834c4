//! Where reports go, and in which format: what `--output` and `--format` mean together.

use super::args::FormatName;
use crate::report::Format;
use crate::source::Input;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// One report and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Destination {
    pub format: Format,
    pub place: Place,
}

/// Where a report goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Stdout,
    /// The terminal that is left where packets take standard output.
    #[cfg(live)]
    Stderr,
    File(PathBuf),
}

impl Destination {
    fn file(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) => Some(path),
            _ => None,
        }
    }
}

/// Whether a path is one of the names of standard output.
pub(super) fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path.as_os_str() == *name)
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Text => Self::Text,
            FormatName::Json => Self::Json,
            FormatName::Jsonl => Self::Jsonl,
        }
    }
}

/// A file's format is that of its extension, else what `--format` says. Standard output is written where no file is
/// asked for, or where `--format` is given as well as files that do not need it.
pub(super) fn destinations(files: &[PathBuf], named: Option<FormatName>) -> Result<Vec<Destination>, String> {
    let named = named.map(Format::from);
    let mut format_used = false;
    let mut destinations = Vec::new();
    for file in files {
        if is_stdout(file) {
            destinations.push(Destination { format: named.unwrap_or(Format::Text), place: Place::Stdout });
            format_used = true;
            continue;
        }
        let by_extension = file.extension().and_then(|extension| extension.to_str()).and_then(Format::of_extension);
        format_used |= by_extension.is_none();
        let format = by_extension.or(named).ok_or_else(|| {
            format!(
                "{}: the extension names no format; end it in .txt, .json or .jsonl, or add --format",
                file.display()
            )
        })?;
        destinations.push(Destination { format, place: Place::File(file.clone()) });
    }
    match named {
        Some(format) if !format_used => destinations.push(Destination { format, place: Place::Stdout }),
        None if destinations.is_empty() => {
            destinations.push(Destination { format: Format::Text, place: Place::Stdout })
        }
        _ => {}
    }
    keep_apart(&destinations)?;
    Ok(destinations)
}

/// The same where standard output takes packets: a report that nobody asked for goes to standard error.
#[cfg(live)]
pub(super) fn beside_packets(files: &[PathBuf], named: Option<FormatName>) -> Result<Vec<Destination>, String> {
    let mut destinations = destinations(files, named)?;
    let asked = named.is_some() || files.iter().any(|file| is_stdout(file));
    for destination in &mut destinations {
        if destination.place == Place::Stdout {
            if asked {
                return Err("-w - takes standard output: write the report to a file with --output".to_owned());
            }
            destination.place = Place::Stderr;
        }
    }
    Ok(destinations)
}

/// A report must not be written over a capture that is read, whatever the two are called.
pub(super) fn keep_captures(destinations: &[Destination], inputs: &[Input]) -> Result<(), String> {
    let files = destinations.iter().filter_map(Destination::file);
    let targets: HashMap<Identity, &Path> = files.filter_map(|file| Some((identity(file)?, file))).collect();
    if targets.is_empty() {
        return Ok(());
    }
    let overwritten =
        inputs.iter().find_map(|input| targets.get(&identity(input.path().unwrap_or(Path::new("/dev/stdin")))?));
    match overwritten {
        Some(file) => Err(format!("{}: is one of the captures; write the report to another file", file.display())),
        None => Ok(()),
    }
}

/// Two reports in one file would be neither.
fn keep_apart(destinations: &[Destination]) -> Result<(), String> {
    let mut taken = HashSet::new();
    for file in destinations.iter().filter_map(Destination::file) {
        let Some(target) = identity(file) else { continue };
        if !taken.insert(target) {
            return Err(format!("{}: is named for two reports; write each to a file of its own", file.display()));
        }
    }
    Ok(())
}

/// Path, and device and inode where they say more.
type Identity = (PathBuf, Option<(u64, u64)>);

/// Which file a path leads to: two names of one file, hard links too, are equal. A file that is yet to be made goes by its
/// folder and name. None where nothing can be overwritten: devices, pipes, folders that do not exist.
fn identity(path: &Path) -> Option<Identity> {
    match std::fs::metadata(path) {
        Ok(existing) if !existing.is_file() => None,
        #[cfg(unix)]
        Ok(existing) => {
            use std::os::unix::fs::MetadataExt;
            Some((PathBuf::new(), Some((existing.dev(), existing.ino()))))
        }
        #[cfg(not(unix))]
        Ok(_) => Some((std::fs::canonicalize(path).ok()?, None)),
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Some((std::fs::canonicalize(folder).ok()?.join(path.file_name()?), None))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    fn paths(names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    fn shown(files: &[&str], named: Option<FormatName>) -> Vec<(Format, bool)> {
        let destinations = destinations(&paths(files), named).unwrap();
        destinations.iter().map(|destination| (destination.format, destination.file().is_some())).collect()
    }

    #[test]
    fn the_extension_names_the_format() {
        assert_eq!(shown(&[], None), [(Format::Text, false)]);
        assert_eq!(shown(&[], Some(FormatName::Json)), [(Format::Json, false)]);
        assert_eq!(shown(&["a.json", "b.TXT"], None), [(Format::Json, true), (Format::Text, true)]);
        assert_eq!(shown(&["a.json"], Some(FormatName::Text)), [(Format::Json, true), (Format::Text, false)]);
        assert_eq!(shown(&["a.out"], Some(FormatName::Jsonl)), [(Format::Jsonl, true)]);
        assert_eq!(shown(&["-"], Some(FormatName::Json)), [(Format::Json, false)]);
        assert!(destinations(&paths(&["a.out"]), None).unwrap_err().contains("a.out"));
    }
}
