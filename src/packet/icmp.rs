//! ICMP (RFC 792) and ICMPv6 (RFC 4443) errors, and the TCP segment that they quote.

use super::descent::{Below, Found, Step, Trail, descend};
use super::{CapturedPacket, Endpoint, IcmpError, Layer, Octets, Quoted, Watch, ip, tcp};
use std::ops::ControlFlow;

/// An ICMP header was reached. What is no message of an error ends here: echoes are most of it.
pub(super) fn probe(octets: Octets<'_>) -> Step<'_> {
    ControlFlow::Break(Found::Icmp(octets))
}

/// Whether a type reports that a packet was not delivered: unreachable, source quench, time exceeded, parameter problem;
/// in version 6 unreachable, too big, time exceeded, parameter problem. Redirects report no loss.
fn is_error(version: u8, kind: u8) -> bool {
    match version {
        4 => matches!(kind, 3 | 4 | 11 | 12),
        _ => matches!(kind, 1..=4),
    }
}

/// Reads an error about a watched port; none for all other messages; else says what is wrong with it.
pub(super) fn error(
    packet: &CapturedPacket<'_>,
    trail: &Trail,
    octets: Octets<'_>,
    watch: &Watch,
) -> Result<Option<IcmpError>, &'static str> {
    let header = trail.ip.as_ref().ok_or("no IP header before ICMP")?;
    let version = header.facts.version;
    let Some(([kind, code, _, _, rest @ ..], quote)) = octets.split::<8>() else {
        return match octets.captured().first() {
            Some(&kind) if !is_error(version, kind) => Ok(None),
            _ => Err("ends inside the ICMP header"),
        };
    };
    if !is_error(version, *kind) {
        return Ok(None);
    }
    let Some(quoted) = quoted(quote, watch)? else { return Ok(None) };
    let [_, _, low @ ..] = rest;
    let mtu = match (version, kind, code) {
        (4, 3, 4) => Some(u32::from(u16::from_be_bytes(*low))),
        (6, 2, _) => Some(u32::from_be_bytes(*rest)),
        _ => None,
    };
    Ok(Some(IcmpError {
        packet: packet.id,
        time: packet.time,
        from: header.source,
        to: header.destination,
        version,
        ttl: header.facts.ttl,
        kind: *kind,
        code: *code,
        // Routers older than RFC 1191 leave 0.
        mtu: mtu.filter(|&mtu| mtu != 0),
        quoted,
    }))
}

/// The quote is an IP packet that was cut: at eight bytes of its payload (RFC 792), or later (RFC 1812 §4.3.2.3).
fn quoted(quote: Octets<'_>, watch: &Watch) -> Result<Option<Quoted>, &'static str> {
    let mut trail = Trail::default();
    let tcp = match descend(Below::Ip, quote, &mut trail) {
        Found::Tcp(octets) => octets,
        Found::Fragment(fragment) if fragment.offset == 0 && fragment.protocol == ip::TCP => fragment.octets,
        Found::Broken(Layer::Ip, reason) => return Err(reason),
        _ => return Ok(None),
    };
    let (source, destination) = tcp::ports(tcp).ok_or(CUT)?;
    if !watch.wants(source, destination) {
        return Ok(None);
    }
    let seq = tcp::sequence(tcp).ok_or(CUT)?;
    Ok(trail.ip.map(|ip| Quoted {
        source: Endpoint { address: ip.source, port: source },
        destination: Endpoint { address: ip.destination, port: destination },
        seq,
        total_len: ip.total_length,
    }))
}

const CUT: &str = "quotes less than eight bytes of TCP";
