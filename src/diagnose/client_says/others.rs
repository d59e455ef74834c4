//! The words of the other implementations, as their code has them (PuTTY 0.85, libssh 0.12, libssh2 1.11, paramiko 5.1,
//! AsyncSSH 2.24, JSch 0.2.19, x/crypto of 2022, russh 0.65, Dropbear 2026.94, ssh2js 1.17). No words: nothing is known.

use super::{Client, Event, text};
use crate::ssh::negotiation::{NoneInCommon, Slot};
use crate::ssh::software::Product;

impl Client<'_> {
    pub(super) fn other(&self, product: Product, event: Event<'_>) -> Vec<String> {
        let event = if let Event::ResetAtOnce = event { Event::ResetEarly } else { event };
        match product {
            Product::PuTTY | Product::WinScp | Product::FileZilla => self.putty(product, event),
            Product::LibSsh => self.libssh(event),
            Product::LibSsh2 => libssh2(event),
            Product::Paramiko => self.paramiko(event),
            Product::AsyncSsh => self.asyncssh(event),
            Product::JSch => jsch(event),
            Product::GoXCrypto => self.go(event),
            Product::Russh => russh(event),
            Product::SshNet => sshnet(event),
            Product::NodeSsh2 => node(event),
            Product::Dropbear => self.dbclient(event),
            Product::CiscoIos => cisco(event),
            _ => Vec::new(),
        }
    }

    fn putty(&self, product: Product, event: Event<'_>) -> Vec<String> {
        let old_words = product == Product::WinScp;
        one(match event {
            Event::ClosedEarly | Event::Closed | Event::SessionClosed if old_words => {
                "Server unexpectedly closed network connection".to_owned()
            }
            Event::ClosedEarly | Event::Closed | Event::SessionClosed => {
                "Remote side unexpectedly closed network connection".to_owned()
            }
            Event::ResetEarly | Event::Reset | Event::SessionReset => {
                "Network error: Connection reset by peer".to_owned()
            }
            Event::SessionSilent | Event::ExchangeSilent => {
                "Network error: Software caused connection abort".to_owned()
            }
            // The second line in place of the first up to 0.78, for some offers.
            Event::Mismatch(slot) => {
                let (name, offer) = (putty_slot(slot.slot), offer(slot));
                return vec![
                    format!("Couldn't agree a {name} (available: {offer})"),
                    format!("Selected {name} \"{offer}\" does not correspond to any supported algorithm"),
                ];
            }
            // At the prompt; without a key that fits; with -pw.
            Event::Denied => {
                return [
                    "Access denied",
                    "No supported authentication methods available",
                    "Configured password was not accepted",
                ]
                .map(str::to_owned)
                .to_vec();
            }
            // Without a user to ask: -batch, or -hostkey with another key.
            Event::HostKey => {
                return vec![
                    "Cannot confirm a host key in batch mode".to_owned(),
                    "Host key not in manually configured list".to_owned(),
                ];
            }
            Event::Disconnect { code, text: sent } => {
                let name = crate::ssh::message::disconnect_name(code);
                return vec![
                    "Remote side sent disconnect message".to_owned(),
                    format!("type {code} ({name}):"),
                    format!("\"{}\"", text(sent)),
                ];
            }
            _ => return Vec::new(),
        })
    }

    fn libssh(&self, event: Event<'_>) -> Vec<String> {
        one(match event {
            Event::ClosedEarly | Event::Closed | Event::SessionClosed => "Socket error: disconnected".to_owned(),
            Event::ResetEarly | Event::Reset | Event::SessionReset => {
                "Socket error: Connection reset by peer".to_owned()
            }
            Event::IdentificationSilent | Event::ExchangeSilent => format!("Timeout connecting to {}", self.address),
            Event::Mismatch(slot) => format!(
                "kex error : no match for method {}: server [{}], client [{}]",
                libssh_slot(slot.slot),
                offer(slot),
                slot.client_offer_as_printed
            ),
            Event::Disconnect { code, text: sent } => format!("Received SSH_MSG_DISCONNECT: {code}:{}", text(sent)),
            Event::Ssh1 => {
                let said = self.record.ssh.server.identification.as_ref().map(|said| text(&said.raw));
                format!("No version of SSH protocol usable (banner: {})", said.unwrap_or_default())
            }
            _ => return Vec::new(),
        })
    }

    fn paramiko(&self, event: Event<'_>) -> Vec<String> {
        one(match event {
            Event::ClosedEarly | Event::IdentificationSilent => "Error reading SSH protocol banner".to_owned(),
            Event::ResetEarly => "Error reading SSH protocol banner[Errno 104] Connection reset by peer".to_owned(),
            Event::Mismatch(slot) => match slot.slot {
                Slot::Kex => "Incompatible ssh peer (no acceptable kex algorithm)",
                Slot::HostKey => "Incompatible ssh peer (no acceptable host key)",
                Slot::EncryptionClientToServer | Slot::EncryptionServerToClient => {
                    "Incompatible ssh server (no acceptable ciphers)"
                }
                Slot::MacClientToServer | Slot::MacServerToClient => "Incompatible ssh server (no acceptable macs)",
                _ => "Incompatible ssh server (no acceptable compression)",
            }
            .to_owned(),
            Event::Ssh1 => {
                let said = self.record.ssh.server.identification.as_ref().map(|said| text(&said.protocol));
                format!("Incompatible version ({} instead of 2.0)", said.unwrap_or_default())
            }
            Event::Closed => "EOFError".to_owned(),
            Event::Reset | Event::SessionReset => "Socket exception: Connection reset by peer (104)".to_owned(),
            Event::SessionClosed => "No existing session".to_owned(),
            Event::Denied => "Authentication failed.".to_owned(),
            _ => return Vec::new(),
        })
    }

    fn asyncssh(&self, event: Event<'_>) -> Vec<String> {
        one(match event {
            Event::ClosedEarly | Event::Closed | Event::SessionClosed => "Connection lost".to_owned(),
            Event::ResetEarly | Event::Reset | Event::SessionReset => "Connection lost".to_owned(),
            Event::IdentificationSilent | Event::ExchangeSilent => "Login timeout expired".to_owned(),
            Event::Mismatch(slot) => format!(
                "No matching {} algorithm found, sent {} and received {}",
                asyncssh_slot(slot.slot),
                slot.client.join(","),
                offer(slot)
            ),
            Event::Denied => format!("Permission denied for user USER on host {}", self.address),
            Event::HostKey => format!("Host key is not trusted for host {}", self.address),
            _ => return Vec::new(),
        })
    }

    fn go(&self, event: Event<'_>) -> Vec<String> {
        let (client, server) = (self.record.client, self.record.server);
        one(match event {
            Event::ClosedEarly | Event::Closed => "ssh: handshake failed: EOF".to_owned(),
            Event::ResetEarly | Event::Reset => {
                format!("ssh: handshake failed: read tcp {client}->{server}: read: connection reset by peer")
            }
            Event::Mismatch(slot) => format!(
                "ssh: handshake failed: ssh: no common algorithm for {}; client offered: [{}], server offered: [{}]",
                go_slot(slot.slot),
                slot.client_offer_as_printed.replace(',', " "),
                offer(slot).replace(',', " ")
            ),
            Event::NotSsh => "ssh: handshake failed: ssh: overflow reading version string".to_owned(),
            _ => return Vec::new(),
        })
    }

    fn dbclient(&self, event: Event<'_>) -> Vec<String> {
        let ends = format!("dbclient: Connection to USER@{}:{} exited: ", self.address, self.port);
        one(match event {
            Event::ClosedEarly | Event::ResetEarly | Event::Closed | Event::Reset => {
                format!("{ends}Remote closed the connection")
            }
            Event::SessionClosed | Event::SessionReset => format!("{ends}Remote closed the connection"),
            Event::Disconnect { .. } => format!("{ends}Disconnect received"),
            Event::Mismatch(slot) => format!("{ends}No matching algo {}", dropbear_slot(slot.slot)),
            _ => return Vec::new(),
        })
    }
}

