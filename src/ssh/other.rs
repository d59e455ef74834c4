//! The first bytes of a stream in, the protocol they belong to out, where it is not SSH. Only openings that leave little doubt.

use super::facts::{Range, advance};

/// Protocols that are met on a port where SSH was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OtherKind {
    /// HTTP, request or answer, HTTP/2 included.
    Http,
    /// RTSP.
    Rtsp,
    /// SIP.
    Sip,
    /// TLS or SSL: handshake or alert.
    Tls,
    /// SMTP.
    Smtp,
    /// FTP.
    Ftp,
    /// A reply such as `220 ` or `421 ` that does not tell SMTP from FTP.
    SmtpOrFtp,
    /// POP3.
    Pop3,
    /// IMAP.
    Imap,
    /// RFB, the protocol of VNC.
    Vnc,
    /// MySQL or MariaDB.
    MySql,
    /// PostgreSQL.
    Postgres,
    /// Redis.
    Redis,
    /// RDP (TPKT with an X.224 connection request or confirm).
    Rdp,
    /// SMB.
    Smb,
    /// Telnet options.
    Telnet,
    /// SOCKS 4 or 5.
    Socks,
    /// A PROXY protocol header, version 1 or 2, as load balancers send before the stream.
    ProxyProtocol,
    /// DNS over TCP.
    Dns,
    /// rsync daemon.
    Rsync,
    /// Binary bytes of no protocol known here.
    Unknown,
}

/// What came in place of an identification string, or before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherProtocol {
    /// The protocol.
    pub kind: OtherKind,
    /// The bytes kept, by their place in the stream.
    pub range: Range,
    /// The first bytes, at most [`crate::limits::OTHER_PROTOCOL_BYTES`].
    pub bytes: Vec<u8>,
    /// The alert, if a TLS alert record came first.
    pub tls_alert: Option<TlsAlert>,
}

impl OtherProtocol {
    /// From the first bytes of a stream.
    pub(super) fn at_start(kind: OtherKind, bytes: Vec<u8>) -> Self {
        let range = Range { start: 0, end: advance(0, bytes.len()) };
        Self { kind, range, tls_alert: TlsAlert::parse(&bytes), bytes }
    }

    /// Binary bytes that end here, where the start of the stream is not known or was something else.
    pub(super) fn unknown_at(position: u64) -> Self {
        let range = Range { start: position, end: position };
        Self { kind: OtherKind::Unknown, range, bytes: Vec::new(), tls_alert: None }
    }
}

/// A TLS alert (RFC 8446 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsAlert {
    /// 1 warning, 2 fatal.
    pub level: u8,
    /// Description.
    pub description: u8,
}

impl TlsAlert {
    /// Reads an alert record: type 21, version, length 2.
    pub fn parse(head: &[u8]) -> Option<Self> {
        match *head {
            [21, 3, _, 0, 2, level, description, ..] => Some(Self { level, description }),
            _ => None,
        }
    }

    /// Name of the description (RFC 8446 §6; `unknown` for others).
    pub fn name(self) -> &'static str {
        match self.description {
            0 => "close_notify",
            10 => "unexpected_message",
            20 => "bad_record_mac",
            22 => "record_overflow",
            40 => "handshake_failure",
            42 => "bad_certificate",
            47 => "illegal_parameter",
            50 => "decode_error",
            70 => "protocol_version",
            71 => "insufficient_security",
            80 => "internal_error",
            86 => "inappropriate_fallback",
            112 => "unrecognized_name",
            116 => "certificate_required",
            _ => "unknown",
        }
    }
}

/// Recognises the first bytes that a side sent.
pub fn recognise(head: &[u8]) -> Option<OtherKind> {
    recognise_text(head).or_else(|| recognise_binary(head))
}

/// Recognises the first bytes seen of a stream that was open before the capture began. They may be encrypted: what counts is met in
/// fewer than 1 of 100,000 streams of random bytes, which the openings of telnet, SOCKS and DNS are not.
pub(super) fn recognise_midway(head: &[u8]) -> Option<OtherKind> {
    recognise(head).filter(|kind| !matches!(kind, OtherKind::Telnet | OtherKind::Socks | OtherKind::Dns))
}

/// The 12 bytes that a PROXY header of version 2 begins with (proxy-protocol.txt §2.2). They end in a line feed and hold a NUL.
pub const PROXY_V2: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// Bytes of a PROXY header of version 2 up to its addresses: signature, version, family, length of the rest.
pub const PROXY_V2_FIXED: usize = 16;

