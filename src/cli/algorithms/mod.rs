//! `sshwire algorithms`: the table, and what two ends would agree on.

mod json;
mod outcome;
mod peer;
mod text;

use super::args::{Algorithms, KindName};
use super::paper::{Paper, print_json};
use super::{Status, complain};
use crate::report::algorithms::{Table, to_json};
use crate::ssh::algorithms::{self, Algorithm, Kind};
use crate::tcp::Side;
use outcome::Outcome;
use peer::Peer;

pub(super) fn algorithms(asked: &Algorithms) -> Status {
    match run(asked) {
        Ok(status) => status,
        Err(line) => {
            complain(&line);
            Status::Trouble
        }
    }
}

fn run(asked: &Algorithms) -> Result<Status, String> {
    let read = |name: &Option<String>, side| name.as_ref().map(|name| Peer::read(name, side)).transpose();
    if asked.client.as_deref() == Some("-") && asked.server.as_deref() == Some("-") {
        return Err("standard input can be one of the two ends, not both".into());
    }
    let client = read(&asked.client, Side::Client)?;
    let server = read(&asked.server, Side::Server)?;
    Ok(match (client, server) {
        (Some(client), Some(server)) => negotiation(asked, &client, &server),
        (Some(peer), None) => offer(asked, Side::Client, &peer),
        (None, Some(peer)) => offer(asked, Side::Server, &peer),
        (None, None) => table(asked),
    })
}

fn negotiation(asked: &Algorithms, client: &Peer, server: &Peer) -> Status {
    let outcome = Outcome::of(client, server);
    let status = if outcome.fails() { Status::Failures } else { Status::Healthy };
    if asked.json {
        print_json(&json::negotiation(client, server, &outcome), status)
    } else {
        let mut paper = Paper::new(asked.color);
        text::negotiation(&mut paper, client, server, &outcome);
        paper.print(status)
    }
}

/// One end alone: its lists, with what is known of each name.
fn offer(asked: &Algorithms, side: Side, peer: &Peer) -> Status {
    if asked.json {
        return print_json(&json::offer(side, peer), Status::Healthy);
    }
    let mut paper = Paper::new(asked.color);
    text::offer(&mut paper, side, peer);
    paper.print(Status::Healthy)
}

fn table(asked: &Algorithms) -> Status {
    let wanted = asked.kind.map(Kind::from);
    let rows: Vec<&Algorithm> =
        algorithms::all().iter().filter(|row| wanted.is_none_or(|kind| row.kind == kind)).collect();
    if asked.json {
        return print_json(&to_json(&Table::new(&rows)), Status::Healthy);
    }
    let mut paper = Paper::new(asked.color);
    text::table(&mut paper, &rows);
    paper.print(Status::Healthy)
}

impl From<KindName> for Kind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Kex => Self::Kex,
            KindName::HostKey => Self::HostKey,
            KindName::Cipher => Self::Cipher,
            KindName::Mac => Self::Mac,
            KindName::Compression => Self::Compression,
            KindName::Marker => Self::Marker,
        }
    }
}
