//! A pattern and a line in; whether the line holds the pattern, and what stands in its places, out.
//!
//! A pattern is the fixed part of a message with places in braces: `{server}` and `{client}` (an address or a name),
//! `{port}` and `{number}` (digits), `{word}` (no blank), `{text}` (anything). It is in lower case and may stand anywhere in a line, as logs put
//! times and programs before it; in the line upper and lower case count alike, as does any number of blanks.

/// Longest value of a place, in bytes: a name in the DNS has at most 253 (RFC 1035 §2.3.4).
const LONGEST_PLACE: usize = 256;

/// Beginnings tried in one line. A hostile line repeats the first words of a pattern without end.
const TRIES: usize = 16;

/// What stood in the places of a pattern, in the line's own letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The server, as the client names it.
    pub server: Option<String>,
    /// The client, as a server's log names it.
    pub client: Option<String>,
    /// The port behind one of them.
    pub port: Option<u16>,
}

/// A line made ready for comparison.
#[derive(Debug, Clone)]
pub struct Line {
    /// Blanks made single, as it stands.
    plain: String,
    /// The same in lower case; ASCII letters only, so that both have the same offsets.
    lower: String,
}

impl Line {
    /// Takes a line as it came.
    pub fn new(text: &str) -> Self {
        let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let lower = plain.to_ascii_lowercase();
        Self { plain, lower }
    }

    /// The line in lower case, blanks made single.
    pub fn lower(&self) -> &str {
        &self.lower
    }

    /// Its last so many bytes as they stand; nothing where that would split a character.
    pub fn tail(&self, bytes: usize) -> &str {
        self.plain.get(self.plain.len().saturating_sub(bytes)..).unwrap_or_default()
    }

    /// The line as it stands, blanks made single.
    pub fn plain(&self) -> &str {
        &self.plain
    }

    /// What stands in the places of a pattern, if the line holds it.
    pub fn holds(&self, pattern: &str) -> Option<Places> {
        let first = pattern.split('{').next().filter(|first| !first.is_empty())?;
        let mut starts = self.lower.match_indices(first).take(TRIES).peekable();
        // Nearly every pattern is done with here.
        starts.peek()?;
        let parts = Part::of(pattern);
        starts.find_map(|(at, _)| self.rest(at + first.len(), parts.get(1..)?))
    }

    fn rest(&self, mut at: usize, parts: &[Part<'_>]) -> Option<Places> {
        let mut places = Places::default();
        for (index, part) in parts.iter().enumerate() {
            match part {
                Part::Fixed(text) => {
                    self.lower.get(at..)?.starts_with(text).then_some(())?;
                    at += text.len();
                }
                Part::Place(name) => {
                    let next = match parts.get(index + 1) {
                        Some(Part::Fixed(text)) => Some(*text),
                        _ => None,
                    };
                    let value = self.value(at, name, next)?;
                    places.note(name, value);
                    at += value.len();
                }
            }
        }
        Some(places)
    }

    /// The text of a place: up to what follows it, or as far as it can reach.
    fn value(&self, at: usize, name: &str, next: Option<&str>) -> Option<&str> {
        let end = match next {
            Some(next) => at + self.lower.get(at..)?.find(next)?,
            None => at + reach(self.plain.get(at..)?, name),
        };
        let value = self.plain.get(at..end)?;
        fits(name, value).then_some(value)
    }
}

/// How far a place at the end of a pattern goes.
fn reach(text: &str, name: &str) -> usize {
    let ends = |c: char| match name {
        "port" | "number" => !c.is_ascii_digit(),
        "text" => false,
        _ => c == ' ' || c == ',' || c == ';',
    };
    let end = text.find(ends).unwrap_or(text.len());
    // A sentence ends behind an address, not within it.
    let value = text.get(..end).unwrap_or_default();
    if name == "text" { end } else { value.trim_end_matches(['.', ':', '\'', '"', ')']).len() }
}

fn fits(name: &str, value: &str) -> bool {
    match name {
        "text" => true,
        "port" | "number" => !value.is_empty() && value.len() <= 20 && value.bytes().all(|byte| byte.is_ascii_digit()),
        "server" | "client" => is_word(value) && !NO_HOST.iter().any(|word| value.eq_ignore_ascii_case(word)),
        _ => is_word(value),
    }
}

/// Words that stand for the other end where its name could stand: `Connection reset by peer`, `closed by remote host`.
const NO_HOST: &[&str] = &["peer", "remote", "foreign", "authenticating", "invalid"];

fn is_word(value: &str) -> bool {
    !value.is_empty() && value.len() <= LONGEST_PLACE && !value.contains(' ')
}

impl Places {
    /// The same line in a server's log: the other end is the client, and the port is the client's.
    pub fn turned(self) -> Self {
        Self { client: self.client.or(self.server), server: None, port: None }
    }

