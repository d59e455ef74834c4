//! `text`: for people. What failed alike stands together, worst first, one of each in full; healthy connections are counted.

mod connection;
mod details;
mod meanwhile;
mod overview;
mod page;
mod phrases;
mod timeline;

pub use page::{Glyph, NARROWEST, Page, WIDEST, WIDTH_ELSEWHERE, style, width, wrap};

use super::groups::{Group, Groups};
use super::view::{Brief, Connection, Endpoint};
use super::{Reporter, Tail, moment};
use crate::time::Span;
use connection::Writer;

use std::fmt::Write as _;
use std::io::{self, Write};

/// What the text tells beyond the failures.
#[derive(Debug, Clone)]
pub struct Wishes {
    /// Every connection, one line each.
    pub all: bool,
    /// Groups told in full; 0 for all of them.
    pub limit: usize,
    /// Figures of each connection told in full.
    pub verbose: bool,
    /// Failures alone: no notes about captures, no summary.
    pub quiet: bool,
    /// Somebody waits for each connection (a pipe): tell it when it is judged, not at the end.
    pub live: bool,
    /// What was looked for, in words: `port 22`.
    pub looked_for: String,
}

/// Groups told in full when nobody says how many.
pub const FULL_GROUPS: usize = 10;
/// Further groups told in one line each.
const SHORT_GROUPS: usize = 20;

impl Default for Wishes {
    fn default() -> Self {
        let looked_for = "port 22".to_owned();
        Self { all: false, limit: FULL_GROUPS, verbose: false, quiet: false, live: false, looked_for }
    }
}

/// Writes text.
pub struct Text<W> {
    out: W,
    page: Page,
    wishes: Wishes,
    paths: Vec<String>,
    groups: Groups,
}

impl<W: Write> Text<W> {
    /// Writes to `out` as the page is.
    pub fn new(out: W, page: Page, wishes: Wishes) -> Self {
        Self { out, page, wishes, paths: Vec::new(), groups: Groups::default() }
    }

