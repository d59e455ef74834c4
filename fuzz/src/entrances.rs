//! Every entrance for bytes of strangers, one function each: what a fuzzer feeds, and what must hold of any input. The tests
//! run the same functions over the committed corpus (`tests/it/corpus.rs`).

use sshwire::analyzer::{Analyzer, Judged, Settings};
use sshwire::limits;
use sshwire::packet::{CapturedPacket, LinkType, PacketId};
use sshwire::report::view::Connection;
use sshwire::source::{CaptureReader, Next};
use sshwire::ssh::Range;
use sshwire::ssh::decoder::fuzz_decoder;
use sshwire::ssh::hostkey::HostKey;
use sshwire::ssh::identification::{Identification, LineEnd};
use sshwire::ssh::kexinit::{KexInit, PartialKexInit};
use sshwire::time::{Span, Timestamp};
use std::io::Cursor;

/// A name, and what takes the bytes.
pub type Entrance = (&'static str, fn(&[u8]));

/// The entrances: a folder of the corpus and a target of the fuzzer each.
pub const ENTRANCES: &[Entrance] = &[
    ("pcap", pcap),
    ("pcapng", pcapng),
    ("compressed", compressed),
    ("link", link),
    ("fragments", fragments),
    ("tcp_options", tcp_options),
    ("stream", stream),
    ("identification", identification),
    ("packets", packets),
    ("kexinit", kexinit),
    ("hostkey", hostkey),
    ("analyzer", analyzer),
    ("explain", explain),
];

/// Link types that packets are given, one that nobody knows among them.
pub const LINKS: [LinkType; 12] = [
    LinkType::Ethernet,
    LinkType::LinuxSll,
    LinkType::LinuxSll2,
    LinkType::Raw,
    LinkType::Null,
    LinkType::Loop,
    LinkType::Ppp,
    LinkType::PppHdlc,
    LinkType::PppEther,
    LinkType::Ipv4,
    LinkType::Ipv6,
    LinkType::Unknown(9_999),
];

/// What must hold of every connection, whatever came.
pub fn check(judged: &Judged) {
    let (record, judgement) = (&judged.record, &judged.judgement);
    // Closes are kept beside the first and the last segments.
    assert!(record.segments.len() <= limits::FIRST_SEGMENTS + limits::LAST_SEGMENTS + limits::RESETS);
    assert!(record.icmp.len() <= limits::ICMP_ERRORS && record.incomplete.len() <= limits::INCOMPLETE_DATAGRAMS);
    for ssh in [&record.ssh.client, &record.ssh.server] {
        assert!(ssh.messages.len() <= limits::SSH_MESSAGES);
        assert!(ssh.pre_identification.len() <= limits::PRE_IDENTIFICATION_LINES);
    }
    let words = judged.words();
    assert!(words.timeline.len() <= limits::TIMELINE + 1 && words.client_says.len() <= 3);
    for finding in &judgement.findings {
        assert!(!finding.evidence.is_empty(), "{} cites no packet", finding.id);
    }
    let json = serde_json::to_string(&Connection::new(record, judgement)).expect("a report is always JSON");
    assert!(json.len() < 2 << 20, "a report of {} bytes for one connection", json.len());
    assert!(!json.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{2066}']), "control characters reach the report");
}

fn judge(mut analyzer: Analyzer) {
    analyzer.finish();
    std::iter::from_fn(|| analyzer.poll()).for_each(|judged| check(&judged));
}

fn watching() -> Analyzer {
    Analyzer::new(Settings { ports: vec![22, 2222], ..Settings::default() })
}

/// Any bytes as a capture file.
pub fn capture(bytes: Vec<u8>) {
    let length = bytes.len();
    let Ok(mut reader) = CaptureReader::from_reader("fuzz".into(), Box::new(Cursor::new(bytes)), 0) else { return };
    let mut analyzer = watching();
    let mut packets = 0_usize;
    loop {
        match reader.next() {
            Next::Packet(packet) => {
                packets += 1;
                assert!(packet.data.len() <= limits::BLOCK_BYTES, "a packet of {} bytes", packet.data.len());
                analyzer.push(&packet);
            }
            Next::Idle => {}
            Next::End => break,
        }
    }
    let told = reader.description();
    assert!(told.warnings.len() <= limits::CAPTURE_WARNINGS + 1, "{} warnings", told.warnings.len());
    // A compressed file may hold more than its size.
    if told.compression.is_empty() {
        assert!(packets <= length / 8 + 1, "{packets} packets in {length} bytes");
    }
    judge(analyzer);
}

/// A pcap file: byte order and precision by the first byte, the rest follows the magic.
pub fn pcap(data: &[u8]) {
    const MAGIC: [[u8; 4]; 4] =
        [[0xd4, 0xc3, 0xb2, 0xa1], [0xa1, 0xb2, 0xc3, 0xd4], [0x4d, 0x3c, 0xb2, 0xa1], [0xa1, 0xb2, 0x3c, 0x4d]];
    let Some((first, rest)) = data.split_first() else { return };
    capture([&MAGIC[usize::from(first & 3)][..], rest].concat());
}

/// A pcapng file from behind its block type on.
pub fn pcapng(data: &[u8]) {
    capture([&[0x0a, 0x0d, 0x0d, 0x0a][..], data].concat());
}

/// A compressed file: gzip, zstd or lz4 by the first byte.
pub fn compressed(data: &[u8]) {
    const MAGIC: [&[u8]; 3] = [&[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd], &[0x04, 0x22, 0x4d, 0x18]];
    let Some((first, rest)) = data.split_first() else { return };
    capture([MAGIC[usize::from(*first) % MAGIC.len()], rest].concat());
}

/// Hands packets to an analyzer, 40 ms apart.
struct Wire {
    analyzer: Analyzer,
    number: u64,
}

impl Wire {
    fn new() -> Self {
        Self { analyzer: watching(), number: 0 }
    }

    fn packet(&mut self, link: LinkType, data: &[u8]) {
        self.number += 1;
        let time = Timestamp(i64::try_from(self.number).unwrap_or(0) * 40_000_000);
        let wire_len = u32::try_from(data.len()).unwrap_or(u32::MAX);
        self.analyzer.push(&CapturedPacket { id: PacketId::new(0, self.number), time, link, wire_len, data });
    }
}

/// One packet behind the other, each `[link type, length, bytes]`: link layers and tunnels.
pub fn link(data: &[u8]) {
    let mut wire = Wire::new();
    let mut rest = data;
    while let [kind, length, behind @ ..] = rest {
        let (bytes, next) = behind.split_at(usize::from(*length).min(behind.len()));
        wire.packet(LINKS[usize::from(*kind) % LINKS.len()], bytes);
        rest = next;
    }
    judge(wire.analyzer);
}

/// IPv4 fragments, each `[datagram, offset in 8 bytes, length, more]` and its bytes.
pub fn fragments(data: &[u8]) {
    let mut wire = Wire::new();
    let mut rest = data;
    while let [datagram, offset, length, more, behind @ ..] = rest {
        let (bytes, next) = behind.split_at(usize::from(*length).min(behind.len()));
        let total = u16::try_from(20 + bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
        let flags = (u16::from(more & 1) << 13 | u16::from(*offset)).to_be_bytes();
        let mut packet = vec![0x45, 0, total[0], total[1], 0, *datagram, flags[0], flags[1], 64, 6, 0, 0];
        packet.extend([192, 0, 2, 1, 192, 0, 2, 2]);
        packet.extend(bytes);
        wire.packet(LinkType::Ipv4, &packet);
        rest = next;
    }
    judge(wire.analyzer);
}

/// A SYN and an ACK with these bytes as options.
pub fn tcp_options(data: &[u8]) {
    let mut wire = Wire::new();
    for (flags, options) in [(2, data), (16, data.get(4..).unwrap_or_default())] {
        let options = &options[..options.len().min(40)];
        let header = 20 + options.len().next_multiple_of(4);
        let total = u16::try_from(20 + header).unwrap_or(0).to_be_bytes();
        let mut packet = vec![0x45, 0, total[0], total[1], 0, 1, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];
        packet.extend([0xc0, 0x00, 0x00, 0x16, 0, 0, 0, 9, 0, 0, 0, 0]);
        packet.extend([u8::try_from(header / 4).unwrap_or(5) << 4, flags, 0xff, 0xff, 0, 0, 0, 0]);
        packet.extend(options);
        packet.resize(20 + header, 0);
        wire.packet(LinkType::Ipv4, &packet);
    }
    judge(wire.analyzer);
}

/// An identification line, ended in one of the ways, and the software that it names.
pub fn identification(data: &[u8]) {
    let Some((first, line)) = data.split_first() else { return };
    let end = if first & 1 == 0 { LineEnd::CrLf } else { LineEnd::LfOnly };
    let seen = Identification::parse(Range { start: 0, end: line.len() as u64 }, line, end);
    assert!(seen.raw.len() <= limits::LINE_BYTES && seen.software.len() <= seen.raw.len());
    let _ = seen.parsed_software();
    // The same line on a stream, in pieces of one byte.
    let pieces: Vec<u8> = line.iter().flat_map(|&byte| [1 << 2 | 2, byte]).collect();
    fuzz_decoder(&[&[0][..], &pieces].concat());
}

/// Operations on a decoder of one direction: bytes, gaps, skips.
pub fn packets(data: &[u8]) {
    fuzz_decoder(data);
}

/// The payload of a KEXINIT; as much as can be read is what reading it whole gives.
pub fn kexinit(data: &[u8]) {
    let part = PartialKexInit::parse(data);
    assert!(part.lists_read <= 10);
    match KexInit::parse(data) {
        Ok(whole) => {
            assert_eq!(part.kexinit, whole);
            let bytes: usize = whole.lists().iter().flat_map(|list| list.iter()).map(String::len).sum();
            // A byte that is no UTF-8 becomes a mark of three.
            assert!(bytes <= data.len() * 3, "{bytes} bytes of names in {}", data.len());
        }
        Err(_) => assert!(part.error.is_some()),
    }
    for end in [data.len() / 2, data.len().saturating_sub(1)] {
        assert!(PartialKexInit::parse(&data[..end]).lists_read <= part.lists_read, "less shows more");
    }
}

/// A host key blob, and the reply that carries it.
pub fn hostkey(data: &[u8]) {
    for key in [HostKey::parse(data).map(std::sync::Arc::new), HostKey::from_reply(data)].into_iter().flatten() {
        assert!(key.fingerprint.starts_with("SHA256:") && key.kind.len() <= data.len());
    }
}

/// The whole analyzer over any packets: `[link, step, length, length, bytes]`, files that end and others that begin.
pub fn analyzer(data: &[u8]) {
    let mut analyzer = watching();
    let (mut rest, mut time, mut number) = (data, Timestamp(0), 0);
    while let [link, step, high, low, behind @ ..] = rest {
        let length = (usize::from(*high) << 8 | usize::from(*low)).min(behind.len());
        let (bytes, next) = behind.split_at(length);
        number += 1;
        time = time + Span::from_millis(i64::from(*step) * i64::from(*step) - 100);
        let id = PacketId::new(u32::from(*link >> 7), number);
        let link = LINKS[usize::from(*link) % LINKS.len()];
        let wire_len = u32::try_from(length).unwrap_or(u32::MAX) + u32::from(*step & 3) * 10;
        analyzer.push(&CapturedPacket { id, time, link, wire_len, data: bytes });
        if *step == 77 {
            analyzer.capture_end(id.capture(), *low & 1 == 1);
        }
        rest = next;
    }
    judge(analyzer);
}

/// Any text as what a client printed or a server logged.
pub fn explain(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(explanation) = sshwire::explain::explain(&text) else { return };
    assert!(explanation.said.line.len() <= limits::EXPLAINED_LINE_BYTES && explanation.said.number >= 1);
    assert!(explanation.said.meaning.candidates().count() > 0 || explanation.said.meaning.page.is_some());
}

pub use segments::stream;

/// The reassembly of one direction against a plain model.
mod segments {
    use sshwire::packet::{Checksum, Endpoint, Flags, IpFacts, PacketId, Segment, TcpOptions, Watch};
    use sshwire::tcp::{Piece, Reader, Tracker};
    use sshwire::time::Timestamp;
    use std::net::{IpAddr, Ipv4Addr};

    /// Byte of the stream at an offset: no two near ones are alike, so that a byte out of place shows.
    fn byte_at(offset: usize) -> u8 {
        (offset ^ offset >> 8).wrapping_mul(167) as u8
    }

    /// What was handed on: position, and where it differs from the stream.
    #[derive(Debug, Clone, Default)]
    struct Taken {
        at: usize,
        delivered: Vec<usize>,
        wrong: Option<usize>,
    }

    impl Reader for Taken {
        fn begin(&mut self, _anchored: bool) {}

        fn take(&mut self, piece: Piece<'_>) {
            match piece {
                Piece::Bytes(bytes) => {
                    for &byte in bytes {
                        if byte != byte_at(self.at) {
                            self.wrong.get_or_insert(self.at);
                        }
                        self.delivered.push(self.at);
                        self.at += 1;
                    }
                }
                Piece::Gap(count) | Piece::Skipped(count) => self.at += usize::try_from(count).unwrap_or(usize::MAX),
            }
        }

        fn wants_bytes(&self) -> bool {
            true
        }

        fn memory(&self) -> usize {
            0
        }
    }

    const ISN: u32 = 0xffff_ff00;

    fn segment(number: u64, flags: u8, offset: usize, payload: &[u8]) -> Segment<'_> {
        let end = |last, port| Endpoint { address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)), port };
        Segment {
            packet: PacketId::new(0, number),
            time: Timestamp(i64::try_from(number).unwrap_or(0) * 1_000_000),
            source: end(1, 40_000),
            destination: end(2, 22),
            ip: IpFacts {
                version: 4,
                ttl: 64,
                tos: 0,
                id: Some(1),
                dont_fragment: true,
                fragmented: false,
                options: false,
            },
            seq: ISN.wrapping_add(u32::try_from(offset).unwrap_or(0)).wrapping_add(u32::from(flags & Flags::SYN == 0)),
            ack: 1,
            flags: Flags(flags),
            window: 1_024,
            options: TcpOptions::default(),
            payload,
            payload_len: u32::try_from(payload.len()).unwrap_or(0),
            checksum: Checksum::Valid,
            source_mac: 0,
            tunneled: false,
        }
    }

    /// Segments of a known stream in any order, each `[offset, offset, length]`: what is handed on is that stream, each byte at
    /// most once, in order, and only what was sent.
    pub fn stream(data: &[u8]) {
        let mut tracker = Tracker::<Taken>::new(Watch::ports(&[22]));
        tracker.push(&segment(1, Flags::SYN, 0, &[]));
        let mut sent = vec![false; 0x1_0200];
        for (number, operation) in (2..).zip(data.chunks_exact(3)) {
            let offset = usize::from(u16::from_be_bytes([operation[0], operation[1]]) >> 4);
            // A single byte just before the next one is a keepalive (RFC 9293 §3.8.4), whose byte belongs to no stream.
            let length = if operation[2] == 1 { 2 } else { usize::from(operation[2]) };
            let bytes: Vec<u8> = (offset..offset + length).map(byte_at).collect();
            sent[offset..offset + length].fill(true);
            tracker.push(&segment(number, Flags::ACK, offset, &bytes));
        }
        tracker.finish(Timestamp(i64::MAX / 2));
        while let Some(finished) = tracker.poll() {
            let taken = finished.readers.client;
            assert_eq!(taken.wrong, None, "a byte out of place");
            assert!(taken.delivered.is_sorted_by(|one, next| one < next), "a byte twice, or out of order");
            assert!(taken.delivered.iter().all(|&at| sent[at]), "a byte that nobody sent");
            let beginning = sent.iter().take_while(|&&sent| sent).count();
            assert!(taken.delivered.iter().filter(|&&at| at < beginning).count() == beginning, "a byte is lost");
        }
    }
}
