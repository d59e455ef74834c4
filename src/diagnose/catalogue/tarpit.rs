//! A tarpit: endless lines before the identification, slowly (endlessh). RFC 4253 §4.2 lets a server do so.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{By, Confidence, How, Phase, Place};
use crate::diagnose::policy::{TARPIT_LASTS, TARPIT_LINES, TARPIT_PACE};
use crate::diagnose::shown::shown;
use crate::record::Mark;
use crate::tcp::Side;

const ID: &str = "tarpit";

/// First and last of the lines that came slowly, and how many.
fn lines(case: &Case<'_>) -> Option<(Mark, Mark, usize)> {
    let server = &case.record.ssh.server;
    if server.identification.is_some() || server.other.is_some() {
        return None;
    }
    let mark = |line: &crate::ssh::facts::Line| case.record.first_mark_behind(Side::Server, line.range.start);
    let marks: Vec<Mark> = server.pre_identification.iter().filter_map(mark).collect();
    let slow = marks.windows(2).filter(|pair| pair[1].time - pair[0].time >= TARPIT_PACE).count();
    let (first, last) = (*marks.first()?, *marks.last()?);
    (slow + 1 >= TARPIT_LINES && last.time - first.time >= TARPIT_LASTS).then_some((first, last, marks.len()))
}

/// Whether the server holds the client with slow lines.
pub(super) fn is_tarpit(case: &Case<'_>) -> bool {
    lines(case).is_some()
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let (first, last, kept) = lines(case)?;
    let server = &case.record.ssh.server;
    let words = server.pre_identification.first().map(|line| shown(&line.text)).unwrap_or_default();
    let count = server.pre_identification_lines;
    let left = case.closing_segment().is_some_and(|fact| fact.from == Side::Client);
    let detected = Detected::new(
            ID,
            Confidence::Certain,
            format!(
                "The server sends {count} short lines, one every few seconds, and never an identification: a tarpit that keeps password \
                 guessers busy. The real sshd listens elsewhere."
            ),
        );
    // The client leaves in the middle of the lines; a reset of its kernel for a late one comes behind its FIN.
    let detected = if left { detected.ended_by(By::Client).ended_how(How::Fin) } else { detected };
    Some(
        detected
        .because(&first, format!("a line that is no identification: \"{words}\""))
        .because(&last, format!("line {kept}, {} later, still none", duration(last.time - first.time)))
        .ended_in(Phase::Banner)
        .settle("on the server: ss -ltnp 'sport = :22' names endlessh or the like")
        .remedy(Place::Client, "ask for the port of the real sshd, and use it", "ssh -p PORT SERVER")
        .remedy(Place::Server, "see who listens where", "ss -ltnp; sshd -T | grep -i '^port'"),
    )
}
