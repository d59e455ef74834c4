//! Rights given up once everything is open: what a hostile packet could make of this program is then next to nothing.
//!
//! Everything that needs a right (the device, the files that are written, listening sockets) is opened before
//! [`Sandbox::enter`]. Threads are started after it: they inherit what is left.

mod calls;
mod files;
mod identity;
mod renaming;

pub use identity::{Identity, NoSuchUser};
pub use renaming::enter_for_renaming;

use rustix::thread::{CapabilitySet, CapabilitySets};
use std::fmt;
use std::io;
use std::os::fd::RawFd;

/// What is to be given up.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// Whom to become.
    pub user: NewUser,
    /// What the capture goes on to do.
    pub scope: Scope,
}

/// Whom the program becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewUser {
    /// It stays who it is, which is not root.
    Same,
    /// It stays root, because the user said so.
    Root,
    /// Root becomes `nobody`, because no user was named. Where the system does not let it, it stays root and says so.
    Nobody,
    /// Root becomes this user.
    Other(Identity),
}

/// What a capture goes on to do after it gave up its rights: system calls are left for this and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Packet sockets: nothing can be sent by them.
    pub packet_sockets: Vec<RawFd>,
    /// It asks for the state of the interface.
    pub asks_for_interface: bool,
    /// The interface may go away and come back as another one, to which the socket is bound anew.
    pub interface_may_return: bool,
    /// It accepts connections to its metrics and answers them.
    pub serves_metrics: bool,
}

impl Scope {
    /// The system calls that are left, each with the limits of its arguments, in words and by name. Any other fails with
    /// `EPERM`, `clone3` with `ENOSYS`.
    pub fn system_calls(&self) -> Vec<String> {
        calls::listed(&calls::allowed(self))
    }
}

/// What was given up, and what this system has no means to give up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// In words.
    pub dropped: Vec<String>,
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
    /// Gives up what there is to give up, for this thread and those that it starts. Nothing can be got back.
    ///
    /// # Errors
    /// When root or a capability cannot be given up. What only newer kernels have is no error: [`Outcome::kept`] names it.
    pub fn enter(&self) -> Result<Outcome, SandboxError> {
        let failed = |doing| move |error| SandboxError { doing, error };
        let mut outcome = Outcome::default();
        if let Some(others @ 1..) = other_threads() {
            outcome.kept.push(format!("the rights of {others} other threads"));
        }
        clear_bounding_set();
        match &self.user {
            NewUser::Same => {}
            NewUser::Root => outcome.kept.push("the user root (--user root)".to_owned()),
            NewUser::Nobody => match Identity::nobody().assume() {
                Ok(()) => outcome.dropped.push("root (now nobody)".to_owned()),
                Err(error) => outcome.kept.push(format!("the user root (becoming nobody: {error})")),
            },
            NewUser::Other(identity) => {
                identity.assume().map_err(failed("giving up root"))?;
                outcome.dropped.push(format!("root (now {identity})"));
            }
        }
        let had = rustix::thread::capabilities(None).is_ok_and(|sets| !sets.permitted.is_empty());
        clear_capabilities().map_err(failed("giving up capabilities"))?;
        if had || matches!(self.user, NewUser::Other(_) | NewUser::Nobody) {
            outcome.dropped.push("all capabilities".to_owned());
        }
        nix::sys::prctl::set_no_new_privs()
            .map_err(|error| SandboxError { doing: "ruling out new privileges", error: error.into() })?;
        outcome.dropped.push("new privileges".to_owned());
        match files::shut() {
            Ok(shut) => {
                outcome.dropped.push(format!("{} (Landlock)", shut.dropped.join(", ")));
                outcome.kept.extend(shut.kept);
            }
            Err(why) => outcome.kept.push(format!("files, TCP ports, signals (no Landlock: {why})")),
        }
        let allowed = calls::allowed(&self.scope);
        match calls::limit(&allowed) {
            Ok(()) => outcome.dropped.push(format!("all system calls but {} (seccomp)", allowed.len())),
            Err(why) => outcome.kept.push(format!("other system calls (no seccomp: {why})")),
        }
        Ok(outcome)
    }
}

/// Other threads of this process; none where the system does not say.
fn other_threads() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count().saturating_sub(1))
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
            let sandbox = Sandbox { user: NewUser::Same, scope: Scope::default() };
            let outcome = sandbox.enter().expect("a sandbox");
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
        assert!(outcome.dropped.iter().any(|what| what.contains("seccomp")), "{outcome:?}");
    }

    /// A kernel without Landlock: files stay shut by the filter of system calls, and what is kept is said.
    #[test]
    fn an_older_kernel_keeps_what_it_cannot_take_away() {
        use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
        let (outcome, opened) = std::thread::spawn(|| {
            let missing = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
            let rules = [(libc::SYS_landlock_create_ruleset, Vec::new())].into();
            let arch = std::env::consts::ARCH.try_into().expect("a known machine");
            let filter = SeccompFilter::new(rules, SeccompAction::Allow, missing, arch).expect("a filter");
            let program = BpfProgram::try_from(filter).expect("a program");
            seccompiler::apply_filter(&program).expect("a kernel with seccomp");
            let outcome = Sandbox { user: NewUser::Same, scope: Scope::default() }.enter().expect("a sandbox");
            (outcome, File::open("/etc/passwd").is_ok())
        })
        .join()
        .expect("no panic");
        assert!(!opened, "{outcome:?}");
        assert!(outcome.kept.iter().any(|what| what.contains("no Landlock")), "{outcome:?}");
        assert!(outcome.dropped.iter().all(|what| !what.contains("Landlock")), "{outcome:?}");
    }

    /// Each row of the table is in the text, with its limits.
    #[test]
    fn the_text_names_every_call_that_is_left() {
        let scope = Scope { packet_sockets: vec![3], serves_metrics: true, ..Scope::default() };
        let calls = scope.system_calls();
        for call in ["read", "sendto (not on the packet socket, to the connected peer)", "tgkill (to this process)"] {
            assert!(calls.iter().any(|left| left == call), "{call}: {calls:?}");
        }
        assert!(!calls.iter().any(|left| left.starts_with("bind")), "{calls:?}");
        let quiet = Scope::default().system_calls();
        assert!(!quiet.iter().any(|left| left.starts_with("sendto") || left.starts_with("accept4")), "{quiet:?}");
    }

    #[test]
    fn users_are_found_by_name_and_number() {
        let root = Identity::named("root").expect("every machine has it");
        assert_eq!((Identity::named("0"), root.to_string()), (Ok(root), "root".to_owned()));
        let unknown = Identity::named("no such user").map_err(|error| error.to_string());
        assert_eq!(unknown, Err("--user no such user: there is no such user on this machine".to_owned()));
    }
}
