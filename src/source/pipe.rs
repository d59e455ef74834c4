//! A pipe that may stay silent: a thread waits for its bytes, so that the reader never has to.

use crate::limits;
use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// Chunks on their way. Few: what is not read yet is better kept by the writer of the pipe.
const CHUNKS: usize = 4;
const CHUNK: usize = 256 << 10;

/// A reader that answers `WouldBlock` after [`limits::PIPE_IDLE_MS`] of silence.
pub(super) struct Pipe {
    chunks: Receiver<io::Result<Vec<u8>>>,
    current: Vec<u8>,
    used: usize,
}

impl Pipe {
    /// Starts the thread. It ends when the input ends, or with the first chunk that nobody wants any more.
    pub fn start(input: impl Read + Send + 'static) -> io::Result<Self> {
        let (sender, chunks) = sync_channel(CHUNKS);
        thread::Builder::new().name("pipe".to_owned()).spawn(move || forward(input, &sender))?;
        Ok(Self { chunks, current: Vec::new(), used: 0 })
    }
}

fn forward(mut input: impl Read, sender: &SyncSender<io::Result<Vec<u8>>>) {
    let mut chunk = vec![0; CHUNK];
    loop {
        let sent = match input.read(&mut chunk) {
            Ok(0) => return,
            Ok(count) => sender.send(Ok(chunk[..count.min(CHUNK)].to_vec())),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // Somebody made the pipe non-blocking.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_millis(limits::PIPE_IDLE_MS / 10));
                continue;
            }
            Err(error) => {
                // The receiver hears of it or is gone: either way this was the last chunk.
                let _ = sender.send(Err(error));
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.used == self.current.len() {
            let next = match self.chunks.recv_timeout(Duration::from_millis(limits::PIPE_IDLE_MS)) {
                Ok(chunk) => chunk?,
                Err(RecvTimeoutError::Timeout) => return Err(ErrorKind::WouldBlock.into()),
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            };
            (self.current, self.used) = (next, 0);
        }
        let count = (&self.current[self.used..]).read(buffer)?;
        self.used += count;
        Ok(count)
    }
}
