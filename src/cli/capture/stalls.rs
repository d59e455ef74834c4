//! Connections that are stuck, told while it lasts.

use crate::analyzer::{Analyzer, Judged};
use crate::tcp::{OpenConnection, Side, Stall};
use crate::time::{Span, Timestamp};
use std::collections::BTreeMap;

/// Repetitions without an answer from which on it is told. Two are ordinary loss (a tail loss probe and a timeout,
/// RFC 8985 §7).
const REPETITIONS: u32 = 3;
/// Silence after which nobody repeats any more: twice the longest retransmission timeout of Linux (`TCP_RTO_MAX`, 120 s).
const GIVEN_UP: Span = Span::from_secs(240);
/// Stalls told at one time; a dead path with thousands of connections needs no line for each.
const TOLD: usize = 1_024;

/// What there is to tell.
pub enum News {
    /// A connection is stuck; what would be concluded if it ended now.
    Stuck(Stall, Span, Box<Judged>),
    /// An answer came after so long.
    GoesOn(OpenConnection, Span),
}

/// The stalls that were told.
#[derive(Default)]
pub struct Stalls {
    told: BTreeMap<u64, (OpenConnection, Timestamp)>,
}

impl Stalls {
    /// Looks for stuck connections; gives up those of which nothing more is to come.
    pub fn look(&mut self, analyzer: &mut Analyzer, now: Timestamp) -> Vec<News> {
        let mut news = Vec::new();
        let stalls: Vec<_> =
            analyzer.stalls().into_iter().filter(|(_, stall)| stall.repetitions >= REPETITIONS).collect();
        let stuck: BTreeMap<u64, &OpenConnection> = stalls.iter().map(|(open, _)| (open.number, open)).collect();
        let over: Vec<u64> = self.told.keys().copied().filter(|number| !stuck.contains_key(number)).collect();
        let open: BTreeMap<u64, OpenConnection> = if over.is_empty() {
            BTreeMap::new()
        } else {
            analyzer.open_list(usize::MAX).into_iter().map(|open| (open.number, open)).collect()
        };
        for number in over {
            // One that ended is told by its verdict.
            if let Some((_, since)) = self.told.remove(&number)
                && let Some(open) = open.get(&number)
            {
                news.push(News::GoesOn(*open, open.last - since));
            }
        }
        for (open, stall) in &stalls {
            if now - open.last > GIVEN_UP {
                self.told.remove(&open.number);
                analyzer.give_up(open);
            } else if !self.told.contains_key(&open.number) && self.told.len() < TOLD {
                self.told.insert(open.number, (*open, stall.since));
                if let Some(judged) = analyzer.interim(open) {
                    news.push(News::Stuck(*stall, now - stall.since, Box::new(judged)));
                }
            }
        }
        news
    }
}

/// `no answer to 3 retransmissions of a full-size segment of the server for 1.6 s`
pub fn words(stall: &Stall, lasts: Span) -> String {
    let side = stall.from.name();
    let what = match (stall.syn, stall.from, stall.full_size) {
        (true, Side::Client, _) => "the SYN".to_owned(),
        (true, Side::Server, _) => "the SYN+ACK".to_owned(),
        (false, _, true) => format!("a full-size segment of the {side}"),
        (false, _, false) if stall.len == 0 => format!("the FIN of the {side}"),
        (false, _, false) => format!("a segment of the {side} with {} bytes", stall.len),
    };
    format!("no answer to {} retransmissions of {what} for {:.1} s", stall.repetitions, lasts.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_is_told_in_words() {
        let stall = Stall {
            from: Side::Server,
            repetitions: 3,
            len: 1_448,
            syn: false,
            full_size: true,
            since: Timestamp(0),
            last: Timestamp(0),
        };
        let told = |stall: Stall| words(&stall, Span::from_millis(1_600));
        assert_eq!(told(stall), "no answer to 3 retransmissions of a full-size segment of the server for 1.6 s");
        let small = Stall { full_size: false, len: 40, from: Side::Client, ..stall };
        assert_eq!(told(small), "no answer to 3 retransmissions of a segment of the client with 40 bytes for 1.6 s");
        assert!(told(Stall { syn: true, from: Side::Client, ..stall }).contains("of the SYN for"));
    }
}
