//! What the program is talking to: a terminal or not, how wide, which characters, which time zone.

use crate::report::text::Page;
use crate::source::Input;
use jiff::tz::TimeZone;
use std::io::IsTerminal;

/// Whether text for standard output may use more than ASCII, by the locale.
pub(super) fn is_utf8() -> bool {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(std::env::var_os).find(|value| !value.is_empty());
    match locale {
        Some(name) => {
            let name = name.to_string_lossy().to_ascii_lowercase();
            name.contains("utf-8") || name.contains("utf8")
        }
        // The locale of a Unix without these variables is "C"; other systems do not say it this way.
        None => cfg!(not(all(unix, not(target_os = "macos")))),
    }
}

/// Width for text on standard output.
pub(super) fn width() -> usize {
    if std::io::stdout().is_terminal() {
        // COLUMNS, where it is exported, is what the user asks for; the narrowest page fits any terminal.
        let wished = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let columns = wished.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)));
        Page::fitting(columns.unwrap_or(crate::report::text::NARROWEST))
    } else {
        crate::report::text::WIDTH_ELSEWHERE
    }
}

/// The reader's time zone.
pub(super) fn zone(utc: bool) -> TimeZone {
    if utc { TimeZone::UTC } else { TimeZone::system() }
}

/// Whether somebody still writes this input: then each connection is reported as it ends.
pub(super) fn is_live(input: &Input) -> bool {
    match input {
        Input::Stdin => !stdin_is_file(),
        Input::File(path) => std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()),
        Input::Found(_) => false,
    }
}

#[cfg(unix)]
fn stdin_is_file() -> bool {
    use std::os::fd::AsFd;
    let descriptor = std::io::stdin().as_fd().try_clone_to_owned();
    let metadata = descriptor.and_then(|descriptor| std::fs::File::from(descriptor).metadata());
    metadata.is_ok_and(|metadata| metadata.is_file())
}

#[cfg(not(unix))]
fn stdin_is_file() -> bool {
    false
}
