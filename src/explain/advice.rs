//! Candidates in; how to take the capture that tells them apart, and what it will tell, out.

use super::marks::mark;
use super::progress::Progress;
use super::{Proof, Tap};
use std::net::IpAddr;

/// How to take a capture, and what it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The command at the client.
    pub at_client: String,
    /// The command at the server.
    pub at_server: String,
    /// Candidates that a capture proves.
    pub proves: Vec<&'static str>,
    /// Candidates that a capture makes likely.
    pub makes_likely: Vec<&'static str>,
    /// Candidates of which it shows what happened, while the cause stands in a log.
    pub shows_only_how: Vec<&'static str>,
    /// Candidates that need captures at both ends, or are much surer with them.
    pub both_ends_for: Vec<&'static str>,
    /// Candidates that only a capture of all clients at the server shows.
    pub server_end_for: Vec<&'static str>,
}

impl Advice {
    /// For these candidates; none if there are none.
    pub fn on(ids: &[&'static str], progress: &Progress) -> Option<Self> {
        if ids.is_empty() {
            return None;
        }
        let by = |proof: Proof| -> Vec<&'static str> {
            ids.iter().copied().filter(|id| mark(id).is_some_and(|mark| mark.proof == proof)).collect()
        };
        let at = |tap: Tap| -> Vec<&'static str> {
            ids.iter().copied().filter(|id| mark(id).is_some_and(|mark| mark.tap == tap)).collect()
        };
        let (both_ends_for, server_end_for) = (at(Tap::Both), at(Tap::Server));
        let server = progress.server.as_deref().filter(|name| is_harmless(name)).map(bare).unwrap_or("SERVER");
        let port = progress.port.unwrap_or(22);
        Some(Self {
            at_client: command(&format!("host {server} and port {port} or icmp or icmp6")),
            at_server: command(&format!("port {port} or icmp or icmp6")),
            proves: by(Proof::Certain),
            makes_likely: by(Proof::Likely),
            shows_only_how: by(Proof::Cause),
            both_ends_for,
            server_end_for,
        })
    }
}

/// All interfaces; ICMP errors come from routers, so they are not bound to the host. In a filter `and` and `or` bind alike,
/// from left to right (pcap-filter(7)).
fn command(filter: &str) -> String {
    format!("sudo tcpdump -i any -w ssh.pcap '{filter}'")
}

/// Only a name or an address gets into a command that people paste: the message is a stranger's text.
fn is_harmless(name: &str) -> bool {
    let name = bare(name);
    let is_name = !name.is_empty()
        && name.len() <= 253
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    is_name || name.parse::<IpAddr>().is_ok()
}

/// Without brackets and without the interface of a link-local address, which a filter does not take.
fn bare(name: &str) -> &str {
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.split_once('%').map_or(name, |(address, _)| address)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(server: &str, port: Option<u16>) -> Advice {
        let progress = Progress { server: Some(server.to_owned()), port, ..Progress::default() };
        Advice::on(&["closed-port", "syn-no-answer"], &progress).unwrap()
    }

    #[test]
    fn the_filter_names_the_server_of_the_message() {
        assert!(asked("192.0.2.1", Some(2222)).at_client.ends_with("'host 192.0.2.1 and port 2222 or icmp or icmp6'"));
        assert!(asked("[fe80::1%eth0]", None).at_client.contains("host fe80::1 and port 22 or"));
        assert!(asked("h.example", None).at_client.contains("host h.example and"));
    }

    #[test]
    fn nothing_but_a_name_gets_into_a_command() {
        for evil in ["$(id)", "a'b", "-w/etc/passwd", "a;b", "`id`", "", "ä.example", "1.2.3.4\u{1b}[m"] {
            assert!(asked(evil, None).at_client.contains("host SERVER and"), "{evil}");
        }
    }

    proptest! {
        #[test]
        fn a_command_has_two_quotes(server in ".{0,40}") {
            prop_assert_eq!(asked(&server, None).at_client.matches('\'').count(), 2);
        }
    }
}
