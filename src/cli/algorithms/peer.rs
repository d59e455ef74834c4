//! One end of a negotiation, as it is named on the command line: a release, a capture, the output of a program.

use crate::analyzer::{Analyzer, Judged, Settings};
use crate::limits::EXPLAINED_BYTES;
use crate::report::escape::{visible, visible_text};
use crate::source::{CaptureReader, Next, SourceError};
use crate::ssh::algorithms::OpenSshVersion;
use crate::ssh::configured::{Configured, Form, Lists};
use crate::ssh::defaults::TAGS;
use crate::ssh::kexinit::KexInit;
use crate::ssh::releases::Release;
use crate::ssh::{Offer, Slot, Software};
use crate::tcp::Side;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

/// Bytes of standard input that are kept to find out what it is. The first connection is near the beginning.
const STDIN_BYTES: u64 = 256 << 20;

/// One end.
#[derive(Debug)]
pub(super) struct Peer {
    /// What it is, in words: `OpenSSH 9.9, by default`.
    pub name: String,
    /// What to know about its lists.
    pub remarks: Vec<String>,
    /// Its software, as far as known.
    pub software: Software,
    /// Where its server is, where that is known: user, host, port.
    pub destination: (Option<String>, Option<String>, Option<u16>),
    /// The `kex-strict-…` marker can be told from the lists.
    pub shows_markers: bool,
    lists: Source,
}

#[derive(Debug)]
enum Source {
    Seen { kexinit: Arc<KexInit>, lists_read: u8 },
    Told(Lists),
}

impl Peer {
    /// Finds out what is meant. An error is a line for the user.
    pub fn read(asked: &str, side: Side) -> Result<Self, String> {
        let exists = asked == "-" || Path::new(asked).exists();
        match if exists { None } else { release(asked)? } {
            Some(Named::OpenSsh(version)) => return of_release(version, side),
            Some(Named::Other(product, version)) => return of_other_release(product, &version, side),
            None => {}
        }
        let (path, number) = if exists { (asked, None) } else { numbered(asked)? };
        if path == "-" { of_stdin(number, side) } else { of_file(path, number, side) }
    }

    /// Its offer; a list that is not known is empty in it.
    pub fn offer(&self) -> Offer<'_> {
        match &self.lists {
            Source::Seen { kexinit, .. } => kexinit.offer(),
            Source::Told(lists) => lists.offer(),
        }
    }

    /// Whether the list of a slot is known.
    pub fn knows(&self, slot: Slot) -> bool {
        match &self.lists {
            Source::Seen { lists_read, .. } => {
                Slot::ALL.iter().position(|known| *known == slot) < Some(usize::from(*lists_read))
            }
            Source::Told(lists) => lists.of(slot.kind()).is_some(),
        }
    }
}

/// `FILE#3`.
fn numbered(asked: &str) -> Result<(&str, Option<usize>), String> {
    let Some((path, number)) = asked.rsplit_once('#') else { return Ok((asked, None)) };
    match number.parse() {
        Ok(number) if number > 0 => Ok((path, Some(number))),
        _ => Err(format!("{asked}: behind `#` stands the number of a connection, 1 for the first")),
    }
}

/// A release, as it was named.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    OpenSsh(OpenSshVersion),
    /// Product and version.
    Other(&'static str, String),
}

/// `openssh-9.9`, `OpenSSH_7.4p1`, `dropbear-2022.83`, `PuTTY 0.78`. A product whose lists are not known is an error, since no file
/// of that name exists.
fn release(asked: &str) -> Result<Option<Named>, String> {
    let lower = asked.to_ascii_lowercase();
    let lower = lower.replace("node-ssh2", "nodessh2").replace("putty_release", "putty");
    let (product, version) = lower.split_once(['-', '_', ' ']).unwrap_or((&lower, ""));
    let is_version = version.starts_with(|c: char| c.is_ascii_digit());
    let product = match product {
        "plink" => "putty",
        "nodessh2" | "ssh2js" | "ssh2" => "node-ssh2",
        other => other,
    };
    if product == "openssh" {
        let numbers = version.split('p').next().unwrap_or_default();
        let mut parts = numbers.split('.').map(str::parse);
        return match (parts.next(), parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor)), None | Some(Ok(_))) => {
                Ok(Some(Named::OpenSsh(OpenSshVersion::new(major, minor))))
            }
            _ => Err(format!("{asked}: a release is written like openssh-9.9")),
        };
    }
    if let Some(known) = Release::products().into_iter().find(|known| *known == product) {
        let whole = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        return match version.split('.').all(whole) {
            true => Ok(Some(Named::Other(known, version.to_owned()))),
            false => Err(format!("{asked}: a release is written like dropbear-2022.83")),
        };
    }
    if UNKNOWN.contains(&product) && is_version {
        let known = Release::products().join(", ");
        return Err(format!(
            "{asked}: the lists of {product} are not known here (openssh, {known} are); give a capture of it"
        ));
    }
    Ok(None)
}

