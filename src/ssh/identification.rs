//! A line in, the identification string out: `SSH-protoversion-softwareversion SP comments CR LF` (RFC 4253 §4.2).
//! Broken ones are read as far as they make sense, and say in what they break the rule.

use super::facts::Range;
use super::software::Software;
use crate::limits;

/// What every identification string begins with.
pub const PREFIX: &[u8] = b"SSH-";

/// Longest identification string that RFC 4253 §4.2 allows, in bytes, CR and LF included.
pub const LONGEST: u64 = 255;

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineEnd {
    /// CR LF, as the rule wants it.
    CrLf,
    /// LF alone, as some old implementations do.
    LfOnly,
}

/// An identification string as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identification {
    /// Where it stands in the stream, line end included.
    pub range: Range,
    /// The line without its end, at most [`limits::LINE_BYTES`] of it.
    pub raw: Vec<u8>,
    /// Protocol version, such as `2.0` or `1.99`.
    pub protocol: Vec<u8>,
    /// Software version, such as `OpenSSH_9.6`; may be empty.
    pub software: Vec<u8>,
    /// What follows the first space, if there is one.
    pub comments: Option<Vec<u8>>,
    /// How the line ended.
    pub line_end: LineEnd,
    /// Longer than [`LONGEST`] bytes with its line end.
    pub over_long: bool,
    /// Holds a NUL, which the rule forbids and OpenSSH refuses.
    pub has_nul: bool,
    /// Holds a CR that does not end the line; OpenSSH refuses that too.
    pub has_stray_cr: bool,
    /// There is no software version.
    pub missing_software: bool,
    parsed: Software,
}

impl Identification {
    /// Reads a line that begins with `SSH-`. `line` is the line without its end, possibly capped; `range` covers all of it.
    pub fn parse(range: Range, line: &[u8], line_end: LineEnd) -> Self {
        let raw = line.get(..limits::LINE_BYTES).unwrap_or(line);
        let rest = raw.strip_prefix(PREFIX).unwrap_or(raw);
        let (versions, comments) = match split_once(rest, b' ') {
            Some((versions, comments)) => (versions, Some(comments)),
            None => (rest, None),
        };
        let (protocol, software) = split_once(versions, b'-').unwrap_or((versions, &[]));
        let text = String::from_utf8_lossy;
        Self {
            range,
            raw: raw.to_vec(),
            protocol: protocol.to_vec(),
            software: software.to_vec(),
            comments: comments.map(<[u8]>::to_vec),
            line_end,
            over_long: range.len() > LONGEST,
            has_nul: raw.contains(&0),
            has_stray_cr: raw.contains(&b'\r'),
            missing_software: software.is_empty(),
            parsed: Software::parse(&text(software), comments.map(text).as_deref()),
        }
    }

    /// What it says about the software.
    pub fn parsed_software(&self) -> Software {
        self.parsed
    }

    /// Whether the sender can speak SSH-2: version 2.x, or 1.99 (RFC 4253 §5.1).
    pub fn speaks_ssh2(&self) -> bool {
        self.protocol.starts_with(b"2.") || self.protocol == b"1.99"
    }

    /// Whether the sender speaks SSH-1 and nothing newer.
    pub fn ssh1_only(&self) -> bool {
        self.protocol.starts_with(b"1.") && self.protocol != b"1.99"
    }
}

fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|&byte| byte == separator)?;
    Some((bytes.get(..at)?, bytes.get(at.saturating_add(1)..)?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    fn parse(line: &[u8]) -> Identification {
        let length = u64::try_from(line.len()).unwrap();
        Identification::parse(Range { start: 0, end: length + 2 }, line, LineEnd::CrLf)
    }

    fn parts(line: &[u8]) -> (String, String, Option<String>) {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let read = parse(line);
        (text(&read.protocol), text(&read.software), read.comments.as_deref().map(text))
    }

    fn owned(protocol: &str, software: &str, comments: Option<&str>) -> (String, String, Option<String>) {
        (protocol.into(), software.into(), comments.map(Into::into))
    }

    #[test]
    fn splits_the_three_parts() {
        assert_eq!(parts(b"SSH-2.0-OpenSSH_9.6"), owned("2.0", "OpenSSH_9.6", None));
        assert_eq!(parts(b"SSH-2.0-OpenSSH_9.6 Debian-1"), owned("2.0", "OpenSSH_9.6", Some("Debian-1")));
        assert_eq!(parts(b"SSH-2.0-a-b c d"), owned("2.0", "a-b", Some("c d")));
        assert_eq!(parts(b"SSH-1.99-Cisco-1.25"), owned("1.99", "Cisco-1.25", None));
        assert_eq!(parts(b"SSH-2.0- x"), owned("2.0", "", Some("x")));
    }

    #[test]
    fn broken_ones_say_how() {
        assert!(parse(b"SSH-2.0-").missing_software);
        assert!(parse(b"SSH-2.0").missing_software);
        assert!(parse(b"SSH-").missing_software);
        assert!(parse(b"SSH-2.0-a\0b").has_nul);
        assert!(parse(b"SSH-2.0-a\rb").has_stray_cr);
        let long = [b"SSH-2.0-".as_slice(), &[b'x'; 245]].concat();
        assert!(!parse(&long).over_long, "253 bytes and CR LF");
        assert!(parse(&[&long[..], b"x"].concat()).over_long);
    }

    #[test]
    fn versions() {
        assert!(parse(b"SSH-1.5-x").ssh1_only());
        assert!(!parse(b"SSH-1.99-x").ssh1_only());
        assert!(parse(b"SSH-1.99-x").speaks_ssh2());
        assert!(parse(b"SSH-2.0-x").speaks_ssh2());
        assert!(!parse(b"SSH-3.0-x").speaks_ssh2());
    }
}
