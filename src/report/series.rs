//! Attempts on one server over time, counted in intervals that widen as the time grows, so that a second and a week take the
//! same room.

use super::view::{Interval, Outcome, Time};
use crate::limits::SERIES_INTERVALS;
use crate::time::{Span, Timestamp};

/// Width of the first intervals, in nanoseconds: bursts of attempts last seconds.
const FIRST_WIDTH: i64 = 1_000_000_000;

/// Counts by interval, empty ones left out.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// Nanoseconds of one interval.
    width: i64,
    /// By number of the interval since the epoch, in order.
    counts: Vec<(i64, Counts)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    attempts: u32,
    failed: u32,
    healthy: u32,
}

impl Counts {
    fn join(&mut self, other: Self) {
        self.attempts = self.attempts.saturating_add(other.attempts);
        self.failed = self.failed.saturating_add(other.failed);
        self.healthy = self.healthy.saturating_add(other.healthy);
    }
}

impl Default for Series {
    fn default() -> Self {
        Self { width: FIRST_WIDTH, counts: Vec::new() }
    }
}

impl Series {
    /// Counts an attempt that began at this time.
    pub fn add(&mut self, start: Timestamp, outcome: Outcome) {
        let one = Counts {
            attempts: 1,
            failed: u32::from(outcome == Outcome::Failed),
            healthy: u32::from(outcome == Outcome::Healthy),
        };
        self.join(start.0.div_euclid(self.width), one);
        while self.counts.len() > SERIES_INTERVALS {
            self.widen();
        }
    }

    fn join(&mut self, number: i64, counts: Counts) {
        match self.counts.binary_search_by_key(&number, |(known, _)| *known) {
            Ok(at) => self.counts[at].1.join(counts),
            Err(at) => self.counts.insert(at, (number, counts)),
        }
    }

    fn widen(&mut self) {
        self.width = self.width.saturating_mul(2);
        for (number, counts) in std::mem::take(&mut self.counts) {
            self.join(number.div_euclid(2), counts);
        }
    }

    /// Length of one interval.
    pub fn width(&self) -> Span {
        Span(self.width)
    }

    /// The intervals in order. `waiting`: from when to when each connection was open without a login.
    pub fn intervals(&self, waiting: &[(Timestamp, Timestamp)]) -> Vec<Interval> {
        let mut steps: Vec<(i64, i64)> = waiting.iter().flat_map(|(from, to)| [(from.0, 1), (to.0, -1)]).collect();
        // One that ends when another begins has made room.
        steps.sort_unstable();
        let mut steps = steps.into_iter().peekable();
        let mut open = 0;
        let interval = |&(number, counts): &(i64, Counts)| {
            let start = number.saturating_mul(self.width);
            while let Some((_, step)) = steps.next_if(|(time, _)| *time < start) {
                open += step;
            }
            let mut most = open;
            while let Some((_, step)) = steps.next_if(|(time, _)| *time < start.saturating_add(self.width)) {
                open += step;
                most = most.max(open);
            }
            Interval {
                start: Time(Timestamp(start)),
                attempts: counts.attempts,
                failed: counts.failed,
                healthy: counts.healthy,
                unauthenticated: u32::try_from(most).unwrap_or(0),
            }
        };
        self.counts.iter().map(interval).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_parts(seconds, 0)
    }

    #[test]
    fn a_burst_is_told_by_the_second() {
        let mut series = Series::default();
        for (second, outcome) in
            [(10, Outcome::Failed), (10, Outcome::Healthy), (10, Outcome::Open), (12, Outcome::Failed)]
        {
            series.add(at(second), outcome);
        }
        let waiting = [(at(10), at(13)), (at(10), at(12)), (at(12), at(14))];
        let told = series.intervals(&waiting);
        let shown: Vec<_> =
            told.iter().map(|i| (i.start.0, i.attempts, i.failed, i.healthy, i.unauthenticated)).collect();
        assert_eq!(shown, [(at(10), 3, 1, 1, 2), (at(12), 1, 1, 0, 2)]);
    }

    #[test]
    fn a_week_takes_no_more_room_and_loses_no_attempt() {
        let mut series = Series::default();
        for minute in 0..10_080 {
            series.add(at(minute * 60), Outcome::Failed);
        }
        let told = series.intervals(&[]);
        assert!(told.len() <= SERIES_INTERVALS && told.len() > SERIES_INTERVALS / 4, "{}", told.len());
        assert_eq!(told.iter().map(|interval| interval.failed).sum::<u32>(), 10_080);
        assert!(told.windows(2).all(|pair| pair[0].start.0 < pair[1].start.0));
    }

    #[test]
    fn times_at_both_ends_of_the_clock_end() {
        let mut series = Series::default();
        for nanos in [i64::MIN, i64::MAX, 0].into_iter().chain((0..200).map(|n| n << 54)) {
            series.add(Timestamp(nanos), Outcome::Unclear);
        }
        assert_eq!(series.intervals(&[]).iter().map(|interval| interval.attempts).sum::<u32>(), 203);
    }
}
