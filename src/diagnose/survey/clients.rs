//! What concerns single clients: bans, rate limits, penalties, refusals that hit one address, guessing, scanning.

use super::{Contact, Remark, count, who, within};
use crate::diagnose::ending::duration;
use crate::diagnose::policy::{
    BRUTE_FORCE_CERTAINLY_MANY, BRUTE_FORCE_CONNECTIONS, BRUTE_FORCE_REQUESTS, DISTRIBUTED_CLIENTS, PROBES, TRIES_ALIKE,
};
use crate::record::Login;
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Clients that get a remark of their own; the others are counted in those about many.
const CLIENTS_NAMED: usize = 8;

pub(super) fn remarks(contacts: &[&Contact], sweeps: Option<&BTreeMap<IpAddr, usize>>) -> Vec<Remark> {
    let mut by_client: BTreeMap<IpAddr, Vec<&Contact>> = BTreeMap::new();
    for contact in contacts {
        by_client.entry(contact.client).or_default().push(contact);
    }
    let mut remarks = Vec::new();
    for (client, own) in &by_client {
        remarks.extend(turned_away(*client, own, contacts));
        remarks.extend(punished(*client, own, contacts));
        remarks.extend(guesses(*client, own));
        remarks.extend(probes(*client, own, sweeps));
    }
    remarks.sort();
    remarks.truncate(CLIENTS_NAMED);
    remarks.extend(many_guess(contacts));
    remarks
}

/// Connections of other clients that were served within a time.
fn others_served(client: IpAddr, contacts: &[&Contact], from: Timestamp, to: Timestamp) -> usize {
    let served = |contact: &&&Contact| {
        contact.client != client && contact.served() && contact.start >= from && contact.start <= to
    };
    contacts.iter().filter(served).count()
}

/// The client's SYNs are refused or dropped: a ban, a rate limit, a rule about its address.
fn turned_away(client: IpAddr, own: &[&Contact], all: &[&Contact]) -> Option<Remark> {
    let away: Vec<&&Contact> = own.iter().filter(|contact| contact.turned_away()).collect();
    let (first, last) = (away.first()?, away.last()?);
    let before: Vec<&&Contact> = own.iter().filter(|contact| contact.served() && contact.start < first.start).collect();
    let failed: u32 = before.iter().map(|contact| contact.refused_logins()).sum();
    let again = own.iter().find(|contact| contact.served() && contact.start > last.start);
    let others = others_served(client, all, first.start, last.end);
    let tries = count(away.len(), "attempt");
    let meanwhile = if others > 0 {
        format!("; {} of others were served meanwhile", count(others, "connection"))
    } else {
        String::new()
    };
    let verdict = |id: &str| away.iter().any(|contact| contact.verdict == id);
    let text = if verdict("banned-by-fail2ban") {
        let until = again.map_or(String::new(), |again| {
            format!(", until it is let in again {} later", duration(again.start - first.start))
        });
        format!(
            "bans {client}: served {} with {failed} refused login requests, then {tries} turned away{until}{meanwhile}",
            times(before.len())
        )
    } else if verdict("rate-limit-drop") {
        format!(
            "limits the rate of {client}: {} answered, then {tries} turned away{meanwhile}",
            count(before.len(), "connection")
        )
    } else if others > 0 && away.len() >= 2 {
        format!(
            "turns {client} away ({tries}) while others are served: a rule about this address, or about its way{meanwhile}"
        )
    } else {
        return None;
    };
    Some(Remark { time: first.start, text })
}

fn times(number: usize) -> String {
    match number {
        1 => "once".into(),
        2 => "twice".into(),
        _ => format!("{number} times"),
    }
}

/// PerSourcePenalties: sshd refuses one source in words.
fn punished(client: IpAddr, own: &[&Contact], all: &[&Contact]) -> Option<Remark> {
    let refused: Vec<&&Contact> = own.iter().filter(|contact| contact.verdict == "persource-penalty").collect();
    let (first, last) = (refused.first()?, refused.last()?);
    let others = others_served(client, all, first.start, last.end);
    let meanwhile = if others > 0 {
        format!("; {} of others were served meanwhile", count(others, "connection"))
    } else {
        String::new()
    };
    let text = format!(
        "punishes {client} (PerSourcePenalties): {} refused{}{meanwhile}",
        count(refused.len(), "connection"),
        within(first.start, last.start)
    );
    Some(Remark { time: first.start, text })
}

/// Many refused logins of one client; a granted one behind them is worth an alarm.
fn guesses(client: IpAddr, own: &[&Contact]) -> Option<Remark> {
    let failed: Vec<&&Contact> = own.iter().filter(|contact| contact.refused_logins() > 0).collect();
    let (first, last) = (failed.first()?, failed.last()?);
    let requests: u32 = failed.iter().map(|contact| contact.refused_logins()).sum();
    if requests < BRUTE_FORCE_REQUESTS || failed.len() < BRUTE_FORCE_CONNECTIONS {
        return None;
    }
    let granted = own.iter().any(|contact| contact.login == Login::Granted && contact.start > first.start);
    let alarm = if granted { "; one login of it was granted after the first of them" } else { "" };
    let text = format!(
        "refuses {requests} login requests of {client} in {} within {}: guessing, or a program with a wrong key{alarm}",
        count(failed.len(), "connection"),
        duration(last.end - first.start)
    );
    Some(Remark { time: first.start, text })
}

/// The same from many addresses, a few tries each.
fn many_guess(contacts: &[&Contact]) -> Option<Remark> {
    let failed: Vec<&Contact> = contacts.iter().filter(|contact| contact.refused_logins() > 0).copied().collect();
    let (first, last) = (failed.first()?, failed.last()?);
    let clients: std::collections::BTreeSet<IpAddr> = failed.iter().map(|contact| contact.client).collect();
    let requests: u32 = failed.iter().map(|contact| contact.refused_logins()).sum();
    if clients.len() < DISTRIBUTED_CLIENTS || requests < BRUTE_FORCE_CERTAINLY_MANY {
        return None;
    }
    let text = format!(
        "refuses {requests} login requests of {} within {}: guessing from many addresses",
        who(&failed),
        duration(last.end - first.start)
    );
    Some(Remark { time: first.start, text })
}

/// Scanners and health checks.
fn probes(client: IpAddr, own: &[&Contact], sweeps: Option<&BTreeMap<IpAddr, usize>>) -> Option<Remark> {
    let first = own.first()?;
    if let Some(servers) = sweeps.and_then(|sweeps| sweeps.get(&client)) {
        let text = format!("is one of {servers} servers that {client} tries, and it logs in at none: a sweep");
        return Some(Remark { time: first.start, text });
    }
    let with = |id: &str| own.iter().filter(|contact| contact.verdict == id).count();
    let (scans, checks) = (with("port-scan"), with("health-check-probe"));
    let text = if scans >= TRIES_ALIKE {
        format!("is scanned by {client}: {} without a word", count(scans, "connection"))
    } else if checks >= PROBES {
        format!("is checked by {client}: {} without a byte", count(checks, "connection"))
    } else {
        return None;
    };
    Some(Remark { time: first.start, text })
}