fn one(line: String) -> Vec<String> {
    vec![line]
}

/// The server's list, raw.
fn offer(slot: &NoneInCommon) -> &str {
    &slot.server_offer_as_printed
}

fn libssh2(event: Event<'_>) -> Vec<String> {
    one(match event {
        Event::ClosedEarly => "Failure establishing ssh session: -13, Failed getting banner",
        Event::ResetEarly => "Failure establishing ssh session: -43, Failed getting banner",
        Event::NotSsh => "Failure establishing ssh session: -2, Failed getting banner",
        Event::Mismatch(_) => "Failure establishing ssh session: -5, Unable to exchange encryption keys",
        Event::Closed => "Failure establishing ssh session: -13, Unable to exchange encryption keys",
        Event::Reset => "Failure establishing ssh session: -43, Unable to exchange encryption keys",
        Event::IdentificationSilent | Event::ExchangeSilent => "Timed out waiting on socket",
        _ => return Vec::new(),
    }
    .to_owned())
}

fn jsch(event: Event<'_>) -> Vec<String> {
    one(match event {
        Event::ConnectSilent => "timeout: socket is not established".to_owned(),
        Event::ClosedEarly => "connection is closed by foreign host".to_owned(),
        Event::Closed => "Session.connect: java.io.IOException: End of IO Stream Read".to_owned(),
        Event::ResetEarly | Event::Reset => "Session.connect: java.net.SocketException: Connection reset".to_owned(),
        Event::Mismatch(slot) => format!(
            "Algorithm negotiation fail: algorithmName=\"{}\" jschProposal=\"{}\" serverProposal=\"{}\"",
            jsch_slot(slot.slot),
            slot.client_offer_as_printed,
            offer(slot)
        ),
        Event::Disconnect { code, text: sent } => format!("SSH_MSG_DISCONNECT: {code} {}", text(sent)),
        Event::Denied => "Auth fail".to_owned(),
        Event::SessionClosed | Event::SessionReset | Event::SessionSilent => "session is down".to_owned(),
        Event::Corrupt(_) => "Packet corrupt".to_owned(),
        _ => return Vec::new(),
    })
}