/// Products that somebody may name, and whose lists are not known.
const UNKNOWN: &[&str] = &["libssh", "libssh2", "tinyssh", "jsch", "winscp", "cisco", "go", "russh", "mina"];

fn of_other_release(product: &str, version: &str, side: Side) -> Result<Peer, String> {
    let release = Release::nearest(product, version, side).ok_or_else(|| {
        format!("{product}-{version}: the lists of its {} are not known here; give a capture of it", word(side))
    })?;
    let mut remarks = Vec::new();
    if release.version != version {
        remarks.push(format!("the nearest release whose lists are known is {}: these are its lists", release.version));
    }
    if side == Side::Server {
        remarks.push("with RSA, ECDSA nistp256 and Ed25519 keys".to_owned());
    }
    if matches!(product, "dropbear" | "putty") {
        remarks.push("as Debian builds it; other builds leave algorithms out".to_owned());
    }
    let identification = match product {
        "dropbear" => format!("dropbear_{version}"),
        "putty" => format!("PuTTY_Release_{version}"),
        "asyncssh" => format!("AsyncSSH_{version}"),
        "node-ssh2" => format!("ssh2js{version}"),
        other => format!("{other}_{version}"),
    };
    Ok(Peer {
        name: format!("{product} {version}, by default"),
        remarks,
        software: Software::parse(&identification, None),
        destination: (None, None, None),
        shows_markers: true,
        lists: Source::Told(release.lists()),
    })
}

fn of_release(version: OpenSshVersion, side: Side) -> Result<Peer, String> {
    let (Some(oldest), Some(newest)) = (TAGS.first(), TAGS.last()) else { return Err(String::new()) };
    let lists = Lists::of_openssh(version, side)
        .ok_or_else(|| format!("openssh-{version}: the oldest release whose lists are known is {oldest}"))?;
    let mut remarks = Vec::new();
    if version > *newest {
        remarks.push(format!("the newest release whose lists are known is {newest}: these are its lists"));
    }
    if side == Side::Server {
        remarks.push("with the keys that ssh-keygen -A makes: RSA, ECDSA nistp256, Ed25519".to_owned());
    }
    remarks.push("the project's lists; distributions change them (RHEL: crypto-policies)".to_owned());
    Ok(Peer {
        name: format!("OpenSSH {version}, by default"),
        remarks,
        software: Software::parse(&format!("OpenSSH_{version}"), None),
        destination: (None, None, None),
        shows_markers: true,
        lists: Source::Told(lists),
    })
}

fn of_file(path: &str, number: Option<usize>, side: Side) -> Result<Peer, String> {
    let open = || CaptureReader::open(Path::new(path), 0);
    match open() {
        Ok(reader) => {
            // First as `analyze` counts connections, then on every port.
            if let Some(peer) = in_capture(path, reader, number, side, false)? {
                return Ok(peer);
            }
            let again = open().map_err(|error| error.to_string())?;
            in_capture(path, again, number, side, true)?.ok_or_else(|| nothing(path, number, side))
        }
        Err(SourceError::NotACapture { .. } | SourceError::TooShort { .. }) => {
            let file = File::open(path).map_err(|error| format!("{path}: cannot be read: {error}"))?;
            let mut bytes = Vec::new();
            file.take(EXPLAINED_BYTES as u64)
                .read_to_end(&mut bytes)
                .map_err(|error| format!("{path}: cannot be read: {error}"))?;
            of_text(path, &bytes, side)
        }
        Err(error) => Err(error.to_string()),
    }
}

/// A pipe can be read only once: it is kept.
fn of_stdin(number: Option<usize>, side: Side) -> Result<Peer, String> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(STDIN_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("standard input: cannot be read: {error}"))?;
    if bytes.is_empty() {
        return Err("standard input is empty: pipe a capture or the output of ssh -G, sshd -T or ssh -Q into it".into());
    }
    let open = || CaptureReader::from_reader("standard input".to_owned(), Box::new(Cursor::new(bytes.clone())), 0);
    match open() {
        Ok(reader) => match in_capture("standard input", reader, number, side, false)? {
            Some(peer) => Ok(peer),
            None => {
                let again = open().map_err(|error| error.to_string())?;
                in_capture("standard input", again, number, side, true)?
                    .ok_or_else(|| nothing("standard input", number, side))
            }
        },
        Err(_) => of_text("standard input", &bytes, side),
    }
}

fn nothing(path: &str, number: Option<usize>, side: Side) -> String {
    let end = word(side);
    match number {
        Some(number) => format!("{path}: connection {number} is not there, or has no KEXINIT of the {end}"),
        None => format!("{path}: no connection in it has a KEXINIT of the {end}"),
    }
}

fn word(side: Side) -> &'static str {
    if side == Side::Client { "client" } else { "server" }
}

