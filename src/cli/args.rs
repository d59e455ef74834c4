//! What was typed.

use crate::packet::{Network, NoNetwork};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum, ValueHint};
use std::net::IpAddr;
use std::path::PathBuf;

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

    #[command(flatten)]
    pub reporting: Reporting,
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
  openssh-9.9      what this release offers by default (6.6 and later)
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

fn limit(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("--limit takes a number, 0 for no limit; `{text}` is not one"))
}
