//! What people are told to check for "Connection reset" and its kin stands where the packets point to it: on the page of a diagnosis,
//! and in what a report says (how to settle it, what to do).

use crate::labelled::{analyze, ports, scenarios};
use sshwire::analyzer::Judged;
use sshwire::diagnose::catalogue;
use std::collections::BTreeMap;

struct Check {
    /// What is to be checked.
    what: &'static str,
    /// Words of which one must stand there.
    words: &'static [&'static str],
    /// Diagnoses whose page must have one of them.
    pages: &'static [&'static str],
    /// Diagnoses of which the report itself must have one.
    reports: &'static [&'static str],
}

const CHECKS: &[Check] = &[
    Check {
        what: "the service is down",
        words: &["systemctl status ssh", "systemctl restart ssh", "systemctl start ssh", "ss -ltnp", "ss -ltn"],
        pages: &["closed-port", "sshd-not-accepting", "child-dies-before-banner", "lb-no-backend"],
        reports: &["closed-port", "sshd-not-accepting", "child-dies-before-banner"],
    },
    Check {
        what: "sshd's configuration",
        words: &["sshd -t"],
        pages: &["closed-port", "child-dies-before-banner", "banner-then-close", "maxstartups-drop"],
        reports: &["closed-port", "child-dies-before-banner", "banner-then-close", "maxstartups-drop"],
    },
    Check {
        what: "ufw",
        words: &["ufw "],
        pages: &["fw-reject-rst", "fw-reject-icmp", "syn-no-answer", "synack-lost", "rate-limit-drop"],
        reports: &["fw-reject-rst", "fw-reject-icmp", "syn-no-answer", "rate-limit-drop"],
    },
    Check {
        what: "firewalld",
        words: &["firewall-cmd"],
        pages: &["fw-reject-rst", "fw-reject-icmp", "syn-no-answer", "rate-limit-drop"],
        reports: &["fw-reject-rst", "fw-reject-icmp", "syn-no-answer", "rate-limit-drop"],
    },
    Check {
        what: "iptables and nftables",
        words: &["nft list ruleset", "iptables -S", "iptables -L"],
        pages: &[
            "fw-reject-rst",
            "fw-reject-icmp",
            "syn-no-answer",
            "synack-lost",
            "rate-limit-drop",
            "syn-proxy-then-rst",
            "banned-by-fail2ban",
            "stateful-fw-late-drop",
        ],
        reports: &[
            "fw-reject-rst",
            "fw-reject-icmp",
            "syn-no-answer",
            "synack-lost",
            "rate-limit-drop",
            "syn-proxy-then-rst",
        ],
    },
    Check {
        what: "a cloud's security group",
        words: &["security group"],
        pages: &["syn-no-answer", "cloud-security-group-drop", "lb-no-backend"],
        reports: &["syn-no-answer"],
    },
    Check {
        what: "hosts.deny",
        words: &["hosts.deny"],
        pages: &["tcp-wrappers-deny"],
        reports: &["tcp-wrappers-deny", "server-closed"],
    },
    Check {
        what: "AllowUsers, DenyUsers, Match",
        words: &["AllowUsers", "DenyUsers"],
        pages: &["auth-denied"],
        reports: &["auth-denied"],
    },
    Check {
        what: "Match blocks",
        words: &["Match"],
        pages: &["auth-denied", "refuse-connection-rule"],
        reports: &["auth-denied"],
    },
    Check {
        what: "MaxStartups",
        words: &["MaxStartups"],
        pages: &["maxstartups-drop", "login-grace-timeout"],
        reports: &["maxstartups-drop", "login-grace-timeout"],
    },
    Check { what: "MaxSessions", words: &["MaxSessions"], pages: &["maxstartups-drop"], reports: &[] },
    Check {
        what: "fail2ban and its like",
        words: &["fail2ban"],
        pages: &["banned-by-fail2ban", "fw-reject-icmp", "syn-no-answer", "brute-force"],
        reports: &["banned-by-fail2ban", "fw-reject-icmp"],
    },
    Check {
        what: "DenyHosts",
        words: &["DenyHosts", "denyhosts"],
        pages: &["tcp-wrappers-deny", "banned-by-fail2ban"],
        reports: &["tcp-wrappers-deny"],
    },
    Check {
        what: "SELinux",
        words: &["SELinux", "ausearch", "restorecon"],
        pages: &["child-dies-before-banner", "auth-denied", "closed-port"],
        reports: &["child-dies-before-banner"],
    },
    Check {
        what: "overload",
        words: &["uptime", "top,", "oom", "out of memory", "load"],
        pages: &[
            "sshd-not-accepting",
            "slow-banner-dns",
            "kex-hang-cpu",
            "session-process-killed",
            "accept-queue-overflow",
        ],
        reports: &["sshd-not-accepting", "kex-hang-cpu", "session-process-killed"],
    },
    Check {
        what: "the MTU",
        words: &["ping -M do", "MTU", "mtu"],
        pages: &["pmtu-blackhole-c2s", "pmtu-blackhole-s2c", "mtu-icmp-ignored", "fragment-lost"],
        reports: &["pmtu-blackhole-c2s", "pmtu-blackhole-s2c", "mtu-icmp-ignored", "fragment-lost"],
    },
    Check {
        what: "keepalives",
        words: &["ServerAliveInterval", "ClientAliveInterval"],
        pages: &[
            "session-reset-by-firewall-idle",
            "session-silent-drop",
            "nat-rebind",
            "server-alive-timeout",
            "client-alive-timeout",
        ],
        reports: &[
            "session-reset-by-firewall-idle",
            "session-silent-drop",
            "nat-rebind",
            "server-alive-timeout",
            "client-alive-timeout",
        ],
    },
    Check {
        what: "the log of Debian and of RHEL",
        words: &["-u ssh -u sshd", "-u ssh "],
        pages: &[
            "auth-denied",
            "maxstartups-drop",
            "child-dies-before-banner",
            "server-closed",
            "server-dies-in-kex",
            "login-grace-timeout",
        ],
        reports: &["maxstartups-drop", "child-dies-before-banner", "server-closed", "server-dies-in-kex"],
    },
    Check {
        what: "log files where there is no journal",
        words: &["/var/log/auth.log", "/var/log/secure"],
        pages: &["auth-denied", "maxstartups-drop", "tcp-wrappers-deny", "child-dies-before-banner"],
        reports: &["auth-denied"],
    },
];

