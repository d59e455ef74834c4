//! The report of one capture for each diagnosis, as it is printed, beside the capture: browsing `captures/` shows the product.
//! `UPDATE_SNAPSHOTS=1 cargo test --test it snapshots` writes them anew. And the same input gives the same bytes.

use crate::labelled::{Scenario, scenarios};
use crate::sources::root;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const NAME: &str = "report.txt";

fn print(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_sshwire"))
        .arg("analyze")
        .args(arguments)
        .current_dir(root())
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("COLUMNS")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// For each id the first capture that is named for it, or else the first that shows it; with the ports of its servers.
fn chosen() -> Vec<(String, String)> {
    let mut chosen: BTreeMap<String, Scenario> = BTreeMap::new();
    for scenario in scenarios() {
        let Some(id) = scenario.expected.connection.first().map(|first| first.id.clone()) else { continue };
        let named = |scenario: &Scenario| scenario.name.starts_with(&id);
        if chosen.get(&id).is_none_or(|other| named(&scenario) && !named(other)) {
            chosen.insert(id, scenario);
        }
    }
    let with_ports = |scenario: Scenario| {
        let ports: BTreeSet<u16> = crate::labelled::ports(&scenario).into_iter().collect();
        (scenario.name, ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
    };
    chosen.into_values().map(with_ports).collect()
}

fn file(scenario: &str) -> String {
    let name = |extension: &str| format!("captures/{scenario}/capture.{extension}");
    ["pcap", "pcapng", "pcap.gz"].map(name).into_iter().find(|name| root().join(name).exists()).unwrap()
}

#[test]
fn reports_are_as_they_were() {
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for (scenario, ports) in chosen() {
        let path = root().join("captures").join(&scenario).join(NAME);
        let report = print(&["--port", &ports, &file(&scenario)]);
        let report = report.trim_matches('\n').to_owned() + "\n";
        if update {
            std::fs::write(&path, &report).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        if written != report {
            wrong.push(format!("captures/{scenario}/{NAME}: {}", difference(&written, &report)));
        }
    }
    assert!(wrong.is_empty(), "look at each, then UPDATE_SNAPSHOTS=1:\n{}", wrong.join("\n"));
}

/// The first line in which two reports differ.
fn difference(was: &str, is: &str) -> String {
    let (was, is): (Vec<&str>, Vec<&str>) = (was.lines().collect(), is.lines().collect());
    let at = was.iter().zip(&is).take_while(|(was, is)| was == is).count();
    let line = |lines: &[&str]| lines.get(at).map_or("nothing".to_owned(), |line| line.trim_end().to_owned());
    format!("line {}\n    was {}\n    is  {}", at + 1, line(&was), line(&is))
}

/// A report whose capture no longer has one of its own misleads.
#[test]
fn no_report_is_left_over() {
    let chosen: BTreeSet<String> = chosen().into_iter().map(|(scenario, _)| scenario).collect();
    for scenario in scenarios() {
        let path = root().join("captures").join(&scenario.name).join(NAME);
        assert!(chosen.contains(&scenario.name) || !Path::exists(&path), "{} is not checked", path.display());
    }
}

/// Hash tables are seeded anew in each run; nothing of that may show.
#[test]
fn the_same_input_gives_the_same_bytes() {
    for format in ["text", "json", "jsonl"] {
        let (one, other) =
            (print(&["--all", "--format", format, "captures"]), print(&["--all", "--format", format, "captures"]));
        assert!(one.len() > 10_000, "{format}: {} bytes", one.len());
        assert!(one == other, "{format}: {}", difference(&one, &other));
    }
}
