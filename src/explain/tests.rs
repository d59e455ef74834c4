use super::*;
use proptest::prelude::*;

fn ids(text: &str) -> Vec<&'static str> {
    let explanation = explain(text);
    explanation
        .iter()
        .flat_map(|explanation| explanation.said.meaning.candidates())
        .map(|diagnosis| diagnosis.id)
        .collect()
}

#[track_caller]
fn leads(text: &str, id: &str) {
    assert_eq!(ids(text).first(), Some(&id), "{text}");
}

#[track_caller]
fn page(text: &str, id: &str) {
    let explanation = explain(text).unwrap_or_else(|| panic!("unknown: {text}"));
    assert_eq!(explanation.said.meaning.page, Some(id), "{text}");
}

#[test]
fn the_words_of_many_clients() {
    leads("ssh: connect to host h port 22: Connection refused", "closed-port");
    leads("ssh: connect to host h port 22: Operation timed out\r", "syn-no-answer");
    leads("FATAL ERROR: Network error: Connection refused", "closed-port");
    leads("ssh_exchange_identification: read: Connection reset by peer", "maxstartups-drop");
    leads("debug1: kex_exchange_identification: banner line 0: Exceeded MaxStartups", "maxstartups-drop");
    leads("debug1: kex_exchange_identification: banner line 0: Not allowed at this time", "persource-penalty");
    leads("Couldn't agree a host key algorithm (available: ssh-rsa)", "no-common-hostkey");
    leads("com.jcraft.jsch.JSchException: Algorithm negotiation fail", "no-common-kex");
    leads("Unable to negotiate with 192.0.2.1 port 22: no matching MAC found. Their offer: hmac-md5", "no-common-mac");
    leads("kex error : no match for method kex algos: server [a], client [b]", "no-common-kex");
    leads("Received disconnect from 192.0.2.1: 2: Too many authentication failures for u", "too-many-auth-failures");
    leads("client_loop: send disconnect: Broken pipe", "session-reset-by-firewall-idle");
    leads("packet_write_wait: Connection to 192.0.2.1 port 22: Broken pipe", "session-reset-by-firewall-idle");
    leads("paramiko.ssh_exception.SSHException: Error reading SSH protocol banner", "maxstartups-drop");
    leads("git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.", "auth-denied");
    leads(
        "ssh: handshake failed: ssh: no common algorithm for client to server MAC; client offered: [a]",
        "no-common-mac",
    );
}

#[test]
fn the_words_of_servers() {
    leads("sshd[7]: drop connection #10 from [192.0.2.1]:4022 on [192.0.2.2]:22 past MaxStartups", "maxstartups-drop");
    leads(
        "sshd[7]: drop connection #0 from [192.0.2.1]:4022 on [192.0.2.2]:22 penalty: failed authentication",
        "persource-penalty",
    );
    leads("sshd[7]: refused connect from 192.0.2.1 (192.0.2.1)", "tcp-wrappers-deny");
    leads(
        "sshd[7]: Unable to negotiate with 192.0.2.1 port 4: no matching cipher found. Their offer: a [preauth]",
        "no-common-cipher",
    );
    leads("sshd[7]: fatal: Timeout before authentication for 192.0.2.1 port 4022", "login-grace-timeout");
    leads("sshd[7]: User u from 192.0.2.1 not allowed because not listed in AllowUsers", "auth-denied");
    leads(
        "sshd[7]: Bad protocol version identification 'GET / HTTP/1.1' from 192.0.2.1 port 4022",
        "client-banner-invalid",
    );
    page("sshd[7]: Authentication refused: bad ownership or modes for directory /home/u", "authorized-keys-modes");
    page(
        "sshd[7]: userauth_pubkey: signature algorithm ssh-rsa not in PubkeyAcceptedAlgorithms [preauth]",
        "no-mutual-signature",
    );
}

#[test]
fn messages_that_no_capture_can_show_have_a_page() {
    page("@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @", "private-key-file-open");
    page("Permissions 0644 for '/home/u/.ssh/id_rsa' are too open.", "private-key-file-open");
    page("It is required that your private key files are NOT accessible by others.", "private-key-file-open");
    page("Bad owner or permissions on /home/u/.ssh/config", "config-file-owner");
    page("Bad owner or permissions on /home/u/.ssh/known_hosts", "config-file-owner");
    page("@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @", "host-key-changed");
    page("sign_and_send_pubkey: no mutual signature supported", "no-mutual-signature");
    page("ssh: Could not resolve hostname h: Name or service not known", "name-not-resolved");
    page("Connection closed by UNKNOWN port 65535", "jump-host-failed");
}