fn has(words: &[&str], text: &str) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// What the reports on all labelled captures say of a diagnosis beside its reasons.
fn told() -> BTreeMap<&'static str, String> {
    let mut told: BTreeMap<&'static str, String> = BTreeMap::new();
    let mut add = |judged: &Judged| {
        for finding in &judged.judgement.findings {
            let text = told.entry(finding.id).or_default();
            finding.settle.iter().for_each(|line| *text += &format!("{line}\n"));
            for remedy in &finding.remedies {
                let command = remedy.command.as_deref().unwrap_or_default();
                *text += &format!("{}\n{command}\n", remedy.text);
            }
        }
    };
    for scenario in scenarios() {
        analyze(&scenario.capture, ports(&scenario)).iter().for_each(&mut add);
    }
    told
}

#[test]
fn what_people_are_told_to_check_stands_where_the_packets_point_to_it() {
    let told = told();
    let mut missing = Vec::new();
    for Check { what, words, pages, reports } in CHECKS {
        for id in *pages {
            let page = catalogue::find(id).unwrap_or_else(|| panic!("no page {id}")).page;
            if !has(words, page) {
                missing.push(format!("{what}: not on the page of {id}"));
            }
        }
        for id in *reports {
            if !told.get(id).is_some_and(|text| has(words, text)) {
                missing.push(format!("{what}: not in a report of {id}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Every remedy that is a page's first must not be one that it calls harmful.
#[test]
fn the_first_remedy_is_no_harmful_one() {
    const HARM: &[&str] = &["weakens", "takes away a protection", "less safe", "unsafe"];
    let mut wrong = Vec::new();
    for diagnosis in catalogue::all() {
        let remedy = diagnosis.page.split_once("\n## Remedy\n").map_or("", |(_, rest)| rest);
        let remedy = remedy.split("\n## ").next().unwrap_or_default();
        let first = remedy.split("\n2. ").next().unwrap_or_default();
        if remedy.contains("\n2. ") && has(HARM, first) {
            wrong.push(diagnosis.id);
        }
        if !["Verify", "verify"].iter().any(|word| remedy.contains(word)) {
            wrong.push(diagnosis.id);
        }
    }
    assert!(wrong.is_empty(), "harm first, or no way to verify: {wrong:?}");
}
