//! Why a capture cannot begin, in one line that says what to do.

use crate::cli::nearness::distance;
use crate::source::interfaces::interfaces;
use crate::source::live::{ANY, LiveError};

/// Interfaces named in a line.
const NAMED: usize = 12;

/// The line.
pub fn line(error: &LiveError) -> String {
    match error {
        LiveError::NoSuchInterface { name } => {
            let names = names_by_nearness(name);
            format!("{name}: no such interface; there {}", listed(&names))
        }
        LiveError::Permission => {
            let program =
                std::env::current_exe().map_or_else(|_| "sshwire".to_owned(), |path| path.display().to_string());
            format!(
                "capturing needs the capability CAP_NET_RAW: run it with sudo, or give it to the program once: \
                 sudo setcap cap_net_raw=ep {program}"
            )
        }
        LiveError::Filter { typed, at, said } => {
            let (before, rest) = typed.split_at_checked(*at).unwrap_or(("", typed));
            let column = before.chars().count() + 1;
            format!("--filter: {said}; the fault is at column {column}: {before}\u{25b8}{rest}")
        }
        other => other.to_string(),
    }
}

fn names_by_nearness(typed: &str) -> Vec<String> {
    let mut names: Vec<_> = interfaces().unwrap_or_default().into_iter().map(|interface| interface.name).collect();
    names.push(ANY.to_owned());
    names.sort_by_key(|name| distance(typed, name));
    names
}

fn listed(names: &[String]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if names.len() > NAMED {
        format!(" and {} more (sshwire interfaces)", names.len() - NAMED)
    } else {
        String::new()
    };
    format!("{verb} {shown}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_with_the_nearest_first() {
        let mut names = ["lo", "wlan0", "eth0", "enp3s0"];
        names.sort_by_key(|name| distance("eht0", name));
        assert_eq!(names[0], "eth0");
        assert!(names_by_nearness("an")[0] == "any");
        assert_eq!(listed(&["any".to_owned()]), "is any");
    }
}
