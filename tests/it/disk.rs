//! Disks that are full, or filled by somebody else while packets are written.

use crate::savefile::{Folder, LINKS, interface, numbers, read, ring};
use sshwire::packet::{CapturedPacket, PacketId};
use sshwire::savefile::{Direction, SaveError, Wishes, Writer};
use sshwire::time::Timestamp;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// `/dev/full` cannot be cut; a file limit of the process can be reached without root.
#[test]
fn a_file_that_cannot_grow_ends_with_a_whole_block_and_is_said_once() {
    let folder = Folder::new("full");
    let path = folder.path("x.pcapng");
    // `ulimit -f` counts 1,024 bytes in bash; its signal is ignored, so that write(2) says EFBIG.
    let script = "trap '' XFSZ; ulimit -f 300; exec \"$0\" disk::grow_until_it_fails --exact --nocapture";
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

/// Runs another test of this file with the folder on a disk of its own, which that process alone sees; `variable` tells it where.
#[cfg(target_os = "linux")]
fn on_a_small_disk(folder: &Folder, test: &str, variable: &str) {
    let alone = ["--map-root-user", "--mount"];
    let probe = std::process::Command::new("unshare").args(alone).arg("true").output();
    if !probe.as_ref().is_ok_and(|probe| probe.status.success()) {
        eprintln!("{test}: NOT RUN: this machine lets nobody have a disk of its own: {probe:?}");
        return;
    }
    let script = format!("mount -t tmpfs -o size=5m tmpfs \"$1\" && exec \"$0\" disk::{test} --exact --nocapture");
    let output = std::process::Command::new("unshare")
        .args(alone)
        .args(["bash", "-c", &script])
        .args([std::env::current_exe().unwrap().as_os_str(), folder.0.as_os_str()])
        .env(variable, &folder.0)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Somebody else fills the disk after the ring was opened: its oldest file gives way, and the newest packets are kept.
#[cfg(target_os = "linux")]
#[test]
fn a_ring_on_a_disk_that_others_fill_gives_up_its_oldest_packets() {
    on_a_small_disk(&Folder::new("crowded"), "crowd_the_disk", "SSHWIRE_TEST_CROWD");
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
    on_a_small_disk(&Folder::new("brimful"), "fill_the_disk", "SSHWIRE_TEST_FILL");
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
