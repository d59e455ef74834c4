//! The end of the text: groups that had no room, what the captures lack, what was found instead of SSH, the counts.

use super::connection::{Writer, outcome_glyph, outcome_style};
use super::page::{Glyph, Page, style, width};
use super::phrases::{self, count, thousands};
use super::{Tail, Wishes};
use crate::report::groups::Group;
use crate::report::view::{Capture, Host, Outcome, Summary};
use std::fmt::Write as _;

/// Warnings shown of one capture.
const WARNINGS: usize = 4;
/// Captures whose warnings are shown.
const WARNED: usize = 12;
/// Column of the two ends of a group; longer ones push the rest aside.
const ENDS: usize = 46;
/// Servers whose remarks are shown.
const NOTED: usize = 8;
/// Remarks shown of one server.
const NOTES: usize = 6;
/// Kinds of other traffic named.
const OTHER: usize = 5;

/// Groups in one line each.
pub(super) fn short_groups(writer: &Writer<'_>, out: &mut String, groups: &[Group], beyond: &[Group]) {
    let page = writer.page;
    let _ = writeln!(out, "\n{}", page.paint(style::STRONG, "Also failed (--limit 0 tells each in full)"));
    let ends: Vec<_> = groups.iter().map(|group| ends(page, group)).collect();
    let widest = ends.iter().map(|ends| width(ends)).max().unwrap_or(0).min(ENDS);
    for (group, ends) in groups.iter().zip(ends) {
        let connection = &group.representative;
        let glyph = page.glyph(outcome_glyph(connection.outcome));
        let mark = page.paint(outcome_style(connection.outcome), glyph);
        let times = format!("{}x", thousands(group.count));
        let text = match &connection.verdict {
            Some(verdict) => format!("{}: {}", verdict.id, verdict.title),
            None => phrases::ended(&connection.ended),
        };
        let line = format!("{times:>5}  {ends:<widest$}  {}", page.text(&text));
        let _ = writeln!(out, "{mark} {}", page.fit(&line, page.width - 2).trim_end());
    }
    if !beyond.is_empty() {
        let connections: u64 = beyond.iter().map(|group| group.count).sum();
        let text =
            format!("and {} with {}", count(beyond.len() as u64, "more group"), count(connections, "connection"));
        let _ = writeln!(out, "  {}", page.paint(style::FAINT, &text));
    }
}

fn ends(page: &Page, group: &Group) -> String {
    let connection = &group.representative;
    let client = if group.clients.len() > 1 {
        let sign = if Group::is_bound(&group.clients) { "more than " } else { "" };
        format!("{sign}{} clients", group.clients.len())
    } else {
        connection.client.address.to_string()
    };
    let server = if group.servers.len() > 1 {
        format!("{} servers", group.servers.len())
    } else {
        connection.server.to_string()
    };
    format!("{client} {} {server}", page.glyph(Glyph::To))
}

/// Everything behind the connections.
pub(super) fn write(writer: &Writer<'_>, out: &mut String, tail: &Tail, wishes: &Wishes) {
    hosts(writer, out, &tail.hosts, wishes.verbose);
    captures(writer, out, &tail.captures, wishes.verbose);
    limits(writer, out, &tail.summary);
    if tail.summary.connections == 0 {
        nothing_found(writer, out, tail, wishes);
    } else {
        summary(writer, out, tail);
    }
}

/// What only several connections show of a server.
fn hosts(writer: &Writer<'_>, out: &mut String, hosts: &[Host], verbose: bool) {
    let page = writer.page;
    let noted: Vec<&Host> = hosts.iter().filter(|host| !host.notes.is_empty()).collect();
    if noted.is_empty() {
        return;
    }
    let (servers, notes) = if verbose { (usize::MAX, usize::MAX) } else { (NOTED, NOTES) };
    let _ = writeln!(out, "\n{}", page.paint(style::STRONG, "Servers, over all connections"));
    for host in noted.iter().take(servers) {
        let clients = count(host.clients, "client");
        let line = format!("{}: {} of {clients}", host.server, count(host.attempts, "connection"));
        writer.paragraph(out, 2, &line, style::STRONG);
        for note in host.notes.iter().take(notes) {
            writer.paragraph(out, 4, note, anstyle::Style::new());
        }
        if host.notes.len() > notes {
            writer.paragraph(
                out,
                4,
                &format!("and {} more; --verbose shows them", host.notes.len() - notes),
                style::FAINT,
            );
        }
    }
    if noted.len() > servers {
        let more = count((noted.len() - servers) as u64, "more server");
        writer.paragraph(out, 2, &format!("and {more} with remarks; --verbose shows them"), style::FAINT);
    }
}