fn russh(event: Event<'_>) -> Vec<String> {
    one(match event {
        Event::ClosedEarly | Event::ResetEarly | Event::Closed | Event::Reset => {
            "Connection closed by the remote side".to_owned()
        }
        Event::SessionClosed | Event::SessionReset => "Disconnected".to_owned(),
        Event::IdentificationSilent | Event::ExchangeSilent => "Connection timeout".to_owned(),
        Event::SessionSilent => "Keepalive timeout".to_owned(),
        Event::Mismatch(slot) => {
            let ours: Vec<_> = slot.client_offer_as_printed.split(',').collect();
            let theirs: Vec<_> = slot.server_offer_as_printed.split(',').collect();
            let kind = match slot.slot {
                Slot::Kex => "Kex",
                Slot::HostKey => "Key",
                Slot::EncryptionClientToServer | Slot::EncryptionServerToClient => "Cipher",
                Slot::MacClientToServer | Slot::MacServerToClient => "Mac",
                _ => "Compression",
            };
            format!("No common {kind} algorithm - ours: {ours:?}, theirs: {theirs:?}")
        }
        _ => return Vec::new(),
    })
}

fn sshnet(event: Event<'_>) -> Vec<String> {
    one(match event {
        Event::ClosedEarly => "Server response does not contain SSH protocol identification.",
        Event::Closed | Event::Reset | Event::ResetEarly | Event::SessionClosed => {
            "An established connection was aborted by the server."
        }
        Event::Mismatch(slot) if slot.slot == Slot::Kex => "Failed to negotiate key exchange algorithm.",
        _ => return Vec::new(),
    }
    .to_owned())
}

fn node(event: Event<'_>) -> Vec<String> {
    one(match event {
        Event::ClosedEarly | Event::Closed => "Connection lost before handshake".to_owned(),
        Event::ResetEarly | Event::Reset | Event::SessionReset => "read ECONNRESET".to_owned(),
        Event::IdentificationSilent | Event::ExchangeSilent => "Timed out while waiting for handshake".to_owned(),
        Event::SessionSilent => "Keepalive timeout".to_owned(),
        Event::Mismatch(slot) => format!("Handshake failed: no matching {}", node_slot(slot.slot)),
        _ => return Vec::new(),
    })
}

