//! Ordered bytes of one direction in, SSH facts out: identification, binary packets, key exchange, sizes afterwards. Pure.

mod resync;
pub mod algorithms;
pub mod decoder;
pub mod defaults;
pub mod facts;
pub mod framing;
pub mod hassh;
pub mod hostkey;
pub mod identification;
pub mod kexinit;
pub mod message;
pub mod negotiation;
pub mod other;
pub mod software;
pub mod wire;
