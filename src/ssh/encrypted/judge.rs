//! The writes one by one. A success, once concluded, is never taken back: later writes cannot undo it.

use super::suite::Suite;
use super::tally::Tally;
use super::{AuthenticationGuess, Basis, Circumstances, Outcome, Seen, Write};
use crate::ssh::software::Product;

/// Sizes of the server's packets that decide, for one suite.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    suite: Suite,
    /// SERVICE_ACCEPT `ssh-userauth`: 17 bytes of payload (RFC 4253 §10).
    accept: u32,
    /// Below this only USERAUTH_SUCCESS fits; an empty SSH_MSG_IGNORE has 5 bytes of payload.
    certain: u32,
    /// Below this no USERAUTH_FAILURE fits whose method list holds as much as `password` (14 bytes of payload).
    small: u32,
    /// TinySSH never sends the smallest padding: 8 or 16 bytes more on each of 100 packets.
    more_padding: u32,
}

impl Sizes {
    fn new(suite: Suite, server: Option<Product>) -> Self {
        let more_padding = if server == Some(Product::TinySsh) { TINYSSH_PADDING } else { 0 };
        Self {
            suite,
            accept: suite.packet(17),
            certain: suite.packet(5) + more_padding,
            small: suite.packet(14) + more_padding,
            more_padding,
        }
    }

    fn is_accept(&self, bytes: u32) -> bool {
        let least = self.accept + self.more_padding;
        (least..=least + self.more_padding).contains(&bytes)
    }

    /// Whether so many packets together have no room for a refusal with methods in it.
    fn is_small(&self, bytes: u32, packets: u32) -> bool {
        bytes < self.small + packets.saturating_sub(1) * self.suite.packet(1)
    }
}

/// What must come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    ServiceRequest,
    ServiceAccept,
    Answers,
    /// The sizes have said all they can.
    Nothing,
}

/// The packets of one answer so far.
#[derive(Debug, Clone, Copy, Default)]
struct Answer {
    small: u32,
    large: u32,
    last_bytes: u32,
    first_index: usize,
    last_index: usize,
}

