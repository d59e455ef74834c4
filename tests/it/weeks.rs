//! A capture that runs for long: 24 hours of labelled captures one after the other, failures kept in a ring, memory flat.

use crate::packets::{Packet, loaded};
use crate::savefile::Folder;
use sshwire::analyzer::{Analyzer, Settings};
use sshwire::metrics::Memory;
use sshwire::packet::{CapturedPacket, PacketId, Watch};
use sshwire::report::view::{Brief, Name, Outcome};
use sshwire::savefile::{Direction, Interface, Keeper, Wishes, Writer};
use sshwire::time::{Span, Timestamp};

/// Connections come in rounds of ten minutes.
const ROUND: Span = Span::from_secs(600);
const ROUNDS: i64 = 144;

/// Set in the process that does the work: alone in it, its memory is known.
const ALONE: &str = "SSHWIRE_TEST_WEEKS";

struct Day {
    analyzer: Analyzer,
    keeper: Keeper,
    writer: Writer,
    number: u64,
    kept: u64,
}

impl Day {
    /// The packets of a capture, as if they came now.
    fn packets(&mut self, packets: &[Packet], begin: Timestamp) {
        let Some(first) = packets.first().map(|packet| packet.time) else { return };
        for packet in packets {
            self.number += 1;
            let captured = CapturedPacket {
                id: PacketId::new(0, self.number),
                time: begin + (packet.time - first),
                link: packet.link,
                wire_len: packet.wire_len,
                data: &packet.data,
            };
            self.keeper.packet(&captured, 0, Direction::Inbound);
            self.analyzer.push(&captured);
            self.judge();
        }
    }

    fn judge(&mut self) {
        while let Some(judged) = self.analyzer.poll() {
            let record = &judged.record;
            let kept = self.keeper.judged(record.client, record.server, record.last.0);
            let failed = Brief::new(&Name::of(record), &judged.judgement).outcome == Outcome::Failed;
            if let Some(kept) = kept.filter(|_| failed) {
                self.kept += 1;
                kept.write(&mut self.writer, "failed").unwrap();
            }
        }
    }
}

#[test]
fn a_day_takes_no_more_memory_than_its_first_hours() {
    if std::env::var_os(ALONE).is_none() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["weeks::a_day_takes_no_more_memory_than_its_first_hours", "--exact", "--nocapture"])
            .env(ALONE, "1")
            .output()
            .unwrap();
        return assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let folder = Folder::new("weeks");
    let mut writer =
        Writer::create(&folder.path("x.pcapng"), &Wishes { ring: Some("3x1MB".parse().unwrap()), ..Wishes::default() })
            .unwrap();
    writer.interface(&Interface::default()).unwrap();
    let settings =
        Settings { ports: vec![22], immediate: true, linger: Some(Span::from_secs(3)), ..Settings::default() };
    let (analyzer, keeper) = (Analyzer::new(settings), Keeper::new(Watch::ports(&[22])));
    let mut day = Day { analyzer, keeper, writer, number: 0, kept: 0 };
    let captures: Vec<Vec<Packet>> = loaded().into_iter().step_by(6).map(|loaded| loaded.packets).collect();
    let memory = Memory::open();
    let mut begin = Timestamp::from_parts(1_767_225_600, 0);
    let (mut early, mut held) = (None, Vec::new());
    for round in 0..ROUNDS {
        for packets in &captures {
            day.packets(packets, begin);
        }
        begin = begin + ROUND;
        day.analyzer.advance(begin);
        day.keeper.advance(begin);
        day.judge();
        held.push(day.keeper.bytes());
        if round == ROUNDS / 6 {
            early = memory.resident();
        }
    }
    let (early, late) = (early.unwrap(), memory.resident().unwrap());
    let (most, packets) = (held.iter().max().unwrap(), day.number);
    eprintln!(
        "{packets} packets, {} failures kept; resident {early} bytes after 4 h, {late} after 24 h; held {most}",
        day.kept
    );
    assert!(late < early + (4 << 20), "{early} {late}");
    assert!(*most < 4 << 20 && day.keeper.forgotten() == 0, "{most} {}", day.keeper.forgotten());
    assert!(day.kept > 1_000, "{}", day.kept);
    let files: u64 =
        std::fs::read_dir(folder.path(".")).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(files <= 3_000_000, "{files}");
}
