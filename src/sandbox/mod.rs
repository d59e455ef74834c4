//! Rights given up once everything is open: what a hostile packet could make of this program is then next to nothing.
//!
//! Everything that needs a right (the device, the files that are written, listening sockets) is opened before
//! [`Sandbox::enter`]. Threads are started after it: they inherit what is left.

mod calls;
mod files;
mod identity;

pub use identity::{Identity, NoSuchUser};

use rustix::thread::{CapabilitySet, CapabilitySets};
use std::fmt;
use std::io;

/// What is to be given up.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// Whom to become; none to stay who one is.
    pub identity: Option<Identity>,
}

/// What was given up, and what this system has no means to give up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// In words.
    pub given_up: Vec<String>,
    /// In words, each with its reason.
    pub kept: Vec<String>,
}

/// A right that could not be given up although it must be.
#[derive(Debug)]
pub struct SandboxError {
    doing: &'static str,
    error: io::Error,
}

impl fmt::Display for SandboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; nothing was captured", self.doing, self.error)
    }
}

impl std::error::Error for SandboxError {}

impl Sandbox {
    /// Gives up what there is to give up. Nothing can be got back.
    ///
    /// # Errors
    /// When root or a capability cannot be given up. What only newer kernels have is no error: [`Outcome::kept`] names it.
    pub fn enter(&self) -> Result<Outcome, SandboxError> {
        let failed = |doing| move |error| SandboxError { doing, error };
        let mut outcome = Outcome::default();
        clear_bounding_set();
        if let Some(identity) = &self.identity {
            identity.assume().map_err(failed("giving up root"))?;
            outcome.given_up.push(format!("root (now {identity})"));
        } else if nix::unistd::geteuid().is_root() {
            outcome.kept.push("the user root (no other was named: --user NAME)".to_owned());
        }
        let had = rustix::thread::capabilities(None).is_ok_and(|sets| !sets.permitted.is_empty());
        clear_capabilities().map_err(failed("giving up capabilities"))?;
        if had || self.identity.is_some() {
            outcome.given_up.push("all capabilities".to_owned());
        }
        nix::sys::prctl::set_no_new_privs()
            .map_err(|error| SandboxError { doing: "ruling out new privileges", error: error.into() })?;
        outcome.given_up.push("new privileges".to_owned());
        match files::shut() {
            Ok(what) => outcome.given_up.push(what),
            Err(why) => outcome.kept.push(format!("files ({why})")),
        }
        match calls::limit() {
            Ok(what) => outcome.given_up.push(what),
            Err(why) => outcome.kept.push(format!("other system calls ({why})")),
        }
        Ok(outcome)
    }
}

/// What a program started from here could ever get; only root may take it away, and only for itself.
fn clear_bounding_set() {
    for capability in CapabilitySet::all().iter() {
        // Refused without CAP_SETPCAP; with no new privileges nothing can be got from it anyway.
        let _ = rustix::thread::remove_capability_from_bounding_set(capability);
    }
}

fn clear_capabilities() -> io::Result<()> {
    rustix::thread::clear_ambient_capability_set()?;
    let none = CapabilitySet::empty();
    rustix::thread::set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::net::{TcpListener, TcpStream};
    use std::process::Command;

    /// What is given up is given up for one thread: the test runs in its own.
    #[test]
    fn what_is_given_up_is_gone() {
        let file = File::open("/proc/self/stat").expect("before, files can be opened");
        let gone = std::thread::spawn(move || {
            let outcome = Sandbox { identity: None }.enter().expect("a sandbox");
            let opened = File::open("/etc/passwd").is_ok();
            let listens = TcpListener::bind("127.0.0.1:0").is_ok();
            let connects = TcpStream::connect("127.0.0.1:9").err().map(|error| error.kind());
            let starts = Command::new("/bin/true").spawn().is_ok();
            let still = io::read_to_string(file).is_ok();
            (outcome, opened, listens, connects, starts, still)
        });
        let (outcome, opened, listens, connects, starts, still) = gone.join().expect("no panic");
        assert!(!opened && !listens && !starts, "{outcome:?}");
        assert_eq!(connects, Some(io::ErrorKind::PermissionDenied));
        assert!(still, "what was open stays open");
        assert!(outcome.given_up.iter().any(|what| what.contains("seccomp")), "{outcome:?}");
    }

    #[test]
    fn users_are_found_by_name_and_number() {
        let root = Identity::named("root").expect("every machine has it");
        assert_eq!((Identity::named("0"), root.to_string()), (Ok(root), "root".to_owned()));
        let unknown = Identity::named("no such user").map_err(|error| error.to_string());
        assert_eq!(unknown, Err("--user no such user: there is no such user on this machine".to_owned()));
    }
}
