//! Segments in, connections out: ordered bytes with explicit gaps, and facts about every segment that matters. Pure.
//!
//! Facts are measured here (sequence fit, TTL, IP ID, timing); who did it is decided in `diagnose`.

mod connection;
#[cfg(test)]
mod crafted;
mod entry;
mod evicted;
mod facts;
mod half_open;
mod history;
mod ledger;
mod replay;
mod seen;
mod side;
mod stream;
mod table;
mod tracker;

pub use connection::Stall;
pub use entry::{OpenConnection, Over};
pub use facts::{FinishReason, FinishedConnection, SideFacts, SynFacts};
pub use half_open::Unanswered;
pub use ledger::{Seen, SegmentFact};
pub use seen::Hole;
pub use side::{PerSide, Side};
pub use stream::{Chunk, Piece, Reader, StreamGap};
pub use tracker::{Tracker, TrackerStats};
