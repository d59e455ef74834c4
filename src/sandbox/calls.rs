//! Only the system calls that a running capture makes are left, with the arguments that it gives them (seccomp, `seccomp(2)`).
//!
//! [`allowed`] is the one table: the filter in the kernel and the text for people ([`listed`]) are made from it.

use super::Scope;
use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::{BpfProgram, SeccompAction, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch};
use std::collections::BTreeMap;
use std::os::fd::RawFd;

/// A system call that is left.
pub(super) struct Allowed {
    number: i64,
    name: &'static str,
    /// All of them must hold.
    limits: Vec<Limit>,
}

/// What must hold of the arguments of a call.
#[derive(Clone)]
enum Limit {
    /// The descriptor (first argument) is none of these.
    NotOn(Vec<RawFd>),
    /// The descriptor (first argument) is one of these.
    On(Vec<RawFd>),
    /// The argument with this index is one of these, by name.
    OneOf(u8, Vec<(u64, &'static str)>),
    /// The first argument is this process.
    OwnProcess,
    /// The memory does not become executable.
    NotExecutable,
    /// It makes a thread, not a process, and no namespaces.
    ThreadsAlone,
    /// No address is given: only to whom the socket is connected.
    ToPeerAlone,
}

/// Flags of `clone` that make a thread of this process.
const THREAD: u64 = (libc::CLONE_THREAD | libc::CLONE_VM | libc::CLONE_SIGHAND) as u64;
/// Flags of `clone` that make namespaces.
const NAMESPACES: u64 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET) as u32 as u64;

/// Number and name of calls, from one word each.
macro_rules! calls {
    ($($call:ident)+) => { &[$((libc::$call as i64, stringify!($call))),+] };
}

/// Left without limits: what they can do is bounded by the descriptors that are open and by the memory that is there.
const UNLIMITED: &[(i64, &str)] = calls!(
    SYS_read SYS_readv SYS_pread64 SYS_pwrite64 SYS_pwritev SYS_lseek SYS_close SYS_fstat SYS_ftruncate SYS_fsync SYS_fdatasync
    SYS_ppoll SYS_futex SYS_nanosleep SYS_clock_nanosleep SYS_restart_syscall SYS_sched_yield
    SYS_brk SYS_munmap SYS_mremap SYS_madvise
    SYS_clock_gettime SYS_gettimeofday SYS_getrandom SYS_getpid SYS_gettid SYS_sched_getaffinity
    SYS_rt_sigaction SYS_rt_sigprocmask SYS_rt_sigreturn SYS_sigaltstack
    SYS_set_robust_list SYS_rseq SYS_exit SYS_exit_group
);

/// The same on machines that still have them: their newer forms are above.
#[cfg(target_arch = "x86_64")]
const UNLIMITED_HERE: &[(i64, &str)] = calls!(SYS_poll);
#[cfg(not(target_arch = "x86_64"))]
const UNLIMITED_HERE: &[(i64, &str)] = &[];

/// The full screen waits for keys with these; they wait for open descriptors alone.
#[cfg(all(feature = "tui", target_arch = "x86_64"))]
const FULL_SCREEN: &[(i64, &str)] = calls!(SYS_epoll_ctl SYS_epoll_pwait SYS_epoll_wait);
#[cfg(all(feature = "tui", not(target_arch = "x86_64")))]
const FULL_SCREEN: &[(i64, &str)] = calls!(SYS_epoll_ctl SYS_epoll_pwait);
#[cfg(not(feature = "tui"))]
const FULL_SCREEN: &[(i64, &str)] = &[];

/// Numbers with their names, for [`Limit::OneOf`].
macro_rules! named {
    ($($name:ident)+) => { vec![$((u64::from(libc::$name as u32), stringify!($name))),+] };
}

/// Everything that is left to a capture.
pub(super) fn allowed(scope: &Scope) -> Vec<Allowed> {
    let sockets = || scope.packet_sockets.clone();
    let mut allowed: Vec<Allowed> = Vec::new();
    let mut allow = |calls: &[(i64, &'static str)], limits: &[Limit]| {
        let entry = |&(number, name): &(i64, &'static str)| Allowed { number, name, limits: limits.to_vec() };
        allowed.extend(calls.iter().map(entry));
    };
    for calls in [UNLIMITED, UNLIMITED_HERE, FULL_SCREEN] {
        allow(calls, &[]);
    }
    // A frame that is written to a packet socket is sent.
    allow(calls!(SYS_write SYS_writev), &[Limit::NotOn(sockets())]);
    allow(calls!(SYS_fcntl), &[Limit::OneOf(1, named!(F_GETFD F_GETFL))]);
    allow(calls!(SYS_ioctl), &[Limit::OneOf(1, requests(scope))]);
    let socket_options = Limit::OneOf(2, [named!(SO_ERROR), named!(PACKET_STATISTICS)].concat());
    allow(calls!(SYS_getsockopt), &[Limit::OneOf(1, named!(SOL_SOCKET SOL_PACKET)), socket_options]);
    if scope.interface_may_return {
        // An interface that was made anew has another index.
        allow(calls!(SYS_bind), &[Limit::On(sockets())]);
        let membership = [Limit::OneOf(1, named!(SOL_PACKET)), Limit::OneOf(2, named!(PACKET_ADD_MEMBERSHIP))];
        allow(calls!(SYS_setsockopt), &[&[Limit::On(sockets())][..], &membership].concat());
    }
    if scope.serves_metrics {
        let others = Limit::NotOn(sockets());
        allow(calls!(SYS_accept4 SYS_recvfrom SYS_shutdown), std::slice::from_ref(&others));
        allow(calls!(SYS_sendto), &[others, Limit::ToPeerAlone]);
    }
    allow(calls!(SYS_mmap SYS_mprotect), &[Limit::NotExecutable]);
    allow(calls!(SYS_prctl), &[Limit::OneOf(0, named!(PR_SET_NAME))]);
    allow(calls!(SYS_tgkill), &[Limit::OwnProcess]);
    allow(calls!(SYS_clone), &[Limit::ThreadsAlone]);
    allowed
}

/// What renaming a file and its answer take.
pub(super) fn allowed_for_renaming() -> Vec<Allowed> {
    let here: &[(i64, &str)] = calls!(
        SYS_write SYS_newfstatat SYS_statx SYS_renameat SYS_renameat2 SYS_linkat SYS_unlinkat SYS_mmap SYS_mprotect
    );
    let unlimited = [UNLIMITED, UNLIMITED_HERE, here].concat();
    unlimited.into_iter().map(|(number, name)| Allowed { number, name, limits: Vec::new() }).collect()
}

/// Questions about the terminal and the interface, and what the metrics server sets.
fn requests(scope: &Scope) -> Vec<(u64, &'static str)> {
    let mut requests = named!(TCGETS TCSETS TCSETSW TCGETS2 TCSETS2 TCSETSW2 TIOCGWINSZ);
    if scope.asks_for_interface {
        requests.extend(named!(SIOCGIFINDEX SIOCGIFFLAGS SIOCGIFHWADDR));
    }
    if scope.serves_metrics {
        requests.extend(named!(FIONBIO));
    }
    requests
}

impl Limit {
    /// Alternative rules of the filter; the conditions of each must hold together.
    fn rules(&self) -> Result<Vec<Vec<SeccompCondition>>, seccompiler::BackendError> {
        // The kernel takes descriptors, commands and ids as 32 bits, whatever stands above them in the register.
        let is = |index, value| SeccompCondition::new(index, Dword, SeccompCmpOp::Eq, value);
        let descriptor = |&socket: &RawFd| u64::from(socket.cast_unsigned());
        Ok(match self {
            Self::NotOn(sockets) => {
                let not = |socket| SeccompCondition::new(0, Dword, SeccompCmpOp::Ne, descriptor(socket));
                vec![sockets.iter().map(not).collect::<Result<_, _>>()?]
            }
            Self::On(sockets) => {
                sockets.iter().map(|socket| Ok(vec![is(0, descriptor(socket))?])).collect::<Result<_, _>>()?
            }
            Self::OneOf(index, values) => {
                values.iter().map(|&(value, _)| Ok(vec![is(*index, value)?])).collect::<Result<_, _>>()?
            }
            Self::OwnProcess => vec![vec![is(0, u64::from(std::process::id()))?]],
            Self::NotExecutable => {
                let executable = SeccompCmpOp::MaskedEq(u64::from(libc::PROT_EXEC.cast_unsigned()));
                vec![vec![SeccompCondition::new(2, Qword, executable, 0)?]]
            }
            Self::ThreadsAlone => {
                vec![vec![SeccompCondition::new(0, Qword, SeccompCmpOp::MaskedEq(THREAD | NAMESPACES), THREAD)?]]
            }
            Self::ToPeerAlone => vec![vec![SeccompCondition::new(4, Qword, SeccompCmpOp::Eq, 0)?]],
        })
    }

    fn words(&self) -> String {
        match self {
            Self::NotOn(_) => "not on the packet socket".to_owned(),
            Self::On(_) => "on the packet socket".to_owned(),
            Self::OneOf(_, values) => values.iter().map(|&(_, name)| name).collect::<Vec<_>>().join(" "),
            Self::OwnProcess => "to this process".to_owned(),
            Self::NotExecutable => "nothing executable".to_owned(),
            Self::ThreadsAlone => "threads of this process".to_owned(),
            Self::ToPeerAlone => "to the connected peer".to_owned(),
        }
    }
}

impl Allowed {
    /// The rules of its limits, all combinations of them, as the filter wants them: an empty list allows every call. None
    /// if no call can meet the limits.
    fn rules(&self) -> Result<Option<Vec<SeccompRule>>, seccompiler::BackendError> {
        let mut rules: Vec<Vec<SeccompCondition>> = vec![Vec::new()];
        for limit in &self.limits {
            let more = limit.rules()?;
            let joined = |rule: &Vec<SeccompCondition>| {
                more.iter().map(|other| [&rule[..], &other[..]].concat()).collect::<Vec<_>>()
            };
            rules = rules.iter().flat_map(joined).collect();
        }
        if rules.is_empty() {
            return Ok(None);
        }
        if rules.iter().any(Vec::is_empty) {
            return Ok(Some(Vec::new()));
        }
        rules.into_iter().map(SeccompRule::new).collect::<Result<_, _>>().map(Some)
    }
}

/// The table in words: `write (not on the packet socket)`.
pub(super) fn listed(allowed: &[Allowed]) -> Vec<String> {
    let words = |allowed: &Allowed| {
        let name = allowed.name.trim_start_matches("SYS_");
        match &allowed.limits[..] {
            [] => name.to_owned(),
            limits => format!("{name} ({})", limits.iter().map(Limit::words).collect::<Vec<_>>().join(", ")),
        }
    };
    let mut listed: Vec<String> = allowed.iter().map(words).collect();
    listed.sort_unstable();
    listed
}

/// Sets the filter for this thread and those that it starts. Any other call fails as one that is not permitted.
pub(super) fn limit(allowed: &[Allowed]) -> Result<(), String> {
    let words = |error: seccompiler::BackendError| error.to_string();
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(words)?;
    let mut rules = BTreeMap::new();
    for allowed in allowed {
        if let Some(own) = allowed.rules().map_err(words)? {
            rules.insert(allowed.number, own);
        }
    }
    let set = |rules, otherwise, matching| {
        let filter = SeccompFilter::new(rules, otherwise, matching, arch).map_err(words)?;
        let program = BpfProgram::try_from(filter).map_err(words)?;
        seccompiler::apply_filter(&program).map_err(|error| error.to_string())
    };
    // The flags of `clone3` are in memory, where no filter sees them. Told that there is no such call, the C library takes
    // `clone`. A filter of its own, for a filter has one answer; of several the strictest counts, so the second one lets
    // this call pass.
    let missing = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    set(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), SeccompAction::Allow, missing)?;
    rules.insert(libc::SYS_clone3, Vec::new());
    set(rules, SeccompAction::Errno(libc::EPERM.cast_unsigned()), SeccompAction::Allow)
}
