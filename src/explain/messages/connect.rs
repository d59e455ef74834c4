//! Before the connection stands: what `connect` gave.

use super::Meaning;
use super::Weight::{Cause, Step};
use crate::explain::progress::Stage;

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning::of(
        Step,
        "The connection request was refused: a reset or an ICMP error answered it. No SSH was spoken.",
        &[
            "connect to host {server} port {port}: connection refused",
            "connect to address {server} port {port}: connection refused",
            "network error: connection refused",
            "connect failed: connection refused",
            "connection refused (os error 111)",
            "connect econnrefused {server}:{port}",
            "dial tcp {server}: connect: connection refused",
            "unable to connect to port {port} on {server}",
            "java.net.connectexception: connection refused",
            "no connection could be made because the target machine actively refused it",
            "% connection refused by remote host",
            "connection refused",
        ],
        &["closed-port", "fw-reject-rst", "fw-reject-icmp", "banned-by-fail2ban", "lb-no-backend", "rate-limit-drop"],
    ),
    Meaning::of(
        Step,
        "Nobody answered the connection request, or the answer got lost. No SSH was spoken.",
        &[
            "connect to host {server} port {port}: connection timed out",
            "connect to host {server} port {port}: operation timed out",
            "connect to address {server} port {port}: connection timed out",
            "connect to address {server} port {port}: operation timed out",
            "network error: connection timed out",
            "connect failed: connection timed out",
            "timeout: socket is not established",
            "dial tcp {server}: i/o timeout",
            "dial tcp {server}: connect: connection timed out",
            "connect etimedout {server}:{port}",
            "java.net.connectexception: connection timed out",
            "java.net.sockettimeoutexception: connect timed out",
            "a connection attempt failed because the connected party did not properly respond",
        ],
        &[
            "syn-no-answer",
            "cloud-security-group-drop",
            "banned-by-fail2ban",
            "rate-limit-drop",
            "synack-lost",
            "accept-queue-overflow",
            "host-unreachable",
        ],
    ),
    Meaning::of(
        Step,
        "The client waits for an answer to its connection request (SYN).",
        &["debug1: connecting to {server} port {port}.", "debug1: connecting to {text}] port {port}."],
        &["syn-no-answer", "banned-by-fail2ban", "rate-limit-drop", "synack-lost", "accept-queue-overflow"],
    )
    .waits(),
    Meaning::of(
        Step,
        "An ICMP error came back: no host at this address, or a firewall that says so. Or the client's own routing.",
        &[
            "connect to host {server} port {port}: no route to host",
            "connect to address {server} port {port}: no route to host",
            "network error: no route to host",
            "connect: no route to host",
            "connect ehostunreach {server}:{port}",
            "java.net.noroutetohostexception",
            "no route to host",
        ],
        &["fw-reject-icmp", "host-unreachable"],
    ),
    Meaning::of(
        Step,
        "The client has no route to this network, or a router on the way has none and says so by ICMP. With an IPv6 \
         address: mostly a client without IPv6.",
        &[
            "connect to host {server} port {port}: network is unreachable",
            "connect to address {server} port {port}: network is unreachable",
            "network error: network is unreachable",
            "connect: network is unreachable",
            "network is unreachable",
        ],
        &["host-unreachable", "fw-reject-icmp"],
    ),
    Meaning::of(
        Cause,
        "No login was tried: `connect` itself was refused. From the network it is the ICMPv6 error `administratively \
         prohibited`; else a firewall or policy on the client.",
        &[
            "connect to host {server} port {port}: permission denied",
            "connect to address {server} port {port}: permission denied",
        ],
        &["fw-reject-icmp"],
    ),
    Meaning::of(
        Cause,
        "A router or firewall answered by the ICMP error `protocol unreachable`.",
        &["connect to host {server} port {port}: protocol not available"],
        &["fw-reject-icmp"],
    ),
    Meaning::of(
        Step,
        "The server's side reset the connection before the client had sent anything, or as soon as it stood.",
        &[
            "connection reset by unknown port -1",
            "connect to host {server} port {port}: connection reset by peer",
            "getpeername failed: transport endpoint is not connected",
        ],
        &[
            "server-reset",
            "lb-no-backend",
            "child-dies-before-banner",
            "maxstartups-drop",
            "dropbear-max-unauth",
            "rst-injected",
            "duplicate-ip",
        ],
    ),
    Meaning::of(
        Step,
        "The connection stands (the handshake is complete); the client waits for the server's identification.",
        &["debug1: local version string {text}", "debug1: connection established."],
        &[
            "sshd-not-accepting",
            "slow-banner-dns",
            "server-silent",
            "stateful-fw-late-drop",
            "dpi-silent-drop",
            "tarpit",
            "not-ssh-other",
            "not-ssh-smtp-ftp",
            "accept-queue-overflow",
            "syn-proxy-then-rst",
        ],
    )
    .waits(),
    Meaning::of(
        Step,
        "The time for connecting ran out (ConnectTimeout) while the client still waited for the server's identification.",
        &[
            "connection timed out during banner exchange",
            "banner exchange: connection to {server} port {port}: could not read protocol version",
            "banner exchange: connection to {server} port {port}: connection timed out",
            "ssh_exchange_identification: connection timed out",
            "ssh_exchange_identification: read: connection timed out",
            "kex_exchange_identification: read: connection timed out",
        ],
        &[
            "sshd-not-accepting",
            "slow-banner-dns",
            "server-silent",
            "stateful-fw-late-drop",
            "dpi-silent-drop",
            "accept-queue-overflow",
            "tarpit",
            "not-ssh-smtp-ftp",
            "not-ssh-other",
            "lb-no-backend",
        ],
    ),
    Meaning::of(
        super::Weight::Echo,
        "Something did not come in time.",
        &["connection to {server} port {port} timed out", "connection timed out"],
        &[
            "syn-no-answer",
            "sshd-not-accepting",
            "slow-banner-dns",
            "server-silent",
            "pmtu-blackhole-c2s",
            "pmtu-blackhole-s2c",
            "session-silent-drop",
            "stateful-fw-late-drop",
        ],
    ),
    Meaning::of(
        Step,
        "The time for connecting ran out in the middle of the key exchange: both sides had named themselves.",
        &["connection to {server} port {port} timed out", "connection timed out during banner exchange"],
        &["pmtu-blackhole-c2s", "pmtu-blackhole-s2c", "fragment-lost", "server-silent", "path-loss", "dpi-silent-drop"],
    )
    .at(&[Stage::Identified, Stage::Offered, Stage::Exchanging]),
];
