//! The registry of diagnoses. Adding one is a file `<id>.rs`, its page `<id>.md` and one line here.
//!
//! The order is the precedence: the first that applies leads the report, the others are listed behind it. What is said in
//! clear text comes before what is measured, what is measured before what is only fitting (damaged evidence first).

mod build;
mod foreign;
mod general;
mod no_common;
mod pmtu;
mod session_loss;

pub use build::Detected;

use super::case::Case;
use super::finding::Confidence;

/// One diagnosis of the catalogue.
#[derive(Debug)]
pub struct Diagnosis {
    /// Its id, a public promise.
    pub id: &'static str,
    /// Its page, Markdown.
    pub page: &'static str,
    detect: fn(&Case<'_>) -> Option<Detected>,
}

/// What a leading diagnosis makes of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It failed.
    Failure,
    /// It did what it was meant to do.
    Healthy,
    /// It was going on when the capture ended.
    Open,
    /// The capture does not tell.
    Unclear,
}

impl Severity {
    /// What the diagnosis of an id makes of the connection if it leads.
    pub fn of(id: &str) -> Self {
        match id {
            "normal-close" | "health-check-probe" => Self::Healthy,
            "in-progress" => Self::Open,
            "capture-truncated" | "closed-login-unclear" => Self::Unclear,
            _ => Self::Failure,
        }
    }
}

impl Diagnosis {
    /// What it makes of the connection if it leads.
    pub fn severity(&self) -> Severity {
        Severity::of(self.id)
    }

    /// What happened, in one line: the title of the page.
    pub fn title(&self) -> &'static str {
        let first = self.page.lines().next().unwrap_or_default();
        first.split_once(": ").map_or(self.id, |(_, title)| title)
    }
}

macro_rules! registry {
    ($($module:ident = $id:literal),+ $(,)?) => {
        $(mod $module;)+
        /// Every diagnosis, in order of precedence.
        pub static REGISTRY: &[Diagnosis] = &[
            $(Diagnosis { id: $id, page: include_str!(concat!(stringify!($module), ".md")), detect: $module::detect }),+
        ];
    };
}

registry! {
    // What is said in clear text, protocol bytes.
    duplicate_ip = "duplicate-ip",
    persource_penalty = "persource-penalty",
    maxstartups_drop = "maxstartups-drop",
    not_ssh_http = "not-ssh-http",
    not_ssh_tls = "not-ssh-tls",
    not_ssh_smtp_ftp = "not-ssh-smtp-ftp",
    tarpit = "tarpit",
    server_says_text_then_close = "server-says-text-then-close",
    not_ssh_other = "not-ssh-other",
    protocol_major_mismatch = "protocol-major-mismatch",
    proxy_protocol_to_sshd = "proxy-protocol-to-sshd",
    client_banner_invalid = "client-banner-invalid",
    banner_noncompliant = "banner-noncompliant",
    strict_kex_violation = "strict-kex-violation",
    no_common_kex = "no-common-kex",
    no_common_hostkey = "no-common-hostkey",
    no_common_cipher = "no-common-cipher",
    no_common_mac = "no-common-mac",
    no_common_compression = "no-common-compression",
    // ICMP errors, and resets in answer to a SYN.
    banned_by_fail2ban = "banned-by-fail2ban",
    rate_limit_drop = "rate-limit-drop",
    fw_reject_icmp = "fw-reject-icmp",
    host_unreachable = "host-unreachable",
    fw_reject_rst = "fw-reject-rst",
    closed_port = "closed-port",
    // Resets that their alleged sender did not send.
    syn_proxy_then_rst = "syn-proxy-then-rst",
    session_reset_by_firewall_idle = "session-reset-by-firewall-idle",
    dpi_reset_on_banner = "dpi-reset-on-banner",
    dpi_reset_on_kexinit = "dpi-reset-on-kexinit",
    ids_both_sides_rst = "ids-both-sides-rst",
    rst_injected = "rst-injected",
    // Sizes that do not pass.
    mtu_icmp_ignored = "mtu-icmp-ignored",
    fragment_lost = "fragment-lost",
    pmtu_blackhole_c2s = "pmtu-blackhole-c2s",
    pmtu_blackhole_s2c = "pmtu-blackhole-s2c",
    // What one end did, by the step it did it at.
    server_restart_during_kex = "server-restart-during-kex",
    ip_options_refused = "ip-options-refused",
    tcp_wrappers_deny = "tcp-wrappers-deny",
    dropbear_max_unauth = "dropbear-max-unauth",
    kexinit_too_big_for_peer = "kexinit-too-big-for-peer",
    kexinit_waits_for_peer = "kexinit-waits-for-peer",
    banner_then_close = "banner-then-close",
    dh_gex_size_refused = "dh-gex-size-refused",
    kex_signature_or_libcrypto_failure = "kex-signature-or-libcrypto-failure",
    hostkey_rejected_by_client = "hostkey-rejected-by-client",
    disconnect_in_clear = "disconnect-in-clear",
    server_dies_in_kex = "server-dies-in-kex",
    packet_invalid = "packet-invalid",
    newkeys_then_mac_error = "newkeys-then-mac-error",
    auth_none_response_hang = "auth-none-response-hang",
    sshd_auth_crash = "sshd-auth-crash",
    too_many_auth_failures = "too-many-auth-failures",
    auth_denied = "auth-denied",
    // Timers.
    banner_timeout_client_silent = "banner-timeout-client-silent",
    login_grace_timeout = "login-grace-timeout",
    client_alive_timeout = "client-alive-timeout",
    server_alive_timeout = "server-alive-timeout",
    // Silence: something is dropped, or somebody does not answer.
    slow_banner_dns = "slow-banner-dns",
    kex_hang_cpu = "kex-hang-cpu",
    accept_queue_overflow = "accept-queue-overflow",
    synack_lost = "synack-lost",
    dpi_silent_drop = "dpi-silent-drop",
    stateful_fw_late_drop = "stateful-fw-late-drop",
    sshd_not_accepting = "sshd-not-accepting",
    server_silent = "server-silent",
    syn_no_answer = "syn-no-answer",
    session_silent_drop = "session-silent-drop",
    path_loss = "path-loss",
    // Clients that want no SSH.
    port_scan = "port-scan",
    health_check_probe = "health-check-probe",
    // What only fits.
    refuse_connection_rule = "refuse-connection-rule",
    server_closes_after_auth_request = "server-closes-after-auth-request",
    nat_rebind = "nat-rebind",
    rekey_failure = "rekey-failure",
    host_rebooted = "host-rebooted",
    normal_close = "normal-close",
    unused_channel_timeout = "unused-channel-timeout",
    session_process_killed = "session-process-killed",
    child_dies_before_banner = "child-dies-before-banner",
    lb_no_backend = "lb-no-backend",
    not_ssh_on_port = "not-ssh-on-port",
    rst_by_client = "rst-by-client",
    // Beside others: they explain no end.
    rst_ignored_challenge = "rst-ignored-challenge",
    brute_force = "brute-force",
    // The capture's own faults, and no more than where, how and by whom.
    capture_truncated = "capture-truncated",
    middlebox_reset = "middlebox-reset",
    middlebox_closed = "middlebox-closed",
    server_reset = "server-reset",
    server_closed = "server-closed",
    client_reset = "client-reset",
    closed_login_unclear = "closed-login-unclear",
    client_closed = "client-closed",
    in_progress = "in-progress",
}

