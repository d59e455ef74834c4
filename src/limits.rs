//! Every cap of the program, named, with its reason. Reaching one is reported, never silent.

/// Encapsulations (VLAN tags, MPLS labels, tunnels) peeled off one packet. Real stacks stay under ten; a
/// hostile packet of 64 KiB could hold thousands and cost quadratic time through re-parsing.
pub const ENCAPSULATION_DEPTH: usize = 24;

/// IPv6 extension headers walked in one packet (RFC 8200 §4.1 lists each at most once, one twice).
pub const EXTENSION_HEADERS: usize = 12;

/// IP datagrams under reassembly at one time. Linux keeps 4 MiB for fragments; 1,024 datagrams of a few
/// fragments each are more than any SSH connection needs and bound a flood of fragments that never complete.
pub const FRAGMENTED_DATAGRAMS: usize = 1_024;

/// Bytes held for IP fragments of all datagrams together. 4 MiB is what Linux allows itself (`ipfrag_high_thresh`).
pub const FRAGMENT_BYTES: usize = 4 << 20;

/// Fragments accepted for one datagram: 64 KiB in pieces of 576 bytes are 119; more is an attack on the list.
pub const FRAGMENTS_PER_DATAGRAM: usize = 256;

/// Largest packet record a capture file may hold. Wireshark's own limit (`WTAP_MAX_PACKET_SIZE_STANDARD`) is 256 KiB;
/// a larger length field means that the file is damaged there.
pub const PACKET_BYTES: usize = 256 << 10;

/// Largest pcapng block read whole. Blocks that hold packets stay near [`PACKET_BYTES`]; others are skipped over,
/// not kept, so a block of 4 GB costs time only.
pub const BLOCK_BYTES: usize = PACKET_BYTES + (64 << 10);

/// Interfaces described in one pcapng section. More are counted and their packets reported as undecodable.
pub const INTERFACES: usize = 65_536;

/// Bytes that one resynchronisation after damage may look at before the rest of the file is given up.
pub const RESYNC_BYTES: u64 = 64 << 20;

/// Connections tracked at one time; beyond it the least interesting is judged early and reported as such. Only scans come
/// near it: an unanswered SYN takes less than 200 bytes with its place in the table, so all stay under 5 MiB.
pub const CONNECTIONS: usize = 24_576;

/// Memory of all tracked connections together, an estimate kept by the tracker. Beyond it the least
/// interesting connections are judged early. With tables, records that wait and the report the process stays under 64 MiB.
pub const CONNECTION_BYTES: usize = 16 << 20;

/// Evicted connections remembered, so that what still comes of them is not taken for new ones; eight bytes each.
pub const EVICTED_KEYS: usize = 65_536;

/// First segments of a connection whose headers are kept. A handshake with authentication takes 25 to 60.
pub const FIRST_SEGMENTS: usize = 96;

/// Last segments of a connection whose headers are kept: what led to the end, its retransmissions included.
pub const LAST_SEGMENTS: usize = 48;

/// Bytes of one direction held while an earlier byte is missing. RFC 4253 §6.1 obliges peers to accept packets of 35,000 bytes;
/// OpenSSH accepts 256 KiB, which nothing in a handshake comes near.
pub const HELD_BYTES: usize = 96 << 10;

/// Separate pieces held while an earlier byte is missing (against one-byte segments sent backwards).
pub const HELD_PIECES: usize = 256;

/// Gaps remembered for one direction; further ones are only counted.
pub const GAPS: usize = 32;

/// Largest binary packet before NEWKEYS that is decoded. OpenSSH refuses more than 256 KiB (`PACKET_MAX_SIZE`).
pub const SSH_PACKET_BYTES: usize = 256 << 10;

/// Bytes of one binary packet that are kept for decoding. The largest real message before NEWKEYS is a KEXINIT of
/// 2 to 4 KiB or a host key with certificate of 8 KiB; longer ones are decoded as far as they are kept.
pub const SSH_PACKET_KEPT: usize = 64 << 10;

/// Messages before NEWKEYS noted for one direction.
pub const SSH_MESSAGES: usize = 64;

/// Bytes of an identification or pre-identification line that are kept. RFC 4253 §4.2 allows 255, OpenSSH 8,192.
pub const LINE_BYTES: usize = 1_024;

/// Pre-identification lines kept for a report; OpenSSH gives up after 1,024, all are counted.
pub const PRE_IDENTIFICATION_LINES: usize = 16;

/// Bytes kept of the stream of a side that does not speak SSH.
pub const OTHER_PROTOCOL_BYTES: usize = 256;

/// Names kept of one name-list. OpenSSH looks at 40 of the server's (`MAX_PROP`); the longest real list seen has 60.
pub const NAMES: usize = 512;

