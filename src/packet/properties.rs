//! What holds for every packet: no panic, the same segment through every stack of headers and every cut into fragments.

use super::crafted::*;
use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

fn decoder() -> Decoder {
    Decoder::new(Watch::ports(&[22]))
}

/// All of a segment that does not depend on how it was carried.
fn gist(segment: &Segment<'_>) -> (Endpoint, Endpoint, [u32; 3], Flags, u16, TcpOptions, Vec<u8>, Checksum) {
    let numbers = [segment.seq, segment.ack, segment.payload_len];
    let Segment { source, destination, flags, window, options, checksum, .. } = *segment;
    (source, destination, numbers, flags, window, options, segment.payload.to_vec(), checksum)
}

fn random_wraps(most: usize) -> impl Strategy<Value = Vec<Wrap>> {
    vec(select(&Wrap::ALL[..]), 0..most)
}

fn wrapped(inner: Typed, wraps: &[Wrap]) -> Typed {
    wraps.iter().fold(inner, |inner, wrap| wrap.around(&inner))
}

/// SSH, web and UDP packets in random stacks, under a random link type.
fn random_record() -> impl Strategy<Value = (LinkType, Vec<u8>)> {
    let inner = (any::<bool>(), select(&[22_u16, 443, 4_789, 6_081][..]), select(&[ip::TCP, ip::UDP, ip::ICMP][..]));
    let inner = inner.prop_map(|(six, port, protocol)| {
        let segment = tcp(port, &[1; 8], b"text", &[]);
        if six { Typed(0x86dd, ipv6(protocol, &segment)) } else { Typed(0x0800, ipv4(protocol, &segment)) }
    });
    (inner, random_wraps(4), select(&LINKS[..])).prop_map(|(inner, wraps, link)| {
        let packet = wrapped(inner, &wraps);
        match record(link, &packet) {
            Some(data) => (link, data),
            None => (LinkType::Ethernet, ethernet(&packet)),
        }
    })
}

/// Those again, with some bytes changed and cut somewhere.
fn damaged_record() -> impl Strategy<Value = (LinkType, Vec<u8>)> {
    (random_record(), vec((any::<Index>(), any::<u8>()), 0..4), any::<Index>(), any::<bool>()).prop_map(
        |((link, mut data), changes, end, cut)| {
            for (place, byte) in changes {
                *place.get_mut(&mut data) = byte;
            }
            if cut {
                data.truncate(end.index(data.len()));
            }
            (link, data)
        },
    )
}

