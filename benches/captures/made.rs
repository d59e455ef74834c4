//! Captures to measure with, made packet by packet; the same kind and size give the same bytes.

use std::io::{self, Write};

const SYN: u8 = 2;
const RST: u8 = 4;
const PSH: u8 = 8;
const ACK: u8 = 16;
const FIN: u8 = 1;
/// Payload of a full-size segment with time stamps.
const FULL: usize = 1_448;
/// Connections of a flood that are open at one time.
const OPEN: usize = 1_000;

/// What a capture is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A gateway: 95 % of the bytes web and DNS, the rest SSH connections.
    Mixed,
    /// Short SSH connections alone, a thousand at a time.
    Flood,
    /// Eight long sessions of full-size segments.
    Bulk,
    /// Eight SYNs to as many servers for each one that is answered.
    Scan,
    /// Holes that are never filled, KEXINITs a byte at a time, lines without end.
    Hostile,
}

/// Writes a pcap file of about so many bytes; says how many packets it has.
pub fn write(kind: Kind, bytes: u64, out: impl Write) -> io::Result<u64> {
    let mut maker = Maker::new(out)?;
    match kind {
        Kind::Mixed => maker.mixed(bytes)?,
        Kind::Flood => maker.flood(bytes, |_| Ok(()))?,
        Kind::Bulk => maker.bulk(bytes)?,
        Kind::Scan => maker.scan(bytes)?,
        Kind::Hostile => maker.hostile(bytes)?,
    }
    maker.out.flush()?;
    Ok(maker.packets)
}

/// One connection under way: its next numbers, and the steps that are left.
struct Flow {
    client: ([u8; 4], u16),
    server: ([u8; 4], u16),
    next: [u32; 2],
    ids: [u16; 2],
    steps: std::vec::IntoIter<Step>,
}

/// One packet: from the client or not, its flags and payload.
type Step = (bool, u8, Vec<u8>);

struct Maker<W> {
    out: W,
    written: u64,
    packets: u64,
    micros: u64,
    random: u64,
    frame: Vec<u8>,
}

