//! The rules of the house: which folder may use which, one home for each dependency, files that hold one thing.

use crate::sources::{Source, root, sources, words};
use std::collections::BTreeSet;

/// What each folder of `src/` (or file at its top) may use. Data runs down this list; `source`, `savefile` and `analyzer` are for
/// `cli` alone, so that the core stays free of IO.
const MAY_USE: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("limits", &["time"]),
    ("packet", &["time", "limits"]),
    ("source", &["time", "limits", "packet"]),
    ("sandbox", &[]),
    ("output", &[]),
    ("savefile", &["time", "limits", "packet", "output"]),
    ("metrics", &["limits"]),
    ("tcp", &["time", "limits", "packet"]),
    ("ssh", &["time", "limits", "packet", "tcp"]),
    ("record", &["time", "limits", "packet", "tcp", "ssh"]),
    ("diagnose", &["time", "limits", "packet", "tcp", "ssh", "record"]),
    ("explain", &["limits", "diagnose"]),
    ("analyzer", &["time", "limits", "packet", "tcp", "ssh", "record", "diagnose"]),
    ("report", &["time", "limits", "packet", "tcp", "ssh", "record", "diagnose"]),
    ("tui", &["report"]),
    (
        "cli",
        &[
            "time", "limits", "packet", "source", "sandbox", "output", "savefile", "metrics", "tcp", "ssh", "record",
            "diagnose", "explain", "analyzer", "report", "tui",
        ],
    ),
    ("main", &["cli"]),
    // The map of the house uses nothing, it lists.
    ("lib", &[]),
];

/// Where each dependency lives: its name in `Cargo.toml`, its name in code, the folders that may use it.
const HOMES: &[(&str, &str, &[&str])] = &[
    ("anstream", "anstream", &["cli"]),
    ("anstyle", "anstyle", &["report", "cli"]),
    ("clap", "clap", &["cli"]),
    ("flate2", "flate2", &["source"]),
    ("foldhash", "foldhash", &["tcp", "ssh", "record", "diagnose", "report"]),
    ("hashbrown", "hashbrown", &["tcp"]),
    ("httparse", "httparse", &["metrics"]),
    ("indicatif", "indicatif", &["cli"]),
    ("jiff", "jiff", &["report", "cli"]),
    ("landlock", "landlock", &["sandbox"]),
    ("libc", "libc", &["source", "sandbox"]),
    ("lz4_flex", "lz4_flex", &["source"]),
    ("md-5", "md5", &["ssh"]),
    ("mimalloc", "mimalloc", &["main"]),
    ("nix", "nix", &["source", "sandbox", "output", "savefile", "metrics", "cli"]),
    ("pcap", "pcap", &["source"]),
    ("ratatui", "ratatui", &["tui"]),
    ("rustix", "rustix", &["sandbox", "output", "cli"]),
    ("schemars", "schemars", &["report"]),
    ("seccompiler", "seccompiler", &["sandbox"]),
    ("serde", "serde", &["report"]),
    ("serde_json", "serde_json", &["report"]),
    ("sha2", "sha2", &["ssh"]),
    ("signal-hook", "signal_hook", &["cli"]),
    ("terminal_size", "terminal_size", &["cli"]),
    ("zstd", "zstd", &["source"]),
];

/// Lines of a file, tests included. A longer one holds two things.
const LINES: usize = 500;

/// Names that say nothing of what is in a file.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc"];

/// The folders that a line of code mentions, by `crate::x`, `sshwire::x`, `use crate::{x, y}` or a chain of `super`.
fn mentioned<'a>(line: &'a str, layers: &BTreeSet<&'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for root in ["crate::", "sshwire::", "super::super::"] {
        for (at, _) in line.match_indices(root) {
            let rest = &line[at + root.len()..];
            if let Some(list) = rest.strip_prefix('{') {
                found.extend(heads(list));
            } else {
                found.push(first_name(rest));
            }
        }
    }
    found.retain(|name| layers.contains(name));
    found
}

fn first_name(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// The first names of the items of a `use` list.
fn heads(list: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut heads) = (0_usize, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.push(first_name(list[begin..at].trim()));
                begin = at + 1;
            }
            _ => {}
        }
    }
    heads.push(first_name(list[begin..].trim()));
    heads
}

