//! No input makes the work grow faster than itself: instructions are counted (callgrind), not seconds, for hostile captures of one
//! size and of twice that size, and for few files and ten times as many.

use crate::conversation::{Conversation, kexinit};
use crate::packets::Packet;
use crate::sources::root;
use sshwire::tcp::Side;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What twice the input may cost: twice the work, and what a table that grows has to move.
const TWICE: f64 = 2.5;

/// What ten times the files may cost.
const TEN_TIMES: f64 = 12.0;

type Capture = (&'static str, usize, fn(usize) -> Vec<u8>);

/// A name, a size, and the capture file of that size.
const CAPTURES: &[Capture] = &[
    ("lines before the identification", 3_000, |n| {
        let lines: Vec<u8> = b"no\r\n".repeat(n);
        pcap(&Conversation::new().handshake().client("SSH-2.0-x\r\n").server(lines).closes(Side::Server).packets())
    }),
    ("names of algorithms", 4_000, |n| {
        let names = vec!["a"; n].join(",");
        let lists = || kexinit(&names, &names);
        let talk = Conversation::new().handshake().client("SSH-2.0-x\r\n").server("SSH-2.0-y\r\n");
        pcap(&talk.client(lists()).server(lists()).closes(Side::Server).packets())
    }),
    ("holes of one byte", 1_500, |n| pcap(&segments(n, |i| (2 * (n - i), 1)))),
    ("overlaps", 1_500, |n| pcap(&segments(n, |i| (1 + (i * 7_919) % n, 64)))),
    ("one segment again and again", 1_500, |n| pcap(&segments(n, |_| (1, 8)))),
    ("SYNs of many", 250, |n| pcap(&(0..n).map(|i| tcp(i, 0x1000_0000, 2, 0, &[])).collect::<Vec<_>>())),
    ("SYNs of one with other numbers", 250, |n| {
        pcap(&(0..n).map(|i| tcp(0, u32::try_from(i * 100_000).unwrap_or(7), 2, 0, &[])).collect::<Vec<_>>())
    }),
    ("resets of one", 1_000, |n| {
        pcap(&(0..n).map(|i| tcp(0, u32::try_from(i).unwrap(), 4, 0, &[])).collect::<Vec<_>>())
    }),
    ("connections that fail", 280, |n| {
        let one = |i: usize| {
            let client = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 50), 10_000 + u16::try_from(i).unwrap());
            let talk = Conversation::new().between(client, SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 80), 22));
            talk.handshake().client("SSH-2.0-x\r\n").server("SSH-2.0-y\r\n").closes(Side::Server).packets()
        };
        pcap(&(0..n).flat_map(one).collect::<Vec<_>>())
    }),
    ("fragments that are never whole", 1_000, |n| pcap(&(0..n).map(fragment).collect::<Vec<_>>())),
    ("bytes that are no capture", 30_000, |n| {
        let mut bytes = pcap(&[]);
        bytes.extend((0..n).map(|i| ((i * i) >> 7) as u8));
        bytes
    }),
    ("interfaces", 3_000, |n| {
        let block = |kind: u32, body: &[u8]| {
            let length = u32::try_from(12 + body.len()).unwrap().to_le_bytes();
            [&kind.to_le_bytes()[..], &length, body, &length].concat()
        };
        let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
        let mut bytes = block(0x0a0d_0d0a, &section);
        (0..n).for_each(|_| bytes.extend(block(1, &[1, 0, 0, 0, 0, 0, 4, 0])));
        bytes
    }),
];

fn pcap(packets: &[Packet]) -> Vec<u8> {
    let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
    for packet in packets {
        let (seconds, micros) = (packet.time.0 / 1_000_000_000, packet.time.0 % 1_000_000_000 / 1_000);
        let length = u32::try_from(packet.data.len()).unwrap().to_le_bytes();
        bytes.extend(u32::try_from(seconds).unwrap().to_le_bytes());
        bytes.extend(u32::try_from(micros).unwrap().to_le_bytes());
        bytes.extend([length, length].concat());
        bytes.extend(&packet.data);
    }
    bytes
}

