//! The login: encrypted, so that a capture shows sizes and who closed.

use super::Meaning;
use super::Weight::{Cause, Effect, Step};
use crate::explain::progress::Stage::LoggingIn;

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning::of(
        Step,
        "The server did not answer the login in the time that the client gave it.",
        &["authentication timeout."],
        &["auth-none-response-hang", "server-silent", "path-loss", "login-grace-timeout"],
    ),
    Meaning::of(
        Step,
        "The server refused the login. Network, key exchange and sshd work; the words in brackets are the methods that the \
         server would still take. Why is only in the server's log.",
        &[
            "permission denied (publickey",
            "permission denied (password",
            "permission denied (keyboard-interactive",
            "permission denied (gssapi",
            "permission denied (",
            "permission denied, please try again",
            "permission denied for user {word} on host {server}",
            "no more authentication methods to try",
            "access denied",
            "server refused our key",
            "no supported authentication methods available",
            "configured password was not accepted",
            "authentication failed.",
            "authenticationexception",
            "no authentication methods available",
            "auth fail",
            "auth cancel",
            "ssh: unable to authenticate, attempted methods",
            "all configured authentication methods failed",
            "authentication failed, permission denied",
            "using username \"{word}\". access denied",
            "exhausted available authentication methods",
            "no more authentication methods available",
            "net::ssh::authenticationfailed",
            "bad authentication type",
            "curl: (67)",
            "server refused public-key signature",
        ],
        &["auth-denied", "too-many-auth-failures"],
    ),
    Meaning::of(
        Cause,
        "The server closed because the client had tried too often: mostly an agent with many keys.",
        &["too many authentication failures"],
        &["too-many-auth-failures"],
    ),
    Meaning::of(
        Step,
        "Closed or reset while the login went on: keys were exchanged, the user is not logged in.",
        &["connection closed by {server} port {port}", "connection reset by {server} port {port}"],
        &[
            "login-grace-timeout",
            "server-closes-after-auth-request", "sshd-auth-crash",
            "refuse-connection-rule",
            "newkeys-then-mac-error",
            "too-many-auth-failures",
            "session-process-killed",
            "rst-injected",
            "server-closed",
            "server-reset",
        ],
    )
    .at(&[LoggingIn]),
    Meaning::of(
        Step,
        "The client waits for the server's answer to its login. Slow look-ups on the server (LDAP, DNS, PAM, GSSAPI), or a \
         path that drops.",
        &[
            "debug1: ssh2_msg_service_request sent",
            "debug3: receive packet: type 6",
            "debug2: we sent a publickey packet, wait for reply",
            "debug2: we sent a password packet, wait for reply",
            "debug1: offering public key: {text}",
            "debug1: next authentication method: {text}",
            "debug1: authentications that can continue: {text}",
        ],
        &["server-silent", "auth-none-response-hang", "server-closes-after-auth-request", "path-loss", "pmtu-blackhole-c2s", "login-grace-timeout"],
    )
    .waits(),
    Meaning::of(
        Cause,
        "The server closed because it has as many connections as it takes, of this user or of all.",
        &["too many connections"],
        &["disconnect-in-clear", "maxstartups-drop", "dropbear-max-unauth"],
    ),
    Meaning::of(
        Effect,
        "The server said goodbye in a message of its own; its text is the reason.",
        &[
            "received disconnect from {server} port {port}",
            "received disconnect from {server}",
            "disconnected from {server} port {port}",
            "remote side sent disconnect message",
            "server sent disconnect message",
            "received ssh_msg_disconnect",
            "ssh_msg_disconnect:",
            "disconnect received",
        ],
        &["too-many-auth-failures", "server-closed", "session-process-killed", "disconnect-in-clear", "no-common-kex", "normal-close"],
    ),
];
