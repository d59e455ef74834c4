//! The pieces of one IP datagram that have come, in any order, with overlaps.

use super::Octets;
use crate::limits;

/// What a piece costs beside its bytes, so that a flood of eight-byte fragments counts by the memory that it takes.
const PIECE_COST: usize = 64;

/// How far a datagram is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// Something is missing.
    Partial,
    /// Every byte was seen (though perhaps not captured).
    Complete,
    /// More pieces than any sender makes.
    TooMany,
}

/// Bytes `start..end` of the datagram, of which the first were captured.
#[derive(Debug)]
struct Piece {
    start: usize,
    end: usize,
    captured: Box<[u8]>,
}

/// Pieces in order of place, without overlap: what came first is kept (RFC 791 §3.2 leaves the choice; forged later ones lose).
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pieces: Vec<Piece>,
    /// Length of the whole, by the first fragment that said it is the last.
    total: Option<usize>,
    seen: usize,
    cost: usize,
}

impl Pieces {
    /// Memory that is held.
    pub(super) fn cost(&self) -> usize {
        self.cost
    }

    /// Puts in what is new of a fragment; says how many bytes that is.
    pub(super) fn insert(&mut self, start: usize, octets: Octets<'_>, last: bool) -> usize {
        let end = start.saturating_add(octets.length());
        if last && self.total.is_none() {
            self.total = Some(end);
        }
        if self.too_many() {
            return 0;
        }
        let before = self.seen;
        for (from, to) in self.holes(start, end) {
            self.put(start, octets.captured(), from, to);
        }
        self.seen.saturating_sub(before)
    }

    /// The parts of `start..end` that have not come yet.
    fn holes(&self, start: usize, end: usize) -> Vec<(usize, usize)> {
        let mut holes = Vec::new();
        let mut at = start;
        let first = self.pieces.partition_point(|piece| piece.end <= start);
        for piece in self.pieces.iter().skip(first).take_while(|piece| piece.start < end) {
            if piece.start > at {
                holes.push((at, piece.start));
            }
            at = piece.end;
        }
        if at < end {
            holes.push((at, end));
        }
        holes
    }

    fn put(&mut self, start: usize, captured: &[u8], from: usize, to: usize) {
        let place = |at: usize| at.saturating_sub(start).min(captured.len());
        let bytes = captured.get(place(from)..place(to)).unwrap_or(&[]);
        self.seen = self.seen.saturating_add(to.saturating_sub(from));
        self.cost = self.cost.saturating_add(bytes.len()).saturating_add(PIECE_COST);
        let index = self.pieces.partition_point(|piece| piece.start < from);
        self.pieces.insert(index, Piece { start: from, end: to, captured: bytes.into() });
    }

    fn too_many(&self) -> bool {
        self.pieces.len() > limits::FRAGMENTS_PER_DATAGRAM
    }

    pub(super) fn fit(&self) -> Fit {
        if self.too_many() {
            return Fit::TooMany;
        }
        let Some(total) = self.total else { return Fit::Partial };
        // Pieces may lie beyond a forged end, so that counting bytes is not enough.
        if self.seen < total || !self.holes(0, total).is_empty() { Fit::Partial } else { Fit::Complete }
    }

    /// Length of the datagram's payload, and its bytes up to the first that was not captured.
    pub(super) fn join(self) -> (usize, Vec<u8>) {
        let total = self.total.unwrap_or_default();
        let mut joined = Vec::with_capacity(total.min(self.seen));
        for piece in self.pieces {
            if joined.len() != piece.start {
                break;
            }
            joined.extend_from_slice(&piece.captured);
        }
        joined.truncate(total);
        (total, joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn insert(pieces: &mut Pieces, start: usize, bytes: &[u8], last: bool) -> usize {
        pieces.insert(start, Octets::new(bytes, bytes.len()), last)
    }

    #[test]
    fn what_came_first_stays() {
        let mut pieces = Pieces::default();
        assert_eq!(insert(&mut pieces, 2, b"cd", false), 2);
        assert_eq!(insert(&mut pieces, 0, b"======", true), 4);
        assert_eq!(pieces.fit(), Fit::Complete);
        assert_eq!(pieces.join(), (6, b"==cd==".to_vec()));
    }

    #[test]
    fn a_cut_piece_ends_the_captured_bytes_but_not_the_length() {
        let mut pieces = Pieces::default();
        pieces.insert(0, Octets::new(b"ab", 4), false);
        insert(&mut pieces, 4, b"ef", true);
        assert_eq!(pieces.fit(), Fit::Complete);
        assert_eq!(pieces.join(), (6, b"ab".to_vec()));
    }

    #[test]
    fn too_many_pieces_are_given_up() {
        let mut pieces = Pieces::default();
        for piece in 0..400 {
            insert(&mut pieces, piece * 2, b"x", false);
        }
        assert_eq!(pieces.fit(), Fit::TooMany);
        assert!(pieces.cost() < 300 * (PIECE_COST + 1));
    }

    proptest! {
        /// Against a plain map of bytes.
        #[test]
        fn any_order_and_overlap_keeps_the_first(
            parts in prop::collection::vec((0_usize..40, prop::collection::vec(any::<u8>(), 1..20)), 1..20),
        ) {
            let mut pieces = Pieces::default();
            let mut model = [None; 64];
            for (start, bytes) in &parts {
                insert(&mut pieces, *start, bytes, false);
                for (at, byte) in bytes.iter().enumerate() {
                    let _ = model[start + at].get_or_insert(*byte);
                }
            }
            let covered = model.iter().take_while(|byte| byte.is_some()).count();
            pieces.total = Some(covered);
            let expected: Vec<u8> = model.iter().map_while(|byte| *byte).collect();
            prop_assert_eq!(pieces.fit(), Fit::Complete);
            prop_assert_eq!(pieces.join(), (covered, expected));
        }
    }
}
