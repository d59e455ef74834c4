//! How often the labelled captures are judged right: `docs/accuracy.md`, counted, never written by hand.

use crate::labelled::{self, Expected, Scenario, analyze, heldout, ports, scenarios};
use crate::sources::assert_fresh;
use sshwire::analyzer::Judged;
use sshwire::diagnose::Confidence;
use sshwire::diagnose::catalogue::{self, Diagnosis, Severity};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// A connection of the labelled set beside what was found.
struct Compared {
    scenario: String,
    expected: Expected,
    id: &'static str,
    confidence: Option<Confidence>,
    ended: [(&'static str, bool); 4],
    /// Whether the label, or an id that fits as well, is among the first three findings.
    among_three: bool,
    /// Whether a forged reset or FIN was found; none where nothing was judged.
    forged: Option<bool>,
    /// What is made of the connection, if its leading finding is right.
    severity: Option<Severity>,
    /// Whether what the client printed was foretold, where that is known.
    foretold: Option<bool>,
    client_says: Vec<String>,
}

impl Compared {
    fn of(scenario: &str, expected: &Expected, judged: Option<&Judged>) -> Self {
        let ended = judged.map(|judged| &judged.judgement.ended);
        let verdict = judged.and_then(|judged| judged.judgement.verdict());
        let by = |word: &str| word == expected.by || expected.by_also.iter().any(|also| also == word);
        let findings = judged.map_or(&[][..], |judged| &judged.judgement.findings);
        let fits = |id: &str| id == expected.id || expected.also.iter().any(|also| also == id);
        Self {
            among_three: findings.iter().take(3).any(|finding| fits(finding.id)),
            forged: ended.map(|ended| ended.forged),
            severity: verdict.and_then(|finding| catalogue::find(finding.id)).map(Diagnosis::severity),
            scenario: scenario.to_owned(),
            expected: expected.clone(),
            id: verdict.map_or("none", |finding| finding.id),
            confidence: verdict.map(|finding| finding.confidence),
            ended: [
                ("phase", ended.is_some_and(|ended| ended.phase.word() == expected.phase)),
                ("how", ended.is_some_and(|ended| ended.how.word() == expected.how)),
                ("by", ended.is_some_and(|ended| by(ended.by.word()))),
                ("forged", ended.is_some_and(|ended| expected.forged.is_none_or(|forged| forged == ended.forged))),
            ],
            client_says: judged.map_or_else(Vec::new, |judged| judged.words().client_says),
            foretold: expected.client_message.as_deref().map(|printed| {
                judged.is_some_and(|judged| judged.words().client_says.iter().any(|said| foretells(said, printed)))
            }),
        }
    }

    fn exact(&self) -> bool {
        self.id == self.expected.id
    }

    fn right(&self) -> bool {
        self.exact() || self.expected.also.iter().any(|also| also == self.id)
    }
}

/// A foretold line stands for what was printed: `USER` for the name, which no packet shows, `…` for any words. The label may
/// have a part of the line only.
fn foretells(said: &str, printed: &str) -> bool {
    let printed = without_user(printed);
    if said.contains(&printed) {
        return true;
    }
    let mut rest = printed.as_str();
    said.split('…').all(|piece| {
        let found = rest.find(piece);
        rest = found.map_or("", |at| &rest[at + piece.len()..]);
        found.is_some()
    })
}

/// The name before `@host`, at the start or behind `to`, or behind `for user`. Names of algorithms have an `@` as well.
fn without_user(printed: &str) -> String {
    let begins = ["for user ", " to "].iter().filter_map(|words| printed.find(words).map(|at| at + words.len()));
    for begin in begins.chain([0]) {
        let word = printed[begin..].split(' ').next().unwrap_or_default();
        let name = word.split('@').next().unwrap_or_default();
        if name.len() < word.len() || printed[..begin].ends_with("for user ") {
            return format!("{}USER{}", &printed[..begin], &printed[begin + name.len()..]);
        }
    }
    printed.to_owned()
}

#[test]
fn foretold_lines_are_recognised() {
    assert!(foretells("USER@192.0.2.1: Permission denied (…).", "root@192.0.2.1: Permission denied (publickey)."));
    assert!(foretells("Permission denied for user USER on host h", "Error: Permission denied for user root on host h"));
    assert!(foretells("exited: Connection to USER@h:22", "dbclient: exited: Connection to root@h:22"));
    assert_eq!(without_user("Their offer: umac-64@openssh.com"), "Their offer: umac-64@openssh.com");
    assert!(!foretells("Connection closed by … port 22", "Connection reset by 192.0.2.1 port 22"));
}

fn compared(scenarios: Vec<Scenario>) -> Vec<Compared> {
    let mut all = Vec::new();
    for scenario in scenarios {
        let judged = analyze(&scenario.capture, ports(&scenario));
        for expected in &scenario.expected.connection {
            let found = judged.iter().find(|judged| {
                judged.record.client.to_string() == expected.client
                    && judged.record.server.to_string() == expected.server
            });
            all.push(Compared::of(&scenario.name, expected, found));
        }
    }
    all
}

fn share(part: usize, whole: usize) -> String {
    format!("{part} of {whole} ({:.1} %)", 100.0 * part as f64 / whole.max(1) as f64)
}

fn totals(text: &mut String, all: &[Compared]) {
    let captures: BTreeSet<_> = all.iter().map(|one| &one.scenario).collect();
    let count = |test: &dyn Fn(&Compared) -> bool| all.iter().filter(|one| test(one)).count();
    writeln!(text, "{} connections in {} captures.\n", all.len(), captures.len()).unwrap();
    text.push_str("| what | right |\n|---|---|\n");
    for (index, (what, _)) in all[0].ended.iter().enumerate() {
        writeln!(text, "| `{what}` | {} |", share(count(&|one| one.ended[index].1), all.len())).unwrap();
    }
    writeln!(text, "| `id`: the label itself | {} |", share(count(&Compared::exact), all.len())).unwrap();
    writeln!(
        text,
        "| `id`: the label, or an id that the packets support as well | {} |",
        share(count(&Compared::right), all.len())
    )
    .unwrap();
    measures(text, all);
    let known = count(&|one| one.foretold.is_some());
    let foretold = count(&|one| one.foretold == Some(true));
    writeln!(text, "| `client_says`: what the client printed | {} |\n", share(foretold, known)).unwrap();
    text.push_str("| confidence | given | `id` right |\n|---|---:|---:|\n");
    for &confidence in Confidence::ALL.iter().rev() {
        let given = count(&|one| one.confidence == Some(confidence));
        let right = count(&|one| one.confidence == Some(confidence) && one.right());
        writeln!(text, "| {} | {given} | {right} |", confidence.word()).unwrap();
    }
}

/// What a wrong verdict costs most: causes that are rare, forged resets, healthy connections.
fn measures(text: &mut String, all: &[Compared]) {
    let mut line = |what: &str, of: &dyn Fn(&Compared) -> bool, good: &dyn Fn(&Compared) -> bool| {
        let those: Vec<_> = all.iter().filter(|one| of(one)).collect();
        let right = those.iter().filter(|one| good(one)).count();
        writeln!(text, "| {what} | {} |", share(right, those.len())).unwrap();
    };
    let is_healthy = |one: &Compared| {
        catalogue::find(&one.expected.id).is_some_and(|diagnosis| diagnosis.severity() == Severity::Healthy)
    };
    line("`findings`: a right id among the first three", &|_| true, &|one| one.among_three);
    line("forged resets and FINs that are found", &|one| one.expected.forged == Some(true), &|one| {
        one.forged == Some(true)
    });
    line("genuine ones that are not called forged", &|one| one.expected.forged == Some(false), &|one| {
        one.forged == Some(false)
    });
    line("healthy connections without a failure verdict", &is_healthy, &|one| one.severity != Some(Severity::Failure));
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for one in all.iter().filter(|one| !is_healthy(one)) {
        let (right, whole) = kinds.entry(&one.expected.id).or_default();
        (*right, *whole) = (*right + usize::from(one.right()), *whole + 1);
    }
    let sum: f64 = kinds.values().map(|&(right, whole)| right as f64 / whole as f64).sum();
    let mean = 100.0 * sum / kinds.len().max(1) as f64;
    writeln!(text, "| `id`, averaged over the {} kinds of failure | {mean:.1} % |", kinds.len()).unwrap();
}

fn by_id(text: &mut String, all: &[Compared]) {
    let mut ids: BTreeMap<&str, Vec<&Compared>> = BTreeMap::new();
    for one in all {
        ids.entry(&one.expected.id).or_default().push(one);
    }
    let mut given: BTreeMap<&str, Vec<&Compared>> = BTreeMap::new();
    for one in all {
        given.entry(one.id).or_default().push(one);
    }
    let names: BTreeSet<&str> = ids.keys().chain(given.keys()).copied().collect();
    text.push_str("\n| id | labelled | found | another fitting id | missed | given elsewhere | of these wrong |\n");
    text.push_str("|---|---:|---:|---:|---:|---:|---:|\n");
    for id in names {
        let labelled = ids.get(id).map_or(&[][..], Vec::as_slice);
        let found = labelled.iter().filter(|one| one.exact()).count();
        let fitting = labelled.iter().filter(|one| !one.exact() && one.right()).count();
        let elsewhere: Vec<_> = given.get(id).into_iter().flatten().filter(|one| !one.exact()).collect();
        let wrong = elsewhere.iter().filter(|one| !one.right()).count();
        let missed = labelled.len() - found - fitting;
        writeln!(
            text,
            "| {id} | {} | {found} | {fitting} | {missed} | {} | {wrong} |",
            labelled.len(),
            elsewhere.len()
        )
        .unwrap();
    }
}

fn confusions(text: &mut String, all: &[Compared]) {
    let mut pairs: BTreeMap<(&str, &str), Vec<&Compared>> = BTreeMap::new();
    for one in all.iter().filter(|one| !one.exact()) {
        pairs.entry((&one.expected.id, one.id)).or_default().push(one);
    }
    text.push_str("\n| labelled | found | connections | fits as well | captures |\n|---|---|---:|---|---|\n");
    for ((labelled, found), ones) in pairs {
        let fits = ones.iter().filter(|one| one.right()).count();
        let fits = if fits == ones.len() { "yes".to_owned() } else { format!("{fits} of {}", ones.len()) };
        let names: BTreeSet<&str> = ones.iter().map(|one| one.scenario.as_str()).collect();
        let mut list: Vec<_> = names.iter().take(3).copied().collect();
        let more = format!("{} more", names.len().saturating_sub(3));
        if names.len() > 3 {
            list.push(&more);
        }
        writeln!(text, "| {labelled} | {found} | {} | {fits} | {} |", ones.len(), list.join(", ")).unwrap();
    }
}

fn not_foretold(text: &mut String, all: &[Compared]) {
    text.push_str("\n| capture | printed | foretold |\n|---|---|---|\n");
    for one in all.iter().filter(|one| one.foretold == Some(false)) {
        let printed = one.expected.client_message.as_deref().unwrap_or_default();
        let said = if one.client_says.is_empty() { "nothing".to_owned() } else { one.client_says.join("; ") };
        writeln!(text, "| {} | {printed} | {said} |", one.scenario).unwrap();
    }
}

fn accuracy() -> String {
    let all = compared(scenarios());
    let mut text = String::from(
        "# How often it is right\n\nCounted over the labelled captures in `captures/`: `UPDATE_DOCS=1 cargo test --test it` writes it anew. The label of a\n\
        connection is what was set up and what the programs said, not what a person read out of the packets.\n\
        These captures are also what the diagnoses were developed with: expect somewhat less on traffic that nobody has seen.\n\n",
    );
    totals(&mut text, &all);
    text.push_str("\n## By diagnosis\n");
    by_id(&mut text, &all);
    text.push_str("\n## What is taken for something else\n\nWhere `fits as well` says yes, `expect.toml` has the found id in `also`: the packets cannot tell the two apart,\nor the found one is the more general word.\n");
    confusions(&mut text, &all);
    text.push_str("\n## What the client printed, and was not foretold\n");
    not_foretold(&mut text, &all);
    text.push_str("\n## On captures set aside\n\nThe same for `tests/heldout/`, which was not looked at while the rules were written (its README tells of two exceptions);\n`SSHWIRE_CAPTURES=tests/heldout cargo test --test it captures::` lists each difference.\n\n");
    let aside = compared(heldout());
    totals(&mut text, &aside);
    confusions(&mut text, &aside);
    text
}

#[test]
fn the_figures_in_docs_are_fresh() {
    if labelled::are_the_projects_own() {
        assert_fresh("accuracy.md", &accuracy());
    }
}
