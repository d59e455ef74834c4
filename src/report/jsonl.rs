//! `jsonl`: one connection a line, as soon as it is judged; then one line for the rest, which has `summary` as its
//! first key and no `id`.

use super::view::{Connection, SCHEMA};
use super::{Reporter, Tail};
use crate::report::view::{Capture, Host, Summary};
use serde::Serialize;
use std::io::{self, Write};

/// Writes JSON Lines.
pub struct Jsonl<W> {
    out: W,
}

/// The last line.
#[derive(Serialize)]
struct Last<'a> {
    summary: &'a Summary,
    schema: &'a str,
    sshwire: &'a str,
    captures: &'a [Capture],
    hosts: &'a [Host],
}

impl<W: Write> Jsonl<W> {
    /// Writes the lines to `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }

    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"\n")
    }
}

impl<W: Write> Reporter for Jsonl<W> {
    fn connection(&mut self, connection: &Connection) -> io::Result<()> {
        self.line(connection)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self, tail: &Tail) -> io::Result<()> {
        let Tail { captures, hosts, summary } = tail;
        self.line(&Last { summary, schema: SCHEMA, sshwire: env!("CARGO_PKG_VERSION"), captures, hosts })?;
        self.out.flush()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn every_line_is_a_value_and_the_last_one_the_summary() {
        let connections = [samples::maxstartups(), samples::healthy()];
        let mut out = Vec::new();
        let mut jsonl = Jsonl::new(&mut out);
        for connection in &connections {
            jsonl.connection(connection).unwrap();
        }
        jsonl.finish(&samples::tail(&connections)).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1]["outcome"], "healthy");
        assert_eq!(lines[2]["summary"]["failed"], 1);
    }
}
