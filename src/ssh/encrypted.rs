//! After NEWKEYS only sizes and order remain: encrypted writes of both sides in, a guess at the authentication out (RFC 4252).
//!
//! What carries the judgement: USERAUTH_SUCCESS is one byte of payload (RFC 4252 §5.1), and no other answer to an
//! authentication request comes near: USERAUTH_FAILURE has 14 with the shortest real method list (`password`).
//! The sizes alone deceive in two cases, both measured. AsyncSSH's server sends an empty SSH_MSG_IGNORE before every
//! answer, which under 16-byte blocks is exactly as long as SUCCESS; and a FAILURE with an empty method list (an sshd
//! with every method switched off) is as long too. Therefore a small packet counts at once only where it is too
//! small for those, or where an earlier answer had none; else what follows has to confirm it.

mod bare;
mod judge;
mod suite;
mod tally;

pub use suite::Suite;

use super::negotiation::PerDirection;
use super::software::Software;
use crate::time::Timestamp;

/// Encrypted bytes that one TCP segment added to the stream of its side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Write {
    /// Who sent it.
    pub from_client: bool,
    /// New contiguous bytes of the encrypted stream; retransmitted and clear-text ones do not count.
    pub bytes: u32,
    /// When the tap saw it.
    pub time: Timestamp,
    /// The caller's index, handed back in the result.
    pub index: usize,
    /// Bytes of the same side right before it are missing: it may be the end of a longer packet.
    pub after_gap: bool,
}

/// Which directions the tap saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Seen {
    /// Both.
    #[default]
    Both,
    /// Only what the client sent.
    ClientOnly,
    /// Only what the server sent.
    ServerOnly,
}

/// What is known beside the writes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances<'a> {
    /// The framing of each direction, where cipher and MAC are known ([`Suite::of`]).
    pub suites: PerDirection<Option<Suite>>,
    /// Whether `zlib` was agreed on in either direction: it compresses from NEWKEYS on (RFC 4253 §6.2), and no size means anything.
    /// `zlib@openssh.com` starts after the authentication and does not matter here.
    pub compressed: bool,
    /// Which directions were seen.
    pub seen: Seen,
    /// Position in the slice of the first write before which bytes are missing; from there on sizes are not judged.
    pub missing_from: Option<usize>,
    /// The client's software, if its identification was seen.
    pub client: Option<&'a Software>,
    /// The server's software, if its identification was seen.
    pub server: Option<&'a Software>,
}

/// How the authentication went, as far as the writes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The user is authenticated, at the latest with the write of this index.
    Succeeded {
        /// [`Write::index`].
        at: usize,
    },
    /// At least one request was refused and none granted by the last write. Whether the client gave up or could have gone on,
    /// only the end of the connection tells.
    Failed,
    /// The sizes do not carry a judgement.
    Unknown,
}

/// What the outcome rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// The size of the packets of the authentication itself.
    Sizes,
    /// What went on later: volume, or packets that only a session has.
    Behaviour,
    /// Nothing.
    Nothing,
}

/// The guess. It is an inference from sizes and never more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationGuess {
    /// How it went.
    pub outcome: Outcome,
    /// What that rests on.
    pub basis: Basis,
    /// Refused requests without the `none` that asks for the methods. A refused key probe counts, a granted one and the
    /// rounds of keyboard-interactive do not; a partial success (two methods required) counts, being as long as a refusal.
    pub attempts: u32,
    /// Bursts of the client after SERVICE_REQUEST that ask for an answer, the `none` included.
    pub requests: u32,
    /// Those of them that the server answered.
    pub answered: u32,
    /// Whether the last complete write came from the client, so that an answer was due.
    pub last_from_client: bool,
    /// Whether the last answer was a refusal, and not a granted key probe, a question, or a farewell.
    pub last_answer_is_refusal: bool,
    /// The write with the SERVICE_ACCEPT.
    pub server_service_accept: Option<usize>,
    /// A last write of the server that is as long as OpenSSH's DISCONNECT "Too many authentication failures" and
    /// not as long as its refusals.
    pub too_many_failures: Option<usize>,
    /// The client's first write after the success.
    pub session_began: Option<usize>,
    /// The reasoning in one sentence.
    pub why: String,
    /// Indices of the writes that it rests on, in order.
    pub evidence: Vec<usize>,
}

impl AuthenticationGuess {
    /// Neither side sent anything encrypted.
    pub fn not_reached() -> Self {
        Self::unknown("nothing encrypted was sent")
    }

    /// Nothing is known, for this reason.
    fn unknown(why: &str) -> Self {
        Self {
            outcome: Outcome::Unknown,
            basis: Basis::Nothing,
            attempts: 0,
            requests: 0,
            answered: 0,
            last_from_client: false,
            last_answer_is_refusal: false,
            server_service_accept: None,
            too_many_failures: None,
            session_began: None,
            why: why.into(),
            evidence: Vec::new(),
        }
    }

    /// Judges the writes of one connection since NEWKEYS, in the order of the tap.
    pub fn of(writes: &[Write], circumstances: &Circumstances<'_>) -> Self {
        let mut judge = judge::Judge::new(circumstances);
        for (position, write) in writes.iter().enumerate() {
            if circumstances.missing_from.is_some_and(|first| position >= first) {
                judge.sizes_end("bytes are missing from the capture");
            }
            judge.write(write);
        }
        let guess = judge.finish();
        if guess.outcome == Outcome::Unknown && circumstances.suites.server_to_client.is_none() {
            return bare::judge(writes, circumstances);
        }
        guess
    }
}

#[cfg(test)]
mod tests;
