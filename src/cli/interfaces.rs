//! `sshwire interfaces`: where a capture can be taken, and what is missing where it cannot.

use super::args::Interfaces;
use super::capture::refusal;
use super::paper::{Paper, print_json};
use super::{Status, complain};
use crate::report::interfaces::{Interface, to_json};
use crate::report::text::{style, width};
use crate::source::interfaces::{self, interfaces};
use crate::source::live::{ANY, backend};
use anstyle::Style;

pub(super) fn list(asked: &Interfaces) -> Status {
    let found = match interfaces() {
        Ok(found) => found,
        Err(error) => {
            complain(&format!("the interfaces cannot be listed: {error}"));
            return Status::Trouble;
        }
    };
    let refused = backend::may_capture().err().map(|error| refusal::line(&error));
    let mut rows: Vec<Interface> = found.iter().map(|interface| row(interface, refused.as_deref())).collect();
    let any = backend::captures_any().then(|| Interface {
        name: ANY.to_owned(),
        state: "up",
        addresses: Vec::new(),
        link_type: Some("LINUX_SLL2"),
        captures: refused.is_none(),
        missing: refused.clone(),
    });
    rows.extend(any);
    if asked.json { print_json(&to_json(&rows), Status::Healthy) } else { table(asked, &rows, refused.as_deref()) }
}

fn row(interface: &interfaces::Interface, refused: Option<&str>) -> Interface {
    let state = match (interface.up, interface.running) {
        (true, true) => "up",
        (true, false) => "no carrier",
        (false, _) => "down",
    };
    let down = || format!("it is down: sudo ip link set {} up", interface.name);
    Interface {
        name: interface.name.clone(),
        state,
        addresses: interface.addresses.clone(),
        link_type: backend::link_type(&interface.name).map(crate::packet::LinkType::name),
        captures: refused.is_none() && interface.up,
        missing: refused.map(str::to_owned).or_else(|| (!interface.up).then(down)),
    }
}

/// A line each; what all lack is said once, below.
fn table(asked: &Interfaces, rows: &[Interface], refused: Option<&str>) -> Status {
    let mut paper = Paper::new(asked.color);
    let column = |text: &dyn Fn(&Interface) -> String, title: &str| {
        rows.iter().map(|row| width(&text(row))).chain([width(title)]).max().unwrap_or(0)
    };
    let link = |row: &Interface| row.link_type.unwrap_or("-").to_owned();
    let (names, links) = (column(&|row| row.name.clone(), "interface"), column(&link, "link type"));
    let head =
        format!("{:<names$}  {:<10}  {:<links$}  {:<8}  addresses", "interface", "state", "link type", "captures");
    paper.line(0, &head, style::STRONG);
    for row in rows {
        let addresses: Vec<String> = row.addresses.iter().map(ToString::to_string).collect();
        let captures = if row.captures { "yes" } else { "no" };
        let start = format!("{:<names$}  {:<10}  {:<links$}  {captures:<8}  ", row.name, row.state, link(row));
        let addresses = match (row.name.as_str(), addresses.is_empty()) {
            (ANY, _) => "all interfaces together".to_owned(),
            (_, true) => "none".to_owned(),
            (_, false) => addresses.join(" "),
        };
        paper.item(0, start.trim_end(), Style::new(), width(&start), &addresses, Style::new());
        if let (None, Some(missing)) = (refused, &row.missing) {
            paper.paragraph(names + 2, missing, style::CARE);
        }
    }
    if let Some(refused) = refused {
        paper.gap();
        paper.paragraph(0, refused, style::CARE);
    }
    paper.print(Status::Healthy)
}
