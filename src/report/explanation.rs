//! `json` of `sshwire explain`: one document, `sshwire-explain/1`. Text of a stranger in it is already visible text.

use serde::Serialize;

/// One document.
#[derive(Debug, Serialize)]
pub struct Document {
    schema: &'static str,
    sshwire: &'static str,
    #[serde(flatten)]
    content: Content,
}

impl Document {
    /// With this content.
    pub fn new(content: Content) -> Self {
        Self { schema: "sshwire-explain/1", sshwire: env!("CARGO_PKG_VERSION"), content }
    }

    /// As it is written.
    pub fn to_json(&self) -> String {
        // Strings and numbers only: it can always be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// What it holds, by `kind`.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Content {
    /// A page.
    Page {
        /// Its id.
        id: &'static str,
        /// What it is about.
        title: &'static str,
        /// Markdown.
        page: &'static str,
    },
    /// Several ids that fit.
    Ids {
        /// What was asked for.
        asked: String,
        /// The ids.
        ids: Vec<Id>,
    },
    /// A message and what can stand behind it.
    Message(Box<Message>),
    /// Everything that is known.
    List {
        /// The ids.
        ids: Vec<Id>,
        /// The messages.
        messages: Vec<Known>,
    },
}

/// An id with its title.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct Id {
    pub id: &'static str,
    pub title: &'static str,
}

/// A message that was found in a text.
#[derive(Debug, Serialize)]
pub struct Message {
    /// The decisive line.
    #[serde(flatten)]
    pub said: Line,
    /// Id of the page for a message that no capture can show.
    pub page: Option<&'static str>,
    /// What can stand behind it, the likeliest first.
    pub candidates: Vec<Candidate>,
    /// What was told before it.
    pub progress: Progress,
    /// How to take the capture that tells the candidates apart.
    pub capture: Option<Capture>,
    /// Other lines that say something.
    pub also: Vec<Line>,
    /// More of those.
    pub also_omitted: usize,
}

/// A line of the text.
#[derive(Debug, Serialize)]
pub struct Line {
    /// As it came.
    pub line: String,
    /// Its number, from 1.
    pub number: usize,
    /// Lines that say the same.
    pub times: usize,
    /// `client` or `server`.
    pub printed_by: &'static str,
    /// What it means.
    pub says: &'static str,
}

/// A diagnosis that can stand behind a message.
#[derive(Debug, Serialize)]
pub struct Candidate {
    /// Its id.
    pub id: &'static str,
    /// What it is.
    pub title: &'static str,
    /// What distinguishes it.
    pub mark: &'static str,
    /// How far a capture proves it: `certain`, `likely`, `log` (that tells the cause).
    pub capture: Option<&'static str>,
    /// Where that capture is taken: `any`, `client`, `server`, `both`.
    pub tap: Option<&'static str>,
}

/// What a text told before its decisive line.
#[derive(Debug, Serialize)]
pub struct Progress {
    /// The furthest step of the client.
    pub reached: Option<&'static str>,
    /// The server, by name or address.
    pub server: Option<String>,
    /// The client.
    pub client: Option<String>,
    /// The server's port.
    pub port: Option<u16>,
    /// The server's software.
    pub server_software: Option<String>,
}

/// How to take a capture, and what it tells.
#[derive(Debug, Serialize)]
pub struct Capture {
    /// The command at the client.
    pub at_client: String,
    /// The command at the server.
    pub at_server: String,
    /// Ids that it proves.
    pub proves: Vec<&'static str>,
    /// Ids that it makes likely.
    pub makes_likely: Vec<&'static str>,
    /// Ids of which it shows how it ended, while the cause stands in a log.
    pub shows_only_how: Vec<&'static str>,
    /// Ids that need captures at both ends, or are much surer with them.
    pub both_ends_for: Vec<&'static str>,
    /// Ids that only a capture of all clients at the server shows.
    pub server_end_for: Vec<&'static str>,
}

/// A message of the table.
#[derive(Debug, Serialize)]
pub struct Known {
    /// Its patterns.
    pub patterns: &'static [&'static str],
    /// `client` or `server`.
    pub printed_by: &'static str,
    /// What it means.
    pub says: &'static str,
    /// Id of the page for a message that no capture can show.
    pub page: Option<&'static str>,
    /// Ids of what can stand behind it.
    pub candidates: Vec<&'static str>,
}
