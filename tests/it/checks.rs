//! What people are told to check for "Connection reset" and its kin stands where the packets point to it: on the page of a diagnosis,
//! and in what a report says (how to settle it, what to do).

use crate::labelled::{analyze, ports, scenarios};
use crate::made::{Talk, judge, packet, reply, string};
use sshwire::analyzer::Judged;
use sshwire::diagnose::{Remedy, catalogue};
use sshwire::explain::pages;
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

/// What costs safety, wherever it stands.
const HARMFUL: &[&str] = &[
    "DEFAULT:SHA1",
    "+ssh-rsa",
    "=ssh-rsa",
    "+ssh-dss",
    "group1-sha1",
    "group14-sha1",
    "-cbc",
    "hmac-sha1 ",
    "hmac-md5",
    "rp_filter=",
    "be_liberal",
    "ufw delete limit",
    "PerSourcePenalties authfail",
    "ssh-keygen -R",
    "StrictHostKeyChecking no",
    "PasswordAuthentication yes",
    "PermitRootLogin yes",
    "setenforce",
    "ufw disable",
    "iptables -F",
];

/// Words that say so; for a host key that is forgotten, that it is compared first.
const HARM: &[&str] =
    &["weak", "broken", "takes away", "lowers the protection", "never", "whole system", "whole machine", "compar"];

/// The numbered parts of a page's remedy; one part where nothing is numbered.
fn steps(page: &str) -> Vec<String> {
    let remedy = page.split_once("\n## Remedy\n").map_or("", |(_, rest)| rest);
    let remedy = remedy.split("\n## ").next().unwrap_or_default();
    let mut steps = vec![String::new()];
    for line in remedy.lines() {
        let numbered = line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok());
        if numbered && !steps.last().unwrap().is_empty() {
            steps.push(String::new());
        }
        *steps.last_mut().unwrap() += &format!("{line}\n");
    }
    steps
}

/// What is wrong with steps in their order: one that harms and does not say so, or that comes before one that does not harm.
fn wrong_steps(steps: &[String]) -> Vec<String> {
    let harmful: Vec<bool> = steps.iter().map(|step| has(HARMFUL, step)).collect();
    let mut wrong: Vec<String> = Vec::new();
    for (step, _) in steps.iter().zip(&harmful).filter(|(_, harms)| **harms) {
        if !has(HARM, step) {
            wrong.push(format!("does not say what it costs: {step}"));
        }
    }
    if harmful[0] && harmful.contains(&false) {
        wrong.push(format!("the harmful first: {}", steps[0]));
    }
    wrong
}

#[test]
fn what_harms_says_so_and_does_not_come_first() {
    let mut wrong = Vec::new();
    let pages = catalogue::all().map(|diagnosis| (diagnosis.id, diagnosis.page));
    for (id, page) in pages.chain(pages::PAGES.iter().map(|page| (page.id, page.text))) {
        wrong.extend(wrong_steps(&steps(page)).into_iter().map(|what| format!("page {id}: {what}")));
    }
    for scenario in scenarios() {
        for judged in analyze(&scenario.capture, ports(&scenario)) {
            for finding in judged.judgement.findings.iter().filter(|finding| !finding.remedies.is_empty()) {
                let step =
                    |remedy: &Remedy| format!("{} {} ", remedy.text, remedy.command.as_deref().unwrap_or_default());
                let steps: Vec<String> = finding.remedies.iter().map(step).collect();
                let named = |what| format!("report on {}, {}: {what}", scenario.name, finding.id);
                wrong.extend(wrong_steps(&steps).into_iter().map(named));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pasted as it stands, a command goes to the server's own port.
#[test]
fn commands_go_to_the_port_of_the_server() {
    let mut talk = Talk::new(10, 40_900, 5_000.0);
    talk.server_port = 2222;
    talk.handshake().identify("SSH-2.0-OpenSSH_9.6").kexinits("curve25519-sha256");
    talk.say(true, &packet(&[&[30][..], &string(&[9; 32])].concat())).say(false, &reply()).close(true);
    let judged = judge(&[&talk], 20_000.0).remove(0);
    let commands: Vec<String> = judged
        .judgement
        .findings
        .iter()
        .flat_map(|finding| &finding.remedies)
        .filter_map(|remedy| remedy.command.as_deref().map(ToString::to_string))
        .collect();
    assert!(commands.contains(&"ssh-keygen -R '[203.0.113.20]:2222'".to_owned()), "{commands:?}");
    let mut talk = Talk::new(10, 40_901, 5_000.0);
    talk.server_port = 2222;
    talk.handshake().identify("SSH-2.0-OpenSSH_9.6").kexinits("curve25519-sha256");
    talk.say(true, &packet(&[&[30][..], &string(&[9; 32])].concat())).close(false);
    let judged = judge(&[&talk], 20_000.0).remove(0);
    let verdict = judged.judgement.verdict().unwrap();
    let of_ssh = verdict.remedies.iter().filter_map(|remedy| remedy.command.as_deref()).find(|c| c.starts_with("ssh "));
    assert_eq!(verdict.id, "server-dies-in-kex");
    assert!(of_ssh.is_some_and(|command| command.ends_with(" -p 2222 203.0.113.20")), "{of_ssh:?}");
}

/// Debian's unit is `ssh`, that of RHEL `sshd`: a log that is asked for is found on both.
#[test]
fn logs_are_found_on_debian_and_rhel() {
    for (id, text) in told() {
        let one_alone = text.lines().find(|line| line.contains("-u ssh ") && !line.contains("-u sshd"));
        assert_eq!(one_alone, None, "{id}");
    }
}
