//! The words of a client or of a log in, the diagnoses that can stand behind them out. Pure: no IO.
//!
//! A text may be one message or a whole `ssh -vvv` or log. Its decisive line is the last of the highest
//! [`Weight`]; what was said before it ([`Progress`]) tells apart what the same words mean at different steps.

mod advice;
mod marks;
mod messages;
pub mod pages;
mod pattern;
mod progress;

pub use advice::Advice;
pub use marks::{Mark, mark};
pub use messages::{Meaning, Printer, Weight, all as messages};
pub use progress::{Progress, Stage};

use crate::limits::{EXPLAINED_LINE_BYTES, EXPLAINED_LINES};
use pattern::{Line, Places};

/// How far a capture proves a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// It leaves no other explanation.
    Certain,
    /// It makes it likely.
    Likely,
    /// It shows what happened; the cause is in a log.
    Cause,
}

/// Where a capture has to be taken to show a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tap {
    /// Anywhere.
    Any,
    /// At the client.
    Client,
    /// At the server.
    Server,
    /// At both ends at the same time.
    Both,
}

macro_rules! words {
    ($type:ty { $($variant:ident = $word:literal),+ }) => {
        impl $type {
            /// The word for JSON.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

words!(Proof { Certain = "certain", Likely = "likely", Cause = "log" });
words!(Tap { Any = "any", Client = "client", Server = "server", Both = "both" });
words!(Printer { Client = "client", Server = "server" });

/// What a text says.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The decisive line.
    pub said: Said,
    /// Other lines that say something, the most telling first.
    pub also: Vec<Said>,
    /// Other lines that say something and are not listed.
    pub also_omitted: usize,
    /// What was told before the decisive line.
    pub progress: Progress,
    /// How a capture is taken that tells the candidates apart; none where no capture helps.
    pub advice: Option<Advice>,
}

/// A line that says something.
#[derive(Debug, Clone)]
pub struct Said {
    /// The line as it came, cut. Whoever shows it makes it harmless.
    pub line: String,
    /// Its number in the text, from 1.
    pub number: usize,
    /// Lines that say the same, this one included.
    pub times: usize,
    /// What it means.
    pub meaning: &'static Meaning,
}

/// Lines listed beside the decisive one.
const ALSO: usize = 4;

/// Explains a text; none if no line of it is known.
pub fn explain(text: &str) -> Option<Explanation> {
    let mut reading = Reading::new(text);
    for (number, line) in lines(text) {
        reading.line(number, line);
    }
    reading.finish()
}

/// Explains words that were typed from memory: a piece of a message, or of several.
pub fn from_piece(piece: &str) -> Option<Explanation> {
    let mut said = containing(piece).into_iter().map(|(meaning, pattern)| Said {
        line: pattern.to_owned(),
        number: 1,
        times: 1,
        meaning,
    });
    let leading = said.next()?;
    let also: Vec<Said> = said.collect();
    let progress = Progress::default();
    Some(Explanation {
        advice: advice(leading.meaning, &progress),
        also_omitted: also.len().saturating_sub(ALSO),
        also: also.into_iter().take(ALSO).collect(),
        said: leading,
        progress,
    })
}

/// Messages that a piece of text is a piece of, the most telling first, with the pattern that holds it.
fn containing(piece: &str) -> Vec<(&'static Meaning, &'static str)> {
    let piece = Line::new(piece);
    let piece = piece.lower().trim_matches(['.', '"', '\'']);
    if piece.len() < SHORTEST_PIECE {
        return Vec::new();
    }
    let holds = |pattern: &&&str| pattern::fixed(pattern).contains(piece);
    let mut found: Vec<_> =
        messages().filter_map(|meaning| Some((meaning, *meaning.patterns.iter().find(holds)?))).collect();
    found.sort_by_key(|(meaning, _)| std::cmp::Reverse(meaning.weight));
    found
}

/// How to take the capture that tells its candidates apart.
fn advice(meaning: &Meaning, progress: &Progress) -> Option<Advice> {
    let ids: Vec<_> = meaning.candidates().map(|diagnosis| diagnosis.id).collect();
    Advice::on(&ids, progress)
}

/// A shorter piece stands in half of all messages.
const SHORTEST_PIECE: usize = 6;

/// The last lines with their numbers from 1, each cut to a length that no message exceeds.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let all = text.split('\n').enumerate().filter(|(_, line)| !line.trim().is_empty());
    let skipped = all.clone().count().saturating_sub(EXPLAINED_LINES);
    all.skip(skipped).map(|(index, line)| {
        let end = (0..=EXPLAINED_LINE_BYTES.min(line.len())).rev().find(|at| line.is_char_boundary(*at));
        (index + 1, line.get(..end.unwrap_or(0)).unwrap_or_default())
    })
}

/// What was found so far.
struct Reading {
    from_server: bool,
    progress: Progress,
    said: Vec<Found>,
    /// The last line that has anything in it, for messages that only count there.
    last: usize,
}

struct Found {
    said: Said,
    /// How far the client had come when it said this.
    progress: Progress,
}

impl Reading {
    fn new(text: &str) -> Self {
        let marks = ["sshd[", "sshd-session[", "sshd-auth[", "[preauth]", "Server listening on ", "dropbear["];
        let from_server = marks.iter().any(|mark| text.contains(mark));
        Self { from_server, progress: Progress::default(), said: Vec::new(), last: 0 }
    }

    fn line(&mut self, number: usize, text: &str) {
        let line = Line::new(text);
        self.progress.note(&line, self.from_server);
        self.last = number;
        let Some((meaning, places)) = self.best(&line) else { return };
        let theirs = self.from_server || meaning.printer == Printer::Server;
        self.progress.take(if theirs { places.turned() } else { places });
        let progress = self.progress.clone();
        let times = match self.said.iter().position(|found| std::ptr::eq(found.said.meaning, meaning)) {
            Some(before) => self.said.remove(before).said.times + 1,
            None => 1,
        };
        self.said.push(Found { said: Said { line: text.trim().to_owned(), number, times, meaning }, progress });
    }

    /// The meaning of a line: one that tells why, of the side that printed it, the most telling, of the step that was reached.
    fn best(&self, line: &Line) -> Option<(&'static Meaning, Places)> {
        let held = |meaning: &'static Meaning| {
            let places = meaning.patterns.iter().find_map(|pattern| line.holds(pattern))?;
            let fits = meaning.at.is_empty() || self.progress.reached.is_some_and(|step| meaning.at.contains(&step));
            fits.then_some((meaning, places))
        };
        let mut best: Option<(&'static Meaning, Places)> = None;
        for (meaning, places) in messages().filter_map(held) {
            let rank = |meaning: &Meaning| {
                let printer = if self.from_server { Printer::Server } else { Printer::Client };
                let tells_why = meaning.weight == Weight::Cause;
                (!meaning.waits, tells_why, meaning.printer == printer, meaning.weight, !meaning.at.is_empty())
            };
            if best.as_ref().is_none_or(|(known, _)| rank(known) < rank(meaning)) {
                best = Some((meaning, places));
            }
        }
        best
    }

    fn finish(self) -> Option<Explanation> {
        let last = self.last;
        let counts = |found: &Found| !found.said.meaning.waits || found.said.number == last;
        let mut said: Vec<Found> = self.said.into_iter().filter(counts).collect();
        said.sort_by_key(|found| std::cmp::Reverse((found.said.meaning.weight, found.said.number)));
        let mut said = said.into_iter();
        let leading = said.next()?;
        let mut progress = leading.progress;
        // A line that names nobody is about whom the others name.
        progress.server = progress.server.or(self.progress.server);
        progress.client = progress.client.or(self.progress.client);
        progress.port = progress.port.or(self.progress.port);
        let mut also: Vec<Said> = said.map(|found| found.said).collect();
        let also_omitted = also.len().saturating_sub(ALSO);
        also.truncate(ALSO);
        let advice = advice(leading.said.meaning, &progress);
        Some(Explanation { said: leading.said, also, also_omitted, progress, advice })
    }
}

#[cfg(test)]
mod tests;
