//! Conversations built byte by byte, one direction each, and what must hold for every stream.

use super::*;
use crate::limits;
use crate::ssh::framing::InvalidReason;
use crate::ssh::identification::LineEnd;
use crate::ssh::other::OtherKind;
use proptest::prelude::*;

/// The bytes of one direction.
#[derive(Default, Clone)]
struct Stream(Vec<u8>);

impl Stream {
    fn new(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }

    fn then(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    fn packet(self, payload: &[u8]) -> Self {
        self.then(&packet(payload))
    }

    fn facts(&self) -> SshSide {
        whole(&self.0)
    }
}

fn packet(payload: &[u8]) -> Vec<u8> {
    let padding = 4 + (8 - (payload.len() + 9) % 8) % 8;
    let length = u32::try_from(1 + payload.len() + padding).unwrap();
    let padding_length = u8::try_from(padding).unwrap();
    [&length.to_be_bytes()[..], &[padding_length], payload, &vec![0xa5; padding]].concat()
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

fn kexinit(kex: &str) -> Vec<u8> {
    let mut payload = vec![20];
    payload.extend([0xc0; 16]);
    let lists = [kex, "ssh-ed25519", "aes128-ctr", "aes256-ctr", "hmac-sha2-256", "hmac-sha1", "none", "none", "", ""];
    payload.extend(lists.iter().flat_map(|list| string(list.as_bytes())));
    payload.extend([0; 5]);
    payload
}

fn ecdh_reply() -> Vec<u8> {
    let key = [string(b"ssh-ed25519"), string(&[7; 32])].concat();
    [&[31][..], &string(&key), &string(&[9; 32]), &string(&[8; 83])].concat()
}

fn server() -> Stream {
    Stream::new("SSH-2.0-OpenSSH_9.6\r\n")
        .packet(&kexinit("curve25519-sha256"))
        .packet(&ecdh_reply())
        .packet(&[21])
        .then(&[0xe5; 200])
}

fn whole(bytes: &[u8]) -> SshSide {
    let mut decoder = SshDecoder::new();
    decoder.bytes(bytes);
    assert_eq!(decoder.position(), u64::try_from(bytes.len()).unwrap());
    decoder.into_facts()
}

/// The stream with `gap` cut out of it.
fn with_gap(bytes: &[u8], gap: std::ops::Range<usize>) -> SshSide {
    let mut decoder = SshDecoder::new();
    decoder.bytes(&bytes[..gap.start]);
    decoder.gap(u64::try_from(gap.len()).unwrap());
    decoder.bytes(&bytes[gap.end..]);
    decoder.into_facts()
}

fn numbers(side: &SshSide) -> Vec<u8> {
    side.messages.iter().map(|message| message.number).collect()
}

#[test]
fn a_server_up_to_newkeys() {
    let side = server().facts();
    let identification = side.identification.as_ref().unwrap();
    assert_eq!(identification.software, b"OpenSSH_9.6");
    assert_eq!(identification.line_end, LineEnd::CrLf);
    assert_eq!(numbers(&side), [20, 31, 21]);
    let kexinit = side.kexinit.as_ref().unwrap();
    assert!(kexinit.complete);
    assert_eq!(kexinit.range.start, 21);
    assert_eq!(side.host_key.as_ref().unwrap().kind, "ssh-ed25519");
    assert_eq!(side.encrypted_from, side.newkeys.map(|range| range.end));
    assert_eq!((side.unfinished, side.opaque_from, side.invalid_packet), (None, None, None));
}

#[test]
fn bytes_after_newkeys_are_not_wanted() {
    let mut decoder = SshDecoder::new();
    assert!(decoder.wants_bytes());
    decoder.bytes(&server().0);
    assert!(!decoder.wants_bytes());
    let before = decoder.position();
    decoder.skip(1 << 40);
    assert_eq!(decoder.position(), before + (1 << 40));
    assert!(decoder.facts().gaps.is_empty());
}

#[test]
fn lines_before_the_identification() {
    let side = Stream::new("Welcome\r\nto nowhere\nSSH-2.0-x\n").packet(&kexinit("a")).facts();
    let texts: Vec<_> = side.pre_identification.iter().map(|line| line.text.as_slice()).collect();
    assert_eq!(texts, [&b"Welcome"[..], b"to nowhere"]);
    assert_eq!(side.identification.unwrap().line_end, LineEnd::LfOnly);
    assert_eq!(side.other, None);
    assert!(side.kexinit.is_some());
}

#[test]
fn a_refusal_in_plain_text() {
    let side = Stream::new("Exceeded MaxStartups\r\n").facts();
    assert_eq!(side.pre_identification[0].text, b"Exceeded MaxStartups");
    assert_eq!((side.pre_identification_lines, side.other, side.partial_line), (1, None, None));
}

#[test]
fn a_line_that_does_not_end() {
    let side = Stream::new("SSH-2.0-Op").facts();
    let line = side.partial_line.unwrap();
    assert_eq!((line.text.as_slice(), line.range), (&b"SSH-2.0-Op"[..], Range { start: 0, end: 10 }));
    assert!(side.identification.is_none());
}

#[test]
fn other_protocols() {
    let kind = |bytes: &[u8]| whole(bytes).other.map(|other| other.kind);
    assert_eq!(kind(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<html>"), Some(OtherKind::Http));
    assert_eq!(kind(b"220 mx ESMTP\r\n"), Some(OtherKind::Smtp));
    assert_eq!(kind(b"\xff\xfd\x18\xff\xfd\x20"), Some(OtherKind::Telnet));
    assert_eq!(kind(b"\0\0\0\x01garbage"), Some(OtherKind::Unknown));
    assert_eq!(kind(b"SSH-2.0-x\r\n"), None);
    let tls = whole(b"\x15\x03\x01\0\x02\x02\x46").other.unwrap();
    assert_eq!((tls.kind, tls.tls_alert.unwrap().name()), (OtherKind::Tls, "protocol_version"));
    let mut decoder = SshDecoder::new();
    decoder.bytes(&[0; 1_000]);
    assert!(!decoder.wants_bytes());
}

#[test]
fn proxy_headers_stand_before_a_stream() {
    let one = whole(b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 22\r\nSSH-2.0-x\r\n");
    assert_eq!(one.other.unwrap().kind, OtherKind::ProxyProtocol);
    assert!(one.identification.is_some());
    let two = whole(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\x12\x34\0\x16SSH-2.0-x\r\n");
    assert_eq!(two.other.unwrap().kind, OtherKind::ProxyProtocol);
    assert!(two.pre_identification.is_empty());
    assert_eq!(two.identification.unwrap().range.start, 28);
}

#[test]
fn ssh1_is_told_and_not_decoded() {
    assert!(whole(b"SSH-1.5-x\n\0\0\0\x10").ssh1);
    let smsg_public_key = [&[0, 0, 1, 11, 1, 2, 3, 4, 5, 2][..], &[9; 300]].concat();
    let both = Stream::new("SSH-1.99-x\n").then(&smsg_public_key).facts();
    assert!(both.ssh1 && both.invalid_packet.is_none());
}

#[test]
fn text_where_a_packet_must_stand() {
    let side = Stream::new("SSH-2.0-x\r\nInvalid SSH identification string.\r\n").facts();
    let invalid = side.invalid_packet.unwrap();
    assert_eq!((invalid.offset, invalid.packet_length, invalid.reason), (11, 0x496e_7661, InvalidReason::TooLong));
    assert_eq!(invalid.text(), Some(&b"Invalid SSH identification string."[..]));
}

#[test]
fn a_kexinit_that_does_not_end_shows_its_first_lists() {
    let stream = server();
    let side = whole(&stream.0[..100]);
    let unfinished = side.unfinished.unwrap();
    assert_eq!((unfinished.start, unfinished.have, unfinished.number), (21, 79, Some(20)));
    assert!(unfinished.needed.unwrap() > 100);
    let seen = side.kexinit.unwrap();
    assert_eq!((seen.complete, seen.lists_read), (false, 3));
    assert_eq!(seen.kexinit.kex_algorithms, ["curve25519-sha256"]);
    assert!(side.messages.is_empty());
}

#[test]
fn a_kexinit_whose_middle_is_missing() {
    let side = with_gap(&server().0, 70..90);
    assert_eq!(numbers(&side), [20, 31, 21]);
    assert!(!side.messages[0].complete && side.messages[1].complete);
    assert_eq!(side.kexinit.unwrap().kexinit.kex_algorithms, ["curve25519-sha256"]);
    assert_eq!(side.gaps, [Range { start: 70, end: 90 }]);
}

#[test]
fn packets_cut_short_by_the_capture() {
    // Every segment leaves 14 bytes: the rest of each packet is a gap.
    let mut decoder = SshDecoder::new();
    let mut stream = vec![b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()];
    stream.extend([packet(&kexinit("a")), packet(&ecdh_reply()), packet(&[21])]);
    for segment in &stream {
        decoder.bytes(&segment[..14]);
        decoder.gap(u64::try_from(segment.len() - 14).unwrap());
    }
    let side = decoder.into_facts();
    assert_eq!(side.partial_line.as_ref().unwrap().text, b"SSH-2.0-OpenSS");
    assert_eq!(numbers(&side), [20, 31, 21]);
    assert!(side.encrypted_from.is_some());
}

#[test]
fn a_gap_before_the_identification() {
    let side = with_gap(&[b"Hello\r\nSSH-2.0-x\r\n", &server().0[21..]].concat(), 2..5);
    assert_eq!(side.pre_identification[0].text, b"He");
    assert!(!side.pre_identification[0].terminated);
    assert_eq!(side.identification.as_ref().unwrap().software, b"x");
    assert_eq!(numbers(&side), [20, 31, 21]);
}

#[test]
fn a_connection_that_was_open_before() {
    let mid = |bytes: &[u8]| {
        let mut decoder = SshDecoder::mid_stream();
        decoder.bytes(bytes);
        decoder.into_facts()
    };
    let stream = server().0;
    assert!(mid(&stream).identification.is_some());
    for start in 21..40 {
        assert!(numbers(&mid(&stream[start..])).ends_with(&[31, 21]), "from {start}");
    }
    assert_eq!(mid(b"Exceeded MaxStartups\r\n").pre_identification_lines, 1);
    let noise: Vec<u8> = (0..300_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let opaque = mid(&noise);
    let nothing = SshSide { opaque_from: Some(0), ..SshSide::default() };
    assert_eq!(opaque, nothing);
    assert_eq!(mid(&noise[..100]), nothing, "too little to give up on, but the end of the stream");
    assert_eq!(mid(b""), SshSide::default());
}

#[test]
fn another_protocol_from_the_first_bytes_seen_on() {
    let proxied = [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"[..], &[7; 12], b"SSH-2.0-x\r\n"].concat();
    let cases: [(&[u8], Option<OtherKind>, bool); 7] = [
        (b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", Some(OtherKind::Http), false),
        (b"\x15\x03\x01\0\x02\x02\x46", Some(OtherKind::Tls), false),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 22\r\nSSH-2.0-x\r\n", Some(OtherKind::ProxyProtocol), true),
        (&proxied, Some(OtherKind::ProxyProtocol), true),
        (b"Exceeded MaxStartups\r\n", None, false),
        (b"\x4a\0\0\0\x0a8.0.36\0", Some(OtherKind::MySql), false),
        // Random bytes often begin so.
        (b"\xff\xfd\x18\xff\xfd\x20", None, false),
    ];
    for (stream, kind, identified) in cases {
        let end = stream.len();
        let side = fed(SshDecoder::mid_stream(), stream, &[], &[]);
        let told = side.other.as_ref().map(|other| other.kind);
        assert_eq!((told, side.identification.is_some()), (kind, identified), "{}", stream.escape_ascii());
        for cut in 1..end {
            assert_eq!(fed(SshDecoder::mid_stream(), stream, &[], &[cut]), side, "cut at {cut}");
        }
        let behind_gap = [b"noise", stream].concat();
        assert_eq!(fed(SshDecoder::mid_stream(), &behind_gap, &[(0, 5)], &[]).other, None);
    }
}

#[test]
fn the_group_exchange() {
    let sizes = [[0, 0, 8, 0], [0, 0, 32, 0], [0, 0, 32, 0]].concat();
    let client = Stream::new("SSH-2.0-c\r\n").packet(&[&[34][..], &sizes].concat());
    let side = client.packet(&[&[32][..], &string(&[1; 257])].concat()).facts();
    assert_eq!(
        side.gex_request.map(|request| (request.min, request.n, request.max)),
        Some((Some(2048), 8192, Some(8192)))
    );
    assert_eq!(side.kex_init_len, Some(257));
    let prime = [&[0][..], &[0xff; 512]].concat();
    let group = [&[31][..], &string(&prime), &string(&[2])].concat();
    let mut reply = ecdh_reply();
    reply[0] = 33;
    let side = Stream::new("SSH-2.0-s\r\n").packet(&group).packet(&reply).facts();
    assert_eq!((side.gex_prime_bits, side.host_key.unwrap().bits), (Some(4096), Some(256)));
}

#[test]
fn a_disconnect_in_clear() {
    let payload = [&[1, 0, 0, 0, 2][..], &string(b"strict KEX violation"), &string(b"")].concat();
    let side = Stream::new("SSH-2.0-s\r\n").packet(&kexinit("a")).packet(&payload).facts();
    let disconnect = side.disconnect.unwrap();
    assert_eq!((disconnect.code, disconnect.text.as_slice()), (2, &b"strict KEX violation"[..]));
}

#[test]
fn a_million_lines_cost_linear_time_and_no_memory() {
    let lines = b"a line that is no identification\r\n".repeat(1_000_000);
    let mut decoder = SshDecoder::new();
    decoder.bytes(&lines);
    assert!(decoder.heap_bytes() < 8_192);
    let side = decoder.into_facts();
    assert_eq!(side.pre_identification_lines, 1_000_000);
    assert_eq!(side.pre_identification.len(), limits::PRE_IDENTIFICATION_LINES);
}

#[test]
fn a_flood_of_messages_and_gaps_is_counted() {
    let mut decoder = SshDecoder::new();
    decoder.bytes(b"SSH-2.0-x\r\n");
    for _ in 0..1_000 {
        decoder.bytes(&packet(&[&[2][..], &string(b"x")].concat()));
        decoder.bytes(&packet(&[&[4, 0][..], &string(b"x"), &string(b"")].concat())[..10]);
        decoder.gap(14);
    }
    let side = decoder.into_facts();
    assert_eq!((side.messages.len() as u64 + side.messages_omitted, side.ignore_messages), (2_000, 1_000));
    assert_eq!(side.gaps.len() as u64 + side.gaps_omitted, 1_000);
    assert_eq!((side.debug.len(), side.debug_messages), (crate::ssh::message::DEBUG_TEXTS, 1_000));
}

/// Streams that make sense, and some that do not.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let opening = prop_oneof![
        Just(b"SSH-2.0-OpenSSH_9.6 x\r\n".to_vec()),
        Just(b"banner\r\nSSH-1.99-x\n".to_vec()),
        Just(b"Not allowed\r\nagain".to_vec()),
        Just(b"HTTP/1.1 400 Bad\r\n\r\n".to_vec()),
        Just(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x03abc".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..40),
    ];
    let piece = prop_oneof![
        Just(packet(&kexinit("curve25519-sha256,ext-info-c"))),
        Just(packet(&ecdh_reply())),
        Just(packet(&[21])),
        proptest::collection::vec(any::<u8>(), 1..60).prop_map(|payload| packet(&payload)),
        proptest::collection::vec(any::<u8>(), 0..60),
        Just(b"SSH-2.0-again\r\n".to_vec()),
    ];
    (opening, proptest::collection::vec(piece, 0..6)).prop_map(|(opening, pieces)| [opening, pieces.concat()].concat())
}

/// Feeds the parts of a stream that `gaps` leaves, cut at `cuts`.
fn fed(mut decoder: SshDecoder, stream: &[u8], gaps: &[(usize, usize)], cuts: &[usize]) -> SshSide {
    let in_gap = |at: usize| gaps.iter().any(|&(start, len)| (start..start + len).contains(&at));
    let missing: Vec<bool> = (0..stream.len()).map(in_gap).collect();
    let mut cut = vec![false; stream.len()];
    cuts.iter().filter(|&&at| at < stream.len()).for_each(|&at| cut[at] = true);
    let mut from = 0;
    while from < stream.len() {
        let ends = |to: &usize| *to == stream.len() || cut[*to] || missing[*to] != missing[from];
        let to = (from + 1..=stream.len()).find(ends).unwrap_or(stream.len());
        if missing[from] {
            decoder.gap(u64::try_from(to - from).unwrap());
        } else {
            decoder.bytes(&stream[from..to]);
        }
        from = to;
    }
    decoder.into_facts()
}

proptest! {
    #[test]
    fn pieces_do_not_matter(
        stream in streams(),
        gaps in proptest::collection::vec((0_usize..400, 1_usize..60), 0..3),
        cuts in proptest::collection::vec(0_usize..600, 0..40),
        mid_stream: bool,
    ) {
        let new = || if mid_stream { SshDecoder::mid_stream() } else { SshDecoder::new() };
        let expected = fed(new(), &stream, &gaps, &[]);
        prop_assert_eq!(&fed(new(), &stream, &gaps, &cuts), &expected);
        let all: Vec<usize> = (0..stream.len()).collect();
        prop_assert_eq!(&fed(new(), &stream, &gaps, &all), &expected, "byte by byte");
    }

    #[test]
    fn a_gap_loses_no_complete_packet_behind_it(
        kinds in proptest::collection::vec(0_u8..4, 1..8),
        noise in proptest::collection::vec(any::<u8>(), 40),
        start in 0_usize..1_500,
        len in 1_usize..600,
    ) {
        let mut stream = b"SSH-2.0-OpenSSH_9.6\r\n".to_vec();
        for kind in kinds {
            let payload = match kind {
                0 => kexinit("curve25519-sha256"),
                1 => ecdh_reply(),
                2 => [&[30][..], &string(&noise)].concat(),
                _ => [&[4, 0][..], &string(&noise), &string(b"")].concat(),
            };
            stream.extend(packet(&payload));
        }
        stream.extend(packet(&[21]));
        let start = start % stream.len();
        let end = (start + len).min(stream.len());
        let all = whole(&stream).messages;
        let left = with_gap(&stream, start..end);
        let end = u64::try_from(end).unwrap();
        for message in all.iter().filter(|message| message.range.start >= end || message.range.end <= start as u64) {
            prop_assert!(left.messages.contains(message), "{message:?} in {:?}", left.messages);
        }
    }

    #[test]
    fn arbitrary_operations_do_not_panic(data in proptest::collection::vec(any::<u8>(), 0..600)) {
        fuzz_decoder(&data);
    }

    #[test]
    fn arbitrary_streams_behind_an_identification(data in proptest::collection::vec(any::<u8>(), 0..600)) {
        whole(&[b"SSH-2.0-x\r\n", &data[..]].concat());
    }
}
