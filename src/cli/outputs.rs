//! Where reports go: standard output, files, several of them, each in its format.

use super::args::{Color, FormatName};
use super::plan::Reports;
use super::terminal;
use crate::report::json::Json;
use crate::report::jsonl::Jsonl;
use crate::report::text::{Page, Text, Wishes};
#[cfg(live)]
use crate::report::view::Endpoint;
use crate::report::view::{Brief, Connection};
use crate::report::{Format, Reporter, Tail};
use crate::source::Input;
#[cfg(live)]
use crate::time::Span;
use anstream::{AutoStream, ColorChoice};
use std::cell::LazyCell;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};

/// One report and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Destination {
    pub format: Format,
    /// Standard output if none.
    pub file: Option<PathBuf>,
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
/// asked for, or where `--format` is given beside files that do not need it.
pub(super) fn destinations(files: &[PathBuf], named: Option<FormatName>) -> Result<Vec<Destination>, String> {
    let named = named.map(Format::from);
    let mut format_used = false;
    let mut destinations = Vec::new();
    for file in files {
        if file.as_os_str() == "-" {
            destinations.push(Destination { format: named.unwrap_or(Format::Text), file: None });
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
        destinations.push(Destination { format, file: Some(file.clone()) });
    }
    match named {
        Some(format) if !format_used => destinations.push(Destination { format, file: None }),
        None if destinations.is_empty() => destinations.push(Destination { format: Format::Text, file: None }),
        _ => {}
    }
    keep_apart(&destinations)?;
    Ok(destinations)
}

/// A report must not be written over a capture that is read, whatever the two are called.
pub(super) fn keep_captures(destinations: &[Destination], inputs: &[Input]) -> Result<(), String> {
    for file in destinations.iter().filter_map(|destination| destination.file.as_deref()) {
        let Some(target) = identity(file) else { continue };
        let is_input = |input: &Input| match input {
            Input::File(path) => identity(path).as_ref() == Some(&target),
            Input::Stdin => identity(Path::new("/dev/stdin")).as_ref() == Some(&target),
        };
        if inputs.iter().any(is_input) {
            return Err(format!("{}: is one of the captures; write the report to another file", file.display()));
        }
    }
    Ok(())
}

/// Two reports in one file would be neither.
fn keep_apart(destinations: &[Destination]) -> Result<(), String> {
    let mut taken = Vec::new();
    for file in destinations.iter().filter_map(|destination| destination.file.as_deref()) {
        let Some(target) = identity(file) else { continue };
        if taken.contains(&target) {
            return Err(format!("{}: is named for two reports; write each to a file of its own", file.display()));
        }
        taken.push(target);
    }
    Ok(())
}

/// Which file a path leads to: two names of one file, hard links too, are equal. A file that is yet to be made goes by its
/// folder and name. None where nothing can be overwritten: devices, pipes, folders that do not exist.
fn identity(path: &Path) -> Option<(PathBuf, Option<(u64, u64)>)> {
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

/// What went wrong with writing.
pub(super) enum WriteTrouble {
    /// The reader has gone: nothing to say, nothing more to do.
    ReaderGone,
    /// A line for the user.
    Failed(String),
}

/// All reports of one run.
pub(super) struct Outputs {
    outputs: Vec<Output>,
}

struct Output {
    name: String,
    to_stdout: bool,
    reporter: Box<dyn Reporter + Send>,
}

impl Outputs {
    /// Opens every destination, before anything is read.
    pub fn open(reports: &Reports) -> Result<Self, WriteTrouble> {
        let mut outputs = Vec::new();
        for Destination { format, file } in &reports.destinations {
            let output = match file {
                None => Output {
                    name: "standard output".to_owned(),
                    to_stdout: true,
                    reporter: to_stdout(*format, reports),
                },
                Some(path) => {
                    let name = path.display().to_string();
                    let file = File::create(path).map_err(|error| failed(&name, &error))?;
                    Output { reporter: to_file(*format, file, reports), to_stdout: false, name }
                }
            };
            outputs.push(output);
        }
        Ok(Self { outputs })
    }

    /// Whether lines appear on a terminal while captures are read, where a progress bar would be in the way.
    pub fn talks_meanwhile(&self, wishes: &Wishes) -> bool {
        let streams = wishes.live || wishes.all;
        io::stdout().is_terminal() && self.outputs.iter().any(|output| output.to_stdout) && streams
    }

    pub fn capture(&mut self, index: u32, path: &str) -> Result<(), WriteTrouble> {
        self.each(|reporter| reporter.capture(index, path))
    }

    /// A connection was judged: in brief, and whole for those reports that take more of it.
    pub fn connection(&mut self, brief: &Brief, whole: impl FnOnce() -> Connection) -> Result<(), WriteTrouble> {
        let whole = LazyCell::new(whole);
        self.each(|reporter| if reporter.brief(brief) { Ok(()) } else { reporter.connection(&whole) })
    }

    #[cfg(live)]
    pub fn stuck(&mut self, connection: &Connection, what: &str) -> Result<(), WriteTrouble> {
        self.each(|reporter| reporter.stuck(connection, what))
    }

    #[cfg(live)]
    pub fn goes_on(&mut self, client: Endpoint, server: Endpoint, after: Span) -> Result<(), WriteTrouble> {
        self.each(|reporter| reporter.goes_on(client, server, after))
    }

    /// Whether standard output is written to and nobody reads it any more.
    #[cfg(live)]
    pub fn reader_gone(&self) -> bool {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        use std::os::fd::AsFd;
        let out = io::stdout();
        let mut asked = [PollFd::new(out.as_fd(), PollFlags::empty())];
        self.outputs.iter().any(|output| output.to_stdout)
            && poll(&mut asked, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
            && asked[0].revents().is_some_and(|events| events.contains(PollFlags::POLLERR))
    }

    pub fn finish(&mut self, tail: &Tail) -> Result<(), WriteTrouble> {
        self.each(|reporter| reporter.finish(tail))
    }

    fn each(&mut self, mut act: impl FnMut(&mut dyn Reporter) -> io::Result<()>) -> Result<(), WriteTrouble> {
        for output in &mut self.outputs {
            act(output.reporter.as_mut()).map_err(|error| match error.kind() {
                ErrorKind::BrokenPipe if output.to_stdout => WriteTrouble::ReaderGone,
                _ => failed(&output.name, &error),
            })?;
        }
        Ok(())
    }
}

fn failed(name: &str, error: &io::Error) -> WriteTrouble {
    WriteTrouble::Failed(format!("{name}: cannot be written: {error}"))
}

fn to_stdout(format: Format, reports: &Reports) -> Box<dyn Reporter + Send> {
    let out = BufWriter::new(io::stdout());
    match format {
        Format::Json => Box::new(Json::new(out)),
        Format::Jsonl => Box::new(Jsonl::new(out)),
        Format::Text => {
            let choice = color_choice(reports.color);
            let page = Page {
                width: terminal::width(),
                colour: choice != ColorChoice::Never,
                ascii: !terminal::is_utf8(),
                zone: reports.zone.clone(),
            };
            // Old Windows consoles do not understand ANSI colours; the stream translates for them.
            let out = BufWriter::new(AutoStream::new(io::stdout(), choice));
            Box::new(Text::new(out, page, reports.wishes.clone()))
        }
    }
}

/// A summary between two reports, on standard error. Where nobody listens there, nothing can be done about it.
#[cfg(live)]
pub(super) fn summary_aside(reports: &Reports, tail: &Tail) {
    let page = Page { zone: reports.zone.clone(), ascii: !terminal::is_utf8(), ..Page::plain() };
    let _ = Text::new(anstream::stderr(), page, reports.wishes.clone()).finish(tail);
}

/// `--color` decides; else NO_COLOR, CLICOLOR_FORCE and whether it is a terminal.
pub(super) fn color_choice(asked: Color) -> ColorChoice {
    match asked {
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
        Color::Auto => AutoStream::choice(&io::stdout()),
    }
}

fn to_file(format: Format, file: File, reports: &Reports) -> Box<dyn Reporter + Send> {
    let out = BufWriter::new(file);
    match format {
        Format::Json => Box::new(Json::new(out)),
        Format::Jsonl => Box::new(Jsonl::new(out)),
        Format::Text => {
            let page = Page { zone: reports.zone.clone(), ..Page::plain() };
            Box::new(Text::new(out, page, reports.wishes.clone()))
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
        destinations.iter().map(|destination| (destination.format, destination.file.is_some())).collect()
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
