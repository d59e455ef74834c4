//! Slots with nothing in common in; out what to type at the client or to configure at the server, the least harmful first.
//! Only names of the algorithm table get into a command: the offers are a stranger's text.

use super::algorithms::{self, Algorithm, Kind, OpenSshVersion, Strength};
use super::negotiation::{NoneInCommon, Slot};
use super::software::{Product, Software};
use crate::tcp::Side;

/// One thing that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemedyLine {
    /// At which end.
    pub side: Side,
    /// What it does and what it costs.
    pub text: String,
    /// What to paste, if there is anything.
    pub command: Option<String>,
    /// Where to paste it.
    pub form: Form,
    /// The trust that it gives up.
    pub harm: Strength,
}

/// What a [`RemedyLine::command`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A line for a shell.
    Shell,
    /// Lines of `sshd_config`.
    SshdConfig,
    /// Lines for the configuration mode of Cisco IOS.
    CiscoConfig,
}

/// Where the user wants to go, for commands. Both parts come from the caller and must be safe to paste.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// `user@HOST`.
    pub destination: &'a str,
    /// The server's port.
    pub port: u16,
}

/// What mends a failed negotiation. All failing slots are mended together: one alone would only show the next.
pub fn remedies(
    failing: &[NoneInCommon],
    client: &Software,
    server: &Software,
    target: &Target<'_>,
) -> Vec<RemedyLine> {
    let slots = one_per_option(failing);
    if slots.is_empty() {
        return Vec::new();
    }
    let mut lines = at_client(&slots, client, server, target);
    lines.extend(at_server(&slots, client, server));
    lines.extend(crypto_policies(&slots, Side::Server, server));
    lines.extend(crypto_policies(&slots, Side::Client, client));
    lines.sort_by_key(|line| line.harm);
    lines
}

/// The two directions of a cipher share one option.
fn one_per_option(failing: &[NoneInCommon]) -> Vec<&NoneInCommon> {
    let mut slots: Vec<&NoneInCommon> = Vec::new();
    for none in failing {
        if slots.iter().all(|known| option_of(known.slot) != option_of(none.slot)) {
            slots.push(none);
        }
    }
    slots
}

fn at_client(slots: &[&NoneInCommon], client: &Software, server: &Software, target: &Target<'_>) -> Vec<RemedyLine> {
    let Some(version) = client.openssh_version() else {
        return vec![update(Side::Client, client, slots)];
    };
    let mut picks = Vec::new();
    for none in slots {
        match best(none.slot.kind(), &none.server, version) {
            Some(row) => picks.push((none.slot, row)),
            None => return vec![out_of_reach(Side::Client, none, &none.server, version, server)],
        }
    }
    let options: String = picks
        .iter()
        .map(|(slot, row)| format!("-o {}={} ", option_of(*slot), client_value(*slot, row, version)))
        .collect();
    let port = if target.port == 22 { String::new() } else { format!("-p {} ", target.port) };
    let harm = worst(&picks);
    let dss = picks.iter().any(|(_, row)| row.name == "ssh-dss") && version >= OpenSshVersion::new(9, 8);
    let mut text = format!("Let this client use {} for this host{}", names(&picks), price(&picks));
    text.push_str(". To keep it, put it under `Host` in ~/.ssh/config, never in general");
    if dss {
        text.push_str(". OpenSSH 9.8 and 9.9 have ssh-dss only where they were built with it");
    }
    let command = Some(format!("ssh {options}{port}{}", target.destination));
    vec![RemedyLine { side: Side::Client, text, command, form: Form::Shell, harm }]
}

/// `+name` adds to the defaults since 7.0; before, an option gives the whole list.
fn client_value(slot: Slot, row: &Algorithm, version: OpenSshVersion) -> String {
    match slot.kind() {
        Kind::Compression => if row.name == "none" { "no" } else { "yes" }.to_owned(),
        _ if version >= PLUS => format!("+{}", row.name),
        _ => row.name.to_owned(),
    }
}

