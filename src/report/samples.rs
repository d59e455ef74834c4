//! Connections made by hand, for the tests of the formats.

use super::Tail;
use super::tally::{Said, Tally};
use super::view::*;
use crate::diagnose::{By, Confidence, How, Phase, Place, TapPosition};
use crate::ssh::facts::Range;
use crate::ssh::hostkey::HostKey;
use crate::ssh::identification::{Identification, LineEnd};
use crate::tcp::Side;
use crate::time::Timestamp;

/// 2026-03-01T10:15:22Z.
const START: i64 = 1_772_360_122_000_000_000;

fn time(micros: i64) -> Time {
    Time(Timestamp(START + micros * 1_000))
}

fn endpoint(address: &str, port: u16) -> Endpoint {
    Endpoint { address: address.parse().unwrap(), port }
}

fn moment(packet: u64, micros: i64, side: impl Into<Option<Side>>, what: &str, note: &str) -> Moment {
    Moment { packet, capture: None, time: time(micros), side: side.into(), what: what.into(), note: note.into() }
}

fn tcp_side() -> TcpSide {
    TcpSide {
        mss: Some(1460),
        window_scale: Some(7),
        sack_permitted: Some(true),
        timestamps: Some(true),
        window: Some(64240),
        bytes: 22,
        segments: 4,
        retransmissions: 0,
        out_of_order: 0,
        keepalives: 0,
        zero_windows: 0,
        gaps: Vec::new(),
        gaps_omitted: 0,
        resets: Vec::new(),
    }
}

fn side(software: &str) -> SshSide {
    SshSide {
        identification: Some(format!("SSH-2.0-{software}")),
        protocol: Some("2.0".into()),
        software: Some(software.into()),
        ..SshSide::default()
    }
}

fn finding(id: &'static str, title: &str, confidence: Confidence) -> Finding {
    Finding {
        id,
        title: title.into(),
        confidence,
        explanation: String::new(),
        evidence: Vec::new(),
        against: Vec::new(),
        settle: Vec::new(),
        remedies: Vec::new(),
    }
}

fn remedy(place: Place, text: &str, command: &str) -> Remedy {
    Remedy { place, text: text.into(), command: (!command.is_empty()).then(|| command.into()) }
}

fn evidence(packet: u64, micros: i64, text: &str) -> Evidence {
    Evidence { packet, capture: None, time: time(micros), text: text.into() }
}

fn connection(finding: Finding, ended: (Phase, How, By)) -> Connection {
    let (phase, how, by) = ended;
    Connection {
        id: 0,
        capture: 0,
        client: endpoint("192.0.2.10", 52532),
        server: endpoint("203.0.113.20", 22),
        roles: Roles::Observed,
        outcome: Outcome::Failed,
        start: time(0),
        end: time(35_322),
        duration_s: 0.035_322,
        packets: 9,
        bytes: 64,
        first_packet: 1,
        last_packet: 9,
        last_capture: None,
        tap: Tap {
            position: TapPosition::Client,
            confidence: Confidence::Likely,
            evidence: vec!["the client's packets have TTL 64".into()],
        },
        ended: Ended {
            phase,
            phase_uncertain: false,
            how,
            by,
            forged: false,
            confidence: finding.confidence,
            packet: Some(9),
            capture: None,
            time: Some(time(35_322)),
            argument: String::new(),
        },
        client_says: Vec::new(),
        verdict: Some(finding.clone()),
        findings: vec![finding],
        timeline: Vec::new(),
        timeline_omitted: 0,
        ssh: Ssh {
            client: side("OpenSSH_9.6"),
            server: SshSide::default(),
            negotiated: None,
            none_in_common: Vec::new(),
            host_key: None,
            disconnect: None,
            authentication: None,
            weaknesses: Vec::new(),
        },
        tcp: Tcp {
            handshake: Handshake {
                syn_to_synack_s: Some(0.017_104),
                synack_to_ack_s: Some(0.000_031),
                rtt_s: Some(0.017_135),
            },
            conn_state: "RSTR".into(),
            stage_signature: None,
            history: "ShADadr".into(),
            client: tcp_side(),
            server: tcp_side(),
        },
        icmp: Vec::new(),
    }
}

