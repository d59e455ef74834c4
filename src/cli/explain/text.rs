//! The answer for people.

use super::super::Status;
use super::super::paper::Paper;
use super::{Answer, Topic, markdown, title, topics};
use crate::explain::{self, Advice, Explanation, Meaning, Printer, mark, pages};
use crate::report::text::style;
use anstyle::Style;

/// Where the text behind an id begins.
const COLUMN: usize = 30;
/// Where the text behind a label begins.
const LABELLED: usize = 18;

pub(super) fn answer(mut paper: Paper, answer: &Answer) -> Status {
    match answer {
        Answer::Page(topic) => markdown::write(&mut paper, topic.page),
        Answer::Ids { asked, topics } => ids(&mut paper, asked, topics),
        Answer::Message(explanation) => message(&mut paper, explanation),
    }
    paper.print(Status::Healthy)
}

fn ids(paper: &mut Paper, asked: &str, topics: &[Topic]) {
    paper.heading(&format!("`{asked}` stands for several"));
    for topic in topics {
        paper.item(2, topic.id, style::STRONG, COLUMN + 6, topic.title, Style::new());
    }
    paper.gap();
    paper.paragraph(0, "sshwire explain ID prints the page of one", style::FAINT);
}

fn message(paper: &mut Paper, explanation: &Explanation) {
    said(paper, explanation);
    let meaning = explanation.said.meaning;
    match meaning.page.and_then(pages::find) {
        Some(page) => {
            paper.gap();
            markdown::write(paper, page.text);
            in_a_capture(paper, meaning);
        }
        None => {
            candidates(paper, meaning);
            if let Some(advice) = &explanation.advice {
                self::advice(paper, advice, meaning);
            }
        }
    }
}

fn said(paper: &mut Paper, explanation: &Explanation) {
    let Explanation { said, also, also_omitted, progress, .. } = explanation;
    paper.paragraph(0, &shown(&said.line), style::STRONG);
    paper.paragraph(0, said.meaning.says, Style::new());
    let mut facts = Vec::new();
    if !also.is_empty() || said.times > 1 {
        let times = if said.times > 1 { format!(", the last of {} alike", said.times) } else { String::new() };
        facts.push(("where", format!("line {}{times}", said.number)));
    }
    if let Some(stage) = progress.reached {
        let software = progress.server_software.as_ref().map(|name| format!(" ({})", shown(name))).unwrap_or_default();
        facts.push(("step", format!("{}{software}", stage.words())));
    }
    facts.extend(also.iter().map(|also| ("also said", format!("{} (line {})", shown(&also.line), also.number))));
    if *also_omitted > 0 {
        facts.push(("", format!("and {also_omitted} more")));
    }
    for (label, text) in facts {
        paper.item(2, label, style::FAINT, 13, &text, Style::new());
    }
}

/// A line of a stranger: short, and without anything that a terminal obeys (the paper sees to that).
pub(super) fn shown(line: &str) -> String {
    crate::report::escape::visible_within(line.as_bytes(), 300)
}

fn candidates(paper: &mut Paper, meaning: &Meaning) {
    let found: Vec<_> = meaning.candidates().collect();
    match found.as_slice() {
        [] => return,
        [_] => paper.heading("What stands behind it"),
        _ => paper.heading("What can stand behind it, the likeliest first"),
    }
    for (index, diagnosis) in found.iter().enumerate() {
        let number = if found.len() > 1 { format!("{:>2} ", index + 1) } else { "  ".to_owned() };
        let text = mark(diagnosis.id).map_or(diagnosis.title(), |mark| mark.text);
        paper.item(0, &format!("{number}{}", diagnosis.id), style::STRONG, COLUMN + 3, text, Style::new());
    }
}

fn advice(paper: &mut Paper, advice: &Advice, meaning: &Meaning) {
    paper.heading("What a capture of it tells");
    let sure = [
        ("proves", &advice.proves, ""),
        ("makes likely", &advice.makes_likely, ""),
        ("shows only how", &advice.shows_only_how, " (why is in the server's log)"),
    ];
    for (label, ids, remark) in sure.into_iter().filter(|(_, ids, _)| !ids.is_empty()) {
        paper.item(2, label, style::FAINT, LABELLED, &format!("{}{remark}", ids.join(", ")), Style::new());
    }
    paper.heading("How to take it, while it happens");
    let (client, server) = (("at the client", &advice.at_client), ("at the server", &advice.at_server));
    let ends = if meaning.printer == Printer::Server { [server, client] } else { [client, server] };
    for (label, command) in ends {
        paper.paragraph(2, label, style::FAINT);
        paper.long_command(4, command);
    }
    paper.paragraph(2, "then", style::FAINT);
    paper.command(4, "sshwire analyze ssh.pcap");
    if !advice.both_ends_for.is_empty() {
        let text = format!("Both ends at the same time show who drops or forges: {}.", advice.both_ends_for.join(", "));
        paper.paragraph(2, &text, Style::new());
    }
    if !advice.server_end_for.is_empty() {
        let text = format!("Only the server's end sees all clients: {}.", advice.server_end_for.join(", "));
        paper.paragraph(2, &text, Style::new());
    }
    paper.gap();
    let first = meaning.candidates().next().map_or("ID", |first| first.id);
    paper.paragraph(
        0,
        &format!("sshwire explain {first} prints its page: how to be sure, and the remedy"),
        style::FAINT,
    );
}

/// What a capture shows of something that it cannot show.
fn in_a_capture(paper: &mut Paper, meaning: &Meaning) {
    for diagnosis in meaning.candidates() {
        let text = format!("In a capture it is `{}`: {}", diagnosis.id, title(diagnosis.id));
        paper.gap();
        paper.paragraph(0, &text, style::FAINT);
    }
}

/// Every id, every message.
pub(super) fn list(mut paper: Paper) -> Status {
    let own = pages::PAGES.len();
    let all: Vec<Topic> = topics().collect();
    let (diagnoses, messages) = all.split_at(all.len() - own);
    paper.heading("Diagnoses, in order of precedence");
    for topic in diagnoses {
        paper.item(2, topic.id, style::STRONG, COLUMN + 6, topic.title, Style::new());
    }
    paper.heading("Messages that no capture can show, with a page of their own");
    for topic in messages {
        paper.item(2, topic.id, style::STRONG, COLUMN + 6, topic.title, Style::new());
    }
    paper.heading("Messages that are known");
    for printer in [Printer::Client, Printer::Server] {
        paper.gap();
        paper.paragraph(
            2,
            if printer == Printer::Client { "of clients" } else { "of servers, in their logs" },
            style::FAINT,
        );
        let of_printer = |meaning: &&Meaning| meaning.printer == printer;
        for pattern in explain::messages().filter(of_printer).flat_map(|meaning| meaning.patterns) {
            paper.line(4, &readable(pattern), Style::new());
        }
    }
    paper.print(Status::Healthy)
}

/// A pattern as people write such things: `port PORT`.
fn readable(pattern: &str) -> String {
    let mut text = pattern.to_owned();
    for place in ["server", "client", "port", "number", "word", "text"] {
        let shown = if place == "text" || place == "word" { "…".to_owned() } else { place.to_uppercase() };
        text = text.replace(&format!("{{{place}}}"), &shown);
    }
    text
}