fn at_server(slots: &[&NoneInCommon], client: &Software, server: &Software) -> Vec<RemedyLine> {
    if server.is_network_gear {
        return gear(slots, server);
    }
    let Some(version) = server.openssh_version() else {
        return vec![update(Side::Server, server, slots)];
    };
    let mut picks = Vec::new();
    let mut key_is_missing = false;
    for none in slots {
        let Some(row) = best(none.slot.kind(), &none.client, version) else {
            return vec![out_of_reach(Side::Server, none, &none.client, version, client)];
        };
        key_is_missing |=
            none.slot == Slot::HostKey && !none.server.iter().any(|name| family(name) == family(row.name));
        picks.push((none.slot, row, *none));
    }
    let chosen: Vec<(Slot, &Algorithm)> = picks.iter().map(|(slot, row, _)| (*slot, *row)).collect();
    let mut lines = Vec::new();
    if key_is_missing {
        lines.push(missing_key(&chosen));
    }
    // A new key of a default type needs no line of its own.
    let needs_line =
        |slot: Slot, row: &Algorithm| !(slot == Slot::HostKey && key_is_missing && row.server_default.contain(version));
    let config: Vec<String> = picks
        .iter()
        .filter(|(slot, row, _)| needs_line(*slot, row))
        .map(|(slot, row, none)| format!("{} {}", option_of(*slot), server_value(*slot, row, &none.server, version)))
        .collect();
    if !config.is_empty() {
        lines.push(server_config(&chosen, config.join("\n"), version));
    }
    lines
}

fn server_config(chosen: &[(Slot, &Algorithm)], command: String, version: OpenSshVersion) -> RemedyLine {
    let mut text = format!("Let the server offer {} too{}", names(chosen), price(chosen));
    text.push_str(
        ", in sshd_config before the first Match; a line of the same name there has to go. Then `sshd -t`, and reload",
    );
    if chosen.iter().any(|(_, row)| row.name.starts_with("diffie-hellman-group-exchange")) {
        text.push_str(". Group exchange needs /etc/ssh/moduli");
    }
    if version >= NO_DH && chosen.iter().any(|(_, row)| row.name.starts_with("diffie-hellman")) {
        text.push_str(". Servers from OpenSSH 10.0 on offer no finite-field Diffie-Hellman by themselves");
    }
    RemedyLine { side: Side::Server, text, command: Some(command), form: Form::SshdConfig, harm: worst(chosen) }
}

fn server_value(slot: Slot, row: &Algorithm, offered: &[String], version: OpenSshVersion) -> String {
    if slot.kind() == Kind::Compression {
        return if row.name == "none" { "no" } else { "yes" }.to_owned();
    }
    if version >= PLUS {
        return format!("+{}", row.name);
    }
    let known = offered.iter().filter_map(|name| algorithms::find(slot.kind(), name)).map(|known| known.name);
    known.chain([row.name]).collect::<Vec<_>>().join(",")
}

fn missing_key(chosen: &[(Slot, &Algorithm)]) -> RemedyLine {
    let key = chosen.iter().find(|(slot, _)| *slot == Slot::HostKey).map_or("", |(_, row)| family(row.name));
    RemedyLine {
        side: Side::Server,
        text: format!(
            "The server has no {key} host key. This makes those that are missing; HostKey lines in sshd_config, if any, \
             must name the new file; restart sshd afterwards"
        ),
        command: Some("ssh-keygen -A".to_owned()),
        form: Form::Shell,
        harm: Strength::Ok,
    }
}

fn gear(slots: &[&NoneInCommon], server: &Software) -> Vec<RemedyLine> {
    let mut lines = vec![update(Side::Server, server, slots)];
    if server.product == Product::CiscoIos && slots.iter().any(|none| none.slot == Slot::HostKey) {
        lines.push(RemedyLine {
            side: Side::Server,
            text: "A new RSA host key of 2048 bits; clients will see a changed key".to_owned(),
            command: Some("crypto key generate rsa modulus 2048".to_owned()),
            form: Form::CiscoConfig,
            harm: Strength::Ok,
        });
    }
    lines
}

/// Advice for software whose configuration is not known here.
fn update(side: Side, software: &Software, slots: &[&NoneInCommon]) -> RemedyLine {
    let words: Vec<&str> = slots.iter().map(|none| none.slot.openssh_words()).collect();
    let end = if side == Side::Client { "client" } else { "server" };
    let what = match software.product {
        _ if software.is_network_gear => "firmware of the device",
        Product::JSch => "client's library to the maintained fork of JSch (com.github.mwiede:jsch)",
        Product::Unknown => end,
        product => product.as_str(),
    };
    RemedyLine {
        side,
        text: format!("Update the {what}, so that it knows a current {}", words.join(" and ")),
        command: None,
        form: Form::Shell,
        harm: Strength::Ok,
    }
}

