//! Joins a stream of `tcp` to the decoder of `ssh`.

use crate::ssh::{SshDecoder, SshSide};
use crate::tcp::{Piece, Reader};

/// The SSH decoder of one direction, reading a stream.
#[derive(Clone, Default)]
pub struct SshReader {
    decoder: Option<Box<SshDecoder>>,
}

impl SshReader {
    /// What was decoded.
    pub fn into_facts(self) -> SshSide {
        self.decoder.map(|decoder| decoder.into_facts()).unwrap_or_default()
    }
}

impl std::fmt::Debug for SshReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SshReader")
    }
}

impl Reader for SshReader {
    fn begin(&mut self, anchored: bool) {
        self.decoder = Some(Box::new(if anchored { SshDecoder::new() } else { SshDecoder::mid_stream() }));
    }

    fn take(&mut self, piece: Piece<'_>) {
        let Some(decoder) = &mut self.decoder else { return };
        match piece {
            Piece::Bytes(bytes) => decoder.bytes(bytes),
            Piece::Gap(len) => decoder.gap(len),
            Piece::Skipped(len) => decoder.skip(len),
        }
    }

    fn wants_bytes(&self) -> bool {
        self.decoder.as_ref().is_none_or(|decoder| decoder.wants_bytes())
    }

    fn memory(&self) -> usize {
        self.decoder.as_ref().map_or(0, |decoder| decoder.heap_bytes() + size_of::<SshDecoder>())
    }
}
