//! sshwire: where, how, by whom and why an SSH connection in a packet capture ended.
//!
//! Data runs one way: `source -> packet -> tcp -> ssh -> record -> diagnose -> report`. A folder uses only what stands before
//! it. [`analyzer`] is the core without IO: packets in, judged connections out. [`cli`] wires it to [`source`] and [`report`].
//!
//! ```
//! use sshwire::analyzer::{Analyzer, Settings};
//! use sshwire::diagnose::{By, Confidence, Phase};
//! use sshwire::source::{CaptureReader, Next};
//! use std::path::Path;
//!
//! let mut reader = CaptureReader::open(Path::new("captures/maxst-0/capture.pcap"), 0)?;
//! let mut analyzer = Analyzer::new(Settings { ports: vec![22], ..Settings::default() });
//! loop {
//!     match reader.next() {
//!         Next::Packet(packet) => analyzer.push(&packet),
//!         Next::Idle => {}
//!         Next::End => break,
//!     }
//! }
//! analyzer.finish();
//!
//! let judged = analyzer.poll().expect("one connection");
//! let ended = &judged.judgement.ended;
//! assert_eq!((ended.phase, ended.by), (Phase::PreBanner, By::ServerApp));
//! let verdict = judged.judgement.verdict().expect("a finding");
//! assert_eq!((verdict.id, verdict.confidence), ("maxstartups-drop", Confidence::Certain));
//! # Ok::<(), sshwire::source::SourceError>(())
//! ```

pub mod analyzer;
pub mod cli;
pub mod diagnose;
pub mod explain;
pub mod limits;
#[cfg(unix)]
pub mod metrics;
#[cfg(unix)]
pub mod output;
pub mod packet;
pub mod record;
pub mod report;
#[cfg(target_os = "linux")]
pub mod sandbox;
#[cfg(unix)]
pub mod savefile;
pub mod source;
pub mod ssh;
pub mod tcp;
pub mod time;
#[cfg(feature = "tui")]
pub mod tui;
