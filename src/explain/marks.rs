//! What tells one diagnosis from those that print the same words: a line for each, and what a capture can prove of it.

use super::Proof::{self, Cause, Certain, Likely};
use super::Tap::{self, Any, Both, Client, Server};

/// What is known of an id beside its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The diagnosis.
    pub id: &'static str,
    /// How far a capture proves it.
    pub proof: Proof,
    /// Where that capture is taken.
    pub tap: Tap,
    /// What distinguishes it, in one clause.
    pub text: &'static str,
}

/// The mark of an id.
pub fn mark(id: &str) -> Option<&'static Mark> {
    MARKS.iter().find(|mark| mark.id == id)
}

const fn row(id: &'static str, proof: Proof, tap: Tap, text: &'static str) -> Mark {
    Mark { id, proof, tap, text }
}

/// In the order of the steps of a connection.
#[rustfmt::skip]
const MARKS: &[Mark] = &[
    row("syn-no-answer", Certain, Both, "no answer at all to the SYN, again and again; the capture at the server tells whether it arrives"),
    row("synack-lost", Certain, Both, "the server does answer, its SYN-ACK gets lost on the way back"),
    row("rate-limit-drop", Likely, Any, "the first few attempts pass, the next ones within a minute do not"),
    row("banned-by-fail2ban", Likely, Server, "worked before, until logins failed; other clients still get in"),
    row("host-unreachable", Certain, Client, "a router says so by ICMP after some seconds, or nobody answers the ARP request"),
    row("fw-reject-icmp", Certain, Client, "an ICMP error (port unreachable, prohibited) comes within a round trip"),
    row("fw-reject-rst", Likely, Client, "a reset answers the SYN, but its TTL or its speed is not that of the server"),
    row("closed-port", Certain, Client, "a reset of the server's own kernel answers the SYN: nothing listens there"),
    row("duplicate-ip", Certain, Any, "two MAC addresses or two TTLs answer for one IP address"),
    row("accept-queue-overflow", Likely, Server, "now and then, under load: the server repeats its SYN-ACK or drops the SYN while others wait"),
    row("port-scan", Likely, Server, "many connections of one source, none of them tries to log in"),
    row("sshd-not-accepting", Certain, Any, "the server's kernel acknowledges everything, but no process ever reads: sshd hangs"),
    row("server-silent", Certain, Any, "the bytes are acknowledged and read, but no answer comes"),
    row("slow-banner-dns", Likely, Any, "the identification does come, but only after 5, 10, 15 seconds"),
    row("stateful-fw-late-drop", Certain, Both, "the handshake passes, then no data of either side gets through"),
    row("dpi-silent-drop", Likely, Both, "only the SSH identification is swallowed; other bytes on this port pass"),
    row("maxstartups-drop", Certain, Server, "refused at once, with one line of text from 8.2 on; at random, under load, for every client"),
    row("persource-penalty", Likely, Server, "refused at once by 9.8 or later, every attempt of this one address, for seconds or minutes"),
    row("tcp-wrappers-deny", Likely, Any, "the reset comes after 5 seconds of silence (hosts.deny)"),
    row("child-dies-before-banner", Likely, Any, "the reset comes within milliseconds, for every client every time: broken update, missing file"),
    row("ip-options-refused", Certain, Any, "the client's packets carry IP options"),
    row("dropbear-max-unauth", Likely, Server, "a dropbear server; five connections of this address wait for their login"),
    row("lb-no-backend", Cause, Any, "the address is a load balancer or proxy; it accepts, then has no server to pass on to"),
    row("server-says-text-then-close", Certain, Any, "the server sends a line of text, which ssh -v shows, and closes"),
    row("server-closed", Cause, Any, "the server closes without a word; its log has the reason"),
    row("server-reset", Cause, Any, "the server resets without a word; its log has the reason"),
    row("not-ssh-http", Certain, Any, "the port answers with HTTP"),
    row("not-ssh-tls", Certain, Any, "the port answers with TLS"),
    row("not-ssh-smtp-ftp", Certain, Any, "the port greets with `220 `: a mail or FTP server"),
    row("not-ssh-other", Certain, Any, "the port answers with another protocol (VNC, MySQL, telnet)"),
    row("not-ssh-on-port", Likely, Any, "neither side speaks SSH"),
    row("tarpit", Certain, Any, "a meaningless line every few seconds, never an identification: a trap for guessers"),
    row("dpi-reset-on-banner", Certain, Client, "a reset faster than a round trip, or with another TTL, right after the SSH identification"),
    row("dpi-reset-on-kexinit", Certain, Client, "a reset faster than a round trip, or with another TTL, right after the client's KEXINIT"),
    row("protocol-major-mismatch", Certain, Any, "one side says SSH-1.5"),
    row("client-banner-invalid", Certain, Any, "the client's first line is not SSH: a browser, a scanner, a health check"),
    row("proxy-protocol-to-sshd", Certain, Server, "the first line is a PROXY header of a load balancer: every connection fails"),
    row("banner-timeout-client-silent", Certain, Any, "the client never says who it is; the server closes by its timer"),
    row("health-check-probe", Certain, Any, "connect and close without a byte, at regular times: a monitor"),
    row("banner-then-close", Certain, Any, "the server closes behind its identification, without its own KEXINIT"),
    row("kexinit-too-big-for-peer", Likely, Any, "an old device; it acknowledges the client's long list, then closes"),
    row("no-common-kex", Certain, Any, "both lists are in clear in the capture, and share no key exchange method"),
    row("no-common-hostkey", Certain, Any, "both lists are in clear in the capture, and share no host key algorithm"),
    row("no-common-cipher", Certain, Any, "both lists are in clear in the capture, and share no cipher"),
    row("no-common-mac", Certain, Any, "both lists are in clear in the capture, and share no MAC"),
    row("no-common-compression", Certain, Any, "both lists are in clear in the capture, and share no compression method"),
    row("strict-kex-violation", Certain, Any, "a message stands where strict key exchange allows none"),
    row("pmtu-blackhole-c2s", Likely, Both, "the client's big packets are sent again and again, small ones pass: hangs behind the KEXINIT"),
    row("pmtu-blackhole-s2c", Likely, Both, "the server's big packets never arrive, small ones do: hangs while it expects the reply"),
    row("mtu-icmp-ignored", Certain, Any, "a router asks for smaller packets by ICMP, and the sender does not obey"),
    row("fragment-lost", Certain, Any, "packets come in IP fragments, and one piece is always missing"),
    row("path-loss", Likely, Both, "packets of every size are lost"),
    row("packet-invalid", Certain, Any, "the bytes are no SSH packet: garbled, or text in the stream"),
    row("hostkey-rejected-by-client", Likely, Any, "the server's reply arrives and the client leaves; a fingerprint to compare is in the capture"),
    row("server-dies-in-kex", Likely, Any, "the server closes where its reply to the key exchange must stand"),
    row("disconnect-in-clear", Certain, Any, "one side says in clear text why it ends the connection"),
    row("newkeys-then-mac-error", Likely, Both, "one side closes at the other's first encrypted packet; two captures show whether bytes were changed"),
    row("auth-denied", Cause, Any, "connection and keys are fine, the login is refused; only the server's log says why"),
    row("too-many-auth-failures", Likely, Any, "the agent offers key after key, the server closes at the sixth"),
    row("login-grace-timeout", Certain, Any, "the server waited for the login and closes by its timer, mostly after 120 seconds"),
    row("refuse-connection-rule", Likely, Any, "the server closes at the very first login request, before any key or password"),
    row("server-closes-after-auth-request", Cause, Any, "the server closes instead of answering a login: PAM account, crash"),
    row("server-alive-timeout", Certain, Any, "the client's keepalives go out and nothing comes back"),
    row("client-alive-timeout", Certain, Any, "the server's keepalives go out and nothing comes back"),
    row("session-reset-by-firewall-idle", Certain, Both, "after a pause, the next packet draws a reset that the server did not send"),
    row("session-silent-drop", Likely, Both, "after a pause, packets are repeated without any answer: a device forgot the session"),
    row("session-process-killed", Cause, Any, "the server's end closes in the middle of the session: killed, rebooted, stopped"),
    row("host-rebooted", Likely, Any, "silence, then the server's kernel resets what it no longer knows"),
    row("rst-injected", Certain, Both, "a reset in the name of the server or the client that it did not send"),
    row("middlebox-reset", Certain, Both, "a device between sent the reset"),
    row("middlebox-closed", Certain, Both, "a device between sent the FIN"),
    row("client-reset", Cause, Client, "the client's end reset: killed, crashed"),
    row("client-closed", Cause, Client, "the client's end closed: interrupted, ConnectTimeout, its own reasons"),
    row("closed-login-unclear", Cause, Any, "it closed in good order after the encryption began; the sizes do not tell whether the user was in"),
    row("normal-close", Certain, Any, "the session ended in good order"),
    row("in-progress", Certain, Any, "nothing ended: it was open when the capture stopped"),
    row("capture-truncated", Certain, Any, "too little of the connection was captured"),
    row("cloud-security-group-drop", Cause, Both, "silence in front of a cloud address: no rule of its security group lets this client in"),
    row("syn-proxy-then-rst", Likely, Any, "the SYN-ACK has another TTL or window than what follows: a proxy answered first"),
    row("banner-noncompliant", Likely, Any, "the identification breaks the rules: line ends, length, NUL"),
    row("kexinit-waits-for-peer", Likely, Any, "both named themselves, and each waits for the other's KEXINIT: silence, nothing is repeated"),
    row("server-restart-during-kex", Likely, Server, "several connections end at the same moment"),
    row("dh-gex-size-refused", Certain, Any, "the request for a group (message 34) is what the server closes at, or the group is too small"),
    row("kex-signature-or-libcrypto-failure", Cause, Client, "the client leaves within milliseconds after the server's reply: signature, policy, FIPS"),
    row("kex-hang-cpu", Likely, Any, "every byte is acknowledged, the reply comes late or never: slow or faulty software"),
    row("auth-none-response-hang", Cause, Any, "the login request is acknowledged and not answered for ten seconds: LDAP, DNS, PAM"),
    row("sshd-auth-crash", Likely, Any, "the server ends in the login, and refuses the next attempts with a text"),
    row("rekey-failure", Cause, Any, "after an hour or a gigabyte a burst of the size of a KEXINIT, then the end"),
    row("unused-channel-timeout", Cause, Any, "the server closes after a fixed idle time (ChannelTimeout, TMOUT)"),
    row("nat-rebind", Likely, Server, "the client goes on from another port or address, and the server resets it"),
    row("ids-both-sides-rst", Certain, Both, "both ends get a reset that the other did not send"),
    row("rst-by-client", Certain, Any, "the reset is the client's own: killed, crashed, unread data"),
    row("rst-ignored-challenge", Certain, Any, "a reset with a wrong number was answered by an ACK and ignored"),
    row("brute-force", Likely, Server, "many failed logins from few sources"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::catalogue;

    #[test]
    fn every_mark_stands_once_and_is_one_clause() {
        for (index, mark) in MARKS.iter().enumerate() {
            assert!(MARKS.iter().skip(index + 1).all(|other| other.id != mark.id), "{} twice", mark.id);
            assert!(!mark.text.ends_with('.') && mark.text.len() < 110, "{}", mark.id);
        }
    }

    #[test]
    fn every_diagnosis_has_a_mark() {
        let missing: Vec<_> = catalogue::all().map(|diagnosis| diagnosis.id).filter(|id| mark(id).is_none()).collect();
        assert!(missing.is_empty(), "no line in src/explain/marks.rs for {missing:?}");
    }
}
