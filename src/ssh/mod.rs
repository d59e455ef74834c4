//! Ordered bytes of one direction in, SSH facts out: identification, binary packets, key exchange, sizes afterwards. Pure.

pub mod algorithms;
pub mod configured;
pub mod decoder;
pub mod defaults;
pub mod encrypted;
pub mod facts;
pub mod framing;
pub mod hassh;
pub mod hostkey;
pub mod identification;
pub mod kexinit;
mod known;
pub mod message;
pub mod negotiation;
pub mod other;
pub mod releases;
mod releases_table;
pub mod remedy;
mod resync;
pub mod software;
pub mod weaknesses;
pub mod wire;

pub use decoder::SshDecoder;
pub use encrypted::{AuthenticationGuess, Circumstances, Outcome as AuthOutcome, Suite, Write};
pub use facts::{KexInitSeen, Range, SshSide};
pub use known::negotiated;
pub use negotiation::{Negotiation, NoneInCommon, Offer, Slot};
pub use software::Software;