const VERBOSE: &str = "OpenSSH_9.6p1, OpenSSL 3.0.13\n\
    debug1: Connecting to h.example [192.0.2.9] port 2222.\n\
    debug1: Connection established.\n\
    debug1: Local version string SSH-2.0-OpenSSH_9.6\n\
    debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1\n\
    debug1: SSH2_MSG_KEXINIT sent\n";

#[test]
fn the_step_before_tells_apart_what_the_same_words_mean() {
    leads("Connection reset by 192.0.2.9 port 2222", "banner-then-close");
    leads(&format!("{VERBOSE}Connection reset by 192.0.2.9 port 2222"), "banner-then-close");
    let later = format!("{VERBOSE}debug1: SSH2_MSG_KEXINIT received\ndebug1: expecting SSH2_MSG_KEX_ECDH_REPLY\n");
    leads(&format!("{later}Connection closed by 192.0.2.9 port 2222"), "server-dies-in-kex");
    let login = format!("{later}debug1: SSH2_MSG_NEWKEYS received\ndebug1: SSH2_MSG_SERVICE_ACCEPT received\n");
    leads(&format!("{login}Connection closed by 192.0.2.9 port 2222"), "login-grace-timeout");
}

#[test]
fn what_it_waits_for_at_the_end() {
    leads(VERBOSE, "pmtu-blackhole-c2s");
    leads(
        &format!("{VERBOSE}debug1: SSH2_MSG_KEXINIT received\ndebug1: expecting SSH2_MSG_KEX_ECDH_REPLY"),
        "pmtu-blackhole-s2c",
    );
    leads("debug1: Connecting to h.example [192.0.2.9] port 22.", "syn-no-answer");
    let explanation = explain(VERBOSE).expect("known");
    assert_eq!(explanation.progress.reached, Some(Stage::Offered));
    assert!(explanation.advice.expect("candidates").at_client.contains("host h.example and port 2222"));
}

#[test]
fn the_decisive_line_of_a_pair_is_the_telling_one() {
    let text = "kex_exchange_identification: read: Connection reset by peer\nConnection reset by 192.0.2.1 port 22";
    let explanation = explain(text).expect("known");
    assert_eq!((explanation.said.number, explanation.also.len()), (1, 1));
    assert_eq!(explanation.progress.server.as_deref(), Some("192.0.2.1"));
}

#[test]
fn a_piece_of_a_message_finds_it() {
    let found = from_piece("matching key exchange").expect("known");
    assert_eq!(found.said.meaning.candidates().next().map(|first| first.id), Some("no-common-kex"));
    assert!(containing("ssh").is_empty(), "too short");
    assert!(explain("the weather is fine").is_none());
}

proptest! {
    #[test]
    fn nothing_panics(text in "\\PC{0,400}") {
        let _ = explain(&text);
        let _ = containing(&text);
    }

    /// Pieces of real messages in any order, with bytes that no terminal should get.
    #[test]
    fn hostile_texts_are_read_to_their_end(
        pieces in proptest::collection::vec(prop_oneof![
            "[ -~]{0,40}",
            Just("connect to host ".to_owned()),
            Just(" port ".to_owned()),
            Just("Connection closed by ".to_owned()),
            Just("\u{1b}]0;x\u{7}".to_owned()),
            Just("\n".to_owned()),
            Just("{server}".to_owned()),
            Just("debug1: SSH2_MSG_KEXINIT sent".to_owned()),
            Just("drop connection #1 from [".to_owned()),
            Just("ſK\u{130}".to_owned()),
        ], 0..60)
    ) {
        let text = pieces.concat();
        if let Some(explanation) = explain(&text) {
            prop_assert!(explanation.said.line.len() <= EXPLAINED_LINE_BYTES);
            prop_assert!(explanation.also.len() <= ALSO);
        }
    }
}

#[test]
fn a_flood_of_lines_is_bounded() {
    let long = "connect to host ".repeat(10_000);
    assert!(explain(&long).is_none());
    let many = "Connection closed by 192.0.2.1 port 22\n".repeat(EXPLAINED_LINES + 500);
    assert_eq!(explain(&many).expect("known").said.times, EXPLAINED_LINES);
}

#[test]
fn whom_a_message_names() {
    let named = |text: &str| {
        let progress = explain(text).expect("known").progress;
        (progress.server, progress.client, progress.port)
    };
    let no_kex = "Unable to negotiate with 192.0.2.1 port 2222: no matching key exchange method found. Their offer: x";
    assert_eq!(named(no_kex), (Some("192.0.2.1".into()), None, Some(2222)));
    assert_eq!(named(&format!("sshd[7]: {no_kex} [preauth]")), (None, Some("192.0.2.1".into()), None));
    let log = "sshd[7]: Connection from 192.0.2.1 port 50000 on 192.0.2.9 port 22\nsshd[7]: Connection reset by 192.0.2.1 port 50000";
    assert_eq!(named(log), (None, Some("192.0.2.1".into()), None));
}
