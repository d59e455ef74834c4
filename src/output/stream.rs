//! Outputs that are no regular files: standard output, FIFOs, devices. Whoever reads them may be slow, or not there.

use super::OutputError;
use super::Rules;
use super::folder::{Folder, Kind, effective_user};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, Stat, fstat};
use rustix::io::{Errno, fcntl_dupfd_cloexec};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Between two looks whether the program is to end.
const LOOK: Duration = Duration::from_millis(100);
/// How long a reader that takes nothing is waited for once the program is to end.
const GRACE: Duration = Duration::from_secs(2);
/// Bytes that a pipe takes without blocking when it is ready at all (`PIPE_BUF` of Linux, `pipe(7)`).
const PIECE: usize = 4_096;

/// What to do while nobody reads.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Set when the user wants the program to end; none if a signal ends it at once.
    pub end: Option<Arc<AtomicBool>>,
    /// Says one line to the user.
    pub say: fn(&str),
}

impl Default for Waiting {
    /// In silence, until a signal ends the program.
    fn default() -> Self {
        Self { end: None, say: |_| () }
    }
}

impl Waiting {
    fn is_over(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.load(Ordering::Relaxed))
    }
}

/// Takes bytes for somebody who reads them. A reader that is slow is waited for, but not when the program is to end.
#[derive(Debug)]
pub struct Stream {
    file: File,
    /// Never blocks; without it only a piece at a time is sure not to.
    nonblocking: bool,
    /// A regular file behind a descriptor takes everything.
    regular: bool,
    /// It was waited for in vain.
    given_up: bool,
    waiting: Waiting,
}

impl Stream {
    /// The descriptor that a path stands for: `-` and `/dev/stdout` for standard output, `/dev/stderr`, `/dev/fd/5`. None for
    /// other paths.
    pub(super) fn of_descriptor(path: &Path, waiting: &Waiting) -> Option<Result<Self, OutputError>> {
        let name = path.to_str()?;
        let number = match name {
            "-" | "/dev/stdout" => 1,
            "/dev/stderr" => 2,
            _ => name.strip_prefix("/dev/fd/").or_else(|| name.strip_prefix("/proc/self/fd/"))?.parse().ok()?,
        };
        let closed = || OutputError::Closed { path: path.to_owned() };
        Some(match number {
            1 => Self::duplicate(rustix::stdio::stdout(), waiting).map_err(|_| closed()),
            2 => Self::duplicate(rustix::stdio::stderr(), waiting).map_err(|_| closed()),
            // The kernel opens anew what the descriptor leads to.
            _ => match File::options().write(true).open(path) {
                Ok(file) => Self::new(file.into(), waiting).map_err(|error| OutputError::io(path, error)),
                Err(error) if error.kind() == ErrorKind::NotFound => Err(closed()),
                Err(error) => Err(OutputError::io(path, error)),
            },
        })
    }

    /// Standard output.
    ///
    /// # Errors
    /// When it is closed.
    pub fn stdout(waiting: &Waiting) -> io::Result<Self> {
        Self::duplicate(rustix::stdio::stdout(), waiting)
    }

    /// Whether nobody reads standard output any more.
    pub fn stdout_reader_gone() -> bool {
        reader_gone(&rustix::stdio::stdout())
    }

    fn duplicate(descriptor: BorrowedFd<'_>, waiting: &Waiting) -> io::Result<Self> {
        Self::new(fcntl_dupfd_cloexec(descriptor, 3)?, waiting)
    }

    /// A FIFO or device. A FIFO is waited for until something reads it; it must not be another user's, who would get what is
    /// written.
    pub(super) fn open(folder: &Folder, rules: &Rules) -> Result<Self, OutputError> {
        let path = folder.path();
        let failed = |error: Errno| folder.refused(error.into());
        let waiting = &rules.waiting;
        let mut told = false;
        let descriptor = loop {
            match folder.open(OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC) {
                Ok(descriptor) => break descriptor,
                Err(Errno::NXIO) => {}
                Err(error) => return Err(failed(error)),
            }
            if waiting.is_over() {
                return Err(OutputError::Interrupted { path: path.to_owned() });
            }
            if !std::mem::replace(&mut told, true) {
                (waiting.say)(&format!("{}: waiting until something reads it", path.display()));
            }
            std::thread::sleep(LOOK);
        };
        let stat = fstat(&descriptor).map_err(failed)?;
        // It may be something else than it was at the first look.
        match Kind::of(&stat) {
            Kind::Stream("a FIFO") if !is_ours(&stat, rules) => {
                Err(OutputError::Foreign { path: path.to_owned(), owner: stat.st_uid })
            }
            Kind::Stream(_) => Self::new(descriptor, waiting).map_err(|error| OutputError::io(path, error)),
            kind => Err(OutputError::not_regular(path, kind.words())),
        }
    }

