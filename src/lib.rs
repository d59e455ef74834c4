//! sshwire: where, how, by whom and why an SSH connection in a packet capture ended.
//!
//! Data runs one way: `source -> packet -> tcp -> ssh -> record -> diagnose -> report`.

pub mod analyzer;
pub mod cli;
pub mod diagnose;
pub mod explain;
pub mod limits;
pub mod packet;
pub mod record;
pub mod report;
pub mod source;
pub mod ssh;
pub mod tcp;
pub mod time;
