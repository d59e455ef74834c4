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
