//! What is counted while the writes go by: answers, requests, volume, and the signs of a session that need no sizes of the server.

use super::suite::Suite;
use super::{AuthenticationGuess, Basis, Circumstances, Outcome, Write};

/// Counters of one connection.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) requests: u32,
    /// Sizes of the first two requests, where each began a burst of its own.
    first_requests: Vec<u32>,
    /// Size of the last packet and index of each answer to an authentication request.
    pub(super) answers: Vec<(u32, usize)>,
    pub(super) service_accept: Option<usize>,
    pub(super) last_from_client: bool,
    pub(super) session_began: Option<usize>,
    pub(super) first_after_candidate: Option<usize>,
    burst: Burst,
    bursts: [u32; 2],
    small_exchanges: u32,
    server_burst_sizes: Vec<u32>,
    largest_burst: u64,
}

/// Consecutive writes of one side.
#[derive(Debug, Default, Clone, Copy)]
struct Burst {
    from_client: bool,
    bytes: u64,
}

/// What [`Tally::failures`] found.
pub(super) struct Failures {
    /// Refusals, that of `none` included.
    pub(super) refused: u32,
    pub(super) attempts: u32,
    pub(super) last_is_refusal: bool,
    pub(super) too_many: Option<usize>,
}

impl Tally {
    /// Counts a write before the success.
    pub(super) fn count(&mut self, write: &Write, circumstances: &Circumstances<'_>) {
        if self.burst.bytes > 0 && self.burst.from_client != write.from_client {
            self.end_burst(circumstances);
        }
        self.burst.from_client = write.from_client;
        self.burst.bytes = self.burst.bytes.saturating_add(u64::from(write.bytes));
        self.largest_burst = self.largest_burst.max(self.burst.bytes);
    }

    fn end_burst(&mut self, circumstances: &Circumstances<'_>) {
        let burst = std::mem::take(&mut self.burst);
        let bytes = u32::try_from(burst.bytes).unwrap_or(u32::MAX);
        if !burst.from_client {
            self.bursts[1] = self.bursts[1].saturating_add(1);
            if self.server_burst_sizes.len() < DISTINCT_SIZES && !self.server_burst_sizes.contains(&bytes) {
                self.server_burst_sizes.push(bytes);
            }
            return;
        }
        self.bursts[0] = self.bursts[0].saturating_add(1);
        let suite = circumstances.suites.client_to_server.filter(|_| !circumstances.compressed);
        match suite {
            // A packet smaller than SERVICE_REQUEST carries no authentication request; keystrokes and window adjustments do.
            Some(suite) if suite.fewest_packets(bytes).is_some() && bytes < suite.packet(17) => {
                self.small_exchanges = self.small_exchanges.saturating_add(1);
            }
            // Four bytes of a packet whose rest is on its way.
            Some(suite) if suite.fewest_packets(bytes).is_none() => {}
            _ => self.small_exchanges = 0,
        }
    }

    /// Whether something happened that has no place in an authentication.
    pub(super) fn shows_session(&self) -> bool {
        let long = self.bursts.iter().all(|&bursts| bursts >= MANY_BURSTS);
        self.largest_burst >= BULK_BYTES
            || self.small_exchanges >= SMALL_EXCHANGES
            || (long && self.server_burst_sizes.len() >= DISTINCT_SIZES)
    }

    /// The first answer turned out to be the success: what followed was the session.
    pub(super) fn only_one_request(&mut self) {
        self.answers.clear();
        self.requests = 1;
    }

    pub(super) fn request(&mut self, bytes: u32) {
        self.requests += 1;
        if self.first_requests.len() < 2 {
            self.first_requests.push(bytes);
        }
    }

    pub(super) fn answer(&mut self, last_packet: u32, index: usize) {
        self.answers.push((last_packet, index));
    }