/// KEXINITs, and pairs of them, whose reading is kept for the next connection that sends the same. A busy server sees some dozens.
pub const KNOWN: usize = 64;

/// The same for identification strings and host keys: a scan or a flood meets hundreds of servers.
pub const KNOWN_SMALL: usize = 512;

/// Longest identification string or host key among them, in bytes: an RSA key of 4,096 bits has 535.
pub const KNOWN_SMALL_BYTES: usize = 600;

/// Memory of a pair of KEXINITs whose outcome is kept, in bytes: those of real programs take 5 to 10 KiB together, hostile ones 200.
pub const KNOWN_PAIR_BYTES: usize = 32 << 10;

/// Longest payload of a KEXINIT among them, in bytes; real ones have 500 to 2,500, hostile ones at worst 100 KiB as names.
pub const KNOWN_BYTES: usize = 4 << 10;

/// Bytes kept of one algorithm name. RFC 4251 §6 allows 64.
pub const NAME_BYTES: usize = 128;

/// FINs and resets of one connection that are kept between its first and last segments; a flood of further ones is counted.
pub const RESETS: usize = 16;

/// ICMP errors noted for one connection.
pub const ICMP_ERRORS: usize = 16;

/// Incomplete IP datagrams noted for one connection.
pub const INCOMPLETE_DATAGRAMS: usize = 16;

/// ICMP errors and incomplete datagrams kept for connections that are not (yet) known.
pub const UNTIED_EVENTS: usize = 1_024;

/// Finished connections kept unjudged, so that what is seen later (a neighbour, a second try) still counts.
pub const UNJUDGED_RECORDS: usize = 512;

/// Memory of them together, an estimate: ordinary ones take 10 KB each. Beyond it the oldest are judged.
pub const UNJUDGED_BYTES: usize = 8 << 20;

/// Connections judged in a row: the code of the catalogue is larger than the processor's nearest cache, so that to judge one now and
/// one then would load it anew each time.
pub const JUDGED_AT_ONCE: usize = 16;

/// Events judged at a time: unanswered SYNs are soon taken, and to wake another thread for a few costs more than they do.
pub const EVENT_BATCH: usize = 1_024;
/// Bytes of a batch, an estimate, after which no more is added: 32 ordinary connections of 10 KB.
pub const EVENT_BATCH_BYTES: usize = 320 << 10;
/// Batches that may wait for the other thread: enough that neither waits for the other often, 1 MB in all.
pub const EVENT_BATCHES: usize = 3;

/// Addresses whose TTL, outcomes and host keys are remembered for findings that need several connections. A hash table with this
/// many is full; one more would double it.
pub const HOSTS: usize = 7_168;

/// Connections remembered at those addresses together, about 200 bytes each: a scan of a whole network would otherwise grow
/// with its size. Beyond it a server's newest displaces its own oldest.
pub const VISITS_IN_ALL: usize = 16_384;

/// Judged connections remembered for remarks about servers: about 200 bytes each.
pub const SURVEYED_CONNECTIONS: usize = 14_336;

/// The same for one server; the newest are kept. A flood shows its pattern in fewer.
pub const SURVEYED_OF_ONE_SERVER: usize = 2_048;

/// Shapes of lone SYNs whose judgement is kept, about 2 KiB each. A scanner's SYNs differ in how long they were watched, in
/// milliseconds; a hostile capture that varies the rest is judged one by one.
pub const LONE_SYNS: usize = 512;

/// Packets of other traffic that are decoded only to learn the TTL of their source.
pub const REFERENCE_PACKETS: u64 = 16_384;

/// Bytes of a report that are written together: 20 connections as JSON. Readers wait for no more than the connections that are
/// judged together.
pub const REPORT_BUFFER: usize = 64 << 10;

/// Entries of a connection's timeline in a report; those in the middle are counted.
pub const TIMELINE: usize = 40;

/// Levels of folders that are searched below a named one. Captures lie a few levels down; a tree that somebody made to be without end
/// would cost the names of all its levels.
pub const FOLDER_DEPTH: usize = 64;

/// Window through which a capture is read. One megabyte keeps system calls rare and stays in the second-level cache;
/// it must hold [`RESYNC_RECORDS`] of the largest blocks so that a resynchronisation never has to read twice.
pub const READ_WINDOW: usize = 1 << 20;

/// Consecutive records that must look right before reading goes on after damage. One header fits random bytes about once
/// in a billion places, but a capture often holds old records at a wrong distance; three in a row do not happen by chance.
pub const RESYNC_RECORDS: usize = 3;

/// Seconds that the time stamp of a record found after damage may lie away from those before it: a day and a bit.
pub const RESYNC_SECONDS: i64 = 90_000;

