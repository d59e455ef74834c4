//! One connection in full: who, where, how, why, what to do.

use super::super::moment;
use super::page::{Glyph, Page, style, width, wrap};
use super::{phrases, timeline};
use crate::diagnose::Confidence;
use crate::report::escape::visible_text;
use crate::report::view::{Brief, Connection, Evidence, Finding, NoneInCommon, Outcome, Remedy};
use std::fmt::Write as _;

/// Where the text of a labelled line begins.
const INDENT: usize = 13;
/// Width of the labels.
const LABEL: usize = 10;

/// Writes connections onto a page.
pub(super) struct Writer<'a> {
    pub page: &'a Page,
    pub verbose: bool,
    /// Names a capture by its index.
    pub path: &'a dyn Fn(u32) -> String,
    /// Several captures were read: each connection says where it lies.
    pub several_captures: bool,
}

impl Writer<'_> {
    /// The whole story of one connection.
    pub fn write(&self, out: &mut String, connection: &Connection) {
        self.header(out, connection);
        if let Some(verdict) = &connection.verdict {
            self.paragraph(out, 2, &verdict.title, style::STRONG);
        }
        self.ended(out, connection);
        timeline::write(out, self.page, connection, self.verbose, self.path);
        for slot in &connection.ssh.none_in_common {
            self.slot(out, slot);
        }
        if let Some(verdict) = &connection.verdict {
            self.verdict(out, connection, verdict);
        }
        if self.verbose {
            super::details::write(self, out, connection);
        }
    }

    fn header(&self, out: &mut String, connection: &Connection) {
        let page = self.page;
        let glyph = page.glyph(outcome_glyph(connection.outcome));
        let ends = format!("{} {} {}", connection.client, page.glyph(Glyph::To), connection.server);
        let phrase = phrases::ended(&connection.ended);
        let sure = connection.verdict.as_ref().map_or(connection.ended.confidence, |verdict| verdict.confidence).word();
        let mark = page.paint(outcome_style(connection.outcome), glyph);
        let strong = |text: &str| page.paint(style::STRONG, text);
        let left = width(glyph) + 1 + width(&ends);
        let whole = left + 3 + width(&phrase) + 2 + sure.len();
        if whole <= page.width {
            let fill = page.width - whole + 2;
            let _ = writeln!(out, "{mark} {}   {phrase}{:fill$}{}", strong(&ends), "", self.confidence(sure));
        } else if left + 2 + sure.len() <= page.width {
            let fill = page.width - left - sure.len();
            let _ = writeln!(out, "{mark} {}{:fill$}{}", strong(&ends), "", self.confidence(sure));
            self.paragraph(out, 2, &phrase, anstyle::Style::new());
        } else {
            let _ = writeln!(out, "{mark} {}", strong(&ends));
            self.paragraph(out, 2, &format!("{sure}: {phrase}"), anstyle::Style::new());
        }
    }

    fn confidence(&self, word: &str) -> String {
        let certain = word == Confidence::Certain.word();
        self.page.paint(if certain { style::STRONG } else { style::CARE }, word)
    }

    fn ended(&self, out: &mut String, connection: &Connection) {
        let ended = &connection.ended;
        let mut who = phrases::by(connection);
        let verdict_is_as_sure =
            connection.verdict.as_ref().is_none_or(|verdict| verdict.confidence == ended.confidence);
        if !verdict_is_as_sure {
            let _ = write!(who, " ({})", ended.confidence.word());
        }
        let text = if ended.argument.is_empty() { who } else { format!("{who}: {}", ended.argument) };
        self.field(out, "ended by", &text);
        let label = phrases::client_label(connection);
        for (index, line) in connection.client_says.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            self.field(out, label, line);
        }
        self.field(out, "when", &self.when(connection));
    }

    fn when(&self, connection: &Connection) -> String {
        let start = moment::readable(connection.start.0, &self.page.zone);
        let length = moment::length(connection.end.0 - connection.start.0);
        let mut text = format!("{start}, for {length}; packet");
        let range = self.page.glyph(Glyph::Range);
        if connection.last_capture.is_none() && connection.first_packet == connection.last_packet {
            let _ = write!(text, " {}", connection.first_packet);
        } else if connection.last_capture.is_none() {
            let _ = write!(text, "s {}{range}{}", connection.first_packet, connection.last_packet);
        } else {
            let _ = write!(text, "s {}", connection.first_packet);
        }
        if self.several_captures {
            let _ = write!(text, " of {}", (self.path)(connection.capture));
        }
        if let Some(capture) = connection.last_capture {
            let _ = write!(text, " to {} of {}", connection.last_packet, (self.path)(capture));
        }
        text
    }

    fn slot(&self, out: &mut String, slot: &NoneInCommon) {
        self.field(out, "no common", &phrases::slot(&slot.slot));
        self.offer(out, "client", &slot.client);
        self.offer(out, "server", &slot.server);
        out.push('\n');
    }

    fn offer(&self, out: &mut String, side: &str, names: &[String]) {
        let names = if names.is_empty() { "(nothing)".to_owned() } else { names.join(",") };
        let label = format!("  {side}");
        self.field(out, &label, &names);
    }

    fn verdict(&self, out: &mut String, connection: &Connection, verdict: &Finding) {
        let mut because = Vec::new();
        if !verdict.explanation.is_empty() {
            because.push(verdict.explanation.clone());
        }
        because.extend(verdict.evidence.iter().map(|evidence| self.evidence(evidence)));
        self.list(out, "because", &because);
        if verdict.against.is_empty() {
            self.field(out, "against", "nothing in this capture");
        } else {
            self.list(out, "against", &verdict.against);
        }
        self.list(out, "to settle", &verdict.settle);
        for (index, remedy) in verdict.remedies.iter().enumerate() {
            self.remedy(out, if index == 0 { "do" } else { "" }, remedy);
        }
        for finding in connection.findings.iter().skip(1) {
            self.field(out, "also", &format!("{} ({}, {})", finding.title, finding.id, finding.confidence.word()));
        }
        let command = self.page.paint(style::COMMAND, &format!("sshwire explain {}", verdict.id));
        let _ = writeln!(out, "  {} {command}", self.label("more"));
    }

    fn evidence(&self, evidence: &Evidence) -> String {
        match evidence.capture {
            None => format!("packet {}: {}", evidence.packet, evidence.text),
            Some(capture) => format!("packet {} of {}: {}", evidence.packet, (self.path)(capture), evidence.text),
        }
    }

    /// A command stands on a line of its own, never broken, so that it can be copied.
    fn remedy(&self, out: &mut String, label: &str, remedy: &Remedy) {
        let end = if remedy.command.is_some() && !remedy.text.is_empty() { ":" } else { "" };
        let text = remedy.text.trim_end_matches([':', '.']);
        self.field(out, label, &format!("{}: {text}{end}", remedy.place.word()));
        for line in remedy.command.iter().flat_map(|command| command.lines()) {
            let command = self.page.paint(style::COMMAND, &self.page.text(line));
            let _ = writeln!(out, "{:1$}{command}", "", INDENT + 2);
        }
    }

    fn list(&self, out: &mut String, label: &str, items: &[String]) {
        for (index, item) in items.iter().enumerate() {
            self.field(out, if index == 0 { label } else { "" }, item);
        }
    }

    /// A label and its text, wrapped.
    pub fn field(&self, out: &mut String, label: &str, text: &str) {
        let lines = wrap(&self.page.text(text), self.page.width - INDENT);
        for (index, line) in lines.iter().enumerate() {
            let label = self.label(if index == 0 { label } else { "" });
            let _ = writeln!(out, "  {label} {line}");
        }
    }

    fn label(&self, label: &str) -> String {
        format!("{}{:2$}", self.page.paint(style::FAINT, label), "", LABEL.saturating_sub(width(label)))
    }

    /// Text that stands by itself, wrapped.
    pub fn paragraph(&self, out: &mut String, indent: usize, text: &str, style: anstyle::Style) {
        for line in wrap(&self.page.text(text), self.page.width - indent) {
            let _ = writeln!(out, "{:indent$}{}", "", self.page.paint(style, &line));
        }
    }

    /// One connection as one line.
    pub fn line(&self, connection: &Connection) -> String {
        let what = match (&connection.verdict, connection.outcome) {
            (Some(verdict), Outcome::Failed | Outcome::Unclear) => format!("{}: {}", verdict.id, verdict.title),
            (None, Outcome::Failed | Outcome::Unclear) => phrases::ended(&connection.ended),
            (verdict, _) => phrases::healthy(connection, verdict.as_ref()),
        };
        self.line_of(&Brief::from(connection), &what)
    }

    /// The same of one that failed with a verdict.
    pub fn line_of_failure(&self, brief: &Brief<'_>) -> String {
        self.line_of(brief, &format!("{}: {}", brief.verdict, visible_text(brief.title)))
    }

    fn line_of(&self, brief: &Brief<'_>, what: &str) -> String {
        let page = self.page;
        let glyph = page.glyph(outcome_glyph(brief.outcome));
        let ends = format!("{} {} {}", brief.client, page.glyph(Glyph::To), brief.server);
        let clock = moment::clock(brief.start.0, &page.zone);
        let mark = page.paint(outcome_style(brief.outcome), glyph);
        let line = format!("{clock}  {ends:<42}  {}", page.text(what));
        format!("{mark} {}", page.fit(&line, page.width - 2).trim_end())
    }
}

/// The mark of an outcome.
pub(super) fn outcome_glyph(outcome: Outcome) -> Glyph {
    match outcome {
        Outcome::Failed => Glyph::Failed,
        Outcome::Unclear => Glyph::Unclear,
        Outcome::Open => Glyph::Open,
        Outcome::Healthy => Glyph::Healthy,
    }
}

pub(super) fn outcome_style(outcome: Outcome) -> anstyle::Style {
    match outcome {
        Outcome::Failed => style::BAD,
        Outcome::Unclear => style::CARE,
        Outcome::Open | Outcome::Healthy => style::GOOD,
    }
}
