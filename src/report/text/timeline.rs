//! The timeline of a connection: packets as arrows between client and server.

use super::super::moment;
use super::page::{Glyph, Page, style, width, wrap};
use crate::report::view::{Connection, Moment};
use crate::tcp::Side;
use std::fmt::Write as _;

/// Moments shown of a timeline when nobody asked for all.
const SHORT: usize = 24;

/// Columns of the timeline of one connection.
struct Columns {
    packet: usize,
    time: usize,
    lane: usize,
    note: usize,
}

/// Narrowest and widest lane between client and server.
const LANE: (usize, usize) = (28, 48);
/// Room that remarks get at least.
const NOTE: usize = 24;
/// Blanks between two columns.
const GAP: usize = 2;

/// Writes the timeline; `path` names a capture by its index.
pub(super) fn write(out: &mut String, page: &Page, connection: &Connection, all: bool, path: &dyn Fn(u32) -> String) {
    if connection.timeline.is_empty() {
        return;
    }
    let columns = Columns::of(page, connection);
    columns.heading(out, page);
    let (first, last) = shown(connection.timeline.len(), all);
    let between = connection.timeline.len() - first - last;
    let omitted = connection.timeline_omitted + between as u64;
    let mut capture = connection.capture;
    for (index, moment) in connection.timeline.iter().enumerate() {
        if index == first && omitted > 0 {
            columns.remark(out, page, &format!("{} {omitted} more {}", page.glyph(Glyph::Cut), page.glyph(Glyph::Cut)));
        }
        if index >= first && index < first + between {
            continue;
        }
        let here = moment.capture.unwrap_or(connection.capture);
        if here != capture {
            capture = here;
            columns.remark(out, page, &format!("in {}", page.text(&path(here))));
        }
        columns.row(out, page, connection, moment);
    }
    out.push('\n');
}

/// How many moments from the start and from the end. Where the record left some out, it did so in the middle.
fn shown(count: usize, all: bool) -> (usize, usize) {
    if all || count <= SHORT { (count.div_ceil(2), count / 2) } else { (SHORT / 2, SHORT / 2) }
}

impl Columns {
    fn of(page: &Page, connection: &Connection) -> Self {
        let digits = |moment: &Moment| moment.packet.to_string().len();
        let packet = connection.timeline.iter().map(digits).max().unwrap_or(0).max("packet".len());
        let time = |moment: &Moment| relative(connection, moment).len();
        let time = connection.timeline.iter().map(time).max().unwrap_or(0).max(8);
        let before = 2 + packet + GAP + time + GAP;
        let wanted = connection.timeline.iter().map(|moment| width(&page.text(&moment.what)) + 5).max().unwrap_or(0);
        let room = page.width.saturating_sub(before + GAP + NOTE);
        let lane = wanted.clamp(LANE.0, LANE.1).min(room.max(LANE.0));
        let note = page.width.saturating_sub(before + lane + GAP);
        Self { packet, time, lane, note }
    }

    fn heading(&self, out: &mut String, page: &Page) {
        let Self { packet, time, lane, .. } = *self;
        let ends = format!("client{:>1$}", "server", lane - "client".len());
        let line = format!("  {:>packet$}  {:<time$}  {ends}", "packet", "time");
        let _ = writeln!(out, "\n{}", page.paint(style::FAINT, &line));
    }

    fn remark(&self, out: &mut String, page: &Page, text: &str) {
        let indent = 2 + self.packet + GAP + self.time + GAP;
        let text = page.fit(text, page.width - indent);
        let _ = writeln!(out, "{:indent$}{}", "", page.paint(style::FAINT, &text));
    }

    fn row(&self, out: &mut String, page: &Page, connection: &Connection, moment: &Moment) {
        let Self { packet, time, lane, note } = *self;
        let arrow = arrow(page, moment, lane);
        let ends = moment.packet == connection.ended.packet.unwrap_or(0) && moment.capture == connection.ended.capture;
        let arrow = if ends { page.paint(style::BAD, &arrow) } else { arrow };
        let clock = relative(connection, moment);
        let remarks = if moment.note.is_empty() { Vec::new() } else { wrap(&page.text(&moment.note), note) };
        let start = format!("  {:>packet$}  {clock:>time$}  ", moment.packet);
        let mut remarks = remarks.iter();
        match remarks.next() {
            Some(remark) => { let _ = writeln!(out, "{start}{arrow}  {}", page.paint(style::FAINT, remark)); }
            None => { let _ = writeln!(out, "{start}{}", arrow.trim_end()); }
        }
        let indent = width(&start) + lane + GAP;
        for remark in remarks {
            let _ = writeln!(out, "{:indent$}{}", "", page.paint(style::FAINT, remark));
        }
    }
}

fn relative(connection: &Connection, moment: &Moment) -> String {
    moment::seconds(moment.time.0 - connection.start.0)
}

/// What happens, as an arrow of exactly `lane` columns; what nobody of the two sent stands in the middle.
fn arrow(page: &Page, moment: &Moment, lane: usize) -> String {
    let what = page.fit(&page.text(&moment.what), lane - 4);
    let shaft = |taken: usize| page.glyph(Glyph::Shaft).repeat(lane.saturating_sub(width(&what) + taken));
    match moment.side {
        Some(Side::Client) => format!("{what} {}{}", shaft(2), page.glyph(Glyph::HeadRight)),
        Some(Side::Server) => format!("{}{} {what}", page.glyph(Glyph::HeadLeft), shaft(2)),
        None => {
            let left = (lane - width(&what)) / 2;
            format!("{:left$}{what}{:2$}", "", "", lane - width(&what) - left)
        }
    }
}
