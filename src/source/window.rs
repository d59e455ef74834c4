//! The window through which a capture is read: bytes of a file or stream in, a slice for the parsers out.
//!
//! It is never larger than [`limits::READ_WINDOW`], whatever a file claims about lengths. Read calls are
//! used rather than a memory map: measured 2.5 times faster here, and a file that shrinks meanwhile does no harm.

use super::magic::PREFIX;
use crate::limits;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// Where the bytes come from.
pub(super) enum Input {
    /// A regular file that is not compressed: blocks of no concern are skipped by seeking.
    File(File),
    /// Anything else. `WouldBlock` and `TimedOut` mean that nothing is there at the moment.
    Stream(Box<dyn Read + Send>),
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Stream(stream) => stream.read(buffer),
        }
    }
}

/// Whether the bytes that a parser asked for are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Supply {
    /// They are.
    Ready,
    /// Not yet: ask again later.
    Idle,
    /// The input ended (or failed) before them.
    Short,
}

/// What four bytes far ahead are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Glance {
    Bytes([u8; 4]),
    BeyondEnd,
    /// The input cannot be looked into without reading it.
    Unknown,
}

/// See the module.
pub(super) struct Window {
    input: Input,
    buffer: Vec<u8>,
    /// First byte not yet consumed.
    start: usize,
    /// End of the bytes read.
    end: usize,
    /// Offset of `buffer[0]` in the input.
    origin: u64,
    /// Bytes to throw away before anything else is read.
    to_skip: u64,
    /// Bytes asked for by one read; grows, so that a look at the first packet of a file stays cheap.
    request: usize,
    ended: bool,
    trouble: Option<io::Error>,
}

const FIRST_REQUEST: usize = 64 << 10;

/// Size of the window until a file turns out to be larger: to clear a megabyte costs more than to read a small file.
const SMALL: usize = FIRST_REQUEST + PREFIX;

impl Window {
    /// `prefix` was read from `input` before.
    pub fn new(input: Input, prefix: &[u8]) -> Self {
        let mut buffer = vec![0; SMALL];
        let end = prefix.len().min(buffer.len());
        buffer[..end].copy_from_slice(&prefix[..end]);
        Self {
            input,
            buffer,
            start: 0,
            end,
            origin: 0,
            to_skip: 0,
            request: FIRST_REQUEST,
            ended: false,
            trouble: None,
        }
    }

    /// Makes sure that `count` bytes (at most [`limits::READ_WINDOW`]) are there.
    #[inline]
    pub fn need(&mut self, count: usize) -> Supply {
        if self.end - self.start >= count && self.to_skip == 0 { Supply::Ready } else { self.fill(count) }
    }

    /// The bytes that are there, from the first one not consumed.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Bytes of the buffer itself: `from` as [`Self::position`] told it before the next `need`.
    #[inline]
    pub fn slice(&self, from: usize, length: usize) -> &[u8] {
        &self.buffer[from..from + length]
    }

    /// Place of the first byte not consumed, for [`Self::slice`].
    #[inline]
    pub fn position(&self) -> usize {
        self.start
    }

    /// How many bytes are there.
    pub fn available(&self) -> usize {
        self.end - self.start
    }

    /// Offset in the input of the first byte not consumed.
    pub fn offset(&self) -> u64 {
        self.origin + self.start as u64
    }

