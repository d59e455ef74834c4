//! What servers write into their logs. The address is the client's here.

use super::Meaning;
use super::Weight::{Cause, Echo, Effect, Step};

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning::of(
        Cause,
        "sshd refuses connections because too many have not logged in yet.",
        &[
            "drop connection #{number} from [{client}]:{port} on {text} past maxstartups",
            "beginning maxstartups throttling",
            "exited maxstartups throttling",
            "past maxstartups",
            "past persourcemaxstartups",
        ],
        &["maxstartups-drop"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "sshd refuses this address for a while, for what it did before (PerSourcePenalties, 9.8 and later).",
        &[
            "drop connection #{number} from [{client}]:{port} on {text} penalty: {text}",
            "srclimit_penalise: {word} activating {text}",
            "active penalty",
        ],
        &["persource-penalty"],
    )
    .logged(),
    Meaning::of(
        Echo,
        "sshd noted a penalty for this address; it refuses only when more than 15 seconds of them have come together.",
        &["deferred penalty of {number} seconds", "srclimit_penalise: {text}"],
        &["persource-penalty"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "TCP wrappers refused this client: /etc/hosts.deny.",
        &[
            "refused connect from {text} ({client})",
            "refused connect from {client}",
            "connection refused by tcp wrapper",
            "new denied hosts: [",
        ],
        &["tcp-wrappers-deny"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "fail2ban or a program like it banned this address.",
        &["[sshd] ban {client}", "fail2ban.actions{text}: notice {text} ban {client}", "[sshd] {client} already banned", "blocking \"{client}/{number}\" for {number} secs"],
        &["banned-by-fail2ban"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "The process for a connection could not start or died before its identification.",
        &[
            "rexec of {word} failed",
            "openssl version mismatch",
            "rexec version mismatch",
            "privilege separation user sshd does not exist",
            "sshd-session: not found",
            "fork: cannot allocate memory",
            "fork: resource temporarily unavailable",
            "too many incoming connections ({number}), dropping connection",
        ],
        &["child-dies-before-banner", "sshd-not-accepting"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "sshd accepted no connection: the process or the system has no more file descriptors.",
        &["accept: too many open files", "error: accept: {text}"],
        &["sshd-not-accepting", "accept-queue-overflow"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "sshd found nothing to offer in this list, so it closed before its KEXINIT.",
        &["no supported key exchange algorithms", "no hostkey alg [preauth]"],
        &["banner-then-close"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "The process for a connection crashed or was killed by a signal (seccomp, memory, a bug).",
        &["session process {number} for connection from {text} killed by signal {number}", "killed by signal", "mm_request_receive: {text}", "type=1326 {text} comm=\"sshd", "privsep_preauth: preauth child terminated by signal"],
        &["server-dies-in-kex", "server-closes-after-auth-request", "banner-then-close", "session-process-killed"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "The client's packets carried IP options, which sshd refuses.",
        &["connection from {client} port {port} with ip opts", "connection from {client} port {port} with ip options"],
        &["ip-options-refused"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "The client's first line was not SSH: a browser, a scanner, a health check, a load balancer with PROXY headers.",
        &[
            "client sent invalid protocol identifier",
            "bad protocol version identification",
            "banner exchange: connection from {client} port {port}: invalid format",
            "protocol mismatch",
        ],
        &["client-banner-invalid", "proxy-protocol-to-sshd", "protocol-major-mismatch"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "A load balancer sends a PROXY header, which sshd does not understand.",
        &["client sent invalid protocol identifier \"proxy", "bad protocol version identification 'proxy"],
        &["proxy-protocol-to-sshd"],
    )
    .logged(),
    Meaning::of(
        Step,
        "The client went away without saying who it is: a monitor, a scanner, or a device that cut it off.",
        &[
            "did not receive identification string from {client}",
            "could not write ident string to {client}",
            "kex_exchange_identification: connection closed by remote host",
            "kex_exchange_identification: client sent {text}",
        ],
        &["health-check-probe", "port-scan", "banner-timeout-client-silent", "client-closed", "dpi-silent-drop"],
    )
    .logged(),
    Meaning::of(
        Step,
        "The client's end was reset before it had said who it is.",
        &["kex_exchange_identification: read: connection reset by peer", "ssh_exchange_identification: read: connection reset by peer"],
        &["dpi-reset-on-banner", "port-scan", "health-check-probe", "client-reset", "rst-injected"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "The login did not come in time (LoginGraceTime). Where the client hung in the key exchange before, the path lost its \
         packets.",
        &[
            "timeout before authentication for connection from {client} to {text}",
            "timeout before authentication for {client} port {port}",
            "timeout before authentication for {client}",
            "timeout before auth",
            "exceeded logingracetime",
        ],
        &["login-grace-timeout", "pmtu-blackhole-c2s", "pmtu-blackhole-s2c", "banner-timeout-client-silent"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "A rule refuses this user or address (RefuseConnection).",
        &["administratively prohibited connection for {word} from {client}"],
        &["refuse-connection-rule"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "The user is not let in by AllowUsers, DenyUsers, AllowGroups, DenyGroups or a Match block. The client sees nothing \
         but a refused login.",
        &[
            "not allowed because not listed in allowusers",
            "not allowed because listed in denyusers",
            "not allowed because none of user's groups are listed in allowgroups",
            "not allowed because a group is listed in denygroups",
            "not allowed because shell {text}",
            "not allowed because account is locked",
            "root login refused from {client}",
        ],
        &["auth-denied"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "The server's files for this user are open to others or belong to somebody else: its keys are ignored.",
        &["authentication refused: bad ownership or modes for"],
        &["auth-denied"],
    )
    .logged()
    .page("authorized-keys-modes"),
    Meaning::of(
        Cause,
        "The user's key is of a type or has a signature that this server does not accept.",
        &[
            "userauth_pubkey: signature algorithm {word} not in pubkeyacceptedalgorithms",
            "userauth_pubkey: key type {word} not in pubkeyacceptedalgorithms",
            "userauth_pubkey: key type {word} not in pubkeyacceptedkeytypes",
            "refusing rsa key",
        ],
        &["auth-denied"],
    )
    .logged()
    .page("no-mutual-signature"),
    Meaning::of(
        Cause,
        "The login was right, but the account may not be used (expired, access rules): PAM refused it.",
        &["access denied for user {word} by pam account configuration", "pam: account configuration"],
        &["server-closes-after-auth-request", "auth-denied"],
    )
    .logged(),
    Meaning::of(
        Step,
        "A login failed: wrong password, unknown key or unknown user.",
        &[
            "failed password for {text} from {client} port {port}",
            "failed publickey for {text} from {client} port {port}",
            "failed keyboard-interactive/pam for {text} from {client} port {port}",
            "failed none for {text} from {client} port {port}",
            "invalid user {text} from {client} port {port}",
            "input_userauth_request: invalid user {word}",
            "bad password attempt for '{word}' from {client}",
            "connection closed by authenticating user {word} {client} port {port}",
            "connection closed by invalid user {text} {client} port {port}",
            "disconnected from authenticating user {word} {client} port {port}",
            "pam_unix(sshd:auth): authentication failure",
            "login attempt for nonexistent user",
            "disconnected from invalid user {text} {client} port {port}",
            "connection reset by invalid user {text} {client} port {port}",
            "received disconnect from {client} port {port}:14: no supported authentication methods available",
            "received disconnect from {client} port {port}:3: com.jcraft.jsch.jschexception: auth fail",
            "more authentication failure",
            "error: pam: authentication failure for",
            "consecutive login failures for user",
        ],
        &["auth-denied", "brute-force", "too-many-auth-failures", "client-closed"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "The client tried too often in one connection (MaxAuthTries).",
        &[
            "maximum authentication attempts exceeded for {text} from {client} port {port}",
            "disconnecting authenticating user {word} {client} port {port}: too many authentication failures",
            "max auth tries reached",
        ],
        &["too-many-auth-failures"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "The client did not answer the server's keepalives (ClientAliveInterval).",
        &["timeout, client not responding"],
        &["client-alive-timeout", "session-silent-drop"],
    )
    .logged(),
    Meaning::of(
        Effect,
        "The client's side closed before it was logged in.",
        &[
            "connection closed by {client} port {port} [preauth]",
            "connection closed by {client} port {port}",
            "connection closed by {client} [preauth]",
            "received disconnect from {client} port {port}:{text} [preauth]",
            "disconnected from {client} port {port} [preauth]",
            "exit before auth from <{client}:{port}>",
            "exit before auth",
        ],
        &[
            "hostkey-rejected-by-client",
            "client-closed",
            "pmtu-blackhole-s2c",
            "pmtu-blackhole-c2s",
            "auth-denied",
            "health-check-probe",
            "port-scan",
            "no-common-hostkey", "slow-banner-dns", "mtu-icmp-ignored", "dropbear-max-unauth",
        ],
    )
    .logged(),
    Meaning::of(
        Step,
        "The connection was reset or gone when the server went on with it, before the client was logged in.",
        &["exit before auth{text}: error reading: connection reset by peer", "fatal: write failed: broken pipe [preauth]", "fatal: write failed: connection reset by peer [preauth]"],
        &["dpi-reset-on-kexinit", "dpi-reset-on-banner", "client-reset", "rst-injected", "port-scan", "client-closed"],
    )
    .logged(),
    Meaning::of(
        Effect,
        "The connection was reset before the client was logged in.",
        &[
            "connection reset by {client} port {port} [preauth]",
            "connection reset by {client} port {port}",
            "connection reset by authenticating user {word} {client} port {port}",
            "read from socket failed: connection reset by peer [preauth]",
        ],
        &["dpi-reset-on-kexinit", "dpi-reset-on-banner", "client-reset", "rst-injected", "pmtu-blackhole-s2c", "port-scan"],
    )
    .logged(),
    Meaning::of(
        Step,
        "The running session was reset from the client's side, or by somebody in its name.",
        &["read error from remote host {client} port {port}: connection reset by peer", "read error from remote host {client}: connection reset by peer", "fatal: write failed: broken pipe", "fatal: write failed: connection reset by peer"],
        &["session-reset-by-firewall-idle", "rst-injected", "rst-by-client", "middlebox-closed", "client-reset", "host-rebooted"],
    )
    .logged(),
    Meaning::of(
        Step,
        "The running session was repeated into silence: the client or the path is gone.",
        &["read error from remote host {client} port {port}: connection timed out", "read error from remote host {client}: connection timed out"],
        &["session-silent-drop", "path-loss"],
    )
    .logged(),
    Meaning::of(
        Echo,
        "The session ended in good order.",
        &["disconnected from user {word} {client} port {port}", "pam_unix(sshd:session): session closed for user {word}"],
        &["normal-close"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "sshd does not start, or does not listen where it should: clients get `Connection refused`.",
        &[
            "bind to port {number} on {text} failed",
            "cannot bind any address",
            "terminating, {number} bad configuration options",
            "failed to start openssh server daemon",
            "failed to start openbsd secure shell server",
            "failed to start ssh.service",
            "ssh.socket: trigger limit hit, refusing further activation",
            "ssh.service: failed with result",
            "sshd.service: failed with result",
            "ssh.service: start request repeated too quickly",
            "sshd.service: start request repeated too quickly",
            "/etc/ssh/sshd_config: line {number}",
        ],
        &["closed-port"],
    )
    .logged()
    .page("sshd-does-not-start"),
    Meaning::of(
        Cause,
        "sshd lacks what it needs to serve. At its start it does not come up, and clients get `Connection refused`; a running sshd \
         whose children lack it closes each connection, or offers fewer host keys.",
        &[
            "missing privilege separation directory",
            "no hostkeys available -- exiting",
            "sshd: no hostkeys available",
            "unable to load host key",
            "could not load host key",
        ],
        &["closed-port", "child-dies-before-banner", "no-common-hostkey"],
    )
    .logged()
    .page("sshd-does-not-start"),
    Meaning::of(
        Effect,
        "sshd was stopped or is starting anew: no new connection is taken, those that are logged in mostly go on.",
        &["received signal 15; terminating"],
        &["closed-port", "server-restart-during-kex", "session-process-killed"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "sshd could not sign with its host key: a crypto policy of this system forbids it, or the key or a library is broken.",
        &["mm_answer_sign: {text}"],
        &["server-dies-in-kex"],
    )
    .logged(),
    Meaning::of(
        Echo,
        "The name of the client's address does not lead back to it. No reason for a refusal; but where such look-ups are slow, logins are.",
        &["reverse mapping checking getaddrinfo for", "but this does not map back to the address"],
        &["slow-banner-dns"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "Bytes came that are no SSH packet: garbled on the way, or the client's program is at fault.",
        &[
            "ssh_dispatch_run_fatal: connection from {client} port {port}: connection corrupted",
            "exit before auth{text}: integrity error (bad packet size",
        ],
        &["packet-invalid", "newkeys-then-mac-error"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "The server's own packet filter dropped the connection request.",
        &["[ufw block] {text} dpt={port} "],
        &["syn-no-answer", "rate-limit-drop", "banned-by-fail2ban"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "The server's own firewalld refused the connection request.",
        &["filter_in_{word}_reject: in=", "final_reject: in="],
        &["fw-reject-icmp", "fw-reject-rst"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "The kernel dropped connection requests: the queue of sshd, or the table of a firewall, is full.",
        &["possible syn flooding on port {number}", "nf_conntrack: table full, dropping packet"],
        &["accept-queue-overflow", "syn-no-answer"],
    )
    .logged(),
    Meaning::of(
        Cause,
        "The kernel had no memory left and killed a process.",
        &["out of memory: killed process {number} (sshd", "oom-kill:{text}task=sshd"],
        &["session-process-killed", "sshd-not-accepting", "child-dies-before-banner"],
    )
    .logged(),
];