fn in_capture(
    path: &str,
    mut reader: CaptureReader,
    number: Option<usize>,
    side: Side,
    any_port: bool,
) -> Result<Option<Peer>, String> {
    let mut analyzer = Analyzer::new(Settings { ports: vec![22], any_port, ..Settings::default() });
    let mut best: Option<Judged> = None;
    loop {
        let ended = match reader.next() {
            Next::Packet(packet) => {
                analyzer.push(&packet);
                false
            }
            Next::Idle => false,
            Next::End => true,
        };
        if ended {
            analyzer.finish();
        }
        while let Some(judged) = analyzer.poll() {
            let wanted = number.is_none_or(|number| judged.record.number + 1 == number as u64);
            let first = best.as_ref().is_none_or(|best| judged.record.number < best.record.number);
            if wanted && first && judged.record.ssh[side].kexinit.is_some() {
                best = Some(judged);
            }
        }
        if ended {
            break;
        }
    }
    Ok(best.map(|judged| of_record(path, &judged, side)))
}

fn of_record(path: &str, judged: &Judged, end: Side) -> Peer {
    let record = &judged.record;
    let side = &record.ssh[end];
    let software = side.identification.as_ref().map_or_else(Software::unknown, |said| said.parsed_software());
    let said = side.identification.as_ref().map(|said| format!(", {}", visible(&said.raw))).unwrap_or_default();
    let mut remarks = Vec::new();
    let kexinit = side.kexinit.clone();
    if kexinit.as_ref().is_some_and(|kexinit| !kexinit.complete) {
        remarks.push("its KEXINIT is cut: some lists are missing".to_owned());
    }
    Peer {
        name: format!("{} in connection {} of {}{said}", record.endpoint(end), record.number + 1, visible_text(path)),
        remarks,
        software,
        destination: (None, Some(record.server.address.to_string()), Some(record.server.port)),
        shows_markers: true,
        lists: Source::Seen {
            lists_read: kexinit.as_ref().map_or(0, |kexinit| kexinit.lists_read),
            kexinit: kexinit.map(|seen| seen.kexinit).unwrap_or_default(),
        },
    }
}

fn of_text(path: &str, bytes: &[u8], side: Side) -> Result<Peer, String> {
    let text = String::from_utf8_lossy(bytes);
    let read = Configured::read(&text).map_err(|why| format!("{path}: {why}"))?;
    let mut remarks = Vec::new();
    let (program, other) = match read.form {
        Form::ClientSettings => ("ssh -G", side == Side::Server),
        Form::ServerSettings => ("sshd -T", side == Side::Client),
        Form::Known => ("ssh -Q", false),
    };
    if other {
        remarks.push(format!("this is what {program} prints, the settings of the other end"));
    }
    if read.form == Form::Known {
        remarks.push("names that it knows: it may offer fewer".to_owned());
    }
    if read.by_key_files {
        remarks.push("host keys by the names of its HostKey files".to_owned());
    }
    let version = read.lists.nearest_openssh(side).filter(|_| read.form != Form::Known);
    if let Some(version) = version {
        remarks.push(format!("taken for OpenSSH {version}, whose lists are the nearest"));
    }
    let software =
        version.map_or_else(Software::unknown, |version| Software::parse(&format!("OpenSSH_{version}"), None));
    let (user, host, port) = read.destination;
    let host = host.filter(|host| visible_text(host) == *host);
    Ok(Peer {
        name: format!("{} ({program})", visible_text(path)),
        remarks,
        software,
        destination: (user, host, port),
        shows_markers: false,
        lists: Source::Told(read.lists),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn releases_are_recognised() {
        let openssh = |major, minor| Some(Named::OpenSsh(OpenSshVersion::new(major, minor)));
        let other = |product, version: &str| Some(Named::Other(product, version.to_owned()));
        for (asked, expected) in [
            ("openssh-9.9", openssh(9, 9)),
            ("OpenSSH_6.6.1p1", openssh(6, 6)),
            ("OpenSSH 10.0", openssh(10, 0)),
            ("dropbear-2022.83", other("dropbear", "2022.83")),
            ("PuTTY_Release_0.78", other("putty", "0.78")),
            ("node-ssh2-1.17.0", other("node-ssh2", "1.17.0")),
            ("AsyncSSH_2.24.1", other("asyncssh", "2.24.1")),
            ("capture.pcap", None),
        ] {
            assert_eq!(release(asked), Ok(expected), "{asked}");
        }
        assert!(release("openssh-new").unwrap_err().contains("openssh-9.9"));
        assert!(release("dropbear-new").unwrap_err().contains("dropbear-2022.83"));
        assert!(release("libssh-0.10.6").unwrap_err().contains("dropbear"));
        assert!(of_other_release("putty", "0.83", Side::Server).unwrap_err().contains("server"));
        assert!(of_release(OpenSshVersion::new(5, 3), Side::Client).unwrap_err().contains("6.6"));
    }

    #[test]
    fn connections_are_numbered_from_one() {
        assert_eq!(numbered("a.pcap#3"), Ok(("a.pcap", Some(3))));
        assert_eq!(numbered("a.pcap"), Ok(("a.pcap", None)));
        assert!(numbered("a.pcap#0").is_err() && numbered("a#b").is_err());
    }
}
