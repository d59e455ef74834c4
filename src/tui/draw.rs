//! The picture: figures above, the two lists or one connection in the middle, keys below.

use super::keys::LISTED;
use super::screen::{List, Screen};
use super::{Open, Outcome, Snapshot, Verdict};
use crate::report::escape::visible_text;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Clear, Paragraph, Row, Table, TableState};
use std::time::Duration;

/// Lines of the list of open connections: its title and frame, and as many as it has, up to half of the screen.
const FRAME: u16 = 3;

impl Screen {
    /// Draws everything.
    pub fn draw(&mut self, frame: &mut Frame<'_>, snapshot: &Snapshot) {
        let noticed = u16::from(!snapshot.notice.is_empty());
        let heights = [Constraint::Length(2), Constraint::Min(0), Constraint::Length(noticed), Constraint::Length(1)];
        let [figures, middle, notice, keys] = Layout::vertical(heights).areas(frame.area());
        frame.render_widget(Paragraph::new(figures_of(snapshot)), figures);
        if self.subject.is_some() {
            self.draw_detail(frame, middle, snapshot);
        } else {
            self.draw_lists(frame, middle, snapshot);
        }
        frame.render_widget(Line::styled(visible_text(&snapshot.notice), Style::new().fg(Color::Yellow)), notice);
        frame.render_widget(self.hints(), keys);
        if self.help {
            draw_help(frame);
        }
    }

    fn draw_lists(&mut self, frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
        let held = self.held.take();
        let shown = held.as_deref().unwrap_or(snapshot);
        let wanted = u16::try_from(shown.open.len()).unwrap_or(u16::MAX).max(1).saturating_add(FRAME);
        let upper = wanted.min(area.height / 2);
        let [above, below] = Layout::vertical([Constraint::Length(upper), Constraint::Min(0)]).areas(area);
        let open: Vec<&Open> = shown.open.iter().collect();
        let title = format!(" Open connections: {} ", shown.under_way);
        let rows = open.iter().map(|open| (open.number, open_row(open))).collect();
        self.draw_list(frame, above, List::Open, title, rows);
        let verdicts: Vec<&Verdict> = self.verdicts(shown).collect();
        let all = if self.failed_only { ", failed alone" } else { "" };
        let title = format!(" Verdicts: {} failed of {}{all} ", shown.failed, shown.ended);
        let rows = verdicts.iter().map(|verdict| (verdict.number, verdict_row(verdict))).collect();
        self.draw_list(frame, below, List::Verdicts, title, rows);
        self.held = held;
    }

    fn draw_list(
        &mut self,
        frame: &mut Frame<'_>,
        area: Rect,
        list: List,
        title: String,
        rows: Vec<(u64, Row<'static>)>,
    ) {
        let focus = self.list == list;
        let style = if focus { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
        let block = Block::new().borders(Borders::TOP).title(title).title_style(style);
        let (header, widths) = match list {
            List::Open => (OPEN_HEADER, OPEN_WIDTHS),
            List::Verdicts => (VERDICT_HEADER, VERDICT_WIDTHS),
        };
        let (numbers, rows): (Vec<u64>, Vec<Row<'static>>) = rows.into_iter().unzip();
        let selected = if focus { self.position(&numbers) } else { None };
        if focus {
            self.page = usize::from(block.inner(area).height.saturating_sub(1));
        }
        let table = Table::new(rows, widths)
            .header(Row::new(header).style(Style::new().add_modifier(Modifier::DIM)))
            .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED))
            .block(block);
        frame.render_stateful_widget(table, area, &mut TableState::new().with_selected(selected));
    }

    fn draw_detail(&mut self, frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
        let block = Block::new().borders(Borders::TOP).title(" One connection ");
        self.page = usize::from(block.inner(area).height);
        self.scrolled = self.scrolled.min(snapshot.detail.len().saturating_sub(self.page));
        let lines = snapshot.detail.iter().skip(self.scrolled).take(self.page);
        let mut lines: Vec<Line<'_>> = lines.map(|line| Line::raw(visible_text(line))).collect();
        if snapshot.detail.is_empty() {
            lines.push(Line::raw("It is no longer known."));
        }
        frame.render_widget(Paragraph::new(lines).block(block), area);
    }

    fn hints(&self) -> Line<'static> {
        let text = match (self.subject.is_some(), self.held.is_some()) {
            (true, _) => "Esc back   Up Down scroll   ? keys",
            (false, true) => "HELD STILL: Space goes on   Enter detail   ? keys   q end",
            (false, false) => "Tab other list   Enter detail   f failed alone   Space hold   ? keys   q end",
        };
        Line::styled(text, Style::new().add_modifier(Modifier::DIM))
    }
}

