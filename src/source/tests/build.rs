//! Builds captures byte by byte.

use crate::source::order::Order;

/// Bytes in one byte order.
#[derive(Clone)]
pub struct Bytes {
    pub order: Order,
    pub bytes: Vec<u8>,
}

impl Bytes {
    pub fn new(order: Order) -> Self {
        Self { order, bytes: Vec::new() }
    }

    pub fn u16(mut self, value: u16) -> Self {
        self.bytes.extend(if self.order == Order::Little { value.to_le_bytes() } else { value.to_be_bytes() });
        self
    }

    pub fn u32(mut self, value: u32) -> Self {
        self.bytes.extend(if self.order == Order::Little { value.to_le_bytes() } else { value.to_be_bytes() });
        self
    }

    pub fn u64(mut self, value: u64) -> Self {
        self.bytes.extend(if self.order == Order::Little { value.to_le_bytes() } else { value.to_be_bytes() });
        self
    }

    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Bytes and zeros up to a multiple of four.
    pub fn padded(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self
    }
}

pub const MICRO: u32 = 0xa1b2_c3d4;
pub const NANO: u32 = 0xa1b2_3c4d;
pub const MODIFIED: u32 = 0xa1b2_cd34;

/// A pcap file: snaplen 262,144, Ethernet.
pub fn pcap(order: Order, magic: u32) -> Bytes {
    pcap_with(order, magic, 262_144, 1)
}

pub fn pcap_with(order: Order, magic: u32, snaplen: u32, link: u32) -> Bytes {
    Bytes::new(order).u32(magic).u16(2).u16(4).u32(0).u32(0).u32(snaplen).u32(link)
}

impl Bytes {
    pub fn record(self, seconds: u32, fraction: u32, wire: u32, data: &[u8]) -> Self {
        self.u32(seconds).u32(fraction).u32(u32::try_from(data.len()).expect("short")).u32(wire).raw(data)
    }

    /// A record of a day in 2026 that is as long as on the wire.
    pub fn packet(self, second: u32, data: &[u8]) -> Self {
        let length = u32::try_from(data.len()).expect("short");
        self.record(1_767_225_600 + second, 250_000, length, data)
    }

    /// A pcapng block around a body that is padded already.
    pub fn block(self, kind: u32, body: &Bytes) -> Self {
        let length = u32::try_from(body.bytes.len() + 12).expect("short");
        self.u32(kind).u32(length).raw(&body.bytes).u32(length)
    }

    pub fn body(&self) -> Self {
        Self::new(self.order)
    }

    pub fn section(self, length: u64) -> Self {
        let body = self.body().u32(0x1a2b_3c4d).u16(1).u16(0).u64(length);
        self.block(0x0a0d_0d0a, &body)
    }

    /// An interface with options given as code and value.
    pub fn interface(self, link: u16, snaplen: u32, options: &[(u16, &[u8])]) -> Self {
        let body = self.body().u16(link).u16(0).u32(snaplen).options(options);
        self.block(1, &body)
    }

    pub fn options(mut self, options: &[(u16, &[u8])]) -> Self {
        for (code, value) in options {
            self = self.u16(*code).u16(u16::try_from(value.len()).expect("short")).padded(value);
        }
        if options.is_empty() { self } else { self.u16(0).u16(0) }
    }

    pub fn enhanced(self, interface: u32, ticks: u64, wire: u32, data: &[u8], options: &[(u16, &[u8])]) -> Self {
        let (high, low) = ((ticks >> 32) as u32, (ticks & 0xffff_ffff) as u32);
        let body = self.body().u32(interface).u32(high).u32(low);
        let body = body.u32(u32::try_from(data.len()).expect("short")).u32(wire).padded(data).options(options);
        self.block(6, &body)
    }
}

/// A pcapng file with a section and an Ethernet interface.
pub fn pcapng(order: Order) -> Bytes {
    Bytes::new(order).section(u64::MAX).interface(1, 0, &[])
}