/// Length of what follows the fixed part of a PROXY header of version 2.
pub fn proxy_v2_rest(head: &[u8]) -> Option<u64> {
    match head.strip_prefix(PROXY_V2)? {
        [_, _, high, low, ..] => Some(u64::from(u16::from_be_bytes([*high, *low]))),
        _ => None,
    }
}

fn recognise_text(head: &[u8]) -> Option<OtherKind> {
    const OPENINGS: &[(&[u8], OtherKind)] = &[
        (b"HTTP/", OtherKind::Http),
        (b"<!DOCTYPE ", OtherKind::Http),
        (b"<html", OtherKind::Http),
        (b"RTSP/1", OtherKind::Rtsp),
        (b"SIP/2.0 ", OtherKind::Sip),
        (b"PROXY TCP4 ", OtherKind::ProxyProtocol),
        (b"PROXY TCP6 ", OtherKind::ProxyProtocol),
        (b"PROXY UNKNOWN", OtherKind::ProxyProtocol),
        (b"RFB 0", OtherKind::Vnc),
        (b"+OK", OtherKind::Pop3),
        (b"* OK", OtherKind::Imap),
        (b"* BYE", OtherKind::Imap),
        (b"* PREAUTH", OtherKind::Imap),
        (b"EHLO ", OtherKind::Smtp),
        (b"HELO ", OtherKind::Smtp),
        (b"@RSYNCD:", OtherKind::Rsync),
        (b"+PONG", OtherKind::Redis),
        (b"-NOAUTH ", OtherKind::Redis),
        (b"-DENIED Redis", OtherKind::Redis),
    ];
    if let Some((_, kind)) = OPENINGS.iter().find(|(opening, _)| head.starts_with(opening)) {
        return Some(*kind);
    }
    request(head).or_else(|| reply(head))
}

/// A request line: a method, and the protocol named behind it (as long as the line has not ended, HTTP is the likeliest).
fn request(head: &[u8]) -> Option<OtherKind> {
    const METHODS: [&[u8]; 10] = [
        b"GET ",
        b"HEAD ",
        b"POST ",
        b"PUT ",
        b"DELETE ",
        b"CONNECT ",
        b"OPTIONS ",
        b"PATCH ",
        b"TRACE ",
        b"PRI * HTTP/2",
    ];
    METHODS.iter().find(|method| head.starts_with(method))?;
    let line = head.split(|&byte| byte == b'\n').next()?;
    let names = |word: &[u8]| contains(line, word);
    Some(if names(b"RTSP/") {
        OtherKind::Rtsp
    } else if names(b"SIP/2") {
        OtherKind::Sip
    } else {
        OtherKind::Http
    })
}

/// A three-digit greeting as SMTP (RFC 5321 §4.2) and FTP (RFC 959 §4.2) send it.
fn reply(head: &[u8]) -> Option<OtherKind> {
    let greeting = [b"220", b"421", b"530", b"554"].iter().any(|code| head.starts_with(*code));
    if !greeting || !matches!(head.get(3), Some(b' ' | b'-')) {
        return None;
    }
    let upper = head.to_ascii_uppercase();
    let names = |word: &[u8]| contains(&upper, word);
    Some(if names(b"SMTP") {
        OtherKind::Smtp
    } else if names(b"FTP") {
        OtherKind::Ftp
    } else {
        OtherKind::SmtpOrFtp
    })
}

