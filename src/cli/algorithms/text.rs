//! The table and a negotiation for people.

use super::super::paper::Paper;
use super::outcome::{Agreed, Outcome, ends};
use super::peer::Peer;
use crate::report::text::style;
use crate::ssh::algorithms::{Algorithm, Kind, Strength, Versions, find, is_marker};
use crate::ssh::negotiation::Slot;
use crate::ssh::releases::{self, Offered, Release};
use crate::tcp::Side;
use anstyle::Style;

/// Where the text behind a label begins.
const COLUMN: usize = 20;

/// Longest name that shares its line with the rest.
const NAME: usize = 36;

/// The table, a heading a kind.
pub(super) fn table(paper: &mut Paper, rows: &[&Algorithm]) {
    for kind in [Kind::Kex, Kind::HostKey, Kind::Cipher, Kind::Mac, Kind::Compression, Kind::Marker] {
        let rows: Vec<_> = rows.iter().filter(|row| row.kind == kind).collect();
        if rows.is_empty() {
            continue;
        }
        let widest = rows.iter().map(|row| row.name.len()).filter(|width| *width <= NAME).max().unwrap_or(NAME);
        let line = |name: &str, status: &str, default: &str| format!("{name:<widest$}  {status:<7} {default:<12}");
        paper.heading(title(kind));
        let column = 2 + line("", "", "").len() + 1;
        paper.item(2, &line("name", "status", "by default"), style::FAINT, column, "origin, remarks", style::FAINT);
        for row in rows {
            let default = default(row);
            if row.name.len() > NAME {
                paper.paragraph(2, row.name, look(row.strength));
            }
            let name = if row.name.len() > NAME { "" } else { row.name };
            let label = line(name, row.strength.as_str(), &default);
            paper.item(2, &label, look(row.strength), column, &remarks(row), Style::new());
        }
    }
    paper.gap();
    let legend = "\"by default\" is what releases of OpenSSH offer where nobody configured anything, as a client and, where \
         nothing else is said, as a server; 6.6 stands for 6.6 and earlier, \"<8.2\" for the last release before 8.2. \
         \"on request\": a configuration line turns it on. \"never\": OpenSSH does not have it.";
    paper.paragraph(0, legend, style::FAINT);
    let others = format!(
        "\"also\" are other clients that offer it by default, by the releases that were looked at: {}.",
        Release::known_clients().join("; ")
    );
    paper.paragraph(0, &others, style::FAINT);
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Kex => "Key exchange methods",
        Kind::HostKey => "Host keys and their signatures",
        Kind::Cipher => "Ciphers",
        Kind::Mac => "Message authentication codes (MAC)",
        Kind::Compression => "Compression methods",
        Kind::Marker => "Markers: they signal a feature and are never agreed on",
    }
}

fn look(strength: Strength) -> Style {
    match strength {
        Strength::Ok | Strength::Note => Style::new(),
        Strength::Weak => style::CARE,
        Strength::Broken => style::BAD,
    }
}

/// Which releases of OpenSSH offer it by default, as a client.
fn default(row: &Algorithm) -> String {
    let has = row.implemented.since.is_some();
    match span(row.client_default) {
        Some(span) => span,
        None if row.kind == Kind::Marker => String::new(),
        None if has => "on request".to_owned(),
        None => "never".to_owned(),
    }
}

/// Who defined it, what is against it, and how OpenSSH's server or code differ from its client's defaults.
fn remarks(row: &Algorithm) -> String {
    // Drafts of the working group are known by what follows its name.
    let origin = row.origin.to_string().replace("draft-ietf-sshm-", "draft ");
    let mut remarks = vec![origin];
    remarks.extend((!row.reason.is_empty()).then(|| row.reason.to_owned()));
    remarks.extend(row.post_quantum.then(|| "post-quantum".to_owned()));
    let (client, server) = (span(row.client_default), span(row.server_default));
    match (client, server) {
        (client, Some(server)) if client.as_ref() != Some(&server) => remarks.push(format!("server {server}")),
        (Some(_), None) => remarks.push("not the server".to_owned()),
        (None, None) if row.implemented.until.is_some() => {
            remarks.extend(span(row.implemented).map(|has| format!("in {has}")));
        }
        _ => {}
    }
    let others: Vec<String> = releases::offered(row.kind, row.name).iter().map(other).collect();
    remarks.extend((!others.is_empty()).then(|| format!("also {}", others.join(", "))));
    remarks.join("; ")
}

