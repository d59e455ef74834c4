//! What a command costs, measured from outside.

use nix::sys::resource::{UsageWho, getrusage};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What one run took.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// User and system time, in seconds.
    pub cpu: f64,
    /// From its start to its end, in seconds.
    pub wall: f64,
    /// Largest resident set, in MiB.
    pub memory: f64,
}

/// The hidden argument by which this program runs one command and tells what it took.
pub const OF: &str = "--cost-of";
/// And the one that walks through a capture.
pub const WALK: &str = "--walk";

/// Runs a command in a process of its own that has no other children, so that what is used up by children is the command's.
pub fn cost(command: &[&str]) -> io::Result<Cost> {
    let output = Command::new(std::env::current_exe()?).arg(OF).args(command).output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    let mut numbers = told.split_whitespace().map(str::parse::<f64>);
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(cpu)), Some(Ok(wall)), Some(Ok(memory))) => Ok(Cost { cpu, wall, memory }),
        _ => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

/// The inner half of [`cost`].
pub fn tell_cost(command: &[String]) -> io::Result<String> {
    let Some((program, arguments)) = command.split_first() else { return Err(io::Error::other("no command")) };
    let quiet = || Stdio::null();
    let begun = Instant::now();
    Command::new(program).args(arguments).stdin(quiet()).stdout(quiet()).stderr(quiet()).status()?;
    let wall = begun.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let cpu = seconds(usage.user_time()) + seconds(usage.system_time());
    Ok(format!("{cpu} {wall} {}", usage.max_rss() as f64 / 1024.0))
}

/// The least that reading a capture can take: pieces of 1 MiB, every record header followed, 64 bytes of each packet touched.
pub fn walk(capture: &Path) -> io::Result<u64> {
    let mut file = File::open(capture)?;
    let mut window = vec![0; 1 << 20];
    let (mut held, mut at, mut sum) = (0, 24, 0_u64);
    loop {
        let read = file.read(&mut window[held..])?;
        held += read;
        while let Some(header) = window[..held].get(at..at + 16) {
            let length = u32::from_le_bytes([header[8], header[9], header[10], header[11]]) as usize;
            let Some(data) = window[..held].get(at + 16..at + 16 + length) else { break };
            sum = data.iter().take(64).fold(sum, |sum, byte| sum.wrapping_add(u64::from(*byte)));
            at += 16 + length;
        }
        if read == 0 {
            return Ok(sum);
        }
        window.copy_within(at..held, 0);
        (held, at) = (held - at, 0);
    }
}
