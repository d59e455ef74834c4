//! `ended` and the leading verdict tell one story: where, how and by whom a diagnosis can end a connection.

use crate::catalogue;
use crate::labelled::heldout;
use crate::packets::{Packet, Random, judge, loaded, read};
use sshwire::analyzer::Judged;

/// Any phase before the session.
const EARLY: &str = "pre-banner banner kexinit key-exchange new-keys authentication";
const ANY: &str = "tcp-connect pre-banner banner kexinit key-exchange new-keys authentication session";

/// A diagnosis, and the phases, ways and makers of an end that go with it. Where the capture lost a process's FIN, the reset of its
/// kernel for what came later is all there is. A connection that was open when its capture ended, by
/// nobody, goes with those of [`MAY_BE_OPEN`].
const STORIES: &[(&str, &str, &str, &str)] = &[
    ("accept-queue-overflow", "tcp-connect pre-banner", "timeout", "server-kernel unknown client"),
    ("auth-denied", "authentication", "fin rst", "client"),
    ("auth-none-response-hang", "authentication", "fin timeout", "client server-app"),
    ("banned-by-fail2ban", "tcp-connect", "icmp rst timeout", "server-kernel middlebox unknown"),
    ("banner-noncompliant", "pre-banner banner kexinit", "fin rst", "client server-app"),
    ("banner-then-close", "banner kexinit", "fin rst", "server-app client"),
    ("banner-timeout-client-silent", "banner", "fin rst", "server-app"),
    ("brute-force", "authentication", "fin rst", "client server-app"),
    ("capture-truncated", ANY, "fin rst timeout icmp", "client server-app server-kernel middlebox network unknown"),
    ("child-dies-before-banner", "pre-banner", "fin rst", "server-app server-kernel unknown"),
    ("client-alive-timeout", "session", "fin rst timeout", "server-app"),
    ("client-banner-invalid", "banner", "fin rst timeout", "server-app server-kernel client"),
    ("client-closed", ANY, "fin timeout", "client"),
    ("client-reset", ANY, "rst", "client"),
    ("closed-login-unclear", "authentication session", "fin rst", "client server-app"),
    ("closed-port", "tcp-connect", "rst", "server-kernel unknown"),
    ("dh-gex-size-refused", "key-exchange", "fin rst", "server-app client"),
    ("disconnect-in-clear", "kexinit key-exchange new-keys", "fin rst", "client server-app"),
    ("dpi-reset-on-banner", "pre-banner banner kexinit", "rst", "middlebox"),
    ("dpi-reset-on-kexinit", "kexinit key-exchange", "rst", "middlebox"),
    ("dpi-silent-drop", "pre-banner banner", "timeout", "middlebox network"),
    ("dropbear-max-unauth", "pre-banner", "fin rst", "server-app server-kernel"),
    ("duplicate-ip", "tcp-connect pre-banner banner", "rst fin timeout", "server-kernel server-app client unknown"),
    ("fragment-lost", ANY, "timeout", "network"),
    ("fw-reject-icmp", "tcp-connect", "icmp", "middlebox server-kernel"),
    ("fw-reject-rst", "tcp-connect", "rst", "middlebox server-kernel unknown"),
    ("health-check-probe", "pre-banner banner", "fin rst", "client"),
    ("host-rebooted", "session", "rst", "server-kernel"),
    ("host-unreachable", "tcp-connect", "icmp timeout", "network unknown"),
    ("hostkey-rejected-by-client", "key-exchange new-keys", "fin rst", "client"),
    ("ids-both-sides-rst", ANY, "rst", "middlebox"),
    ("in-progress", ANY, "", ""),
    ("ip-options-refused", "pre-banner", "fin rst", "server-app unknown"),
    ("kex-hang-cpu", "key-exchange", "timeout", "client"),
    ("kex-signature-or-libcrypto-failure", "key-exchange new-keys", "fin rst", "client"),
    ("kexinit-too-big-for-peer", "kexinit", "fin rst", "server-app"),
    ("kexinit-waits-for-peer", "banner kexinit", "timeout", "client server-app"),
    ("lb-no-backend", "pre-banner", "fin rst", "server-app"),
    ("login-grace-timeout", EARLY, "fin rst", "server-app"),
    ("maxstartups-drop", "pre-banner", "fin rst", "server-app server-kernel"),
    ("middlebox-closed", ANY, "fin", "middlebox"),
    ("middlebox-reset", ANY, "rst", "middlebox unknown"),
    ("mtu-icmp-ignored", ANY, "timeout", "network"),
    ("nat-rebind", "pre-banner session", "rst", "server-kernel"),
    ("newkeys-then-mac-error", "new-keys authentication", "fin rst", "server-app client"),
    ("no-common-cipher", "kexinit", "fin rst", "both client server-app server-kernel"),
    ("no-common-compression", "kexinit", "fin rst", "both client server-app server-kernel"),
    ("no-common-hostkey", "kexinit", "fin rst", "both client server-app server-kernel"),
    ("no-common-kex", "kexinit", "fin rst", "both client server-app server-kernel"),
    ("no-common-mac", "kexinit", "fin rst", "both client server-app server-kernel"),
    ("normal-close", "session", "fin rst", "client"),
    ("not-ssh-http", "banner", "fin rst timeout", "client server-app server-kernel"),
    ("not-ssh-on-port", "pre-banner banner", "fin rst timeout", "client server-app server-kernel unknown"),
    ("not-ssh-other", "banner", "fin rst timeout", "client server-app server-kernel network"),
    ("not-ssh-smtp-ftp", "banner", "fin rst timeout", "client server-app server-kernel network"),
    ("not-ssh-tls", "banner", "fin rst timeout", "client server-app server-kernel"),
    ("packet-invalid", "banner kexinit key-exchange new-keys", "fin rst timeout", "client server-app"),
    ("path-loss", EARLY, "timeout", "network"),
    ("persource-penalty", "pre-banner", "fin rst", "server-app server-kernel unknown"),
    ("pmtu-blackhole-c2s", ANY, "fin timeout", "network"),
    ("pmtu-blackhole-s2c", ANY, "fin timeout", "network"),
    ("port-scan", "tcp-connect pre-banner banner", "rst fin timeout", "client server-kernel unknown"),
    ("protocol-major-mismatch", "banner", "fin rst timeout", "client server-app"),
    ("proxy-protocol-to-sshd", "banner", "fin rst", "server-app server-kernel client"),
    ("rate-limit-drop", "tcp-connect", "icmp rst timeout", "server-kernel middlebox unknown"),
    ("refuse-connection-rule", "authentication", "fin rst", "server-app"),
    ("rekey-failure", "session", "fin rst timeout", "client server-app"),
    ("rst-by-client", ANY, "rst", "client"),
    ("rst-ignored-challenge", ANY, "", ""),
    ("rst-injected", ANY, "rst timeout", "middlebox"),
    ("server-alive-timeout", "session", "timeout", "client"),
    ("server-closed", EARLY, "fin", "server-app"),
    ("server-closes-after-auth-request", "authentication", "fin rst", "server-app"),
    ("server-dies-in-kex", "key-exchange new-keys", "fin rst", "server-app"),
    (
        "server-reset",
        "tcp-connect pre-banner banner kexinit key-exchange new-keys authentication",
        "rst",
        "server-app server-kernel",
    ),
    ("server-restart-during-kex", "banner kexinit key-exchange new-keys", "fin rst", "server-app"),
    ("server-says-text-then-close", "pre-banner banner", "fin rst", "server-app server-kernel client"),
    ("server-silent", "pre-banner banner kexinit", "timeout", "client"),
    ("session-process-killed", "session", "fin rst", "server-app"),
    ("session-reset-by-firewall-idle", "session", "rst", "middlebox"),
    ("session-silent-drop", "session", "timeout", "middlebox network unknown"),
    ("slow-banner-dns", "pre-banner banner kexinit", "timeout fin rst", "client server-app"),
    ("sshd-auth-crash", "authentication", "fin rst", "server-app"),
    ("sshd-not-accepting", "pre-banner", "timeout", "client"),
    ("stateful-fw-late-drop", "pre-banner banner", "timeout", "middlebox network"),
    ("strict-kex-violation", "kexinit key-exchange new-keys", "fin rst", "client server-app"),
    ("syn-no-answer", "tcp-connect", "timeout", "server-kernel unknown"),
    ("syn-proxy-then-rst", "pre-banner", "rst fin timeout", "middlebox"),
    ("synack-lost", "tcp-connect", "timeout", "client middlebox network"),
    ("tarpit", "banner", "fin rst", "client"),
    ("tcp-wrappers-deny", "pre-banner", "fin rst", "server-app server-kernel unknown"),
    ("too-many-auth-failures", "authentication", "fin rst", "server-app client"),
    ("unused-channel-timeout", "session", "fin", "server-app"),
];

