//! The reports of one run: opened before anything is read, written while captures are read, named when they are complete.

use super::args::Color;
use super::destinations::{Destination, Place};
use super::plan::Reports;
use super::{stdout, terminal};
use crate::limits::REPORT_BUFFER;
#[cfg(all(live, target_os = "linux"))]
use crate::output::Delegated;
#[cfg(unix)]
use crate::output::{self, Opened, Pending, Privacy, Rules, Stream};
use crate::report::json::Json;
use crate::report::jsonl::Jsonl;
use crate::report::text::{Page, Text, Wishes};
#[cfg(live)]
use crate::report::view::Endpoint;
use crate::report::view::{Brief, Connection};
use crate::report::{Format, Reporter, Tail};
#[cfg(live)]
use crate::time::Span;
use anstream::{AutoStream, ColorChoice};
use std::cell::LazyCell;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::Path;

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
    /// What gives a file its name when the report is complete.
    completion: Completion,
}

/// How a report gets its name.
enum Completion {
    /// It has it, or needs none.
    Done,
    /// This process renames the file.
    #[cfg(unix)]
    Here(Pending),
    /// Another process does, because this one gave up the right to.
    #[cfg(all(live, target_os = "linux"))]
    Elsewhere(Delegated),
}

impl Outputs {
    /// Opens every destination, before anything is read.
    pub fn open(reports: &Reports) -> Result<Self, WriteTrouble> {
        let mut outputs = Vec::new();
        for Destination { format, place } in &reports.destinations {
            outputs.push(match place {
                Place::Stdout => {
                    let name = "standard output".to_owned();
                    let (reporter, completion) = (to_stdout(*format, reports)?, Completion::Done);
                    Output { name, to_stdout: true, reporter, completion }
                }
                #[cfg(live)]
                Place::Stderr => {
                    let (name, completion) = ("standard error".to_owned(), Completion::Done);
                    let page = terminal_page(reports, stderr_choice(reports.color));
                    let out = AutoStream::new(io::stderr(), stderr_choice(reports.color));
                    Output { name, to_stdout: false, reporter: reporter(*format, out, page, reports), completion }
                }
                Place::File(path) => to_file(*format, path, reports)?,
            });
        }
        Ok(Self { outputs })
    }

    /// Leaves it to processes of their own to name the files when they are complete, and says so.
    #[cfg(all(live, target_os = "linux"))]
    pub fn delegate(&mut self) -> Result<Vec<String>, String> {
        let mut told = Vec::new();
        for output in &mut self.outputs {
            let Completion::Here(pending) = std::mem::replace(&mut output.completion, Completion::Done) else {
                continue;
            };
            let delegated = pending
                .delegate(super::finish::command())
                .map_err(|error| format!("{}: no process can be started to rename it: {error}", output.name))?;
            let partial = delegated.partial().display();
            told.push(format!("{}: is {partial} until the capture ends", output.name));
            output.completion = Completion::Elsewhere(delegated);
        }
        Ok(told)
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
    pub fn connection(&mut self, brief: &Brief<'_>, whole: impl FnOnce() -> Connection) -> Result<(), WriteTrouble> {
        let whole = LazyCell::new(whole);
        self.each(|reporter| if reporter.brief(brief)? { Ok(()) } else { reporter.connection(&whole) })
    }

    /// Readers see all that was written.
    pub fn flush(&mut self) -> Result<(), WriteTrouble> {
        self.each(|reporter| reporter.flush())
    }

    #[cfg(live)]
    pub fn stuck(&mut self, connection: &Connection, what: &str) -> Result<(), WriteTrouble> {
        self.each(|reporter| reporter.stuck(connection, what))
    }

    #[cfg(live)]
    pub fn goes_on(&mut self, client: Endpoint, server: Endpoint, after: Span) -> Result<(), WriteTrouble> {
        self.each(|reporter| reporter.goes_on(client, server, after))
    }

    /// Whether everything goes to standard output and nobody reads it any more.
    #[cfg(live)]
    pub fn reader_gone(&self) -> bool {
        self.outputs.iter().all(|output| output.to_stdout) && !self.outputs.is_empty() && Stream::stdout_reader_gone()
    }

    /// Ends every report, and gives those in files their names.
    pub fn finish(&mut self, tail: &Tail) -> Result<(), WriteTrouble> {
        self.each(|reporter| reporter.finish(tail))?;
        self.outputs.drain(..).try_for_each(|output| {
            // The last bytes are in the file when its writer is gone.
            drop(output.reporter);
            output.completion.complete().map_err(WriteTrouble::Failed)
        })
    }

    /// A reader of standard output that has gone ends the work, unless there are other reports to write.
    fn each(&mut self, mut act: impl FnMut(&mut dyn Reporter) -> io::Result<()>) -> Result<(), WriteTrouble> {
        let mut gone = None;
        let others = self.outputs.len() > 1;
        for (index, output) in self.outputs.iter_mut().enumerate() {
            match act(output.reporter.as_mut()) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::BrokenPipe && output.to_stdout => {
                    if !others {
                        return Err(WriteTrouble::ReaderGone);
                    }
                    gone = Some(index);
                }
                Err(error) => return Err(WriteTrouble::Failed(output.failed(&error))),
            }
        }
        if let Some(index) = gone {
            self.outputs.remove(index);
        }
        Ok(())
    }
}