/// An Ethernet frame with IPv4 around these bytes.
fn ip(number: usize, id: u16, fragment: u16, body: &[u8]) -> Packet {
    let total = u16::try_from(20 + body.len()).unwrap().to_be_bytes();
    let (id, fragment) = (id.to_be_bytes(), fragment.to_be_bytes());
    let mut data = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, total[0], total[1], id[0], id[1]];
    data.extend([fragment[0], fragment[1], 64, 6, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
    data.extend(body);
    let time = sshwire::time::Timestamp(1_700_000_000_000_000_000 + i64::try_from(number).unwrap() * 50_000);
    Packet::whole(time, sshwire::packet::LinkType::Ethernet, data)
}

/// A segment of the client whose port is this number's.
fn tcp(port: usize, seq: u32, flags: u8, number: usize, payload: &[u8]) -> Packet {
    let port = (10_000 + u16::try_from(port).unwrap()).to_be_bytes();
    let mut body = vec![port[0], port[1], 0, 22];
    body.extend(seq.to_be_bytes());
    body.extend([0, 0, 0, 9, 0x50, flags, 4, 0, 0, 0, 0, 0]);
    body.extend(payload);
    ip(number, 1, 0x4000, &body)
}

/// A connection whose client sends so many segments: offset and length of each.
fn segments(n: usize, of: impl Fn(usize) -> (usize, usize)) -> Vec<Packet> {
    let mut packets = vec![tcp(0, 1_000, 2, 0, &[])];
    for i in 0..n {
        let (offset, length) = of(i);
        let bytes: Vec<u8> = (0..length).map(|at| (at * i) as u8).collect();
        packets.push(tcp(0, 1_000 + u32::try_from(offset).unwrap(), 16, 1 + i, &bytes));
    }
    packets
}

fn fragment(i: usize) -> Packet {
    ip(i, u16::try_from(i % 65_536).unwrap(), 0x2000, &[0; 24])
}

/// Instructions that `analyze` takes with these arguments.
fn instructions(arguments: impl IntoIterator<Item = PathBuf>) -> f64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", env!("CARGO_BIN_EXE_sshwire"), "analyze"])
        .args(arguments)
        .output()
        .expect("valgrind is installed: apt-get install valgrind");
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find_map(|line| line.split_once("Collected : "));
    let (_, count) = line.unwrap_or_else(|| panic!("callgrind counted nothing: {said}"));
    count.trim().parse().unwrap()
}

fn measured(folder: &Path, name: &str, bytes: &[u8]) -> f64 {
    let path: PathBuf = folder.join(name.replace(' ', "-"));
    std::fs::write(&path, bytes).unwrap();
    instructions([path])
}

#[test]
fn twice_the_input_is_no_more_than_twice_the_work() {
    let folder = root().join("target").join(format!("complexity-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let start = measured(&folder, "empty", &pcap(&[]));
    let fault = |(name, size, make): &Capture| {
        let [once, twice] = [*size, 2 * size].map(|size| measured(&folder, name, &make(size)) - start);
        eprintln!("{name}: {once:.0} instructions for {size}, {:.2} times that for twice as many", twice / once);
        (twice > once * TWICE).then(|| format!("{name}: {:.2} times the work for twice the input", twice / once))
    };
    // Two at a time: counting instructions is slow, and does not mind.
    let (one, other) = CAPTURES.split_at(CAPTURES.len() / 2);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let beside = scope.spawn(|| other.iter().filter_map(fault).collect::<Vec<_>>());
        let mut wrong: Vec<String> = one.iter().filter_map(fault).collect();
        wrong.extend(beside.join().unwrap());
        wrong
    });
    std::fs::remove_dir_all(folder).unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each file is named, and found again in its folder; one name leads nowhere; the report must not be written over any of them.
#[test]
fn ten_times_the_files_are_about_ten_times_the_work() {
    let folder = root().join("target").join(format!("complexity-files-{}", std::process::id()));
    let work = |files: usize| {
        let captures = folder.join(files.to_string());
        std::fs::create_dir_all(&captures).unwrap();
        // Numbers that are no rotation's: each file stands alone.
        let names = (0..files).map(|number| captures.join(format!("case-{number:05}.pcap")));
        let names: Vec<PathBuf> = names.inspect(|name| std::fs::write(name, pcap(&[])).unwrap()).collect();
        let report = ["--overwrite".into(), "-o".into(), folder.join("report.json"), folder.join("missing.pcap")];
        instructions(report.into_iter().chain(names).chain([captures]))
    };
    let [start, few, many] = [1, 1_001, 10_001].map(work);
    let times = (many - start) / (few - start);
    eprintln!("files: {:.0} instructions for each of 1,000, {times:.2} times that for 10,000", (few - start) / 1_000.0);
    std::fs::remove_dir_all(folder).unwrap();
    assert!(times < TEN_TIMES, "{times:.2} times the work for ten times the files");
}
