//! `sshwire explain`: an id, a piece of one, a message or a whole text in; a page, or what can stand behind it, out.

mod input;
mod json;
mod markdown;
mod near;
mod text;

use super::args::Explain;
use super::paper::{Paper, print_json};
use super::{Status, complain};
use crate::diagnose::catalogue;
use crate::explain::{self, Explanation, pages};

/// What was found.
enum Answer {
    /// A page.
    Page(Topic),
    /// Several ids fit.
    Ids { asked: String, topics: Vec<Topic> },
    /// A message is known.
    Message(Box<Explanation>),
}

/// An id with its page.
#[derive(Debug, Clone, Copy)]
struct Topic {
    id: &'static str,
    title: &'static str,
    page: &'static str,
}

pub(super) fn explain(asked: &Explain) -> Status {
    if asked.list {
        return if asked.json {
            print_json(&json::list(), Status::Healthy)
        } else {
            text::list(Paper::new(asked.color))
        };
    }
    let answer = match input::read(&asked.what) {
        Ok(input::Asked::Words(words)) => of_words(&words),
        Ok(input::Asked::Text(text)) => of_text(&text),
        Err(line) => Err(line),
    };
    match answer {
        Ok(answer) if asked.json => print_json(&json::answer(&answer), Status::Healthy),
        Ok(answer) => text::answer(Paper::new(asked.color), &answer),
        Err(line) => {
            complain(&line);
            Status::Trouble
        }
    }
}

/// Every id: the catalogue's, then the messages' own.
fn topics() -> impl Iterator<Item = Topic> {
    let diagnoses = catalogue::all().map(|found| Topic { id: found.id, title: found.title(), page: found.page });
    let messages = pages::PAGES.iter().map(|page| Topic { id: page.id, title: page.title(), page: page.text });
    diagnoses.chain(messages)
}

fn topic(id: &str) -> Option<Topic> {
    topics().find(|topic| topic.id == id)
}

fn of_words(words: &str) -> Result<Answer, String> {
    let lower = words.to_ascii_lowercase();
    if let Some(topic) = topic(&lower) {
        return Ok(Answer::Page(topic));
    }
    if let Some(answer) = of_piece(&lower) {
        return Ok(answer);
    }
    if let Some(explanation) = explain::explain(words).or_else(|| explain::from_piece(words)) {
        return Ok(Answer::Message(Box::new(explanation)));
    }
    let known: Vec<Topic> = on_pages(words);
    if !known.is_empty() {
        return Ok(Answer::Ids { asked: words.to_owned(), topics: known });
    }
    let near = near::nearest(&lower);
    let shown = crate::report::escape::cut(words.to_owned(), 120);
    Err(format!(
        "`{shown}` is no id and no message that is known; near: {}; see sshwire explain --list",
        near.join(", ")
    ))
}

/// A piece of an id.
fn of_piece(piece: &str) -> Option<Answer> {
    let is_piece = piece.len() >= 3 && piece.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let found: Vec<Topic> = topics().filter(|topic| is_piece && topic.id.contains(piece)).collect();
    match found.as_slice() {
        [] => None,
        [one] => Some(Answer::Page(*one)),
        _ => Some(Answer::Ids { asked: piece.to_owned(), topics: found }),
    }
}

/// Pages that hold the words, blanks and case apart.
fn on_pages(words: &str) -> Vec<Topic> {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let wanted = plain(words);
    // A short word stands on every page.
    if wanted.len() < 6 {
        return Vec::new();
    }
    topics().filter(|topic| plain(topic.page).contains(&wanted)).take(MENTIONS).collect()
}

/// Pages listed for words that they mention.
const MENTIONS: usize = 12;

fn of_text(text: &str) -> Result<Answer, String> {
    if text.trim().is_empty() {
        return Err(
            "standard input is empty: pipe a message, an `ssh -v` or a log into it (`ssh -v HOST 2>&1 | …`)".into()
        );
    }
    if text.lines().filter(|line| !line.trim().is_empty()).count() == 1 {
        return of_words(text.trim());
    }
    explain::explain(text).map(|explanation| Answer::Message(Box::new(explanation))).ok_or_else(|| {
        let lines = text.lines().count();
        format!("none of the {lines} lines is a message that is known; see sshwire explain --list")
    })
}

/// A diagnosis or a page by its id, for a line about it.
fn title(id: &str) -> &'static str {
    catalogue::find(id).map(catalogue::Diagnosis::title).or_else(|| Some(pages::find(id)?.title())).unwrap_or_default()
}
