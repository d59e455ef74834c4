//! What a decoded packet says: the TCP segment (RFC 9293 §3.1) with its IP header's facts, and the ICMP error.

use super::PacketId;
use crate::time::Timestamp;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// Link type of an interface: the LINKTYPE_ values of the capture file formats that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkType {
    /// BSD loopback, address family in host byte order (0).
    Null,
    /// Ethernet (1).
    Ethernet,
    /// PPP (9), with or without HDLC framing bytes.
    Ppp,
    /// PPP in HDLC-like framing (50).
    PppHdlc,
    /// PPPoE session (51).
    PppEther,
    /// Raw IP, version from the first nibble (101, 12 and 14 on some systems).
    Raw,
    /// OpenBSD loopback, address family in network byte order (108).
    Loop,
    /// Linux cooked capture v1 (113).
    LinuxSll,
    /// Raw IPv4 (228).
    Ipv4,
    /// Raw IPv6 (229).
    Ipv6,
    /// Linux cooked capture v2 (276).
    LinuxSll2,
    /// Any other value: its packets cannot be decoded.
    Unknown(u16),
}

/// One end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// IP address; IPv4-mapped IPv6 addresses stay as they are on the wire.
    pub address: IpAddr,
    /// TCP port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.address, self.port).fmt(f)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// TCP control bits as on the wire (RFC 9293 §3.1): FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(pub u8);

#[allow(missing_docs)]
impl Flags {
    pub const FIN: u8 = 1;
    pub const SYN: u8 = 2;
    pub const RST: u8 = 4;
    pub const PSH: u8 = 8;
    pub const ACK: u8 = 16;

    pub fn fin(self) -> bool {
        self.0 & Self::FIN != 0
    }
    pub fn syn(self) -> bool {
        self.0 & Self::SYN != 0
    }
    pub fn rst(self) -> bool {
        self.0 & Self::RST != 0
    }
    pub fn psh(self) -> bool {
        self.0 & Self::PSH != 0
    }
    pub fn ack(self) -> bool {
        self.0 & Self::ACK != 0
    }
}

/// Facts of the IP header that help to tell who sent a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpFacts {
    /// 4 or 6.
    pub version: u8,
    /// TTL or hop limit as captured.
    pub ttl: u8,
    /// TOS or traffic class (DSCP and ECN).
    pub tos: u8,
    /// IPv4 identification; none for IPv6.
    pub id: Option<u16>,
    /// The DF bit of IPv4; always true for IPv6, which no router fragments.
    pub dont_fragment: bool,
    /// IPv4 options are present (IHL above 5).
    pub options: bool,
    /// The segment was reassembled from IP fragments.
    pub fragmented: bool,
}

/// TCP options of one segment (RFC 9293 §3.2, RFC 7323, RFC 2018). Damaged options end the list, what came before is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TcpOptions {
    /// Maximum segment size, on SYN only.
    pub mss: Option<u16>,
    /// Window scale shift, on SYN only; as on the wire, 0 to 255 (RFC 7323 §2.3 caps its use at 14).
    pub window_scale: Option<u8>,
    /// SACK permitted, on SYN only.
    pub sack_permitted: bool,
    /// The first SACK block: left edge, right edge. It tells what was received last (RFC 2018 §3), or twice (RFC 2883 §4); nothing is
    /// asked of the further ones.
    pub sack: Option<(u32, u32)>,
    /// Timestamps: TSval, TSecr.
    pub timestamps: Option<(u32, u32)>,
    /// Length of the options in bytes, 0 to 40.
    pub length: u8,
    /// The options ended in bytes that are no option.
    pub malformed: bool,
}

/// Whether the TCP checksum fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// It fits.
    Valid,
    /// It does not: damage, or (on the sending host) a checksum that the network card was to fill in.
    Invalid,
    /// It could not be computed: the packet is cut, fragmented, or nobody asked.
    Unknown,
}

/// One TCP segment with the facts of the packet that carried it.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    /// Capture and number.
    pub packet: PacketId,
    /// Time stamp.
    pub time: Timestamp,
    /// Sender.
    pub source: Endpoint,
    /// Receiver.
    pub destination: Endpoint,
    /// Facts of the innermost IP header.
    pub ip: IpFacts,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgment number; 0 on most segments without ACK, but kept as it is on the wire.
    pub ack: u32,
    /// Control bits.
    pub flags: Flags,
    /// Window field, unscaled.
    pub window: u16,
    /// Options.
    pub options: TcpOptions,
    /// Payload bytes that were captured.
    pub payload: &'a [u8],
    /// Payload length on the wire by the IP header (or by the record where total length is 0, as with TSO); at least `payload.len()`.
    pub payload_len: u32,
    /// TCP checksum; computed only for segments of at most 1,600 bytes so that bulk costs nothing.
    pub checksum: Checksum,
    /// A short hash of the source MAC address, 0 where the link layer has none.
    pub source_mac: u16,
    /// The segment came out of a tunnel.
    pub tunneled: bool,
}

/// The TCP header that an ICMP error quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quoted {
    /// Sender of the quoted segment.
    pub source: Endpoint,
    /// Receiver of the quoted segment.
    pub destination: Endpoint,
    /// Its sequence number (the eight quoted bytes of RFC 792 reach that far).
    pub seq: u32,
    /// Its total length by its IP header, in bytes.
    pub total_len: u16,
}

/// An ICMP (RFC 792) or ICMPv6 (RFC 4443) error about a TCP segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IcmpError {
    /// Capture and number.
    pub packet: PacketId,
    /// Time stamp.
    pub time: Timestamp,
    /// Who sent the error.
    pub from: IpAddr,
    /// Whom it was sent to.
    pub to: IpAddr,
    /// 4 or 6: tells ICMP from ICMPv6, whose types differ.
    pub version: u8,
    /// TTL or hop limit.
    pub ttl: u8,
    /// ICMP type.
    pub kind: u8,
    /// ICMP code.
    pub code: u8,
    /// Next-hop MTU of "fragmentation needed" (RFC 1191) and "packet too big" (RFC 4443 §3.2).
    pub mtu: Option<u32>,
    /// The segment that drew the error.
    pub quoted: Quoted,
}

/// What the fragments of one IP datagram have in common (RFC 791 §3.2, RFC 8200 §4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DatagramId {
    /// Sender.
    pub source: IpAddr,
    /// Receiver.
    pub destination: IpAddr,
    /// Identification; 16 bits in IPv4.
    pub identification: u32,
    /// Protocol, or next header in IPv6.
    pub protocol: u8,
}

/// An IP datagram of which some fragments never came (before the reassembly was given up or the capture ended).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IncompleteDatagram {
    /// First fragment seen of it.
    pub packet: PacketId,
    /// Its time.
    pub time: Timestamp,
    /// Sender.
    pub source: IpAddr,
    /// Receiver.
    pub destination: IpAddr,
    /// Ports and sequence number, where the first fragment (offset 0) was seen.
    pub tcp: Option<(u16, u16, u32)>,
    /// Fragments seen.
    pub fragments: u16,
    /// Bytes of IP payload seen.
    pub bytes: u32,
    /// Whether the first fragment was seen.
    pub has_first: bool,
    /// Whether the last fragment (MF clear) was seen.
    pub has_last: bool,
}
