//! A session ends in the middle of a second key exchange (RFC 4253 §9).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{Confidence, Phase, Place};
use crate::record::Mark;
use crate::ssh::message::number;
use crate::tcp::{PerSide, SegmentFact, Side};
use crate::time::Span;

const ID: &str = "rekey-failure";

/// The segments of one KEXINIT leave within this time of each other.
const TOGETHER: Span = Span::from_millis(50);

/// What the first KEXINIT alone holds among the methods: later ones may leave it out (RFC 8308 §2.1, OpenSSH's PROTOCOL §1.10).
const FIRST_ONLY: &[&str] = &["ext-info-c", "ext-info-s", "kex-strict-c-v00@openssh.com", "kex-strict-s-v00@openssh.com"];

/// Sizes that a later KEXINIT may have under the agreed cipher: as the first one, or without what belongs there alone.
fn sizes(case: &Case<'_>, side: Side) -> Option<Vec<i64>> {
    let (suite, whole) = (case.suite(side)?, payload(case, side, number::KEXINIT)?);
    let methods = case.record.ssh[side].kexinit.as_ref().map_or(&[][..], |seen| &seen.kexinit.kex_algorithms);
    let markers = methods.iter().filter(|name| FIRST_ONLY.contains(&name.as_str()));
    // A name takes its comma with it.
    let lengths: Vec<u32> = markers.filter_map(|name| u32::try_from(name.len() + 1).ok()).take(FIRST_ONLY.len()).collect();
    let without = |chosen: u32| {
        let left_out = lengths.iter().enumerate().filter(|(bit, _)| chosen & (1 << bit) != 0).map(|(_, length)| length).sum();
        i64::from(suite.packet(whole.saturating_sub(left_out)))
    };
    Some((0..1 << lengths.len()).map(without).collect())
}

/// A second KEXINIT, by its size. The packet that completed it and the offset behind it.
fn second_kexinit(case: &Case<'_>, side: Side) -> Option<(Mark, i64)> {
    sizes(case, side)?.into_iter().find_map(|size| of_size(case, side, size))
}

fn of_size(case: &Case<'_>, side: Side, size: i64) -> Option<(Mark, i64)> {
    let began = case.authenticated_at()?;
    let facts: Vec<&SegmentFact> = case.data_from(side).filter(|fact| fact.time > began.time).collect();
    let fits = |first: usize| {
        let from = facts[first].data_start();
        let whole = |fact: &&&SegmentFact| fact.data_start() + i64::from(fact.len) == from + size;
        let near = facts[first..].iter().take_while(|fact| fact.time - facts[first].time <= TOGETHER);
        near.into_iter().find(whole).map(|last| (Mark { time: last.time, packet: last.packet }, from + size))
    };
    (0..facts.len()).rev().find_map(fits)
}

/// Payload of the first message with this number that a side sent in clear.
fn payload(case: &Case<'_>, side: Side, number: u8) -> Option<u32> {
    case.record.ssh[side].messages.iter().find(|message| message.number == number).map(|message| message.payload_len)
}

/// Whether what a side sent behind its second KEXINIT can hold the rest of an exchange: its part of it, and NEWKEYS.
fn went_through(case: &Case<'_>, side: Side, from: i64) -> bool {
    let numbers = if side == Side::Client { [30, 32] } else { [31, 33] };
    let parts = numbers.into_iter().filter_map(|number| payload(case, side, number));
    let Some(suite) = case.suite(side) else { return true };
    let needed: u32 = parts.map(|part| suite.packet(part)).sum::<u32>() + suite.packet(1);
    let end = case.data_from(side).map(SegmentFact::end).max().unwrap_or(from);
    end - from >= i64::from(needed) * 9 / 10
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if case.ended.phase < Phase::Session
        || matches!(case.close, Close::Open)
        || case.resets.iter().any(|reset| reset.forged)
    {
        return None;
    }
    let second = PerSide::from_fn(|side| second_kexinit(case, side));
    let (client, server) = (second.client?.0, second.server?.0);
    let side = if client <= server { Side::Client } else { Side::Server };
    let mark = client.max(server);
    let through = |of: Side| second[of].is_some_and(|(_, from)| went_through(case, of, from));
    let end = case.close.mark(case).map_or(case.record.observed_until, |mark| mark.time);
    if through(Side::Client) && through(Side::Server) || end < mark.time {
        return None;
    }
    Some(
        Detected::new(
            ID,
            Confidence::Possible,
            format!("Both sides began a new key exchange in the session, the {} first; it did not come to its end.", side.name()),
        )
        .because(&mark, "packets of the size of both KEXINIT, encrypted")
        .because_of(case.closing_segment(), format!("the end, {} later", duration(end - mark.time)))
        .against("sizes alone show it: data that happens to be as long looks the same")
        .settle("client: ssh -vvv shows \"SSH2_MSG_KEXINIT sent\" once more before the end; does it always end after the same amount of data or time?")
        .remedy(Place::Client, "rekey early on purpose, to see whether it is that", "ssh -o RekeyLimit=1M SERVER 'head -c 4M /dev/zero' | wc -c")
        .remedy(Place::Client, "rekey late until the faulty side is updated", "ssh -o RekeyLimit=4G SERVER")
        .advice(Place::Server, "update the side that is not OpenSSH: some implementations and gateways cannot rekey"),
    )
}
