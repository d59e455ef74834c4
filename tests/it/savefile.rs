//! Written captures: read back by our own reader, by `pcap-parser` and by tshark, cut anywhere, on a full disk.

use proptest::prelude::*;
use sshwire::output::OutputError;
use sshwire::packet::{CapturedPacket, LinkType, PacketId};
use sshwire::savefile::{Direction, Interface, RingSize, SaveError, Statistics, Wishes, Writer};
use sshwire::source::{CaptureReader, Next};
use sshwire::time::Timestamp;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A folder that goes away with it.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sshwire-{}-{name}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A packet to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Made {
    interface: u32,
    time: i64,
    data: Vec<u8>,
    /// Bytes that the wire had more.
    cut: u32,
    direction: u8,
    comment: String,
    flush: bool,
}

fn made() -> impl Strategy<Value = Made> {
    let comment = prop_oneof![4 => Just(String::new()), 1 => "\\PC{0,40}"];
    let data = prop_oneof![6 => prop::collection::vec(any::<u8>(), 0..200), 1 => prop::collection::vec(any::<u8>(), 60_000..70_000)];
    (0..3_u32, 0..i64::MAX, data, 0..3_000_u32, 0..3_u8, comment, any::<bool>()).prop_map(
        |(interface, time, data, cut, direction, comment, flush)| Made {
            interface,
            time,
            data,
            cut,
            direction,
            comment,
            flush,
        },
    )
}

pub const LINKS: [LinkType; 3] = [LinkType::Ethernet, LinkType::Raw, LinkType::LinuxSll2];

pub fn interface(number: usize) -> Interface {
    Interface {
        name: format!("eth{number}"),
        description: "an \"interface\"".to_owned(),
        filter: "port 22".to_owned(),
        link: LINKS[number],
        snaplen: 0,
    }
}

fn captured(made: &Made) -> CapturedPacket<'_> {
    let wire_len = u32::try_from(made.data.len()).unwrap() + made.cut;
    let link = LINKS[made.interface as usize];
    CapturedPacket { id: PacketId::default(), time: Timestamp(made.time), link, wire_len, data: &made.data }
}

fn direction(number: u8) -> Direction {
    [Direction::Unknown, Direction::Inbound, Direction::Outbound][usize::from(number)]
}

fn write(path: &Path, packets: &[Made]) {
    let mut writer = Writer::create(path, &Wishes { overwrite: true, ..Wishes::default() }).unwrap();
    for number in 0..3 {
        assert_eq!(writer.interface(&interface(number)).unwrap() as usize, number);
    }
    for made in packets {
        writer.packet(made.interface, &captured(made), direction(made.direction), &made.comment).unwrap();
        if made.flush {
            writer.flush().unwrap();
        }
    }
    writer.flush().unwrap();
    assert_eq!((writer.packets(), writer.unwritten()), (packets.len() as u64, 0));
}

pub type Read = (Timestamp, LinkType, u32, Vec<u8>);

/// What our reader finds, and its warnings.
pub fn read(path: &Path) -> (Vec<Read>, Vec<String>) {
    let mut reader = CaptureReader::open(path, 0).unwrap();
    let mut packets = Vec::new();
    loop {
        match reader.next() {
            Next::Packet(packet) => packets.push((packet.time, packet.link, packet.wire_len, packet.data.to_vec())),
            Next::Idle => {}
            Next::End => break,
        }
    }
    (packets, reader.description().warnings.iter().map(|warning| warning.text.clone()).collect())
}

fn expected(packets: &[Made]) -> Vec<Read> {
    let one = |made: &Made| {
        let packet = captured(made);
        (packet.time, packet.link, packet.wire_len, made.data.clone())
    };
    packets.iter().map(one).collect()
}

