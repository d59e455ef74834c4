//! Steps of other clients and of `ssh -v` that end a text without any complaint.

use super::Meaning;
use super::Weight::Step;

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning::of(
        Step,
        "PuTTY's event log ends where it waits for the server's identification.",
        &["we claim version: {text}"],
        &["sshd-not-accepting", "slow-banner-dns", "server-silent", "dpi-silent-drop", "stateful-fw-late-drop"],
    )
    .waits(),
    Meaning::of(
        Step,
        "PuTTY's event log ends in the key exchange.",
        &[
            "doing ecdh key exchange",
            "doing diffie-hellman key exchange",
            "doing diffie-hellman group exchange",
            "using ssh protocol version 2",
        ],
        &["pmtu-blackhole-s2c", "pmtu-blackhole-c2s", "server-silent", "fragment-lost", "path-loss"],
    )
    .waits(),
    Meaning::of(
        Step,
        "The session stands and nothing more comes: the shell, a file system or the path hangs.",
        &[
            "debug1: entering interactive session.",
            "debug2: channel 0: request shell confirm 1",
            "debug1: sending env {text}",
            "debug1: sending command: {text}",
        ],
        &["session-silent-drop", "pmtu-blackhole-s2c", "path-loss", "in-progress"],
    )
    .waits(),
];