    fn note(&mut self, name: &str, value: &str) {
        match name {
            "server" => self.server = Some(value.to_owned()),
            "client" => self.client = Some(value.to_owned()),
            "port" => self.port = value.parse().ok(),
            _ => {}
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Fixed(&'a str),
    Place(&'a str),
}

impl<'a> Part<'a> {
    /// A pattern begins with fixed text; a brace that is never closed is fixed text too.
    fn of(pattern: &'a str) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else { break };
            if !before.is_empty() {
                parts.push(Self::Fixed(before));
            }
            parts.push(Self::Place(name));
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Self::Fixed(rest));
        }
        parts
    }
}

/// The fixed parts of a pattern, joined: what a piece of a message is looked for in.
pub fn fixed(pattern: &str) -> String {
    let parts = Part::of(pattern).into_iter().filter_map(|part| match part {
        Part::Fixed(text) => Some(text),
        Part::Place(_) => None,
    });
    parts.collect::<Vec<_>>().join("…")
}

/// Whether a pattern is well formed: lower case, fixed text first, known places, no two places side by side.
#[cfg(test)]
pub fn is_sound(pattern: &str) -> bool {
    let parts = Part::of(pattern);
    let known = |part: &Part<'_>| match part {
        Part::Fixed(text) => !text.contains(['{', '}']) && !text.contains("  ") && *text == text.to_ascii_lowercase(),
        Part::Place(name) => ["server", "client", "port", "number", "word", "text"].contains(name),
    };
    let apart = parts.windows(2).all(|pair| !matches!(pair, [Part::Place(_), Part::Place(_)]));
    matches!(parts.first(), Some(Part::Fixed(_))) && apart && parts.iter().all(known)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn places(line: &str, pattern: &str) -> Option<Places> {
        Line::new(line).holds(pattern)
    }

    #[test]
    fn places_are_read() {
        let found = places(
            "ssh: connect to host h.example port 22: Connection refused",
            "connect to host {server} port {port}: connection refused",
        );
        assert_eq!(found.unwrap(), Places { server: Some("h.example".into()), client: None, port: Some(22) });
        let found = places(
            "Nov 1 sshd[7]: Connection  closed by 192.0.2.1 port 4022 [preauth]",
            "connection closed by {client} port {port} [preauth]",
        );
        assert_eq!(found.unwrap(), Places { server: None, client: Some("192.0.2.1".into()), port: Some(4022) });
        assert_eq!(
            places("Timeout, server H not responding.", "timeout, server {server} not responding")
                .unwrap()
                .server
                .unwrap(),
            "H"
        );
    }

    #[test]
    fn a_place_holds_one_word() {
        assert!(
            places(
                "Connection closed by authenticating user u 192.0.2.1 port 1",
                "connection closed by {server} port {port}"
            )
            .is_none()
        );
        assert!(places("Connection closed by x port ssh", "connection closed by {server} port {port}").is_none());
        assert!(
            places("closed by closed by x port 2", "closed by {server} port {port}").is_some(),
            "a later beginning"
        );
    }

    #[test]
    fn an_address_at_the_end_ends_before_the_full_stop() {
        assert_eq!(
            places("Disconnected from 192.0.2.1.", "disconnected from {server}").unwrap().server.unwrap(),
            "192.0.2.1"
        );
    }

    proptest! {
        #[test]
        fn nothing_panics(line in ".{0,120}", pattern in "[a-z {}]{0,40}") {
            let _ = Line::new(&line).holds(&pattern);
            let _ = is_sound(&pattern);
        }

        #[test]
        fn a_filled_pattern_is_held(server in "[a-z0-9.:]{1,20}", port: u16) {
            let line = format!("x: connect to host {server} port {port}: Connection refused");
            let found = places(&line, "connect to host {server} port {port}: connection refused").unwrap();
            prop_assert_eq!((found.server, found.port), (Some(server), Some(port)));
        }
    }
}
