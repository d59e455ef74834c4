//! The labelled captures: a folder a scenario with `capture.pcap` (or `.pcapng`) and `expect.toml`.

use serde::Deserialize;
use sshwire::analyzer::{Analyzer, Judged, Settings};
use sshwire::source::{CaptureReader, Next};
use std::path::{Path, PathBuf};

/// What is true of one connection.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    pub client: String,
    pub server: String,
    pub phase: String,
    pub how: String,
    pub by: String,
    pub forged: Option<bool>,
    pub id: String,
    #[serde(default)]
    pub also: Vec<String>,
    #[allow(dead_code)]
    pub client_message: Option<String>,
    /// Ids that stand among the findings, though another leads.
    #[serde(default)]
    pub findings: Vec<String>,
    #[serde(default)]
    pub must_not: Vec<String>,
    #[serde(default)]
    pub by_also: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    #[allow(dead_code)]
    pub about: String,
    #[allow(dead_code)]
    pub tap: String,
    #[serde(default)]
    pub connection: Vec<Expected>,
}

/// A folder with a capture and what is expected of it.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub name: String,
    pub capture: PathBuf,
    pub expected: Expectation,
}

/// The project's captures, or those of the folder that `SSHWIRE_CAPTURES` names.
pub fn folder() -> PathBuf {
    std::env::var_os("SSHWIRE_CAPTURES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("captures"), PathBuf::from)
}

/// Whether [`folder`] is the project's own: only then do the generated pages of `docs/` belong to it.
pub fn are_the_projects_own() -> bool {
    std::env::var_os("SSHWIRE_CAPTURES").is_none()
}

pub fn scenarios() -> Vec<Scenario> {
    scenarios_in(&folder())
}

/// The captures that are set aside for measuring.
pub fn heldout() -> Vec<Scenario> {
    scenarios_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/heldout"))
}

fn scenarios_in(folder: &Path) -> Vec<Scenario> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.into_iter().filter(|path| path.is_dir()).map(|path| read(&path)).collect()
}

fn read(folder: &Path) -> Scenario {
    let text = std::fs::read_to_string(folder.join("expect.toml"))
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let expected = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let capture = ["capture.pcap", "capture.pcapng", "capture.pcap.gz"]
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.exists());
    let capture = capture.unwrap_or_else(|| panic!("{}: no capture", folder.display()));
    Scenario { name: folder.file_name().unwrap().to_string_lossy().into_owned(), capture, expected }
}

/// Ports on which the lab's servers listen.
pub fn ports(scenario: &Scenario) -> Vec<u16> {
    let port = |end: &str| end.rsplit(':').next().and_then(|port| port.parse().ok());
    let mut ports: Vec<u16> =
        scenario.expected.connection.iter().filter_map(|expected| port(&expected.server)).collect();
    ports.push(22);
    ports
}

pub fn analyze(capture: &Path, ports: Vec<u16>) -> Vec<Judged> {
    let mut reader = CaptureReader::open(capture, 0).unwrap();
    let mut analyzer = Analyzer::new(Settings { ports, ..Settings::default() });
    loop {
        match reader.next() {
            Next::Packet(packet) => analyzer.push(&packet),
            Next::Idle => {}
            Next::End => break,
        }
    }
    analyzer.finish();
    std::iter::from_fn(|| analyzer.poll()).collect()
}
