//! Compression around a capture: recognised by its first bytes, undone layer by layer.

use super::SourceError;
use super::description::Compression;
use super::magic::{self, Magic};
use super::window::Input;
use crate::limits;
use flate2::bufread::MultiGzDecoder;
use lz4_flex::frame::FrameDecoder;
use std::io::{self, BufRead, BufReader, Cursor, ErrorKind, Read};
use std::time::Duration;

/// An input without its compression.
pub(super) struct Opened {
    /// The rest of the bytes.
    pub input: Input,
    /// The first bytes, already read from `input`: four or more.
    pub prefix: Vec<u8>,
    /// Whether it is [`Magic::PcapNg`] or else pcap.
    pub is_ng: bool,
    /// The layers that were undone, the outermost first.
    pub compression: Vec<Compression>,
}

/// Bytes of compressed data read at a time.
const COMPRESSED_CHUNK: usize = 256 << 10;

/// Looks at the first bytes and undoes compression until a capture stands there. Waits for the first four bytes.
pub(super) fn open(path: &str, mut input: Input) -> Result<Opened, SourceError> {
    let mut compression = Vec::new();
    loop {
        let prefix = read_prefix(&mut input).map_err(|error| SourceError::from_io(path, error))?;
        let path = || path.to_owned();
        match magic::identify(&prefix) {
            Magic::Pcap => return Ok(Opened { input, prefix, is_ng: false, compression }),
            Magic::PcapNg => return Ok(Opened { input, prefix, is_ng: true, compression }),
            Magic::Compressed(layer) => {
                if compression.len() >= limits::COMPRESSION_DEPTH {
                    return Err(SourceError::CompressedTooOften { path: path() });
                }
                compression.push(layer);
                let inside = undo(layer, Box::new(Cursor::new(prefix).chain(input)));
                input = Input::Stream(inside.map_err(|error| SourceError::Io { path: path(), error })?);
            }
            _ if prefix.is_empty() => return Err(SourceError::Empty { path: path() }),
            _ if prefix.len() < 4 => return Err(SourceError::TooShort { path: path(), bytes: prefix.len() as u64 }),
            Magic::Unsupported(format, remedy) => {
                return Err(SourceError::UnsupportedFormat { path: path(), format, remedy });
            }
            Magic::Foreign(hint) => return Err(SourceError::NotACapture { path: path(), hint }),
        }
    }
}

/// Four bytes or more; [`magic::PREFIX`] where four tell nothing. A live pipe may have written a header only, so no more
/// is waited for than is needed.
fn read_prefix(input: &mut Input) -> io::Result<Vec<u8>> {
    let mut prefix = vec![0; magic::PREFIX];
    let mut held = 0;
    while held < prefix.len() {
        match input.read(&mut prefix[held..]) {
            Ok(0) => break,
            Ok(more) => held = prefix.len().min(held + more),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                std::thread::sleep(Duration::from_millis(limits::PIPE_IDLE_MS / 10));
            }
            // Compressed data that ends early: what came before may still be a capture's beginning.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        }
        if held >= 4 && !matches!(magic::identify(&prefix[..held]), Magic::Foreign(_) | Magic::Unsupported(..)) {
            break;
        }
    }
    prefix.truncate(held);
    Ok(prefix)
}

fn undo(layer: Compression, inside: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let buffered = BufReader::with_capacity(COMPRESSED_CHUNK, inside);
    Ok(match layer {
        Compression::Gzip => Box::new(MultiGzDecoder::new(buffered)),
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(buffered)?),
        Compression::Lz4 => {
            Box::new(Lz4Frames { frame: Some(FrameDecoder::new(Watched { buffered, starved: false })) })
        }
    })
}

/// LZ4 frames one after the other. The decoder of `lz4_flex` reads a single one and takes an input that ends between
/// two blocks for complete; both are put right here.
struct Lz4Frames {
    frame: Option<FrameDecoder<Watched>>,
}

struct Watched {
    buffered: BufReader<Box<dyn Read + Send>>,
    /// The decoder asked for bytes and there were none.
    starved: bool,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.buffered.read(buffer)?;
        self.starved = count == 0 && !buffer.is_empty();
        Ok(count)
    }
}

impl Read for Lz4Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(frame) = &mut self.frame {
            let count = frame.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            if frame.get_ref().starved {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if frame.get_mut().buffered.fill_buf()?.is_empty() {
                return Ok(0);
            }
            self.frame = self.frame.take().map(|frame| FrameDecoder::new(frame.into_inner()));
        }
        Ok(0)
    }
}
