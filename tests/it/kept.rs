//! `--keep failed`: the connections that failed, written whole, are judged from the file as they were judged live.

use crate::conversation::{Conversation, binary, kexinit};

use crate::labelled::{Scenario, analyze, heldout, ports, scenarios};
use crate::made::reply;
use crate::packets::{Packet, judge};
use crate::savefile::Folder;
use sshwire::analyzer::{Analyzer, Judged, Settings};
use sshwire::packet::{Endpoint, PacketId, Watch};
use sshwire::report::view::{Brief, Name, Outcome};
use sshwire::savefile::{Direction, Interface, Keeper, Room, Wishes, Writer};
use sshwire::source::{CaptureReader, Next};
use sshwire::tcp::Side;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::path::Path;

/// Verdicts that rest on other connections or other traffic too, and what is left where the file holds the failed one alone:
/// the id, and `by`. The comment in the file says what was found.
const NEEDS_NEIGHBOURS: &[(&str, &str, &str)] = &[
    ("closed-port", "closed-port", "the TTL of other packets of the server tells its kernel from a firewall"),
    ("fw-reject-rst", "fw-reject-rst", "the TTL of other packets of the server tells it from a router"),
    ("syn-no-answer", "syn-no-answer", "other packets of the server show that it is alive"),
    ("rate-limit-drop", "syn-no-answer", "other connections of the client passed"),
    ("kex-signature-or-libcrypto-failure", "hostkey-rejected-by-client", "another connection took the same key"),
    ("dropbear-max-unauth", "server-closed", "other connections were open at the time"),
];

/// Verdicts of the file that rest on connections which came later, and what could be said before they came.
const NEEDS_HINDSIGHT: &[(&str, &str, &str)] = &[
    ("sshd-auth-crash", "server-closes-after-auth-request", "the next connection is refused for the crash"),
    ("persource-penalty", "maxstartups-drop", "the one after it is refused as well"),
];

/// What is compared of a verdict: by endpoints and start.
type Verdicts = BTreeMap<(String, i64), String>;

fn verdict(judged: &Judged) -> ((String, i64), String) {
    let ended = &judged.judgement.ended;
    let id = judged.judgement.verdict().map_or("none", |finding| finding.id);
    let record = &judged.record;
    let what = format!("{id} {:?} {:?} {:?} {}", ended.phase, ended.how, ended.by, ended.forged);
    ((format!("{} {}", record.client, record.server), record.first.1.0), what)
}

fn failed(judged: &Judged) -> bool {
    Brief::new(&Name::of(&judged.record), &judged.judgement).outcome == Outcome::Failed
}

struct Live {
    analyzer: Analyzer,
    keeper: Keeper,
    writer: Writer,
    verdicts: Verdicts,
}

impl Live {
    fn new(path: &Path, ports: &[u16], room: Room) -> Self {
        let settings = Settings { ports: ports.to_vec(), immediate: true, ..Settings::default() };
        let writer = Writer::create(path, &Wishes { overwrite: true, ..Wishes::default() }).unwrap();
        let keeper = Keeper::with_room(Watch::ports(ports), room);
        Self { analyzer: Analyzer::new(settings), keeper, writer, verdicts: Verdicts::new() }
    }

    /// As the live capture does it.
    fn judge(&mut self) {
        while let Some(judged) = self.analyzer.poll() {
            let record = &judged.record;
            let kept = self.keeper.judged(record.client, record.server, record.last.0);
            if failed(&judged) {
                let (name, what) = verdict(&judged);
                kept.unwrap_or_else(|| panic!("{name:?}: nothing kept")).write(&mut self.writer, &what).unwrap();
                self.verdicts.insert(name, what);
            }
        }
    }

    /// Reads a capture as if it came from a wire; the verdicts of failures.
    fn read(mut self, capture: &Path) -> Verdicts {
        let mut reader = CaptureReader::open(capture, 0).unwrap();
        let mut interfaces = Vec::new();
        loop {
            match reader.next() {
                Next::Packet(packet) => {
                    let known = interfaces.iter().position(|link| *link == packet.link);
                    let number = known.unwrap_or_else(|| {
                        interfaces.push(packet.link);
                        self.writer.interface(&Interface { link: packet.link, ..Interface::default() }).unwrap();
                        interfaces.len() - 1
                    });
                    self.keeper.packet(&packet, u32::try_from(number).unwrap(), Direction::Unknown);
                    self.analyzer.push(&packet);
                    self.judge();
                }
                Next::Idle => {}
                Next::End => break,
            }
        }
        self.analyzer.finish();
        self.judge();
        assert_eq!(self.keeper.connections(), 0, "{}", capture.display());
        self.writer.flush().unwrap();
        self.verdicts
    }
}

