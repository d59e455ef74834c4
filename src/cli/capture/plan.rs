//! What the arguments of a live capture mean.

use crate::analyzer::Settings;
#[cfg(feature = "libpcap")]
use crate::cli::args::BackendName;
use crate::cli::args::{Capture, Kept};
#[cfg(feature = "tui")]
use crate::cli::destinations::{Destination, Place};
use crate::cli::destinations::{beside_packets, is_stdout, keep_captures};
use crate::cli::plan::{Reports, looked_for, settings};
use crate::metrics;
#[cfg(target_os = "linux")]
use crate::output::Owner;
use crate::report::text::FULL_GROUPS;
#[cfg(target_os = "linux")]
use crate::sandbox::{Identity, NewUser};
use crate::savefile;
use crate::source::Input;
use crate::source::live::backend::Backend;
use crate::source::live::filter::Filter;
use crate::source::live::{ANY, Wanted};
use crate::time::Span;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// A closed connection is judged after this silence: a retransmission timer of a peer that was not told (RFC 6298 §2.4 asks
/// for 1 s at least, Linux takes 200 ms) has fired by then, which shows a forged reset, and nobody waits long for the verdict.
const LINGER: Span = Span::from_secs(3);

/// A job, checked before anything is opened.
pub struct Plan {
    /// What is captured.
    pub wanted: Wanted,
    /// What is looked for.
    pub settings: Settings,
    /// Which reports are written.
    pub reports: Reports,
    /// Where packets go.
    pub keep: Keep,
    /// The full screen is wanted.
    #[cfg(feature = "tui")]
    pub full_screen: bool,
    /// Where counters are served.
    pub metrics: Option<MetricsPlace>,
    /// Whom the program becomes once everything is open.
    #[cfg(target_os = "linux")]
    pub user: NewUser,
    /// When it ends by itself.
    pub ends: Ends,
}

/// Where counters are served.
#[derive(Debug, Clone)]
pub struct MetricsPlace {
    /// What is listened on.
    pub address: metrics::Address,
    /// Further names by which scrapers ask for it.
    pub hosts: Vec<metrics::HostName>,
}

/// Where packets go.
#[derive(Debug, Clone, Default)]
pub struct Keep {
    /// The file, or the beginning of the names of several; none if no packets are written.
    pub file: Option<PathBuf>,
    /// Only the packets of connections that failed.
    pub failed_alone: bool,
    /// Several files in turn, or one that may be written over.
    pub wishes: savefile::Wishes,
}

/// When a capture ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// After this time.
    pub after: Option<Duration>,
    /// After so many packets.
    pub packets: Option<u64>,
    /// After so many failed connections.
    pub failed: Option<u64>,
}

impl Plan {
    /// Finds out what is meant, or says why it cannot be.
    pub fn new(typed: &Capture) -> Result<Self, String> {
        let settings = Settings { immediate: true, linger: Some(LINGER), ..settings(&typed.watched) };
        let place = if typed.interface == ANY { "any interface" } else { &typed.interface };
        let looked_for = format!("{} on {place}", looked_for(&typed.watched));
        let filter = Filter {
            ports: (!settings.any_port).then(|| settings.ports.clone()),
            hosts: settings.hosts.clone(),
            tunnels: typed.tunnels,
        };
        #[cfg(target_os = "linux")]
        let user = user(typed)?;
        let mut reports = reports(typed, looked_for)?;
        #[cfg(target_os = "linux")]
        {
            reports.owner = owner(&user);
        }
        check_packets(typed)?;
        if let Some(path) = &typed.write {
            keep_captures(&reports.destinations, &[Input::File(path.clone())])?;
        }
        Ok(Self {
            wanted: Wanted {
                interface: typed.interface.clone(),
                filter,
                promiscuous: !typed.no_promiscuous,
                buffer: typed.buffer,
                backend: backend(typed),
                expression: expression(typed),
            },
            settings,
            #[cfg(feature = "tui")]
            full_screen: typed.tui,
            keep: Keep {
                file: typed.write.clone(),
                failed_alone: typed.keep == Kept::Failed,
                wishes: savefile::Wishes {
                    ring: typed.ring,
                    overwrite: typed.reporting.overwrite,
                    owner: reports.owner,
                    waiting: reports.waiting.clone(),
                },
            },
            reports,
            metrics: typed.metrics.map(|address| MetricsPlace { address, hosts: typed.metrics_host.clone() }),
            #[cfg(target_os = "linux")]
            user,
            ends: Ends { after: typed.duration, packets: typed.count, failed: typed.until_failed },
        })
    }
}

