//! Connections that are stuck, told while they last.

use super::connection::Writer;
use super::page::{Glyph, style};
use crate::report::view::{Connection, Endpoint};
use crate::time::Span;
use std::fmt::Write as _;

/// Who is stuck where, how it shows, and what it looks like so far.
pub(super) fn stuck(writer: &Writer<'_>, out: &mut String, connection: &Connection, what: &str) {
    let page = writer.page;
    let phase = connection.ended.phase.word();
    let line = format!("{} {} {}   stuck ({phase})", connection.client, page.glyph(Glyph::To), connection.server);
    let mark = page.paint(style::CARE, page.glyph(Glyph::Open));
    let _ = writeln!(out, "{mark} {}", page.paint(style::STRONG, &line));
    let so_far = connection
        .verdict
        .as_ref()
        .map_or(String::new(), |verdict| format!("; if it ended now: {}, {}", verdict.id, verdict.confidence.word()));
    writer.paragraph(out, 2, &format!("{what}{so_far}"), anstyle::Style::new());
}

/// The answer came after all.
pub(super) fn goes_on(writer: &Writer<'_>, out: &mut String, client: &Endpoint, server: &Endpoint, after: Span) {
    let page = writer.page;
    let mark = page.paint(style::GOOD, page.glyph(Glyph::Open));
    let ends = format!("{client} {} {server}", page.glyph(Glyph::To));
    let _ = writeln!(out, "{mark} {ends}   goes on: answered after {:.1} s", after.as_secs_f64());
}
