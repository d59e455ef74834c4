//! Time as the capture tells it. Nothing in the core asks the machine's clock.

use std::ops::{Add, Sub};

/// A point in time of a capture: nanoseconds since 1970-01-01T00:00:00 UTC.
///
/// Captures may hold any value a hostile writer chose, so all arithmetic saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

/// A signed distance between two [`Timestamp`]s in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(pub i64);

impl Timestamp {
    /// Builds a time from whole seconds and a nanosecond part; saturates at the ends of the range (years 1677 to 2262).
    pub fn from_parts(seconds: i64, nanoseconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds))
    }
}

impl Span {
    /// Zero length.
    pub const ZERO: Self = Self(0);

    /// A span of so many milliseconds.
    pub const fn from_millis(milliseconds: i64) -> Self {
        Self(milliseconds.saturating_mul(1_000_000))
    }

    /// A span of so many microseconds.
    pub const fn from_micros(microseconds: i64) -> Self {
        Self(microseconds.saturating_mul(1_000))
    }

    /// A span of so many seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// The length in seconds, for printing and ratios.
    #[allow(clippy::cast_precision_loss)]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The length without its sign.
    pub fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }
}

impl Sub for Timestamp {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_instead_of_overflowing() {
        assert_eq!(Timestamp(i64::MIN) - Timestamp(i64::MAX), Span(i64::MIN));
        assert_eq!(Timestamp::from_parts(i64::MAX, 1).0, i64::MAX);
        assert_eq!(Timestamp(i64::MAX) + Span(1), Timestamp(i64::MAX));
    }
}
