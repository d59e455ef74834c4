//! Written captures: read back by our own reader, by `pcap-parser` and by tshark, cut anywhere, on a full disk.

use proptest::prelude::*;
use sshwire::output::OutputError;
use sshwire::packet::{CapturedPacket, LinkType, PacketId};
use sshwire::savefile::{Direction, Interface, RingSize, SaveError, Statistics, Wishes, Writer};
use sshwire::source::{CaptureReader, Next};
use sshwire::time::Timestamp;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A folder that goes away with it.
pub struct Folder(PathBuf);

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

const LINKS: [LinkType; 3] = [LinkType::Ethernet, LinkType::Raw, LinkType::LinuxSll2];

fn interface(number: usize) -> Interface {
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

type Read = (Timestamp, LinkType, u32, Vec<u8>);

/// What our reader finds, and its warnings.
fn read(path: &Path) -> (Vec<Read>, Vec<String>) {
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

fn ring(text: &str) -> Wishes {
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
fn numbers(folder: &Folder) -> (Vec<u32>, usize) {
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

/// `/dev/full` cannot be cut; a file limit of the process can be reached without root.
#[test]
fn a_file_that_cannot_grow_ends_with_a_whole_block_and_is_said_once() {
    let folder = Folder::new("full");
    let path = folder.path("x.pcapng");
    // `ulimit -f` counts 1,024 bytes in bash; its signal is ignored, so that write(2) says EFBIG.
    let script = "trap '' XFSZ; ulimit -f 300; exec \"$0\" savefile::grow_until_it_fails --exact --nocapture";
    let output = std::process::Command::new("bash")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .env("SSHWIRE_TEST_GROW", &path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let length = path.metadata().unwrap().size();
    assert!((290 << 10..=300 << 10).contains(&length), "{length}");
    let (packets, warnings) = read(&path);
    assert!(packets.len() > 280 && warnings.is_empty(), "{} {warnings:?}", packets.len());
}

/// Does its part of the test above, in a process of its own; alone it checks that without a limit nothing fails.
#[test]
fn grow_until_it_fails() {
    let limited = std::env::var_os("SSHWIRE_TEST_GROW");
    let folder = limited.is_none().then(|| Folder::new("grow"));
    let path = limited.clone().map_or_else(|| folder.as_ref().unwrap().path("x.pcapng"), PathBuf::from);
    let mut writer = Writer::create(&path, &Wishes::default()).unwrap();
    let eth0 = writer.interface(&interface(0)).unwrap();
    let data = [7; 1_000];
    let packet =
        CapturedPacket { id: PacketId::default(), time: Timestamp(1), link: LINKS[0], wire_len: 1_000, data: &data };
    let errors: Vec<SaveError> =
        (0..1_000).filter_map(|_| writer.packet(eth0, &packet, Direction::Unknown, "").err()).collect();
    let _ = writer.flush();
    assert_eq!(writer.packets() + writer.unwritten(), 1_000);
    if limited.is_some() {
        assert_eq!(errors.len(), 1, "{errors:?}");
        let line = errors[0].to_string();
        assert!(line.contains("packets written so far stay readable") && line.lines().count() == 1, "{line}");
        assert!(writer.unwritten() > 600, "{}", writer.unwritten());
    } else {
        assert!(errors.is_empty() && writer.unwritten() == 0, "{errors:?}");
    }
}
/// Somebody else fills the disk after the ring was opened: its oldest file gives way, and the newest packets are kept.
#[cfg(target_os = "linux")]
#[test]
fn a_ring_on_a_disk_that_others_fill_gives_up_its_oldest_packets() {
    let folder = Folder::new("crowded");
    // A disk of its own, seen by this process alone.
    let script = "mount -t tmpfs -o size=5m tmpfs \"$1\" && exec \"$0\" savefile::crowd_the_disk --exact --nocapture";
    let output = std::process::Command::new("unshare")
        .args(["--map-root-user", "--mount", "bash", "-c", script])
        .args([std::env::current_exe().unwrap().as_os_str(), folder.0.as_os_str()])
        .env("SSHWIRE_TEST_CROWD", &folder.0)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Does the work of the test above on its disk; alone, on a disk with room, it checks that nothing is lost.
#[cfg(target_os = "linux")]
#[test]
fn crowd_the_disk() {
    let crowded = std::env::var_os("SSHWIRE_TEST_CROWD").map(PathBuf::from);
    let own = crowded.is_none().then(|| Folder::new("roomy"));
    let folder = crowded.clone().unwrap_or_else(|| own.as_ref().unwrap().0.clone());
    let mut writer = Writer::create(&folder.join("x.pcapng"), &ring("4x1MB")).unwrap();
    let eth0 = writer.interface(&interface(0)).unwrap();
    let mut put = |numbers: std::ops::Range<u32>| {
        for number in numbers {
            let data = number.to_le_bytes().repeat(250);
            let time = Timestamp(1_767_225_600_000_000_000 + i64::from(number));
            let packet = CapturedPacket { id: PacketId::default(), time, link: LINKS[0], wire_len: 1_000, data: &data };
            writer.packet(eth0, &packet, Direction::Unknown, "").unwrap();
        }
        writer.flush().unwrap();
        writer.unwritten()
    };
    assert_eq!(put(0..2_000), 0);
    if crowded.is_some() {
        std::fs::write(folder.join("others"), vec![1; 2_500_000]).unwrap();
    }
    assert_eq!(put(2_000..6_000), 0);
    let _ = std::fs::remove_file(folder.join("others"));
    let (kept, files) = numbers(&Folder(folder));
    assert_eq!((kept.last(), files), (Some(&5_999), 4));
    assert!(kept.len() > if crowded.is_some() { 1_000 } else { 2_800 }, "{}", kept.len());
    assert_eq!(kept, (kept[0]..6_000).collect::<Vec<_>>());
}

/// Somebody else takes all that the ring gives up: nothing fits any more. That is said once, and only what can be read counts.
#[cfg(target_os = "linux")]
#[test]
fn a_ring_on_a_full_disk_says_so_once() {
    let folder = Folder::new("brimful");
    let script = "mount -t tmpfs -o size=5m tmpfs \"$1\" && exec \"$0\" savefile::fill_the_disk --exact --nocapture";
    let output = std::process::Command::new("unshare")
        .args(["--map-root-user", "--mount", "bash", "-c", script])
        .args([std::env::current_exe().unwrap().as_os_str(), folder.0.as_os_str()])
        .env("SSHWIRE_TEST_FILL", &folder.0)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Does the work of the test above on its disk; alone, on a disk with room, nothing fails.
#[cfg(target_os = "linux")]
#[test]
fn fill_the_disk() {
    use std::io::Write;
    let full = std::env::var_os("SSHWIRE_TEST_FILL").map(PathBuf::from);
    let own = full.is_none().then(|| Folder::new("spacious"));
    let folder = full.clone().unwrap_or_else(|| own.as_ref().unwrap().0.clone());
    let others = folder.join("others");
    let mut writer = Writer::create(&folder.join("x.pcapng"), &ring("4x1MB")).unwrap();
    let eth0 = writer.interface(&interface(0)).unwrap();
    let mut errors = Vec::new();
    for number in 0..8_000_u32 {
        let data = number.to_le_bytes().repeat(250);
        let packet = CapturedPacket {
            id: PacketId::default(),
            time: Timestamp(1),
            link: LINKS[0],
            wire_len: 1_000,
            data: &data,
        };
        errors.extend(writer.packet(eth0, &packet, Direction::Unknown, "").err());
        if matches!(number % 40, 2 | 39) {
            // 3 packets fit into what is left of a page, 37 do not: what works now and then must not make the line come back.
            errors.extend(writer.flush().err());
        }
        if full.is_some() && number % 40 == 0 {
            let mut others = std::fs::File::options().append(true).create(true).open(&others).unwrap();
            while others.write(&[1; 4_096]).is_ok_and(|written| written > 0) {}
        }
    }
    errors.extend(writer.flush().err());
    let (written, unwritten, overwritten) = (writer.packets(), writer.unwritten(), writer.overwritten());
    drop(writer);
    let _ = std::fs::remove_file(others);
    let (kept, _) = numbers(&Folder(folder));
    assert_eq!((kept.len() as u64, written + unwritten + overwritten), (written, 8_000));
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!((lines.len(), unwritten > 0), if full.is_some() { (1, true) } else { (0, false) }, "{lines:?}");
}
