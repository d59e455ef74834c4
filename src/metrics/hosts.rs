//! Under which names the numbers may be asked for.
//!
//! A web page can let the name of its own server resolve to 127.0.0.1 (DNS rebinding), and then read what listens there, for to the browser
//! it is the page's own server. The Host header still has that name, so only known names are answered.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A name for the server of metrics that scrapers use, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

impl FromStr for HostName {
    type Err = String;

    /// A DNS name, with or without the dot at its end.
    fn from_str(text: &str) -> Result<Self, String> {
        /// RFC 1035 §2.3.4, without the length bytes.
        const LONGEST: usize = 253;
        let name = text.strip_suffix('.').unwrap_or(text);
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let label = |label: &str| !label.is_empty() && label.chars().all(allowed);
        if name.len() > LONGEST || !name.split('.').all(label) {
            return Err(format!("'{text}' is no host name: write a name without port, such as metrics.example.com"));
        }
        Ok(Self(name.to_ascii_lowercase()))
    }
}

/// The names that are answered: addresses, `localhost`, this machine's name and what the user added.
#[derive(Debug)]
pub(super) struct Hosts {
    names: Vec<String>,
}

impl Hosts {
    /// Asks the system for its name; done before system calls are given up.
    pub fn new(added: &[HostName]) -> Self {
        let machine = nix::sys::utsname::uname().ok().and_then(|system| system.nodename().to_str()?.parse().ok());
        let names = added.iter().cloned().chain(machine).map(|HostName(name)| name);
        Self { names: std::iter::once("localhost".to_owned()).chain(names).collect() }
    }

    /// Whether the value of a Host header names this server. The port is not looked at: it may be that of a forwarding.
    pub fn holds(&self, value: &[u8]) -> bool {
        let Ok(value) = std::str::from_utf8(value) else { return false };
        let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let value = value.trim_ascii();
        if let Some((address, rest)) = value.strip_prefix('[').and_then(|value| value.split_once(']')) {
            let ends = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
            return ends && address.parse::<Ipv6Addr>().is_ok();
        }
        let host = value.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(value, |(host, _)| host);
        let host = host.strip_suffix('.').unwrap_or(host);
        // An address cannot be rebound. That of IPv6 needs its brackets.
        let address = host.parse().is_ok_and(|address: IpAddr| address.is_ipv4());
        address || self.names.iter().any(|name| name.eq_ignore_ascii_case(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_known_names_are_answered() {
        let hosts = Hosts { names: vec!["localhost".to_owned(), "metrics.example.com".to_owned()] };
        for value in [
            "127.0.0.1",
            "192.0.2.1:9547",
            "[::1]",
            "[2001:db8::1]:9547",
            "localhost",
            "LocalHost.:9547",
            "localhost:",
            "metrics.example.com",
            "METRICS.example.com.:80",
            " localhost ",
        ] {
            assert!(hosts.holds(value.as_bytes()), "{value}");
        }
        for value in [
            "",
            ":9547",
            ".",
            "example.com",
            "127.0.0.1.example.com",
            "localhost.example.com",
            "example.com:127.0.0.1",
            "localhost..",
            "localhost:9547:1",
            "localhost:x",
            "user@localhost",
            "localhost,localhost",
            "::1",
            "[::1",
            "[::1]x",
            "[::1]:x",
            "[127.0.0.1]",
            "[localhost]",
        ] {
            assert!(!hosts.holds(value.as_bytes()), "{value}");
        }
        assert!(!hosts.holds(b"localhost\xff"));
    }

    #[test]
    fn the_name_of_the_machine_is_known() {
        let name = nix::sys::utsname::uname().expect("a name").nodename().to_owned();
        // A container may have a name that is none of DNS.
        if let Some(name) = name.to_str().filter(|name| name.parse::<HostName>().is_ok()) {
            assert!(Hosts::new(&[]).holds(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_name_is_given_without_its_port() {
        let read = |text: &str| text.parse::<HostName>().map(|HostName(name)| name);
        assert_eq!(read("Metrics.Example.com."), Ok("metrics.example.com".to_owned()));
        assert_eq!(read("gate_1"), Ok("gate_1".to_owned()));
        for text in ["", ".", "a..b", "a:9547", "http://a", "a b", "*", "[::1]", "\u{e9}", &"a".repeat(254)] {
            assert!(read(text).is_err_and(|line| line.contains("is no host name")), "{text}");
        }
    }
}
