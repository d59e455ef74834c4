//! A page of the catalogue on a terminal: its Markdown with lines as long as the terminal is wide, code untouched.

use super::super::paper::Paper;
use crate::report::text::style;
use anstyle::Style;

/// Writes a page. Where no terminal is, the Markdown stays as it is.
pub(super) fn write(paper: &mut Paper, page: &str) {
    if !paper.on_terminal() {
        paper.verbatim(page.trim_end(), Style::new());
        return;
    }
    let mut block = Block::default();
    let mut in_code = false;
    for line in page.trim_end().lines() {
        if line.starts_with("```") {
            block.flush(paper);
            in_code = !in_code;
        } else if in_code {
            paper.command(4, line);
        } else if let Some(title) = line.strip_prefix("# ").or_else(|| line.strip_prefix("## ")) {
            block.flush(paper);
            paper.heading(title);
        } else if line.is_empty() {
            block.flush(paper);
            paper.gap();
        } else {
            block.line(paper, line);
        }
    }
    block.flush(paper);
}

/// Lines that belong together: a paragraph, or an item of a list.
#[derive(Default)]
struct Block {
    indent: usize,
    mark: String,
    text: String,
}

impl Block {
    fn line(&mut self, paper: &mut Paper, line: &str) {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if let Some((mark, text)) = item(text) {
            self.flush(paper);
            *self = Self { indent, mark: mark.to_owned(), text: text.to_owned() };
            return;
        }
        if self.text.is_empty() {
            self.indent = indent;
        } else {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }

    fn flush(&mut self, paper: &mut Paper) {
        let block = std::mem::take(self);
        if block.text.is_empty() {
            return;
        }
        let column = block.indent + 2 + block.mark.len();
        if block.mark.is_empty() {
            paper.paragraph(column, &block.text, Style::new());
        } else {
            paper.item(block.indent + 2, &block.mark, style::FAINT, column + 1, &block.text, Style::new());
        }
    }
}

/// `- text` and `1. text`.
fn item(text: &str) -> Option<(&str, &str)> {
    let (mark, rest) = text.split_once(' ')?;
    let number = mark.strip_suffix('.').is_some_and(|digits| digits.parse::<u8>().is_ok());
    (mark == "-" || number).then_some((mark, rest))
}
