//! What the arguments of a live capture mean.

use crate::analyzer::Settings;
#[cfg(feature = "libpcap")]
use crate::cli::args::BackendName;
use crate::cli::args::{Capture, Kept};
#[cfg(feature = "tui")]
use crate::cli::outputs::Destination;
use crate::cli::plan::{Reports, looked_for, settings};
use crate::metrics;
use crate::report::text::FULL_GROUPS;
#[cfg(target_os = "linux")]
use crate::sandbox::Identity;
use crate::savefile;
use crate::source::live::backend::Backend;
use crate::source::live::filter::Filter;
use crate::source::live::{ANY, Wanted};
use crate::time::Span;
use std::path::PathBuf;
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
    pub metrics: Option<metrics::Address>,
    /// Whom root becomes; none for who it is.
    #[cfg(target_os = "linux")]
    pub identity: Option<Identity>,
    /// When it ends by itself.
    pub ends: Ends,
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
            reports: reports(typed, looked_for)?,
            #[cfg(feature = "tui")]
            full_screen: typed.tui,
            keep: Keep {
                file: typed.write.clone(),
                failed_alone: typed.keep == Kept::Failed,
                wishes: savefile::Wishes { ring: typed.ring, overwrite: typed.overwrite },
            },
            metrics: typed.metrics,
            #[cfg(target_os = "linux")]
            identity: match &typed.user {
                Some(name) if nix::unistd::geteuid().is_root() => {
                    Some(Identity::named(name).map_err(|error| error.to_string())?)
                }
                Some(name) => return Err(format!("--user {name}: only root can become another user")),
                None => Identity::invoking(),
            },
            ends: Ends { after: typed.duration, packets: typed.count, failed: typed.until_failed },
        })
    }
}

/// A full screen leaves standard output to nobody else.
fn reports(typed: &Capture, looked_for: String) -> Result<Reports, String> {
    #[allow(unused_mut, reason = "changed where there is a full screen")]
    let mut reports = Reports::new(&typed.reporting, FULL_GROUPS, true, looked_for)?;
    #[cfg(feature = "tui")]
    if typed.tui {
        let to_files = |destination: &Destination| destination.file.is_some();
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
