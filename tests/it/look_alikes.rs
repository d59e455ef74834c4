//! For every diagnosis a capture that looks alike and was something else: it must not be called by that name.

use crate::catalogue;
use crate::labelled::{Scenario, analyze, ports, scenarios};
use sshwire::diagnose::catalogue::REGISTRY;
use std::collections::BTreeMap;

/// Diagnoses that only ever stand beside another one: for these the look-alike must not have them at all.
const NEVER_LEADING: &[&str] = &["brute-force", "kex-hang-cpu", "rst-ignored-challenge"];

/// A diagnosis, and a capture that could be taken for it: the same packets up to the one that tells them apart, the same end, or
/// the same words of the client.
const LOOK_ALIKES: &[(&str, &str)] = &[
    ("accept-queue-overflow", "syn-no-answer-router-drop"),
    ("auth-denied", "too-many-auth-failures-agent-v6"),
    ("auth-none-response-hang", "client-leaves-at-password"),
    ("banned-by-fail2ban", "fw-reject-icmp-host-port"),
    ("banner-noncompliant", "banner-then-fin-v6"),
    ("banner-then-close", "no-common-kex-rtt0"),
    ("banner-timeout-client-silent", "login-grace-asyncssh"),
    ("brute-force", "auth-denied-password-three-times"),
    ("capture-truncated", "healthy-lossy"),
    ("child-dies-before-banner", "haproxy-no-backend"),
    ("client-alive-timeout", "server-alive-timeout-rtt17"),
    ("client-banner-invalid", "private-protocol-on-22"),
    ("client-closed", "disconnect-encrypted-asyncssh"),
    ("client-reset", "rst-injected-to-server-server-tap"),
    ("closed-login-unclear", "auth-denied-asyncssh"),
    ("closed-port", "fw-reject-rst-router"),
    ("dh-gex-size-refused", "healthy-group-exchange"),
    ("disconnect-in-clear", "hostkey-rejected-asyncssh"),
    ("dpi-reset-on-banner", "banner-then-reset"),
    ("dpi-reset-on-kexinit", "acc-bannerclose"),
    ("dpi-silent-drop", "server-silent-reads"),
    ("dropbear-max-unauth", "maxstartups-92-rtt17"),
    ("duplicate-ip", "healthy-mirror-merged"),
    ("fragment-lost", "pmtu-blackhole-c2s-v6"),
    ("fw-reject-icmp", "host-unreachable-arp"),
    ("fw-reject-rst", "closed-port-ping-first"),
    ("health-check-probe", "silent-client-grace"),
    ("host-rebooted", "idle-reset-client-tap"),
    ("host-unreachable", "fw-reject-icmp-router-admin"),
    ("hostkey-rejected-by-client", "strict-kex-violated"),
    ("ids-both-sides-rst", "rst-injected-session"),
    ("in-progress", "outage-at-newkeys"),
    ("ip-options-refused", "acc-linger0"),
    ("kex-hang-cpu", "pmtu-blackhole-s2c-client-tap"),
    ("kex-signature-or-libcrypto-failure", "hostkey-rejected-asyncssh"),
    ("kexinit-too-big-for-peer", "pmtu-blackhole-c2s-grace"),
    ("kexinit-waits-for-peer", "login-grace-asyncssh"),
    ("lb-no-backend", "tcp-wrappers-deny-rtt17"),
    ("login-grace-timeout", "too-many-auth-failures-tries2"),
    ("maxstartups-drop", "child-dies-rexec-missing"),
    ("middlebox-closed", "session-process-killed"),
    ("middlebox-reset", "forged-rst-ignored"),
    ("mtu-icmp-ignored", "pmtu-discovery-works"),
    ("nat-rebind", "idle-reset-client-tap"),
    ("newkeys-then-mac-error", "refuse-connection-100"),
    ("no-common-cipher", "no-common-mac-rtt17"),
    ("no-common-compression", "healthy-compression"),
    ("no-common-hostkey", "dropbear-offers-missing-hostkey"),
    ("no-common-kex", "disconnect-in-clear-asyncssh"),
    ("no-common-mac", "healthy-aead-other-macs"),
    ("normal-close", "auth-denied-wrong-key"),
    ("not-ssh-http", "tls-alert"),
    ("not-ssh-on-port", "client-sends-http"),
    ("not-ssh-other", "smtp-greeting"),
    ("not-ssh-smtp-ftp", "imap-on-port-22"),
    ("not-ssh-tls", "nginx-on-port-22"),
    ("packet-invalid", "client-sends-http"),
    ("path-loss", "pmtu-blackhole-c2s-client-tap"),
    ("persource-penalty", "maxstartups-92-rtt17"),
    ("pmtu-blackhole-c2s", "outage-at-kexinit-client-tap"),
    ("pmtu-blackhole-s2c", "outage-that-heals"),
    ("port-scan", "health-check-touch"),
    ("protocol-major-mismatch", "identification-without-software"),
    ("proxy-protocol-to-sshd", "client-sends-http"),
    ("rate-limit-drop", "syn-no-answer-router-drop"),
    ("refuse-connection-rule", "auth-process-killed"),
    ("rekey-failure", "session-process-killed"),
    ("rst-by-client", "dpi-reset-on-kexinit-server-tap"),
    ("rst-ignored-challenge", "rst-injected-session"),
    ("rst-injected", "session-process-killed-unread"),
    ("server-alive-timeout", "client-alive-path-dead-v6-100"),
    ("server-closed", "fin-injected-session"),
    ("server-closes-after-auth-request", "too-many-auth-failures-tries2"),
    ("server-dies-in-kex", "server-without-usable-hostkey"),
    ("server-reset", "rst-injected-session-copied-ttl"),
    ("server-restart-during-kex", "dropbear-offers-missing-hostkey"),
    ("server-says-text-then-close", "smtp-greeting-then-close"),
    ("server-silent", "slow-banner-client-waits"),
    ("session-process-killed", "fin-injected-session"),
    ("session-reset-by-firewall-idle", "session-process-killed-unread"),
    ("session-silent-drop", "server-stopped-server-alive"),
    ("slow-banner-dns", "sshd-stopped-rtt60"),
    ("sshd-auth-crash", "persource-penalty-authfail"),
    ("sshd-not-accepting", "server-silent-reads"),
    ("stateful-fw-late-drop", "sshd-stopped-rtt60"),
    ("strict-kex-violation", "disconnect-in-clear-asyncssh"),
    ("syn-no-answer", "synack-lost-v6-far-router"),
    ("syn-proxy-then-rst", "haproxy-no-backend"),
    ("synack-lost", "syn-no-answer-router-drop"),
    ("tarpit", "smtp-greeting"),
    ("tcp-wrappers-deny", "listener-closes-after-5s-having-read"),
    ("too-many-auth-failures", "auth-denied-password-three-times"),
    ("unused-channel-timeout", "client-alive-path-dead-v6-100"),
];

