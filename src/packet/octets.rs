//! The bytes of one layer: those that were captured, and how long the layer was on the wire.

use super::descent::{Found, broken};
use super::{CapturedPacket, Layer};
use std::ops::ControlFlow;

/// What is left of a packet below the headers already read. `length` is larger than `captured` where the capture cut the
/// packet; a length field of a header below may correct it in both directions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Octets<'d> {
    captured: &'d [u8],
    length: usize,
}

impl<'d> Octets<'d> {
    /// A whole packet. A record that claims less on the wire than it holds is taken by what it holds.
    pub(super) fn of(packet: &CapturedPacket<'d>) -> Self {
        Self::new(packet.data, usize::try_from(packet.wire_len).unwrap_or(usize::MAX))
    }

    pub(super) fn new(captured: &'d [u8], length: usize) -> Self {
        Self { captured, length: length.max(captured.len()) }
    }

    pub(super) fn captured(self) -> &'d [u8] {
        self.captured
    }

    /// Bytes on the wire, at least as many as were captured.
    pub(super) fn length(self) -> usize {
        self.length
    }

    pub(super) fn is_whole(self) -> bool {
        self.captured.len() == self.length
    }

    /// The first `N` bytes, where so many were captured.
    pub(super) fn peek<const N: usize>(&self) -> Option<&'d [u8; N]> {
        self.captured.first_chunk()
    }

    /// Like [`Self::peek`], and a stop of the descent where fewer were captured.
    pub(super) fn look<const N: usize>(&self, layer: Layer, reason: &'static str) -> ControlFlow<Found, &'d [u8; N]> {
        match self.captured.first_chunk() {
            Some(header) => ControlFlow::Continue(header),
            None => broken(layer, reason),
        }
    }

    /// Takes the first `N` bytes off; a stop of the descent where fewer were captured.
    pub(super) fn take<const N: usize>(
        &mut self,
        layer: Layer,
        reason: &'static str,
    ) -> ControlFlow<Found, &'d [u8; N]> {
        match self.captured.split_first_chunk() {
            Some((header, rest)) => {
                self.captured = rest;
                self.length = self.length.saturating_sub(N);
                ControlFlow::Continue(header)
            }
            None => broken(layer, reason),
        }
    }

    /// Passes over `count` bytes; a stop of the descent where fewer were captured.
    pub(super) fn skip(&mut self, count: usize, layer: Layer, reason: &'static str) -> ControlFlow<Found, ()> {
        match self.captured.get(count..) {
            Some(rest) => {
                self.captured = rest;
                self.length = self.length.saturating_sub(count);
                ControlFlow::Continue(())
            }
            None => broken(layer, reason),
        }
    }

    /// Sets the length to what a header says: drops padding, or tells how much the capture cut.
    pub(super) fn set_length(&mut self, length: usize) {
        self.captured = self.captured.get(..length).unwrap_or(self.captured);
        self.length = length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_field_drops_padding_and_shows_a_cut() {
        let with_length = |length| {
            let mut octets = Octets::new(&[1, 2, 3, 4], 0);
            octets.set_length(length);
            (octets.captured(), octets.length(), octets.is_whole())
        };
        assert_eq!(with_length(3), (&[1, 2, 3][..], 3, true));
        assert_eq!(with_length(9), (&[1, 2, 3, 4][..], 9, false));
    }

    #[test]
    fn taking_keeps_count_of_the_wire() {
        let mut octets = Octets::new(&[1, 2, 3], 10);
        assert!(matches!(octets.take::<2>(Layer::Ip, "short"), ControlFlow::Continue([1, 2])));
        assert_eq!((octets.captured(), octets.length()), (&[3][..], 8));
        assert!(matches!(octets.take::<2>(Layer::Ip, "short"), ControlFlow::Break(Found::Broken(_, "short"))));
        assert!(octets.skip(2, Layer::Ip, "short").is_break() && octets.peek::<2>().is_none());
        assert_eq!(octets.captured(), [3], "nothing is lost where it stops");
    }
}
