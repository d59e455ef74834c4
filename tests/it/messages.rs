//! Messages as clients print and servers log them, of software that the lab does not have or of versions that it does not run:
//! `explain` knows each, and names what stands behind it.

use sshwire::explain::explain;

/// A message, and what must be among its candidates; a message page stands for itself.
const MESSAGES: &[(&str, &str)] = &[
    // OpenSSH, before the server's identification; the wordings before and since 8.0.
    ("ssh_exchange_identification: Connection closed by remote host", "maxstartups-drop"),
    ("ssh_exchange_identification: read: Connection reset by peer", "maxstartups-drop"),
    ("ssh_exchange_identification: write: Broken pipe", "dpi-reset-on-banner"),
    ("kex_exchange_identification: Connection closed by remote host", "persource-penalty"),
    ("kex_exchange_identification: read: Connection reset by peer", "tcp-wrappers-deny"),
    ("kex_exchange_identification: read: Connection reset", "maxstartups-drop"),
    ("kex_exchange_identification: read: Connection timed out", "sshd-not-accepting"),
    ("kex_exchange_identification: banner line contains invalid characters", "not-ssh-tls"),
    ("kex_exchange_identification: banner line 0: HTTP/1.1 400 Bad Request", "not-ssh-http"),
    (
        "kex_exchange_identification: client sent invalid protocol identifier \"GET / HTTP/1.1\"",
        "client-banner-invalid",
    ),
    ("banner exchange: Connection to 192.0.2.1 port 22: invalid format", "not-ssh-other"),
    ("Connection timed out during banner exchange", "sshd-not-accepting"),
    ("Connection to 192.0.2.1 port 22 timed out", "slow-banner-dns"),
    ("Bad remote protocol version identification: 'SSH-2.0-'", "banner-noncompliant"),
    ("Protocol major versions differ: 2 vs. 1", "protocol-major-mismatch"),
    ("ssh: connect to host 192.0.2.1 port 22: Connection refused", "closed-port"),
    ("ssh: connect to host 192.0.2.1 port 22: Connection timed out", "syn-no-answer"),
    ("ssh: connect to host h.example port 22: Operation timed out", "syn-no-answer"),
    ("ssh: connect to host 192.0.2.1 port 22: No route to host", "host-unreachable"),
    ("ssh: connect to host 192.0.2.1 port 22: Network is unreachable", "host-unreachable"),
    ("ssh: connect to host 192.0.2.1 port 22: Permission denied", "fw-reject-icmp"),
    ("ssh: connect to host 192.0.2.1 port 22: Connection reset by peer", "duplicate-ip"),
    ("ssh: Could not resolve hostname h.example: Name or service not known", "name-not-resolved"),
    ("ssh: Could not resolve hostname h: nodename nor servname provided, or not known", "name-not-resolved"),
    // OpenSSH, in the key exchange.
    (
        "Unable to negotiate with 192.0.2.1 port 22: no matching key exchange method found. Their offer: diffie-hellman-group1-sha1",
        "no-common-kex",
    ),
    (
        "Unable to negotiate with 192.0.2.1 port 22: no matching host key type found. Their offer: ssh-rsa,ssh-dss",
        "no-common-hostkey",
    ),
    (
        "Unable to negotiate with 192.0.2.1 port 22: no matching cipher found. Their offer: aes128-cbc,3des-cbc",
        "no-common-cipher",
    ),
    ("Unable to negotiate with 192.0.2.1 port 22: no matching MAC found. Their offer: hmac-md5", "no-common-mac"),
    (
        "Unable to negotiate with 192.0.2.1 port 22: no matching compression method found. Their offer: zlib",
        "no-common-compression",
    ),
    ("no matching cipher found: client aes128-cbc server aes256-ctr", "no-common-cipher"),
    ("Unable to negotiate a key exchange method", "no-common-kex"),
    ("Bad packet length 1349676916.", "packet-invalid"),
    ("ssh_dispatch_run_fatal: Connection to 192.0.2.1 port 22: Connection corrupted", "packet-invalid"),
    (
        "ssh_dispatch_run_fatal: Connection to 192.0.2.1 port 22: message authentication code incorrect",
        "newkeys-then-mac-error",
    ),
    ("Corrupted MAC on input.", "newkeys-then-mac-error"),
    ("ssh_dispatch_run_fatal: Connection to 192.0.2.1 port 22: DH GEX group out of range", "dh-gex-size-refused"),
    (
        "ssh_dispatch_run_fatal: Connection to 192.0.2.1 port 22: incorrect signature",
        "kex-signature-or-libcrypto-failure",
    ),
    (
        "ssh_dispatch_run_fatal: Connection to 192.0.2.1 port 22: error in libcrypto",
        "kex-signature-or-libcrypto-failure",
    ),
    ("ssh_dispatch_run_fatal: Connection to 192.0.2.1 port 22: Broken pipe", "server-dies-in-kex"),
    (
        "Disconnecting 192.0.2.1 port 22: strict KEX violation: unexpected packet type 2 (seqnr 1)",
        "strict-kex-violation",
    ),
    ("Connection closed by 192.0.2.1 port 22", "banner-then-close"),
    ("Connection reset by 192.0.2.1 port 22", "server-dies-in-kex"),
    ("Connection closed by 192.0.2.1", "banner-then-close"),
    ("Read from socket failed: Connection reset by peer", "server-dies-in-kex"),
    ("Write failed: Broken pipe", "session-process-killed"),
    ("Host key verification failed.", "hostkey-rejected-by-client"),
    ("No ED25519 host key is known for h.example and you have requested strict checking.", "host-key-unknown"),
    ("@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @", "host-key-changed"),
    // OpenSSH, the login.
    ("user@192.0.2.1: Permission denied (publickey).", "auth-denied"),
    ("Permission denied (publickey,password,keyboard-interactive).", "auth-denied"),
    ("Permission denied, please try again.", "auth-denied"),
    ("Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures", "too-many-auth-failures"),
    ("Received disconnect from 192.0.2.1: 2: Too many authentication failures for root", "too-many-auth-failures"),
    ("Received disconnect from 192.0.2.1 port 22:12: Too many connections", "disconnect-in-clear"),
    ("send_pubkey_test: no mutual signature algorithm", "no-mutual-signature"),
    ("sign_and_send_pubkey: no mutual signature supported", "no-mutual-signature"),
    (
        "sign_and_send_pubkey: signing failed for ED25519 \"k\" from agent: agent refused operation",
        "agent-does-not-sign",
    ),
    ("@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @", "private-key-file-open"),
    ("Permissions 0644 for '/home/u/.ssh/id_rsa' are too open.", "private-key-file-open"),
    ("Load key \"/home/u/.ssh/id_rsa\": error in libcrypto", "private-key-unreadable"),
    ("Load key \"id\": invalid format", "private-key-unreadable"),
    ("Bad owner or permissions on /home/u/.ssh/config", "config-file-owner"),
    ("/home/u/.ssh/config: line 3: Bad configuration option: usekeychain", "bad-configuration-option"),
    // OpenSSH, the session.
    ("client_loop: send disconnect: Broken pipe", "session-reset-by-firewall-idle"),
    ("client_loop: send disconnect: Connection reset", "session-reset-by-firewall-idle"),
    ("packet_write_wait: Connection to 192.0.2.1 port 22: Broken pipe", "session-reset-by-firewall-idle"),
    ("Timeout, server h.example not responding.", "server-alive-timeout"),
    ("Read from remote host h.example: Connection reset by peer", "session-reset-by-firewall-idle"),
    ("Read from remote host h.example: Operation timed out", "session-silent-drop"),
    ("Connection to h.example closed by remote host.", "session-process-killed"),
    ("channel 0: open failed: administratively prohibited: open failed", "forwarding-refused"),
    (
        "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535",
        "jump-host-failed",
    ),
    ("Connection reset by peer", "session-reset-by-firewall-idle"),
    ("read: Connection reset by peer", "tcp-wrappers-deny"),
    ("Connection closed by remote host", "maxstartups-drop"),
    ("stdio forwarding failed", "jump-host-failed"),
    // What runs over ssh.
    ("scp: Connection closed", "session-process-killed"),
    ("lost connection", "session-process-killed"),
    ("fatal: Could not read from remote repository.", "auth-denied"),
    ("fetch-pack: unexpected disconnect while reading sideband packet", "session-process-killed"),
    ("rsync: connection unexpectedly closed (0 bytes received so far) [sender]", "auth-denied"),
    ("rsync error: unexplained error (code 255) at io.c(228) [sender=3.2.7]", "auth-denied"),
    // PuTTY, plink, WinSCP, FileZilla.
    ("Network error: Connection refused", "closed-port"),
    ("Network error: Connection timed out", "syn-no-answer"),
    ("Network error: Software caused connection abort", "session-silent-drop"),
    ("Network error: Connection reset by peer", "session-reset-by-firewall-idle"),
    ("FATAL ERROR: Remote side unexpectedly closed network connection", "maxstartups-drop"),
    ("Server unexpectedly closed network connection", "maxstartups-drop"),
    ("FATAL ERROR: Couldn't agree a key exchange algorithm (available: diffie-hellman-group1-sha1)", "no-common-kex"),
    ("Couldn't agree a host key algorithm (available: ssh-dss)", "no-common-hostkey"),
    ("Couldn't agree a client-to-server cipher (available: arcfour)", "no-common-cipher"),
    (
        "Remote side sent disconnect message\r\ntype 2 (protocol error):\r\n\"Too many authentication failures\"",
        "too-many-auth-failures",
    ),
    ("Incorrect MAC received on packet", "newkeys-then-mac-error"),
    ("Incoming packet was garbled on decryption", "packet-invalid"),
    ("No supported authentication methods available (server sent: publickey)", "auth-denied"),
    ("Access denied", "auth-denied"),
    ("Server refused our key", "auth-denied"),
    // paramiko, asyncssh, libssh, libssh2, JSch, Go, Node.
    ("paramiko.ssh_exception.SSHException: Error reading SSH protocol banner", "maxstartups-drop"),
    ("SSHException: Error reading SSH protocol banner[Errno 104] Connection reset by peer", "maxstartups-drop"),
    ("paramiko.ssh_exception.IncompatiblePeer: Incompatible ssh peer (no acceptable kex algorithm)", "no-common-kex"),
    ("IncompatiblePeer: Incompatible ssh server (no acceptable ciphers)", "no-common-cipher"),
    ("paramiko.ssh_exception.AuthenticationException: Authentication failed.", "auth-denied"),
    (
        "paramiko.ssh_exception.NoValidConnectionsError: [Errno None] Unable to connect to port 22 on 192.0.2.1",
        "closed-port",
    ),
    ("asyncssh.misc.ConnectionLost: Connection lost", "server-closed"),
    (
        "asyncssh.misc.KeyExchangeFailed: No matching key exchange algorithm found, sent a and received b",
        "no-common-kex",
    ),
    (
        "kex error : no match for method server host key algo: server [ssh-rsa], client [ssh-ed25519]",
        "no-common-hostkey",
    ),
    ("Socket error: disconnected", "server-closed"),
    ("Socket error: Connection reset by peer", "server-reset"),
    ("Failure establishing ssh session: -5, Unable to exchange encryption keys", "no-common-kex"),
    ("Failed getting banner", "maxstartups-drop"),
    ("com.jcraft.jsch.JSchException: Algorithm negotiation fail", "no-common-kex"),
    ("com.jcraft.jsch.JSchException: Auth fail", "auth-denied"),
    ("com.jcraft.jsch.JSchException: Session.connect: java.net.SocketException: Connection reset", "server-reset"),
    ("com.jcraft.jsch.JSchException: session is down", "session-process-killed"),
    ("com.jcraft.jsch.JSchException: connection is closed by foreign host", "maxstartups-drop"),
    ("com.jcraft.jsch.JSchException: Packet corrupt", "packet-invalid"),
    ("com.jcraft.jsch.JSchException: timeout: socket is not established", "syn-no-answer"),
    ("ssh: handshake failed: EOF", "server-dies-in-kex"),
    ("ssh: handshake failed: read tcp 192.0.2.9:40022->192.0.2.1:22: read: connection reset by peer", "server-reset"),
    (
        "ssh: handshake failed: ssh: no common algorithm for key exchange; client offered: [a], server offered: [b]",
        "no-common-kex",
    ),
    (
        "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
        "auth-denied",
    ),
    ("ssh: handshake failed: ssh: overflow reading version string", "not-ssh-other"),
    ("dial tcp 192.0.2.1:22: connect: connection refused", "closed-port"),
    ("dial tcp 192.0.2.1:22: i/o timeout", "syn-no-answer"),
    ("Error: Timed out while waiting for handshake", "sshd-not-accepting"),
    ("Error: Handshake failed: no matching key exchange algorithm", "no-common-kex"),
    ("Error: All configured authentication methods failed", "auth-denied"),
    ("Error: read ECONNRESET", "server-reset"),
    ("Error: connect ECONNREFUSED 192.0.2.1:22", "closed-port"),
    ("Error: connect ETIMEDOUT 192.0.2.1:22", "syn-no-answer"),
    // Servers' logs.
    ("sshd[812]: error: kex_exchange_identification: Connection closed by remote host", "health-check-probe"),
    ("sshd[812]: error: kex_exchange_identification: read: Connection reset by peer", "port-scan"),
    ("sshd[812]: Did not receive identification string from 192.0.2.9 port 40022", "health-check-probe"),
    ("sshd[812]: banner exchange: Connection from 192.0.2.9 port 40022: invalid format", "client-banner-invalid"),
    (
        "sshd[812]: Bad protocol version identification 'GET / HTTP/1.0' from 192.0.2.9 port 40022",
        "client-banner-invalid",
    ),
    (
        "sshd[812]: Unable to negotiate with 192.0.2.9 port 40022: no matching host key type found. Their offer: ssh-rsa [preauth]",
        "no-common-hostkey",
    ),
    ("sshd[812]: error: beginning MaxStartups throttling", "maxstartups-drop"),
    ("sshd[812]: drop connection #10 from [192.0.2.9]:40022 on [192.0.2.1]:22 past MaxStartups", "maxstartups-drop"),
    (
        "sshd[812]: drop connection #0 from [192.0.2.9]:40022 on [192.0.2.1]:22 penalty: failed authentication",
        "persource-penalty",
    ),
    ("sshd[812]: refused connect from 192.0.2.9 (192.0.2.9)", "tcp-wrappers-deny"),
    ("sshd[812]: fatal: Timeout before authentication for 192.0.2.9 port 40022", "login-grace-timeout"),
    (
        "sshd[812]: Timeout before authentication for connection from 192.0.2.9 to 192.0.2.1, pid = 812",
        "login-grace-timeout",
    ),
    ("sshd[812]: Connection closed by authenticating user root 192.0.2.9 port 40022 [preauth]", "auth-denied"),
    (
        "sshd[812]: error: maximum authentication attempts exceeded for root from 192.0.2.9 port 40022 ssh2 [preauth]",
        "too-many-auth-failures",
    ),
    ("sshd[812]: Failed password for root from 192.0.2.9 port 40022 ssh2", "auth-denied"),
    ("sshd[812]: Invalid user admin from 192.0.2.9 port 40022", "auth-denied"),
    ("sshd[812]: User root from 192.0.2.9 not allowed because not listed in AllowUsers", "auth-denied"),
    ("sshd[812]: Timeout, client not responding from user u 192.0.2.9 port 40022", "client-alive-timeout"),
    ("sshd[812]: fatal: no hostkeys available -- exiting.", "child-dies-before-banner"),
    ("sshd[812]: error: Could not load host key: /etc/ssh/ssh_host_ed25519_key", "no-common-hostkey"),
    ("sshd[812]: Missing privilege separation directory: /run/sshd", "child-dies-before-banner"),
    ("sshd[812]: error: Bind to port 22 on 0.0.0.0 failed: Address already in use.", "sshd-does-not-start"),
    ("sshd[812]: Authentication refused: bad ownership or modes for directory /home/u", "authorized-keys-modes"),
    ("dropbear[90]: Exit before auth from <192.0.2.9:40022>: Timeout before auth", "login-grace-timeout"),
    ("dropbear[90]: Bad password attempt for 'root' from 192.0.2.9:40022", "auth-denied"),
];

#[test]
fn real_messages_lead_to_what_stands_behind_them() {
    let mut wrong = Vec::new();
    for (message, wanted) in MESSAGES {
        let Some(explanation) = explain(message) else {
            wrong.push(format!("unknown: {message}"));
            continue;
        };
        let candidates: Vec<_> = explanation.said.meaning.candidates().map(|diagnosis| diagnosis.id).collect();
        let page = explanation.said.meaning.page;
        if !candidates.contains(wanted) && page != Some(*wanted) {
            wrong.push(format!("{message}\n    is {wanted}, not among {candidates:?} {page:?}"));
        }
    }
    assert!(MESSAGES.len() >= 150, "{} messages", MESSAGES.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), MESSAGES.len(), wrong.join("\n"));
}
