//! The server identifies itself and closes before its KEXINIT.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{Confidence, Phase, Place};
use crate::diagnose::policy::SERVER_TIMER_WAIT;
use crate::tcp::Side;

const ID: &str = "banner-then-close";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let close = case.server_close().filter(|_| matches!(case.ended.phase, Phase::Banner | Phase::Kexinit))?;
    let (client, server) = (&case.record.ssh.client, &case.record.ssh.server);
    let banner = server.identification.as_ref()?;
    let explained = client.disconnect.is_some() || server.disconnect.is_some();
    if server.kexinit.is_some() || explained || case.client_is_mute() || super::client_banner_invalid::what_is_wrong(case).is_some()
    {
        return None;
    }
    let tcp = &case.record.tcp.server;
    if server.ssh1 || client.ssh1 || !tcp.holes.is_empty() || !tcp.gaps.is_empty() || case.stuck.client.is_some() {
        return None;
    }
    let said = case.record.first_mark_behind(Side::Server, banner.range.start)?;
    let sent = client.kexinit.as_ref().is_some_and(|seen| seen.complete);
    let last = case.data_from(Side::Client).next_back().map_or(said.time, |fact| fact.time.max(said.time));
    let waited = close.time - last;
    // A server that still waits for the client's KEXINIT closes by its timer.
    if !sent && waited >= SERVER_TIMER_WAIT {
        return None;
    }
    let scanner = case.software.client.as_ref().is_some_and(|software| software.is_scanner);
    let gear = case.software.server.as_ref().is_some_and(|software| software.is_network_gear);
    let kexinit = client.kexinit.as_ref().and_then(|seen| case.record.mark(Side::Client, seen.range));
    let text = if scanner {
        "The server identifies itself and closes before its KEXINIT. sshd closes on clients whose identification is that of a scanner."
    } else {
        "The server identifies itself and closes before its KEXINIT: its process ended, or it does not like what the client sent."
    };
    Some(
        Detected::new(ID, Confidence::Likely, text)
            .because(&said, "the server's identification")
            .because_of(kexinit.as_ref(), "the client's KEXINIT")
            .because(close, format!("the server closes {} after the client's last bytes, without a KEXINIT", duration(waited)))
            .against_if(gear, "network devices that cannot take a long KEXINIT end in the same way")
            .settle("server log at that second: \"fatal:\" lines, \"killed by signal\", \"no hostkeys available\"; a device's own log")
            .remedy(Place::Server, "read what it says", "journalctl -u ssh -u sshd --since -1h; sshd -t; dmesg | grep -i -e segfault -e seccomp")
            .remedy(Place::Client, "try a short offer, in case the device chokes on a long one", "ssh -o KexAlgorithms=diffie-hellman-group14-sha256 -o Ciphers=aes128-ctr -o MACs=hmac-sha2-256 SERVER")
            .advice(Place::Server, "a device may limit its sessions: end old ones, then try again"),
    )
}
