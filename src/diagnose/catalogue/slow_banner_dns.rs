//! The server's identification comes late, or too late.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{By, Confidence, How, Phase, Place};
use crate::diagnose::policy::SLOW_BANNER;
use crate::tcp::Side;
use crate::time::Span;

const ID: &str = "slow-banner-dns";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let handshake = case.marks.handshake?;
    let banner = case.record.ssh.server.identification.as_ref()?;
    let late = case.record.first_mark_behind(Side::Server, banner.range.start)?;
    let way = case.halves.server.unwrap_or(Span::ZERO);
    // Some servers wait for the client's identification first: the clock starts with the later of both.
    let asked =
        case.record.ssh.client.identification.as_ref().and_then(|seen| case.record.mark(Side::Client, seen.range));
    let from = asked.filter(|asked| *asked < late).map_or(handshake, |asked| asked.max(handshake));
    let took = Span((late.time - from.time).0.saturating_sub(way.0));
    let lost = case.record.tcp.server.retransmissions > 0 || case.record.tcp.client.retransmissions > 0;
    let early_end = matches!(case.ended.phase, Phase::PreBanner | Phase::Banner | Phase::Kexinit);
    if took < SLOW_BANNER || lost || !early_end || !case.opening_seen() {
        return None;
    }
    let too_late = case.close.mark(case).is_some_and(|end| end < late);
    let by_client = case.closing_segment().is_some_and(|fact| fact.from == Side::Client);
    if too_late && !by_client {
        return None;
    }
    let seconds = took.as_secs_f64();
    let steps = (seconds / 5.0).fract();
    let resolver =
        if (0.0..0.1).contains(&steps) { " Multiples of five seconds are what resolver time-outs take." } else { "" };
    let what = if too_late { "after the client had given up" } else { "late" };
    let detected = Detected::new(
        ID,
        Confidence::Likely,
        format!("The server's identification comes {what}, {} after it was due.{resolver}", duration(took)),
    )
    .because(&from, "from here on the server's identification is due")
    .because(&late, "the server's identification")
    .against("an overloaded machine is slow as well; then the delay varies from try to try")
    .settle("on the server: time getent hosts CLIENT; a capture there that includes port 53 shows questions without answers")
    .remedy(Place::Client, "wait longer meanwhile", "ssh -o ConnectTimeout=60 SERVER")
    .remedy(Place::Server, "measure the look-up", "time getent hosts CLIENT; cat /etc/resolv.conf; sshd -T | grep -i usedns")
    .remedy(Place::Server, "UseDNS no in /etc/ssh/sshd_config, then", "sshd -t && systemctl reload ssh");
    let gave_up = too_late && matches!(case.close, Close::GaveUp { .. } | Close::Fin(_) | Close::Reset(_));
    Some(if gave_up { detected.ended_by(By::Client).ended_how(How::Timeout) } else { detected })
}