fn figures_of(snapshot: &Snapshot) -> Vec<Line<'static>> {
    let failed = if snapshot.failed > 0 { red() } else { Style::new() };
    let dropped = if snapshot.dropped > 0 { red() } else { Style::new() };
    vec![
        Line::from(vec![
            Span::styled("sshwire ", Style::new().add_modifier(Modifier::BOLD)),
            Span::raw(visible_text(&snapshot.place)),
            Span::raw(format!("   for {}", clock(snapshot.elapsed))),
        ]),
        Line::from(vec![
            Span::raw(format!("{} packets, {}/s   ", snapshot.packets, snapshot.rate)),
            Span::styled(format!("{} dropped   ", snapshot.dropped), dropped),
            Span::raw(format!("{} open   {} ended   ", snapshot.under_way, snapshot.ended)),
            Span::styled(format!("{} failed", snapshot.failed), failed),
        ]),
    ]
}

const OPEN_HEADER: [&str; 5] = ["client", "server", "phase", "age", "silent"];
const OPEN_WIDTHS: [Constraint; 5] =
    [Constraint::Min(21), Constraint::Min(17), Constraint::Length(14), Constraint::Length(9), Constraint::Length(9)];

fn open_row(open: &Open) -> Row<'static> {
    let style = if open.stalled { Style::new().fg(Color::Yellow) } else { Style::new() };
    let silent = if open.stalled { format!("{} !", clock(open.silent)) } else { clock(open.silent) };
    let texts = [&open.client, &open.server, &open.phase].map(|text| visible_text(text));
    Row::new(texts.into_iter().chain([clock(open.age), silent])).style(style)
}

const VERDICT_HEADER: [&str; 5] = ["time", "client", "server", "verdict", ""];
const VERDICT_WIDTHS: [Constraint; 5] =
    [Constraint::Length(8), Constraint::Min(21), Constraint::Min(17), Constraint::Length(22), Constraint::Length(8)];

fn verdict_row(verdict: &Verdict) -> Row<'static> {
    let style = match verdict.outcome {
        Outcome::Failed => red(),
        Outcome::Healthy => Style::new().fg(Color::Green),
        Outcome::Unclear => Style::new(),
    };
    let texts = [&verdict.time, &verdict.client, &verdict.server, &verdict.id, &verdict.confidence];
    Row::new(texts.map(|text| visible_text(text))).style(style)
}

fn draw_help(frame: &mut Frame<'_>) {
    let lines: Vec<Line<'_>> = LISTED.iter().map(|(key, what)| Line::raw(format!(" {key:<15} {what} "))).collect();
    let width = lines.iter().map(Line::width).max().unwrap_or(0) + 2;
    let (width, height) =
        (u16::try_from(width).unwrap_or(u16::MAX), u16::try_from(lines.len() + 2).unwrap_or(u16::MAX));
    let whole = frame.area();
    let area = Rect {
        x: whole.width.saturating_sub(width) / 2,
        y: whole.height.saturating_sub(height) / 2,
        width: width.min(whole.width),
        height: height.min(whole.height),
    };
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(" Keys ")), area);
}

fn red() -> Style {
    Style::new().fg(Color::Red)
}

/// A length of time: `4s`, `12m03s`, `2h04m`, `3d07h`.
fn clock(length: Duration) -> String {
    let seconds = length.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{:02}s", seconds % 60),
        (0, _, _) => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{days}d{:02}h", hours % 24),
    }
}
