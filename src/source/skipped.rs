//! What the search of a folder left out, in one line.

use crate::limits::FOLDER_DEPTH;
use std::fmt;
use std::path::{Path, PathBuf};

/// What the search of a named folder left out. It prints as one line: `DIR: skipped 1 file that is not a capture (DIR/notes.txt)`.
/// Names of files are not escaped.
#[derive(Debug, Default)]
pub struct Skipped {
    folder: PathBuf,
    /// Symbolic links whose targets lie outside.
    links_out: Kind,
    /// Symbolic links without a target.
    links_nowhere: Kind,
    /// Folders below [`FOLDER_DEPTH`].
    too_deep: Kind,
    /// Files, FIFOs, sockets and devices that are no captures.
    others: Kind,
}

/// What was left out for one reason.
#[derive(Debug, Default)]
struct Kind {
    count: u64,
    /// The first of them, in words.
    first: String,
}

impl Kind {
    fn note(&mut self, name: impl FnOnce() -> String) {
        if self.count == 0 {
            self.first = name();
        }
        self.count += 1;
    }

    /// `one` or `many`, with the first of them and what can be done. None if there is nothing.
    fn words(&self, one: [&str; 2], many: [&str; 2]) -> Option<String> {
        let Self { count, first } = self;
        let (label, [what, remedy]) = match count {
            0 => return None,
            1 => ("", one),
            _ => ("first: ", many),
        };
        let remedy = if remedy.is_empty() { String::new() } else { format!("; {remedy}") };
        Some(format!("{count} {what} ({label}{first}{remedy})"))
    }
}

impl Skipped {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), ..Self::default() }
    }

    pub(super) fn link_out(&mut self, link: &Path, target: &Path) {
        self.links_out.note(|| format!("{} -> {}", link.display(), target.display()));
    }

    pub(super) fn link_nowhere(&mut self, link: &Path, target: &Path) {
        self.links_nowhere.note(|| format!("{} -> {}", link.display(), target.display()));
    }

    pub(super) fn too_deep(&mut self, folder: &Path) {
        self.too_deep.note(|| folder.display().to_string());
    }

    pub(super) fn other(&mut self, file: &Path) {
        self.others.note(|| file.display().to_string());
    }

    /// Whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        [&self.links_out, &self.links_nowhere, &self.too_deep, &self.others].iter().all(|kind| kind.count == 0)
    }

    /// The line without the folder.
    pub(super) fn words(&self) -> String {
        let (deep, deeps) = (
            format!("folder more than {FOLDER_DEPTH} levels down"),
            format!("folders more than {FOLDER_DEPTH} levels down"),
        );
        let kinds = [
            self.links_out.words(
                ["symbolic link that leads out of the folder", "name its target to read it"],
                ["symbolic links that lead out of the folder", "name their targets to read them"],
            ),
            self.links_nowhere
                .words(["symbolic link that leads nowhere", ""], ["symbolic links that lead nowhere", ""]),
            self.too_deep.words([&deep, "name it to search it"], [&deeps, "name them to search them"]),
            self.others.words(["file that is not a capture", ""], ["files that are not captures", ""]),
        ];
        let kinds: Vec<String> = kinds.into_iter().flatten().collect();
        let list = match kinds.split_last() {
            Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
            _ => kinds.concat(),
        };
        format!("skipped {list}")
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.folder.display(), self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_many_are_told_apart() {
        let mut skipped = Skipped::new(Path::new("d"));
        assert!(skipped.is_empty());
        skipped.other(Path::new("d/a"));
        assert_eq!(skipped.to_string(), "d: skipped 1 file that is not a capture (d/a)");
        skipped.other(Path::new("d/b"));
        skipped.link_out(Path::new("d/l"), Path::new("/"));
        assert_eq!(
            skipped.to_string(),
            "d: skipped 1 symbolic link that leads out of the folder (d/l -> /; name its target to read it) \
             and 2 files that are not captures (first: d/a)"
        );
        skipped.link_out(Path::new("d/m"), Path::new("/"));
        skipped.link_nowhere(Path::new("d/n"), Path::new("gone"));
        skipped.too_deep(Path::new("d/d/d"));
        assert_eq!(
            skipped.to_string(),
            "d: skipped 2 symbolic links that lead out of the folder (first: d/l -> /; name their targets to read them), \
             1 symbolic link that leads nowhere (d/n -> gone), \
             1 folder more than 64 levels down (d/d/d; name it to search it) \
             and 2 files that are not captures (first: d/a)"
        );
    }
}
