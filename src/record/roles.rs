//! Who is the client where no SYN was seen: what the sides say decides before the port does.

use super::{ConnectionRecord, Roles};
use crate::ssh::SshSide;
use crate::tcp::Side;

impl ConnectionRecord {
    /// Whether anything in it is SSH.
    pub fn speaks_ssh(&self) -> bool {
        Side::BOTH.into_iter().any(|side| {
            let ssh = &self.ssh[side];
            ssh.identification.is_some() || ssh.kexinit.is_some() || ssh.newkeys.is_some()
        })
    }

    /// Exchanges the roles if the sides' messages show them the other way round: taken from the ports they may be wrong, and with
    /// reverse SSH (NETCONF Call Home, RFC 8071) it is the SSH server that opens the TCP connection.
    ///
    /// The markers `ext-info-c`, `kex-strict-c-v00@openssh.com` (RFC 8308 §2.1) and messages 30 and 34 are a client's; the `-s`
    /// markers and a host key are a server's. A SYN is outvoted only if both sides' messages agree.
    pub fn infer_roles(&mut self) {
        let server_like = |ssh: &SshSide| i32::from(is_server(ssh)) - i32::from(is_client(ssh));
        let votes = i32::from(server_like(&self.ssh.client) > 0) + i32::from(server_like(&self.ssh.server) < 0);
        let needed = if self.roles == Roles::Observed { 2 } else { 1 };
        if votes >= needed {
            self.swap_roles();
            self.roles = Roles::Inferred;
        }
    }

    fn swap_roles(&mut self) {
        std::mem::swap(&mut self.client, &mut self.server);
        std::mem::swap(&mut self.tcp.client, &mut self.tcp.server);
        std::mem::swap(&mut self.ssh.client, &mut self.ssh.server);
        for fact in &mut self.segments {
            fact.from = fact.from.peer();
        }
    }
}

fn has_marker(ssh: &SshSide, names: [&str; 2]) -> bool {
    let kexinit = ssh.kexinit.as_ref();
    kexinit.is_some_and(|seen| seen.kexinit.kex_algorithms.iter().any(|name| names.contains(&name.as_str())))
}

fn is_client(ssh: &SshSide) -> bool {
    has_marker(ssh, ["ext-info-c", "kex-strict-c-v00@openssh.com"])
        || ssh.messages.iter().any(|message| matches!(message.number, 30 | 34))
}

fn is_server(ssh: &SshSide) -> bool {
    has_marker(ssh, ["ext-info-s", "kex-strict-s-v00@openssh.com"]) || ssh.host_key.is_some()
}
