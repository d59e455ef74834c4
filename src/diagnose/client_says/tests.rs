//! Exact words, compared with what real clients printed in the lab or have in their code.

use super::*;
use crate::diagnose::finding::{Confidence, Text};
use crate::packet::{Endpoint, IcmpError, PacketId, Quoted};
use crate::record::Roles;
use crate::ssh::facts::{Range, SshSide};
use crate::ssh::identification::{Identification, LineEnd};
use crate::ssh::negotiation::Offer;
use crate::tcp::{Chunk, FinishReason, PerSide, SideFacts};
use crate::time::Timestamp;

fn at() -> PacketId {
    PacketId::new(0, 9)
}

fn endpoint(address: &str, port: u16) -> Endpoint {
    Endpoint { address: address.parse().unwrap(), port }
}

fn said(line: &str) -> SshSide {
    let range = Range { start: 0, end: line.len() as u64 + 2 };
    let identification = Identification::parse(range, line.as_bytes(), LineEnd::CrLf);
    SshSide { identification: Some(identification.into()), ..SshSide::default() }
}

/// A side whose bytes came at this time.
fn sent(time: i64) -> SideFacts {
    let chunk = Chunk { start: 0, end: 4_096, packet: PacketId::new(0, 4), time: Timestamp(time) };
    SideFacts { segments: 3, bytes: 4_096, acked: Some(4_096), chunks: vec![chunk], ..SideFacts::default() }
}

fn record(client: &str, server: &str) -> ConnectionRecord {
    let side = |line: &str| if line.is_empty() { SshSide::default() } else { said(line) };
    ConnectionRecord {
        number: 0,
        client: endpoint("10.9.1.2", 40_000),
        server: endpoint("10.9.2.2", 22),
        roles: Roles::Observed,
        first: (PacketId::new(0, 1), Timestamp(0)),
        last: (at(), Timestamp(100)),
        packets: 9,
        bytes: 64,
        segments: Vec::new(),
        segments_omitted: 0,
        tcp: PerSide { client: sent(20), server: sent(30) },
        ssh: PerSide { client: side(client), server: side(server) },
        icmp: Vec::new(),
        incomplete: Vec::new(),
        history: String::new(),
        conn_state: "SF",
        tunneled: false,
        reason: FinishReason::Closed,
        observed_until: Timestamp(100),
        observed_from: Timestamp(0),
    }
}

fn ended(phase: Phase, how: How, by: By) -> Ended {
    Ended {
        phase,
        phase_uncertain: false,
        how,
        by,
        forged: false,
        confidence: Confidence::Certain,
        packet: Some(at()),
        time: Some(Timestamp(90)),
        argument: String::new(),
    }
}

fn finding(id: &'static str) -> Finding {
    Finding {
        id,
        title: None,
        confidence: Confidence::Certain,
        explanation: Text::default(),
        evidence: Vec::new(),
        against: Vec::new(),
        settle: Vec::new(),
        remedies: Vec::new(),
    }
}

const NEW: &str = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10";
const OLD: &str = "SSH-2.0-OpenSSH_7.4";
const SERVER: &str = "SSH-2.0-OpenSSH_9.6";
const RESET_EARLY: (Phase, How, By) = (Phase::PreBanner, How::Rst, By::ServerApp);
const CLOSED_EARLY: (Phase, How, By) = (Phase::PreBanner, How::Fin, By::ServerApp);

fn says(record: &ConnectionRecord, end: (Phase, How, By)) -> Vec<String> {
    client_says(record, &ended(end.0, end.1, end.2), None, None)
}

fn says_with(record: &ConnectionRecord, end: (Phase, How, By), id: &'static str) -> Vec<String> {
    client_says(record, &ended(end.0, end.1, end.2), Some(&finding(id)), None)
}