/// No configuration helps: the code is not there.
fn out_of_reach(
    side: Side,
    none: &NoneInCommon,
    others: &[String],
    version: OpenSshVersion,
    peer: &Software,
) -> RemedyLine {
    let kind = none.slot.kind();
    let known = others.iter().filter_map(|name| algorithms::find(kind, name));
    let last = known.filter_map(|row| Some((row.implemented.until?, row))).max_by_key(|(until, _)| *until);
    let peer_end = if side == Side::Client { "server" } else { "client" };
    let gear = if peer.is_network_gear { ", or its firmware" } else { "" };
    let words = none.slot.openssh_words();
    let alternative = match (last, side) {
        (Some((until, row)), Side::Client) => format!(
            "; {} was removed in OpenSSH {until}, so an older ssh or PuTTY's plink may still reach it",
            row.name
        ),
        (Some((until, row)), Side::Server) => format!("; {} was removed in OpenSSH {until}", row.name),
        (None, Side::Client) => "; another client, such as PuTTY's plink, may".to_owned(),
        (None, Side::Server) => String::new(),
    };
    RemedyLine {
        side,
        text: format!(
            "No option helps: OpenSSH {version} has no code for any {words} that the {peer_end} offers{alternative}. \
             Update the {peer_end}{gear}"
        ),
        command: None,
        form: Form::Shell,
        harm: Strength::Ok,
    }
}

/// RHEL, Fedora, CentOS and SUSE write the lists from a system-wide policy, which wins over later lines of sshd_config.
fn crypto_policies(slots: &[&NoneInCommon], side: Side, software: &Software) -> Option<RemedyLine> {
    let version = software.openssh_version().filter(|_| software.may_follow_crypto_policies())?;
    if version < CRYPTO_POLICIES {
        return None;
    }
    let other = |none: &NoneInCommon| if side == Side::Client { none.server.clone() } else { none.client.clone() };
    let sha1 = slots
        .iter()
        .any(|none| best(none.slot.kind(), &other(none), version).is_some_and(|row| row.reason.contains("SHA-1")));
    let end = if side == Side::Client { "client" } else { "server" };
    let mut text = format!(
        "If the {end} runs RHEL, Fedora, CentOS or SUSE, its lists come from the system-wide crypto-policies, not from OpenSSH: this shows which"
    );
    if sha1 {
        text.push_str(
            ". On RHEL 9 SHA-1 signatures also need `update-crypto-policies --set DEFAULT:SHA1` and a restart, \
             which weakens the whole system",
        );
    }
    Some(RemedyLine {
        side,
        text,
        command: Some("update-crypto-policies --show".to_owned()),
        form: Form::Shell,
        harm: Strength::Ok,
    })
}

/// The least harmful of the offered names that this OpenSSH has the code for. Certificates are no choice: nobody makes one in passing.
fn best(kind: Kind, offered: &[String], version: OpenSshVersion) -> Option<&'static Algorithm> {
    let usable =
        |row: &&Algorithm| row.kind == kind && row.implemented.contain(version) && !row.name.contains("-cert-");
    let offered = |row: &&Algorithm| offered.iter().any(|name| name == row.name);
    algorithms::all().iter().filter(usable).filter(offered).min_by_key(|row| row.strength)
}

/// What key file a host key algorithm needs.
fn family(name: &str) -> &str {
    match name {
        "ssh-rsa" | "rsa-sha2-256" | "rsa-sha2-512" => "RSA",
        "ssh-dss" => "DSA",
        "ssh-ed25519" => "Ed25519",
        name if name.starts_with("ecdsa-sha2-") => "ECDSA",
        name => name,
    }
}

/// The keyword of ssh_config(5) and sshd_config(5).
fn option_of(slot: Slot) -> &'static str {
    match slot.kind() {
        Kind::Kex | Kind::Marker => "KexAlgorithms",
        Kind::HostKey => "HostKeyAlgorithms",
        Kind::Cipher => "Ciphers",
        Kind::Mac => "MACs",
        Kind::Compression => "Compression",
    }
}

fn names(picks: &[(Slot, &Algorithm)]) -> String {
    picks.iter().map(|(_, row)| row.name).collect::<Vec<_>>().join(" and ")
}

/// The harm in brackets: ` (weak: SHA-1)`.
fn price(picks: &[(Slot, &Algorithm)]) -> String {
    let harmful = picks.iter().filter(|(_, row)| row.strength >= Strength::Weak);
    let parts: Vec<String> =
        harmful.map(|(_, row)| format!("{} is {}: {}", row.name, row.strength.as_str(), row.reason)).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) }
}

fn worst(picks: &[(Slot, &Algorithm)]) -> Strength {
    picks.iter().map(|(_, row)| row.strength).max().unwrap_or(Strength::Ok)
}

/// kex.c `kex_assemble_names`.
const PLUS: OpenSshVersion = OpenSshVersion::new(7, 0);

/// The first server without finite-field Diffie-Hellman by default.
const NO_DH: OpenSshVersion = OpenSshVersion::new(10, 0);

/// RHEL 8, the first with policies that OpenSSH follows, has 7.8 and 8.0.
const CRYPTO_POLICIES: OpenSshVersion = OpenSshVersion::new(7, 8);

#[cfg(test)]
#[path = "remedy_tests.rs"]
mod tests;
