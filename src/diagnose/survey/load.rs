//! What concerns the server as a whole: crowds of connections without a login, moments when all end, times when nobody is answered.

use super::{Contact, Remark, count, who, within};
use crate::diagnose::ending::duration;
use crate::diagnose::policy::{
    CLOSED_TOGETHER, CLOSED_TOGETHER_CONNECTIONS, MAXSTARTUPS_BEGIN, STARTED_APART, TRIES_ALIKE,
};
use crate::time::Timestamp;

pub(super) fn remarks(contacts: &[&Contact]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    remarks.extend(crowd(contacts));
    remarks.extend(closed_together(contacts));
    remarks.extend(unanswered(contacts));
    remarks.extend(restarted(contacts));
    remarks.extend(two_machines(contacts));
    remarks
}

/// Most connections that were open without a login at one time, and when that began.
fn most_waiting(contacts: &[&Contact]) -> Option<(Timestamp, usize)> {
    let waiting = contacts.iter().filter_map(|contact| contact.waiting);
    let mut steps: Vec<(Timestamp, i32)> = waiting.flat_map(|(from, to)| [(from, 1), (to, -1)]).collect();
    // One that ends when another begins has made room.
    steps.sort_unstable();
    let (mut now, mut most, mut at) = (0, 0, None);
    for (time, step) in steps {
        now += step;
        if now > most {
            (most, at) = (now, Some(time));
        }
    }
    at.zip(usize::try_from(most).ok())
}

/// MaxStartups, seen as what it counts.
fn crowd(contacts: &[&Contact]) -> Option<Remark> {
    let dropped = |contact: &&&Contact| matches!(contact.verdict, "maxstartups-drop" | "dropbear-max-unauth");
    let dropped: Vec<&Contact> = contacts.iter().filter(dropped).copied().collect();
    let others: Vec<&Contact> =
        contacts.iter().filter(|contact| !dropped.iter().any(|d| std::ptr::eq(*d, **contact))).copied().collect();
    let (at, most) = most_waiting(&others)?;
    if let (Some(first), Some(last)) = (dropped.first(), dropped.last()) {
        let text = format!(
            "refuses for too many connections without a login: {} of {}{}, beside {} open without one",
            count(dropped.len(), "connection"),
            who(&dropped),
            within(first.start, last.start),
            count(most, "other")
        );
        return Some(Remark { time: first.start, text });
    }
    (most >= MAXSTARTUPS_BEGIN).then(|| {
        let text = format!("{most} connections were open without a login at one time; sshd's MaxStartups begins to drop at {MAXSTARTUPS_BEGIN} by default");
        Remark { time: at, text }
    })
}

/// Connections of different age that the server closes at one moment.
fn closed_together(contacts: &[&Contact]) -> Vec<Remark> {
    let mut closes: Vec<(Timestamp, Timestamp)> =
        contacts.iter().filter_map(|contact| Some((contact.server_close?, contact.start))).collect();
    closes.sort_unstable();
    let mut remarks = Vec::new();
    let mut rest = closes.as_slice();
    while let Some(&(at, _)) = rest.first() {
        let together = rest.partition_point(|(close, _)| *close - at <= CLOSED_TOGETHER);
        let (group, later) = rest.split_at(together);
        let starts = || group.iter().map(|(_, start)| *start);
        let apart = starts().max().zip(starts().min()).is_some_and(|(last, first)| last - first >= STARTED_APART);
        if group.len() >= CLOSED_TOGETHER_CONNECTIONS && apart {
            let text = format!(
                "closes {} of different age at one moment: sshd, its machine or a proxy in front was stopped or restarted",
                count(group.len(), "connection")
            );
            remarks.push(Remark { time: at, text });
        }
        rest = later;
    }
    remarks
}

/// A time in which nobody is let in, though others were before or after; or nobody ever.
fn unanswered(contacts: &[&Contact]) -> Option<Remark> {
    let away: Vec<&Contact> = contacts.iter().filter(|contact| contact.turned_away()).copied().collect();
    let (first, last) = (away.first()?, away.last()?);
    let within = |contact: &&&Contact| contact.start >= first.start && contact.start <= last.start;
    let passed = contacts.iter().filter(within).any(|contact| !contact.turned_away());
    if away.len() < TRIES_ALIKE || passed {
        return None;
    }
    let (tries, who) = (count(away.len(), "attempt"), who(&away));
    let text = if away.len() == contacts.len() {
        format!("none of {tries} of {who} is let in")
    } else if away.iter().all(|contact| contact.client == first.client) {
        // Whether others would have passed meanwhile, nobody tried.
        return None;
    } else {
        format!(
            "nobody is let in for {}: {tries} of {who}; others were before or after",
            duration(last.end - first.start)
        )
    };
    Some(Remark { time: first.start, text })
}

/// Sessions that the server's kernel does not know any more.
fn restarted(contacts: &[&Contact]) -> Option<Remark> {
    let unknown: Vec<&Contact> =
        contacts.iter().filter(|contact| contact.verdict == "host-rebooted").copied().collect();
    let first = unknown.iter().map(|contact| contact.end).min()?;
    let text = format!("does not know {} any more: its kernel was restarted", count(unknown.len(), "session"));
    (unknown.len() >= 2).then_some(Remark { time: first, text })
}

fn two_machines(contacts: &[&Contact]) -> Option<Remark> {
    let doubled: Vec<&Contact> = contacts.iter().filter(|contact| contact.verdict == "duplicate-ip").copied().collect();
    let first = doubled.first()?;
    let text = format!("two machines answer for this address, seen in {}", count(doubled.len(), "connection"));
    Some(Remark { time: first.start, text })
}
