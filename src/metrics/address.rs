//! Where metrics are served.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// An address and port; loopback where only a port is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(pub SocketAddr);

impl FromStr for Address {
    type Err = String;

    /// `9100`, `:9100`, `192.0.2.1:9100`, `[2001:db8::1]:9100`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("'{text}' is no address for metrics: write a port, or ADDRESS:PORT such as 127.0.0.1:9100");
        let port = text.strip_prefix(':').unwrap_or(text);
        let address = match port.parse::<u16>() {
            Ok(port) => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
            Err(_) => text.parse().map_err(|_| wrong())?,
        };
        if address.port() == 0 {
            return Err(wrong());
        }
        Ok(Self(address))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_on_loopback() {
        let read = |text: &str| text.parse::<Address>().map(|address| address.to_string());
        for (text, address) in [
            ("9100", "127.0.0.1:9100"),
            (":9100", "127.0.0.1:9100"),
            ("192.0.2.1:80", "192.0.2.1:80"),
            ("[::1]:9100", "[::1]:9100"),
        ] {
            assert_eq!(read(text), Ok(address.to_owned()), "{text}");
        }
        for text in ["", ":", "0", "70000", "localhost:9100", "::1:9100", "127.0.0.1", "127.0.0.1:0", "9100 "] {
            assert!(read(text).is_err_and(|line| line.contains("is no address for metrics")), "{text}");
        }
    }
}
