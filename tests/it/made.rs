//! Conversations made packet by packet, for what no server does on demand.

use sshwire::analyzer::{Analyzer, Judged, Settings};
use sshwire::packet::{CapturedPacket, LinkType, PacketId};
use sshwire::time::Timestamp;

pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const PSH: u8 = 8;
pub const ACK: u8 = 16;
pub const FIN: u8 = 1;

pub const SERVER: [u8; 4] = [203, 0, 113, 20];
const SERVER_TTL: u8 = 57;
const CLIENT_TTL: u8 = 64;
const RTT_MS: f64 = 24.0;

/// One packet, raw IPv4.
#[derive(Debug, Clone)]
pub struct Made {
    pub ms: f64,
    pub from_client: bool,
    pub flags: u8,
    pub seq: u32,
    pub ack: u32,
    pub payload: Vec<u8>,
    pub ttl: u8,
    pub window: u16,
    pub ip_id: u16,
    pub tos: u8,
    pub client: ([u8; 4], u16),
    pub server_port: u16,
}

/// One connection; the tap is at the client.
#[derive(Debug, Clone)]
pub struct Talk {
    pub packets: Vec<Made>,
    client: ([u8; 4], u16),
    pub server_port: u16,
    next: [u32; 2],
    ids: [u16; 2],
    pub now: f64,
}

impl Talk {
    pub fn new(last_octet: u8, port: u16, start_ms: f64) -> Self {
        let client = ([192, 0, 2, last_octet], port);
        Self {
            packets: Vec::new(),
            client,
            server_port: 22,
            next: [1_000 + u32::from(port), 900_000 + u32::from(port)],
            ids: [100, 7_000],
            now: start_ms,
        }
    }

    /// The numbers at which it stands: the client's and the server's.
    pub fn numbers(&self) -> [u32; 2] {
        self.next
    }

    pub fn standing_at(mut self, numbers: [u32; 2]) -> Self {
        self.next = numbers;
        self
    }

    pub fn wait(&mut self, ms: f64) -> &mut Self {
        self.now += ms;
        self
    }

    /// Sends, and hands out the packet to be changed.
    pub fn send(&mut self, from_client: bool, flags: u8, payload: &[u8]) -> &mut Made {
        let side = usize::from(!from_client);
        let (seq, ack) = (self.next[side], if flags & ACK == 0 { 0 } else { self.next[1 - side] });
        let counts = u32::from(flags & (SYN | FIN) != 0);
        self.next[side] = seq.wrapping_add(u32::try_from(payload.len()).unwrap() + counts);
        self.ids[side] += 1;
        let ttl = if from_client { CLIENT_TTL } else { SERVER_TTL };
        let made = Made {
            ms: self.now,
            from_client,
            flags,
            seq,
            ack,
            payload: payload.to_vec(),
            ttl,
            window: 502,
            ip_id: self.ids[side],
            tos: if from_client { 0x48 } else { 0 },
            client: self.client,
            server_port: self.server_port,
        };
        self.packets.push(made);
        self.packets.last_mut().unwrap()
    }

    pub fn handshake(&mut self) -> &mut Self {
        self.send(true, SYN, &[]);
        self.wait(RTT_MS).send(false, SYN | ACK, &[]);
        self.wait(0.1).send(true, ACK, &[]);
        self
    }

    /// Data, acknowledged by the other side.
    pub fn say(&mut self, from_client: bool, payload: &[u8]) -> &mut Self {
        self.send(from_client, PSH | ACK, payload);
        self.wait(if from_client { RTT_MS } else { 0.1 }).send(!from_client, ACK, &[]);
        self
    }

    pub fn identify(&mut self, server: &str) -> &mut Self {
        self.say(true, b"SSH-2.0-OpenSSH_9.2p1\r\n").say(false, format!("{server}\r\n").as_bytes())
    }

    pub fn kexinits(&mut self, kex: &str) -> &mut Self {
        self.say(true, &kexinit(kex)).say(false, &kexinit(kex))
    }

    /// The whole exchange; both directions are encrypted afterwards.
    pub fn exchange(&mut self) -> &mut Self {
        self.kexinits("curve25519-sha256").say(true, &packet(&[&[30][..], &string(&[9; 32])].concat()));
        self.say(false, &reply()).say(true, &packet(&[21]))
    }

    /// SERVICE_REQUEST and its answer, under chacha20-poly1305.
    pub fn service(&mut self) -> &mut Self {
        self.say(true, &[0xaa; 44]).say(false, &[0xbb; 44])
    }

