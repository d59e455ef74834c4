//! Bytes from the wire in a finding's text: readable, short, and harmless wherever the text is shown.

/// Characters kept of one piece of text.
const LENGTH: usize = 80;

/// Text for display: control characters, bytes that are not UTF-8, and marks that turn or hide text are escaped; at most
/// 80 characters of it, an ellipsis behind what was cut.
pub fn shown(bytes: &[u8]) -> String {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b'\\';
    if bytes.len() <= LENGTH && bytes.iter().all(plain) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut text = String::new();
    let mut room = LENGTH;
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid().chars().map(escaped);
        let invalid = chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}"));
        for piece in valid.chain(invalid) {
            let Some(left) = room.checked_sub(piece.chars().count()) else {
                text.push('…');
                return text;
            };
            room = left;
            text.push_str(&piece);
        }
    }
    text
}

fn escaped(character: char) -> String {
    match character {
        '\\' | '\t' | '\r' | '\n' => character.escape_default().to_string(),
        _ if character.is_control() || misleads(character) => character.escape_unicode().to_string(),
        _ => character.to_string(),
    }
}

/// Characters beyond ASCII that take no room, reorder or pass for a blank: what is on the screen would not be what is there.
pub fn misleads(c: char) -> bool {
    matches!(u32::from(c),
        0x80..=0x9f                                     // C1 controls; 0x9b begins an ANSI sequence
        | 0x61c | 0x200e | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069 // marks and overrides of writing direction
        | 0xad | 0x34f | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200d | 0x2060..=0x2065
        | 0x206a..=0x206f | 0x3164 | 0xfeff | 0xffa0    // of no width
        | 0x300..=0x36f | 0x483..=0x489 | 0x591..=0x5c7 | 0x610..=0x61a | 0x64b..=0x65f | 0x1ab0..=0x1aff
        | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f // stack on the character before
        | 0xfe00..=0xfe0f | 0xe0000..=0xe0fff           // variation selectors, tags
        | 0xa0 | 0x1680 | 0x2000..=0x200a | 0x2028 | 0x2029 | 0x202f | 0x205f | 0x3000 | 0x2800 // pass for a blank or break the line
        | 0xe000..=0xf8ff | 0xf0000..=0x10_ffff         // private use: looks different everywhere
        | 0xfff0..=0xffff | 0xfdd0..=0xfdef             // specials and noncharacters; U+FFFD too, so that it cannot pass for damage
    ) || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn plain_text_stays() {
        assert_eq!(shown(b"SSH-2.0-OpenSSH_9.6 Debian-1"), "SSH-2.0-OpenSSH_9.6 Debian-1");
        assert_eq!(shown("zu viele Verbindungen – später".as_bytes()), "zu viele Verbindungen – später");
    }

    #[test]
    fn terminals_are_told_nothing() {
        assert_eq!(shown(b"a\x1b[31mb\x07\r\n\x9b"), "a\\u{1b}[31mb\\u{7}\\r\\n\\x9b");
        assert_eq!(shown("\u{9b}2J".as_bytes()), "\\u{9b}2J");
    }

    #[test]
    fn text_is_neither_turned_nor_hidden() {
        assert_eq!(shown("a\u{202e}b\u{2066}c\u{200b}d".as_bytes()), "a\\u{202e}b\\u{2066}c\\u{200b}d");
    }

    #[test]
    fn an_escape_cannot_be_written_by_the_peer() {
        assert_eq!(shown(b"\\x1b"), "\\\\x1b");
    }

    #[test]
    fn long_text_is_cut_between_characters_and_escapes() {
        assert_eq!(shown(&[b'x'; 80]).len(), 80);
        assert_eq!(shown(&[b'x'; 81]), format!("{}…", "x".repeat(80)));
        assert_eq!(shown(&[0xff; 30]).chars().count(), 81);
        assert_eq!(shown(&[b"x".repeat(79), b"\n".to_vec()].concat()), format!("{}…", "x".repeat(79)));
    }
}