/// Whether the difference is one of [`NEEDS_NEIGHBOURS`] or [`NEEDS_HINDSIGHT`]: one of both verdicts says less, not something else.
fn is_explained(live: &str, from_file: Option<&String>) -> bool {
    let Some(from_file) = from_file else { return false };
    let listed = |table: &[(&str, &str, &str)], more: &str, less: &str| {
        let begins = |verdict: &str, id: &str| verdict.starts_with(&format!("{id} "));
        table.iter().any(|(id, left, _)| begins(more, id) && begins(less, left))
    };
    let known = listed(NEEDS_NEIGHBOURS, live, from_file) || listed(NEEDS_HINDSIGHT, from_file, live);
    known && phase_and_how(live) == phase_and_how(from_file)
}

fn phase_and_how(verdict: &str) -> Vec<&str> {
    verdict.split(' ').skip(1).take(2).collect()
}

/// The connections of a scenario whose verdict differs, and how many there are.
fn differences(scenario: &Scenario, folder: &Folder, room: Room) -> (Vec<String>, usize) {
    let path = folder.path("kept.pcapng");
    let ports = ports(scenario);
    let live = Live::new(&path, &ports, room).read(&scenario.capture);
    let again: Verdicts = analyze(&path, ports).iter().map(verdict).collect();
    let mut wrong = Vec::new();
    for (name, what) in &live {
        if again.get(name) != Some(what) && !is_explained(what, again.get(name)) {
            wrong.push(format!("{} {}: live {what}; from the file {:?}", scenario.name, name.0, again.get(name)));
        }
    }
    for name in again.keys().filter(|name| !live.contains_key(*name)) {
        wrong.push(format!("{} {}: not kept, yet in the file", scenario.name, name.0));
    }
    (wrong, live.len())
}

#[test]
fn what_is_kept_of_every_capture_is_judged_alike() {
    let folder = Folder::new("kept");
    let (mut wrong, mut all) = (Vec::new(), 0);
    for scenario in scenarios().iter().chain(&heldout()) {
        let (differ, count) = differences(scenario, &folder, Room::default());
        wrong.extend(differ);
        all += count;
    }
    assert!(wrong.is_empty(), "{} of {all}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Long connections: where the middle is needed, the verdict from the file says that it is missing. It never names another failure.
#[test]
fn what_is_left_out_of_long_connections_makes_no_verdict_wrong() {
    let folder = Folder::new("kept-short");
    let room = Room { whole: 24, first: 32, last: 16, cut: 128, ..Room::default() };
    let (mut differ, mut all) = (Vec::new(), 0);
    for scenario in scenarios().iter().chain(&heldout()) {
        let (found, count) = differences(scenario, &folder, room);
        differ.extend(found);
        all += count;
    }
    let same_id = |line: &str| {
        let id = line.split("live ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
        line.contains(&format!("Some(\"{id} "))
    };
    let wrong: Vec<_> =
        differ.iter().filter(|line| !same_id(line) && !line.contains("Some(\"capture-truncated ")).collect();
    assert!(wrong.is_empty() && differ.len() * 40 < all, "{differ:#?}");
}

/// Gives packets to a keeper, numbered from here on; the number of the last one.
fn push(keeper: &mut Keeper, numbers: &mut u64, packets: &[Packet]) -> PacketId {
    for packet in packets {
        *numbers += 1;
        keeper.packet(&packet.captured(PacketId::new(0, *numbers)), 0, Direction::Unknown);
    }
    PacketId::new(0, *numbers)
}

const SERVER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 80), 22);

fn client(number: u32) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::from(0x0a00_0000 + number / 50_000), u16::try_from(10_000 + number % 50_000).unwrap())
}

fn end(address: SocketAddrV4) -> Endpoint {
    Endpoint { address: IpAddr::V4(*address.ip()), port: address.port() }
}

fn session(number: u32, said: usize) -> Vec<Packet> {
    let mut talk = Conversation::new().between(client(number), SERVER).handshake().client("SSH-2.0-x\r\n");
    for _ in 0..said {
        talk = talk.server([7; 1_400]);
    }
    talk.packets()
}

