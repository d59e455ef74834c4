//! What was typed.

#[cfg(live)]
use crate::metrics;
use crate::packet::{Network, NoNetwork};
#[cfg(live)]
use crate::savefile::RingSize;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum, ValueHint};
use std::net::IpAddr;
use std::path::PathBuf;
#[cfg(live)]
use std::time::Duration;

/// Says where, how, by whom and why an SSH connection died, from a packet capture.
#[derive(Debug, Parser)]
#[command(name = "sshwire", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Exit status: 0 nothing wrong, 1 at least one failed connection, 2 the job itself could not be done."
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say how each SSH connection in captures ended, and why
    Analyze(Analyze),
    /// Watch an interface: the same for each connection as it ends
    #[cfg(live)]
    Capture(Capture),
    /// The interfaces of this machine, and whether `capture` works there
    #[cfg(live)]
    Interfaces(Interfaces),
    /// Rename a report when it is complete: started by `capture`, not by people
    #[cfg(all(live, target_os = "linux"))]
    #[command(hide = true)]
    FinishReport(FinishReport),
    /// Print the page of a diagnosis, or what can stand behind a message or a log
    Explain(Explain),
    /// The table of SSH algorithms, and what two peers would agree on
    Algorithms(Algorithms),
}

#[derive(Debug, ClapArgs)]
pub(super) struct Analyze {
    /// Captures (pcap or pcapng, also compressed), folders of them, or `-` for standard input
    #[arg(required = true, value_name = "CAPTURE", value_hint = ValueHint::AnyPath)]
    pub captures: Vec<PathBuf>,

    #[command(flatten)]
    pub watched: Watched,

    /// Groups of failures to tell in full, 0 for all
    #[arg(long, value_name = "N", default_value_t = crate::report::text::FULL_GROUPS, value_parser = limit)]
    pub limit: usize,

    /// Threads: with 2 or more, connections are judged while others are read [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,

    #[command(flatten)]
    pub reporting: Reporting,
}

#[cfg(live)]
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Ends with Ctrl-C, SIGTERM or SIGHUP and prints a summary; `s` on the terminal, or SIGUSR1, prints one in between.

Examples:
  sudo sshwire capture eth0
  sudo sshwire capture any --port 22,2222 --until-failed 1
  sudo sshwire capture eth0 --ring 10x100MB -w /var/tmp/ssh

Exit status: 0 nothing wrong, 1 at least one failed connection, 2 the job itself could not be done.")]
pub(super) struct Capture {
    /// The interface, or `any` for all of them
    #[arg(value_name = "INTERFACE")]
    pub interface: String,

    #[command(flatten)]
    pub watched: Watched,

    /// Look into tunnels: GRE, VXLAN, GENEVE, IP in IP, MPLS, PPPoE; what may be one passes the kernel's filter whole
    #[arg(long)]
    pub tunnels: bool,

    /// Write the packets that pass the filter to a file (pcapng), with the verdicts as comments; `-` for standard output
    #[arg(short = 'w', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub write: Option<PathBuf>,

    /// Which packets are written: all, or those of failed connections alone, each whole and with its verdict
    #[arg(long, value_name = "WHICH", default_value = "all", requires = "write")]
    pub keep: Kept,

    /// Write several files of this size, FILE000 and so on; the oldest gives way: 10x100MB
    #[arg(long, value_name = "NxSIZE", requires = "write")]
    pub ring: Option<RingSize>,

    /// User to become once everything is open, if root started it: by default who ran sudo, else nobody
    #[cfg(target_os = "linux")]
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,

    /// Serve counters for Prometheus at http://ADDRESS:PORT/metrics; on loopback where only a port is given
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub metrics: Option<metrics::Address>,

    /// Answer requests to --metrics for this DNS name too, besides addresses, localhost and this machine's name; may be given several times
    #[arg(long, value_name = "NAME", requires = "metrics")]
    pub metrics_host: Vec<metrics::HostName>,

