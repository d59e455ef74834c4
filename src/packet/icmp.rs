//! ICMP (RFC 792) and ICMPv6 (RFC 4443) errors, and the TCP segment that they quote.

use super::descent::{Found, Trail, descend};
use super::{CapturedPacket, Endpoint, IcmpError, Layer, Octets, Quoted, Watch, ip, tcp};

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
    let Some(([kind, code, _, _, rest @ ..], quote)) = octets.captured().split_first_chunk::<8>() else {
        return match octets.captured().first() {
            Some(&kind) if !is_error(version, kind) => Ok(None),
            _ => Err("ends inside the ICMP header"),
        };
    };
    if !is_error(version, *kind) {
        return Ok(None);
    }
    let Some(quoted) = quoted(Octets::new(quote, octets.length().saturating_sub(8)), watch)? else { return Ok(None) };
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
fn quoted(mut quote: Octets<'_>, watch: &Watch) -> Result<Option<Quoted>, &'static str> {
    let mut trail = Trail::default();
    match descend(ip::by_version(&quote), &mut quote, &mut trail) {
        Found::Tcp => {}
        Found::Fragment(fragment) if fragment.offset == 0 && fragment.protocol == ip::TCP => {}
        Found::Broken(Layer::Ip, reason) => return Err(reason),
        _ => return Ok(None),
    }
    let (source, destination) = tcp::ports(quote).ok_or(CUT)?;
    if !watch.wants(source, destination) {
        return Ok(None);
    }
    let seq = tcp::sequence(quote).ok_or(CUT)?;
    Ok(trail.ip.map(|ip| Quoted {
        source: Endpoint { address: ip.source, port: source },
        destination: Endpoint { address: ip.destination, port: destination },
        seq,
        total_len: ip.total_length,
    }))
}

const CUT: &str = "quotes less than eight bytes of TCP";

#[cfg(test)]
mod tests {
    use super::super::crafted::*;
    use super::super::{Decoded, Decoder, LinkType};
    use super::*;
    use std::net::IpAddr;

    fn decode(data: &[u8]) -> Result<IcmpError, Option<&'static str>> {
        match Decoder::new(Watch::ports(&[22])).decode(&captured(LinkType::Raw, data)) {
            Decoded::Icmp(error) => Ok(error),
            Decoded::Undecodable(undecodable) => Err(Some(undecodable.reason)),
            _ => Err(None),
        }
    }

    /// An ICMP message with these four bytes behind its checksum, quoting.
    fn message(kind: u8, code: u8, rest: [u8; 4], quote: &[u8]) -> Vec<u8> {
        [&[kind, code, 0, 0], &rest[..], quote].concat()
    }

    fn quoted(port: u16) -> Quoted {
        let (source, destination) = (IpAddr::V4(CLIENT), IpAddr::V4(SERVER));
        Quoted {
            source: Endpoint { address: source, port: 40_000 },
            destination: Endpoint { address: destination, port },
            seq: 1_000,
            total_len: 1_520,
        }
    }

    fn quote_4(port: u16) -> Vec<u8> {
        let mut quote = ipv4(ip::TCP, &tcp(port, &[], &[0; 1_480], &addresses_4()));
        quote.truncate(28);
        quote
    }

    #[test]
    fn fragmentation_needed_tells_the_mtu_and_the_segment() {
        let data = ipv4(ip::ICMP, &message(3, 4, [0, 0, 5, 0], &quote_4(22)));
        let error = decode(&data).expect("an error about a segment");
        assert_eq!((error.kind, error.code, error.mtu, error.quoted), (3, 4, Some(1_280), quoted(22)));
        assert_eq!((error.from, error.to, error.version, error.ttl), (CLIENT.into(), SERVER.into(), 4, 60));
        let old = ipv4(ip::ICMP, &message(3, 4, [0; 4], &quote_4(22)));
        assert_eq!(decode(&old).expect("an error").mtu, None);
    }

    #[test]
    fn only_errors_about_watched_ports_count() {
        for (kind, counts) in [(3, true), (4, true), (5, false), (8, false), (11, true), (12, true), (0, false)] {
            let data = ipv4(ip::ICMP, &message(kind, 0, [0; 4], &quote_4(22)));
            assert_eq!(decode(&data).is_ok(), counts, "type {kind}");
        }
        let web = ipv4(ip::ICMP, &message(3, 3, [0; 4], &quote_4(443)));
        assert_eq!(decode(&web), Err(None));
        let dns = ipv4(ip::ICMP, &message(3, 3, [0; 4], &ipv4(ip::UDP, &[0; 8])));
        assert_eq!(decode(&dns), Err(None));
        let ping = ipv4(ip::ICMP, &[8, 0, 0]);
        assert_eq!(decode(&ping), Err(None));
    }

    #[test]
    fn version_6_has_types_of_its_own() {
        let mut quote = ipv6(ip::TCP, &tcp(22, &[], &[0; 1_400], &addresses_6()));
        quote.truncate(60);
        let error = decode(&ipv6(ip::ICMPV6, &message(2, 0, 1_280_u32.to_be_bytes(), &quote))).expect("too big");
        assert_eq!((error.version, error.mtu, error.quoted.total_len), (6, Some(1_280), 1_460));
        assert_eq!(error.quoted.destination.address, IpAddr::V6(SERVER_6));
        assert_eq!(decode(&ipv6(ip::ICMPV6, &message(11, 0, [0; 4], &quote))), Err(None));
        assert_eq!(decode(&ipv6(ip::ICMP, &message(3, 0, [0; 4], &quote))), Err(None), "ICMP of the other version");
    }

    #[test]
    fn a_quoted_first_fragment_names_its_segment() {
        let mut quote = ipv4_piece(ip::TCP, 7, 0x2000, &tcp(22, &[], &[0; 76], &addresses_4()));
        quote.truncate(28);
        let data = ipv4(ip::ICMP, &message(11, 1, [0; 4], &quote));
        assert_eq!(decode(&data).map(|error| error.quoted.seq), Ok(1_000));
        let later = ipv4_piece(ip::TCP, 7, 0x0001, &[0; 16]);
        assert_eq!(decode(&ipv4(ip::ICMP, &message(11, 1, [0; 4], &later))), Err(None));
    }

    #[test]
    fn a_quote_that_is_cut_says_so() {
        let quote = quote_4(22);
        let cut = |length: usize| decode(&ipv4(ip::ICMP, &message(3, 1, [0; 4], &quote[..length])));
        assert_eq!(cut(27), Err(Some("quotes less than eight bytes of TCP")));
        assert_eq!(cut(19), Err(Some("ends inside the IPv4 header")));
        assert_eq!(cut(0), Err(Some("ends before the IP header")));
        assert_eq!(decode(&ipv4(ip::ICMP, &[3, 1, 0])), Err(Some("ends inside the ICMP header")));
    }
}
