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

    /// The first `N` bytes and what follows them; none where fewer were captured.
    pub(super) fn split<const N: usize>(self) -> Option<(&'d [u8; N], Self)> {
        let (header, captured) = self.captured.split_first_chunk::<N>()?;
        Some((header, Self { captured, length: self.length.saturating_sub(N) }))
    }

    /// Like [`Self::split`], and a stop of the descent where too few bytes were captured.
    pub(super) fn header<const N: usize>(
        self,
        layer: Layer,
        reason: &'static str,
    ) -> ControlFlow<Found<'d>, (&'d [u8; N], Self)> {
        match self.split() {
            Some(parts) => ControlFlow::Continue(parts),
            None => broken(layer, reason),
        }
    }

    /// What follows the first `count` bytes; a stop of the descent where fewer were captured.
    pub(super) fn after(self, count: usize, layer: Layer, reason: &'static str) -> ControlFlow<Found<'d>, Self> {
        match self.captured.get(count..) {
            Some(captured) => ControlFlow::Continue(Self { captured, length: self.length.saturating_sub(count) }),
            None => broken(layer, reason),
        }
    }

    /// Sets the length to what a header says: drops padding, or tells how much the capture cut.
    pub(super) fn with_length(self, length: usize) -> Self {
        Self { captured: self.captured.get(..length).unwrap_or(self.captured), length }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_field_drops_padding_and_shows_a_cut() {
        let octets = Octets::new(&[1, 2, 3, 4], 0);
        assert_eq!(octets.length(), 4);
        assert_eq!(octets.with_length(3).captured(), [1, 2, 3]);
        assert!(octets.with_length(3).is_whole());
        assert_eq!(octets.with_length(9).captured(), [1, 2, 3, 4]);
        assert!(!octets.with_length(9).is_whole());
    }

    #[test]
    fn splitting_keeps_count_of_the_wire() {
        let (header, rest) = Octets::new(&[1, 2, 3], 10).split::<2>().expect("two bytes are there");
        assert_eq!((header, rest.captured(), rest.length()), (&[1, 2], &[3][..], 8));
        assert!(rest.split::<2>().is_none());
    }
}
