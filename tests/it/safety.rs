//! What strangers chose, in every place where it can appear, in every format: it is shown, never obeyed.

use crate::command::sshwire;
use crate::conversation::{Conversation, binary, kexinit};
use crate::packets::Packet;
use crate::sources::root;
use sshwire::diagnose::misleads;
use sshwire::tcp::Side;
use std::path::{Path, PathBuf};
use std::process::Output;

/// A name for the place, and a conversation with these bytes there.
type Place = (&'static str, fn(&[u8]) -> Vec<Packet>);

fn greeted() -> Conversation {
    Conversation::new().handshake().client("SSH-2.0-x\r\n").server("SSH-2.0-y\r\n")
}

fn message(number: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut payload = vec![number];
    for part in parts {
        payload.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
        payload.extend(*part);
    }
    binary(&payload)
}

const PLACES: &[Place] = &[
    ("the server's identification", |bytes| {
        let said = [b"SSH-2.0-", bytes, b"\r\n"].concat();
        Conversation::new().handshake().client("SSH-2.0-x\r\n").server(said).closes(Side::Server).packets()
    }),
    ("its comment", |bytes| {
        let said = [b"SSH-2.0-OpenSSH_9.6 ", bytes, b"\r\n"].concat();
        Conversation::new().handshake().client("SSH-2.0-x\r\n").server(said).closes(Side::Server).packets()
    }),
    ("the client's identification", |bytes| {
        let said = [b"SSH-2.0-", bytes, b"\r\n"].concat();
        Conversation::new().handshake().client(said).server("SSH-2.0-y\r\n").closes(Side::Server).packets()
    }),
    ("lines before the identification", |bytes| {
        let said = [bytes, b"\r\n"].concat();
        Conversation::new().handshake().client("SSH-2.0-x\r\n").server(said).closes(Side::Server).packets()
    }),
    ("names of algorithms", |bytes| {
        let names = String::from_utf8_lossy(bytes).into_owned();
        let lists = kexinit(&names, &names);
        greeted().client(kexinit("curve25519-sha256", "aes128-ctr")).server(lists).closes(Side::Server).packets()
    }),
    ("the words of a DISCONNECT", |bytes| {
        let mut payload = vec![1, 0, 0, 0, 2];
        payload.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
        payload.extend(bytes);
        payload.extend([0; 4]);
        greeted().server(binary(&payload)).closes(Side::Server).packets()
    }),
    ("the type of a host key", |bytes| {
        let lists = || kexinit("curve25519-sha256", "aes128-ctr");
        let mut blob = u32::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
        blob.extend(bytes);
        let reply = message(31, &[&blob, &[9; 32], &[7; 64]]);
        let talk = greeted().client(lists()).server(lists()).client(message(30, &[&[9; 32]]));
        talk.server(reply).closes(Side::Client).packets()
    }),
    ("another protocol of the server", |bytes| {
        let said = [b"HTTP/1.1 400 ", bytes, b"\r\n\r\n"].concat();
        Conversation::new().handshake().client("SSH-2.0-x\r\n").server(said).closes(Side::Server).packets()
    }),
    ("another protocol of the client", |bytes| {
        let said = [b"GET /", bytes, b" HTTP/1.1\r\n\r\n"].concat();
        Conversation::new().handshake().client(said).server("SSH-2.0-y\r\n").closes(Side::Server).packets()
    }),
    ("bytes that are no packet", |bytes| {
        let said = [&b"\xff\xff\xff\xff"[..], bytes].concat();
        greeted().server(said).closes(Side::Client).packets()
    }),
];

const MARKERS: &[(&str, &[u8])] = &[
    ("colours", b"\x1b[31mred\x1b[0m"),
    ("a title of the window", b"\x1b]0;owned\x07"),
    ("a cleared screen", b"\x1b[2J\x1b[H"),
    ("C1 in UTF-8", "\u{9b}31m\u{9d}0;x\u{9c}".as_bytes()),
    ("C1 as bytes", b"\x9b31m"),
    ("backspaces", b"certain\x08\x08\x08\x08\x08\x08\x08healthy"),
    ("a carriage return", b"a\rsshwire: all is well"),
    ("a line feed", b"a\nsshwire: all is well"),
    ("bidi marks", "abc\u{202e}gpj.exe\u{2066}x\u{2069}\u{200f}".as_bytes()),
    ("invisible marks", "a\u{200b}b\u{feff}c\u{2028}d\u{2029}e\u{ad}".as_bytes()),
    ("HTML", b"<script>alert(1)</script><img src=x onerror=alert(1)>&amp;"),
    ("Markdown", b"[x](javascript:alert(1)) **b** `c` | d"),
    ("a formula", b"=HYPERLINK(\"http://x\",\"y\")+cmd|' /C calc'!A0"),
    ("JSON", b"\",\"verdict\":null,\"x\":\"\\u001b\\"),
    ("a shell", b"$(reboot)`reboot`;reboot\n"),
    ("no UTF-8", b"\xff\xfe\xc0\xaf\xed\xa0\x80\xf8\x88\x80\x80\x80"),
    ("a NUL", b"a\0b"),
    ("tabs", b"a\tb\x0bc\x0cd"),
    ("a delete", b"a\x7fb"),
];

/// A classic capture file of these packets.
fn file(folder: &Path, packets: &[Packet]) -> PathBuf {
    let path = folder.join("c.pcap");
    let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
    for packet in packets {
        let (seconds, micros) = (packet.time.0 / 1_000_000_000, packet.time.0 % 1_000_000_000 / 1_000);
        let length = u32::try_from(packet.data.len()).unwrap();
        bytes.extend(u32::try_from(seconds).unwrap().to_le_bytes());
        bytes.extend(u32::try_from(micros).unwrap().to_le_bytes());
        bytes.extend([length.to_le_bytes(), packet.wire_len.to_le_bytes()].concat());
        bytes.extend(&packet.data);
    }
    std::fs::write(&path, bytes).unwrap();
    path
}

/// What must never reach a terminal, a page or a script as it is.
fn misbehaves(c: char) -> bool {
    c != '\n' && (c.is_control() || misleads(c))
}

/// All texts of a JSON value.
fn strings(value: &serde_json::Value) -> Vec<&str> {
    match value {
        serde_json::Value::String(text) => vec![text],
        serde_json::Value::Array(values) => values.iter().flat_map(strings).collect(),
        serde_json::Value::Object(fields) => {
            fields.iter().flat_map(|(key, value)| [vec![key.as_str()], strings(value)].concat()).collect()
        }
        _ => Vec::new(),
    }
}

fn checked(output: &Output, what: &str) -> String {
    assert!(matches!(output.status.code(), Some(0 | 1)), "{what}: {:?}", output.status);
    let shown = [&output.stdout[..], &output.stderr].concat();
    let shown = String::from_utf8(shown).unwrap_or_else(|error| panic!("{what}: no UTF-8: {error}"));
    let bad: Vec<char> = shown.chars().filter(|&c| misbehaves(c)).collect();
    assert!(bad.is_empty(), "{what}: {bad:?} in {shown:?}");
    shown
}

#[test]
fn what_strangers_chose_is_shown_and_not_obeyed() {
    let folder = root().join("target").join(format!("safety-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (place, told) in PLACES {
        for (marker, bytes) in MARKERS.iter().copied().chain([("a long text", &[b'A'; 5_000][..])]) {
            let path = file(&folder, &told(bytes));
            let path = path.to_str().unwrap();
            let run = |more: &[&str]| sshwire(&[&["analyze", path, "--color", "never"], more].concat());
            let what = format!("{marker} in {place}");
            for text in [&["-v", "--all"][..], &["--quiet"]] {
                let shown = checked(&run(text), &what);
                assert!(
                    !shown.lines().any(|line| line.starts_with("sshwire: all is well")),
                    "{what}: a line of its own"
                );
                assert!(shown.lines().all(|line| line.chars().count() < 1_000), "{what}: a line that never ends");
            }
            let json = checked(&run(&["--format", "json"]), &what);
            let value: serde_json::Value =
                serde_json::from_str(&json).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(value["connections"].as_array().map(Vec::len), Some(1), "{what}");
            for line in checked(&run(&["--format", "jsonl"]), &what).lines() {
                serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{what}: {error}"));
            }
            // What JSON writes as an escape is a control character again where it is read.
            let read_back = strings(&value);
            assert!(!read_back.iter().any(|text| text.chars().any(misbehaves)), "{what}: {read_back:?}");
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}