/// The example of the main issue.
pub fn maxstartups() -> Connection {
    let mut finding =
        finding("maxstartups-drop", "The server refuses new connections: MaxStartups is exceeded", Confidence::Certain);
    finding.evidence = vec![evidence(
        6,
        34_900,
        "the text is sent by sshd 8.2 to 9.7 when MaxStartups drops a connection; no identification followed",
    )];
    finding.settle = vec!["server log: \"drop connection #… past MaxStartups\"".into()];
    finding.remedies = vec![
        remedy(
            Place::Client,
            "open fewer connections at once, reuse one",
            "ssh -o ControlMaster=auto -o ControlPersist=60 HOST",
        ),
        remedy(
            Place::Server,
            "MaxStartups 100:30:200 in /etc/ssh/sshd_config, then",
            "sshd -t && systemctl reload ssh",
        ),
    ];
    let mut connection = connection(finding, (Phase::PreBanner, How::Rst, By::ServerApp));
    connection.ended.argument =
        "RST in packet 9, 18.2 ms after the handshake, from the live socket (timestamps, window 502, IP ID next in line)".into();
    connection.client_says = vec![
        "kex_exchange_identification: read: Connection reset by peer".into(),
        "Connection reset by 203.0.113.20 port 22".into(),
    ];
    connection.ssh.server.pre_identification = vec!["Exceeded MaxStartups".into()];
    connection.tcp.server.resets = vec![Reset {
        packet: 9,
        capture: None,
        time: time(35_322),
        seq_fit: SeqFit::Exact,
        ack: true,
        ttl: 62,
        ip_id: Some(0x12ef),
        window: 502,
        options: 12,
        verdict: ResetVerdict::Ended,
    }];
    connection.timeline = vec![
        moment(1, 0, Side::Client, "SYN", "mss 1460, ttl 64"),
        moment(2, 17_104, Side::Server, "SYN, ACK", "mss 1460, ttl 62, 2 hops away"),
        moment(4, 17_431, Side::Client, "SSH-2.0-OpenSSH_9.6", ""),
        moment(6, 34_900, Side::Server, "\"Exceeded MaxStartups\" + CR LF", "text in place of an identification"),
        moment(9, 35_322, Side::Server, "RST", "in sequence"),
    ];
    connection
}

/// No common key exchange method.
pub fn no_common_kex() -> Connection {
    let mut finding = finding("no-common-kex", "Client and server share no key exchange method", Confidence::Certain);
    finding.explanation =
        "The server offers only diffie-hellman-group14-sha1, which OpenSSH 8.2 and later no longer offer by default."
            .into();
    finding.evidence = vec![evidence(5, 20_000, "the client's KEXINIT"), evidence(6, 21_000, "the server's KEXINIT")];
    finding.remedies = vec![
        remedy(
            Place::Server,
            "upgrade it, or add a current method in /etc/ssh/sshd_config",
            "KexAlgorithms +curve25519-sha256\nsshd -t && systemctl reload ssh",
        ),
        remedy(
            Place::Client,
            "until then, for this host only",
            "ssh -o KexAlgorithms=+diffie-hellman-group14-sha1 203.0.113.20",
        ),
    ];
    let mut connection = connection(finding, (Phase::Kexinit, How::Fin, By::Both));
    connection.id = 1;
    connection.client.port = 40_000;
    connection.ended.argument =
        "each side closed on its own when it had read the other's list: FIN in packets 9 and 10, 0.1 ms apart".into();
    connection.ssh.server = side("OpenSSH_7.4");
    let client = [
        "mlkem768x25519-sha256",
        "sntrup761x25519-sha512",
        "sntrup761x25519-sha512@openssh.com",
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
    ];
    connection.ssh.none_in_common = vec![NoneInCommon {
        slot: "kex".into(),
        client: client.map(String::from).to_vec(),
        server: vec!["diffie-hellman-group14-sha1".into()],
    }];
    connection.client_says = vec![
        "Unable to negotiate with 203.0.113.20 port 22: no matching key exchange method found. Their offer: diffie-hellman-group14-sha1,kex-strict-s-v00@openssh.com".into(),
    ];
    connection.timeline = vec![
        moment(1, 0, Side::Client, "SYN", "mss 1460, ttl 64"),
        moment(2, 17_104, Side::Server, "SYN, ACK", "mss 1460, ttl 62, 2 hops away"),
        moment(4, 17_431, Side::Client, "SSH-2.0-OpenSSH_9.6", ""),
        moment(5, 20_000, Side::Client, "KEXINIT", "1,544 bytes, 10 key exchange methods, 12 host key algorithms"),
        moment(6, 21_000, Side::Server, "KEXINIT", ""),
        moment(9, 35_322, Side::Client, "FIN", ""),
    ];
    connection
}

