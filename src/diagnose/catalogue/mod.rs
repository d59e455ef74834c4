//! The registry of diagnoses. Adding one is a file `<id>.rs`, its page `<id>.md` and one line here, which says what it needs (`needs.rs`).
//!
//! The order is the precedence: the first that applies leads the report, the others are listed behind it. What is said in
//! clear text comes before what is measured, what is measured before what is only fitting (damaged evidence first).

mod build;
mod foreign;
mod general;
mod needs;
mod no_common;
mod pmtu;
mod session_loss;

pub use build::Detected;

use super::case::Case;
use super::finding::Confidence;
use needs::Needs;

/// One diagnosis of the catalogue.
#[derive(Debug)]
pub struct Diagnosis {
    /// Its id, a public promise.
    pub id: &'static str,
    /// Its page, Markdown.
    pub page: &'static str,
}

type Detector = fn(&Case<'_>) -> Option<Detected>;

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
    ($($module:ident = $id:literal if $need:ident $(& $further:ident)*),+ $(,)?) => {
        $(mod $module;)+
        /// Every diagnosis, in order of precedence.
        pub static REGISTRY: &[Diagnosis] = &[
            $(Diagnosis { id: $id, page: include_str!(concat!(stringify!($module), ".md")) }),+
        ];
        /// Their detectors, with what each needs. Apart from the pages: they are asked for every connection.
        static DETECTORS: &[(Needs, Detector)] = &[
            $((needs::$need $(.and(needs::$further))*, $module::detect)),+
        ];
    };
}

