//! The messages of clients and server logs as data: what a line means, and which diagnoses can stand behind it, the
//! likeliest first. A new message is a line here; patterns are explained in [`super::pattern`].

mod connect;
mod early;
mod exchange;
mod local;
mod log;
mod login;
mod others;
mod session;

use super::progress::Stage;
use crate::diagnose::catalogue::{self, Diagnosis};

/// How much a line says. Where a text holds several, the last of the highest kind is the decisive one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Repeats in other words what another line says better.
    Echo,
    /// How it ended, not why.
    Effect,
    /// How and at which step it ended.
    Step,
    /// Why.
    Cause,
}

/// Who prints a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Printer {
    /// `ssh` and what is built on it (scp, sftp, git, rsync), or another client.
    Client,
    /// The log of a server.
    Server,
}

/// What some lines mean.
#[derive(Debug, Clone, Copy)]
pub struct Meaning {
    /// How much they say.
    pub weight: Weight,
    /// Who prints them.
    pub printer: Printer,
    /// What they say, a sentence or two.
    pub says: &'static str,
    /// The lines: any of these.
    pub patterns: &'static [&'static str],
    /// The steps that `ssh -v` told before, if only then; else empty.
    pub at: &'static [Stage],
    /// It counts only as the last thing that the client printed: it waits for what does not come.
    pub waits: bool,
    /// The page for a message that no capture can show.
    pub page: Option<&'static str>,
    /// Ids of diagnoses, the likeliest first; also of those that have no page in this release, see [`Meaning::candidates`].
    behind: &'static [&'static str],
}

impl Meaning {
    const fn of(
        weight: Weight,
        says: &'static str,
        patterns: &'static [&'static str],
        behind: &'static [&'static str],
    ) -> Self {
        Self { weight, printer: Printer::Client, says, patterns, at: &[], waits: false, page: None, behind }
    }

    /// The diagnoses that can stand behind it, the likeliest first.
    pub fn candidates(&self) -> impl Iterator<Item = &'static Diagnosis> {
        self.behind.iter().filter_map(|id| catalogue::find(id))
    }

    const fn logged(self) -> Self {
        Self { printer: Printer::Server, ..self }
    }

    const fn at(self, at: &'static [Stage]) -> Self {
        Self { at, ..self }
    }

    const fn waits(self) -> Self {
        Self { waits: true, ..self }
    }

    const fn page(self, page: &'static str) -> Self {
        Self { page: Some(page), ..self }
    }
}

/// All of them. Where two hold the same line and weigh the same, the first counts.
pub fn all() -> impl Iterator<Item = &'static Meaning> {
    [
        local::MEANINGS,
        connect::MEANINGS,
        early::MEANINGS,
        exchange::MEANINGS,
        login::MEANINGS,
        session::MEANINGS,
        log::MEANINGS,
        others::MEANINGS,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::{marks, pages, pattern};

    #[test]
    fn every_pattern_is_sound_and_stands_once_for_a_step() {
        let mut seen = std::collections::HashSet::new();
        for meaning in all() {
            assert!(!meaning.patterns.is_empty() && meaning.says.ends_with('.'), "{}", meaning.says);
            for text in meaning.patterns {
                assert!(pattern::is_sound(text), "{text}");
                assert!(seen.insert((*text, format!("{:?} {:?}", meaning.printer, meaning.at))), "{text} twice");
            }
        }
    }

    #[test]
    fn every_meaning_leads_to_pages_that_exist() {
        for meaning in all() {
            assert!(meaning.page.is_some() || !meaning.behind.is_empty(), "{}", meaning.says);
            for id in meaning.behind {
                assert!(marks::mark(id).is_some(), "{id}: {}", meaning.says);
            }
            let mut ids = meaning.behind.to_vec();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), meaning.behind.len(), "an id twice: {}", meaning.says);
            if let Some(page) = meaning.page {
                assert!(pages::find(page).is_some(), "{page}");
            }
        }
    }
}
