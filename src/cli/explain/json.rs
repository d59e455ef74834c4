//! The answer for scripts, see [`crate::report::explanation`].

use super::{Answer, Topic, text, topics};
use crate::explain::{self, Advice, Explanation, mark};
use crate::report::escape::visible;
use crate::report::explanation::{Candidate, Capture, Content, Document, Id, Known, Line, Message, Progress};

pub(super) fn answer(answer: &Answer) -> String {
    let content = match answer {
        Answer::Page(Topic { id, title, page }) => Content::Page { id, title, page },
        Answer::Ids { asked, topics } => {
            Content::Ids { asked: visible(asked.as_bytes()), ids: topics.iter().map(id).collect() }
        }
        Answer::Message(explanation) => Content::Message(Box::new(message(explanation))),
    };
    Document::new(content).to_json()
}

pub(super) fn list() -> String {
    let known = explain::messages().map(|meaning| Known {
        patterns: meaning.patterns,
        printed_by: meaning.printer.word(),
        says: meaning.says,
        page: meaning.page,
        candidates: meaning.candidates().map(|diagnosis| diagnosis.id).collect(),
    });
    let ids = topics().map(|topic| id(&topic)).collect();
    Document::new(Content::List { ids, messages: known.collect() }).to_json()
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
            capture: mark.map(|mark| mark.proof.word()),
            tap: mark.map(|mark| mark.tap.word()),
        }
    });
    Message {
        said: line(said),
        page: said.meaning.page,
        candidates: candidates.collect(),
        progress: visible_progress(progress),
        capture: advice.as_ref().map(capture),
        also: also.iter().map(line).collect(),
        also_omitted: *also_omitted,
    }
}

fn line(said: &explain::Said) -> Line {
    Line {
        line: text::shown(&said.line),
        number: said.number,
        times: said.times,
        printed_by: said.meaning.printer.word(),
        says: said.meaning.says,
    }
}

fn capture(advice: &Advice) -> Capture {
    Capture {
        at_client: advice.at_client.clone(),
        at_server: advice.at_server.clone(),
        proves: advice.proves.clone(),
        makes_likely: advice.makes_likely.clone(),
        shows_only_how: advice.shows_only_how.clone(),
        both_ends_for: advice.both_ends_for.clone(),
        server_end_for: advice.server_end_for.clone(),
    }
}

/// Names come from a stranger's text.
fn visible_progress(progress: &explain::Progress) -> Progress {
    let visible = |text: &Option<String>| text.as_ref().map(|text| visible(text.as_bytes()));
    Progress {
        reached: progress.reached.map(explain::Stage::word),
        server: visible(&progress.server),
        client: visible(&progress.client),
        port: progress.port,
        server_software: visible(&progress.server_software),
    }
}