/// Diagnoses of a connection that may still be open: by what a side has said, by who it is, or by how long it has waited. All others
/// are about an end.
const MAY_BE_OPEN: &[&str] = &[
    "auth-none-response-hang",
    "capture-truncated",
    "client-banner-invalid",
    "disconnect-in-clear",
    "duplicate-ip",
    "in-progress",
    "kexinit-waits-for-peer",
    "maxstartups-drop",
    "no-common-cipher",
    "no-common-compression",
    "no-common-hostkey",
    "no-common-kex",
    "no-common-mac",
    "not-ssh-http",
    "not-ssh-on-port",
    "not-ssh-other",
    "not-ssh-smtp-ftp",
    "not-ssh-tls",
    "packet-invalid",
    "persource-penalty",
    "port-scan",
    "protocol-major-mismatch",
    "proxy-protocol-to-sshd",
    "server-silent",
    "slow-banner-dns",
    "tarpit",
];

/// Where `ended` and the verdict of a connection contradict each other.
fn contradiction(judged: &Judged) -> Option<String> {
    let ended = &judged.judgement.ended;
    let (phase, how, by) = (ended.phase.word(), ended.how.word(), ended.by.word());
    let Some(verdict) = judged.judgement.verdict() else {
        return Some(format!("no verdict: {how} by {by} in {phase}"));
    };
    let (_, phases, hows, bys) = STORIES.iter().find(|story| story.0 == verdict.id)?;
    let among = |words: &str, word: &str| words.split(' ').any(|one| one == word);
    let nobody = how == "none" && by == "none" && MAY_BE_OPEN.contains(&verdict.id);
    let fits = among(phases, phase) && (nobody || (among(hows, how) && among(bys, by)));
    let (id, forged) = (verdict.id, if ended.forged { " (forged)" } else { "" });
    (!fits).then(|| format!("{id}: {how}{forged} by {by} in {phase}: {}", ended.argument))
}

