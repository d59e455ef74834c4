//! What a file is by its first bytes: a capture, a compressed one, or something else that deserves a helpful word.

use super::description::Compression;

/// Bytes that are enough for every decision here (the mark of a tar archive ends at 262).
pub(super) const PREFIX: usize = 512;

/// What the first bytes of a file say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Magic {
    Pcap,
    PcapNg,
    Compressed(Compression),
    /// A format for captures or compression that is not read, and what to do.
    Unsupported(&'static str, &'static str),
    /// No capture; what it looks like.
    Foreign(&'static str),
}

const EDITCAP: &str = "convert it with `editcap IN OUT.pcapng` (part of Wireshark)";
const UNPACK: &str = "decompress it first";

/// Captures and compression: what four bytes can tell.
const READABLE: &[(&[u8], Magic)] = &[
    (&[0xa1, 0xb2, 0xc3, 0xd4], Magic::Pcap),
    (&[0xd4, 0xc3, 0xb2, 0xa1], Magic::Pcap),
    (&[0xa1, 0xb2, 0x3c, 0x4d], Magic::Pcap),
    (&[0x4d, 0x3c, 0xb2, 0xa1], Magic::Pcap),
    (&[0xa1, 0xb2, 0xcd, 0x34], Magic::Pcap),
    (&[0x34, 0xcd, 0xb2, 0xa1], Magic::Pcap),
    (&[0x0a, 0x0d, 0x0d, 0x0a], Magic::PcapNg),
    (&[0x1f, 0x8b, 0x08], Magic::Compressed(Compression::Gzip)),
    (&[0x28, 0xb5, 0x2f, 0xfd], Magic::Compressed(Compression::Zstd)),
    (&[0x04, 0x22, 0x4d, 0x18], Magic::Compressed(Compression::Lz4)),
];

/// Formats of other capture programs (Wireshark's wiretap lists them) and other compression.
const UNSUPPORTED: &[(&[u8], &str, &str)] = &[
    (b"snoop\0\0\0", "the snoop format of Solaris", EDITCAP),
    (b"btsnoop\0", "the btsnoop format (Bluetooth)", EDITCAP),
    (b"GMBU", "the Microsoft Network Monitor 2 format", EDITCAP),
    (b"RTSS", "the Microsoft Network Monitor 1 format", EDITCAP),
    (b"iptrace ", "the iptrace format of AIX", EDITCAP),
    (b"TRSNIFF data    \x1a", "the Sniffer format (DOS)", EDITCAP),
    (b"XCP\0", "the NetXRay / Sniffer format (Windows)", EDITCAP),
    (b"\x05VNF", "the Visual Networks format", EDITCAP),
    (b"EyeSDN", "the EyeSDN format", EDITCAP),
    (b"\x7fver", "the Peek format (Omnipeek, EtherPeek)", EDITCAP),
    (b"\x1c\x00\x01\xab", "the lcap format of IXIA", EDITCAP),
    (b"\x1c\x00\x01\xac", "the lcap format of IXIA", EDITCAP),
    (b"\xab\x01\x00\x1c", "the lcap format of IXIA", EDITCAP),
    (b"\xac\x01\x00\x1c", "the lcap format of IXIA", EDITCAP),
    (b"\xa1\xb2\xc3\xcd", "the Kuznetzov variant of pcap", EDITCAP),
    (b"\xfd7zXZ\0", "xz compression", "decompress it: `xz -dc FILE | sshwire analyze -`"),
    (b"BZh", "bzip2 compression", "decompress it: `bzip2 -dc FILE | sshwire analyze -`"),
    (b"LZIP", "lzip compression", UNPACK),
    (b"\x89LZO", "lzop compression", UNPACK),
    (b"\x1f\x9d", "compress (.Z) compression", "decompress it: `zcat FILE | sshwire analyze -`"),
    (b"\x02\x21\x4c\x18", "the legacy frame format of lz4", "decompress it: `lz4 -dc FILE | sshwire analyze -`"),
];

const FOREIGN: &[(&[u8], &str)] = &[
    (b"\x7fELF", "a program (ELF)"),
    (b"MZ", "a Windows program"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive (unpack it first)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive (unpack it first)"),
    (b"Rar!", "a rar archive (unpack it first)"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"-----BEGIN ", "a key or certificate in text form"),
    (b"openssh-key-v1", "a private key of OpenSSH"),
    (b"SSH-", "the bytes of an SSH connection without their packets"),
    (b"#!", "a script"),
    (b"<?xml", "XML text"),
    (b"<!DOCTYPE", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"tcpdump: ", "the messages of tcpdump (write packets with `-w -`, and keep standard error apart)"),
];

/// What a file is by its first bytes, of which [`PREFIX`] are enough and four decide whether it can be read.
pub(super) fn identify(prefix: &[u8]) -> Magic {
    if let Some((_, magic)) = READABLE.iter().find(|(mark, _)| prefix.starts_with(mark)) {
        return *magic;
    }
    if let Some((_, format, remedy)) = UNSUPPORTED.iter().find(|(mark, ..)| prefix.starts_with(mark)) {
        return Magic::Unsupported(format, remedy);
    }
    if let Some((_, hint)) = FOREIGN.iter().find(|(mark, _)| prefix.starts_with(mark)) {
        return Magic::Foreign(hint);
    }
    if prefix.get(257..262) == Some(b"ustar") {
        return Magic::Foreign("a tar archive (unpack it first)");
    }
    Magic::Foreign(text_or_data(prefix))
}

fn text_or_data(prefix: &[u8]) -> &'static str {
    let first = prefix.iter().find(|byte| !byte.is_ascii_whitespace());
    let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~') || *byte >= 0x80;
    if prefix.iter().all(|&byte| byte == 0) {
        "a file that begins with zeros"
    } else if !prefix.iter().all(printable)
        || std::str::from_utf8(prefix).is_err_and(|error| error.error_len().is_some())
    {
        "unknown binary data"
    } else if matches!(first, Some(b'{' | b'[')) {
        "JSON text"
    } else {
        "text (perhaps what tcpdump or Wireshark printed; the packets themselves are needed)"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_that_are_no_captures_are_named() {
        assert_eq!(identify(b"\x89PNG\r\n"), Magic::Foreign("a PNG image"));
        assert!(matches!(identify(b"12:00:01.2 IP a.22 > b.4: S\n"), Magic::Foreign(hint) if hint.starts_with("text")));
        assert_eq!(identify(b"  {\"a\": 1}"), Magic::Foreign("JSON text"));
        assert_eq!(identify(&[0; 64]), Magic::Foreign("a file that begins with zeros"));
        assert_eq!(identify(b"\x01\x02\x03\x04\xff"), Magic::Foreign("unknown binary data"));
        let mut tar = [b'x'; 300];
        tar[257..262].copy_from_slice(b"ustar");
        assert!(matches!(identify(&tar), Magic::Foreign(hint) if hint.starts_with("a tar archive")));
    }

    #[test]
    fn other_capture_formats_come_with_a_remedy() {
        assert_eq!(identify(b"snoop\0\0\0\0\0\0\x02"), Magic::Unsupported("the snoop format of Solaris", EDITCAP));
        assert!(matches!(identify(b"\xfd7zXZ\0"), Magic::Unsupported("xz compression", _)));
    }
}