registry! {
    // What is said in clear text, protocol bytes.
    duplicate_ip = "duplicate-ip" if ANSWER,
    persource_penalty = "persource-penalty" if WORDS,
    maxstartups_drop = "maxstartups-drop" if WORDS,
    not_ssh_http = "not-ssh-http" if FOREIGN,
    not_ssh_tls = "not-ssh-tls" if FOREIGN,
    not_ssh_smtp_ftp = "not-ssh-smtp-ftp" if FOREIGN,
    tarpit = "tarpit" if WORDS,
    server_says_text_then_close = "server-says-text-then-close" if WORDS & SERVER_CLOSE,
    not_ssh_other = "not-ssh-other" if BYTES,
    protocol_major_mismatch = "protocol-major-mismatch" if BYTES,
    proxy_protocol_to_sshd = "proxy-protocol-to-sshd" if FOREIGN,
    client_banner_invalid = "client-banner-invalid" if BYTES,
    banner_noncompliant = "banner-noncompliant" if BYTES & CLOSE,
    strict_kex_violation = "strict-kex-violation" if DISCONNECT,
    no_common_kex = "no-common-kex" if DISAGREEMENT,
    no_common_hostkey = "no-common-hostkey" if DISAGREEMENT,
    no_common_cipher = "no-common-cipher" if DISAGREEMENT,
    no_common_mac = "no-common-mac" if NEGOTIATION,
    no_common_compression = "no-common-compression" if DISAGREEMENT,
    // ICMP errors, and resets in answer to a SYN.
    banned_by_fail2ban = "banned-by-fail2ban" if NOTHING,
    rate_limit_drop = "rate-limit-drop" if NOTHING,
    fw_reject_icmp = "fw-reject-icmp" if ICMP,
    host_unreachable = "host-unreachable" if ICMP,
    fw_reject_rst = "fw-reject-rst" if ENDING_RESET,
    closed_port = "closed-port" if ENDING_RESET,
    // Resets that their alleged sender did not send.
    syn_proxy_then_rst = "syn-proxy-then-rst" if HANDSHAKE,
    session_reset_by_firewall_idle = "session-reset-by-firewall-idle" if FORGED_RESET & SESSION,
    dpi_reset_on_banner = "dpi-reset-on-banner" if FORGED_RESET & ENDING_RESET,
    dpi_reset_on_kexinit = "dpi-reset-on-kexinit" if FORGED_RESET & ENDING_RESET,
    ids_both_sides_rst = "ids-both-sides-rst" if FORGED_RESET & HANDSHAKE,
    rst_injected = "rst-injected" if RESET,
    // Sizes that do not pass.
    mtu_icmp_ignored = "mtu-icmp-ignored" if SILENCE & ICMP,
    fragment_lost = "fragment-lost" if SILENCE,
    pmtu_blackhole_c2s = "pmtu-blackhole-c2s" if BYTES,
    pmtu_blackhole_s2c = "pmtu-blackhole-s2c" if BYTES,
    // What one end did, by the step it did it at.
    server_restart_during_kex = "server-restart-during-kex" if SERVER_CLOSE,
    ip_options_refused = "ip-options-refused" if SERVER_CLOSE,
    tcp_wrappers_deny = "tcp-wrappers-deny" if SERVER_CLOSE,
    dropbear_max_unauth = "dropbear-max-unauth" if SERVER_CLOSE,
    kexinit_too_big_for_peer = "kexinit-too-big-for-peer" if SERVER_CLOSE & BYTES,
    kexinit_waits_for_peer = "kexinit-waits-for-peer" if BYTES,
    banner_then_close = "banner-then-close" if SERVER_CLOSE & BYTES,
    dh_gex_size_refused = "dh-gex-size-refused" if KEY_EXCHANGE,
    kex_signature_or_libcrypto_failure = "kex-signature-or-libcrypto-failure" if KEY_EXCHANGE,
    hostkey_rejected_by_client = "hostkey-rejected-by-client" if KEY_EXCHANGE,
    disconnect_in_clear = "disconnect-in-clear" if DISCONNECT,
    server_dies_in_kex = "server-dies-in-kex" if KEY_EXCHANGE & CLOSE,
    packet_invalid = "packet-invalid" if INVALID,
    newkeys_then_mac_error = "newkeys-then-mac-error" if AUTHENTICATION & CLOSE,
    auth_none_response_hang = "auth-none-response-hang" if LOGIN,
    sshd_auth_crash = "sshd-auth-crash" if AUTHENTICATION & CLOSE,
    too_many_auth_failures = "too-many-auth-failures" if AUTHENTICATION & CLOSE,
    auth_denied = "auth-denied" if AUTHENTICATION & CLOSE,
    // Timers.
    banner_timeout_client_silent = "banner-timeout-client-silent" if SERVER_CLOSE & BYTES,
    login_grace_timeout = "login-grace-timeout" if CLOSE & BYTES,
    client_alive_timeout = "client-alive-timeout" if SESSION,
    server_alive_timeout = "server-alive-timeout" if SILENCE,
    // Silence: something is dropped, or somebody does not answer.
    slow_banner_dns = "slow-banner-dns" if BYTES & HANDSHAKE,
    kex_hang_cpu = "kex-hang-cpu" if BYTES,
    accept_queue_overflow = "accept-queue-overflow" if NOTHING,
    synack_lost = "synack-lost" if SILENCE & ANSWER,
    dpi_silent_drop = "dpi-silent-drop" if SILENCE,
    stateful_fw_late_drop = "stateful-fw-late-drop" if SILENCE,
    sshd_not_accepting = "sshd-not-accepting" if SILENCE,
    server_silent = "server-silent" if BYTES,
    syn_no_answer = "syn-no-answer" if SILENCE,
    session_silent_drop = "session-silent-drop" if SESSION,
    path_loss = "path-loss" if SILENCE,
    // Clients that want no SSH.
    port_scan = "port-scan" if NOTHING,
    health_check_probe = "health-check-probe" if CLOSE,
    // What only fits.
    refuse_connection_rule = "refuse-connection-rule" if AUTHENTICATION & CLOSE,
    server_closes_after_auth_request = "server-closes-after-auth-request" if AUTHENTICATION & CLOSE,
    nat_rebind = "nat-rebind" if ENDING_RESET,
    rekey_failure = "rekey-failure" if SESSION,
    host_rebooted = "host-rebooted" if ENDING_RESET & SESSION,
    normal_close = "normal-close" if CLOSE,
    unused_channel_timeout = "unused-channel-timeout" if SESSION & CLOSE,
    session_process_killed = "session-process-killed" if SESSION & CLOSE,
    child_dies_before_banner = "child-dies-before-banner" if SERVER_CLOSE,
    lb_no_backend = "lb-no-backend" if SERVER_CLOSE,
    not_ssh_on_port = "not-ssh-on-port" if FOREIGN,
    rst_by_client = "rst-by-client" if ENDING_RESET,
    // Beside others: they explain no end.
    rst_ignored_challenge = "rst-ignored-challenge" if RESET,
    brute_force = "brute-force" if DENIAL,
    // The capture's own faults, and no more than where, how and by whom.
    capture_truncated = "capture-truncated" if NOTHING,
    middlebox_reset = "middlebox-reset" if RESET,
    middlebox_closed = "middlebox-closed" if NOTHING,
    server_reset = "server-reset" if RESET,
    server_closed = "server-closed" if NOTHING,
    client_reset = "client-reset" if RESET,
    closed_login_unclear = "closed-login-unclear" if AUTHENTICATION & CLOSE,
    client_closed = "client-closed" if NOTHING,
    in_progress = "in-progress" if OPEN,
}

/// Diagnoses that no packet decides. They have a page, and the nearest that can be decided names them.
pub static PAGES: &[Diagnosis] =
    &[Diagnosis { id: "cloud-security-group-drop", page: include_str!("cloud_security_group_drop.md") }];

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
    let met = Needs::met_by(case);
    for &(needs, detect) in DETECTORS {
        if met.meet(needs) {
            if let Some(detected) = detect(case) {
                found.push(detected);
            }
        } else if cfg!(debug_assertions) {
            let none = detect(case).map(|detected| detected.finding.id);
            assert_eq!(none, None, "applies without what it needs");
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
