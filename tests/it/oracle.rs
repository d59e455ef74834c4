//! tshark as oracle: KEXINIT lists, HASSH, identification strings and the bytes of each stream are what it says.
//!
//! `SSHWIRE_WITHOUT_TSHARK=1` leaves this out on a machine that has none.

use crate::headers;
use crate::packets::{Loaded, Packet, loaded};
use sshwire::analyzer::Judged;
use sshwire::packet::{CapturedPacket, Decoded, Decoder, LinkType, PacketId, Watch};
use sshwire::ssh::kexinit::KexInit;
use sshwire::tcp::{Piece, Reader, Side, Tracker};
use sshwire::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

/// What is known to differ, and why: capture (or `*`), what, reason.
const KNOWN: &[(&str, &str, &str)] = &[
    ("auth-denied-snaplen-96", "identification", "tshark takes the captured part of a cut line for the whole"),
    ("healthy-snaplen-96", "identification", "tshark takes the captured part of a cut line for the whole"),
    ("identification-with-nul-v6", "identification", "tshark shows the line up to its NUL"),
];

/// What tshark does not decode, and why.
const OURS_ALONE: &[(&str, &str)] = &[
    ("client-sends-http-dropbear", "the client does not speak SSH, so tshark reads no KEXINIT of the server"),
    ("client-sends-proxy-header", "tshark does not look for the identification string behind a PROXY header"),
    ("db-garb", "the client does not speak SSH, so tshark reads no KEXINIT of the server"),
    ("dropbear-max-unauth-lan", "the client stays silent, so tshark reads no KEXINIT of the server"),
    ("dropbear-max-unauth-rtt60", "the client stays silent, so tshark reads no KEXINIT of the server"),
    ("healthy-any-interface-v6", "tshark takes the further copies of each packet for retransmissions"),
    ("healthy-one-direction-server", "tshark needs the client's identification string to read the server's KEXINIT"),
];

/// Name-lists in the order of the message.
const LISTS: [&str; 10] = [
    "ssh.kex_algorithms",
    "ssh.server_host_key_algorithms",
    "ssh.encryption_algorithms_client_to_server",
    "ssh.encryption_algorithms_server_to_client",
    "ssh.mac_algorithms_client_to_server",
    "ssh.mac_algorithms_server_to_client",
    "ssh.compression_algorithms_client_to_server",
    "ssh.compression_algorithms_server_to_client",
    "ssh.languages_client_to_server",
    "ssh.languages_server_to_client",
];

const OTHERS: [&str; 13] = [
    "ip.src",
    "ipv6.src",
    "tcp.srcport",
    "ip.dst",
    "ipv6.dst",
    "tcp.dstport",
    "tcp.flags.syn",
    "tcp.seq_raw",
    "tcp.payload",
    "ssh.protocol",
    "ssh.kex.hassh",
    "ssh.kex.hasshserver",
    "tcp.flags.reset",
];

/// A sender and whom it sends to.
type Direction = (String, String);

/// What tshark shows of one direction.
#[derive(Default)]
struct Shown {
    /// Lists of each KEXINIT as they stand, `,` between the names.
    kexinits: Vec<[String; 10]>,
    hassh: Vec<String>,
    hassh_server: Vec<String>,
    identifications: Vec<String>,
    isn: Option<u32>,
    /// Sequence number and payload of each segment.
    payloads: Vec<(u32, Vec<u8>)>,
}

/// Runs it over one file that holds all captures of a link type: starting it once for each would take minutes.
fn tshark(captures: &[Loaded]) -> BTreeMap<Direction, Shown> {
    let mut links: BTreeMap<LinkType, Vec<&Packet>> = BTreeMap::new();
    for packet in captures.iter().flat_map(|capture| &capture.packets) {
        links.entry(packet.link).or_default().push(packet);
    }
    let mut ports: Vec<u16> = captures.iter().flat_map(|capture| capture.ports.clone()).collect();
    ports.sort_unstable();
    ports.dedup();
    let mut shown = BTreeMap::new();
    for (link, packets) in links {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("oracle-{link:?}.pcap"));
        std::fs::write(&file, pcap(link, &packets)).unwrap();
        show(&file, &ports, &mut shown);
    }
    shown
}

/// A capture file with nanoseconds.
fn pcap(link: LinkType, packets: &[&Packet]) -> Vec<u8> {
    let link: u32 = match link {
        LinkType::Ethernet => 1,
        LinkType::LinuxSll => 113,
        LinkType::LinuxSll2 => 276,
        LinkType::Raw => 101,
        other => panic!("no number for {other:?}"),
    };
    let mut file = Vec::new();
    for number in [0xa1b2_3c4d, 0x0004_0002, 0, 0, 262_144, link] {
        file.extend(u32::to_le_bytes(number));
    }
    for packet in packets {
        let nanoseconds = u64::try_from(packet.time.0).unwrap();
        let time = [nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000];
        for number in [time[0], time[1], packet.data.len() as u64, u64::from(packet.wire_len)] {
            file.extend(u32::try_from(number).unwrap().to_le_bytes());
        }
        file.extend(&packet.data);
    }
    file
}

