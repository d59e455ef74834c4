//! What happens inside one machine or inside the encrypted part: no capture shows it, each message has its page.

use super::Meaning;
use super::Weight::{Cause, Step};

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning::of(
        Cause,
        "The server's key is not the one that this client remembers.",
        &[
            "remote host identification has changed",
            "host key for {server} has changed and you have requested strict checking",
            "possible dns spoofing detected",
            "potential security breach",
            "differs from the key for the ip address",
            "offending {word} key in {text}",
        ],
        &["hostkey-rejected-by-client"],
    )
    .page("host-key-changed"),
    Meaning::of(
        Cause,
        "The client does not know this server's key yet, and nobody was there or allowed to say yes.",
        &[
            "the authenticity of host '{text}' can't be established",
            "host key is known for {server} and you have requested strict checking",
            "the server's host key is not cached",
            "the host key is not cached",
        ],
        &["hostkey-rejected-by-client"],
    )
    .page("host-key-unknown"),
    Meaning::of(
        Cause,
        "Others can read the private key file, so ssh ignores it.",
        &[
            "unprotected private key file",
            "permissions {number} for '{text}' are too open",
            "private key files are not accessible by others",
            "this private key will be ignored",
            "load key \"{text}\": bad permissions",
            "bad permissions: ignore key",
        ],
        &[],
    )
    .page("private-key-file-open"),
    Meaning::of(
        Cause,
        "Somebody else owns or can write the client's own configuration, so ssh refuses to start.",
        &["bad owner or permissions on"],
        &[],
    )
    .page("config-file-owner"),
    Meaning::of(
        Cause,
        "Client and server have no signature for this user's key in common: mostly an RSA key and SHA-1.",
        &[
            "no mutual signature algorithm",
            "no mutual signature supported",
            "sign_and_send_pubkey: no mutual signature",
            "send_pubkey_test: no mutual signature",
            "skipping {word} key {text} not in pubkeyacceptedkeytypes",
            "skipping {word} key {text} not in pubkeyacceptedalgorithms",
            "corresponding algo not in pubkeyacceptedalgorithms",
            "no matching signature algorithm",
        ],
        &["auth-denied"],
    )
    .page("no-mutual-signature"),
    Meaning::of(
        Cause,
        "The key agent did not sign, or could not be reached.",
        &[
            "agent refused operation",
            "agent admitted failure to sign",
            "sign_and_send_pubkey: signing failed",
            "could not open a connection to your authentication agent",
            "error connecting to agent",
            "communication with agent failed",
            "pageant refused signing request",
        ],
        &["auth-denied"],
    )
    .page("agent-does-not-sign"),
    Meaning::of(
        Step,
        "The client cannot read or understand its private key.",
        &[
            "load key \"{text}\": invalid format",
            "load key \"{text}\": error in libcrypto",
            "load key \"{text}\": permission denied",
            "load key \"{text}\": incorrect passphrase supplied to decrypt private key",
            "load key \"{text}\": no such file or directory",
            "identity file {word} not accessible",
            "no such identity:",
            "unable to load key file",
            "unable to use key file",
            "puttygen key format",
            "invalid privatekey: [",
            "not a valid rsa private key file",
            "q must be exactly 160, 224, or 256 bits long",
            "key_load_public: {text}",
        ],
        &["auth-denied"],
    )
    .page("private-key-unreadable"),
    Meaning::of(
        Cause,
        "The client does not understand its configuration or an option: it stopped before any packet.",
        &[
            "bad configuration option",
            "bad configuration options",
            "unsupported option",
            "bad ssh2 cipher spec",
            "bad ssh2 mac spec",
            "bad ssh2 kexalgorithms",
            "bad key types",
            "unsupported kex algorithm",
            "unknown cipher type",
            "keyword {word} extra arguments at end of line",
            "command-line: line {number}",
            "ssh_config: line {number}",
            "/.ssh/config: line {number}",
            "/.ssh/config line {number}",
        ],
        &[],
    )
    .page("bad-configuration-option"),
    Meaning::of(
        Cause,
        "The name has no address: no packet went to the server.",
        &[
            "could not resolve hostname {server}:",
            "could not resolve hostname",
            "name or service not known",
            "temporary failure in name resolution",
            "nodename nor servname provided",
            "no address associated with hostname",
            "host does not exist",
            "getaddrinfo enotfound {server}",
            "unknownhostexception",
            "no such host is known",
            "lookup {server}: no such host",
        ],
        &[],
    )
    .page("name-not-resolved"),
    Meaning::of(
        Cause,
        "The connection runs through another program or host (ProxyJump, ProxyCommand), and that one failed.",
        &[
            "connection closed by unknown port 65535",
            "connection reset by unknown port 65535",
            "connection to unknown port 65535 timed out",
            "stdio forwarding failed",
            "banner exchange: connection to unknown port 65535",
            "channel 0: open failed: connect failed",
            "proxycommand failed",
        ],
        &["closed-port", "syn-no-answer", "auth-denied"],
    )
    .page("jump-host-failed"),
    Meaning::of(
        Cause,
        "A forwarding was refused or its port is taken. The connection itself is fine.",
        &[
            "open failed: administratively prohibited",
            "open failed: connect failed: {text}",
            "remote port forwarding failed for listen port {number}",
            "could not request local forwarding",
            "bind [{text}]:{number}: address already in use",
            "bind: address already in use",
            "channel_setup_fwd_listener_tcpip: cannot listen to port",
            "x11 forwarding request failed",
            "request forwarding failed",
        ],
        &[],
    )
    .page("forwarding-refused"),
    Meaning::of(
        Cause,
        "The login succeeded; what was to run behind it did not.",
        &[
            "subsystem request failed on channel",
            "received message too long",
            "ensure the remote shell produces no output for non-interactive sessions",
            "pty allocation request failed on channel",
            "shell request failed on channel",
            "exec request failed on channel",
            "this account is currently not available",
            "could not chdir to home directory",
            "protocol error: {text} control record",
        ],
        &["session-process-killed"],
    )
    .page("command-does-not-run"),
];
