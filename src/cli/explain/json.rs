//! The answer for scripts: one document, `sshwire-explain/1`.

use super::{Answer, Topic, text, topics};
use crate::explain::{self, Advice, Explanation, Printer, Progress, Proof, Said, Tap, mark};
use serde::Serialize;

const SCHEMA: &str = "sshwire-explain/1";

/// One document.
#[derive(Serialize)]
pub(super) struct Document {
    schema: &'static str,
    sshwire: &'static str,
    #[serde(flatten)]
    content: Content,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Content {
    /// A page.
    Page { id: &'static str, title: &'static str, page: &'static str },
    /// Several ids that fit.
    Ids { asked: String, ids: Vec<Id> },
    /// A message and what can stand behind it.
    Message(Box<Message>),
    /// Everything.
    List { ids: Vec<Id>, messages: Vec<Known> },
}

#[derive(Serialize)]
struct Id {
    id: &'static str,
    title: &'static str,
}

#[derive(Serialize)]
struct Message {
    #[serde(flatten)]
    said: Line,
    /// Id of the page for a message that no capture can show.
    page: Option<&'static str>,
    candidates: Vec<Candidate>,
    progress: Progress,
    capture: Option<Advice>,
    also: Vec<Line>,
    also_omitted: usize,
}

#[derive(Serialize)]
struct Line {
    line: String,
    number: usize,
    times: usize,
    printed_by: Printer,
    says: &'static str,
}

#[derive(Serialize)]
struct Candidate {
    id: &'static str,
    title: &'static str,
    mark: &'static str,
    /// How far a capture proves it: `certain`, `likely`, `log`.
    capture: Option<Proof>,
    /// Where that capture is taken: `any`, `client`, `server`, `both`.
    tap: Option<Tap>,
}

#[derive(Serialize)]
struct Known {
    patterns: &'static [&'static str],
    printed_by: Printer,
    says: &'static str,
    page: Option<&'static str>,
    candidates: Vec<&'static str>,
}

pub(super) fn answer(answer: &Answer) -> Document {
    document(match answer {
        Answer::Page(Topic { id, title, page }) => Content::Page { id, title, page },
        Answer::Ids { asked, topics } => Content::Ids {
            asked: crate::report::escape::visible(asked.as_bytes()),
            ids: topics.iter().map(id).collect(),
        },
        Answer::Message(explanation) => Content::Message(Box::new(message(explanation))),
    })
}

pub(super) fn list() -> Document {
    let known = explain::messages().map(|meaning| Known {
        patterns: meaning.patterns,
        printed_by: meaning.printer,
        says: meaning.says,
        page: meaning.page,
        candidates: meaning.candidates().map(|diagnosis| diagnosis.id).collect(),
    });
    document(Content::List { ids: topics().map(|topic| id(&topic)).collect(), messages: known.collect() })
}

fn document(content: Content) -> Document {
    Document { schema: SCHEMA, sshwire: env!("CARGO_PKG_VERSION"), content }
}

fn id(topic: &Topic) -> Id {
    Id { id: topic.id, title: topic.title }
}

fn message(explanation: &Explanation) -> Message {
    let Explanation { said, also, also_omitted, progress, advice } = explanation;
    let candidates = said.meaning.candidates().map(|diagnosis| {
        let mark = mark(diagnosis.id);
        Candidate {
            id: diagnosis.id,
            title: diagnosis.title(),
            mark: mark.map_or("", |mark| mark.text),
            capture: mark.map(|mark| mark.proof),
            tap: mark.map(|mark| mark.tap),
        }
    });
    Message {
        said: line(said),
        page: said.meaning.page,
        candidates: candidates.collect(),
        progress: visible(progress),
        capture: advice.clone(),
        also: also.iter().map(line).collect(),
        also_omitted: *also_omitted,
    }
}

fn line(said: &Said) -> Line {
    Line {
        line: text::line_of(said),
        number: said.number,
        times: said.times,
        printed_by: said.meaning.printer,
        says: said.meaning.says,
    }
}

/// Names come from a stranger's text.
fn visible(progress: &Progress) -> Progress {
    let visible = |text: &Option<String>| text.as_ref().map(|text| crate::report::escape::visible(text.as_bytes()));
    Progress {
        reached: progress.reached,
        server: visible(&progress.server),
        client: visible(&progress.client),
        port: progress.port,
        server_software: visible(&progress.server_software),
    }
}