impl Plan {
    /// Nothing is waited for any more once this is set.
    pub fn wait_until(&mut self, end: Arc<AtomicBool>) {
        self.reports.waiting.end = Some(end);
        self.keep.wishes.waiting = self.reports.waiting.clone();
    }
}

/// Whom the program becomes: who is named, who ran sudo, else nobody.
#[cfg(target_os = "linux")]
fn user(typed: &Capture) -> Result<NewUser, String> {
    let root = nix::unistd::geteuid().is_root();
    match &typed.user {
        Some(name) if !root => Err(format!("--user {name}: only root can become another user")),
        Some(name) => {
            let identity = Identity::named(name).map_err(|error| error.to_string())?;
            Ok(if identity.is_root() { NewUser::Root } else { NewUser::Other(identity) })
        }
        None if root => Ok(Identity::invoking().map_or(NewUser::Nobody, NewUser::Other)),
        None => Ok(NewUser::Same),
    }
}

/// Files belong to the user that root becomes for somebody's sake. `nobody` is shared by others: its files stay root's.
#[cfg(target_os = "linux")]
fn owner(user: &NewUser) -> Option<Owner> {
    match user {
        NewUser::Other(identity) => {
            let (user, group) = identity.numbers();
            Some(Owner { user, group })
        }
        NewUser::Same | NewUser::Root | NewUser::Nobody => None,
    }
}

/// What is asked of the packets' file must be possible.
fn check_packets(typed: &Capture) -> Result<(), String> {
    let to_stdout = typed.write.as_deref().is_some_and(is_stdout);
    if typed.reporting.overwrite && typed.reporting.output.is_empty() {
        if typed.ring.is_some() {
            return Err("--overwrite is not for a ring, which writes over its own files alone".to_owned());
        }
        if typed.write.is_none() {
            return Err("--overwrite is for files that are written: name one with --output or --write".to_owned());
        }
    }
    if to_stdout && typed.ring.is_some() {
        return Err("--ring takes the name of a file: standard output cannot be written over".to_owned());
    }
    if to_stdout && std::io::stdout().is_terminal() {
        return Err("-w -: standard output is a terminal; redirect it, or name a file".to_owned());
    }
    Ok(())
}

/// A full screen leaves standard output to nobody else, and so do packets.
fn reports(typed: &Capture, looked_for: String) -> Result<Reports, String> {
    let mut reports = Reports::new(&typed.reporting, FULL_GROUPS, true, looked_for)?;
    if typed.write.as_deref().is_some_and(is_stdout) {
        reports.destinations = beside_packets(&typed.reporting.output, typed.reporting.format)?;
    }
    #[cfg(feature = "tui")]
    if typed.tui {
        if typed.write.as_deref().is_some_and(is_stdout) {
            return Err("--tui takes standard output: write the packets to a file".to_owned());
        }
        let to_files = |destination: &Destination| matches!(destination.place, Place::File(_));
        if typed.reporting.format.is_some() && !reports.destinations.iter().all(to_files) {
            return Err("--tui takes standard output: write the report to a file with --output".to_owned());
        }
        reports.destinations.retain(to_files);
    }
    Ok(reports)
}

#[cfg(feature = "libpcap")]
fn backend(typed: &Capture) -> Backend {
    match typed.backend {
        BackendName::Auto => Backend::Auto,
        #[cfg(af_packet)]
        BackendName::AfPacket => Backend::AfPacket,
        BackendName::Libpcap => Backend::Libpcap,
    }
}

#[cfg(feature = "libpcap")]
fn expression(typed: &Capture) -> Option<String> {
    typed.filter.clone()
}

#[cfg(not(feature = "libpcap"))]
fn backend(_typed: &Capture) -> Backend {
    Backend::Auto
}

#[cfg(not(feature = "libpcap"))]
fn expression(_typed: &Capture) -> Option<String> {
    None
}
