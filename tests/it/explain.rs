//! What clients printed and servers logged in the lab, given to `explain`: the diagnosis of the capture is among the
//! candidates.

use crate::labelled::{Scenario, scenarios};
use sshwire::diagnose::catalogue;
use sshwire::explain::{Explanation, explain};

fn ids(explanation: &Explanation) -> Vec<&'static str> {
    explanation.said.meaning.candidates().map(|diagnosis| diagnosis.id).collect()
}

/// A part of a scenario's README: the lines in the fence behind a line that begins like this.
fn part(readme: &str, begins: impl Fn(&str) -> bool) -> Option<String> {
    let mut lines = readme.lines().skip_while(|line| !begins(line)).skip_while(|line| !line.starts_with("```"));
    lines.next()?;
    let inside: Vec<_> = lines.take_while(|line| !line.starts_with("```")).collect();
    Some(inside.join("\n"))
}

/// Expected ids that some text of the scenario must lead to; only those that this release has a page for.
fn expected(scenario: &Scenario) -> Vec<String> {
    let connections = scenario.expected.connection.iter();
    connections.map(|connection| connection.id.clone()).filter(|id| catalogue::find(id).is_some()).collect()
}

#[test]
fn every_message_of_a_client_leads_to_what_happened() {
    let (mut right, mut leading, mut wrong) = (0, 0, Vec::new());
    for scenario in scenarios() {
        for connection in &scenario.expected.connection {
            let Some(message) = &connection.client_message else { continue };
            // A diagnosis without a page in this release cannot be named.
            if catalogue::find(&connection.id).is_none() {
                continue;
            }
            let found = explain(message).map(|explanation| ids(&explanation)).unwrap_or_default();
            right += usize::from(found.iter().any(|id| **id == connection.id));
            leading += usize::from(found.first().is_some_and(|id| **id == connection.id));
            if !found.iter().any(|id| **id == connection.id) {
                wrong.push(format!("{}: `{message}` is {}, not among {found:?}", scenario.name, connection.id));
            }
        }
    }
    eprintln!(
        "{right} of {} messages lead to the diagnosis, {leading} with it in the first place",
        right + wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(right > 150, "only {right} messages");
}

/// Everything that a client printed, with the server's log, not the line that somebody chose.
#[test]
fn whole_texts_find_their_decisive_line() {
    let (mut right, mut wrong) = (0, Vec::new());
    for scenario in scenarios() {
        let wanted = expected(&scenario);
        let fails = |id: &String| id != "normal-close" && id != "in-progress" && id != "health-check-probe";
        if !wanted.iter().all(fails) || wanted.len() != 1 {
            continue;
        }
        let readme = std::fs::read_to_string(scenario.capture.with_file_name("README.md")).unwrap();
        let Some(printed) = part(&readme, |line| line.contains(" printed (exit status ")) else { continue };
        let Some(explanation) = explain(&printed) else { continue };
        let found = ids(&explanation);
        if wanted.iter().any(|id| found.contains(&id.as_str())) {
            right += 1;
        } else {
            wrong.push(format!("{}: `{}` of {wanted:?}, not among {found:?}", scenario.name, explanation.said.line));
        }
    }
    eprintln!("{right} of {} whole texts lead to the diagnosis", right + wrong.len());
    assert!(wrong.len() * 20 <= right, "{}", wrong.join("\n"));
}

/// A log tells of the client's side only what reached the server: the share is told, not demanded.
#[test]
fn logs_of_servers_lead_to_what_happened() {
    let (mut right, mut wrong) = (0, Vec::new());
    for scenario in scenarios() {
        let wanted = expected(&scenario);
        let readme = std::fs::read_to_string(scenario.capture.with_file_name("README.md")).unwrap();
        let Some(log) = part(&readme, |line| line.starts_with("Log of `sshd`")) else { continue };
        let Some(explanation) = explain(&log) else { continue };
        if wanted.iter().any(|id| ids(&explanation).contains(&id.as_str())) {
            right += 1;
        } else {
            wrong.push(format!("{}: `{}` of {wanted:?}", scenario.name, explanation.said.line));
        }
    }
    eprintln!("{right} of {} logs lead to the diagnosis; not:\n{}", right + wrong.len(), wrong.join("\n"));
    assert!(right > 60, "only {right} logs");
}
