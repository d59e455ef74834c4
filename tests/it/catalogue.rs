//! The registry of diagnoses, its pages, and the captures that show each of them.

use crate::labelled::{self, scenarios};
use crate::sources::{assert_fresh, root, sources};
use sshwire::diagnose::catalogue::{self, Diagnosis, REGISTRY};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The headings of every page, in order.
const HEADINGS: &[&str] =
    &["What is seen", "What it means", "Why it happens", "How to be sure", "Remedy", "Look-alikes", "References"];

/// Diagnoses that no capture is labelled with, each with the reason.
const WITHOUT_CAPTURE: &[(&str, &str)] = &[
    ("client-reset", "general: stands in `also` where a process behind the client is killed"),
    ("middlebox-reset", "general: stands in `also` behind the specific forged resets"),
    ("closed-login-unclear", "needs software whose sizes are not known: shown by packets made in tests/it/rare.rs"),
];

pub fn ids() -> BTreeSet<&'static str> {
    REGISTRY.iter().map(|diagnosis| diagnosis.id).collect()
}

/// Ids with a page, those included that packets alone cannot decide.
fn pages() -> BTreeSet<&'static str> {
    catalogue::all().map(|diagnosis| diagnosis.id).collect()
}

fn file_of(id: &str) -> String {
    id.replace('-', "_")
}

fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let from = page.split_once(&format!("\n## {heading}\n")).map_or("", |(_, rest)| rest);
    from.split("\n## ").next().unwrap().trim()
}

#[test]
fn ids_are_unique_and_name_their_files() {
    assert_eq!(ids().len(), REGISTRY.len(), "an id stands twice in the registry");
    let folder = root().join("src/diagnose/catalogue");
    for diagnosis in REGISTRY {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(diagnosis.id.chars().all(plain), "{}: not kebab-case", diagnosis.id);
        for extension in ["rs", "md"] {
            let name = format!("{}.{extension}", file_of(diagnosis.id));
            assert!(folder.join(&name).is_file(), "{}: src/diagnose/catalogue/{name} is missing", diagnosis.id);
        }
    }
}

#[test]
fn every_page_is_registered() {
    let known: BTreeSet<String> = pages().into_iter().map(file_of).collect();
    for source in sources().iter().filter(|source| !source.is_code()) {
        // Pages of messages have a register of their own.
        if let Some(name) = source.path.strip_prefix("explain/pages/") {
            let known = name.strip_suffix(".md").is_some_and(|id| sshwire::explain::pages::find(id).is_some());
            assert!(known, "src/{}: no message has this page", source.path);
            continue;
        }
        let name = source.path.strip_prefix("diagnose/catalogue/").and_then(|name| name.strip_suffix(".md"));
        assert!(name.is_some_and(|name| known.contains(name)), "src/{}: no diagnosis has this page", source.path);
    }
}

#[test]
fn every_page_has_its_title_and_headings_in_order() {
    for Diagnosis { id, page, .. } in catalogue::all() {
        let title = page.lines().next().unwrap_or_default();
        let what = title.strip_prefix(&format!("# {id}: ")).unwrap_or_default();
        assert!(!what.trim().is_empty(), "{id}: the page begins with `{title}`, not with `# {id}: …`");
        let headings: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, HEADINGS, "{id}: headings of the page");
        for heading in HEADINGS {
            assert!(!section(page, heading).is_empty(), "{id}: nothing stands under `{heading}`");
        }
    }
}

