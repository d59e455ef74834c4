//! What a case must show before a diagnosis is asked at all. Most cases show little: a refused connection has no login, a port scan not
//! even a handshake, and to ask each of the eighty detectors costs more than all the rest of a judgement.
//!
//! A need only repeats what its detector finds out by itself: in debug builds, so in all tests, those passed over are asked too and
//! must have nothing to say.

use crate::diagnose::case::Case;
use crate::diagnose::ending::Close;
use crate::diagnose::finding::Phase;
use crate::ssh::AuthOutcome;
use crate::tcp::Side;

/// What a case shows, or a diagnosis needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs(u32);

/// Nothing: it is always asked.
pub(super) const NOTHING: Needs = Needs(0);
/// Payload was seen.
pub(super) const BYTES: Needs = Needs(1);
/// A packet of the server was seen.
pub(super) const ANSWER: Needs = Needs(1 << 1);
/// The handshake is complete.
pub(super) const HANDSHAKE: Needs = Needs(1 << 2);
/// The server sent lines that are no identification, or half of a line.
pub(super) const WORDS: Needs = Needs(1 << 3);
/// Either side speaks another protocol.
pub(super) const FOREIGN: Needs = Needs(1 << 4);
/// A DISCONNECT in clear.
pub(super) const DISCONNECT: Needs = Needs(1 << 5);
/// Bytes that are no packet where one must stand.
pub(super) const INVALID: Needs = Needs(1 << 6);
/// Both KEXINIT are whole.
pub(super) const NEGOTIATION: Needs = Needs(1 << 7);
/// And their lists have something not in common.
pub(super) const DISAGREEMENT: Needs = Needs(1 << 8);
/// An ICMP error.
pub(super) const ICMP: Needs = Needs(1 << 9);
/// A reset, whatever it did.
pub(super) const RESET: Needs = Needs(1 << 10);
/// A reset ended it.
pub(super) const ENDING_RESET: Needs = Needs(1 << 11);
/// A reset that is forged ended it, or did not.
pub(super) const FORGED_RESET: Needs = Needs(1 << 12);
/// A packet ended it: a FIN or a reset.
pub(super) const CLOSE: Needs = Needs(1 << 13);
/// The server's own end closed it.
pub(super) const SERVER_CLOSE: Needs = Needs(1 << 14);
/// Bytes, or a SYN, went unanswered.
pub(super) const SILENCE: Needs = Needs(1 << 15);
/// It was open when the capture ended.
pub(super) const OPEN: Needs = Needs(1 << 16);
/// It ended in the key exchange, or before both sides had sent NEWKEYS.
pub(super) const KEY_EXCHANGE: Needs = Needs(1 << 17);
/// It ended in the authentication.
pub(super) const AUTHENTICATION: Needs = Needs(1 << 18);
/// It ended in the session.
pub(super) const SESSION: Needs = Needs(1 << 19);
/// It ended in the authentication or the session, or a login was granted whenever.
pub(super) const LOGIN: Needs = Needs(1 << 20);
/// A login was refused.
pub(super) const DENIAL: Needs = Needs(1 << 21);

impl Needs {
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of these needs are met.
    pub(super) fn meet(self, needs: Self) -> bool {
        self.0 & needs.0 == needs.0
    }

    /// What a case shows.
    pub(super) fn met_by(case: &Case<'_>) -> Self {
        let record = case.record;
        let (client, server) = (&record.ssh.client, &record.ssh.server);
        let phase = case.ended.phase;
        let negotiation = case.negotiation.as_deref();
        let shown = [
            (BYTES, record.bytes > 0),
            (ANSWER, record.saw(Side::Server)),
            (HANDSHAKE, case.marks.handshake.is_some()),
            (WORDS, !server.pre_identification.is_empty() || server.partial_line.is_some()),
            (FOREIGN, client.other.is_some() || server.other.is_some()),
            (DISCONNECT, client.disconnect.is_some() || server.disconnect.is_some()),
            (INVALID, client.invalid_packet.is_some() || server.invalid_packet.is_some()),
            (NEGOTIATION, negotiation.is_some()),
            (DISAGREEMENT, negotiation.is_some_and(|negotiation| !negotiation.failing.is_empty())),
            (ICMP, !record.icmp.is_empty()),
            (RESET, !case.resets.is_empty()),
            (ENDING_RESET, matches!(case.close, Close::Reset(_))),
            (FORGED_RESET, case.resets.iter().any(|reset| reset.forged)),
            (CLOSE, matches!(case.close, Close::Reset(_) | Close::Fin(_) | Close::GaveUp { .. })),
            (SERVER_CLOSE, case.server_close().is_some()),
            (SILENCE, case.in_silence()),
            (OPEN, matches!(case.close, Close::Open)),
            (KEY_EXCHANGE, matches!(phase, Phase::KeyExchange | Phase::NewKeys)),
            (AUTHENTICATION, phase == Phase::Authentication),
            (SESSION, phase == Phase::Session),
            (LOGIN, phase >= Phase::Authentication || case.authenticated_at().is_some()),
            (DENIAL, matches!(case.authentication.outcome, AuthOutcome::Failed)),
        ];
        shown.into_iter().filter(|(_, is)| *is).fold(NOTHING, |all, (need, _)| all.and(need))
    }
}
