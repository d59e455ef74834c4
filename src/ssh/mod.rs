//! Ordered bytes of one direction in, SSH facts out: identification, binary packets, key exchange, sizes afterwards. Pure.

pub mod decoder;
pub mod facts;
pub mod framing;
pub mod hassh;
pub mod hostkey;
pub mod identification;
pub mod kexinit;
pub mod message;
pub mod other;
mod resync;
pub mod wire;
pub mod algorithms;
pub mod defaults;
pub mod negotiation;
pub mod software;
