//! Every threshold that decides something, with its reason.

use crate::time::Span;

/// A side that waits this long for bytes that its peer owes and then closes has given up waiting. Real ConnectTimeouts are
/// whole seconds; scripts and people that change their mind are faster.
pub const GIVES_UP_AFTER: Span = Span::from_millis(800);

/// An answer that is owed for this long at the end of the capture is a silence worth a finding; key exchange on slow devices
/// and DNS look-ups take up to a few seconds.
pub const SILENCE: Span = Span::from_secs(5);

/// A SYN (or a segment) unanswered this long at the end of the capture was not answered: longer than the round trip of any
/// path but shorter than the second retransmission of a SYN (3 s).
pub const UNANSWERED: Span = Span::from_millis(1_400);

/// Round-trip times below this are noise of the machine; no reset is called "too fast" against them (RST.md §1.5).
pub const RTT_THAT_TELLS: Span = Span::from_millis(5);

/// A reset that answers faster than this part of the shortest round trip was made nearer than the other end (in percent).
pub const FASTER_THAN_RTT_PERCENT: i64 = 80;

/// A peer that answers within this time of the tap is on the tap's own link: a LAN switch and a kernel take less, a routed path
/// seldom does.
pub const ON_THE_LINK: Span = Span::from_micros(250);

/// IP IDs of one socket's consecutive packets differ by the number of wire segments; a jump beyond this is another counter.
pub const IP_ID_STEP: u16 = 64;

/// The second FIN of a failed negotiation leaves by itself, not as an answer, within this time of the first one's arrival
/// (the contract of `by: both`).
pub const BOTH_WITHIN: Span = Span::from_millis(50);

/// Payload sizes from this part of the MSS on count as full (MTU.md §3), in percent.
pub const FULL_SIZE_PERCENT: u32 = 90;

/// Repetitions without answer before a segment counts as stuck: 0.2 + 0.4 + 0.8 s of silence on Linux (MTU.md §3).
pub const STUCK_REPETITIONS: usize = 3;

/// Points from which an MTU black hole is certain, likely, possible (MTU.md §3).
pub const MTU_CERTAIN: i32 = 9;
/// See [`MTU_CERTAIN`].
pub const MTU_LIKELY: i32 = 6;
/// See [`MTU_CERTAIN`].
pub const MTU_POSSIBLE: i32 = 4;

/// libwrap sleeps 5 s before it exits (`clean_exit.c`); measured 5.01 to 5.03 s, more with a slow resolver before it.
pub const TCP_WRAPPERS_SLEEP: Span = Span::from_secs(5);
/// How far from [`TCP_WRAPPERS_SLEEP`] a close may be to count as exactly that.
pub const TCP_WRAPPERS_SLACK: Span = Span::from_millis(300);
/// A close later than the sleep by up to this much may be resolver time-outs before it (5 s each, a few tries).
pub const TCP_WRAPPERS_RESOLVER: Span = Span::from_secs(25);

/// A child that dies in its re-exec does so within this time of the handshake: exec, dynamic linking, one configuration read.
pub const CHILD_DIES_WITHIN: Span = Span::from_millis(250);

/// Connections that start unauthenticated at one time from which MaxStartups (default 10:30:100) begins to drop.
pub const MAXSTARTUPS_BEGIN: usize = 10;

/// A client that closes within this time without having sent a byte checks health; it does not want SSH.
pub const PROBE: Span = Span::from_secs(1);

/// A session silent for at least this long may have outlived the idle timer of a device between (the shortest usual one).
pub const IDLE_TIMER_MIN: Span = Span::from_secs(60);

/// The server waits at least this long for the client before its FIN counts as its timer, not as an answer.
pub const SERVER_TIMER_WAIT: Span = Span::from_secs(1);

/// Failed answers from which a MaxAuthTries of 6 (OpenSSH's default, the first failure of `none` counted) is near.
pub const MAX_AUTH_TRIES_NEAR: u32 = 5;

/// An answer to a request and the FIN behind it leave the server within this time when the server itself gives up.
pub const SERVER_ANSWERS_AND_CLOSES: Span = Span::from_millis(10);

/// Text before the identification that comes line by line at least this far apart is a tarpit (endlessh: 10 s).
pub const TARPIT_PACE: Span = Span::from_secs(3);
