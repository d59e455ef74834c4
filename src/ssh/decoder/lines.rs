//! The line-wise part of a stream: identification string, lines before it, and what other protocols put in its place (RFC 4253 §4.2).

use super::{Awaits, SshDecoder};
use crate::limits;
use crate::ssh::facts::{PartialLine, Range, advance};
use crate::ssh::identification::{self, Identification, LineEnd};
use crate::ssh::known;
use crate::ssh::other::{self, OtherKind, OtherProtocol};
use std::sync::Arc;

/// The first bytes of the stream, from which another protocol is told.
#[derive(Debug, Default, Clone)]
pub(super) struct Opening {
    pub(super) bytes: Vec<u8>,
    /// Nothing is added any more: enough was seen, or bytes are missing.
    pub(super) closed: bool,
}

/// Lines, and what stands in their place.
impl SshDecoder {
    pub(super) fn step_line(&mut self, data: &[u8]) -> usize {
        let end = data.iter().position(|&byte| byte == b'\n');
        let part = end.and_then(|end| data.get(..end)).unwrap_or(data);
        let line = self.side.partial_line.get_or_insert_with(|| PartialLine::at(self.position));
        line.extend(part);
        let binary_start = line.range.start == 0 && line.text.first().is_some_and(|&first| begins_binary(first));
        if !line.begins_identification() && (binary_start || part.contains(&0)) {
            self.begin_other();
            return self.pass(part.len());
        }
        if end.is_none() {
            return self.pass(part.len());
        }
        let taken = self.pass(part.len().saturating_add(1));
        if let Some(line) = self.side.partial_line.take() {
            self.end_line(line);
        }
        taken
    }

    /// Judges a line whose LF has come.
    pub(super) fn end_line(&mut self, line: PartialLine) {
        let range = Range { start: line.range.start, end: advance(line.range.end, 1) };
        let mut text = line.text;
        let line_end = if line.ends_in_cr { LineEnd::CrLf } else { LineEnd::LfOnly };
        if text.starts_with(identification::PREFIX) {
            strip_cr(&mut text, line.range, line_end);
            let identification = known::identification(range, &text, line_end);
            self.end_lines(identification);
        } else {
            if self.awaits == Awaits::Line {
                self.opening.extend(&text);
                self.opening.extend(b"\n");
            }
            strip_cr(&mut text, line.range, line_end);
            self.side.note_line(range, text, true);
        }
    }

    /// The identification string has come; packets follow.
    pub(super) fn end_lines(&mut self, identification: Arc<Identification>) {
        self.opening.end_at(identification.range.start);
        self.recognise_other();
        self.opening = Opening { closed: true, ..Opening::default() };
        self.resync = None;
        self.side.partial_line = None;
        self.side.ssh1 = identification.ssh1_only();
        let end = identification.range.end;
        self.side.identification = Some(identification);
        if self.side.ssh1 {
            self.give_up(end);
        } else {
            self.await_packet(end);
        }
    }

    /// The line under way is none: binary bytes. Only the start of a stream tells a protocol.
    pub(super) fn begin_other(&mut self) {
        if let Some(line) = self.side.partial_line.take() {
            self.opening.extend(&line.text);
        }
        self.awaits = Awaits::Other;
        if self.opening.closed {
            self.recognise_other();
            self.await_nothing();
        }
    }

    pub(super) fn step_other(&mut self, data: &[u8]) -> usize {
        let proxy = other::PROXY_V2.iter().zip(&self.opening.bytes).all(|(sent, seen)| sent == seen);
        let wanted = if proxy { other::PROXY_V2_FIXED } else { limits::OTHER_PROTOCOL_BYTES };
        let taken = wanted.saturating_sub(self.opening.bytes.len()).clamp(1, data.len());
        self.opening.extend(data.get(..taken).unwrap_or_default());
        self.pass(taken);
        if let Some(rest) = other::proxy_v2_rest(&self.opening.bytes) {
            self.begin_proxy(rest);
        } else if self.opening.closed {
            self.recognise_other();
            self.await_nothing();
        }
        taken
    }

    /// A PROXY header of version 2: what looked like two empty lines was its signature. Behind it a stream begins as usual.
    pub(super) fn begin_proxy(&mut self, rest: u64) {
        self.side.pre_identification.clear();
        self.side.pre_identification_lines = 0;
        self.recognise_other();
        self.opening = Opening { closed: true, ..Opening::default() };
        self.resync = None;
        self.proxy_left = rest;
        self.awaits = if rest == 0 { Awaits::Line } else { Awaits::ProxyAddresses };
    }

    pub(super) fn step_proxy(&mut self, data: &[u8]) -> usize {
        let taken = usize::try_from(self.proxy_left).map_or(data.len(), |left| left.min(data.len()));
        self.pass_proxy(u64::try_from(taken).unwrap_or(u64::MAX));
        taken
    }

    pub(super) fn pass_proxy(&mut self, bytes: u64) {
        self.position = self.position.saturating_add(bytes);
        self.proxy_left = self.proxy_left.saturating_sub(bytes);
        if self.proxy_left == 0 {
            self.awaits = Awaits::Line;
        }
    }

    /// Judges the first bytes of the stream as far as they have come. A line that may become an identification string stays out.
    pub(super) fn recognise_other(&mut self) {
        if self.awaits == Awaits::Resync {
            return self.recognise_midway();
        }
        if self.opening.bytes.is_empty() && self.opening.closed {
            // Not from the start, or done before: binary bytes are then of an unknown protocol.
            if self.awaits == Awaits::Other && self.side.other.is_none() {
                self.side.other = Some(Box::new(OtherProtocol::unknown_at(self.position)));
            }
            return;
        }
        let mut head = self.opening.bytes.clone();
        if let Some(line) = self.side.partial_line.as_ref().filter(|line| !line.may_be_identification()) {
            let room = limits::OTHER_PROTOCOL_BYTES.saturating_sub(head.len());
            head.extend_from_slice(line.text.get(..room).unwrap_or(&line.text));
        }
        let unknown = if self.awaits == Awaits::Other { Some(OtherKind::Unknown) } else { None };
        self.side.other = other::recognise(&head).or(unknown).map(|kind| Box::new(OtherProtocol::at_start(kind, head)));
    }

    /// Judges the first bytes seen of a stream that was open before, as far as they have come.
    fn recognise_midway(&mut self) {
        if self.opening.bytes.is_empty() {
            return;
        }
        let kind = other::recognise_midway(&self.opening.bytes);
        self.side.other = kind.map(|kind| Box::new(OtherProtocol::at_start(kind, self.opening.bytes.clone())));
    }
}

impl Opening {
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        if self.closed {
            return;
        }
        let room = limits::OTHER_PROTOCOL_BYTES.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.closed = self.bytes.len() == limits::OTHER_PROTOCOL_BYTES;
    }

    /// What stands from this offset on is no part of it.
    pub(super) fn end_at(&mut self, offset: u64) {
        self.bytes.truncate(usize::try_from(offset).unwrap_or(usize::MAX));
    }
}

/// A first byte that no text begins with: control characters other than white space and the terminal's, or telnet's IAC.
fn begins_binary(first: u8) -> bool {
    matches!(first, 0..=6 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f | 0xff)
}

/// Takes the CR off a line, unless the kept part of an over-long line ends before it.
fn strip_cr(text: &mut Vec<u8>, line: Range, line_end: LineEnd) {
    if line_end == LineEnd::CrLf && u64::try_from(text.len()) == Ok(line.len()) {
        text.pop();
    }
}