#[test]
fn look_alikes_exist() {
    let known = pages();
    let mut wrong = Vec::new();
    for Diagnosis { id, page, .. } in catalogue::all() {
        for line in section(page, "Look-alikes").lines() {
            // An entry begins with the ids it is about; what is quoted further on may be anything.
            let Some(entry) = line.strip_prefix("- `") else { continue };
            let about = entry.split(['.', ':', '(']).next().unwrap_or_default();
            for named in about.split('`').step_by(2).map(str::trim).filter(|named| !named.is_empty()) {
                if !known.contains(named) || named == *id {
                    wrong.push(format!("{id}: `{named}` under Look-alikes"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "no such diagnosis, or itself:\n{}", wrong.join("\n"));
}

#[test]
fn every_diagnosis_is_shown_by_a_capture() {
    let scenarios = scenarios();
    let connections = scenarios.iter().flat_map(|scenario| &scenario.expected.connection);
    let shown: BTreeSet<&str> =
        connections.flat_map(|expected| expected.findings.iter().chain([&expected.id])).map(String::as_str).collect();
    for id in ids() {
        let excepted = WITHOUT_CAPTURE.iter().any(|(without, _)| *without == id);
        assert!(shown.contains(id) || excepted, "{id}: no capture is labelled with it");
        assert!(!(shown.contains(id) && excepted), "{id}: a capture shows it, take it out of WITHOUT_CAPTURE");
    }
    for (id, reason) in WITHOUT_CAPTURE {
        assert!(ids().contains(id) && !reason.is_empty(), "WITHOUT_CAPTURE: {id}");
    }
}

#[test]
fn captures_are_labelled_with_ids_that_exist() {
    let known = pages();
    for scenario in scenarios() {
        for expected in &scenario.expected.connection {
            let named = [&expected.id].into_iter().chain(&expected.also).chain(&expected.must_not);
            for id in named {
                assert!(known.contains(id.as_str()), "{}: no diagnosis is called {id}", scenario.name);
            }
            let reachable = [&expected.id].into_iter().chain(&expected.also).any(|id| ids().contains(id.as_str()));
            assert!(reachable, "{}: no diagnosis can satisfy {}", scenario.name, expected.id);
            let both = expected.must_not.iter().find(|id| **id == expected.id || expected.also.contains(id));
            assert!(both.is_none(), "{}: {both:?} is both wanted and forbidden", scenario.name);
        }
    }
}

#[test]
fn every_capture_tells_its_story() {
    for entry in std::fs::read_dir(labelled::folder()).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        for name in ["README.md", "expect.toml"] {
            let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            assert!(text.trim().len() > 40, "{}: {name} is missing or says nothing", folder.display());
        }
        let has_capture = std::fs::read_dir(&folder)
            .unwrap()
            .any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with("capture.pcap"));
        assert!(has_capture, "{}: no capture", folder.display());
    }
}

/// `docs/catalogue.md`: what the registry holds, with the beginning of each page.
fn page_of_all() -> String {
    let mut captures: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for scenario in scenarios() {
        for expected in &scenario.expected.connection {
            captures.entry(expected.id.clone()).or_default().insert(scenario.name.clone());
        }
    }
    let mut text = String::from(
        "# The diagnoses\n\nGenerated from the registry (`src/diagnose/catalogue/mod.rs`) and its pages: `UPDATE_DOCS=1 cargo test --test it`\nwrites it anew. \
        The order is the precedence: where several apply, the first leads the report and the others stand behind it.\n\
        `sshwire explain ID` prints the whole page.\n\n| id | what happened |\n|---|---|\n",
    );
    for diagnosis in catalogue::all() {
        writeln!(text, "| [{0}](#{0}) | {1} |", diagnosis.id, diagnosis.title()).unwrap();
    }
    for diagnosis in catalogue::all() {
        let page = format!("../src/diagnose/catalogue/{}.md", file_of(diagnosis.id));
        let means = section(diagnosis.page, "What it means").split("\n\n").next().unwrap();
        write!(text, "\n## {}\n\n**{}.**\n{means}\n\n[The page]({page})", diagnosis.id, diagnosis.title()).unwrap();
        match captures.get(diagnosis.id) {
            Some(names) => {
                let link = |name: &String| format!("[{name}](../captures/{name})");
                let links: Vec<_> = names.iter().take(3).map(link).collect();
                writeln!(text, " · seen in {}", links.join(", ")).unwrap();
            }
            None => text.push('\n'),
        }
    }
    text
}

#[test]
fn the_catalogue_in_docs_is_fresh() {
    if labelled::are_the_projects_own() {
        assert_fresh("catalogue.md", &page_of_all());
    }
}
