//! `json`: one document. Connections are written as they are judged, so `captures`, `hosts` and `summary` stand behind
//! them; the order of keys in an object means nothing (RFC 8259 §4). Memory does not grow with their number.

use super::view::{Connection, SCHEMA};
use super::{Reporter, Tail};
use std::io::{self, Write};

/// Writes one JSON document.
pub struct Json<W> {
    out: W,
    connections: u64,
}

impl<W: Write> Json<W> {
    /// Writes the document to `out`.
    pub fn new(out: W) -> Self {
        Self { out, connections: 0 }
    }

    fn begin(&mut self) -> io::Result<()> {
        let version = env!("CARGO_PKG_VERSION");
        write!(self.out, "{{\n\"schema\":\"{SCHEMA}\",\n\"sshwire\":\"{version}\",\n\"connections\":[")
    }

    fn part(&mut self, name: &str, value: &impl serde::Serialize) -> io::Result<()> {
        write!(self.out, ",\n\"{name}\":")?;
        serde_json::to_writer(&mut self.out, value)?;
        Ok(())
    }
}

impl<W: Write> Reporter for Json<W> {
    fn connection(&mut self, connection: &Connection) -> io::Result<()> {
        if self.connections == 0 {
            self.begin()?;
        }
        self.out.write_all(if self.connections == 0 { b"\n" } else { b",\n" })?;
        self.connections += 1;
        serde_json::to_writer(&mut self.out, connection)?;
        Ok(())
    }

    fn finish(&mut self, tail: &Tail) -> io::Result<()> {
        if self.connections == 0 {
            self.begin()?;
        }
        self.out.write_all(b"\n]")?;
        self.part("captures", &tail.captures)?;
        self.part("hosts", &tail.hosts)?;
        self.part("summary", &tail.summary)?;
        self.out.write_all(b"\n}\n")?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    fn document(connections: &[Connection]) -> serde_json::Value {
        let mut out = Vec::new();
        let mut json = Json::new(&mut out);
        for connection in connections {
            json.connection(connection).unwrap();
        }
        json.finish(&samples::tail(connections)).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn a_document_without_connections_is_whole() {
        let document = document(&[]);
        assert_eq!(document["connections"], serde_json::json!([]));
        assert_eq!(document["summary"]["connections"], 0);
    }

    #[test]
    fn a_document_reads_as_the_contract_says() {
        let document = document(&[samples::maxstartups(), samples::no_common_kex()]);
        assert_eq!(document["schema"], SCHEMA);
        assert_eq!(document["connections"][0]["ended"]["phase"], "pre-banner");
        assert_eq!(document["connections"][1]["ssh"]["none_in_common"][0]["slot"], "kex");
        insta::assert_snapshot!(serde_json::to_string_pretty(&document["connections"][0]).unwrap());
    }

    #[test]
    fn nothing_from_the_wire_comes_out_alive() {
        let text = document(&[samples::hostile()]).to_string();
        assert!(!text.contains('\u{1b}') && !text.contains("\\u001b") && !text.contains('\u{202e}'));
    }
}