    /// Tells the refusals among the answers that were no success: USERAUTH_FAILURE keeps its size as long as the method
    /// list stays, and the first answer is one (to `none`, or to a first try).
    ///
    /// `slack` is how far the padding of one server differs from packet to packet.
    pub(super) fn failures(&self, probes_with_none: Option<bool>, suite: Option<Suite>, slack: u32) -> Failures {
        let refusal = self.refusal_size(suite);
        let is_refusal = |bytes: u32| refusal.is_some_and(|refusal| refusal.abs_diff(bytes) <= slack);
        // The first answer may hold a banner or EXT_INFO in the segment of the refusal.
        let refused = self.answers.iter().enumerate().filter(|(n, (bytes, _))| *n == 0 || is_refusal(*bytes)).count();
        let refused = u32::try_from(refused).unwrap_or(u32::MAX);
        let farewell = suite.map(|suite| suite.packet(TOO_MANY_PAYLOAD));
        let last = self.answers.last().copied();
        let too_many = last.filter(|&(bytes, _)| refused > 1 && Some(bytes) == farewell && !is_refusal(bytes));
        let probed = refused > 0 && probes_with_none.unwrap_or_else(|| self.looks_probed(refused));
        let attempts = (refused + u32::from(too_many.is_some())).saturating_sub(u32::from(probed));
        Failures {
            refused,
            attempts,
            last_is_refusal: last.is_some_and(|(bytes, _)| is_refusal(bytes)) || self.answers.len() == 1,
            too_many: too_many.map(|(_, index)| index),
        }
    }

    /// Whether the first request looks like `none`, which carries nothing but the user name: smaller than the second.
    fn looks_probed(&self, refused: u32) -> bool {
        match self.first_requests.as_slice() {
            [first, second] => first < second,
            _ => refused > 1,
        }
    }

    /// The size of a refusal: that of the first answer, or where that one shares its segment with something else, the commonest later one.
    fn refusal_size(&self, suite: Option<Suite>) -> Option<u32> {
        let (first, _) = *self.answers.first()?;
        if self.answers.len() == 1 || suite.is_none_or(|suite| suite.fewest_packets(first) == Some(1)) {
            return Some(first);
        }
        let mut later: Vec<u32> = self.answers.iter().skip(1).map(|(bytes, _)| *bytes).collect();
        later.sort_unstable();
        let runs = later.chunk_by(|a, b| a == b);
        runs.max_by_key(|run| (run.len(), std::cmp::Reverse(run.first().copied()))).and_then(|run| run.first().copied())
    }

    pub(super) fn guess(self, outcome: Outcome, basis: Basis, count: &Failures, why: String) -> AuthenticationGuess {
        let success = match outcome {
            Outcome::Succeeded { at } => Some(at),
            Outcome::Failed | Outcome::Unknown => None,
        };
        let answered = u32::try_from(self.answers.len()).unwrap_or(u32::MAX);
        let answered = answered.saturating_add(u32::from(success.is_some() && basis == Basis::Sizes));
        let first = self.answers.first().map(|(_, index)| *index);
        let last = self.answers.last().map(|(_, index)| *index);
        let mut evidence: Vec<usize> =
            [self.service_accept, first, last, success, self.session_began].into_iter().flatten().collect();
        evidence.sort_unstable();
        evidence.dedup();
        AuthenticationGuess {
            outcome,
            basis,
            attempts: count.attempts,
            requests: self.requests.max(answered),
            answered,
            last_from_client: self.last_from_client,
            last_answer_is_refusal: success.is_none() && count.last_is_refusal,
            server_service_accept: self.service_accept,
            too_many_failures: count.too_many,
            session_began: self.session_began,
            why,
            evidence,
        }
    }
}

/// DISCONNECT: type, code, "Too many authentication failures" (32), empty language tag (RFC 4253 §11.1). OpenSSH since 7.2.
const TOO_MANY_PAYLOAD: u32 = 1 + 4 + 4 + 32 + 4;

/// One side's bytes without a word of the other. The largest authentication packets are Kerberos tickets of 64 KiB.
const BULK_BYTES: u64 = 128 << 10;

/// Small packets of the client in a row, each answered. Keyboard-interactive has one for each try (an empty INFO_RESPONSE,
/// RFC 4256 §3.4), with the longer USERAUTH_REQUEST between them.
const SMALL_EXCHANGES: u32 = 4;

/// Turns of each side: ten times what MaxAuthTries 6 allows.
const MANY_BURSTS: u32 = 128;

/// Different sizes of the server's bursts; refusals have one or two.
const DISTINCT_SIZES: usize = 8;
