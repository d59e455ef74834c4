//! What was asked: words of the command line, or a text on standard input.

use crate::limits::EXPLAINED_BYTES;
use std::io::{self, IsTerminal, Read};

pub(super) enum Asked {
    /// Words that were typed.
    Words(String),
    /// A text, the end of it if it is long.
    Text(String),
}

/// Typed words, else standard input where nobody sits at it.
pub(super) fn read(words: &[String]) -> Result<Asked, String> {
    match words {
        [] if io::stdin().is_terminal() => {
            Err("explain what? An id or a message, or `-` for a text on standard input; see sshwire explain --help"
                .into())
        }
        [] => text(),
        [dash] if dash == "-" => text(),
        words => {
            let words = words.join(" ");
            if words.trim().is_empty() {
                return Err("explain what? The words are empty; see sshwire explain --help".into());
            }
            // Several lines in quotes are a text as well.
            Ok(if words.trim().contains('\n') { Asked::Text(words) } else { Asked::Words(words.trim().to_owned()) })
        }
    }
}

fn text() -> Result<Asked, String> {
    let bytes = end_of(io::stdin().lock()).map_err(|error| format!("standard input: cannot be read: {error}"))?;
    Ok(Asked::Text(String::from_utf8_lossy(&bytes).into_owned()))
}

/// The last [`EXPLAINED_BYTES`], however long it is: there a program says how it ended.
fn end_of(mut input: impl Read) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        let count = match input.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        kept.extend_from_slice(piece.get(..count).unwrap_or_default());
        if kept.len() > 2 * EXPLAINED_BYTES {
            kept.drain(..kept.len() - EXPLAINED_BYTES);
        }
    }
    kept.drain(..kept.len().saturating_sub(EXPLAINED_BYTES));
    Ok(kept)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_text_is_kept() {
        let long = io::repeat(b'x').take(5 * EXPLAINED_BYTES as u64).chain(&b"the end"[..]);
        let kept = end_of(long).unwrap();
        assert_eq!(kept.len(), EXPLAINED_BYTES);
        assert!(kept.ends_with(b"xthe end"));
        assert_eq!(end_of(&b"short"[..]).unwrap(), b"short");
    }
}
