//! Ordered bytes of one direction in, SSH facts out: identification, binary packets, key exchange, sizes afterwards. Pure.

pub mod algorithms;
pub mod defaults;
pub mod encrypted;
pub mod negotiation;
pub mod remedy;
pub mod software;
pub mod weaknesses;
