//! The registry of diagnoses. Adding one is a file `<id>.rs`, its page `<id>.md` and one line here.
//!
//! The order is the precedence: the first that applies leads the report, the others are listed behind it. What is said in
//! clear text comes before what is measured, what is measured before what is only fitting (damaged evidence first).

mod build;
mod foreign;

pub use build::Detected;

use super::case::Case;

/// One diagnosis of the catalogue.
#[derive(Debug)]
pub struct Diagnosis {
    /// Its id, a public promise.
    pub id: &'static str,
    /// Its page, Markdown.
    pub page: &'static str,
    detect: fn(&Case<'_>) -> Option<Detected>,
}

impl Diagnosis {
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
    client_banner_invalid = "client-banner-invalid",
    // ICMP errors, and resets in answer to a SYN.
    banned_by_fail2ban = "banned-by-fail2ban",
    fw_reject_icmp = "fw-reject-icmp",
    host_unreachable = "host-unreachable",
    fw_reject_rst = "fw-reject-rst",
    closed_port = "closed-port",
    // Forged resets.
    dpi_reset_on_banner = "dpi-reset-on-banner",
    // The server closes, by phase.
    tcp_wrappers_deny = "tcp-wrappers-deny",
    dropbear_max_unauth = "dropbear-max-unauth",
    kexinit_too_big_for_peer = "kexinit-too-big-for-peer",
    banner_then_close = "banner-then-close",
    // Timers.
    banner_timeout_client_silent = "banner-timeout-client-silent",
    // Silence: something is dropped, or somebody does not answer.
    slow_banner_dns = "slow-banner-dns",
    accept_queue_overflow = "accept-queue-overflow",
    synack_lost = "synack-lost",
    dpi_silent_drop = "dpi-silent-drop",
    stateful_fw_late_drop = "stateful-fw-late-drop",
    sshd_not_accepting = "sshd-not-accepting",
    server_silent = "server-silent",
    syn_no_answer = "syn-no-answer",
    // Clients that want no SSH.
    port_scan = "port-scan",
    health_check_probe = "health-check-probe",
    // Hypotheses.
    child_dies_before_banner = "child-dies-before-banner",
    lb_no_backend = "lb-no-backend",
    not_ssh_on_port = "not-ssh-on-port",
}

/// The diagnosis of an id.
pub fn find(id: &str) -> Option<&'static Diagnosis> {
    REGISTRY.iter().find(|diagnosis| diagnosis.id == id)
}

/// The page of an id.
pub fn page(id: &str) -> Option<&'static str> {
    find(id).map(|diagnosis| diagnosis.page)
}

/// Everything that applies to a case, the leading one first.
pub fn detect(case: &Case<'_>) -> Vec<Detected> {
    let mut found: Vec<Detected> = REGISTRY.iter().filter_map(|diagnosis| (diagnosis.detect)(case)).collect();
    let general = found.iter().position(Detected::is_general);
    // Beside a specific diagnosis, however unsure, the general ones only repeat `ended`.
    if general.is_some_and(|at| at > 0) {
        found.retain(|detected| !detected.is_general());
    }
    found
}
