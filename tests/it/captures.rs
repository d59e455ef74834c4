//! Every labelled capture gets the phase, how, by, forged and id that its `expect.toml` tells, and nothing wrong is called certain.

use crate::labelled::{Expected, Scenario, analyze, ports, scenarios};
use sshwire::analyzer::Judged;
use sshwire::diagnose::Confidence;

/// One difference between what is expected and what was found.
fn differences(scenario: &Scenario, expected: &Expected, judged: Option<&Judged>) -> Vec<String> {
    let Some(judged) = judged else {
        return vec![format!("{}: {} → {} was not found", scenario.name, expected.client, expected.server)];
    };
    let (ended, verdict) = (&judged.judgement.ended, judged.judgement.verdict());
    let id = verdict.map_or("none", |finding| finding.id);
    let sure = verdict.is_some_and(|finding| finding.confidence == Confidence::Certain);
    let mut found = Vec::new();
    let mut compare = |what: &str, expected: &str, got: &str| {
        if expected != got {
            found.push(format!("{}: {what} is {got}, not {expected} (id {id}, {})", scenario.name, ended.argument));
        }
    };
    compare("phase", &expected.phase, ended.phase.word());
    compare("how", &expected.how, ended.how.word());
    if !expected.by_also.iter().any(|also| also == ended.by.word()) {
        compare("by", &expected.by, ended.by.word());
    }
    if let Some(forged) = expected.forged {
        compare("forged", &forged.to_string(), &ended.forged.to_string());
    }
    let fits = id == expected.id || expected.also.iter().any(|also| also == id);
    if !fits {
        let sure = if sure { ", and CERTAIN" } else { "" };
        found.push(format!(
            "{}: id is {id}{sure}, not {} (also {:?}; {})",
            scenario.name, expected.id, expected.also, ended.argument
        ));
    }
    for wanted in &expected.findings {
        if !judged.judgement.findings.iter().any(|finding| finding.id == wanted) {
            found.push(format!("{}: {wanted} is not among the findings ({id} leads)", scenario.name));
        }
    }
    if expected.must_not.iter().any(|not| not == id) {
        found.push(format!("{}: id is {id}, which must not be", scenario.name));
    }
    found
}

fn connection<'a>(judged: &'a [Judged], expected: &Expected) -> Option<&'a Judged> {
    judged.iter().find(|judged| {
        judged.record.client.to_string() == expected.client && judged.record.server.to_string() == expected.server
    })
}

#[test]
fn every_labelled_connection_is_judged_as_it_was() {
    let mut wrong = Vec::new();
    for scenario in scenarios() {
        let judged = analyze(&scenario.capture, ports(&scenario));
        for expected in &scenario.expected.connection {
            wrong.extend(differences(&scenario, expected, connection(&judged, expected)));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is called certain, and leads, is what was expected.
#[test]
fn nothing_certain_is_wrong() {
    let mut wrong = Vec::new();
    for scenario in scenarios() {
        let judged = analyze(&scenario.capture, ports(&scenario));
        for expected in &scenario.expected.connection {
            let Some(finding) = connection(&judged, expected).and_then(|judged| judged.judgement.verdict()) else {
                continue;
            };
            let fits = finding.id == expected.id || expected.also.iter().any(|also| also == finding.id);
            if finding.confidence == Confidence::Certain && !fits {
                wrong.push(format!("{}: {} is certain, it was {}", scenario.name, finding.id, expected.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{} certain and wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What OpenSSH's client printed is among the lines that are foretold, and mostly the first of them. The shares may only grow.
#[test]
fn what_ssh_printed_is_foretold() {
    const FIRST_PERCENT: usize = 99;
    const ANY_PERCENT: usize = 99;
    let (mut all, mut first, mut any) = (0, 0, 0);
    for scenario in scenarios() {
        let judged = analyze(&scenario.capture, ports(&scenario));
        for expected in &scenario.expected.connection {
            let Some(printed) = &expected.client_message else { continue };
            let Some(judged) = connection(&judged, expected) else { continue };
            let client = judged.record.ssh.client.identification.as_ref();
            if client.is_some_and(|client| !client.software.starts_with(b"OpenSSH")) {
                continue;
            }
            let says = &judged.words().client_says;
            let place = says.iter().position(|line| foretells(line, printed));
            all += 1;
            first += usize::from(place == Some(0));
            any += usize::from(place.is_some());
            if place != Some(0) {
                eprintln!("{}: printed {printed:?}, foretold {says:?}", scenario.name);
            }
        }
    }
    let (first, any) = (first * 100 / all, any * 100 / all);
    eprintln!("of {all} lines that ssh printed {first} % are foretold first, {any} % at all");
    assert!(first >= FIRST_PERCENT && any >= ANY_PERCENT, "{first} % first, {any} % at all");
}

/// Whether a line is as foretold; `USER` and `…` stand for what no packet shows.
fn foretells(line: &str, printed: &str) -> bool {
    let line = line.replace("USER@", "…@");
    let mut parts = line.split('…');
    let Some(mut rest) = printed.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    for part in parts {
        let found = if part.is_empty() { Some(rest.len()) } else { rest.find(part).map(|at| at + part.len()) };
        let Some(end) = found else { return false };
        rest = &rest[end..];
    }
    rest.is_empty()
}
