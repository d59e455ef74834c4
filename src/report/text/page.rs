//! The paper that text is laid out on: its width, its characters, its colours, its clock.

use super::super::escape;
use anstyle::{AnsiColor, Effects, Style};
use jiff::tz::TimeZone;

/// Widest page: longer lines are hard to read, however wide the terminal.
pub const WIDEST: usize = 120;
/// Narrowest page: with less a timeline has no room for its remarks.
pub const NARROWEST: usize = 80;
/// Width where nobody looks at a terminal: a file, a pipe, a ticket.
pub const WIDTH_ELSEWHERE: usize = 100;

/// How text is laid out.
#[derive(Debug, Clone)]
pub struct Page {
    /// Columns.
    pub width: usize,
    /// ANSI colours are written.
    pub colour: bool,
    /// Only ASCII can be shown (the locale is not UTF-8).
    pub ascii: bool,
    /// The reader's time zone.
    pub zone: TimeZone,
}

impl Page {
    /// A page for something that is no terminal, in UTC.
    pub fn plain() -> Self {
        Self { width: WIDTH_ELSEWHERE, colour: false, ascii: false, zone: TimeZone::UTC }
    }

    /// A page as wide as this terminal, within reason.
    pub fn fitting(columns: usize) -> usize {
        columns.clamp(NARROWEST, WIDEST)
    }

    /// Text in the characters that this page can show. Everything printed comes through here or [`Page::glyph`].
    pub fn text(&self, text: &str) -> String {
        let text = escape::visible_text(text);
        if !self.ascii || text.is_ascii() {
            return text;
        }
        text.chars().map(|c| if c.is_ascii() { c.to_string() } else { substitute(c) }).collect()
    }

    /// A mark of the page itself.
    pub fn glyph(&self, glyph: Glyph) -> &'static str {
        let (full, ascii) = glyph.forms();
        if self.ascii { ascii } else { full }
    }

    /// Text in a style, where colours are wanted.
    pub fn paint(&self, style: Style, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        format!("{style}{text}{style:#}")
    }

    /// Text of at most so many columns, cut with a sign.
    pub fn fit(&self, text: &str, columns: usize) -> String {
        if width(text) <= columns {
            return text.to_owned();
        }
        let sign = self.glyph(Glyph::Cut);
        let room = columns.saturating_sub(width(sign));
        let mut used = 0;
        let kept: String = text.chars().take_while(|c| { used += char_width(*c); used <= room }).collect();
        format!("{kept}{sign}")
    }
}

/// What an ASCII page shows for a character that it does not have.
fn substitute(c: char) -> String {
    match c {
        '→' => "->".into(),
        '←' => "<-".into(),
        '…' => "...".into(),
        '–' | '—' | '‑' | '─' => "-".into(),
        '‘' | '’' => "'".into(),
        '“' | '”' => "\"".into(),
        '≥' => ">=".into(),
        '≤' => "<=".into(),
        '×' => "x".into(),
        'µ' | 'μ' => "u".into(),
        '·' | '•' => "*".into(),
        '±' => "+-".into(),
        '§' => "section ".into(),
        other => format!("\\u{{{:x}}}", u32::from(other)),
    }
}

/// The marks of a page, each with a form in ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    /// A connection that failed.
    Failed,
    /// A healthy one.
    Healthy,
    /// One that goes on.
    Open,
    /// One of which too little was seen.
    Unclear,
    /// From one end to the other.
    To,
    /// The shaft of an arrow.
    Shaft,
    /// Its head at the server.
    HeadRight,
    /// Its head at the client.
    HeadLeft,
    /// Text was cut here.
    Cut,
    /// A range, between two numbers.
    Range,
    /// Between two remarks.
    Dot,
}

impl Glyph {
    fn forms(self) -> (&'static str, &'static str) {
        match self {
            Self::Failed => ("✗", "x"),
            Self::Healthy => ("✓", "+"),
            Self::Open => ("…", "~"),
            Self::Unclear => ("?", "?"),
            Self::To => ("→", "->"),
            Self::Shaft => ("─", "-"),
            Self::HeadRight => ("▶", ">"),
            Self::HeadLeft => ("◀", "<"),
            Self::Cut => ("…", "..."),
            Self::Range => ("–", "-"),
            Self::Dot => ("·", "|"),
        }
    }
}

/// The styles in use. Meaning never hangs on colour alone.
pub mod style {
    use super::{AnsiColor, Effects, Style};

    /// What leads the eye.
    pub const STRONG: Style = Style::new().effects(Effects::BOLD);
    /// Labels and what can be passed over.
    pub const FAINT: Style = Style::new().effects(Effects::DIMMED);
    /// Something failed.
    pub const BAD: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
    /// Something is well.
    pub const GOOD: Style = AnsiColor::Green.on_default();
    /// Something is not certain, or was cut.
    pub const CARE: Style = AnsiColor::Yellow.on_default();
    /// Something to type.
    pub const COMMAND: Style = AnsiColor::Cyan.on_default();
}

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// Columns of one character. Those of no width never get here, see [`escape`].
fn char_width(c: char) -> usize {
    let wide = matches!(u32::from(c),
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60
        | 0xffe0..=0xffe6 | 0x1_f000..=0x1_faff | 0x2_0000..=0x3_fffd);
    if wide { 2 } else { 1 }
}

/// Breaks text into lines of at most `columns`: at blanks, else after a comma (name-lists), else anywhere.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let blank = usize::from(!line.is_empty());
        if width(&line) + blank + width(word) <= columns {
            if blank == 1 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        // A word that fits a line of its own goes there; a longer one begins where it stands and is broken.
        if width(word) <= columns || width(&line) + 12 > columns {
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
        } else if blank == 1 {
            line.push(' ');
        }
        break_word(word, columns, &mut line, &mut lines);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

fn break_word(word: &str, columns: usize, line: &mut String, lines: &mut Vec<String>) {
    for piece in word.split_inclusive(',') {
        if width(line) + width(piece) > columns && !line.trim_end().is_empty() {
            lines.push(std::mem::take(line).trim_end().to_owned());
        }
        for c in piece.chars() {
            if width(line) + char_width(c) > columns {
                lines.push(std::mem::take(line));
            }
            line.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_break_at_blanks_then_commas() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("offer: aaaa,bbbb,cccc,dddd", 12), ["offer:", "aaaa,bbbb,", "cccc,dddd"]);
        assert_eq!(wrap("0123456789abcdef", 10), ["0123456789", "abcdef"]);
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn an_ascii_page_shows_ascii() {
        let page = Page { ascii: true, ..Page::plain() };
        assert_eq!(page.text("a → b … “c” ≥ 5 µs é"), "a -> b ... \"c\" >= 5 us \\u{e9}");
        assert_eq!(page.fit("0123456789", 8), "01234...");
        assert_eq!(Page::plain().fit("0123456789", 8), "0123456…");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(width("拒否a"), 5);
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_and_no_word_is_lost(text in "[a-z, ]{0,200}", columns in 8_usize..40) {
            let lines = wrap(&text, columns);
            prop_assert!(lines.iter().all(|line| width(line) <= columns), "{lines:?}");
            let strip = |s: &str| s.replace(' ', "");
            prop_assert_eq!(strip(&lines.concat()), strip(&text));
        }
    }
}