#[test]
fn a_flood_of_unanswered_connections_costs_no_answered_one_its_packets() {
    let mut keeper = Keeper::with_room(Watch::ports(&[22]), Room { bytes: 1 << 20, ..Room::default() });
    let mut numbers = 0;
    let spoken = session(0, 3);
    let last = push(&mut keeper, &mut numbers, &spoken);
    for number in 1..20_000 {
        let syn = Conversation::new().between(client(number), SERVER).syn().packets();
        push(&mut keeper, &mut numbers, &syn);
        assert!(keeper.bytes() <= 1 << 20, "{number}: {}", keeper.bytes());
    }
    assert!(keeper.forgotten() > 10_000, "{}", keeper.forgotten());
    assert_eq!(keeper.connections() as u64 + keeper.forgotten(), 20_000);
    let kept = keeper.judged(end(client(0)), end(SERVER), last).unwrap();
    assert_eq!((kept.packets(), kept.omitted()), (spoken.len(), 0));
    assert!(keeper.judged(end(client(1)), end(SERVER), last).is_none(), "the oldest of the flood went first");
}

#[test]
fn sessions_give_up_their_middle_before_any_is_forgotten() {
    let room = Room { bytes: 1 << 20, ..Room::default() };
    let mut keeper = Keeper::with_room(Watch::ports(&[22]), room);
    let mut numbers = 0;
    let lasts: Vec<(u32, PacketId)> =
        (0..30).map(|number| (number, push(&mut keeper, &mut numbers, &session(number, 100)))).collect();
    assert!(keeper.bytes() <= room.bytes && keeper.forgotten() == 0, "{} {}", keeper.bytes(), keeper.forgotten());
    for (number, last) in &lasts {
        let kept = keeper.judged(end(client(*number)), end(SERVER), *last).unwrap();
        assert_eq!(kept.packets() as u64 + kept.omitted(), 205, "{number}");
        assert!(kept.packets() >= room.whole + room.last / 4, "{number}: {}", kept.packets());
    }
    assert_eq!((keeper.connections(), keeper.bytes()), (0, 0));
}

#[test]
fn a_connection_on_the_same_ports_is_another_one() {
    let mut keeper = Keeper::new(Watch::ports(&[22]));
    let mut numbers = 0;
    let (first, second) = (session(7, 2), session(7, 5));
    let (one, two) = (push(&mut keeper, &mut numbers, &first), push(&mut keeper, &mut numbers, &second));
    let judged = |keeper: &mut Keeper, last| keeper.judged(end(client(7)), end(SERVER), last).unwrap().packets();
    assert_eq!(judged(&mut keeper, one), first.len());
    assert_eq!(judged(&mut keeper, two), second.len());
    assert_eq!(keeper.bytes(), 0);
}

/// The middle of a transfer is not held: the file says so, and the verdict is the same.
#[test]
fn a_long_transfer_that_is_reset_is_kept_with_its_beginning_and_end() {
    let (offer, identification) = (kexinit("curve25519-sha256", "aes128-ctr"), "SSH-2.0-OpenSSH_9.6\r\n");
    let mut talk = Conversation::new().handshake().client(identification).server(identification);
    talk =
        talk.client(&offer).server(&offer).client(binary(&[30, 0, 0, 0, 1, 9])).server(reply()).client(binary(&[21]));
    // Keystrokes, each in a packet of 16 bytes with its MAC, show that this is a session.
    for _ in 0..8 {
        talk = talk.client([8; 48]).server([9; 80]);
    }
    for _ in 0..400 {
        talk = talk.server([7; 1_400]);
    }
    let packets = talk.server_resets().packets();
    let whole = judge(&packets, &[22]);
    let mut keeper = Keeper::new(Watch::ports(&[22]));
    let last = push(&mut keeper, &mut 0, &packets);
    let kept = keeper.judged(whole[0].record.client, whole[0].record.server, last).unwrap();
    assert_eq!(kept.packets() as u64 + kept.omitted(), packets.len() as u64);

    let folder = Folder::new("kept-long");
    let path = folder.path("x.pcapng");
    let mut writer = Writer::create(&path, &Wishes::default()).unwrap();
    writer.interface(&Interface::default()).unwrap();
    let omitted = kept.omitted();
    kept.write(&mut writer, "server-reset").unwrap();
    drop(writer);
    let comment = format!("server-reset ({omitted} packets between the first and the last 48 not kept)");
    assert!(String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(&comment));
    let again = analyze(&path, vec![22]);
    assert_eq!((again.len(), verdict(&again[0])), (1, verdict(&whole[0])));
    assert_eq!(whole[0].record.sent_by(Side::Server).last().map(|fact| fact.flags.rst()), Some(true));
}