fn cisco(event: Event<'_>) -> Vec<String> {
    match event {
        Event::Mismatch(slot) => one(format!(
            "%SSH-3-NO_MATCH: No matching {} algorithm found: client {} server {}",
            match slot.slot {
                Slot::Kex => "kex",
                Slot::HostKey => "hostkey",
                Slot::EncryptionClientToServer | Slot::EncryptionServerToClient => "cipher",
                Slot::MacClientToServer | Slot::MacServerToClient => "mac",
                _ => "compression",
            },
            slot.client_offer_as_printed,
            offer(slot)
        )),
        _ => Vec::new(),
    }
}

fn putty_slot(slot: Slot) -> &'static str {
    match slot {
        Slot::Kex => "key exchange algorithm",
        Slot::HostKey => "host key algorithm",
        Slot::EncryptionClientToServer => "client-to-server cipher",
        Slot::EncryptionServerToClient => "server-to-client cipher",
        Slot::MacClientToServer => "client-to-server MAC",
        Slot::MacServerToClient => "server-to-client MAC",
        Slot::CompressionClientToServer => "client-to-server compression method",
        Slot::CompressionServerToClient => "server-to-client compression method",
    }
}

fn libssh_slot(slot: Slot) -> &'static str {
    match slot {
        Slot::Kex => "kex algos",
        Slot::HostKey => "server host key algo",
        Slot::EncryptionClientToServer => "encryption client->server",
        Slot::EncryptionServerToClient => "encryption server->client",
        Slot::MacClientToServer => "mac algo client->server",
        Slot::MacServerToClient => "mac algo server->client",
        Slot::CompressionClientToServer => "compression algo client->server",
        Slot::CompressionServerToClient => "compression algo server->client",
    }
}

fn asyncssh_slot(slot: Slot) -> &'static str {
    match slot {
        Slot::Kex => "key exchange",
        Slot::HostKey => "server host key",
        Slot::EncryptionClientToServer | Slot::EncryptionServerToClient => "encryption",
        Slot::MacClientToServer | Slot::MacServerToClient => "MAC",
        _ => "compression",
    }
}

fn go_slot(slot: Slot) -> &'static str {
    match slot {
        Slot::Kex => "key exchange",
        Slot::HostKey => "host key",
        Slot::EncryptionClientToServer => "client to server cipher",
        Slot::EncryptionServerToClient => "server to client cipher",
        Slot::MacClientToServer => "client to server MAC",
        Slot::MacServerToClient => "server to client MAC",
        Slot::CompressionClientToServer => "client to server compression",
        Slot::CompressionServerToClient => "server to client compression",
    }
}

fn jsch_slot(slot: Slot) -> &'static str {
    match slot {
        Slot::Kex => "kex",
        Slot::HostKey => "server_host_key",
        Slot::EncryptionClientToServer => "cipher.c2s",
        Slot::EncryptionServerToClient => "cipher.s2c",
        Slot::MacClientToServer => "mac.c2s",
        Slot::MacServerToClient => "mac.s2c",
        Slot::CompressionClientToServer => "compression.c2s",
        Slot::CompressionServerToClient => "compression.s2c",
    }
}

fn node_slot(slot: Slot) -> &'static str {
    match slot {
        Slot::Kex => "key exchange algorithm",
        Slot::HostKey => "host key format",
        Slot::EncryptionClientToServer => "C->S cipher",
        Slot::EncryptionServerToClient => "S->C cipher",
        Slot::MacClientToServer => "C->S MAC",
        Slot::MacServerToClient => "S->C MAC",
        Slot::CompressionClientToServer => "C->S compression algorithm",
        Slot::CompressionServerToClient => "S->C compression algorithm",
    }
}

fn dropbear_slot(slot: Slot) -> &'static str {
    match slot {
        Slot::Kex => "kex",
        Slot::HostKey => "hostkey",
        Slot::EncryptionClientToServer => "enc c->s",
        Slot::EncryptionServerToClient => "enc s->c",
        Slot::MacClientToServer => "mac c->s",
        Slot::MacServerToClient => "mac s->c",
        Slot::CompressionClientToServer => "comp c->s",
        Slot::CompressionServerToClient => "comp s->c",
    }
}