    /// Show it on a full screen: connections under way, verdicts, one of them in detail; `?` lists the keys
    #[cfg(feature = "tui")]
    #[arg(long)]
    pub tui: bool,

    /// End after this time, such as 90s, 10m, 8h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,

    /// End after so many packets
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,

    /// End after so many failed connections
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub until_failed: Option<u64>,

    /// Who captures
    #[cfg(feature = "libpcap")]
    #[arg(long, value_name = "BACKEND", default_value = "auto")]
    pub backend: BackendName,

    /// Only what this holds for too, in tcpdump's language (pcap-filter(7)); libpcap captures then
    #[cfg(feature = "libpcap")]
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,

    /// Do not ask the card for packets to other hosts
    #[arg(short = 'p', long)]
    pub no_promiscuous: bool,

    /// Memory for packets on their way from the kernel
    #[arg(short = 'B', long, value_name = "SIZE", default_value = "16MB", value_parser = buffer)]
    pub buffer: usize,

    #[command(flatten)]
    pub reporting: Reporting,
}

#[cfg(all(live, target_os = "linux"))]
#[derive(Debug, ClapArgs)]
pub(super) struct FinishReport {
    /// Replace a file of that name
    #[arg(long)]
    pub overwrite: bool,

    /// Name of the incomplete report in the current folder
    pub partial: PathBuf,

    /// Its name once it is complete
    pub name: PathBuf,

    /// How its user named it
    pub path: PathBuf,
}

#[cfg(live)]
#[derive(Debug, ClapArgs)]
pub(super) struct Interfaces {
    /// One JSON document instead of text
    #[arg(long)]
    pub json: bool,

    /// Colours in the text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// What is looked for.
#[derive(Debug, ClapArgs)]
pub(super) struct Watched {
    /// TCP ports of SSH servers
    #[arg(long, value_name = "PORT", value_delimiter = ',', default_value = "22", value_parser = port)]
    pub port: Vec<u16>,

    /// Find SSH on any port, by its identification string
    #[arg(long)]
    pub any_port: bool,

    /// Only connections of this address; may be given several times
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub host: Vec<IpAddr>,

    /// Only connections of addresses in this network; may be given several times
    #[arg(long, value_name = "ADDR/BITS", value_parser = network)]
    pub net: Vec<Network>,
}

/// Which reports are written, and what they tell.
#[derive(Debug, ClapArgs)]
pub(super) struct Reporting {
    /// Format of the report
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FormatName>,

    /// Write the report to a file, in the format of its extension; may be given several times
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Vec<PathBuf>,

    /// Replace files that exist
    #[arg(long)]
    pub overwrite: bool,

    /// Every connection, healthy ones included, one line each
    #[arg(long)]
    pub all: bool,

    /// Colours in the text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,

    /// Failures alone: no summary, no remarks on the captures, no progress
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Figures of TCP and SSH, whole timelines, every warning
    #[arg(short, long)]
    pub verbose: bool,

    /// Times in UTC instead of local time
    #[arg(long)]
    pub utc: bool,
}

/// Who captures.
#[cfg(all(live, feature = "libpcap"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum BackendName {
    /// AF_PACKET where there is one and --filter does not need libpcap
    Auto,
    /// Linux' packet sockets
    #[cfg(af_packet)]
    #[value(name = "afpacket")]
    AfPacket,
    /// The library of tcpdump
    Libpcap,
}

/// Which packets are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kept {
    /// All that pass the filter
    All,
    /// Those of failed connections
    Failed,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  sshwire explain maxstartups-drop
  sshwire explain 'kex_exchange_identification: read: Connection reset by peer'
  ssh -vvv HOST 2>&1 | sshwire explain
  journalctl -u ssh --since -1h | sshwire explain -")]
pub(super) struct Explain {
    /// Id of a diagnosis or a part of one, a message, or `-` for a text on standard input (also without any, behind a pipe)
    #[arg(value_name = "ID-OR-MESSAGE")]
    pub what: Vec<String>,

