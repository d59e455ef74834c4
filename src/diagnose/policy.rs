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

/// Round-trip times below this are noise of the machine; no reset is called "too fast" against them.
pub const RTT_THAT_TELLS: Span = Span::from_millis(5);

/// A reset that answers faster than this part of the shortest round trip was made nearer than the other end (in percent).
pub const FASTER_THAN_RTT_PERCENT: i64 = 80;

/// Answers from which the shortest measures the round trip: a single one may have been delayed by a busy host or a wireless link
/// to a few times its usual length.
pub const ANSWERS_THAT_MEASURE: usize = 2;

/// A peer that answers within this time of the tap is on the tap's own link: a LAN switch and a kernel take less, a routed path
/// seldom does.
pub const ON_THE_LINK: Span = Span::from_micros(250);

/// IP IDs of one socket's consecutive packets differ by the number of wire segments; a jump beyond this is another counter.
pub const IP_ID_STEP: u16 = 64;

/// A kernel answers a stray segment at once; this is the longest way there and back of a terrestrial path.
pub const ANSWERS_WITHIN: Span = Span::from_millis(400);

/// The second FIN of a failed negotiation leaves by itself, not as an answer, within this time of the first one's arrival
/// (`by: both` in `docs/glossary.md`).
pub const BOTH_WITHIN: Span = Span::from_millis(50);

/// Payload sizes from this part of the MSS on count as full, in percent: options differ from segment to segment.
pub const FULL_SIZE_PERCENT: u32 = 90;

/// Repetitions without answer before a segment counts as stuck: 0.2 + 0.4 + 0.8 s of silence on Linux.
pub const STUCK_REPETITIONS: usize = 3;

/// Points from which an MTU black hole is certain, likely, possible; `docs/path-mtu.md` has what they are given for.
pub const MTU_CERTAIN: i32 = 9;
/// See [`MTU_CERTAIN`].
pub const MTU_LIKELY: i32 = 6;
/// See [`MTU_CERTAIN`].
pub const MTU_POSSIBLE: i32 = 4;

/// A hole in the path MTU that lasts this long stays: ICMP comes within a round trip, Linux tries smaller segments after the third
/// repetition (`tcp_mtu_probing`, RFC 4821), which is 3 s on a fast path and 7 s where the round trip takes 0.2 s.
pub const MTU_SETTLED: Span = Span::from_secs(8);

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

/// Text before the identification that comes line by line at least this far apart is a tarpit (endlessh: 10 s, adjustable).
pub const TARPIT_PACE: Span = Span::from_secs(1);
/// How long such lines last at least; a server that is merely slow with a greeting is done before.
pub const TARPIT_LASTS: Span = Span::from_secs(5);

/// A machine that was restarted is silent for longer than this before it answers again: the fastest containers take some seconds.
pub const SILENT_BEFORE_RESTART: Span = Span::from_secs(3);

/// A reset that answers data after at least this much silence belongs to a forgotten connection, not to its content.
pub const SILENT_BEFORE_REJECTION: Span = Span::from_millis(900);

/// A process that reads answers a FIN with its own within this time beyond the round trip, on a busy machine too.
pub const PARTING_ANSWER: Span = Span::from_millis(500);

/// A listener that refuses closes within this time of its accept(); a process that is started first takes longer (fork, exec and
/// dynamic linking: measured from 2 ms on).
pub const LISTENER_CLOSES_WITHIN: Span = Span::from_millis(1);

/// dropbear closes over its limits at once after accept(); beyond this it is something else.
pub const DROPBEAR_CLOSES_WITHIN: Span = Span::from_millis(100);

/// Tries that end alike from which they are no chance.
pub const TRIES_ALIKE: usize = 3;

/// dropbear's MAX_UNAUTH_PER_IP (`default_options.h`).
pub const DROPBEAR_UNAUTH_PER_IP: usize = 5;
/// dropbear's MAX_UNAUTH_CLIENTS (`default_options.h`).
pub const DROPBEAR_UNAUTH: usize = 30;