/// Warnings kept with their text for one capture; further ones are counted.
pub const CAPTURE_WARNINGS: usize = 64;

/// Different link types listed for one capture; real ones have one to three.
pub const LINK_TYPES: usize = 32;

/// Compression layers undone around one capture (`x.pcap.gz.zst`). More is a joke or an attack.
pub const COMPRESSION_DEPTH: usize = 2;

/// How long a pipe may stay silent before the reader says so, in milliseconds.
pub const PIPE_IDLE_MS: u64 = 200;

/// Bytes of a text that `explain` keeps: the last ones, where a client or a log says how it ended. A whole `ssh -vvv` has 20 KiB.
pub const EXPLAINED_BYTES: usize = 1 << 20;

/// Lines of such a text that are looked at, from its end.
pub const EXPLAINED_LINES: usize = 4_096;

/// Bytes of one such line that are looked at. The longest real message is an offer of algorithms of about 1,500.
pub const EXPLAINED_LINE_BYTES: usize = 2_048;

/// Memory of packets that were fetched from an interface and wait to be judged: 160,000 SYNs of a flood, more than the kernel's
/// buffer of the same size holds, or what an interface with 1 Gbit/s carries in a tenth of a second. With it the process stays under
/// 64 MiB, and after a signal it takes seconds at most to judge them.
pub const FETCHED_BYTES: usize = 16 << 20;

/// Bytes of packets that are handed on together at most: enough that neither thread waits for the other often, and little
/// enough that it is still in the processor's second cache.
pub const FETCHED_BATCH: usize = 64 << 10;

/// Bytes of blocks collected before they are written to a capture file; what is shorter is written when the writer is told
/// to. One system call then carries some hundred packets, and a kill loses no more than the caller lets wait.
pub const SAVE_BATCH: usize = 64 << 10;

/// Bytes that must be written without a failure before the next failure is said: a disk that stays nearly full fails again and
/// again, and one line for that is enough.
pub const SAVE_FAILURE_BYTES: u64 = 16 << 20;

/// Files of one ring. All of them are open from the start, and a process has 1,024 descriptors where nobody raised that.
pub const RING_FILES: usize = 512;

/// Bytes of a ring's file up to which a later run goes on with it: it has to look at the head of each block before.
pub const RING_CONTINUED: u64 = 1_000_000_000;

/// Smallest file of a ring, in bytes: room for the descriptions and the longest packet that is kept, several times.
pub const RING_FILE_LEAST: u64 = 1_000_000;

/// Largest file of a ring, in bytes. Larger ones are a slip of the unit; Wireshark opens none of them.
pub const RING_FILE_MOST: u64 = 1_000_000_000_000;

/// First packets of a connection that `--keep failed` holds whole. A key exchange up to NEWKEYS takes 10 to 25 packets.
pub const KEPT_WHOLE: usize = 32;

/// First packets of a connection that it holds at all: as many as the diagnosis looks at ([`FIRST_SEGMENTS`]).
pub const KEPT_FIRST: usize = FIRST_SEGMENTS;

/// Last packets of a connection that it holds: as many as the diagnosis looks at ([`LAST_SEGMENTS`]).
pub const KEPT_LAST: usize = LAST_SEGMENTS;

/// Bytes of a packet behind the first [`KEPT_WHOLE`] that it holds. They are encrypted; all headers of a segment in a tunnel
/// with IPv6 and TCP options fit, and so do ICMP errors with their quotes.
pub const KEPT_CUT: usize = 256;

/// Bytes that it holds of all connections under way: about 1,000 interactive sessions of 25 kB, or 350 transfers of 70 kB, or
/// 60,000 unanswered SYNs. Beyond it those that were silent for the longest time lose packets: first all of those that nobody
/// answered, then the middle of the others, then all.
pub const KEPT_BYTES: usize = 24 << 20;

/// Bytes of IP fragments that it holds until they are complete and it is clear whose they are.
pub const KEPT_FRAGMENT_BYTES: usize = 1 << 20;

/// Servers with a label of their own in the metrics; the rest share one. Prometheus keeps a series for each for ever.
pub const METRIC_SERVERS: usize = 64;

/// Clients of the metrics served at a time: one scraper needs one. A further one displaces the oldest.
pub const METRIC_CLIENTS: usize = 16;

/// Seconds that a client may take from connecting to the last byte of the reply; Prometheus gives up after 10.
pub const METRIC_CLIENT_SECONDS: u64 = 5;

/// Bytes of a request for metrics; Prometheus sends about 300.
pub const METRIC_REQUEST_BYTES: usize = 4 << 10;

/// Intervals in which the attempts on one server are counted over time: enough to see a burst, a ban and its end; 20 bytes each.
pub const SERIES_INTERVALS: usize = 48;