    /// Every id with its title, and every message that is known
    #[arg(long, conflicts_with = "what")]
    pub list: bool,

    /// One JSON document instead of text
    #[arg(long)]
    pub json: bool,

    /// Colours in the text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
A PEER is one of:
  openssh-9.9      what this release offers by default (6.6 and later); also
                   dropbear-2022.83, putty-0.78, paramiko-3.5.1, asyncssh-2.24.1,
                   node-ssh2-1.17.0, and their other releases by the nearest one
  FILE             a capture (the first connection with this side's KEXINIT),
                   or what `ssh -G HOST`, `sshd -T` or `ssh -Q kex` printed
  FILE#3           the third connection of a capture
  -                the same on standard input

Examples:
  sshwire algorithms --kind cipher
  sshwire algorithms --client openssh-9.9 --server trouble.pcap
  sshd -T | sshwire algorithms --client openssh-7.4 --server -

Exit status: 0 they agree, 1 they do not, 2 the job itself could not be done.")]
pub(super) struct Algorithms {
    /// Only this kind in the table
    #[arg(long, value_name = "KIND", conflicts_with_all = ["client", "server"])]
    pub kind: Option<KindName>,

    /// The client of a negotiation
    #[arg(long, value_name = "PEER")]
    pub client: Option<String>,

    /// The server of a negotiation
    #[arg(long, value_name = "PEER")]
    pub server: Option<String>,

    /// One JSON document instead of text
    #[arg(long)]
    pub json: bool,

    /// Colours in the text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// A kind of algorithm, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum KindName {
    /// Key exchange methods
    Kex,
    /// Host keys and their signatures
    HostKey,
    /// Ciphers
    Cipher,
    /// Message authentication codes
    Mac,
    /// Compression methods
    Compression,
    /// Names that only signal a feature
    Marker,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal that shows them, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatName {
    /// For people
    Text,
    /// One document, see docs/report.schema.json
    Json,
    /// One connection a line as it is judged, then a summary line
    Jsonl,
}

fn port(text: &str) -> Result<u16, String> {
    match text.trim().parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("--port takes numbers from 1 to 65535, such as 22,2222; `{text}` is not one")),
    }
}

fn address(text: &str) -> Result<IpAddr, String> {
    let bare = text.trim().trim_start_matches('[').trim_end_matches(']');
    bare.parse()
        .map_err(|_| format!("--host takes an IP address, such as 192.0.2.10 or 2001:db8::1; `{text}` is not one"))
}

fn network(text: &str) -> Result<Network, String> {
    text.trim().parse().map_err(|NoNetwork| {
        format!("--net takes a network, such as 192.0.2.0/24 or 2001:db8::/32; `{text}` is not one")
    })
}

#[cfg(live)]
fn duration(text: &str) -> Result<Duration, String> {
    let refused = || format!("--duration takes a time, such as 90s, 10m, 8h or 7d; `{text}` is not one");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(refused()),
    };
    let number: u64 = digits.parse().map_err(|_| refused())?;
    match number.checked_mul(factor) {
        Some(seconds @ 1..) => Ok(Duration::from_secs(seconds)),
        _ => Err(refused()),
    }
}

/// Bytes with a unit: `16MB`, `512k`, `2GiB`. Units are powers of 1,024.
#[cfg(live)]
pub(super) fn size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text[digits.len()..].to_ascii_lowercase();
    let shift = match unit.trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// The smallest buffer holds a few of the largest packets; the kernel cannot map much more than the largest.
#[cfg(live)]
fn buffer(text: &str) -> Result<usize, String> {
    match size(text) {
        Some(bytes @ 0x10_0000..=0x4000_0000) => Ok(usize::try_from(bytes).unwrap_or(usize::MAX)),
        _ => Err(format!("--buffer takes a size from 1MB to 1GB; `{text}` is not one")),
    }
}

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err(format!("--threads takes a number from 1; `{text}` is not one")),
    }
}

fn limit(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("--limit takes a number, 0 for no limit; `{text}` is not one"))
}
