//! OpenSSH's words, by version.

use super::{Client, Event, text};
use crate::ssh::software::Product;

impl Client<'_> {
    pub(super) fn openssh(&self, event: Event<'_>) -> Vec<String> {
        let Self { address, port, .. } = self;
        match event {
            Event::ConnectSilent => self.connect("Connection timed out"),
            Event::ConnectRefused => self.connect("Connection refused"),
            Event::ConnectReset => self.connect(self.reset_words()),
            Event::ConnectIcmp { version, kind, code } => self.connect(icmp_errno(version, kind, code)),
            Event::IdentificationSilent => {
                let first = "Connection timed out during banner exchange".to_owned();
                // The second line came with 8.0 (sshconnect.c).
                if self.before(8, 0) {
                    vec![first]
                } else {
                    vec![first, format!("Connection to {address} port {port} timed out")]
                }
            }
            Event::ClosedEarly => self.early("Connection closed by remote host", "closed"),
            Event::ResetEarly => self.early(&format!("read: {}", self.reset_words()), "reset"),
            // The socket is gone before the program asks who is at its other end (measured with 10.0).
            Event::ResetAtOnce => vec!["Connection reset by UNKNOWN port -1".to_owned()],
            Event::NotSsh if self.before(8, 0) => self.early("Connection closed by remote host", "closed"),
            Event::NotSsh => vec![
                "kex_exchange_identification: banner line contains invalid characters".to_owned(),
                format!("banner exchange: Connection to {address} port {port}: invalid format"),
            ],
            Event::NoSoftware(line) => vec![format!("Bad remote protocol version identification: '{}'", text(line))],
            Event::Ssh1 => vec!["Protocol major versions differ: 2 vs. 1".to_owned()],
            Event::Mismatch(slot) => self.mismatch(slot.slot.openssh_words(), &slot.server_offer_as_printed),
            Event::ExchangeSilent => self.exchange_silent(),
            Event::Corrupt(length) => vec![
                format!("Bad packet length {length}."),
                format!("ssh_dispatch_run_fatal: Connection to {address} port {port}: Connection corrupted"),
            ],
            Event::Disconnect { code, text: sent } => vec![
                format!("Received disconnect from {address} port {port}:{code}: {}", text(sent)),
                format!("Disconnected from {address} port {port}"),
            ],
            // packet.c, sshpkt_vfatal and ssh_packet_disconnect; without the address before 7.5.
            Event::OwnDisconnect { text: sent } if self.before(7, 5) => vec![format!("Disconnecting: {}", text(sent))],
            Event::OwnDisconnect { text: sent } => {
                vec![format!("Disconnecting {address} port {port}: {}", text(sent))]
            }
            Event::UnreadDisconnect => vec![
                format!("Received disconnect from {address} port {port}:…: …"),
                format!("Disconnected from {address} port {port}"),
            ],
            Event::Closed => vec![self.gone("closed")],
            Event::Reset => vec![self.gone("reset")],
            Event::ExchangeFailed(why) => {
                let port = self.port;
                vec![format!("ssh_dispatch_run_fatal: Connection to {address} port {port}: {why}")]
            }
            Event::HostKey => vec!["Host key verification failed.".to_owned()],
            // Which methods are left is encrypted, and the user's name never leaves the tunnel.
            Event::Denied if self.before(7, 7) => vec!["Permission denied (…).".to_owned()],
            Event::Denied => vec![format!("USER@{address}: Permission denied (…).")],
            Event::SessionClosed => {
                vec![
                    format!("Connection to {address} closed by remote host."),
                    format!("Connection to {address} closed."),
                ]
            }
            Event::SessionReset => {
                vec![self.broken_pipe(), format!("Read from remote host {address}: {}", self.reset_words())]
            }
            Event::SessionSilent => vec![
                format!("Timeout, server {address} not responding."),
                format!("Read from remote host {address}: Connection timed out"),
                self.broken_pipe(),
            ],
        }
    }

    /// Whether the client says that it is older than this version; one that says nothing is taken for a current one.
    fn before(&self, major: u16, minor: u16) -> bool {
        self.software.is_openssh() && self.software.version.is_some_and(|(a, b, _)| (a, b) < (major, minor))
    }

    fn is_windows(&self) -> bool {
        self.software.product == Product::Win32OpenSsh
    }

    /// Windows has no "by peer" in its text for a reset connection.
    fn reset_words(&self) -> &'static str {
        if self.is_windows() { "Connection reset" } else { "Connection reset by peer" }
    }

    fn connect(&self, errno: &str) -> Vec<String> {
        vec![format!("ssh: connect to host {} port {}: {errno}", self.address, self.port)]
    }

    /// Before the server's identification: the function's name is part of the text, and changed with 8.0.
    fn early(&self, what: &str, gone: &str) -> Vec<String> {
        if self.before(8, 0) {
            vec![format!("ssh_exchange_identification: {what}")]
        } else {
            vec![format!("kex_exchange_identification: {what}"), self.gone(gone)]
        }
    }

    /// `Connection closed by 192.0.2.1 port 22`; without the port before 7.0.
    fn gone(&self, how: &str) -> String {
        let Self { address, port, .. } = self;
        match (self.before(7, 0), how) {
            (true, "reset") => "Read from socket failed: Connection reset by peer".to_owned(),
            (true, _) => format!("Connection {how} by {address}"),
            _ => format!("Connection {how} by {address} port {port}"),
        }
    }

    fn mismatch(&self, slot: &str, offer: &str) -> Vec<String> {
        let Self { address, port, .. } = self;
        if self.before(7, 0) && slot == "key exchange method" {
            return vec!["Unable to negotiate a key exchange method".to_owned()];
        }
        vec![format!(
            "Unable to negotiate with {address} port {port}: no matching {slot} found. Their offer: {}",
            offer
        )]
    }

    fn broken_pipe(&self) -> String {
        let Self { address, port, .. } = self;
        if self.is_windows() {
            "client_loop: send disconnect: Connection reset".to_owned()
        } else if self.before(8, 0) {
            format!("packet_write_wait: Connection to {address} port {port}: Broken pipe")
        } else {
            "client_loop: send disconnect: Broken pipe".to_owned()
        }
    }

    /// It waits and prints nothing, unless the server's timer closes at last; with `-v` the last line tells what it waits for.
    fn exchange_silent(&self) -> Vec<String> {
        let server = &self.record.ssh.server;
        let method = self.negotiation.and_then(|negotiation| negotiation.kex.as_deref()).unwrap_or_default();
        let waiting = if server.kexinit.as_ref().is_none_or(|kexinit| !kexinit.complete) {
            "debug1: SSH2_MSG_KEXINIT sent"
        } else if method.starts_with("diffie-hellman-group-exchange") && server.gex_prime_bits.is_none() {
            "debug1: expecting SSH2_MSG_KEX_DH_GEX_GROUP"
        } else if method.starts_with("diffie-hellman-group-exchange") {
            "debug1: expecting SSH2_MSG_KEX_DH_GEX_REPLY"
        } else if method.starts_with("diffie-hellman") && self.before(8, 0) {
            "debug1: expecting SSH2_MSG_KEXDH_REPLY"
        } else {
            "debug1: expecting SSH2_MSG_KEX_ECDH_REPLY"
        };
        let closed = self.record.tcp.server.fin.map(|_| self.gone("closed"));
        closed.into_iter().chain([waiting.to_owned()]).collect()
    }
}

/// What connect(2) gives on Linux for an ICMP error, as `strerror` says it (measured with Linux 6.18).
fn icmp_errno(version: u8, kind: u8, code: u8) -> &'static str {
    match (version, kind, code) {
        (4, 3, 3) | (6, 1, 4) => "Connection refused",
        (4, 3, 0 | 6 | 9 | 11) | (6, 1, 0) => "Network is unreachable",
        (4, 3, 2) => "Protocol not available",
        (6, 1, 1 | 5 | 6) => "Permission denied",
        _ => "No route to host",
    }
}