/// What is wrong with a row.
fn faults(id: &str, scenario: &Scenario) -> Vec<String> {
    let expected = &scenario.expected.connection;
    let is_one = |truth: &str, also: &[String]| truth == id || also.iter().any(|also| also == id);
    if expected.iter().any(|connection| is_one(&connection.id, &connection.also)) {
        return vec![format!("{}: is {id} by its label, no look-alike", scenario.name)];
    }
    let mut wrong = Vec::new();
    for judged in analyze(&scenario.capture, ports(scenario)) {
        let findings = &judged.judgement.findings;
        let counted = if NEVER_LEADING.contains(&id) { findings.len() } else { 1 };
        if findings.iter().take(counted).any(|finding| finding.id == id) {
            wrong.push(format!("{}: {} is called {id}", scenario.name, judged.record.client));
        }
    }
    wrong
}

#[test]
fn nothing_is_called_by_the_name_of_its_look_alike() {
    let scenarios: BTreeMap<String, Scenario> =
        scenarios().into_iter().map(|scenario| (scenario.name.clone(), scenario)).collect();
    let mut wrong = Vec::new();
    for (id, name) in LOOK_ALIKES {
        match scenarios.get(*name) {
            Some(scenario) => wrong.extend(faults(id, scenario)),
            None => wrong.push(format!("{id}: there is no capture {name}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_diagnosis_has_a_look_alike() {
    let rows: BTreeMap<&str, &str> = LOOK_ALIKES.iter().copied().collect();
    assert_eq!(rows.len(), LOOK_ALIKES.len(), "a diagnosis stands twice");
    let without: Vec<_> = catalogue::ids().into_iter().filter(|id| !rows.contains_key(id)).collect();
    assert!(without.is_empty(), "no look-alike: {without:?}");
    let unknown: Vec<_> = rows.keys().filter(|id| !REGISTRY.iter().any(|diagnosis| diagnosis.id == **id)).collect();
    assert!(unknown.is_empty(), "no such diagnosis: {unknown:?}");
}