/// An identification this late is slow: a loaded machine takes tenths of a second, a resolver time-out takes 5 s, its shortest
/// usual setting 1 s and two tries.
pub const SLOW_BANNER: Span = Span::from_secs(2);

/// SYN+ACKs are repeated after 1 s (RFC 6298 §2.1); one that leaves this long after the client's ACK passed is a repetition.
pub const SYN_ACK_REPEATED: Span = Span::from_millis(500);

/// Repetitions of the SYN+ACK behind the client's ACK from which the server does not take the ACK: one can be a lost ACK.
pub const SYN_ACK_REPETITIONS: usize = 2;

/// SYNs from which it is certain that none was answered: Windows repeats a SYN that was refused by a reset at most twice in 1.5 s.
pub const SYNS_CERTAIN: usize = 3;
/// Time between the first and the last of them.
pub const SYNS_CERTAIN_SPAN: Span = Span::from_millis(2_500);
/// No ICMP error comes later than this: a router looks for a host for three seconds (RFC 4861 §7.2.2, ARP on Linux), then it says so.
pub const SYNS_CERTAIN_AFTER: Span = Span::from_secs(4);

/// fail2ban looks back this long for failures (`findtime`, jail.conf).
pub const BAN_FINDTIME: Span = Span::from_secs(600);

/// The longest penalty of sshd 9.8 and later (`PerSourcePenalties max`, sshd_config(5)).
pub const PENALTY_MAX: Span = Span::from_secs(600);

/// OpenSSH's LoginGraceTime of 120 s, plus the up to 4 s that 9.9 and later add, plus slack.
pub const GRACE_OPENSSH: (Span, Span) = (Span::from_secs(119), Span::from_secs(126));
/// dropbear's AUTH_TIMEOUT of 300 s.
pub const GRACE_DROPBEAR: (Span, Span) = (Span::from_secs(299), Span::from_secs(302));

/// A device that looks into packets resets or drops at once; a reset later than this after an identification has another cause.
pub const DPI_REACTS_WITHIN: Span = Span::from_secs(1);

/// Identification strings are at most 255 bytes (RFC 4253 §4.2): no path is too narrow for them.
pub const SMALL_SEGMENT: u32 = 300;

/// A KEXINIT from this size on needs a second segment or a buffer that old devices do not have
/// (`kexinit-too-big-for-peer` in `docs/catalogue.md`).
pub const KEXINIT_BIG: u64 = 1_300;

/// haproxy tries a backend again three times, 1 s apart, before it closes.
pub const PROXY_RETRIES: Span = Span::from_secs(3);
/// How far from [`PROXY_RETRIES`] a close may be to count as that.
pub const PROXY_RETRIES_SLACK: Span = Span::from_millis(300);

/// A multiplexer (sslh, haproxy or nginx that inspect the first bytes) whose server refuses closes within this time of the client's
/// first bytes: it tries once, on its own machine or network.
pub const MULTIPLEXER_CLOSES: Span = Span::from_millis(50);

/// Different ports of one server that one client tries within [`SCAN_WINDOW`] from which it scans.
pub const SCAN_PORTS: usize = 4;
/// See [`SCAN_PORTS`].
pub const SCAN_WINDOW: Span = Span::from_secs(60);

/// Slow lines from which a tarpit is certain: two pauses in a row are no chance.
pub const TARPIT_LINES: usize = 3;

/// A rule refuses within this time, distance included; a router that looks for a host waits about three seconds (RFC 4861 §7.2.2,
/// ARP on Linux: three tries, a second apart).
pub const REFUSES_WITHIN: Span = Span::from_millis(500);

/// Routes that change (ECMP, a flap) move a TTL by one or two; a difference beyond is another machine.
pub const PATH_CHANGE_HOPS: u8 = 2;

/// Payload of both sides from which a connection is more than a key exchange (under 12 KB) and an authentication: MaxAuthTries
/// and method lists keep the latter under 10 KB, the longest login banners are a few KB.
pub const SESSION_BYTES: u64 = 128 << 10;