impl Output {
    fn failed(&self, error: &io::Error) -> String {
        let said = failed(&self.name, error);
        match &self.completion {
            #[cfg(all(live, target_os = "linux"))]
            Completion::Elsewhere(delegated) => {
                format!("{said}; what was written is {}", delegated.partial().display())
            }
            _ => said,
        }
    }
}

impl Completion {
    fn complete(self) -> Result<(), String> {
        match self {
            Self::Done => Ok(()),
            #[cfg(unix)]
            Self::Here(pending) => pending.commit().map_err(|error| error.to_string()),
            #[cfg(all(live, target_os = "linux"))]
            Self::Elsewhere(delegated) => delegated.commit().map_err(|error| error.to_string()),
        }
    }
}

fn failed(name: &str, error: &io::Error) -> String {
    format!("{name}: cannot be written: {error}")
}

fn reporter(
    format: Format,
    out: impl Write + Send + 'static,
    page: Page,
    reports: &Reports,
) -> Box<dyn Reporter + Send> {
    let out = BufWriter::with_capacity(REPORT_BUFFER, out);
    match format {
        Format::Json => Box::new(Json::new(out)),
        Format::Jsonl => Box::new(Jsonl::new(out)),
        Format::Text => Box::new(Text::new(out, page, reports.wishes.clone())),
    }
}

/// A page for a terminal, or for what a terminal's output is redirected to.
fn terminal_page(reports: &Reports, choice: ColorChoice) -> Page {
    Page {
        width: terminal::width(),
        colour: choice != ColorChoice::Never,
        ascii: !terminal::is_utf8(),
        zone: reports.zone.clone(),
    }
}

fn to_stdout(format: Format, reports: &Reports) -> Result<Box<dyn Reporter + Send>, WriteTrouble> {
    stdout::check().map_err(WriteTrouble::Failed)?;
    let choice = color_choice(reports.color);
    let page = terminal_page(reports, choice);
    #[cfg(unix)]
    if reports.waiting.end.is_some() {
        // A signal does not end the program by itself: a reader that takes nothing must not keep it.
        let out = Stream::stdout(&reports.waiting)
            .map_err(|error| WriteTrouble::Failed(failed("standard output", &error)))?;
        return Ok(reporter(format, out, page, reports));
    }
    // Old Windows consoles do not understand ANSI colours; the stream translates for them.
    Ok(reporter(format, AutoStream::new(io::stdout(), choice), page, reports))
}

#[cfg(unix)]
fn to_file(format: Format, path: &Path, reports: &Reports) -> Result<Output, WriteTrouble> {
    let (overwrite, owner, waiting) = (reports.overwrite, reports.owner, reports.waiting.clone());
    let rules = Rules { privacy: Privacy::Report, overwrite, owner, waiting };
    let opened = output::create_pending(path, &rules).map_err(|error| WriteTrouble::Failed(error.to_string()))?;
    let page = Page { zone: reports.zone.clone(), ..Page::plain() };
    let name = path.display().to_string();
    Ok(match opened {
        Opened::File(file, pending) => {
            let completion = pending.map_or(Completion::Done, Completion::Here);
            Output { name, to_stdout: false, reporter: reporter(format, file, page, reports), completion }
        }
        Opened::Stream(stream) => {
            let reporter = reporter(format, stream, page, reports);
            Output { name, to_stdout: false, reporter, completion: Completion::Done }
        }
    })
}

#[cfg(not(unix))]
fn to_file(format: Format, path: &Path, reports: &Reports) -> Result<Output, WriteTrouble> {
    let name = path.display().to_string();
    let mut options = std::fs::File::options();
    options.write(true).truncate(reports.overwrite).create(reports.overwrite).create_new(!reports.overwrite);
    let file = options.open(path).map_err(|error| WriteTrouble::Failed(failed(&name, &error)))?;
    let page = Page { zone: reports.zone.clone(), ..Page::plain() };
    Ok(Output { name, to_stdout: false, reporter: reporter(format, file, page, reports), completion: Completion::Done })
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

/// The same for standard error.
#[cfg(live)]
fn stderr_choice(asked: Color) -> ColorChoice {
    match asked {
        Color::Auto => AutoStream::choice(&io::stderr()),
        asked => color_choice(asked),
    }
}
