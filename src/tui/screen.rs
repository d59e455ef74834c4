//! What is selected, and what the keys do.

use super::Snapshot;

/// A connection of which more is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// One under way, by its number.
    Open(u64),
    /// One that was judged, by its number.
    Ended(u64),
}

/// What a key asks of the run loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// To end the capture.
    End,
}

/// A list that can be in focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum List {
    Open,
    #[default]
    Verdicts,
}

/// A key, as far as the screen knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    OtherList,
    Show,
    Back,
    FailedOnly,
    Hold,
    Help,
    Quit,
    Interrupt,
}

/// The state of the screen: what is selected, what lies above it.
#[derive(Debug, Default)]
pub struct Screen {
    pub(super) list: List,
    /// Number of the selected connection in each list; it stays selected while others come.
    pub(super) selected_open: Option<u64>,
    pub(super) selected_verdict: Option<u64>,
    /// The connection shown in detail, and the first line shown of it.
    pub(super) subject: Option<Subject>,
    pub(super) scrolled: usize,
    pub(super) failed_only: bool,
    /// The lists stand still while someone reads.
    pub(super) held: Option<Box<Snapshot>>,
    pub(super) help: bool,
    /// Lines of the list or text in focus, as drawn last.
    pub(super) page: usize,
}

impl Screen {
    /// The connection of which [`Snapshot::detail`] is wanted.
    pub fn subject(&self) -> Option<Subject> {
        self.subject
    }

    /// What is shown: the held snapshot, or this one.
    pub(super) fn shown<'a>(&'a self, snapshot: &'a Snapshot) -> &'a Snapshot {
        self.held.as_deref().unwrap_or(snapshot)
    }

    pub(super) fn press(&mut self, key: Key, snapshot: &Snapshot) -> Asked {
        match key {
            Key::Interrupt => return Asked::End,
            Key::Help => self.help = !self.help,
            Key::Back if self.help => self.help = false,
            Key::Quit if self.help => self.help = false,
            Key::Quit if self.subject.is_some() => self.close_detail(),
            Key::Back => self.close_detail(),
            Key::Quit => return Asked::End,
            Key::Hold => {
                self.held = if self.held.is_some() { None } else { Some(Box::new(snapshot.clone())) };
            }
            Key::FailedOnly => self.failed_only = !self.failed_only,
            Key::OtherList if self.subject.is_none() => {
                self.list = if self.list == List::Open { List::Verdicts } else { List::Open };
            }
            Key::Show if self.subject.is_none() => self.show(snapshot),
            Key::OtherList | Key::Show => {}
            _ if self.subject.is_some() => self.scroll(key, snapshot),
            _ => self.select(key, snapshot),
        }
        Asked::Nothing
    }

    fn close_detail(&mut self) {
        (self.subject, self.scrolled) = (None, 0);
    }

    fn show(&mut self, snapshot: &Snapshot) {
        let numbers = self.numbers(snapshot);
        let Some(&number) = self.position(&numbers).and_then(|at| numbers.get(at)) else { return };
        self.scrolled = 0;
        self.subject = Some(match self.list {
            List::Open => Subject::Open(number),
            List::Verdicts => Subject::Ended(number),
        });
    }

    fn scroll(&mut self, key: Key, snapshot: &Snapshot) {
        let last = snapshot.detail.len().saturating_sub(self.page);
        self.scrolled = moved(key, self.scrolled, last, self.page);
    }

    fn select(&mut self, key: Key, snapshot: &Snapshot) {
        let numbers = self.numbers(snapshot);
        let Some(at) = self.position(&numbers) else { return };
        let at = moved(key, at, numbers.len().saturating_sub(1), self.page);
        let number = numbers.get(at).copied();
        match self.list {
            List::Open => self.selected_open = number,
            List::Verdicts => self.selected_verdict = number,
        }
    }

    /// Numbers of the connections in the list that is in focus, as they are shown.
    fn numbers(&self, snapshot: &Snapshot) -> Vec<u64> {
        let snapshot = self.shown(snapshot);
        match self.list {
            List::Open => snapshot.open.iter().map(|open| open.number).collect(),
            List::Verdicts => self.verdicts(snapshot).map(|verdict| verdict.number).collect(),
        }
    }

    /// The verdicts that are listed.
    pub(super) fn verdicts<'a>(&self, snapshot: &'a Snapshot) -> impl Iterator<Item = &'a super::Verdict> {
        let all = !self.failed_only;
        snapshot.verdicts.iter().filter(move |verdict| all || verdict.outcome == super::Outcome::Failed)
    }

    /// Where the selected connection stands among these; the first one where it is gone.
    pub(super) fn position(&self, numbers: &[u64]) -> Option<usize> {
        let selected = match self.list {
            List::Open => self.selected_open,
            List::Verdicts => self.selected_verdict,
        };
        let at = selected.and_then(|selected| numbers.iter().position(|&number| number == selected));
        (!numbers.is_empty()).then_some(at.unwrap_or(0))
    }
}

/// A place in a list of which `last` is the last one.
fn moved(key: Key, at: usize, last: usize, page: usize) -> usize {
    let page = page.max(1);
    let moved = match key {
        Key::Up => at.saturating_sub(1),
        Key::Down => at.saturating_add(1),
        Key::PageUp => at.saturating_sub(page),
        Key::PageDown => at.saturating_add(page),
        Key::First => 0,
        Key::Last => last,
        _ => at,
    };
    moved.min(last)
}
