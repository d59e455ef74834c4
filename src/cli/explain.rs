//! `sshwire explain`: the page of a diagnosis, or the diagnoses whose pages know an error text.

use super::{Status, complain};
use crate::diagnose::catalogue::{self, Diagnosis};
use std::io::{self, Write};

/// Diagnoses listed for an error text, and names suggested for a misspelt id.
const LISTED: usize = 12;

pub(super) fn explain(words: &[String]) -> Status {
    let asked = words.join(" ");
    let asked = asked.trim();
    if let Some(page) = catalogue::page(&asked.to_ascii_lowercase()) {
        return print(page.trim_end());
    }
    let known = behind(asked);
    if !known.is_empty() {
        return print(&list(asked, &known));
    }
    let near = nearest(asked);
    complain(&format!(
        "no diagnosis has the id `{asked}`, and no page knows it as an error text; near: {}",
        near.join(", ")
    ));
    Status::Trouble
}

fn print(text: &str) -> Status {
    // A reader that has gone is no trouble.
    let _ = writeln!(io::stdout().lock(), "{text}");
    Status::Healthy
}

/// Diagnoses whose page holds the text, blanks and case apart.
fn behind(text: &str) -> Vec<&'static Diagnosis> {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let wanted = plain(text);
    // A short word stands on every page.
    if wanted.len() < 6 {
        return Vec::new();
    }
    catalogue::all().filter(|diagnosis| plain(diagnosis.page).contains(&wanted)).collect()
}

fn list(asked: &str, known: &[&Diagnosis]) -> String {
    let mut text = format!("These can stand behind \"{asked}\":\n");
    for diagnosis in known.iter().take(LISTED) {
        text.push_str(&format!("  {:<32} {}\n", diagnosis.id, diagnosis.title()));
    }
    if known.len() > LISTED {
        text.push_str(&format!("  and {} more; a longer piece of the text tells them apart\n", known.len() - LISTED));
    }
    text.push_str("A capture of the connection tells which: sshwire analyze CAPTURE");
    text
}

/// The ids that look most like what was typed.
fn nearest(typed: &str) -> Vec<&'static str> {
    let typed = typed.to_ascii_lowercase();
    let mut ids: Vec<_> = catalogue::all().map(|diagnosis| diagnosis.id).collect();
    ids.sort_by_key(|id| distance(&typed, id));
    ids.truncate(3);
    ids
}

/// Letters to change, add or leave out (Levenshtein); words of the id that were typed count for much.
fn distance(typed: &str, id: &str) -> usize {
    let mut row: Vec<usize> = (0..=id.len()).collect();
    for (i, a) in typed.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in id.bytes().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    let shared = id.split('-').filter(|word| word.len() > 2 && typed.contains(word)).count();
    row[id.len()].saturating_sub(6 * shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_id_finds_its_neighbours() {
        assert_eq!(nearest("no-comon-kex")[0], "no-common-kex");
        assert_eq!(nearest("injected")[0], "rst-injected");
    }
}
