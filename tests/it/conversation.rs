//! A TCP connection told as a story, written as the packets that a tap at the client would have seen.

use crate::headers::checksum;
use crate::packets::Packet;
use sshwire::packet::LinkType;
use sshwire::tcp::Side;
use sshwire::time::{Span, Timestamp};
use std::net::{Ipv4Addr, SocketAddrV4};

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const PSH: u8 = 8;
const ACK: u8 = 16;
/// Payload of a full-size segment: 1,460 less the time stamps.
const MSS: usize = 1_448;

struct End {
    address: SocketAddrV4,
    mac: [u8; 6],
    ttl: u8,
    /// Next sequence number, and the next one expected of the peer.
    next: u32,
    expects: u32,
    ip_id: u16,
    clock: u32,
}

/// A connection under way. Each step takes its time and leaves its packets.
pub struct Conversation {
    client: End,
    server: End,
    rtt: Span,
    now: Timestamp,
    packets: Vec<Packet>,
    /// Bytes of the server are missing at the client.
    client_waits: bool,
}

impl Conversation {
    pub fn new() -> Self {
        let end = |address: [u8; 4], port: u16, ttl: u8, isn: u32| End {
            address: SocketAddrV4::new(Ipv4Addr::from(address), port),
            mac: [2, 0, 0, address[0], address[2], address[3]],
            ttl,
            next: isn,
            expects: 0,
            ip_id: 1_000,
            clock: 50_000,
        };
        Self {
            client: end([192, 0, 2, 50], 40_000, 64, 0x1000_0000),
            server: end([198, 51, 100, 80], 22, 61, 0x9000_0000),
            rtt: Span::from_millis(20),
            now: Timestamp::from_parts(1_700_000_000, 0),
            packets: Vec::new(),
            client_waits: false,
        }
    }

    pub fn between(mut self, client: SocketAddrV4, server: SocketAddrV4) -> Self {
        (self.client.address, self.server.address) = (client, server);
        self
    }

    pub fn starting(mut self, at: Timestamp) -> Self {
        self.now = at;
        self
    }

    pub fn wait(mut self, span: Span) -> Self {
        self.now = self.now + span;
        self
    }

    /// SYN, SYN+ACK, ACK.
    pub fn handshake(mut self) -> Self {
        self.segment(Side::Client, SYN, &[]);
        self.now = self.now + self.rtt;
        self.segment(Side::Server, SYN | ACK, &[]);
        self.now = self.now + Span::from_micros(40);
        self.segment(Side::Client, ACK, &[]);
        self
    }

    /// The client sends this; the server acknowledges a round trip later.
    pub fn client(self, bytes: impl AsRef<[u8]>) -> Self {
        self.said(Side::Client, bytes.as_ref())
    }

    /// The server sends this; the client acknowledges at once.
    pub fn server(self, bytes: impl AsRef<[u8]>) -> Self {
        self.said(Side::Server, bytes.as_ref())
    }

    /// The client sends this, and its acknowledgement has not come yet.
    pub fn client_just_sent(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.write(Side::Client, bytes.as_ref());
        self
    }

    fn said(mut self, from: Side, bytes: &[u8]) -> Self {
        self.now = self.now + Span::from_millis(1);
        self.write(from, bytes);
        self.now = self.now + if from == Side::Client { self.rtt } else { Span::from_micros(30) };
        self.segment(from.peer(), ACK, &[]);
        self
    }

    fn write(&mut self, from: Side, bytes: &[u8]) {
        for piece in bytes.chunks(MSS) {
            self.segment(from, PSH | ACK, piece);
            self.now = self.now + Span::from_micros(5);
        }
    }

    /// One side closes, the other follows.
    pub fn closes(mut self, first: Side) -> Self {
        self.now = self.now + Span::from_millis(2);
        self.segment(first, FIN | ACK, &[]);
        self.now = self.now + self.rtt;
        self.segment(first.peer(), FIN | ACK, &[]);
        self.now = self.now + Span::from_micros(50);
        self.segment(first, ACK, &[]);
        self
    }

    /// The server's process ends over unread bytes: a reset in line.
    pub fn server_resets(mut self) -> Self {
        self.now = self.now + self.rtt;
        self.segment(Side::Server, RST | ACK, &[]);
        self
    }

    /// A SYN, which may be a repetition.
    pub fn syn(mut self) -> Self {
        let next = self.client.next;
        self.segment(Side::Client, SYN, &[]);
        self.client.next = next;
        self
    }

    /// So many bytes of the server get lost, and the client acknowledges nothing behind them.
    pub fn server_loses(mut self, bytes: u32) -> Self {
        self.server.next = self.server.next.wrapping_add(bytes);
        self.client_waits = true;
        self
    }

    /// A reset without ACK, in line, as a kernel answers data for a closed socket.
    pub fn server_resets_barely(mut self) -> Self {
        self.segment(Side::Server, RST, &[]);
        self
    }