fn show(file: &Path, ports: &[u16], shown: &mut BTreeMap<Direction, Shown>) {
    let mut command = Command::new("tshark");
    command.args(["-n", "-r"]).arg(file).args(["-Y", "tcp and not icmp and not icmpv6"]);
    for port in ports {
        command.args(["-d", &format!("tcp.port=={port},ssh")]);
    }
    command.args(["-o", "tcp.reassemble_out_of_order:TRUE"]);
    command.args(["-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=|"]);
    for field in OTHERS.iter().chain(&LISTS) {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let end = |v4: usize| {
            let (four, six, port) = (fields[v4], fields[v4 + 1], fields[v4 + 2]);
            if four.is_empty() { format!("[{six}]:{port}") } else { format!("{four}:{port}") }
        };
        shown.entry((end(0), end(3))).or_default().take(&fields);
    }
}

/// Each capture in a network of its own, so that all fit one file.
fn apart(mut captures: Vec<Loaded>) -> Vec<Loaded> {
    for (index, capture) in (1u32..).zip(&mut captures) {
        let change = |address: IpAddr| match address {
            IpAddr::V4(address) => IpAddr::V4((address.to_bits() ^ (index << 17)).into()),
            IpAddr::V6(address) => IpAddr::V6((address.to_bits() ^ (u128::from(index) << 64)).into()),
        };
        for packet in &mut capture.packets {
            headers::renumber(packet, &change);
        }
    }
    captures
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

impl Shown {
    fn take(&mut self, fields: &[&str]) {
        let sequence: u32 = fields[7].parse().unwrap();
        let is = |field: &str| field == "1" || field == "True";
        if is(fields[6]) {
            self.isn.get_or_insert(sequence);
        }
        if !fields[8].is_empty() && !is(fields[12]) {
            self.payloads.push((sequence, hex(fields[8])));
        }
        let all = |field: &str| -> Vec<String> {
            field.split('|').filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        self.identifications.extend(all(fields[9]));
        self.hassh.extend(all(fields[10]));
        self.hassh_server.extend(all(fields[11]));
        let lists: Vec<Vec<&str>> = fields[OTHERS.len()..].iter().map(|field| field.split('|').collect()).collect();
        let complete = lists.iter().take(8).all(|list| !list[0].is_empty());
        if complete {
            let list = |slot: usize| lists[slot][0].to_owned();
            self.kexinits.push(std::array::from_fn(list));
        }
    }

    /// The stream by a plain model: the first copy of each byte, by its distance from the SYN.
    fn stream(&self) -> Option<BTreeMap<u32, u8>> {
        let start = self.isn?.wrapping_add(1);
        let mut bytes = BTreeMap::new();
        for (sequence, payload) in &self.payloads {
            for (at, byte) in (0u32..).zip(payload) {
                let offset = sequence.wrapping_add(at).wrapping_sub(start);
                if offset < 1 << 30 {
                    bytes.entry(offset).or_insert(*byte);
                }
            }
        }
        Some(bytes)
    }
}

/// Takes down a whole stream; none for what is missing.
#[derive(Default, Clone)]
struct Recorder {
    bytes: Vec<Option<u8>>,
}

impl Reader for Recorder {
    fn begin(&mut self, _anchored: bool) {}
    fn take(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Bytes(bytes) => self.bytes.extend(bytes.iter().copied().map(Some)),
            Piece::Gap(len) | Piece::Skipped(len) => self.bytes.extend((0..len).map(|_| None)),
        }
    }
    fn wants_bytes(&self) -> bool {
        true
    }
    fn memory(&self) -> usize {
        self.bytes.len()
    }
}

/// The streams as they come out of reassembly.
fn streams(capture: &Loaded) -> BTreeMap<Direction, Vec<Option<u8>>> {
    let mut decoder = Decoder::new(Watch::ports(&capture.ports));
    let mut tracker: Tracker<Recorder> = Tracker::new(Watch::ports(&capture.ports));
    for (number, packet) in (1..).zip(&capture.packets) {
        let (id, data) = (PacketId::new(0, number), &packet.data[..]);
        let packet = CapturedPacket { id, time: packet.time, link: packet.link, wire_len: packet.wire_len, data };
        if let Decoded::Segment(segment) = decoder.decode(&packet) {
            tracker.push(&segment);
        }
    }
    tracker.finish(Timestamp(i64::MAX));
    let mut streams = BTreeMap::new();
    while let Some(finished) = tracker.poll() {
        for side in Side::BOTH {
            let ends = (finished.client.to_string(), finished.server.to_string());
            let direction = if side == Side::Client { ends } else { (ends.1, ends.0) };
            if finished.sides[side].anchored {
                streams.insert(direction, finished.readers[side].bytes.clone());
            }
        }
    }
    streams
}

struct Comparison {
    wrong: Vec<String>,
    /// Things compared, by kind.
    compared: BTreeMap<&'static str, usize>,
    /// Decoded by us alone: capture and what.
    ours_alone: Vec<(String, &'static str)>,
}

impl Comparison {
    fn note(&mut self, kind: &'static str, name: &str, direction: &Direction, ours: Option<String>, theirs: &[String]) {
        if theirs.is_empty() {
            if ours.is_some() {
                self.ours_alone.push((name.to_owned(), kind));
            }
            return;
        }
        *self.compared.entry(kind).or_default() += 1;
        let known = KNOWN.iter().any(|(capture, what, _)| (*capture == name || *capture == "*") && *what == kind);
        if !known && !ours.as_ref().is_some_and(|ours| theirs.contains(ours)) {
            self.wrong.push(format!("{name}, {kind} of {}:\n    ours   {ours:?}\n    theirs {theirs:?}", direction.0));
        }
    }

    fn connection(&mut self, capture: &Loaded, judged: &Judged, shown: &BTreeMap<Direction, Shown>) {
        for side in Side::BOTH {
            let ends = (judged.record.endpoint(side).to_string(), judged.record.endpoint(side.peer()).to_string());
            let Some(theirs) = shown.get(&ends) else { continue };
            let (name, ssh) = (capture.name(), &judged.record.ssh[side]);
            let identification =
                ssh.identification.as_ref().map(|seen| String::from_utf8_lossy(&seen.raw).into_owned());
            let lines: Vec<String> =
                theirs.identifications.iter().filter(|line| line.starts_with("SSH-")).cloned().collect();
            self.note("identification", name, &ends, identification, &lines);
            let kexinit = ssh.kexinit.as_ref().filter(|seen| seen.complete);
            let joined = |kexinit: &KexInit| kexinit.lists().map(|list| list.join(",")).join(" ");
            let lists: Vec<String> = theirs.kexinits.iter().map(|lists| lists.join(" ")).collect();
            self.note("KEXINIT", name, &ends, kexinit.map(|seen| joined(&seen.kexinit)), &lists);
            let hassh = |hassh: Option<sshwire::ssh::hassh::Hassh>| hassh.map(|hassh| hassh.to_string());
            match side {
                Side::Client => {
                    self.note("hassh", name, &ends, kexinit.and_then(|seen| hassh(seen.hassh)), &theirs.hassh);
                }
                Side::Server => {
                    let ours = kexinit.and_then(|seen| hassh(seen.hassh_server));
                    self.note("hasshServer", name, &ends, ours, &theirs.hassh_server);
                }
            }
        }
    }

    fn stream(&mut self, name: &str, direction: &Direction, ours: &[Option<u8>], theirs: &Shown) {
        let Some(bytes) = theirs.stream() else { return };
        *self.compared.entry("stream").or_default() += 1;
        *self.compared.entry("bytes of streams").or_default() += bytes.len();
        let missing = |at: u32| ours.get(at as usize).copied().flatten();
        let differs = bytes.iter().find(|(at, byte)| missing(**at) != Some(**byte));
        let extra = ours.iter().flatten().count() != bytes.len();
        let known = KNOWN.iter().any(|(capture, what, _)| (*capture == name || *capture == "*") && *what == "stream");
        if (differs.is_some() || extra) && !known {
            let (own, other) = (ours.iter().flatten().count(), bytes.len());
            self.wrong.push(format!(
                "{name}: stream of {}: {own} bytes, tshark has {other}; first difference {differs:?}",
                direction.0
            ));
        }
    }
}

fn compare(captures: &[Loaded]) -> Comparison {
    let mut found = Comparison { wrong: Vec::new(), compared: BTreeMap::new(), ours_alone: Vec::new() };
    let (shown, mut seen) = (tshark(captures), BTreeSet::new());
    for capture in captures {
        for judged in capture.judge() {
            found.connection(capture, &judged, &shown);
        }
        for (direction, bytes) in streams(capture) {
            if let Some(theirs) = shown.get(&direction) {
                found.stream(capture.name(), &direction, &bytes, theirs);
            }
            assert!(seen.insert(direction), "two captures share addresses and ports");
        }
    }
    found
}

#[test]
fn tshark_sees_the_same() {
    if std::env::var_os("SSHWIRE_WITHOUT_TSHARK").is_some_and(|value| value == "1") {
        return;
    }
    let version = Command::new("tshark").arg("--version").output();
    assert!(
        version.is_ok(),
        "tshark is not on PATH: install it (apt-get install tshark), or set SSHWIRE_WITHOUT_TSHARK=1"
    );
    let found = compare(&apart(loaded()));
    eprintln!("compared with tshark: {:?}", found.compared);
    assert!(found.compared.get("KEXINIT").is_some_and(|kexinits| *kexinits > 100), "{:?}", found.compared);
    let wrong = found.wrong;
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    let unexplained: Vec<_> =
        found.ours_alone.iter().filter(|(name, _)| !OURS_ALONE.iter().any(|(known, _)| known == name)).collect();
    assert!(unexplained.is_empty(), "decoded by sshwire alone, for no known reason: {unexplained:?}");
}