/// Smaller payloads pass everywhere: IPv4 links carry 576 bytes, IPv6 links 1,280 (RFC 791, RFC 8200 §5); tunnels take some.
pub const MTU_SMALLEST: u32 = 400;

/// A rule that counts new connections looks at half a minute (`ufw limit`: 30 s) to a minute (hashlimit, `recent` as documented).
pub const RATE_LIMIT_WINDOW: Span = Span::from_secs(60);
/// Connections answered within [`RATE_LIMIT_WINDOW`] before those that are turned away (`ufw limit` admits 5, usual rules 3 to 10 a minute).
pub const RATE_LIMIT_ADMITS: usize = 4;
/// The same where a later connection is answered again: coming and going is what a ban or a dead server does not show.
pub const RATE_LIMIT_ADMITS_AROUND: usize = 2;
/// Connections turned away: one alone may be a lost packet.
pub const RATE_LIMIT_REFUSES: usize = 2;

/// Connections that a server closes within this time of each other were closed by one event, not each by its own reason.
pub const CLOSED_TOGETHER: Span = Span::from_millis(100);
/// How many it takes: two may be chance.
pub const CLOSED_TOGETHER_CONNECTIONS: usize = 3;
/// They must have begun at least this far apart: a burst that is refused begins and ends together.
pub const STARTED_APART: Span = Span::from_secs(1);

/// A program that rejects a reply does so within this time; a person takes a second at least.
pub const LEAVES_AT_REPLY: Span = Span::from_millis(50);

/// A key exchange answer this late is slow: a small router needs about a second for a group of 2048 bits.
pub const SLOW_KEX: Span = Span::from_secs(2);

/// An answer to an authentication request this late is no delay for failures (PAM: 2 to 4 s; OpenSSH: up to 5 s).
pub const AUTH_ANSWER_LATE: Span = Span::from_secs(10);

/// What a crash costs its client with sshd 9.8 and later (`PerSourcePenalties crash`).
pub const CRASH_PENALTY: Span = Span::from_secs(90);
/// Failed logins (5 s each) that reach the 15 s from which a penalty is enforced; fewer do not.
pub const FAILURES_WITHOUT_PENALTY: usize = 3;

/// Idle timers are set to half minutes and minutes.
pub const IDLE_TIMER_STEP: Span = Span::from_secs(30);
/// The shortest idle timer worth a guess.
pub const IDLE_TIMER_LEAST: Span = Span::from_millis(29_900);
/// How much later than its time such a timer may fire: sshd looks at its clocks about once a second.
pub const IDLE_TIMER_SLACK: Span = Span::from_millis(1_200);

/// A moved session may repeat bytes that were not acknowledged on the old way: a full window without scaling.
pub const REBOUND_SEQ_BACK: u32 = 65_535;
/// And acknowledge bytes that arrived there unseen. Both together are met by chance once in 2^28 pairs.
pub const REBOUND_ACK_AHEAD: u32 = 1 << 20;

/// Refused requests of one client from which it may be guessing: beyond three prompts and a second try.
pub const BRUTE_FORCE_REQUESTS: u32 = 10;
/// In so many connections.
pub const BRUTE_FORCE_CONNECTIONS: usize = 4;
/// Refused requests from which a person or a script with a wrong key is unlikely.
pub const BRUTE_FORCE_CERTAINLY_MANY: u32 = 30;
/// Within this time (fail2ban's `findtime`).
pub const BRUTE_FORCE_WINDOW: Span = Span::from_secs(600);

/// Addresses whose logins fail from which it is one guesser with many addresses: an office has fewer people who mistype at a time.
pub const DISTRIBUTED_CLIENTS: usize = 8;

/// Servers that one client tries without a login from which it sweeps the network.
pub const SWEEP_SERVERS: usize = 8;

/// Connections without a byte from which they are a check that repeats.
pub const PROBES: usize = 5;

/// Reordering on a path lasts no longer: parallel links and queues differ by milliseconds.
pub const OVERTAKEN_WITHIN: Span = Span::from_millis(20);