/// The state between two writes.
pub(super) struct Judge<'a> {
    circumstances: &'a Circumstances<'a>,
    sizes: Option<Sizes>,
    expected: Expected,
    /// Bytes of each side that do not yet end a packet.
    partial: [u32; 2],
    /// Size of the server's last segment while it is the last of all: a full one may go on in the next.
    server_segment: u32,
    answer: Option<Answer>,
    /// The client's first burst may hold an authentication request behind SERVICE_REQUEST (dbclient does that).
    first_burst: u32,
    pipelined: bool,
    request_open: bool,
    /// A refusal without any small packet was seen: the server sends none before its answers, and its method list is not empty.
    large_answer_seen: bool,
    /// An answer of a small packet and a larger one was seen, and the client went on after it.
    mixed_answer_seen: bool,
    /// A first answer that may be the success, waiting for what follows it.
    candidate: Option<usize>,
    /// The answer after the candidate speaks for it, if the client goes on.
    candidate_supported: bool,
    success: Option<(usize, Basis)>,
    tally: Tally,
    trouble: Option<&'static str>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(circumstances: &'a Circumstances<'a>) -> Self {
        let server = circumstances.server.map(|software| software.product);
        let sizes = circumstances.suites.server_to_client.map(|suite| Sizes::new(suite, server));
        let trouble = if circumstances.compressed {
            Some("zlib compresses from the start, so sizes mean nothing")
        } else if circumstances.seen == Seen::ClientOnly {
            Some("the server's direction was not seen")
        } else if sizes.is_none() {
            Some("the server's cipher or MAC is not known")
        } else {
            None
        };
        let expected = match (trouble, circumstances.seen) {
            (Some(_), _) => Expected::Nothing,
            (None, Seen::ServerOnly) => Expected::ServiceAccept,
            (None, _) => Expected::ServiceRequest,
        };
        Self {
            circumstances,
            sizes,
            expected,
            partial: [0; 2],
            server_segment: 0,
            answer: None,
            first_burst: 0,
            pipelined: false,
            request_open: false,
            large_answer_seen: false,
            mixed_answer_seen: server == Some(Product::AsyncSsh),
            candidate: None,
            candidate_supported: false,
            success: None,
            tally: Tally::default(),
            trouble,
        }
    }

    /// From here on sizes are not judged; what was concluded stays.
    pub(super) fn sizes_end(&mut self, why: &'static str) {
        if self.expected != Expected::Nothing {
            self.expected = Expected::Nothing;
            self.trouble = Some(why);
        }
    }

    pub(super) fn write(&mut self, write: &Write) {
        if write.bytes == 0 {
            return;
        }
        if self.success.is_none() {
            self.tally.count(write, self.circumstances);
            if self.tally.shows_session() {
                self.succeed(write.index, Basis::Behaviour);
                self.tally.last_from_client = write.from_client;
                return;
            }
        }
        if let Some((_, basis)) = self.success {
            self.tally.last_from_client = write.from_client;
            if write.from_client && basis == Basis::Sizes {
                self.tally.session_began.get_or_insert(write.index);
            }
        } else if write.from_client {
            self.client_write(write);
        } else {
            self.server_write(write);
        }
    }

    fn client_write(&mut self, write: &Write) {
        self.server_segment = 0;
        self.partial[1] = 0;
        self.partial[0] = self.partial[0].saturating_add(write.bytes);
        if !self.client_packet_is_complete() {
            return;
        }
        self.tally.last_from_client = true;
        match self.expected {
            Expected::ServiceRequest | Expected::ServiceAccept => {
                self.first_burst = self.first_burst.saturating_add(self.partial[0]);
                self.expected = Expected::ServiceAccept;
            }
            Expected::Answers => self.request(write.index),
            Expected::Nothing => {}
        }
        self.partial[0] = 0;
    }

    fn client_packet_is_complete(&self) -> bool {
        let suite = self.circumstances.suites.client_to_server;
        suite.is_none_or(|suite| suite.fewest_packets(self.partial[0]).is_some() || self.partial[0] >= FULL_SEGMENT)
    }

    fn request(&mut self, index: usize) {
        if self.request_open {
            return;
        }
        self.close_answer();
        if self.candidate_supported
            && let Some(candidate) = self.candidate
        {
            self.succeed(candidate, Basis::Sizes);
            self.tally.only_one_request();
            self.tally.session_began = self.tally.first_after_candidate;
            return;
        }
        if self.candidate.is_some() {
            self.tally.first_after_candidate.get_or_insert(index);
        }
        self.request_open = true;
        self.tally.request(self.partial[0]);
    }

    fn server_write(&mut self, write: &Write) {
        let Some(sizes) = self.sizes else {
            self.tally.last_from_client = false;
            return;
        };
        // Behind a full segment stands the rest of its packet, whatever that looks like by itself.
        let goes_on = self.server_segment >= FULL_SEGMENT;
        self.server_segment = write.bytes;
        self.partial[1] = self.partial[1].saturating_add(write.bytes);
        let Some(packets) =
            sizes.suite.fewest_packets(self.partial[1]).or((self.partial[1] >= FULL_SEGMENT).then_some(1))
        else {
            return;
        };
        self.tally.last_from_client = false;
        let bytes = std::mem::take(&mut self.partial[1]);
        let is_accept = self.expected == Expected::ServiceAccept && sizes.is_accept(bytes);
        if goes_on && !is_accept {
            return;
        }
        match self.expected {
            Expected::ServiceAccept => self.service_accept(&sizes, bytes, packets, write.index),
            Expected::Answers => self.answer_part(&sizes, bytes, packets, write.index),
            Expected::ServiceRequest | Expected::Nothing => {}
        }
    }

    /// Looks for SERVICE_ACCEPT. EXT_INFO may stand before it, also in its segment; an answer may follow it in its segment.
    fn service_accept(&mut self, sizes: &Sizes, bytes: u32, packets: u32, index: usize) {
        if sizes.is_accept(bytes) {
            self.accepted(index);
        } else if packets > 1 {
            self.accepted(index);
            let rest = bytes.saturating_sub(sizes.accept);
            if self.pipelined && sizes.suite.fewest_packets(rest).is_some() {
                self.answer_part(sizes, rest, packets - 1, index);
            }
        } else if bytes < sizes.accept + EXT_INFO_MORE {
            self.sizes_end("the server's SERVICE_ACCEPT is not of the expected size");
        }
    }

    fn accepted(&mut self, index: usize) {
        self.expected = Expected::Answers;
        self.tally.service_accept = Some(index);
        let both =
            self.circumstances.suites.client_to_server.map(|suite| suite.packet(17) + suite.packet(LEAST_REQUEST));
        if both.is_some_and(|both| self.first_burst >= both) {
            // Perhaps only EXT_INFO beside SERVICE_REQUEST; an answer before the next request will tell.
            self.pipelined = true;
        }
    }

    fn answer_part(&mut self, sizes: &Sizes, bytes: u32, packets: u32, index: usize) {
        if self.circumstances.seen == Seen::ServerOnly {
            self.close_answer();
        }
        if !self.request_open && self.answer.is_none() {
            // The answer to a request that came together with SERVICE_REQUEST, or whose direction was not seen.
            self.tally.requests += 1;
        }
        self.request_open = false;
        let answer = self.answer.get_or_insert(Answer { first_index: index, ..Answer::default() });
        answer.last_bytes = bytes;
        answer.last_index = index;
        if !sizes.is_small(bytes, packets) {
            answer.large += 1;
            return;
        }
        answer.small += packets;
        let small = answer.small;
        let alone = answer.large == 0;
        if bytes < sizes.certain || (self.large_answer_seen && !self.mixed_answer_seen) {
            self.succeed(index, Basis::Sizes);
        } else if self.mixed_answer_seen && small > 1 && alone {
            // The small packet that comes before every answer, and then one more.
            self.succeed(index, Basis::Sizes);
        }
    }

    /// The client speaks again (or the next write of a lone direction came): the answer is complete.
    fn close_answer(&mut self) {
        let Some(answer) = self.answer.take() else { return };
        self.tally.answer(answer.last_bytes, answer.last_index);
        match (answer.small, answer.large) {
            (0, _) => {
                self.large_answer_seen = true;
                self.candidate_supported = self.candidate.is_some();
            }
            (_, 0) if self.tally.answers.len() == 1 => self.candidate = Some(answer.first_index),
            (_, 0) => {}
            _ => {
                if self.tally.answers.len() == 1 && !self.mixed_answer_seen {
                    self.candidate = Some(answer.first_index);
                } else if self.tally.answers.len() > MIXED_ANSWERS {
                    // So it is the manner of this server, and the first answer was no success.
                    self.candidate = None;
                }
                self.mixed_answer_seen = true;
            }
        }
        if self.circumstances.seen == Seen::ServerOnly && answer.small > 0 {
            self.sizes_end("small packets of the server, and nothing of the client to tell them apart");
        }
    }

    fn succeed(&mut self, at: usize, basis: Basis) {
        self.success = Some((at, basis));
        self.expected = Expected::Nothing;
    }

    pub(super) fn finish(mut self) -> AuthenticationGuess {
        let unfinished = self.answer.is_some_and(|answer| answer.small > 0 && answer.large == 0);
        if self.success.is_none() {
            self.close_answer();
        }
        let probes = self.circumstances.client.and_then(|client| client.probes_with_none());
        let slack = self.sizes.map_or(0, |sizes| sizes.more_padding);
        let count = self.tally.failures(probes, self.sizes.map(|sizes| sizes.suite), slack);
        let ambiguous = self.candidate.is_some() || unfinished;
        let (outcome, basis) = match self.success {
            Some((at, basis)) => (Outcome::Succeeded { at }, basis),
            None if self.trouble.is_none() && !ambiguous && count.refused > 0 => (Outcome::Failed, Basis::Sizes),
            None => (Outcome::Unknown, Basis::Nothing),
        };
        let why = self.why(outcome, basis, ambiguous);
        self.tally.guess(outcome, basis, &count, why)
    }

    fn why(&self, outcome: Outcome, basis: Basis, ambiguous: bool) -> String {
        match (outcome, basis) {
            (Outcome::Succeeded { .. }, Basis::Behaviour) => "the connection carried what only a session carries".into(),
            (Outcome::Succeeded { .. }, _) => {
                "the server answered an authentication request with a packet too small to be a refusal".into()
            }
            (Outcome::Failed, _) => "every answer to an authentication request was too large to be a success".into(),
            (Outcome::Unknown, _) if ambiguous => {
                "the server's answer is as small as a success, but also as a refusal without methods or an ignored packet".into()
            }
            (Outcome::Unknown, _) => match self.trouble {
                Some(trouble) => trouble.into(),
                None if self.tally.service_accept.is_none() => "the server did not accept the authentication service".into(),
                None => "no authentication request was answered".into(),
            },
        }
    }
}

/// Measured with tinyssh 20230101: every packet is 8 or 16 bytes longer than it need be.
const TINYSSH_PADDING: u32 = 8;

/// Answers after which a server that mixes small and larger packets is known to do so always.
const MIXED_ANSWERS: usize = 2;

/// A USERAUTH_REQUEST `none` for a user name of one byte (RFC 4252 §5).
const LEAST_REQUEST: u32 = 32;

/// A segment from this size on may be cut by the MSS (536 is the least that hosts must take, RFC 9293 §3.7.1).
const FULL_SEGMENT: u32 = 500;

/// An EXT_INFO is at least so much longer than SERVICE_ACCEPT: `server-sig-algs` with three names is 60 bytes of payload.
const EXT_INFO_MORE: u32 = 40;