/// Diagnoses that no packet decides. They have a page, and the nearest that can be decided names them.
pub static PAGES: &[Diagnosis] = &[Diagnosis {
    id: "cloud-security-group-drop",
    page: include_str!("cloud_security_group_drop.md"),
    detect: |_| None,
}];

/// Everything that has a page.
pub fn all() -> impl Iterator<Item = &'static Diagnosis> {
    REGISTRY.iter().chain(PAGES)
}

/// The diagnosis of an id.
pub fn find(id: &str) -> Option<&'static Diagnosis> {
    all().find(|diagnosis| diagnosis.id == id)
}

/// The page of an id.
pub fn page(id: &str) -> Option<&'static str> {
    find(id).map(|diagnosis| diagnosis.page)
}

/// Everything that applies to a case, the leading one first.
pub fn detect(case: &Case<'_>) -> Vec<Detected> {
    let mut found: Vec<Detected> = Vec::new();
    for diagnosis in REGISTRY {
        if let Some(detected) = (diagnosis.detect)(case) {
            found.push(detected);
        }
    }
    // Beside a specific diagnosis, however unsure, the general ones only repeat `ended`.
    if found.iter().any(|detected| detected.may_lead() && !detected.is_general()) {
        found.retain(|detected| !detected.is_general());
    }
    let guesses_wait = found.iter().any(Detected::is_before_guesses);
    let is_guess = |detected: &Detected| {
        let failure = Severity::of(detected.finding.id) == Severity::Failure;
        failure && detected.finding.confidence == Confidence::Possible
    };
    found.sort_by_key(|detected| match () {
        () if !detected.may_lead() => 3,
        () if guesses_wait && is_guess(detected) => 2,
        () if detected.is_before_guesses() => 1,
        () => 0,
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const HEADINGS: [&str; 7] = [
        "## What is seen",
        "## What it means",
        "## Why it happens",
        "## How to be sure",
        "## Remedy",
        "## Look-alikes",
        "## References",
    ];

    #[test]
    fn every_page_has_its_id_and_the_same_parts() {
        for diagnosis in all() {
            let (id, page) = (diagnosis.id, diagnosis.page);
            assert!(page.starts_with(&format!("# {id}: ")), "{id}: the first line names another id");
            let headings: Vec<&str> = page.lines().filter(|line| line.starts_with("## ")).collect();
            assert_eq!(headings, HEADINGS, "{id}");
            assert!(page.lines().all(|line| line.len() <= 200), "{id}: a long line");
        }
    }

    #[test]
    fn ids_are_unique_and_pages_name_only_known_ones() {
        let ids: BTreeSet<&str> = all().map(|diagnosis| diagnosis.id).collect();
        assert_eq!(ids.len(), all().count());
        for diagnosis in all() {
            let look_alikes = diagnosis.page.split("## Look-alikes").nth(1).unwrap_or_default();
            let look_alikes = look_alikes.split("## ").next().unwrap_or_default();
            for word in look_alikes.split('`').skip(1).step_by(2) {
                let is_id = word.contains('-')
                    && word.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit());
                assert!(!is_id || ids.contains(word), "{}: `{word}` is no diagnosis", diagnosis.id);
            }
        }
    }
}
