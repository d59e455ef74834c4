//! The pages of messages that no capture can show. Adding one is a file `pages/<id>.md` and one line here.

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Its id; none of the catalogue has the same.
    pub id: &'static str,
    /// Markdown.
    pub text: &'static str,
}

impl Page {
    /// What it is about, in one line.
    pub fn title(&self) -> &'static str {
        let first = self.text.lines().next().unwrap_or_default();
        first.split_once(": ").map_or(self.id, |(_, title)| title)
    }
}

/// The page of an id.
pub fn find(id: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.id == id)
}

macro_rules! pages {
    ($($id:literal),+ $(,)?) => {
        /// Every page: what happens at the client before a packet leaves, then the keys, the login, the session, the server.
        pub static PAGES: &[Page] = &[$(Page { id: $id, text: include_str!(concat!("pages/", $id, ".md")) }),+];
    };
}

pages! {
    "bad-configuration-option",
    "config-file-owner",
    "name-not-resolved",
    "jump-host-failed",
    "host-key-changed",
    "host-key-unknown",
    "private-key-file-open",
    "private-key-unreadable",
    "agent-does-not-sign",
    "no-mutual-signature",
    "authorized-keys-modes",
    "command-does-not-run",
    "forwarding-refused",
    "sshd-does-not-start",
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;
    use crate::diagnose::catalogue;

    #[test]
    fn every_page_has_its_headings_and_no_page_of_the_catalogue_has_its_id() {
        for page in PAGES {
            assert!(page.text.starts_with(&format!("# {}: ", page.id)), "{}", page.id);
            assert!(catalogue::find(page.id).is_none(), "{}", page.id);
            let headings: Vec<_> = page.text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
            let fixed = [
                "What is seen",
                "What it means",
                "Why it happens",
                "How to be sure",
                "Remedy",
                "Look-alikes",
                "References",
            ];
            assert_eq!(headings, fixed, "{}", page.id);
            let longest = page.text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(longest <= 100, "{}: {longest} columns", page.id);
        }
    }

    #[test]
    fn every_look_alike_exists() {
        for page in PAGES {
            let part = page.text.split("## Look-alikes").nth(1).unwrap().split("## ").next().unwrap();
            for line in part.lines().filter_map(|line| line.strip_prefix("- `")) {
                let id = line.split('`').next().unwrap();
                assert!(find(id).is_some() || catalogue::find(id).is_some(), "{}: {id}", page.id);
            }
        }
    }
}