/// Another client that offers it by default, and which of the known releases do.
fn other(offered: &Offered) -> String {
    let product = offered.product;
    match (offered.from, offered.to) {
        (None, None) => product.to_owned(),
        (Some(from), None) => format!("{product} since {from}"),
        (None, Some(to)) => format!("{product} to {to}"),
        (Some(from), Some(to)) => format!("{product} {from} to {to}"),
    }
}

fn span(versions: Versions) -> Option<String> {
    let since = versions.since?;
    Some(match versions.until {
        Some(until) => format!("{since} to <{until}"),
        None => format!("since {since}"),
    })
}

/// What two ends agree on.
pub(super) fn negotiation(paper: &mut Paper, client: &Peer, server: &Peer, outcome: &Outcome) {
    for (side, peer) in ends(client, server) {
        end(paper, side, peer);
    }
    paper.gap();
    verdict(paper, outcome);
    paper.gap();
    for (slot, agreed) in &outcome.slots {
        let of = |other: Slot| outcome.slots.iter().find(|(slot, _)| *slot == other).map(|(_, agreed)| agreed);
        let both = of(first_direction(*slot)) == of(second_direction(*slot));
        if !(both && is_second_direction(*slot)) {
            self::slot(paper, if both { title_of_both(*slot) } else { label(*slot) }, slot.kind(), agreed);
        }
    }
    for remark in &outcome.remarks {
        paper.item(2, "note", style::CARE, COLUMN, remark, Style::new());
    }
    if let Some(line) = &outcome.client_prints {
        paper.heading("The client prints");
        paper.paragraph(2, line, Style::new());
    }
    remedies(paper, outcome);
    if !outcome.fails() && !outcome.weaknesses.is_empty() {
        paper.heading("What is weak about it");
        for weakness in &outcome.weaknesses {
            paper.item(2, "-", style::CARE, 4, &weakness.text, Style::new());
        }
    }
}

fn end(paper: &mut Paper, side: Side, peer: &Peer) {
    paper.item(0, word(side), style::FAINT, 8, &peer.name, style::STRONG);
    for remark in &peer.remarks {
        paper.paragraph(8, remark, style::FAINT);
    }
}

fn word(side: Side) -> &'static str {
    if side == Side::Client { "client" } else { "server" }
}

fn verdict(paper: &mut Paper, outcome: &Outcome) {
    let mut failing: Vec<&str> = Vec::new();
    for (slot, agreed) in &outcome.slots {
        let words = slot.openssh_words();
        if matches!(agreed, Agreed::Nothing { .. }) && !failing.contains(&words) {
            failing.push(words);
        }
    }
    if failing.is_empty() {
        let strict = if outcome.strict_kex { ", with strict key exchange" } else { "" };
        paper.paragraph(0, &format!("They agree{strict}."), style::GOOD);
    } else {
        let text = format!("They do not agree: no {} in common.", failing.join(", no "));
        paper.paragraph(0, &text, style::BAD);
    }
}