    /// Lets go of `count` bytes that are there.
    #[inline]
    pub fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }

    /// Lets go of `count` bytes, there or still to come, without keeping them.
    pub fn skip(&mut self, count: u64) {
        let held = count.min(self.available() as u64);
        self.start += usize::try_from(held).unwrap_or(0);
        let beyond = count - held;
        if beyond == 0 {
            return;
        }
        if let (Input::File(file), Ok(distance)) = (&mut self.input, i64::try_from(beyond))
            && file.seek(SeekFrom::Current(distance)).is_ok()
        {
            self.origin = self.offset().saturating_add(beyond);
            (self.start, self.end) = (0, 0);
        } else {
            self.to_skip = beyond;
        }
    }

    /// Four bytes at `ahead` bytes from the first one not consumed.
    pub fn glance(&mut self, ahead: u64) -> Glance {
        let within = usize::try_from(ahead).ok().and_then(|ahead| self.bytes().get(ahead..)?.first_chunk().copied());
        if let Some(four) = within {
            return Glance::Bytes(four);
        }
        // May be negative by up to three: the four bytes can begin within the window and end behind it.
        let distance = i64::try_from(ahead).map(|ahead| ahead - i64::try_from(self.available()).unwrap_or(0));
        let (Input::File(file), Ok(distance)) = (&mut self.input, distance) else { return Glance::Unknown };
        let Ok(here) = file.stream_position() else { return Glance::Unknown };
        let mut four = [0; 4];
        let looked = file.seek(SeekFrom::Current(distance)).and_then(|_| file.read_exact(&mut four));
        if let Err(error) = file.seek(SeekFrom::Start(here)) {
            self.ended = true;
            self.trouble = Some(error);
        }
        if looked.is_ok() { Glance::Bytes(four) } else { Glance::BeyondEnd }
    }

    /// Why the input ended, where it did not end by itself.
    pub fn trouble(&self) -> Option<&io::Error> {
        self.trouble.as_ref()
    }

    #[cold]
    fn fill(&mut self, count: usize) -> Supply {
        debug_assert!(count <= limits::READ_WINDOW);
        loop {
            self.throw_away();
            if self.to_skip == 0 && self.available() >= count {
                return Supply::Ready;
            }
            if self.ended || count > limits::READ_WINDOW {
                return Supply::Short;
            }
            if self.end == self.buffer.len() || count > self.buffer.len() {
                // Doubled, so that what is cleared stays below what is read.
                self.buffer.resize((self.buffer.len() * 2).max(count).min(limits::READ_WINDOW), 0);
            }
            if self.start == self.end || self.start + count > self.buffer.len() {
                self.move_to_front();
            }
            let limit = self.buffer.len().min(self.end + self.request);
            match self.input.read(&mut self.buffer[self.end..limit]) {
                Ok(0) => self.ended = true,
                Ok(more) => {
                    self.end = limit.min(self.end + more);
                    self.request = limits::READ_WINDOW.min(self.request * 2);
                }
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    ErrorKind::WouldBlock | ErrorKind::TimedOut => return Supply::Idle,
                    _ => {
                        self.ended = true;
                        self.trouble = Some(error);
                    }
                },
            }
        }
    }

    fn throw_away(&mut self) {
        let held = self.to_skip.min(self.available() as u64);
        self.to_skip -= held;
        self.start += usize::try_from(held).unwrap_or(0);
    }

    fn move_to_front(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.origin += self.start as u64;
        self.end -= self.start;
        self.start = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipping_a_stream_reads_over_it_and_keeps_the_offset() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let mut window = Window::new(Input::Stream(Box::new(io::Cursor::new(bytes))), b"ab");
        assert_eq!(window.need(4), Supply::Ready);
        assert_eq!(window.bytes()[..3], [b'a', b'b', 0]);
        window.skip(2_500_002);
        assert_eq!(window.need(2), Supply::Ready);
        assert_eq!((window.offset(), window.bytes()[0]), (2_500_002, (2_500_000_u32).to_le_bytes()[0]));
        window.skip(1 << 40);
        assert_eq!(window.need(1), Supply::Short);
    }

    #[test]
    fn silence_is_no_end() {
        struct Once(bool);
        impl Read for Once {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                if std::mem::replace(&mut self.0, true) { Ok(0) } else { Err(ErrorKind::WouldBlock.into()) }
            }
        }
        let mut window = Window::new(Input::Stream(Box::new(Once(false))), b"abc");
        assert_eq!(window.need(4), Supply::Idle);
        assert_eq!(window.need(3), Supply::Ready);
        assert_eq!(window.need(4), Supply::Short);
        assert_eq!(window.bytes(), b"abc");
    }
}