fn note(writer: &Writer<'_>, out: &mut String, text: &str) {
    let page = writer.page;
    for (index, line) in super::page::wrap(&page.text(text), page.width - 2).iter().enumerate() {
        let mark = if index == 0 { "!" } else { " " };
        let _ = writeln!(out, "{} {line}", page.paint(style::CARE, mark));
    }
}

fn captures(writer: &Writer<'_>, out: &mut String, captures: &[Capture], verbose: bool) {
    let warned: Vec<_> =
        captures.iter().filter(|capture| !capture.warnings.is_empty() || capture.capture_drops > Some(0)).collect();
    let shown = if verbose { warned.len() } else { WARNED };
    if !warned.is_empty() {
        out.push('\n');
    }
    for capture in warned.iter().take(shown) {
        if let Some(drops) = capture.capture_drops.filter(|drops| *drops > 0) {
            let text = format!(
                "{}: the capturing system lost {}; what is missing may be its fault",
                capture.path,
                count(drops, "packet")
            );
            note(writer, out, &text);
        }
        for warning in capture.warnings.iter().take(if verbose { usize::MAX } else { WARNINGS }) {
            let place = warning.offset.map_or(String::new(), |offset| format!("byte {offset}: "));
            note(writer, out, &format!("{}: {place}{}", capture.path, warning.text));
        }
        let listed = capture.warnings.len().min(if verbose { usize::MAX } else { WARNINGS });
        let more = (capture.warnings.len() - listed) as u64 + capture.warnings_omitted;
        if more > 0 {
            note(writer, out, &format!("{}: {} like these", capture.path, count(more, "more warning")));
        }
    }
    if warned.len() > shown {
        note(
            writer,
            out,
            &format!("{} with warnings; --verbose shows them", count((warned.len() - shown) as u64, "more capture")),
        );
    }
}

fn limits(writer: &Writer<'_>, out: &mut String, summary: &Summary) {
    if summary.evicted > 0 {
        let text = format!(
            "{} judged early: too many were open at one time to remember all",
            count(summary.evicted, "connection")
        );
        note(writer, out, &text);
    }
    let undecodable: u64 = summary.undecodable.iter().map(|entry| entry.packets).sum();
    if undecodable > 0 {
        let reasons: Vec<_> = summary
            .undecodable
            .iter()
            .take(3)
            .map(|entry| format!("{} ({}, {})", entry.reason, entry.layer, thousands(entry.packets)))
            .collect();
        note(writer, out, &format!("{} could not be decoded: {}", count(undecodable, "packet"), reasons.join(", ")));
    }
}

fn nothing_found(writer: &Writer<'_>, out: &mut String, tail: &Tail, wishes: &Wishes) {
    let packets = count(tail.summary.packets, "packet");
    let captures = count(tail.captures.len() as u64, "capture");
    let _ = writeln!(out, "\nNo SSH found: {} has no connection in {packets} of {captures}.", wishes.looked_for);
    let other: Vec<_> = tail
        .summary
        .other_traffic
        .iter()
        .take(OTHER)
        .map(|other| format!("{} ({})", other.what, count(other.packets, "packet")))
        .collect();
    if other.is_empty() {
        return;
    }
    writer.field(out, "instead", &other.join(", "));
    writer.field(out, "try", "--any-port finds SSH on any port by its identification string; --port N looks at port N");
}

fn summary(writer: &Writer<'_>, out: &mut String, tail: &Tail) {
    let page = writer.page;
    let summary = &tail.summary;
    let parts: Vec<_> = [
        (summary.failed, "failed", Outcome::Failed),
        (summary.unclear, "unclear", Outcome::Unclear),
        (summary.open, "open", Outcome::Open),
        (summary.healthy, "healthy", Outcome::Healthy),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, word, outcome)| page.paint(outcome_style(outcome), &format!("{} {word}", thousands(number))))
    .collect();
    let dot = page.glyph(Glyph::Dot);
    let _ = writeln!(
        out,
        "\n{}: {} {dot} {} in {}",
        count(summary.connections, "connection"),
        parts.join(", "),
        count(summary.packets, "packet"),
        count(tail.captures.len() as u64, "capture"),
    );
}