/// Both directions of a list have a line of their own only where they differ.
fn slot(paper: &mut Paper, label: &str, kind: Kind, agreed: &Agreed) {
    match agreed {
        Agreed::On(name) => {
            let strength = find(kind, name).map_or(Strength::Ok, |row| row.strength);
            let remark = match find(kind, name) {
                Some(row) if strength >= Strength::Weak => format!("{name}  ({}: {})", strength.as_str(), row.reason),
                Some(row) if row.post_quantum => format!("{name}  (post-quantum)"),
                Some(_) => name.clone(),
                None => format!("{name}  (not in the table)"),
            };
            paper.item(
                2,
                label,
                style::FAINT,
                COLUMN,
                &remark,
                if strength >= Strength::Weak { style::CARE } else { Style::new() },
            );
        }
        Agreed::Implicit => paper.item(2, label, style::FAINT, COLUMN, "none needed: the cipher does it", Style::new()),
        Agreed::Unknown => {
            paper.item(2, label, style::FAINT, COLUMN, "not known: one side's list is missing", style::FAINT)
        }
        Agreed::Moot => paper.item(2, label, style::FAINT, COLUMN, "depends on the cipher", style::FAINT),
        Agreed::Nothing { client, server } => {
            paper.item(2, label, style::BAD, COLUMN, "nothing in common", style::BAD);
            for (word, names) in [("client offers", client), ("server offers", server)] {
                let names = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
                paper.item(4, word, style::FAINT, COLUMN, &names, Style::new());
            }
        }
    }
}

fn label(slot: Slot) -> &'static str {
    match slot {
        Slot::Kex => "key exchange",
        Slot::HostKey => "host key",
        Slot::EncryptionClientToServer => "cipher to server",
        Slot::EncryptionServerToClient => "cipher to client",
        Slot::MacClientToServer => "MAC to server",
        Slot::MacServerToClient => "MAC to client",
        Slot::CompressionClientToServer => "compr. to server",
        Slot::CompressionServerToClient => "compr. to client",
    }
}

fn title_of_both(slot: Slot) -> &'static str {
    slot.kind().as_str()
}

fn remedies(paper: &mut Paper, outcome: &Outcome) {
    if outcome.remedies.is_empty() {
        return;
    }
    paper.heading("What to change, the least harmful first");
    for (index, line) in outcome.remedies.iter().enumerate() {
        let text = format!("{}: {}", word(line.side), line.text);
        paper.item(1, &format!("{}.", index + 1), style::FAINT, 4, &text, Style::new());
        if let Some(command) = &line.command {
            paper.command(6, command);
        }
    }
}

/// One end alone.
pub(super) fn offer(paper: &mut Paper, side: Side, peer: &Peer) {
    end(paper, side, peer);
    let offer = peer.offer();
    for slot in Slot::ALL {
        let list = offer.list(slot);
        // Nearly always both directions are the same.
        if is_second_direction(slot) && list == offer.list(first_direction(slot)) {
            continue;
        }
        let same = matches!(slot.kind(), Kind::Cipher | Kind::Mac | Kind::Compression)
            && list == offer.list(second_direction(slot));
        paper.heading(if same { title(slot.kind()) } else { label(slot) });
        if !peer.knows(slot) {
            paper.paragraph(2, "not known", style::FAINT);
        }
        for name in list {
            names(paper, slot.kind(), name);
        }
    }
}

fn names(paper: &mut Paper, kind: Kind, name: &str) {
    let (text, look) = match find(kind, name) {
        _ if is_marker(name) => ("marker".to_owned(), style::FAINT),
        Some(row) if row.reason.is_empty() => (row.strength.as_str().to_owned(), Style::new()),
        Some(row) => (format!("{} ({})", row.strength.as_str(), row.reason), look(row.strength)),
        None => ("not in the table".to_owned(), style::FAINT),
    };
    paper.item(2, name, Style::new(), 42, &text, look);
}

fn is_second_direction(slot: Slot) -> bool {
    slot != first_direction(slot)
}

fn first_direction(slot: Slot) -> Slot {
    match slot {
        Slot::EncryptionServerToClient => Slot::EncryptionClientToServer,
        Slot::MacServerToClient => Slot::MacClientToServer,
        Slot::CompressionServerToClient => Slot::CompressionClientToServer,
        other => other,
    }
}

fn second_direction(slot: Slot) -> Slot {
    match slot {
        Slot::EncryptionClientToServer => Slot::EncryptionServerToClient,
        Slot::MacClientToServer => Slot::MacServerToClient,
        Slot::CompressionClientToServer => Slot::CompressionServerToClient,
        // A second direction itself, or a list without directions.
        other => other,
    }
}