    /// Resets without ACK, so many bytes before the end of the server's stream: answers to what acknowledged these.
    pub fn server_echoes(mut self, before: &[u32]) -> Self {
        let next = self.server.next;
        for back in before {
            self.server.next = next.wrapping_sub(*back);
            self.segment(Side::Server, RST, &[]);
            self.now = self.now + Span::from_micros(10);
        }
        self.server.next = next;
        self
    }

    /// The server sends this and repeats it after each of these times: no answer comes.
    pub fn server_repeats(mut self, bytes: impl AsRef<[u8]>, after: &[Span]) -> Self {
        let (next, expects) = (self.server.next, self.client.expects);
        self.segment(Side::Server, PSH | ACK, bytes.as_ref());
        for &span in after {
            self.now = self.now + span;
            self.server.next = next;
            self.segment(Side::Server, PSH | ACK, bytes.as_ref());
        }
        self.client.expects = expects;
        self
    }

    /// The last packet once more, as another interface captured it.
    pub fn captured_twice(mut self) -> Self {
        let again = self.packets.last().unwrap().later(Span::from_micros(20));
        self.packets.push(again);
        self
    }

    pub fn packets(self) -> Vec<Packet> {
        self.packets
    }

    fn segment(&mut self, from: Side, flags: u8, payload: &[u8]) {
        let (own, peer) = match from {
            Side::Client => (&mut self.client, &mut self.server),
            Side::Server => (&mut self.server, &mut self.client),
        };
        own.clock += 1;
        own.ip_id += 1;
        let options: Vec<u8> = if flags & SYN != 0 {
            let clock = own.clock.to_be_bytes();
            [&[2, 4, 5, 180, 4, 2, 8, 10][..], &clock, &peer.clock.to_be_bytes(), &[1, 3, 3, 7]].concat()
        } else if flags & RST != 0 {
            Vec::new()
        } else {
            [&[1, 1, 8, 10][..], &own.clock.to_be_bytes(), &peer.clock.to_be_bytes()].concat()
        };
        let acknowledged = if flags & ACK != 0 { own.expects } else { 0 };
        let offset = u8::try_from(5 + options.len() / 4).unwrap() << 4;
        let mut tcp = Vec::new();
        tcp.extend(own.address.port().to_be_bytes());
        tcp.extend(peer.address.port().to_be_bytes());
        tcp.extend(own.next.to_be_bytes());
        tcp.extend(acknowledged.to_be_bytes());
        tcp.extend([offset, flags, 1, 246, 0, 0, 0, 0]);
        tcp.extend(options);
        tcp.extend(payload);
        let (source, destination) = (own.address.ip().octets(), peer.address.ip().octets());
        let length = u32::try_from(tcp.len()).unwrap().to_be_bytes();
        let sum = checksum(&[&source, &destination, &length, &[0, 0, 0, 6], &tcp]).to_be_bytes();
        tcp[16..18].copy_from_slice(&sum);
        let total = u16::try_from(20 + tcp.len()).unwrap().to_be_bytes();
        let id = own.ip_id.to_be_bytes();
        let mut ip =
            [&[0x45, 0, total[0], total[1], id[0], id[1], 0x40, 0, own.ttl, 6, 0, 0][..], &source, &destination]
                .concat();
        let sum = checksum(&[&ip]).to_be_bytes();
        ip[10..12].copy_from_slice(&sum);
        let frame = [&peer.mac[..], &own.mac, &[8, 0], &ip, &tcp].concat();
        self.packets.push(Packet::whole(self.now, LinkType::Ethernet, frame));
        let counted = u32::try_from(payload.len()).unwrap() + u32::from(flags & (SYN | FIN) != 0);
        own.next = own.next.wrapping_add(counted);
        if from == Side::Client || !self.client_waits {
            peer.expects = own.next;
        }
    }
}

/// A binary packet (RFC 4253 §6) in clear text.
pub fn binary(payload: &[u8]) -> Vec<u8> {
    let padding = 4 + (8 - (5 + payload.len() + 4) % 8) % 8;
    let length = u32::try_from(1 + payload.len() + padding).unwrap().to_be_bytes();
    [&length[..], &[u8::try_from(padding).unwrap()], payload, &vec![0; padding]].concat()
}

/// A KEXINIT (RFC 4253 §7.1) with these key exchange methods and ciphers.
pub fn kexinit(kex: &str, ciphers: &str) -> Vec<u8> {
    let lists = [kex, "ssh-ed25519", ciphers, ciphers, "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""];
    let mut payload = vec![20];
    payload.extend([7; 16]);
    for list in lists {
        payload.extend(u32::try_from(list.len()).unwrap().to_be_bytes());
        payload.extend(list.bytes());
    }
    payload.extend([0; 5]);
    binary(&payload)
}
