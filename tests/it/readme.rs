//! What README, docs and pages promise: the output that README shows, commands that exist, links that lead somewhere.

use crate::sources::root;
use sshwire::diagnose::catalogue::REGISTRY;
use std::path::Path;
use std::process::Command;

/// How the example of README begins and ends.
const BEGIN: &str = "$ cargo run --release -- analyze captures/maxst-0\n";
const END: &str = "\n```\n";

fn output(captures: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_sshwire"))
        .args(["analyze", captures])
        .current_dir(root())
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("COLUMNS")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim_matches('\n').to_owned()
}

#[test]
fn readme_shows_the_real_output() {
    let path = root().join("README.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = written.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let wanted = format!("{before}{BEGIN}{}{END}{after}", output("captures/maxst-0"));
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &wanted).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == wanted, "README.md shows another output: run `UPDATE_DOCS=1 cargo test --test it`");
}

#[test]
fn readme_tells_how_the_job_on_all_captures_ends() {
    let whole = output("captures/");
    let last = whole.lines().last().unwrap();
    let written = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(written.contains(last), "README.md does not show how `analyze captures/` ends: {last}");
}

/// Pages of people: name and text.
fn documents() -> Vec<(String, String)> {
    let mut names: Vec<String> =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "tests/lab/README.md"].map(str::to_owned).into();
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            names.push(format!("docs/{name}"));
        }
    }
    let read = |name: String| {
        let text = std::fs::read_to_string(root().join(&name)).unwrap();
        (name, text)
    };
    names.into_iter().map(read).collect()
}

/// The word behind each `sshwire` that stands as code: after a backquote, or in a fenced block as the first word of a command.
fn commands(text: &str) -> Vec<&str> {
    let (mut fenced, mut found) = (false, Vec::new());
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        for (at, name) in line.match_indices("sshwire ") {
            let before = &line[..at];
            let begins = before.is_empty() || before.ends_with("| ") || before.ends_with("$ ");
            if before.ends_with('`') || fenced && begins {
                found.push(line[at + name.len()..].split([' ', '`']).next().unwrap_or_default());
            }
        }
    }
    found
}

#[test]
fn commands_that_are_named_exist() {
    let definition = sshwire::cli::command();
    let known: Vec<&str> = definition.get_subcommands().map(clap::Command::get_name).collect();
    let pages = REGISTRY.iter().map(|diagnosis| (diagnosis.id.to_owned(), diagnosis.page.to_owned()));
    for (name, text) in documents().into_iter().chain(pages) {
        for command in commands(&text) {
            assert!(known.contains(&command), "{name}: there is no `sshwire {command}`");
        }
    }
    let text = "`sshwire scrub a b` then\nsshwire says\n```sh\nsshwire explain x\ncat x | sshwire analyze -\n```";
    assert_eq!(commands(text), ["scrub", "explain", "analyze"]);
}

#[test]
fn links_lead_somewhere() {
    for (name, text) in documents() {
        let folder = root().join(&name).parent().unwrap().to_path_buf();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            if target.starts_with("http") || target.starts_with('#') {
                continue;
            }
            let path = target.split('#').next().unwrap();
            assert!(folder.join(path).exists(), "{name}: {target} leads nowhere");
        }
    }
}