    /// Lays something out, then writes it in one piece.
    fn print(&mut self, lay_out: impl FnOnce(&Writer<'_>, &mut String)) -> io::Result<()> {
        let mut text = String::new();
        let path = |index: u32| self.paths.get(index as usize).cloned().unwrap_or_default();
        let writer = Writer {
            page: &self.page,
            verbose: self.wishes.verbose,
            path: &path,
            several_captures: self.paths.len() > 1,
        };
        lay_out(&writer, &mut text);
        self.out.write_all(text.as_bytes())
    }

    fn print_line(&mut self, line: impl FnOnce(&Writer<'_>) -> String) -> io::Result<()> {
        self.print(|writer, out| {
            let _ = writeln!(out, "{}", line(writer));
        })
    }

    fn groups(&mut self) -> io::Result<()> {
        let groups = std::mem::take(&mut self.groups).into_sorted();
        let limit = if self.wishes.limit == 0 { usize::MAX } else { self.wishes.limit };
        let (full, rest) = groups.split_at(limit.min(groups.len()));
        for group in full {
            self.print(|writer, out| {
                out.push('\n');
                writer.write(out, &group.representative);
                others(writer, out, group);
            })?;
        }
        let (short, beyond) = rest.split_at(SHORT_GROUPS.min(rest.len()));
        if !short.is_empty() {
            self.print(|writer, out| overview::short_groups(writer, out, short, beyond))?;
        }
        Ok(())
    }
}

impl<W: Write> Reporter for Text<W> {
    fn capture(&mut self, index: u32, path: &str) -> io::Result<()> {
        let index = index as usize;
        if self.paths.len() <= index {
            self.paths.resize(index + 1, String::new());
        }
        path.clone_into(&mut self.paths[index]);
        Ok(())
    }

    fn brief(&mut self, brief: &Brief<'_>) -> io::Result<bool> {
        if !brief.is_told() {
            return Ok(!self.wishes.all);
        }
        let has_line = self.wishes.live && brief.confidence.is_some();
        if (self.wishes.live && !has_line) || (self.wishes.all && !self.wishes.live) || !self.groups.count(brief) {
            return Ok(false);
        }
        if has_line {
            // Its like was told in full: the reader knows the story.
            self.print_line(|writer| writer.line_of_failure(brief))?;
        }
        Ok(true)
    }

    fn connection(&mut self, connection: &Connection) -> io::Result<()> {
        let failed = Brief::from(connection).is_told();
        if self.wishes.live && failed {
            // The first of its kind is told in full, its like in a line: the reader knows the story.
            if self.groups.add(connection) {
                self.print(|writer, out| {
                    writer.write(out, connection);
                    out.push('\n');
                })?;
            } else {
                self.print_line(|writer| writer.line(connection))?;
            }
            return Ok(());
        }
        if self.wishes.all {
            self.print_line(|writer| writer.line(connection))?;
        }
        if failed {
            self.groups.add(connection);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.wishes.live { self.out.flush() } else { Ok(()) }
    }

    fn stuck(&mut self, connection: &Connection, what: &str) -> io::Result<()> {
        self.print(|writer, out| meanwhile::stuck(writer, out, connection, what))?;
        self.out.flush()
    }

    fn goes_on(&mut self, client: Endpoint, server: Endpoint, after: Span) -> io::Result<()> {
        self.print(|writer, out| meanwhile::goes_on(writer, out, &client, &server, after))?;
        self.out.flush()
    }

    fn finish(&mut self, tail: &Tail) -> io::Result<()> {
        if !self.wishes.live {
            self.groups()?;
        }
        if !self.wishes.quiet {
            let wishes = self.wishes.clone();
            self.print(|writer, out| overview::write(writer, out, tail, &wishes))?;
        }
        self.out.flush()
    }
}

/// One connection in full, whatever became of it.
pub fn whole(connection: &Connection, page: &Page) -> String {
    let mut text = String::new();
    Writer { page, verbose: false, path: &|_| String::new(), several_captures: false }.write(&mut text, connection);
    text
}

/// The others of a group: how many, when, who.
fn others(writer: &Writer<'_>, out: &mut String, group: &Group) {
    if group.count < 2 {
        return;
    }
    let page = writer.page;
    let zone = &page.zone;
    let same_day =
        moment::to_the_second(group.first.0, zone).get(..10) == moment::to_the_second(group.last.0, zone).get(..10);
    let last = if same_day { moment::clock(group.last.0, zone) } else { moment::to_the_second(group.last.0, zone) };
    let mut text = format!(
        "and {} more like it, {} to {last}",
        phrases::thousands(group.count - 1),
        moment::to_the_second(group.first.0, zone),
    );
    if group.mixed {
        text.push_str(", from and to many networks: there are too many groups to tell each apart");
    }
    out.push('\n');
    writer.paragraph(out, 2, &text, style::STRONG);
    writer.field(out, "clients", &clients(page, group));
    if group.servers.len() > 1 {
        let more = if Group::is_bound(&group.servers) { "at least " } else { "" };
        let servers: Vec<_> = group.servers.iter().take(8).map(ToString::to_string).collect();
        let rest = if group.servers.len() > servers.len() { ", ..." } else { "" };
        writer.field(out, "servers", &format!("{more}{}: {}{rest}", group.servers.len(), servers.join(", ")));
    }
}

/// `192.0.2.10 ports 40001, 40002, …; 192.0.2.11 port 5000`
fn clients(page: &Page, group: &Group) -> String {
    let mut by_address: Vec<(std::net::IpAddr, Vec<String>)> = Vec::new();
    for other in &group.others {
        match by_address.iter_mut().find(|(address, _)| *address == other.address) {
            Some((_, ports)) => ports.push(other.port.to_string()),
            None => by_address.push((other.address, vec![other.port.to_string()])),
        }
    }
    let named: Vec<_> = by_address
        .iter()
        .map(|(address, ports)| {
            format!("{address} port{} {}", if ports.len() == 1 { "" } else { "s" }, ports.join(" "))
        })
        .collect();
    let more = if group.count - 1 > group.others.len() as u64 {
        format!(" {}", page.glyph(Glyph::Cut))
    } else {
        String::new()
    };
    let addresses = match group.clients.len() {
        1 => String::new(),
        many => format!("{}{many} addresses: ", if Group::is_bound(&group.clients) { "at least " } else { "" }),
    };
    format!("{addresses}{}{more}", named.join(", "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests;
