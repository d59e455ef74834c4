//! Bytes from the wire in, text that is safe to show out. Everything that a peer chose passes through here, so that a
//! terminal, a page or a ticket shows it and never obeys it.
//!
//! Nothing is hidden: what cannot be shown as it is stands as an escape (`\n`, `\x1b`, `\u{202e}`). The functions are
//! idempotent, so text that was made visible where it was read may pass again where it is printed. For that a
//! backslash stays as it is.

use crate::diagnose::misleads;
use std::fmt::Write as _;

/// Longest text from the wire that a report shows, in characters: an identification string has at most 255 bytes
/// (RFC 4253 §4.2), and a screen line less.
pub const LONGEST_TEXT: usize = 300;

/// What stands for the rest of a text that was cut.
pub const CUT: char = '…';

/// Bytes from the wire as text, cut after [`LONGEST_TEXT`] characters.
pub fn visible(bytes: &[u8]) -> String {
    visible_within(bytes, LONGEST_TEXT)
}

/// Text that may hold something from the wire, made visible; never cut.
pub fn visible_text(text: &str) -> String {
    if is_plain(text.as_bytes()) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push_visible(&mut out, c));
    out
}

/// Bytes from the wire as text of at most `longest` characters, the sign for the cut included.
pub fn visible_within(bytes: &[u8], longest: usize) -> String {
    if bytes.len() <= longest && is_plain(bytes) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push_visible(&mut out, c));
        for byte in chunk.invalid() {
            push(&mut out, format_args!("\\x{byte:02x}"));
        }
        // An escape takes at most ten characters, so this much is certainly too long.
        if out.len() > longest.saturating_mul(10).saturating_add(64) {
            break;
        }
    }
    cut(out, longest)
}

/// The text, or its beginning and [`CUT`] where it has more than `longest` characters.
pub fn cut(mut text: String, longest: usize) -> String {
    if let Some((last, _)) = text.char_indices().nth(longest) {
        let keep = text.char_indices().nth(longest.saturating_sub(1)).map_or(last, |(at, _)| at);
        text.truncate(keep);
        text.push(CUT);
    }
    text
}

/// Printable US-ASCII, which is nearly everything: it is shown as it is.
pub fn is_plain(bytes: &[u8]) -> bool {
    // Without a way out before the end, so that many bytes are looked at in one step.
    bytes.iter().fold(true, |plain, byte| plain & (0x20..0x7f).contains(byte))
}

fn push_visible(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        ' '..='~' => out.push(c),
        '\0'..='\u{7f}' => push(out, format_args!("\\x{:02x}", u32::from(c))),
        _ if misleads(c) => push(out, format_args!("\\u{{{:x}}}", u32::from(c))),
        _ => out.push(c),
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_text_stays_as_it_is() {
        assert_eq!(visible(b"SSH-2.0-OpenSSH_9.6 Debian"), "SSH-2.0-OpenSSH_9.6 Debian");
        assert_eq!(visible("Zugriff für Müller verweigert".as_bytes()), "Zugriff für Müller verweigert");
    }

    #[test]
    fn controls_and_ansi_sequences_are_shown_not_obeyed() {
        assert_eq!(visible(b"\x1b[31mroot\x1b]0;x\x07\r\n\0\x7f"), "\\x1b[31mroot\\x1b]0;x\\x07\\r\\n\\x00\\x7f");
        assert_eq!(visible("\u{9b}31m".as_bytes()), "\\u{9b}31m");
    }

    #[test]
    fn direction_and_width_tricks_are_shown() {
        assert_eq!(visible("a\u{202e}cod.exe\u{200b}\u{feff}".as_bytes()), "a\\u{202e}cod.exe\\u{200b}\\u{feff}");
        assert_eq!(visible("e\u{301}\u{a0}\u{2028}".as_bytes()), "e\\u{301}\\u{a0}\\u{2028}");
    }

    #[test]
    fn bytes_that_are_no_utf8_are_shown_in_hex() {
        assert_eq!(visible(b"a\xff\xc3(\xe2\x82"), "a\\xff\\xc3(\\xe2\\x82");
    }

    #[test]
    fn long_text_is_cut_with_a_sign() {
        assert_eq!(visible_within(b"0123456789", 10), "0123456789");
        assert_eq!(visible_within(b"0123456789a", 10), "012345678…");
        assert_eq!(visible(&[b'x'; 100_000]).chars().count(), LONGEST_TEXT);
    }

    proptest! {
        #[test]
        fn nothing_that_acts_is_left(bytes: Vec<u8>) {
            let shown = visible(&bytes);
            prop_assert!(shown.chars().all(|c| !c.is_control() && !misleads(c)));
            prop_assert_eq!(visible_text(&shown), shown.clone());
            prop_assert_eq!(visible(shown.as_bytes()), shown);
        }
    }
}