    fn new(descriptor: OwnedFd, waiting: &Waiting) -> io::Result<Self> {
        let flags = rustix::fs::fcntl_getfl(&descriptor)?;
        let regular = Kind::of(&fstat(&descriptor)?) == Kind::File;
        let nonblocking = flags.contains(OFlags::NONBLOCK);
        Ok(Self { file: File::from(descriptor), nonblocking, regular, given_up: false, waiting: waiting.clone() })
    }

    /// Whether nobody reads it any more. Only pipes and sockets tell.
    pub fn reader_gone(&self) -> bool {
        reader_gone(&self.file)
    }

    /// Waits until it takes something; no longer than a while once the program is to end.
    fn wait(&mut self) -> io::Result<()> {
        let mut over: Option<Instant> = None;
        while !self.given_up && ready(&self.file, PollFlags::OUT, LOOK)?.is_empty() {
            self.given_up = self.waiting.is_over() && over.get_or_insert_with(Instant::now).elapsed() > GRACE;
        }
        if self.given_up { Err(io::Error::new(ErrorKind::TimedOut, "nothing reads it")) } else { Ok(()) }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.regular {
            return self.file.write(bytes);
        }
        loop {
            self.wait()?;
            let most = if self.nonblocking { bytes.len() } else { bytes.len().min(PIECE) };
            match self.file.write(&bytes[..most]) {
                // Another writer was faster.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn reader_gone(descriptor: &impl AsFd) -> bool {
    ready(descriptor, PollFlags::empty(), Duration::ZERO).is_ok_and(|events| events.contains(PollFlags::ERR))
}

fn ready(descriptor: &impl AsFd, events: PollFlags, wait: Duration) -> io::Result<PollFlags> {
    let mut asked = [PollFd::from_borrowed_fd(descriptor.as_fd(), events)];
    let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(wait.subsec_nanos()) };
    match poll(&mut asked, Some(&wait)) {
        Ok(_) | Err(Errno::INTR) => Ok(asked[0].revents()),
        Err(error) => Err(error.into()),
    }
}

fn is_ours(stat: &Stat, rules: &Rules) -> bool {
    let owner = rules.owner.map(|owner| owner.user);
    stat.st_uid == 0 || stat.st_uid == effective_user() || Some(stat.st_uid) == owner
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn pipe() -> (File, Stream, Arc<AtomicBool>) {
        let (read, write) = rustix::pipe::pipe().expect("a pipe");
        let end = Arc::new(AtomicBool::new(false));
        let waiting = Waiting { end: Some(Arc::clone(&end)), ..Waiting::default() };
        (File::from(read), Stream::new(write, &waiting).expect("a stream"), end)
    }

    #[test]
    fn a_slow_reader_gets_everything() {
        let (mut read, mut write, _) = pipe();
        let writer = std::thread::spawn(move || write.write_all(&[7; 300_000]));
        std::thread::sleep(Duration::from_millis(50));
        let mut all = Vec::new();
        read.read_to_end(&mut all).expect("bytes");
        assert_eq!(all.len(), 300_000);
        assert!(writer.join().expect("no panic").is_ok());
    }

    #[test]
    fn a_reader_that_takes_nothing_does_not_keep_the_program_from_ending() {
        let (_read, mut write, end) = pipe();
        end.store(true, Ordering::Relaxed);
        let begun = Instant::now();
        let error = write.write_all(&[7; 300_000]).expect_err("nobody reads");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(begun.elapsed() >= GRACE);
    }

    #[test]
    fn a_reader_that_is_gone_is_noticed() {
        let (read, mut write, _) = pipe();
        assert!(!write.reader_gone());
        drop(read);
        assert!(write.reader_gone());
        assert_eq!(write.write_all(b"x").expect_err("gone").kind(), ErrorKind::BrokenPipe);
    }
}