/// What `pcap-parser` finds: ticks, wire length, data, comment and flags of each packet.
fn parsed(bytes: &[u8]) -> Vec<(u64, u32, Vec<u8>, String, u32)> {
    use pcap_parser::{Block, OptionCode, parse_block_le};
    let mut found = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (behind, block) = parse_block_le(rest).unwrap();
        if let Block::EnhancedPacket(packet) = block {
            let value = |code: OptionCode| packet.options.iter().find(|option| option.code == code);
            let comment = value(OptionCode::Comment).map_or(&[][..], |option| &option.value[..usize::from(option.len)]);
            let flags =
                value(OptionCode(2)).map_or(0, |option| u32::from_le_bytes(option.value[..4].try_into().unwrap()));
            let ticks = (u64::from(packet.ts_high) << 32) | u64::from(packet.ts_low);
            let data = packet.data[..packet.caplen as usize].to_vec();
            found.push((ticks, packet.origlen, data, String::from_utf8(comment.to_vec()).unwrap(), flags));
        }
        rest = behind;
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_packets_are_read_back_as_they_were(packets in prop::collection::vec(made(), 0..40)) {
        let folder = Folder::new("properties");
        let path = folder.path("x.pcapng");
        write(&path, &packets);
        prop_assert_eq!(read(&path), (expected(&packets), Vec::new()));
        let bytes = std::fs::read(&path).unwrap();
        let theirs: Vec<_> = packets
            .iter()
            .map(|made| {
                let packet = captured(made);
                let ticks = u64::try_from(made.time).unwrap();
                (ticks, packet.wire_len, made.data.clone(), made.comment.clone(), u32::from(made.direction))
            })
            .collect();
        prop_assert_eq!(parsed(&bytes), theirs);
    }
}

fn some_packets(number: usize) -> Vec<Made> {
    let one = |index: usize| Made {
        interface: u32::try_from(index % 3).unwrap(),
        time: 1_767_225_600_000_000_000 + i64::try_from(index).unwrap() * 1_001,
        data: (0..20 + index * 37 % 91).map(|byte| u8::try_from((byte * 31 + index) % 256).unwrap()).collect(),
        cut: u32::try_from(index % 2).unwrap() * 40,
        direction: u8::try_from(index % 3).unwrap(),
        comment: if index % 4 == 1 { format!("comment {index}, ü") } else { String::new() },
        flush: false,
    };
    (0..number).map(one).collect()
}

#[test]
fn a_file_cut_at_any_byte_keeps_every_packet_before() {
    let folder = Folder::new("cut");
    let path = folder.path("x.pcapng");
    let packets = some_packets(8);
    write(&path, &packets);
    let bytes = std::fs::read(&path).unwrap();
    let (whole, _) = read(&path);
    let cut = folder.path("cut.pcapng");
    let mut seen = 0;
    for end in 60..bytes.len() {
        std::fs::write(&cut, &bytes[..end]).unwrap();
        let (found, warnings) = read(&cut);
        assert_eq!(found, whole[..found.len()], "{end}");
        assert!(found.len() >= seen && warnings.len() <= 1, "{end}: {warnings:?}");
        seen = found.len();
    }
    assert_eq!(seen, packets.len() - 1);
}