fn recognise_binary(head: &[u8]) -> Option<OtherKind> {
    if head.starts_with(PROXY_V2) {
        return Some(OtherKind::ProxyProtocol);
    }
    let kind = match *head {
        // Record of SSL 3.0 to TLS 1.3 (RFC 8446 §5.1), or a ClientHello of SSL 2.0 (RFC 5246 E.2).
        [20..=23, 3, 0..=4, ..] | [0x80, _, 1, 3, 0..=3, ..] => OtherKind::Tls,
        // IAC with WILL, WONT, DO, DONT or SB (RFC 854).
        [0xff, 250..=254, ..] => OtherKind::Telnet,
        // Three bytes of length, sequence 0, protocol 10 and a version in text; or an error in its place.
        [_, _, 0, 0, 10, b'1'..=b'9', ..] | [_, _, 0, 0, 0xff, _, 4, ..] => OtherKind::MySql,
        // TPKT (RFC 1006 §6) around an X.224 connection request or confirm.
        [3, 0, _, _, _, 0xe0 | 0xd0, ..] => OtherKind::Rdp,
        [0, _, _, _, 0xff | 0xfe, b'S', b'M', b'B', ..] => OtherKind::Smb,
        // Startup packet of version 3.0, SSLRequest.
        [0, 0, _, _, 0, 3, 0, 0, ..] | [0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f, ..] => OtherKind::Postgres,
        // SETTINGS is the first frame of an HTTP/2 server (RFC 9113 §3.4).
        [0, 0, _, 4, 0, 0, 0, 0, 0, ..] => OtherKind::Http,
        // SOCKS 4: version, command, port, address. SOCKS 5 (RFC 1928 §3): version, methods; the answer is two bytes.
        [4, 1 | 2, _, _, _, _, _, _, ..] | [5, 0 | 2 | 0xff] => OtherKind::Socks,
        [5, count @ 1..=9, ref methods @ ..] if methods.len() == usize::from(count) => OtherKind::Socks,
        // Length, identifier, flags, one question (RFC 1035 §4.1.1, §4.2.2).
        [high, low, _, _, _, _, 0, 1, ..] if usize::from(u16::from_be_bytes([high, low])) >= head.len().max(14) - 2 => {
            OtherKind::Dns
        }
        _ => return None,
    };
    Some(kind)
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn openings() {
        let cases: &[(&[u8], OtherKind)] = &[
            (b"HTTP/1.1 400 Bad Request\r\n", OtherKind::Http),
            (b"GET / HTTP/1.0\r\n\r\n", OtherKind::Http),
            (b"OPTIONS rtsp://h/ RTSP/1.0\r\n", OtherKind::Rtsp),
            (b"OPTIONS sip:nm SIP/2.0\r\n", OtherKind::Sip),
            (b"220 mail.example.org ESMTP Postfix\r\n", OtherKind::Smtp),
            (b"220 (vsFTPd 3.0.5)\r\n", OtherKind::Ftp),
            (b"220 ready\r\n", OtherKind::SmtpOrFtp),
            (b"+OK ready\r\n", OtherKind::Pop3),
            (b"* OK [CAPABILITY IMAP4rev1]\r\n", OtherKind::Imap),
            (b"RFB 003.008\n", OtherKind::Vnc),
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 22\r\n", OtherKind::ProxyProtocol),
            (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", OtherKind::ProxyProtocol),
            (b"\x15\x03\x01\0\x02\x02\x46", OtherKind::Tls),
            (b"\x16\x03\x01\x02\0\x01\0", OtherKind::Tls),
            (b"\x4a\0\0\0\x0a8.0.36\0", OtherKind::MySql),
            (b"\x45\0\0\0\xff\x6a\x04Host", OtherKind::MySql),
            (b"\x03\0\0\x13\x0e\xe0\0\0", OtherKind::Rdp),
            (b"\xff\xfd\x18\xff\xfd\x20", OtherKind::Telnet),
            (b"\x05\x01\0", OtherKind::Socks),
            (b"\x05\0", OtherKind::Socks),
            (b"\0\x1d\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example", OtherKind::Dns),
        ];
        for (head, kind) in cases {
            assert_eq!(recognise(head), Some(*kind), "{}", head.escape_ascii());
        }
    }

    #[test]
    fn refusals_in_plain_text_are_no_other_protocol() {
        for text in ["Exceeded MaxStartups\r\n", "Not allowed at this time\r\n", "2200 x", "220", ""] {
            assert_eq!(recognise(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn random_bytes_are_no_other_protocol() {
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 24).to_be_bytes()
        };
        let streams = (0..1_000_000).map(|_| [random(), random()].concat());
        let mistaken = streams.filter(|stream| recognise_midway(&stream[3..]).is_some()).count();
        assert!(mistaken < 10, "{mistaken} of a million streams");
    }

    #[test]
    fn alert() {
        let alert = TlsAlert::parse(b"\x15\x03\x01\0\x02\x02\x46").unwrap();
        assert_eq!((alert.level, alert.name()), (2, "protocol_version"));
        assert_eq!(TlsAlert::parse(b"\x16\x03\x01\0\x02\x02\x46"), None);
    }
}
