//! dropbear over MAX_UNAUTH_PER_IP or MAX_UNAUTH_CLIENTS closes at once, without a word (svr-main.c).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::policy::{DROPBEAR_CLOSES_WITHIN, DROPBEAR_UNAUTH, DROPBEAR_UNAUTH_PER_IP};
use crate::record::Visit;
use crate::ssh::software::Product;

const ID: &str = "dropbear-max-unauth";

fn is_dropbear(visit: &Visit) -> bool {
    visit.software.is_some_and(|software| software.product == Product::Dropbear)
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let close = case.server_close()?;
    let took = case.server_took()?;
    let dropbear = case.neighbours().any(is_dropbear);
    if !dropbear || !case.server_is_mute() || case.server_had_read() || took > DROPBEAR_CLOSES_WITHIN {
        return None;
    }
    let start = case.record.first.1;
    let open = |visit: &&Visit| visit.start <= start && visit.end >= start && visit.without_login();
    let own = case.own_visits().filter(open).count();
    let all = case.neighbours().filter(open).count();
    let full = own >= DROPBEAR_UNAUTH_PER_IP || all >= DROPBEAR_UNAUTH;
    Some(
        Detected::new(
            ID,
            if full { Confidence::Likely } else { Confidence::Possible },
            "The server is a dropbear by its other connections. It closes new ones without a word while 5 of the same address, or 30 in \
             all, have not logged in.",
        )
        .because(
            close,
            format!("closed {} after the handshake, nothing sent; {own} connections of this client and {all} in all were open without a login", duration(took)),
        )
        .against_if(!full, "this capture shows fewer open connections than the limits of a usual build")
        .settle("on the server: connections that are open without a login, ss -tnp 'sport = :22'; dropbear logs nothing about it")
        .advice(Place::Client, "open fewer connections at a time, close those that wait for a password")
        .remedy(Place::Server, "see who holds the slots", "ss -tnp state established '( sport = :22 )'")
        .advice(Place::Server, "keep guessers out with the packet filter; the limits are set when dropbear is built (localoptions.h)"),
    )
}
