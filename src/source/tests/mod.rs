//! Tests of the readers, on captures built from bytes.

mod build;
mod damage;
mod inputs;
mod layers;
mod pcap;
mod pcapng;
mod properties;

use super::{CaptureDescription, CaptureReader, Next, SourceError};
use crate::packet::LinkType;
use std::io::Read;

/// A packet, kept.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    number: u64,
    time: i64,
    link: LinkType,
    wire_len: u32,
    data: Vec<u8>,
}

fn read_from(reader: impl Read + Send + 'static) -> Result<(Vec<Kept>, CaptureDescription), SourceError> {
    Ok(drain(CaptureReader::from_reader("test".to_owned(), Box::new(reader), 3)?))
}

fn read(bytes: &[u8]) -> (Vec<Kept>, CaptureDescription) {
    read_from(std::io::Cursor::new(bytes.to_vec())).expect("a capture")
}

fn drain(mut reader: CaptureReader) -> (Vec<Kept>, CaptureDescription) {
    let mut packets = Vec::new();
    loop {
        match reader.next() {
            Next::Packet(packet) => packets.push(Kept {
                number: packet.id.number(),
                time: packet.time.0,
                link: packet.link,
                wire_len: packet.wire_len,
                data: packet.data.to_vec(),
            }),
            Next::Idle => {}
            Next::End => break,
        }
    }
    assert!(matches!(reader.next(), Next::End), "the end stays the end");
    let description = reader.description().clone();
    assert_eq!(description.packets, packets.len() as u64);
    assert_eq!(description.bytes, packets.iter().map(|packet| packet.data.len() as u64).sum::<u64>());
    (packets, description)
}