#[test]
fn before_the_servers_identification() {
    let new = record(NEW, "");
    assert_eq!(
        says(&new, RESET_EARLY),
        ["kex_exchange_identification: read: Connection reset by peer", "Connection reset by 10.9.2.2 port 22"]
    );
    assert_eq!(
        says(&new, CLOSED_EARLY),
        ["kex_exchange_identification: Connection closed by remote host", "Connection closed by 10.9.2.2 port 22"]
    );
    let old = record(OLD, "");
    assert_eq!(says(&old, RESET_EARLY), ["ssh_exchange_identification: read: Connection reset by peer"]);
    assert_eq!(says(&old, CLOSED_EARLY), ["ssh_exchange_identification: Connection closed by remote host"]);
    let windows = record("SSH-2.0-OpenSSH_for_Windows_9.5", "");
    assert_eq!(says(&windows, RESET_EARLY)[0], "kex_exchange_identification: read: Connection reset");
    // A client that had no time to say who it is.
    assert_eq!(says(&record("", ""), CLOSED_EARLY)[0], "kex_exchange_identification: Connection closed by remote host");
}

#[test]
fn a_server_that_nobody_attends_to() {
    let end = (Phase::PreBanner, How::Timeout, By::Client);
    assert_eq!(
        says(&record(NEW, ""), end),
        ["Connection timed out during banner exchange", "Connection to 10.9.2.2 port 22 timed out"]
    );
}

#[test]
fn behind_the_servers_identification() {
    let new = record(NEW, SERVER);
    assert_eq!(says(&new, (Phase::Kexinit, How::Rst, By::ServerApp)), ["Connection reset by 10.9.2.2 port 22"]);
    let timer = (Phase::Authentication, How::Fin, By::ServerApp);
    assert_eq!(says_with(&new, timer, "login-grace-timeout"), ["Connection closed by 10.9.2.2 port 22"]);
    let ancient = record("SSH-2.0-OpenSSH_6.6.1", SERVER);
    let reset = says(&ancient, (Phase::Kexinit, How::Rst, By::ServerApp));
    assert_eq!(reset, ["Read from socket failed: Connection reset by peer"]);
}

#[test]
fn an_identification_that_comes_after_the_reset_does_not_count() {
    let mut record = record(NEW, SERVER);
    record.tcp.server = sent(95);
    let lines = says(&record, (Phase::PreBanner, How::Rst, By::Middlebox));
    assert_eq!(lines[0], "kex_exchange_identification: read: Connection reset by peer");
}

#[test]
fn while_connecting() {
    let record = record("", "");
    let connect = |how| says(&record, (Phase::TcpConnect, how, By::Unknown));
    assert_eq!(connect(How::Rst), ["ssh: connect to host 10.9.2.2 port 22: Connection refused"]);
    assert_eq!(connect(How::Timeout), ["ssh: connect to host 10.9.2.2 port 22: Connection timed out"]);
    assert!(connect(How::None).is_empty());
}

#[test]
fn icmp_errors_by_type_and_code() {
    let cases = [
        (4, 3, 3, "Connection refused"),
        (4, 3, 13, "No route to host"),
        (4, 3, 1, "No route to host"),
        (4, 3, 10, "No route to host"),
        (4, 3, 0, "Network is unreachable"),
        (4, 3, 9, "Network is unreachable"),
        (4, 3, 2, "Protocol not available"),
        (6, 1, 4, "Connection refused"),
        (6, 1, 1, "Permission denied"),
        (6, 1, 3, "No route to host"),
        (6, 1, 0, "Network is unreachable"),
    ];
    for (version, kind, code, words) in cases {
        let mut record = record("", "");
        let (source, destination) = (record.client, record.server);
        record.icmp.push(IcmpError {
            packet: at(),
            time: Timestamp(90),
            from: destination.address,
            to: source.address,
            version,
            ttl: 64,
            kind,
            code,
            mtu: None,
            quoted: Quoted { source, destination, seq: 0, total_len: 60 },
        });
        let lines = says(&record, (Phase::TcpConnect, How::Icmp, By::Middlebox));
        assert_eq!(lines, [format!("ssh: connect to host 10.9.2.2 port 22: {words}")]);
    }
}

