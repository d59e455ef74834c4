//! CPU time and memory of `sshwire analyze`, beside the least that reading takes and beside what else is installed.
//!
//!     cargo bench --bench captures -- [SIZE] [KIND ...]      SIZE as 50M or 2G, 50M if none is given

#![allow(missing_docs, reason = "a program")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it prints a table")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run may stop")]

mod made;
mod measured;

use made::Kind;
use measured::{Cost, cost};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

const KINDS: [(Kind, &str); 5] = [
    (Kind::Mixed, "mixed"),
    (Kind::Flood, "flood"),
    (Kind::Bulk, "bulk"),
    (Kind::Scan, "scan"),
    (Kind::Hostile, "hostile"),
];

/// Name in the table, command with `{}` for the capture, and the largest capture that it is given, in MB.
const OTHERS: [(&str, &str, u64); 8] = [
    ("capinfos", "capinfos -c {}", u64::MAX),
    ("tcpdump 'port 22'", "tcpdump -n -r {} -w /dev/null port 22", u64::MAX),
    ("ngrep '^SSH-'", "ngrep -q -I {} ^SSH- port 22", u64::MAX),
    ("p0f", "p0f -r {}", u64::MAX),
    ("argus", "argus -r {} -w /dev/null", 500),
    ("ndpiReader", "ndpiReader -i {}", 500),
    ("tshark -Y ssh", "tshark -n -r {} -Y ssh -T fields -e ssh.protocol -e ssh.kex.hassh", 50),
    ("tshark conversations", "tshark -n -q -r {} -z conv,tcp", 50),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, command)) if first == measured::OF => println!("{}", measured::tell_cost(command).unwrap()),
        Some((first, [capture])) if first == measured::WALK => {
            println!("{}", measured::walk(Path::new(capture)).unwrap())
        }
        _ => tables(&arguments),
    }
}

fn tables(arguments: &[String]) {
    // Cargo adds `--bench`.
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| !word.starts_with("--")).collect();
    let sizes: Vec<u64> = words.iter().filter_map(|word| size(word)).collect();
    let bytes = sizes.first().copied().unwrap_or(50_000_000);
    let named = |name: &str| words.contains(&name);
    let unknown = words.iter().find(|word| size(word).is_none() && KINDS.iter().all(|(_, name)| name != *word));
    if let Some(word) = unknown {
        eprintln!("{word}: neither a size such as 200M nor one of mixed, flood, bulk, scan, hostile");
        std::process::exit(2);
    }
    let all = words.len() == sizes.len();
    for (kind, name) in KINDS.into_iter().filter(|(_, name)| all || named(name)) {
        let capture = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}.pcap"));
        let packets = made::write(kind, bytes, BufWriter::new(File::create(&capture).unwrap())).unwrap();
        table(&capture, name, packets, bytes / 1_000_000);
        std::fs::remove_file(&capture).unwrap();
    }
}

/// `200M`, `2G`, `500k` in bytes.
fn size(word: &str) -> Option<u64> {
    let unit = match word.chars().last()? {
        'k' => 1_000,
        'M' => 1_000_000,
        'G' => 1_000_000_000,
        _ => return None,
    };
    word[..word.len() - 1].parse::<u64>().ok().map(|number| number * unit)
}

fn table(capture: &Path, name: &str, packets: u64, megabytes: u64) {
    let path = capture.to_str().unwrap();
    let me = std::env::current_exe().unwrap();
    let walk = || cost(&[me.to_str().unwrap(), measured::WALK, path]).unwrap();
    // The least of a few: what disturbs a run only ever adds to it.
    let floor = (0..5).map(|_| walk()).min_by(|a, b| a.cpu.total_cmp(&b.cpu)).unwrap();
    println!(
        "\n{name}: {megabytes} MB, {packets} packets\n\n| | CPU s | x walk | wall s | MiB |\n|---|---:|---:|---:|---:|"
    );
    let row = |what: &str, cost: Cost| {
        let times = cost.cpu / floor.cpu.max(1e-6);
        println!("| {what} | {:.3} | {times:.1} | {:.3} | {:.0} |", cost.cpu, cost.wall, cost.memory);
    };
    row("walk", floor);
    for (what, format, threads) in
        [("sshwire, text", "text", "2"), ("sshwire, text, 1 thread", "text", "1"), ("sshwire, jsonl", "jsonl", "2")]
    {
        let command = [env!("CARGO_BIN_EXE_sshwire"), "analyze", "--threads", threads, "--format", format, path];
        let runs = (0..3).map(|_| cost(&command).unwrap());
        row(what, runs.min_by(|a, b| a.cpu.total_cmp(&b.cpu)).unwrap());
    }
    for (what, command, most) in OTHERS {
        let words: Vec<&str> = command.split(' ').map(|word| if word == "{}" { path } else { word }).collect();
        if megabytes <= most && is_installed(words[0]) {
            row(what, cost(&words).unwrap());
        }
    }
}

fn is_installed(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}
