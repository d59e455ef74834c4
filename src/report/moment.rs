//! Times and lengths of time as a report shows them. All are the capture's; only the time zone is the reader's.

use crate::time::{Span, Timestamp};
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;

/// RFC 3339 with nanoseconds in UTC: `2026-03-01T10:15:22.017104000Z`.
///
/// Nanoseconds that no calendar of four-digit years holds cannot occur: 64 bits reach from 1677 to 2262.
pub fn rfc3339(time: Timestamp) -> String {
    let mut text = String::with_capacity("2026-03-01T10:15:22.017104000Z".len());
    // Writing to a String cannot fail, and four-digit years are what the printer takes.
    let _ = RFC_3339.print_timestamp(&instant(time), &mut text);
    text
}

const RFC_3339: DateTimePrinter = DateTimePrinter::new().precision(Some(9));

/// For people, to the microsecond: `2026-03-01 11:15:22.017104 +01:00`, or `… UTC`.
pub fn readable(time: Timestamp, zone: &TimeZone) -> String {
    let zoned = instant(time).to_zoned_datetime(zone.clone());
    let offset = zoned.offset();
    let clock = zoned.strftime("%Y-%m-%d %H:%M:%S.%6f");
    if offset.is_zero() { format!("{clock} UTC") } else { format!("{clock} {}", zoned.strftime("%:z")) }
}

/// Time of day alone, to the second: `11:15:22`.
pub fn clock(time: Timestamp, zone: &TimeZone) -> String {
    instant(time).to_zoned_datetime(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// Date and time to the second, without the zone: `2026-03-01 11:15:22`.
pub fn to_the_second(time: Timestamp, zone: &TimeZone) -> String {
    instant(time).to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Seconds with microseconds, for the column of a timeline: `0.017104`, `-0.000012`.
pub fn seconds(span: Span) -> String {
    let micros = span.0.unsigned_abs() / 1_000;
    let sign = if span.0 < 0 && micros > 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// A length of time in the unit that a person would take: `18.2 ms`, `4.99 s`, `2 min 5 s`, `3 h 12 min`.
pub fn length(span: Span) -> String {
    let nanos = span.0.unsigned_abs();
    let sign = if span.0 < 0 { "-" } else { "" };
    let whole = nanos.div_ceil(1_000_000_000);
    match nanos {
        0 => "0 s".to_owned(),
        1..1_000_000 => format!("{sign}{} µs", (nanos + 500) / 1_000),
        1_000_000..100_000_000 => format!("{sign}{:.1} ms", span.abs().as_secs_f64() * 1e3),
        100_000_000..1_000_000_000 => format!("{sign}{:.0} ms", span.abs().as_secs_f64() * 1e3),
        1_000_000_000..60_000_000_000 => format!("{sign}{:.2} s", span.abs().as_secs_f64()),
        60_000_000_000..3_600_000_000_000 => format!("{sign}{} min {} s", whole / 60, whole % 60),
        _ => format!("{sign}{} h {} min", whole / 3_600, whole / 60 % 60),
    }
}

fn instant(time: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(i128::from(time.0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_their_nanoseconds() {
        assert_eq!(rfc3339(Timestamp(1_772_360_122_017_104_001)), "2026-03-01T10:15:22.017104001Z");
        assert_eq!(rfc3339(Timestamp(0)), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(rfc3339(Timestamp(i64::MIN)), "1677-09-21T00:12:43.145224192Z");
        assert_eq!(rfc3339(Timestamp(i64::MAX)), "2262-04-11T23:47:16.854775807Z");
    }

    #[test]
    fn the_readers_zone_is_named() {
        let time = Timestamp(1_772_360_122_017_104_001);
        assert_eq!(readable(time, &TimeZone::UTC), "2026-03-01 10:15:22.017104 UTC");
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(readable(time, &zone), "2026-03-01 12:15:22.017104 +02:00");
    }

    #[test]
    fn lengths_are_in_a_persons_unit() {
        let cases = [
            (0, "0 s"),
            (45_000, "45 µs"),
            (18_200_000, "18.2 ms"),
            (250_000_000, "250 ms"),
            (4_990_000_000, "4.99 s"),
            (125_000_000_000, "2 min 5 s"),
            (11_520_000_000_000, "3 h 12 min"),
        ];
        for (nanos, text) in cases {
            assert_eq!(length(Span(nanos)), text);
        }
        assert_eq!(seconds(Span(17_104_001)), "0.017104");
        assert_eq!(seconds(Span(-12_000)), "-0.000012");
    }
}
