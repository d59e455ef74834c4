//! Zeek's words for a connection: `history` and `conn_state` (Zeek, base/protocols/conn), so that its logs can be joined.

use super::ledger::{Seen, SegmentFact};
use super::side::{PerSide, Side};

/// Letters of an ordinary connection, some more included.
const LETTERS: usize = 16;

/// What has happened, a letter for each first occurrence: upper case from the client, lower case from the server.
///
/// S SYN, H SYN+ACK, A pure ACK, D data, F FIN, R RST, C bad checksum, T retransmission, W zero window, G gap.
#[derive(Debug, Clone, Default)]
#[repr(C)]
pub(super) struct History {
    seen: PerSide<u32>,
    letters: String,
}

impl History {
    #[inline]
    pub fn note(&mut self, fact: &SegmentFact) {
        if fact.is_ordinary() {
            self.add(fact.from, if fact.len > 0 { 'D' } else { 'A' });
        } else {
            self.note_extraordinary(fact);
        }
    }

    fn note_extraordinary(&mut self, fact: &SegmentFact) {
        let flags = fact.flags;
        let letter = match (flags.syn(), flags.rst(), flags.fin(), fact.len > 0) {
            (true, ..) if flags.ack() => 'H',
            (true, ..) => 'S',
            (_, true, ..) => 'R',
            (_, _, true, _) => 'F',
            (_, _, _, true) => 'D',
            _ => 'A',
        };
        self.add(fact.from, letter);
        if flags.fin() && fact.len > 0 {
            self.add(fact.from, 'D');
        }
        if fact.bad_checksum() {
            self.add(fact.from, 'C');
        }
        if matches!(fact.seen(), Seen::Retransmission | Seen::FillsHole) && fact.len > 0 {
            self.add(fact.from, 'T');
        }
        if fact.window == 0 && !flags.rst() && !flags.syn() {
            self.add(fact.from, 'W');
        }
        if fact.seen() == Seen::AfterHole {
            self.add(fact.from, 'G');
        }
    }

    fn add(&mut self, side: Side, letter: char) {
        let bit = 1 << (u32::from(letter) - u32::from('A'));
        if self.seen[side] & bit == 0 {
            self.seen[side] |= bit;
            if self.letters.is_empty() {
                self.letters.reserve_exact(LETTERS);
            }
            self.letters.push(if side == Side::Client { letter } else { letter.to_ascii_lowercase() });
        }
    }

    fn has(&self, side: Side, letter: char) -> bool {
        self.seen[side] & (1 << (u32::from(letter) - u32::from('A'))) != 0
    }

    /// The roles turned out to be the other way round.
    pub fn swap_sides(&mut self) {
        let turn = |c: char| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
        self.letters = self.letters.chars().map(turn).collect();
        self.seen = self.seen.swapped();
    }

    pub fn into_letters(self) -> String {
        self.letters
    }

    /// Zeek's `conn_state`.
    pub fn conn_state(&self) -> &'static str {
        let (client, server) = (Side::Client, Side::Server);
        let (syn, synack) = (self.has(client, 'S'), self.has(server, 'H'));
        let reset = |side| self.has(side, 'R');
        let fin = |side| self.has(side, 'F');
        match (syn, synack) {
            (true, true) if reset(client) => "RSTO",
            (true, true) if reset(server) => "RSTR",
            (true, true) if fin(client) && fin(server) => "SF",
            (true, true) if fin(client) => "S2",
            (true, true) if fin(server) => "S3",
            (true, true) => "S1",
            (true, false) if reset(server) => "REJ",
            (true, false) if reset(client) => "RSTOS0",
            (true, false) if fin(client) => "SH",
            (true, false) => "S0",
            (false, true) if reset(server) => "RSTRH",
            (false, true) if fin(server) => "SHR",
            _ => "OTH",
        }
    }
}
