//! After damage: the search for a place from where records look right again. Shared by both formats.

use super::description::CaptureDescription;
use super::window::Window;
use crate::limits;
use std::io::ErrorKind;

/// What a place looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Records start here.
    Starts,
    /// They do not.
    No,
    /// More bytes are needed, which a live input does not have yet.
    Idle,
    /// Too few bytes are left for a record.
    End,
}

/// A search under way. Each byte is looked at once, so the cost stays linear whatever the file holds.
#[derive(Debug)]
pub(super) struct Resync {
    /// Where the damage begins.
    damage: u64,
    /// Where the search gives up.
    until: u64,
    what: String,
    /// If nothing follows, the capture is merely cut: inside what, why.
    cut: Option<(String, String)>,
}

/// How a search ended, or why it has not.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The window stands at the next record.
    Record,
    /// The search goes on when more bytes are there.
    Idle,
    /// Nothing readable follows.
    Nothing,
}

impl Resync {
    /// Begins behind the damaged place at which `window` stands. `what` is wrong there, in a few words.
    pub fn start(window: &mut Window, what: String) -> Self {
        let damage = window.offset();
        window.consume(1);
        Self { damage, until: damage.saturating_add(limits::RESYNC_BYTES), what, cut: None }
    }

    /// Begins where `window` stands, for damage that began before.
    pub fn since(damage: u64, window: &Window, what: String) -> Self {
        Self { damage, until: window.offset().saturating_add(limits::RESYNC_BYTES), what, cut: None }
    }

    /// The input ends before what `window` stands at (a record, a block). Mostly it is cut there; but a damaged length
    /// looks the same, and then records follow. None at a clean end, and where no byte is left to search.
    pub fn at_end(window: &mut Window, description: &mut CaptureDescription, record: &str) -> Option<Self> {
        let left = window.available();
        let cause = cause_of_end(window, description);
        if left == 0 {
            if window.trouble().is_some() {
                description.warn(window.offset(), format!("the capture ends here: {cause}"));
            }
            return None;
        }
        let mut resync = Self::start(window, format!("{record}, which the input is too short for"));
        resync.cut = Some((record.to_owned(), cause));
        Some(resync)
    }

    /// Searches on. Every end leaves a warning.
    pub fn run(
        &self,
        window: &mut Window,
        description: &mut CaptureDescription,
        mut look: impl FnMut(&mut Window) -> Verdict,
    ) -> Found {
        loop {
            let offset = window.offset();
            if offset > self.until {
                self.give_up(description, offset, "the rest of the capture is given up");
                return Found::Nothing;
            }
            match look(window) {
                Verdict::Starts => {
                    let skipped = offset - self.damage;
                    description.skipped_bytes += skipped;
                    let text =
                        format!("damaged: {}; {skipped} bytes skipped, reading goes on at byte {offset}", self.what);
                    description.warn(self.damage, text);
                    return Found::Record;
                }
                Verdict::No => window.consume(1),
                Verdict::Idle => return Found::Idle,
                Verdict::End => {
                    let ending = match window.trouble() {
                        None => "no further record to the end".to_owned(),
                        Some(_) => format!("no further record; {}", cause_of_end(window, description)),
                    };
                    self.give_up(description, offset + window.available() as u64, &ending);
                    return Found::Nothing;
                }
            }
        }
    }

    fn give_up(&self, description: &mut CaptureDescription, end: u64, ending: &str) {
        let skipped = end - self.damage;
        description.skipped_bytes += skipped;
        let text = match &self.cut {
            Some((record, cause)) => format!("the capture ends inside {record}, {skipped} bytes into it: {cause}"),
            None => format!("damaged: {}; {skipped} bytes searched, {ending}", self.what),
        };
        description.warn(self.damage, text);
    }
}

fn cause_of_end(window: &Window, description: &CaptureDescription) -> String {
    match window.trouble() {
        None => "cut off, or still being written".to_owned(),
        Some(error) if description.compression.is_empty() => format!("reading failed: {error}"),
        Some(error) if error.kind() == ErrorKind::UnexpectedEof => {
            "the compressed data ends early: cut off, or still being written".to_owned()
        }
        Some(error) => format!("the compressed data is damaged: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::description::Format;
    use super::super::window::Input;
    use super::*;

    #[test]
    fn a_search_has_an_end() {
        let mut window = Window::new(Input::Stream(Box::new(std::io::repeat(7))), &[]);
        let mut description = CaptureDescription::new("test".to_owned(), Format::PcapNg, Vec::new());
        assert_eq!(window.need(1), super::super::window::Supply::Ready);
        let mut resync = Resync::start(&mut window, "sevens".to_owned());
        assert_eq!(resync.until, limits::RESYNC_BYTES);
        resync.until = 3_000;
        let mut looked = 0;
        let found = resync.run(&mut window, &mut description, |window| {
            looked += 1;
            let _ = window.need(20);
            Verdict::No
        });
        assert_eq!((found, looked), (Found::Nothing, 3_000));
        assert_eq!(description.skipped_bytes, 3_001);
        assert!(description.warnings[0].text.contains("given up"), "{:?}", description.warnings);
    }
}
