//! Which key of the keyboard is which, and how they are listed.

use super::screen::Key;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What `?` lists.
pub(super) const LISTED: [(&str, &str); 10] = [
    ("Up Down  k j", "select a connection, or scroll"),
    ("PgUp PgDn", "a page up or down"),
    ("Home End  g G", "first, last"),
    ("Tab", "the other list"),
    ("Enter", "one connection in detail"),
    ("Esc", "back"),
    ("f", "failed connections alone, or all"),
    ("Space", "hold the lists still; the capture goes on"),
    ("?", "these keys"),
    ("q  Ctrl-C", "end the capture; q leaves a detail first"),
];

/// The meaning of a key, if it has one.
pub(super) fn meaning(event: KeyEvent) -> Option<Key> {
    if event.modifiers.contains(KeyModifiers::CONTROL) {
        return matches!(event.code, KeyCode::Char('c' | 'C')).then_some(Key::Interrupt);
    }
    Some(match event.code {
        KeyCode::Up | KeyCode::Char('k') => Key::Up,
        KeyCode::Down | KeyCode::Char('j') => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home | KeyCode::Char('g') => Key::First,
        KeyCode::End | KeyCode::Char('G') => Key::Last,
        KeyCode::Tab | KeyCode::BackTab => Key::OtherList,
        KeyCode::Enter => Key::Show,
        KeyCode::Esc => Key::Back,
        KeyCode::Char('f') => Key::FailedOnly,
        KeyCode::Char(' ') => Key::Hold,
        KeyCode::Char('?') | KeyCode::F(1) => Key::Help,
        KeyCode::Char('q') => Key::Quit,
        _ => return None,
    })
}