/// An ICMP error of a firewall, over IPv6, unsure.
pub fn icmp_refusal() -> Connection {
    let mut finding = finding("fw-reject-icmp", "A firewall refuses the connection with ICMP", Confidence::Likely);
    finding.explanation = "The router answers the SYN with \"administratively prohibited\".".into();
    finding.evidence = vec![evidence(2, 300, "ICMPv6 1/1 from 2001:db8:0:1::1 quotes the SYN of packet 1")];
    finding.against = vec!["a routing rule of the server's own network would look the same".into()];
    finding.remedies = vec![remedy(Place::Network, "allow TCP port 22 from this client on 2001:db8:0:1::1", "")];
    let mut connection = connection(finding, (Phase::TcpConnect, How::Icmp, By::Middlebox));
    connection.id = 2;
    connection.client = endpoint("2001:db8:aaaa:bbbb:cccc:dddd:eeee:1", 52532);
    connection.server = endpoint("2001:db8:ffff:1:2:3:4:5", 22);
    connection.ended.confidence = Confidence::Certain;
    connection.ended.packet = Some(2);
    connection.client_says = vec!["ssh: connect to host 2001:db8:ffff:1:2:3:4:5 port 22: Permission denied".into()];
    connection.ssh.client = SshSide::default();
    connection.timeline = vec![
        moment(1, 0, Side::Client, "SYN", "mss 1440, hop limit 64"),
        moment(2, 300, None, "ICMPv6 1/1 from 2001:db8:0:1::1", "administratively prohibited"),
    ];
    connection
}

/// Everything the peer chose is hostile (already made visible, as the view has it).
pub fn hostile() -> Connection {
    let mut connection = maxstartups();
    connection.id = 3;
    let shown = super::escape::visible("\u{1b}[2J\u{202e}<script>alert(1)</script>\r\n=cmd|' /C calc'!A0".as_bytes());
    connection.ssh.server.pre_identification = vec![shown.clone()];
    connection.timeline[3].what.clone_from(&shown);
    connection
}

/// A connection with nothing to repair.
pub fn healthy() -> Connection {
    let mut connection = connection(
        finding("normal-close", "Closed in good order by the client", Confidence::Certain),
        (Phase::Session, How::Fin, By::Client),
    );
    connection.id = 4;
    connection.outcome = Outcome::Healthy;
    connection.ssh.server = side("OpenSSH_9.2p1");
    connection.end = time(12_300_000);
    connection.bytes = 45_120;
    connection
}

/// A long one over two captures, whose middle is left out.
pub fn long_session() -> Connection {
    let mut finding =
        finding("session-silent-drop", "The path forgot the connection while it was idle", Confidence::Likely);
    finding.evidence = vec![
        evidence(31, 3_600_000_000, "last packet that was answered"),
        Evidence {
            packet: 12,
            capture: Some(1),
            time: time(7_200_000_000),
            text: "repeated nine times without answer".into(),
        },
    ];
    let mut connection = connection(finding, (Phase::Session, How::Timeout, By::Middlebox));
    connection.id = 5;
    connection.end = time(7_260_000_000);
    connection.last_packet = 20;
    connection.last_capture = Some(1);
    connection.ended.packet = None;
    connection.timeline = (1..=31)
        .map(|n| {
            moment(
                n,
                i64::try_from(n).unwrap() * 110_000_000,
                if n % 2 == 0 { Side::Server } else { Side::Client },
                "data",
                "",
            )
        })
        .collect();
    connection.timeline.push(Moment {
        capture: Some(1),
        ..moment(12, 7_200_000_000, Side::Client, "data, repeated 9 times", "never acknowledged")
    });
    connection.timeline_omitted = 120;
    connection
}

/// What stands behind these connections.
pub fn tail(connections: &[Connection]) -> Tail {
    let mut tally = Tally::default();
    for connection in connections {
        let ssh = &connection.ssh;
        let line = ssh.server.identification.as_ref().map(|said| said.as_bytes());
        let identification = line.map(|line| Identification::parse(Range::default(), line, LineEnd::CrLf));
        let host_key = ssh.host_key.clone().map(|key| {
            let (kind, fingerprint) = (key.key_type, key.fingerprint.unwrap_or_default());
            HostKey { kind, bits: key.bits, fingerprint, certificate: false }
        });
        let said = Said { identification: identification.as_ref(), host_key: host_key.as_ref(), cut_kexinits: 0 };
        tally.connection(&Brief::from(connection), &said);
    }
    let capture = Capture {
        path: "night.pcap".into(),
        format: "pcap".into(),
        link_types: vec!["Ethernet".into()],
        packets: 1_234,
        bytes: 99_000,
        first_time: Some(time(0)),
        last_time: Some(time(7_260_000_000)),
        truncated_packets: 0,
        capture_drops: None,
        snaplen: Some(262_144),
        warnings: Vec::new(),
        warnings_omitted: 0,
    };
    tally.into_tail(vec![capture], |_| ())
}