#[test]
fn nothing_in_common() {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let (ours, theirs) =
        (names(&["curve25519-sha256"]), names(&["diffie-hellman-group14-sha1", "kex-strict-s-v00@openssh.com"]));
    let same = names(&["x"]);
    let offer = |kex| Offer {
        kex,
        server_host_key: &same,
        encryption_client_to_server: &same,
        encryption_server_to_client: &same,
        mac_client_to_server: &same,
        mac_server_to_client: &same,
        compression_client_to_server: &same,
        compression_server_to_client: &same,
        first_kex_packet_follows: false,
    };
    let negotiation = Negotiation::of(&offer(&ours), &offer(&theirs));
    let end = ended(Phase::Kexinit, How::Fin, By::Both);
    let says = |client: &str| client_says(&record(client, SERVER), &end, None, Some(&negotiation)).swap_remove(0);
    assert_eq!(
        says(NEW),
        "Unable to negotiate with 10.9.2.2 port 22: no matching key exchange method found. \
         Their offer: diffie-hellman-group14-sha1,kex-strict-s-v00@openssh.com"
    );
    assert_eq!(
        says("SSH-2.0-PuTTY_Release_0.81"),
        "Couldn't agree a key exchange algorithm (available: diffie-hellman-group14-sha1,kex-strict-s-v00@openssh.com)"
    );
    assert_eq!(says("SSH-2.0-paramiko_3.4.0"), "Incompatible ssh peer (no acceptable kex algorithm)");
    assert!(
        says("SSH-2.0-Go")
            .starts_with("ssh: handshake failed: ssh: no common algorithm for key exchange; client offered: [")
    );
}

#[test]
fn in_the_session() {
    let record = record(NEW, SERVER);
    let reset = (Phase::Session, How::Rst, By::Middlebox);
    assert_eq!(says(&record, reset)[0], "client_loop: send disconnect: Broken pipe");
    let silent = (Phase::Session, How::Timeout, By::Client);
    assert_eq!(says_with(&record, silent, "server-alive-timeout")[0], "Timeout, server 10.9.2.2 not responding.");
    let closed = (Phase::Session, How::Fin, By::ServerApp);
    assert_eq!(says(&record, closed)[0], "Connection to 10.9.2.2 closed by remote host.");
}

#[test]
fn a_refused_login() {
    let record = record(NEW, SERVER);
    let end = (Phase::Authentication, How::Fin, By::Client);
    assert_eq!(says_with(&record, end, "auth-denied"), ["USER@10.9.2.2: Permission denied (…)."]);
    assert_eq!(
        says_with(&record, end, "too-many-auth-failures"),
        [
            "Received disconnect from 10.9.2.2 port 22:2: Too many authentication failures",
            "Disconnected from 10.9.2.2 port 22"
        ]
    );
}

#[test]
fn nobody_reads() {
    let end = (Phase::Session, How::Fin, By::Client);
    assert!(says_with(&record(NEW, SERVER), end, "normal-close").is_empty());
    let mut mute = record("", SERVER);
    mute.tcp.client.bytes = 0;
    assert!(says(&mute, (Phase::Banner, How::Fin, By::ServerApp)).is_empty());
    assert!(says(&record("SSH-1.5-old", SERVER), (Phase::Banner, How::Fin, By::ServerApp)).is_empty());
}

#[test]
fn other_implementations_have_their_own_words() {
    let first = |client: &str, end| says(&record(client, ""), end).concat();
    assert_eq!(first("SSH-2.0-PuTTY_Release_0.81", CLOSED_EARLY), "Remote side unexpectedly closed network connection");
    assert_eq!(first("SSH-2.0-PuTTY_Release_0.81", RESET_EARLY), "Network error: Connection reset by peer");
    assert_eq!(first("SSH-2.0-libssh_0.10.6", CLOSED_EARLY), "Socket error: disconnected");
    assert_eq!(first("SSH-2.0-JSCH-0.1.54", CLOSED_EARLY), "connection is closed by foreign host");
    assert_eq!(
        first("SSH-2.0-Go", RESET_EARLY),
        "ssh: handshake failed: read tcp 10.9.1.2:40000->10.9.2.2:22: read: connection reset by peer"
    );
}