#[test]
fn tshark_reads_packets_comments_directions_findings_and_drops_without_complaint() {
    if std::env::var_os("SSHWIRE_WITHOUT_TSHARK").is_some() {
        return;
    }
    let folder = Folder::new("tshark");
    let path = folder.path("x.pcapng");
    let packets = some_packets(9);
    let mut writer = Writer::create(&path, &Wishes::default()).unwrap();
    for number in 0..3 {
        writer.interface(&interface(number)).unwrap();
    }
    for made in &packets {
        writer.packet(made.interface, &captured(made), direction(made.direction), &made.comment).unwrap();
    }
    let until = Timestamp(1_767_225_601_000_000_000);
    writer.note(until, "192.0.2.1:5 > 192.0.2.2:22: server-reset (certain)").unwrap();
    let statistics = Statistics { since: Timestamp(1_767_225_600_000_000_000), until, received: 12, dropped: 3 };
    writer.statistics(1, statistics).unwrap();
    drop(writer);

    let fields = [
        "frame.time_epoch",
        "frame.len",
        "frame.cap_len",
        "frame.comment",
        "frame.packet_flags_direction",
        "frame.interface_name",
    ];
    let mut arguments = vec!["-n", "-r", path.to_str().unwrap(), "-T", "fields", "-e", "systemd_journal.message"];
    fields.iter().for_each(|field| arguments.extend(["-e", field]));
    let output = std::process::Command::new("tshark").args(&arguments).output().unwrap();
    let errors: Vec<String> = String::from_utf8_lossy(&output.stderr)
        .lines()
        .filter(|line| !line.contains("Running as user"))
        .map(str::to_owned)
        .collect();
    assert!(output.status.success() && errors.is_empty(), "{errors:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines.len(), packets.len() + 1, "{text}");
    for (line, made) in lines.iter().zip(&packets) {
        let packet = captured(made);
        let time = format!("{}.{:09}", made.time / 1_000_000_000, made.time % 1_000_000_000);
        let (wire, cap) = (packet.wire_len.to_string(), made.data.len().to_string());
        let (direction, name) = (["", "1", "2"][usize::from(made.direction)], format!("eth{}", made.interface));
        let shown_direction = line[5].trim_start_matches("0x").trim_start_matches('0');
        assert_eq!(line[1..5], [&time, &wire, &cap, &made.comment], "{text}");
        assert_eq!((shown_direction, line[6]), (direction, name.as_str()), "{text}");
    }
    assert_eq!(lines[packets.len()][0], "192.0.2.1:5 > 192.0.2.2:22: server-reset (certain)", "{text}");

    let output = std::process::Command::new("capinfos").arg(&path).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(text.contains(concat!("sshwire ", env!("CARGO_PKG_VERSION"))), "{text}");
    let mut reader = CaptureReader::open(&path, 0).unwrap();
    while !matches!(reader.next(), Next::End) {}
    assert_eq!(reader.description().capture_drops, Some(3));
}

#[test]
fn files_are_private_and_nothing_is_overwritten_unasked() {
    let folder = Folder::new("private");
    let path = folder.path("x.pcapng");
    drop(Writer::create(&path, &Wishes::default()).unwrap());
    let metadata = path.metadata().unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert!(matches!(Writer::create(&path, &Wishes::default()), Err(SaveError::Output(OutputError::Exists { .. }))));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(Writer::create(&path, &Wishes { overwrite: true, ..Wishes::default() }).unwrap());
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    let link = folder.path("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let overwrite = Wishes { overwrite: true, ..Wishes::default() };
    let refused = Writer::create(&link, &overwrite).unwrap_err().to_string();
    assert!(refused.ends_with("/link: is a symbolic link of root; name the file that it leads to"), "{refused}");
    let refused = Writer::create(&folder.path("."), &overwrite).unwrap_err().to_string();
    assert!(refused.contains("is a folder"), "{refused}");
    // A second name of the file keeps what it had: the new file is another one.
    std::fs::hard_link(&path, folder.path("second")).unwrap();
    std::fs::write(&path, "old").unwrap();
    drop(Writer::create(&path, &overwrite).unwrap());
    assert_eq!(std::fs::read_to_string(folder.path("second")).unwrap(), "old");
    let missing = Writer::create(&folder.path("no/such/x"), &Wishes::default()).unwrap_err().to_string();
    assert!(missing.contains("no/such/x: cannot be written: No such file"), "{missing}");
}

pub fn ring(text: &str) -> Wishes {
    Wishes { ring: Some(text.parse::<RingSize>().unwrap()), ..Wishes::default() }
}

/// Writes so many packets of 1,000 bytes, each with its number.
fn fill(path: &Path, wishes: Wishes, numbers: std::ops::Range<u32>) {
    let mut writer = Writer::create(path, &wishes).unwrap();
    let eth0 = writer.interface(&interface(0)).unwrap();
    for number in numbers {
        let data = number.to_le_bytes().repeat(250);
        let time = Timestamp(1_767_225_600_000_000_000 + i64::from(number));
        let packet = CapturedPacket { id: PacketId::default(), time, link: LINKS[0], wire_len: 1_000, data: &data };
        writer.packet(eth0, &packet, Direction::Unknown, "").unwrap();
    }
}

/// The numbers of the packets in all files of a ring, and how many files there are.
pub fn numbers(folder: &Folder) -> (Vec<u32>, usize) {
    let files: Vec<PathBuf> = std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().path()).collect();
    let mut all = Vec::new();
    for file in &files {
        assert!(file.metadata().unwrap().len() <= 1_000_000, "{}", file.display());
        let (packets, warnings) = read(file);
        assert!(warnings.is_empty(), "{}: {warnings:?}", file.display());
        all.extend(packets.iter().map(|(_, _, _, data)| u32::from_le_bytes(data[..4].try_into().unwrap())));
    }
    all.sort_unstable();
    (all, files.len())
}

#[test]
fn a_ring_holds_the_newest_packets_also_over_restarts() {
    let folder = Folder::new("ring");
    let path = folder.path("x.pcapng");
    fill(&path, ring("3x1MB"), 0..500);
    assert_eq!(numbers(&folder), ((0..500).collect(), 3), "room for more in the first file");
    fill(&path, ring("3x1MB"), 500..2_100);
    assert_eq!(numbers(&folder).0, (0..2_100).collect::<Vec<_>>(), "a restart goes on behind the newest packets");
    fill(&path, ring("3x1MB"), 2_100..10_000);
    let (kept, _) = numbers(&folder);
    let first = *kept.first().unwrap();
    assert_eq!(kept, (first..10_000).collect::<Vec<_>>());
    assert!((1_900..2_900).contains(&kept.len()), "{}", kept.len());

    let shown = sshwire::source::expand(std::slice::from_ref(&folder.0));
    assert_eq!(shown.inputs.len(), 3);
    assert!(sshwire::source::looks_rotated(&folder.path("x.pcapng000"), &folder.path("x.pcapng002")));
}

#[test]
fn a_program_that_is_started_again_and_again_keeps_its_ring() {
    let folder = Folder::new("again");
    let path = folder.path("x.pcapng");
    for run in 0..20 {
        fill(&path, ring("2x1MB"), run * 10..run * 10 + 10);
        // As if a kill had cut the last block, and once more as if it had hit its first bytes.
        let newest = folder.path("x.pcapng000");
        let length = newest.metadata().unwrap().len();
        let cut = if run % 2 == 0 { 100 } else { 1_030 };
        std::fs::File::options().write(true).open(&newest).unwrap().set_len(length - cut).unwrap();
    }
    let whole: Vec<u32> = (0..200).filter(|number| number % 10 != 9).collect();
    fill(&path, ring("2x1MB"), 200..201);
    assert_eq!(numbers(&folder), (whole.into_iter().chain([200]).collect(), 2));
}

#[test]
fn a_ring_spares_what_it_did_not_write_and_disks_that_are_too_small() {
    let folder = Folder::new("spares");
    let path = folder.path("x.pcapng");
    std::fs::write(folder.path("x.pcapng001"), "my diary").unwrap();
    let error = Writer::create(&path, &ring("3x1MB")).unwrap_err();
    assert!(error.to_string().contains("x.pcapng001: not written by sshwire"), "{error}");
    assert_eq!(std::fs::read_to_string(folder.path("x.pcapng001")).unwrap(), "my diary");
    let other = folder.path("y.pcapng");
    let error = Writer::create(&other, &ring("512x1TB")).unwrap_err();
    assert!(matches!(error, SaveError::NoRoom { wanted: 512_000_000_000_000, .. }), "{error}");
    assert_eq!(error.to_string().lines().count(), 1);
}
