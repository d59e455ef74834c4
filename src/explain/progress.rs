//! How far `ssh -v` told that it came, and with whom: the frame around its last words.

use super::pattern::{Line, Places};

/// A step of the client, in its own order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It asks for the connection.
    Connecting,
    /// The connection stands; it waits for the server's identification.
    Connected,
    /// The server has said who it is.
    Identified,
    /// Its KEXINIT is sent.
    Offered,
    /// Both KEXINITs are there.
    Exchanging,
    /// The keys are exchanged; the login goes on.
    LoggingIn,
    /// The user is logged in.
    Session,
}

impl Stage {
    /// The word for JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Identified => "identified",
            Self::Offered => "offered",
            Self::Exchanging => "exchanging",
            Self::LoggingIn => "logging-in",
            Self::Session => "session",
        }
    }

    /// What was reached, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Connecting => "asked for the connection",
            Self::Connected => "connected, waiting for the server's identification",
            Self::Identified => "the server had said who it is",
            Self::Offered => "its KEXINIT was sent",
            Self::Exchanging => "both KEXINITs were there, the key exchange went on",
            Self::LoggingIn => "keys were exchanged, the login went on",
            Self::Session => "logged in",
        }
    }
}

/// Lines of `ssh -v` (old and new) that show a step.
const STEPS: &[(Stage, &str)] = &[
    (Stage::Connecting, "debug1: connecting to "),
    (Stage::Connected, "debug1: connection established"),
    (Stage::Connected, "debug1: local version string"),
    (Stage::Identified, "debug1: remote protocol version"),
    (Stage::Offered, "debug1: ssh2_msg_kexinit sent"),
    (Stage::Exchanging, "debug1: ssh2_msg_kexinit received"),
    (Stage::Exchanging, "debug1: kex: "),
    (Stage::Exchanging, "expecting ssh2_msg_kex"),
    (Stage::LoggingIn, "debug1: ssh2_msg_newkeys received"),
    (Stage::LoggingIn, "debug1: ssh2_msg_service_accept received"),
    (Stage::LoggingIn, "debug1: authentications that can continue"),
    (Stage::Session, "authenticated to "),
    (Stage::Session, "debug1: authentication succeeded"),
    (Stage::Session, "debug1: entering interactive session"),
];

/// Where addresses and ports stand in lines that are no message themselves.
const NAMES: &[&str] = &[
    "connecting to {server} [{text}] port {port}.",
    "authenticating to {server}:{port} as",
    "connection from {client} port {text}",
    "authenticated to {server} ([{text}]:{port})",
    "connected to {server}.",
];

/// Lines that name the other end: for a client the server, in a server's log the client.
const PEERS: &[&str] = &[
    "unable to negotiate with {server} port {port}",
    "received disconnect from {server} port {port}",
    "disconnected from {server} port {port}",
    "ssh_dispatch_run_fatal: connection to {server} port {port}",
    "ssh_dispatch_run_fatal: connection from {client} port {text}",
    "connection to {server} port {port}",
    "connection closed by {server} port {port}",
    "connection reset by {server} port {port}",
];

/// What the lines told so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The furthest step.
    pub reached: Option<Stage>,
    /// The server, by name or address.
    pub server: Option<String>,
    /// The client, as a server's log has it.
    pub client: Option<String>,
    /// The server's port.
    pub port: Option<u16>,
    /// The server's software, from `Remote protocol version …, remote software version …`.
    pub server_software: Option<String>,
}

impl Progress {
    /// Takes in a line, of a server's log or of a client.
    pub fn note(&mut self, line: &Line, from_server: bool) {
        let lower = line.lower();
        // A new attempt begins anew.
        if lower.contains("debug1: connecting to ") {
            *self = Self::default();
        }
        for (stage, text) in STEPS {
            if lower.contains(text) && self.reached.is_none_or(|reached| reached < *stage) {
                self.reached = Some(*stage);
            }
        }
        for found in NAMES.iter().filter_map(|pattern| line.holds(pattern)) {
            self.take(found);
        }
        for found in PEERS.iter().filter_map(|pattern| line.holds(pattern)).take(1) {
            self.take(if from_server { found.turned() } else { found });
        }
        if let Some((_, software)) = lower.split_once("remote software version ") {
            self.server_software = Some(line.tail(software.len()).chars().take(255).collect());
        }
    }
}

impl Progress {
    /// Takes over what stood in the places of a pattern.
    pub fn take(&mut self, found: Places) {
        self.server = found.server.or(self.server.take());
        self.client = found.client.or(self.client.take());
        self.port = found.port.or(self.port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_of_a_verbose_ssh() {
        let mut progress = Progress::default();
        for text in [
            "debug1: Connecting to h.example [192.0.2.1] port 2222.",
            "debug1: Connection established.",
            "debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1 Debian-2",
            "debug1: SSH2_MSG_KEXINIT sent",
        ] {
            progress.note(&Line::new(text), false);
        }
        assert_eq!(progress.reached, Some(Stage::Offered));
        assert_eq!((progress.server.as_deref(), progress.port), (Some("h.example"), Some(2222)));
        assert_eq!(progress.server_software.as_deref(), Some("OpenSSH_9.2p1 Debian-2"));
    }
}
