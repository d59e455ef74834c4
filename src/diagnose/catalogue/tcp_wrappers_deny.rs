//! libwrap refuses the client: sleeps five seconds and leaves without a word (libwrap clean_exit.c).

use super::build::Detected;
use crate::tcp::Side;
use crate::diagnose::tap::{initial_ttl, usual_ttl};
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::policy::{TCP_WRAPPERS_RESOLVER, TCP_WRAPPERS_SLACK, TCP_WRAPPERS_SLEEP};
use crate::record::Outcome;
use crate::time::Span;

const ID: &str = "tcp-wrappers-deny";

fn near(a: Span, b: Span) -> bool {
    Span(a.0.saturating_sub(b.0)).abs() <= TCP_WRAPPERS_SLACK
}

/// The sleep alone, or resolver time-outs of five seconds each before it.
fn fits(took: Span) -> Option<Confidence> {
    if near(took, TCP_WRAPPERS_SLEEP) {
        return Some(Confidence::Likely);
    }
    let beyond = took.0.saturating_sub(TCP_WRAPPERS_SLEEP.0);
    let rest = Span(beyond.rem_euclid(TCP_WRAPPERS_SLEEP.0));
    let whole = near(rest, Span::ZERO) || near(rest, TCP_WRAPPERS_SLEEP);
    (beyond > 0 && beyond <= TCP_WRAPPERS_RESOLVER.0 && whole).then_some(Confidence::Possible)
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let close = case.server_close()?;
    // libwrap is asked before sshd reads: a process that has read was something else.
    // libwrap is a matter of Unix, whose packets start from TTL 64.
    let unix = usual_ttl(case.record, Side::Server).is_none_or(|(ttl, _)| initial_ttl(ttl) == 64);
    if !unix || !case.server_is_mute() || case.server_had_read() {
        return None;
    }
    let took = case.server_took()?;
    let alike = case.own_visits().filter(|visit| {
        let own = visit.outcome == Outcome::ClosedBeforeIdentification && visit.text.is_none();
        own && visit.closed_after.is_some_and(|after| near(after, took))
    });
    let alike = alike.count();
    let confidence = match fits(took) {
        Some(confidence) => confidence,
        None if alike >= 1 && took > TCP_WRAPPERS_SLEEP && took.0 <= TCP_WRAPPERS_SLEEP.0 + TCP_WRAPPERS_RESOLVER.0 => {
            Confidence::Possible
        }
        None => return None,
    };
    let others = case.others_visits().any(|visit| visit.outcome == Outcome::Served);
    let repeated =
        if alike > 0 { format!("; so it does in {alike} other connections of this client") } else { String::new() };
    let others = if others { " Other clients get an identification from the same server." } else { "" };
    let heard = case.data_from(Side::Client).next().filter(|_| case.client_is_heard());
    Some(
        Detected::new(
            ID,
            confidence,
            format!(
                "The server waits {} and closes without having sent a byte. libwrap sleeps exactly five seconds before it leaves a client \
                 that /etc/hosts.deny refuses.{others}",
                duration(took)
            ),
        )
        .because_of(heard, "the client's identification, acknowledged by the server's kernel")
        .because(close, format!("the server closes {} after the handshake{repeated}", duration(took)))
        .against_if(confidence == Confidence::Possible, "longer than the five seconds alone: resolver time-outs before them would explain it")
        .against("any other program that waits five seconds before it gives up would look the same")
        .settle("server log: \"refused connect from CLIENT\"")
        .settle("on the server: ldd \"$(command -v sshd)\" | grep libwrap; nothing there means that it is not this")
        .remedy(Place::Server, "see which rule matches", "grep -v '^#' /etc/hosts.deny /etc/hosts.allow; tcpdmatch sshd CLIENT")
        .remedy(Place::Server, "allow the client; no restart is needed", "echo 'sshd: CLIENT' >> /etc/hosts.allow")
        .advice(Place::Server, "if DenyHosts or fail2ban wrote the line, clear it there too, or it comes back"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_seconds_and_resolver_time_outs_before_them() {
        let of = |milliseconds| fits(Span::from_millis(milliseconds));
        assert_eq!(of(5_020), Some(Confidence::Likely));
        assert_eq!(of(10_040), Some(Confidence::Possible));
        assert_eq!(of(20_010), Some(Confidence::Possible));
        for other in [0, 500, 3_000, 4_600, 5_400, 7_500, 12_000, 35_100, 120_000] {
            assert_eq!(of(other), None, "{other} ms");
        }
    }
}