    pub fn close(&mut self, from_client: bool) -> &mut Self {
        self.send(from_client, FIN | ACK, &[]);
        self.wait(RTT_MS).send(!from_client, FIN | ACK, &[]);
        self.wait(0.1).send(from_client, ACK, &[]);
        self
    }
}

pub fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

/// A binary packet in clear.
pub fn packet(payload: &[u8]) -> Vec<u8> {
    let padding = 8 - (payload.len() + 5) % 8;
    let padding = if padding < 4 { padding + 8 } else { padding };
    let length = u32::try_from(payload.len() + padding + 1).unwrap().to_be_bytes();
    [&length[..], &[u8::try_from(padding).unwrap()], payload, &vec![0; padding]].concat()
}

pub fn kexinit(kex: &str) -> Vec<u8> {
    let cipher = "chacha20-poly1305@openssh.com";
    let lists = [kex, "ssh-ed25519", cipher, cipher, "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""];
    let lists: Vec<u8> = lists.iter().flat_map(|list| string(list.as_bytes())).collect();
    packet(&[&[20][..], &[7; 16], &lists, &[0; 5]].concat())
}

/// KEX_ECDH_REPLY with an Ed25519 key, and NEWKEYS.
pub fn reply() -> Vec<u8> {
    let key = string(&[string(b"ssh-ed25519"), string(&[5; 32])].concat());
    let signature = string(&[string(b"ssh-ed25519"), string(&[6; 64])].concat());
    [packet(&[&[31][..], &key, &string(&[8; 32]), &signature].concat()), packet(&[21])].concat()
}

fn raw(made: &Made) -> Vec<u8> {
    let (source, destination) = if made.from_client { (made.client.0, SERVER) } else { (SERVER, made.client.0) };
    let (from, to) =
        if made.from_client { (made.client.1, made.server_port) } else { (made.server_port, made.client.1) };
    let total = u16::try_from(40 + made.payload.len()).unwrap().to_be_bytes();
    let [id_a, id_b] = made.ip_id.to_be_bytes();
    let ip = [&[0x45, made.tos, total[0], total[1], id_a, id_b, 0x40, 0, made.ttl, 6, 0, 0][..], &source, &destination]
        .concat();
    let mut tcp = [
        &from.to_be_bytes()[..],
        &to.to_be_bytes(),
        &made.seq.to_be_bytes(),
        &made.ack.to_be_bytes(),
        &[0x50, made.flags],
        &made.window.to_be_bytes(),
        &[0; 4],
        &made.payload,
    ]
    .concat();
    let length = u16::try_from(tcp.len()).unwrap().to_be_bytes();
    let pseudo = [&source[..], &destination, &[0, 6], &length, &tcp].concat();
    let sum: u32 = pseudo.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0))).sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = !u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap();
    tcp[16..18].copy_from_slice(&sum.to_be_bytes());
    [ip, tcp].concat()
}

/// Judges conversations that were captured together, until `until_ms`. In the order of their beginnings.
pub fn judge(talks: &[&Talk], until_ms: f64) -> Vec<Judged> {
    let mut packets: Vec<Made> = talks.iter().flat_map(|talk| talk.packets.clone()).collect();
    // Another service's packets tell that the capture runs from its beginning to its end.
    packets.sort_by(|a, b| a.ms.total_cmp(&b.ms));
    let ports = talks.iter().map(|talk| talk.server_port).collect();
    let mut analyzer = Analyzer::new(Settings { ports, ..Settings::default() });
    let mut number = 0;
    let mut push = |ms: f64, data: &[u8]| {
        number += 1;
        #[allow(clippy::cast_possible_truncation)]
        let time = Timestamp(1_700_000_000_000_000_000 + (ms * 1e6) as i64);
        let wire_len = u32::try_from(data.len()).unwrap();
        analyzer.push(&CapturedPacket { id: PacketId::new(0, number), time, link: LinkType::Raw, wire_len, data });
    };
    let other = [0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 198, 51, 100, 1, 198, 51, 100, 2, 0, 53, 0, 53, 0, 8, 0, 0];
    push(0.0, &other);
    for made in &packets {
        push(made.ms, &raw(made));
    }
    push(until_ms, &other);
    analyzer.finish();
    let mut judged: Vec<Judged> = std::iter::from_fn(|| analyzer.poll()).collect();
    judged.sort_by_key(|judged| judged.record.number);
    judged
}
