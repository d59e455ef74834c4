//! What the user's client will have printed, in its own words: people search for these, so they must be exact.
//!
//! First what the client noticed ([`Event`]), then the words that its software has for that. Sources: OpenSSH's code and
//! measured runs (`kex.c`, `packet.c`, `clientloop.c`, `sshconnect.c`), the other implementations' code.

mod openssh;
mod others;

use super::finding::{By, Ended, Finding, How, Phase};
use crate::record::ConnectionRecord;
use crate::ssh::negotiation::{Negotiation, NoneInCommon};
use crate::ssh::software::{Product, Software};
use crate::tcp::Side;
use crate::time::Span;
use std::net::IpAddr;

/// A DISCONNECT and the FIN behind it leave within this time of each other.
const FAREWELL: Span = Span::from_millis(5);

/// Lines told at most.
const LINES: usize = 3;

/// What a client notices of the end of its connection.
#[derive(Debug, Clone, Copy)]
enum Event<'a> {
    /// SYNs without an answer.
    ConnectSilent,
    /// A reset in answer to the SYN.
    ConnectRefused,
    /// A reset together with the answer to the SYN.
    ConnectReset,
    /// An ICMP error in answer to the SYN.
    ConnectIcmp { version: u8, kind: u8, code: u8 },
    /// It waits for the server's identification, in vain.
    IdentificationSilent,
    /// A FIN in place of the server's identification.
    ClosedEarly,
    /// A reset in place of the server's identification.
    ResetEarly,
    /// A reset before the client had written a byte.
    ResetAtOnce,
    /// Bytes that no identification can hold.
    NotSsh,
    /// An identification that names no software.
    NoSoftware(&'a [u8]),
    /// The server speaks SSH-1 only.
    Ssh1,
    /// Nothing in common in this slot.
    Mismatch(&'a NoneInCommon),
    /// The server's KEXINIT or the reply of the key exchange never comes.
    ExchangeSilent,
    /// Bytes that are no packet.
    Corrupt(u32),
    /// The server said why in a DISCONNECT.
    Disconnect { code: u32, text: &'a [u8] },
    /// The client itself said why it leaves, in a DISCONNECT.
    OwnDisconnect { text: &'a [u8] },
    /// The server said why in a DISCONNECT that is encrypted.
    UnreadDisconnect,
    /// A FIN behind the server's identification, before the session.
    Closed,
    /// A reset behind the server's identification, before the session.
    Reset,
    /// The host key is not the expected one.
    HostKey,
    /// The client's own check of the key exchange failed.
    ExchangeFailed(&'static str),
    /// The login was refused.
    Denied,
    /// The session: a FIN.
    SessionClosed,
    /// The session: a reset.
    SessionReset,
    /// The session: no answer any more.
    SessionSilent,
}

/// Who prints, and whose address stands in the words.
struct Client<'a> {
    record: &'a ConnectionRecord,
    software: Software,
    negotiation: Option<&'a Negotiation>,
    address: IpAddr,
    port: u16,
}

/// The lines that the client will have printed, the likeliest first, at most three; empty where it printed nothing, or
/// where there is no user who could have read it.
pub fn client_says(
    record: &ConnectionRecord,
    ended: &Ended,
    verdict: Option<&Finding>,
    negotiation: Option<&Negotiation>,
) -> Vec<String> {
    let client = Client::new(record, negotiation);
    if client.is_no_user(ended, verdict) {
        return Vec::new();
    }
    let Some(event) = client.event(ended, verdict) else { return Vec::new() };
    let mut lines = match client.software.product {
        // Nothing or nothing known was said: OpenSSH is by far the commonest.
        Product::OpenSsh | Product::Win32OpenSsh | Product::Unknown => client.openssh(event),
        product => client.other(product, event),
    };
    lines.truncate(LINES);
    lines
}

impl<'a> Client<'a> {
    fn new(record: &'a ConnectionRecord, negotiation: Option<&'a Negotiation>) -> Self {
        let said = record.ssh.client.identification.as_ref();
        let software = said.map_or_else(Software::unknown, |said| said.parsed_software());
        Self { record, software, negotiation, address: record.server.address, port: record.server.port }
    }

    /// Scanners, health checks and things that do not speak SSH have no user, and a healthy end prints nothing.
    fn is_no_user(&self, ended: &Ended, verdict: Option<&Finding>) -> bool {
        let client = &self.record.ssh.client;
        let said_something_else = client.other.is_some() || client.pre_identification_lines > 0;
        // Every SSH client says who it is at once; one that keeps silent while the server talks is a probe, unless what
        // it says gets lost.
        let mute = ended.how != How::Timeout
            && self.record.ssh.server.identification.is_some()
            && self.record.tcp.client.bytes == 0;
        let only_ssh1 = client.identification.as_ref().is_some_and(|said| said.ssh1_only());
        let silent = matches!(
            verdict.map(|verdict| verdict.id),
            Some(
                "normal-close"
                    | "in-progress"
                    | "health-check-probe"
                    | "port-scan"
                    | "brute-force"
                    | "banner-timeout-client-silent"
                    | "client-banner-invalid"
                    | "proxy-protocol-to-sshd"
                    // No client that waits is known by its words.
                    | "kexinit-waits-for-peer"
                    // No timer of ssh runs during the login: somebody stopped it.
                    | "auth-none-response-hang"
            )
        );
        self.software.is_scanner
            || said_something_else
            || only_ssh1
            || silent
            || (mute && self.record.saw(Side::Client))
    }

    fn event(&self, ended: &Ended, verdict: Option<&Finding>) -> Option<Event<'a>> {
        if let Some(failing) = self.negotiation.and_then(|negotiation| self.printed(negotiation)) {
            return Some(Event::Mismatch(failing));
        }
        if let Some(event) = verdict.and_then(|verdict| self.event_of_verdict(verdict.id, ended)) {
            return Some(event);
        }
        if let Some(said) = self.record.ssh.server.disconnect.as_ref() {
            return Some(Event::Disconnect { code: said.code, text: &said.text });
        }
        if let Some(said) = self.record.ssh.client.disconnect.as_ref().filter(|_| ended.by == By::Client) {
            return Some(Event::OwnDisconnect { text: &said.text });
        }
        match ended.phase {
            Phase::TcpConnect => self.connect_event(ended),
            _ if !self.server_identified(ended) => self.early_event(ended),
            Phase::Session => session_event(ended),
            _ => self.later_event(ended),
        }
    }

    /// OpenSSH looks at the direction it reads first; the others go by the order of the KEXINIT.
    fn printed(&self, negotiation: &'a Negotiation) -> Option<&'a NoneInCommon> {
        match self.software.product {
            Product::OpenSsh | Product::Win32OpenSsh | Product::Unknown => negotiation.printed_by_client(),
            _ => negotiation.failing.first(),
        }
    }

    /// Where the diagnosis knows more than the packets' end tells.
    fn event_of_verdict(&self, id: &str, ended: &Ended) -> Option<Event<'a>> {
        let server = &self.record.ssh.server;
        match id {
            // The second machine's reset comes as soon as the first one's answer.
            "duplicate-ip" if ended.how == How::Rst && self.record.tcp.client.bytes == 0 => Some(Event::ConnectReset),
            "too-many-auth-failures" => Some(Event::Disconnect { code: 2, text: b"Too many authentication failures" }),
            "auth-denied" => Some(Event::Denied),
            "hostkey-rejected-by-client" => Some(Event::HostKey),
            "kex-signature-or-libcrypto-failure" => {
                // SHA-1 is what a crypto policy forbids; the library says no, whatever the signature is.
                let sha1 = self.negotiation.and_then(|agreed| agreed.host_key.as_deref()) == Some("ssh-rsa");
                Some(Event::ExchangeFailed(if sha1 { "error in libcrypto" } else { "incorrect signature" }))
            }
            "dh-gex-size-refused" if server.gex_prime_bits.is_some() => {
                Some(Event::ExchangeFailed("DH GEX group out of range"))
            }
            "server-alive-timeout" | "session-silent-drop" => Some(Event::SessionSilent),
            "pmtu-blackhole-c2s" | "pmtu-blackhole-s2c" | "fragment-lost" | "mtu-icmp-ignored" => {
                Some(Event::ExchangeSilent)
            }
            "banner-noncompliant" => server.identification.as_ref().and_then(|said| match said {
                said if said.has_nul => Some(Event::NotSsh),
                said if said.missing_software => Some(Event::NoSoftware(&said.raw)),
                _ => None,
            }),
            "protocol-major-mismatch" => {
                server.identification.as_ref().filter(|said| said.ssh1_only()).map(|_| Event::Ssh1)
            }
            "packet-invalid" => server.invalid_packet.as_ref().map(|invalid| Event::Corrupt(invalid.packet_length)),
            _ => None,
        }
    }

    fn connect_event(&self, ended: &Ended) -> Option<Event<'a>> {
        match ended.how {
            How::Rst if ended.by != By::Client => Some(Event::ConnectRefused),
            How::Timeout => Some(Event::ConnectSilent),
            How::Icmp => {
                let by_packet = |packet| self.record.icmp.iter().find(|error| error.packet == packet);
                let error = ended.packet.and_then(by_packet).or(self.record.icmp.last())?;
                Some(Event::ConnectIcmp { version: error.version, kind: error.kind, code: error.code })
            }
            _ => None,
        }
    }

    fn early_event(&self, ended: &Ended) -> Option<Event<'a>> {
        let server = &self.record.ssh.server;
        // OpenSSH reads byte by byte and gives up at the first NUL, before it notices any close (kex.c).
        if server.other.as_ref().is_some_and(|other| other.bytes.contains(&0)) {
            return Some(Event::NotSsh);
        }
        match (ended.how, ended.by) {
            (How::Timeout, _) => Some(Event::IdentificationSilent),
            (How::Rst | How::Fin, By::Client) => None,
            // With a closed window the client's words lie in its own kernel: it had written them.
            (How::Rst, _)
                if self.record.tcp.client.bytes == 0 && self.record.tcp.server.syn.is_none_or(|syn| syn.window > 0) =>
            {
                Some(Event::ResetAtOnce)
            }
            (How::Rst, _) => Some(Event::ResetEarly),
            (How::Fin, _) => Some(Event::ClosedEarly),
            _ => None,
        }
    }

    fn later_event(&self, ended: &Ended) -> Option<Event<'a>> {
        match (ended.how, ended.by) {
            (How::Timeout, _) if ended.phase < Phase::Authentication => Some(Event::ExchangeSilent),
            (How::Timeout, _) => Some(Event::SessionSilent),
            (How::Rst | How::Fin, By::Client) => None,
            (How::Rst, _) => Some(Event::Reset),
            (How::Fin, By::ServerApp) if self.server_said_goodbye(ended) => Some(Event::UnreadDisconnect),
            (How::Fin, _) => Some(Event::Closed),
            _ => None,
        }
    }

    /// The server's last encrypted message left together with its FIN and answers nothing: a DISCONNECT whose words cannot be read.
    fn server_said_goodbye(&self, ended: &Ended) -> bool {
        let record = self.record;
        let fin = record.sent_by(Side::Server).find(|fact| Some(fact.packet) == ended.packet && fact.flags.fin());
        let Some(fin) = fin.filter(|_| ended.phase == Phase::Authentication) else { return false };
        let Some(last) = record.sent_by(Side::Server).rfind(|fact| fact.len > 0 && !fin.precedes(fact)) else {
            return false;
        };
        let asked = record.sent_by(Side::Client).rfind(|fact| fact.len > 0 && fact.precedes(last));
        fin.time - last.time <= FAREWELL && asked.is_some_and(|asked| fin.ack < asked.end())
    }

    /// Whether the client had the server's identification string when the connection ended.
    fn server_identified(&self, ended: &Ended) -> bool {
        let Some(said) = &self.record.ssh.server.identification else {
            return ended.phase > Phase::Banner;
        };
        let when = self.record.mark(Side::Server, said.range).map(|mark| mark.time);
        match (when, ended.time) {
            (Some(when), Some(end)) => when <= end,
            _ => ended.phase > Phase::PreBanner,
        }
    }
}

/// Text of the peer inside the client's words. Whoever shows it makes it harmless.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn session_event<'a>(ended: &Ended) -> Option<Event<'a>> {
    match (ended.how, ended.by) {
        (How::Timeout, By::ServerApp | By::ServerKernel) => Some(Event::SessionReset),
        (How::Timeout, _) => Some(Event::SessionSilent),
        (How::Rst | How::Fin, By::Client) => None,
        (How::Rst, _) => Some(Event::SessionReset),
        (How::Fin, _) => Some(Event::SessionClosed),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests;
