//! Text of the commands that are no report: headings, paragraphs and columns, as wide as the terminal.

use super::args::Color;
use super::{Status, outputs, stdout, terminal};
use crate::report::text::{Page, style, width, wrap};
use anstream::ColorChoice;
use anstyle::Style;
use jiff::tz::TimeZone;
use std::io::{self, IsTerminal};

/// A text that is written and then printed in one piece.
pub(super) struct Paper {
    page: Page,
    choice: ColorChoice,
    on_terminal: bool,
    out: String,
}

impl Paper {
    /// For standard output.
    pub fn new(color: Color) -> Self {
        let choice = outputs::color_choice(color);
        let page = Page {
            width: terminal::width(),
            colour: choice != ColorChoice::Never,
            ascii: !terminal::is_utf8(),
            zone: TimeZone::UTC,
        };
        Self { page, choice, on_terminal: io::stdout().is_terminal(), out: String::new() }
    }

    /// Somebody looks at a terminal.
    pub fn on_terminal(&self) -> bool {
        self.on_terminal
    }

    /// An empty line, unless nothing stands before it.
    pub fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A heading, with an empty line before it.
    pub fn heading(&mut self, text: &str) {
        self.gap();
        self.paragraph(0, text, style::STRONG);
    }

    /// Text in lines that begin at a column.
    pub fn paragraph(&mut self, indent: usize, text: &str, look: Style) {
        for line in wrap(&self.page.text(text), self.page.width.saturating_sub(indent)) {
            self.out.push_str(&format!("{:indent$}{}\n", "", self.page.paint(look, &line)));
        }
    }

    /// A label, and text in a column behind it.
    pub fn item(&mut self, indent: usize, label: &str, look: Style, column: usize, text: &str, text_look: Style) {
        let label = self.page.text(label);
        let begins = indent + width(&label);
        let mut first = format!("{:indent$}{}", "", self.page.paint(look, &label));
        // A label that is too long has a line of its own.
        if begins + 1 > column {
            self.out.push_str(&first);
            self.out.push('\n');
            first = " ".repeat(column);
        } else {
            first.push_str(&" ".repeat(column - begins));
        }
        for line in wrap(&self.page.text(text), self.page.width.saturating_sub(column)) {
            self.out.push_str(first.trim_end_matches(|_: char| line.is_empty()));
            self.out.push_str(&self.page.paint(text_look, &line));
            self.out.push('\n');
            first = " ".repeat(column);
        }
    }

    /// Something to type: never broken, so that it can be copied.
    pub fn command(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            let line = self.page.text(line);
            self.out.push_str(&format!("{:indent$}{}\n", "", self.page.paint(style::COMMAND, &line)));
        }
    }

    /// The same; one that is too long goes on behind a backslash, before its quoted part.
    pub fn long_command(&mut self, indent: usize, text: &str) {
        match text.split_once(" '") {
            Some((program, quoted)) if indent + width(text) > self.page.width => {
                self.command(indent, &format!("{program} \\\n    '{quoted}"));
            }
            _ => self.command(indent, text),
        }
    }

    /// A line as it is, cut where the page ends.
    pub fn line(&mut self, indent: usize, text: &str, look: Style) {
        let text = self.page.fit(&self.page.text(text), self.page.width.saturating_sub(indent));
        self.out.push_str(&format!("{:indent$}{}\n", "", self.page.paint(look, &text)));
    }

    /// Text of our own that already has its lines.
    pub fn verbatim(&mut self, text: &str, look: Style) {
        for line in text.lines() {
            self.out.push_str(&self.page.paint(look, &self.page.text(line)));
            self.out.push('\n');
        }
    }

    /// Prints it.
    pub fn print(self, status: Status) -> Status {
        stdout::print(&self.out, self.choice, status)
    }
}

/// Prints a JSON document.
pub(super) fn print_json(document: &str, status: Status) -> Status {
    stdout::print(&format!("{document}\n"), ColorChoice::Never, status)
}