impl<W: Write> Maker<W> {
    fn new(mut out: W) -> io::Result<Self> {
        let header = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1];
        for word in header {
            out.write_all(&word.to_le_bytes())?;
        }
        Ok(Self { out, written: 24, packets: 0, micros: 0, random: 0x9e37_79b9_7f4a_7c15, frame: Vec::new() })
    }

    /// xorshift64.
    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.random() >> 11) as usize % limit
    }

    fn record(&mut self, micros: u64) -> io::Result<()> {
        self.micros += micros;
        let length = self.frame.len() as u32;
        let seconds = (1_700_000_000 + self.micros / 1_000_000) as u32;
        for word in [seconds, (self.micros % 1_000_000) as u32, length, length] {
            self.out.write_all(&word.to_le_bytes())?;
        }
        self.out.write_all(&self.frame)?;
        self.written += 16 + u64::from(length);
        self.packets += 1;
        Ok(())
    }

    fn ip(&mut self, protocol: u8, ends: [[u8; 4]; 2], id: u16, ttl: u8, transport: &[u8]) {
        let total = (20 + transport.len()) as u16;
        let mut header = [0x45, 0, 0, 0, 0, 0, 0x40, 0, ttl, protocol, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        header[2..4].copy_from_slice(&total.to_be_bytes());
        header[4..6].copy_from_slice(&id.to_be_bytes());
        header[12..16].copy_from_slice(&ends[0]);
        header[16..20].copy_from_slice(&ends[1]);
        let sum = !fold(sum(&header));
        header[10..12].copy_from_slice(&sum.to_be_bytes());
        self.frame.clear();
        self.frame.extend([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]);
        self.frame.extend(header);
        self.frame.extend(transport);
    }

    fn tcp(&mut self, flow: &mut Flow, (from_client, flags, payload): &Step) -> io::Result<()> {
        let (own, peer) = if *from_client { (0, 1) } else { (1, 0) };
        let (source, destination) = if *from_client { (flow.client, flow.server) } else { (flow.server, flow.client) };
        let options: &[u8] = if flags & SYN != 0 { &[2, 4, 5, 180, 4, 2, 1, 1] } else { &[] };
        let mut tcp = Vec::with_capacity(28 + payload.len());
        tcp.extend(source.1.to_be_bytes());
        tcp.extend(destination.1.to_be_bytes());
        tcp.extend(flow.next[own].to_be_bytes());
        tcp.extend((if flags & ACK == 0 { 0 } else { flow.next[peer] }).to_be_bytes());
        tcp.extend([(5 + options.len() as u8 / 4) << 4, *flags, 1, 246, 0, 0, 0, 0]);
        tcp.extend(options);
        tcp.extend(payload);
        let pseudo = sum(&source.0) + sum(&destination.0) + 6 + tcp.len() as u64;
        let checksum = !fold(pseudo + sum(&tcp));
        tcp[16..18].copy_from_slice(&checksum.to_be_bytes());
        let (id, ttl) = (flow.ids[own], if *from_client { 64 } else { 57 });
        flow.ids[own] = id.wrapping_add(1);
        let counts = u32::from(flags & (SYN | FIN) != 0);
        flow.next[own] = flow.next[own].wrapping_add(payload.len() as u32 + counts);
        self.ip(6, [source.0, destination.0], id, ttl, &tcp);
        let wait = 10 + self.random() % 50;
        self.record(wait)
    }

    fn flow(&mut self, servers: usize, port: u16, steps: Vec<Step>) -> Flow {
        let (client, server) = (self.random(), self.below(servers) as u16);
        let [a, b] = server.to_be_bytes();
        Flow {
            client: ([198, 18, (client >> 8) as u8 & 15, client as u8], 1_024 + (client >> 16) as u16 % 60_000),
            server: ([198, 19, a, b], port),
            next: [(client >> 32) as u32, (client >> 24) as u32],
            ids: [client as u16, (client >> 5) as u16],
            steps: steps.into_iter(),
        }
    }

    /// An SSH connection that ends somewhere between its handshake and its session.
    fn ssh(&mut self) -> Vec<Step> {
        let data = |from_client, bytes: &[u8]| (from_client, PSH | ACK, bytes.to_vec());
        let mut steps = vec![(true, SYN, Vec::new()), (false, SYN | ACK, Vec::new()), (true, ACK, Vec::new())];
        steps.push(data(false, b"SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13\r\n"));
        steps.push(data(
            true,
            [&b"SSH-2.0-OpenSSH_9.2p1\r\n"[..], b"SSH-2.0-libssh2_1.11.0\r\n", b"SSH-2.0-Go\r\n"][self.below(3)],
        ));
        let cookie = self.random();
        steps.push(data(false, &kexinit(cookie, "kex-strict-s-v00@openssh.com")));
        steps.push(data(true, &kexinit(!cookie, "kex-strict-c-v00@openssh.com")));
        let key: Vec<u8> = (0..32).map(|_| self.random() as u8).collect();
        steps.push(data(true, &packet(&[&[30][..], &string(&key)].concat())));
        let blob = [string(b"ssh-ed25519"), string(&key)].concat();
        let signature = [string(b"ssh-ed25519"), string(&[7; 64])].concat();
        let reply = packet(&[&[31][..], &string(&blob), &string(&key), &string(&signature)].concat());
        steps.push(data(false, &[reply, packet(&[21])].concat()));
        steps.push(data(true, &packet(&[21])));
        for (from_client, size) in [(true, 44), (false, 44), (true, 60), (false, 52), (true, 148), (false, 28)] {
            let sealed: Vec<u8> = (0..size).map(|_| self.random() as u8).collect();
            steps.push(data(from_client, &sealed));
        }
        let kept = 3 + self.below(2 * steps.len());
        steps.truncate(kept);
        let by_client = self.below(2) == 0;
        match self.below(3) {
            0 => steps.push((by_client, RST | ACK, Vec::new())),
            1 => {}
            _ => steps.extend([
                (by_client, FIN | ACK, Vec::new()),
                (!by_client, FIN | ACK, Vec::new()),
                (by_client, ACK, Vec::new()),
            ]),
        }
        steps
    }

    fn flood(&mut self, bytes: u64, mut between: impl FnMut(&mut Self) -> io::Result<()>) -> io::Result<()> {
        let mut open: Vec<Flow> = Vec::new();
        while self.written < bytes {
            if open.len() < OPEN {
                let steps = self.ssh();
                let flow = self.flow(200, 22, steps);
                open.push(flow);
            }
            let at = self.below(open.len());
            match open[at].steps.next() {
                Some(step) => self.tcp(&mut open[at], &step)?,
                None => drop(open.swap_remove(at)),
            }
            between(self)?;
        }
        Ok(())
    }

    fn mixed(&mut self, bytes: u64) -> io::Result<()> {
        let mut web = self.flow(50, 443, Vec::new());
        let sealed: Vec<u8> = (0..FULL).map(|at| (at * 31) as u8).collect();
        let mut of_ssh = 0;
        self.flood(bytes, |maker| {
            of_ssh += 120;
            while maker.written < of_ssh * 20 && maker.written < bytes {
                let length = if maker.below(4) == 0 { 80 } else { FULL };
                maker.tcp(&mut web, &(length < FULL, PSH | ACK, sealed[..length].to_vec()))?;
                if maker.below(10) == 0 {
                    let question = [&[0x30, 0x39, 0, 53, 0, 58, 0, 0][..], &[0; 50]].concat();
                    maker.ip(17, [web.client.0, [198, 19, 0, 53]], 1, 64, &question);
                    maker.record(5)?;
                }
                if maker.below(40) == 0 {
                    web = maker.flow(50, 443, Vec::new());
                }
            }
            Ok(())
        })
    }

    fn bulk(&mut self, bytes: u64) -> io::Result<()> {
        let mut sessions = Vec::new();
        for _ in 0..8 {
            let mut steps = self.ssh();
            while !steps.iter().any(|(.., payload)| payload.len() == 148)
                || steps.iter().any(|(_, flags, _)| flags & (FIN | RST) != 0)
            {
                steps = self.ssh();
            }
            let mut flow = self.flow(8, 22, steps);
            while let Some(step) = flow.steps.next() {
                self.tcp(&mut flow, &step)?;
            }
            sessions.push(flow);
        }
        let sealed = vec![0x5a; FULL];
        while self.written < bytes {
            let at = self.below(sessions.len());
            for _ in 0..10 {
                self.tcp(&mut sessions[at], &(true, ACK, sealed.clone()))?;
            }
            self.tcp(&mut sessions[at], &(false, ACK, Vec::new()))?;
        }
        Ok(())
    }

    fn scan(&mut self, bytes: u64) -> io::Result<()> {
        while self.written < bytes {
            let mut flow = self.flow(65_536, 22, Vec::new());
            self.tcp(&mut flow, &(true, SYN, Vec::new()))?;
            match self.below(48) {
                0..4 => self.tcp(&mut flow, &(false, RST | ACK, Vec::new()))?,
                4..6 => self.tcp(&mut flow, &(false, SYN | ACK, Vec::new()))?,
                _ => {}
            }
        }
        Ok(())
    }

    fn hostile(&mut self, bytes: u64) -> io::Result<()> {
        let opening = |maker: &mut Self| {
            let steps = [
                (true, SYN, vec![]),
                (false, SYN | ACK, vec![]),
                (true, ACK, vec![]),
                (true, PSH | ACK, b"SSH-2.0-x\r\n".to_vec()),
            ];
            maker.flow(16, 22, steps.to_vec())
        };
        let junk = vec![b'a'; FULL];
        let mut flows: Vec<Flow> = Vec::new();
        while self.written < bytes {
            if flows.len() < 3 * OPEN {
                let flow = opening(self);
                flows.push(flow);
            }
            let at = self.below(flows.len());
            let flow = &mut flows[at];
            if let Some(step) = flow.steps.next() {
                self.tcp(flow, &step)?;
                continue;
            }
            match at % 4 {
                // A KEXINIT, a byte at a time.
                0 => self.tcp(flow, &(true, PSH | ACK, vec![0]))?,
                // A hole in front of each segment.
                1 => {
                    flow.next[0] = flow.next[0].wrapping_add(1);
                    self.tcp(flow, &(true, PSH | ACK, junk[..600].to_vec()))?;
                }
                // A line without an end.
                2 => self.tcp(flow, &(false, PSH | ACK, junk.clone()))?,
                // Sequence numbers from anywhere.
                _ => {
                    flow.next[0] = self.random() as u32;
                    self.tcp(flow, &(true, PSH | ACK, junk[..40].to_vec()))?;
                }
            }
            if self.below(3_000) == 0 {
                flows[at] = opening(self);
            }
        }
        Ok(())
    }
}