/// Decodes in the short ways and step by step, to the same end, and asks for everything else there is.
fn exercise(link: LinkType, data: &[u8], wire_len: u32) {
    let packet = CapturedPacket { wire_len, ..captured(link, data) };
    let (mut short, mut by_steps) = (decoder(), decoder());
    let (shortly, fully) = (short.decode(&packet), by_steps.decode_fully(&packet));
    if let Decoded::Segment(segment) = &fully {
        assert!(segment.payload_len as usize >= segment.payload.len());
    }
    assert_eq!(format!("{shortly:?}"), format!("{fully:?}"));
    let (shortly, fully) = (short.stats(), by_steps.stats());
    assert_eq!(DecoderStats { packets: 0, set_aside: 0, ..shortly }, fully);
    let _ = Decoder::reference(&packet);
    short.finish();
    while short.incomplete().is_some() {}
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn arbitrary_bytes_never_panic(number in 0_u16..300, data in vec(any::<u8>(), 0..200), wire_len: u32) {
        exercise(LinkType::from(number), &data, wire_len);
        for link in LINKS {
            exercise(link, &data, wire_len);
        }
    }

    #[test]
    fn damaged_packets_never_panic_and_every_way_leads_to_the_same(
        (link, data) in damaged_record(), wire_len in 0_u32..300,
    ) {
        exercise(link, &data, wire_len);
    }

    #[test]
    fn every_stack_of_headers_gives_the_same_segment(six: bool, wraps in random_wraps(6), link in select(&LINKS[..])) {
        let inner = if six { ssh_6() } else { ssh_4() };
        let packet = wrapped(inner, &wraps);
        let Some(data) = record(link, &packet) else { return Ok(()) };
        let (mut one, mut other) = (decoder(), decoder());
        let Decoded::Segment(segment) = one.decode(&captured(link, &data)) else {
            return Err(TestCaseError::fail("no segment"));
        };
        let bare = ethernet(&if six { ssh_6() } else { ssh_4() });
        let Decoded::Segment(expected) = other.decode(&captured(LinkType::Ethernet, &bare)) else {
            return Err(TestCaseError::fail("no bare segment"));
        };
        prop_assert_eq!(gist(&segment), gist(&expected));
        prop_assert_eq!(expected.checksum, Checksum::Valid);
        prop_assert_eq!(segment.ip, expected.ip);
    }

    #[test]
    fn fragments_in_any_order_and_twice_give_the_segment_once(
        six: bool,
        payload in vec(any::<u8>(), 30..400),
        units in 1_usize..7,
        tunnel in select(&[None, Some(Wrap::Vxlan(4_789)), Some(Wrap::GreEthernet), Some(Wrap::Vlan(0x8100))][..]),
        order in vec(any::<Index>(), 0..120),
    ) {
        let mut pieces = if six {
            cut_6(ip::TCP, 99, &tcp(22, &[1; 4], &payload, &addresses_6()), units * 8)
        } else {
            cut_4(ip::TCP, 99, &tcp(22, &[1; 4], &payload, &addresses_4()), units * 8)
        };
        for index in &order {
            let (place, other) = (index.index(pieces.len()), index.index(pieces.len() / 2 + 1));
            pieces.push(pieces[place].clone());
            pieces.swap(place, other);
        }
        let mut decoder = decoder();
        let mut segments = Vec::new();
        for piece in &pieces {
            let packet = Typed(if six { 0x86dd } else { 0x0800 }, piece.clone());
            let data = ethernet(&tunnel.map_or(packet.clone(), |tunnel| tunnel.around(&packet)));
            if let Decoded::Segment(segment) = decoder.decode(&captured(LinkType::Ethernet, &data)) {
                segments.push((segment.payload.to_vec(), segment.checksum, segment.ip.fragmented));
            }
        }
        decoder.finish();
        prop_assert_eq!(segments, vec![(payload, Checksum::Valid, true)]);
        prop_assert_eq!(decoder.incomplete(), None);
        prop_assert_eq!(decoder.stats().fragments.reassembled, 1);
    }

    #[test]
    fn a_tunnel_cut_into_fragments_gives_the_same_segment(wraps in random_wraps(3), units in 1_usize..9) {
        let Typed(kind, data) = Wrap::Geneve.around(&wrapped(ssh_4(), &wraps));
        prop_assert_eq!(kind, 0x86dd);
        let mut decoder = decoder();
        let mut segments = 0;
        for piece in cut_6(ip::UDP, 5, &data[40..], units * 8).iter().rev() {
            if let Decoded::Segment(segment) = decoder.decode(&captured(LinkType::Raw, piece)) {
                segments += 1;
                prop_assert_eq!(segment.payload, b"SSH-2.0-x\r\n");
                prop_assert!(segment.tunneled && segment.ip.fragmented);
            }
        }
        prop_assert_eq!(segments, 1);
    }

    #[test]
    fn hostile_fragments_never_panic_and_complete_at_most_once_each(
        pieces in vec((any::<bool>(), 0_u16..3, 0_u16..8, any::<bool>(), 0_usize..60, 0_i64..3), 1..120),
    ) {
        let mut decoder = decoder();
        let mut seconds = 0;
        let mut complete = 0;
        for (six, identification, place, more, length, wait) in &pieces {
            seconds += wait;
            let payload = &tcp(22, &[], &[9; 60], &[])[..*length];
            let data = if *six {
                ipv6_piece(ip::TCP, u32::from(*identification), (place << 3) | u16::from(*more), payload)
            } else {
                ipv4_piece(ip::TCP, *identification, place | if *more { 0x2000 } else { 0 }, payload)
            };
            let packet = CapturedPacket { time: Timestamp::from_parts(seconds, 0), ..captured(LinkType::Raw, &data) };
            complete += u64::from(matches!(decoder.decode(&packet), Decoded::Segment(_)));
        }
        decoder.finish();
        let given_up = std::iter::from_fn(|| decoder.incomplete()).count() as u64;
        let stats = decoder.stats();
        prop_assert_eq!(stats.segments, complete);
        prop_assert_eq!(given_up, stats.fragments.incomplete + stats.fragments.evicted);
    }
}
