//! The source tree as text, for the tests that hold its rules.

use std::path::{Path, PathBuf};

/// A file of `src/`.
pub struct Source {
    /// Path below `src/`, with slashes.
    pub path: String,
    pub text: String,
}

impl Source {
    /// The folder it stands in, or its own name if it stands at the top: `packet`, `analyzer`.
    pub fn layer(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    pub fn is_code(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }

    /// Its lines with their numbers, comments taken off.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, without_comment(line)))
    }
}

/// A `//` inside a string takes the rest of its line along; a `//` behind a colon (a URL) does not count.
fn without_comment(line: &str) -> &str {
    let comment = line.match_indices("//").find(|&(at, _)| !line[..at].ends_with(':'));
    comment.map_or(line, |(at, _)| &line[..at])
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All code and pages below `src/`, in the order of their paths.
pub fn sources() -> Vec<Source> {
    let top = root().join("src");
    let mut files = Vec::new();
    walk(&top, &mut files);
    files.sort();
    let wanted = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs" || extension == "md");
    files.into_iter().filter(wanted).map(|path| read(&top, &path)).collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

fn read(top: &Path, path: &Path) -> Source {
    let below: Vec<_> = path.strip_prefix(top).unwrap().iter().map(|part| part.to_str().unwrap()).collect();
    Source { path: below.join("/"), text: std::fs::read_to_string(path).unwrap() }
}

/// Compares a generated file of `docs/` with what it should be; `UPDATE_DOCS=1` writes it anew.
#[track_caller]
pub fn assert_fresh(name: &str, wanted: &str) {
    let path = root().join("docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        std::fs::write(&path, wanted).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == wanted, "docs/{name} is stale: run `UPDATE_DOCS=1 cargo test --test it`");
}

/// Where a word stands as a word of its own (not as a part of a longer name).
pub fn words<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| !line[..at].ends_with(part) && !line[at + word.len()..].starts_with(part))
}