/// A chain of `super` from within a folder may name a module of that folder that is called like another folder.
fn is_own(source: &Source, name: &str, all: &BTreeSet<&str>) -> bool {
    let own = format!("{}/{name}", source.layer());
    all.contains(format!("{own}.rs").as_str()) || all.contains(format!("{own}/mod.rs").as_str())
}

#[test]
fn a_folder_uses_only_what_stands_before_it() {
    let sources = sources();
    let layers: BTreeSet<&str> = MAY_USE.iter().map(|&(layer, _)| layer).collect();
    let paths: BTreeSet<&str> = sources.iter().map(|source| source.path.as_str()).collect();
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|source| source.is_code()) {
        let Some((_, may)) = MAY_USE.iter().find(|(layer, _)| *layer == source.layer()) else {
            wrong.push(format!("src/{}: {} has no place in MAY_USE", source.path, source.layer()));
            continue;
        };
        for (number, line) in source.code() {
            for name in mentioned(line, &layers) {
                let by_super = line.contains("super::super::") && is_own(source, name, &paths);
                if name != source.layer() && !may.contains(&name) && !by_super {
                    wrong.push(format!("src/{}:{number}: {} must not use {name}", source.path, source.layer()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn mentions_of_folders_are_found() {
    let layers: BTreeSet<&str> = MAY_USE.iter().map(|&(layer, _)| layer).collect();
    let cases: &[(&str, &[&str])] = &[
        ("use crate::tcp::{Side, Seen};", &["tcp"]),
        ("use crate::{packet::{Flags, Segment}, report, time::Span};", &["packet", "report", "time"]),
        ("    let x = crate::cli::main(sshwire::source::expand());", &["cli", "source"]),
        ("use super::super::report::escape;", &["report"]),
        ("use super::tap; // crate::cli", &["cli"]),
        ("use crate::Unrelated;", &[]),
    ];
    for (line, expected) in cases {
        assert_eq!(mentioned(line, &layers), *expected, "{line}");
    }
    let source = Source { path: "packet/link.rs".to_owned(), text: "a(); // crate::cli\nb(\"http://x\");".to_owned() };
    assert_eq!(source.code().collect::<Vec<_>>(), [(1, "a(); "), (2, "b(\"http://x\");")]);
}

/// The names of all dependencies of the program, those of single systems included.
fn dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    let systems = manifest["target"].as_table().unwrap().values().filter_map(|system| system.get("dependencies"));
    let tables = systems.chain([&manifest["dependencies"]]);
    tables.flat_map(|table| table.as_table().unwrap().keys().cloned()).collect()
}

#[test]
fn each_dependency_has_one_home() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&manifest).unwrap();
    let named = dependencies(&manifest);
    let named: BTreeSet<&str> = named.iter().map(String::as_str).collect();
    let mut wrong = Vec::new();
    for name in &named {
        if !HOMES.iter().any(|(home, _, _)| home == name) {
            wrong.push(format!("Cargo.toml: {name} has no home in HOMES"));
        }
    }
    let sources = sources();
    for (name, code, homes) in HOMES.iter().filter(|(name, _, _)| named.contains(name)) {
        let mut used = false;
        for source in sources.iter().filter(|source| source.is_code()) {
            for (number, line) in source.code().filter(|(_, line)| uses(line, code)) {
                used = true;
                if !homes.contains(&source.layer()) {
                    wrong.push(format!("src/{}:{number}: {name} lives in {homes:?}: {}", source.path, line.trim()));
                }
            }
        }
        if !used {
            wrong.push(format!("Cargo.toml: {name} is not used in src/"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A crate is mentioned as `name::…`, not behind another path.
fn uses(line: &str, name: &str) -> bool {
    words(line, name).any(|at| line[at + name.len()..].starts_with("::") && !line[..at].ends_with("::"))
}

#[test]
fn a_file_holds_one_thing_and_is_named_for_it() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.is_code()) {
        let lines = source.text.lines().count();
        if lines > LINES {
            wrong.push(format!("src/{}: {lines} lines, more than {LINES}", source.path));
        }
        let stem = source.path.rsplit('/').next().unwrap().trim_end_matches(".rs");
        let folder = source.path.split('/').any(|part| EMPTY_NAMES.contains(&part));
        if EMPTY_NAMES.contains(&stem) || folder {
            wrong.push(format!("src/{}: the name does not say what is in it", source.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with the citations of a line: there is one form, `RFC 4253 §7.1`. Pages are printed on any terminal and
/// therefore plain ASCII; there it is `RFC 4253 section 7.1`.
fn misspelt(line: &str, page: bool) -> Option<&'static str> {
    if page && !line.is_ascii() {
        return Some("pages are plain ASCII");
    }
    for at in words(line, "RFC").chain(words(line, "rfc")) {
        let rest = &line[at + 3..];
        // "the RFC" and "the RFC's words" are language.
        let number = rest.trim_start_matches([' ', '-', '_', '#', '/']);
        if number.starts_with(|c: char| c.is_ascii_digit()) && !(line[at..].starts_with("RFC ") && rest[1..] == *number)
        {
            return Some("write `RFC 4253`");
        }
    }
    for (at, _) in line.match_indices("RFC") {
        if line[at + 3..].starts_with(|c: char| c.is_ascii_digit()) {
            return Some("write `RFC 4253`");
        }
    }
    for word in ["section", "Section", "sec.", "Sec.", "sect.", "chapter", "Chapter"] {
        let section = page && word == "section";
        for (at, _) in line.match_indices(word) {
            if !section && line[at + word.len()..].trim_start().starts_with(|c: char| c.is_ascii_digit()) {
                return Some("write `§7.1`");
            }
        }
    }
    for (at, _) in line.match_indices('§') {
        let names = line[at + '§'.len_utf8()..].starts_with(|c: char| c.is_ascii_alphanumeric());
        // `'§'` as a character is code.
        if !names && !line[..at].ends_with('\'') {
            return Some("write `§7.1`");
        }
        let before = line[..at].strip_suffix(", ").and_then(|before| before.rsplit(' ').next());
        if before.is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit())) {
            return Some("write `RFC 4253 §7.1`, without a comma");
        }
    }
    None
}

#[test]
fn rfcs_are_cited_in_one_form() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (index, line) in source.text.lines().enumerate() {
            if let Some(reason) = misspelt(line, !source.is_code()) {
                wrong.push(format!("src/{}:{}: {reason}: {}", source.path, index + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} citations in another form:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn citations_in_other_forms_are_found() {
    for good in [
        "/// RFC 4253 §7.1, §8; see RFC 9293 §3.5.2.",
        "the RFC's condition (RFC 5246 §E.2)",
        "Origin::Rfc(8731), '§' => \"section \".into(), in section C",
        "RFC 792, RFC 1812 §5.2.7.1",
    ] {
        assert_eq!(misspelt(good, false), None, "{good}");
    }
    for bad in [
        "see RFC4253",
        "rfc 4253",
        "RFC-4253",
        "RFC  4253 §7",
        "RFC 4253 section 7.1",
        "RFC 4253, §7.1",
        "see § 7.1",
        "sec. 7",
    ] {
        assert!(misspelt(bad, false).is_some(), "{bad}");
    }
    assert_eq!(misspelt("- RFC 4253 section 7.1; RFC 8446 sections 5.1 and 6", true), None);
    assert!(misspelt("- RFC 4253 §7.1", true).is_some());
}

/// Where `unsafe` is allowed: the packet socket of the live capture, and the look at standard output before `main`.
const UNSAFE: &[&str] = &["source/live/af_packet/", "cli/stdout.rs"];

/// Each block in these places says why it is sound.
#[test]
fn unsafe_code_stays_in_its_place() {
    let (mut wrong, mut found) = (Vec::new(), 0);
    for source in sources().iter().filter(|source| source.is_code()) {
        let lines: Vec<&str> = source.text.lines().collect();
        for (number, line) in source.code() {
            let begins =
                words(line, "unsafe").any(|at| !line[..at].contains('"') && !line[at..].starts_with("unsafe_"));
            if !begins {
                continue;
            }
            found += 1;
            let in_place = UNSAFE.iter().any(|place| source.path.starts_with(place));
            let argued =
                lines[..number].iter().rev().take(8).any(|line| line.contains("SAFETY:") || line.contains("# Safety"));
            if !in_place || !argued {
                wrong.push(format!("src/{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "unsafe elsewhere or without its reason:\n{}", wrong.join("\n"));
    assert!(found > 5, "{found} blocks found");
}