/// The capture, its parts, and what is left where the tap lost some of it.
fn variants(capture: &[Packet], name: &str) -> Vec<(String, Vec<Packet>)> {
    const PARTS: usize = 6;
    const SEEDS: u64 = 18;
    /// Percent that a tap loses.
    const LOST: [usize; 6] = [3, 6, 12, 12, 20, 35];
    let mut all = vec![("whole".to_owned(), capture.to_vec())];
    for part in 1..PARTS {
        let at = capture.len() * part / PARTS;
        all.push((format!("up to packet {at}"), capture[..at].to_vec()));
        all.push((format!("from packet {}", at + 1), capture[at..].to_vec()));
    }
    for seed in 0..SEEDS {
        let mut random = Random::named(name, seed);
        let lost = LOST[usize::try_from(seed).unwrap() % LOST.len()];
        let kept = capture.iter().filter(|_| !random.percent(lost)).cloned().collect();
        all.push((format!("{lost} % lost"), kept));
    }
    all
}

fn contradictions(name: &str, packets: &[Packet], ports: &[u16]) -> Vec<String> {
    let mut found = Vec::new();
    for (what, part) in variants(packets, name) {
        for judged in judge(&part, ports) {
            found.extend(contradiction(&judged).map(|text| format!("{name}, {what}: {text}")));
        }
    }
    found
}

#[test]
fn the_end_and_the_verdict_tell_one_story() {
    let mut wrong = Vec::new();
    for capture in loaded() {
        wrong.extend(contradictions(capture.name(), &capture.packets, &capture.ports));
    }
    for scenario in heldout() {
        let ports = crate::labelled::ports(&scenario);
        wrong.extend(contradictions(&scenario.name, &read(&scenario.capture), &ports));
    }
    let first = wrong.iter().take(50).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} contradictions:\n{first}", wrong.len());
}

#[test]
fn every_diagnosis_has_its_story() {
    let missing: Vec<_> =
        catalogue::ids().into_iter().filter(|id| !STORIES.iter().any(|story| story.0 == *id)).collect();
    assert!(missing.is_empty(), "no story: {missing:?}");
    let unknown: Vec<_> =
        STORIES.iter().map(|story| &story.0).chain(MAY_BE_OPEN).filter(|id| !catalogue::ids().contains(**id)).collect();
    assert!(unknown.is_empty(), "no such diagnosis: {unknown:?}");
}
