//! One interface of a pcapng section (draft-ietf-opsawg-pcapng §4.2): link type, cut length, unit and origin of time.

use super::description::link_type;
use super::order::Order;
use crate::packet::LinkType;
use crate::time::Timestamp;

/// An interface description.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interface {
    pub link: LinkType,
    /// Bytes kept of each packet; 0 = no limit.
    pub snaplen: u32,
    unit: Unit,
    /// Seconds to add to each time stamp (if_tsoffset).
    offset: i64,
    /// Packets lost so far, as its last statistics block said.
    pub drops: u64,
}

/// What one tick of a time stamp is (if_tsresol).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// So many nanoseconds.
    Nanoseconds(u64),
    /// So many ticks make a nanosecond.
    PerNanosecond(u64),
    /// 2^-n seconds.
    BinaryFraction(u32),
}

impl Unit {
    /// Every byte has a meaning: bit 7 says the base, the rest the negative exponent.
    fn from_resolution(byte: u8) -> Self {
        let exponent = u32::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            Self::BinaryFraction(exponent)
        } else if exponent <= 9 {
            Self::Nanoseconds(10_u64.pow(9 - exponent))
        } else {
            // Units below 10^-28 seconds: 64 bits of them do not make a nanosecond.
            Self::PerNanosecond(10_u64.checked_pow(exponent - 9).unwrap_or(u64::MAX))
        }
    }

    #[inline]
    fn nanoseconds(self, ticks: u64) -> i64 {
        let nanoseconds = match self {
            Self::Nanoseconds(factor) => ticks.saturating_mul(factor),
            Self::PerNanosecond(divisor) => ticks / divisor,
            Self::BinaryFraction(exponent) => {
                let scaled = (u128::from(ticks) * 1_000_000_000) >> exponent;
                u64::try_from(scaled).unwrap_or(u64::MAX)
            }
        };
        i64::try_from(nanoseconds).unwrap_or(i64::MAX)
    }
}

impl Interface {
    /// What stands in for an interface that was never described: packets cannot be decoded, time is in microseconds.
    pub const UNKNOWN: Self =
        Self { link: LinkType::Unknown(u16::MAX), snaplen: 0, unit: Unit::Nanoseconds(1_000), offset: 0, drops: 0 };

    /// Reads the body of an interface description block, from its link type on.
    pub fn parse(order: Order, body: &[u8]) -> Self {
        let mut interface = Self { link: link_type(order.u16(body, 0)), snaplen: order.u32(body, 4), ..Self::UNKNOWN };
        for (code, value) in Options::new(order, body.get(8..).unwrap_or_default()) {
            match (code, value) {
                (9, [resolution, ..]) => interface.unit = Unit::from_resolution(*resolution),
                (14, value) if value.len() >= 8 => interface.offset = order.u64(value, 0).cast_signed(),
                _ => {}
            }
        }
        interface
    }

    /// A time stamp of this interface, given as its two halves.
    #[inline]
    pub fn time(&self, high: u32, low: u32) -> Timestamp {
        let ticks = (u64::from(high) << 32) | u64::from(low);
        Timestamp::from_parts(self.offset, self.unit.nanoseconds(ticks))
    }
}

/// Options of a block (§3.5): code, value. Damaged ones end the list.
pub(super) struct Options<'a> {
    order: Order,
    rest: &'a [u8],
}

impl<'a> Options<'a> {
    pub fn new(order: Order, bytes: &'a [u8]) -> Self {
        Self { order, rest: bytes }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let head = self.rest.get(..4)?;
        let (code, length) = (self.order.u16(head, 0), usize::from(self.order.u16(head, 2)));
        let value = self.rest.get(4..4 + length)?;
        if code == 0 {
            return None;
        }
        // The padding of the last option is missing in some files.
        self.rest = self.rest.get(4 + length.next_multiple_of(4)..).unwrap_or_default();
        Some((code, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_resolution_has_a_meaning() {
        let ns = |resolution, ticks| Unit::from_resolution(resolution).nanoseconds(ticks);
        assert_eq!(ns(0, 2), 2_000_000_000);
        assert_eq!(ns(3, 5), 5_000_000);
        assert_eq!(ns(6, 7), 7_000);
        assert_eq!(ns(9, 7), 7);
        assert_eq!(ns(12, 7_999), 7);
        assert_eq!(ns(0x80, 3), 3_000_000_000);
        assert_eq!(ns(0x8a, 512), 500_000_000);
        assert_eq!(ns(0x80 | 30, 1 << 30), 1_000_000_000);
        for resolution in 0..=u8::MAX {
            assert_eq!(ns(resolution, 0), 0);
            assert!(ns(resolution, u64::MAX) >= 0);
        }
    }

    #[test]
    fn an_option_list_without_end_is_read_to_its_end() {
        let bytes = [1, 0, 3, 0, b'a', b'b', b'c', 0, 9, 0, 1, 0, 9];
        let options: Vec<_> = Options::new(Order::Little, &bytes).collect();
        assert_eq!(options, [(1, &b"abc"[..]), (9, &[9][..])]);
        assert_eq!(Options::new(Order::Little, &[1, 0, 9, 0, 1]).count(), 0);
    }
}