/// A KEXINIT like OpenSSH's (RFC 4253 §7.1).
fn kexinit(cookie: u64, marker: &str) -> Vec<u8> {
    let ciphers =
        "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com";
    let macs = "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1";
    let kex = format!(
        "sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,diffie-hellman-group16-sha512,diffie-hellman-group14-sha256,{marker}"
    );
    let keys = "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256";
    let lists =
        [kex.as_str(), keys, ciphers, ciphers, macs, macs, "none,zlib@openssh.com", "none,zlib@openssh.com", "", ""];
    let mut payload = vec![20];
    payload.extend(cookie.to_be_bytes());
    payload.extend(cookie.rotate_left(17).to_be_bytes());
    lists.iter().for_each(|list| payload.extend(string(list.as_bytes())));
    payload.extend([0; 5]);
    packet(&payload)
}

/// RFC 4251 §5.
fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
}

/// A binary packet in clear (RFC 4253 §6).
fn packet(payload: &[u8]) -> Vec<u8> {
    let padding = 4 + (8 - (5 + payload.len() + 4) % 8) % 8;
    let length = (1 + payload.len() + padding) as u32;
    [&length.to_be_bytes()[..], &[padding as u8], payload, &vec![0; padding]].concat()
}

fn sum(bytes: &[u8]) -> u64 {
    let words = bytes.chunks(2).map(|word| u64::from(word[0]) << 8 | u64::from(word.get(1).copied().unwrap_or(0)));
    words.sum()
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    sum as u16
}
