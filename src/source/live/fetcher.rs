//! Packets are fetched on a thread of their own, which does nothing else: a burst waits here and not in the kernel, whose buffer
//! is small, until it is judged.
//!
//! When the queue is full the thread waits too. Then the kernel's buffer fills, and the kernel counts what it loses.

use super::{Arrival, Direction, PacketSource, Statistics};
use crate::limits::{FETCHED_BATCH, FETCHED_BYTES};
use crate::packet::{CapturedPacket, LinkType, PacketId};
use crate::time::Timestamp;
use std::collections::VecDeque;
use std::io::{self, PipeReader, PipeWriter};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long packets from before the end may still be on their way: the kernel hands over a block that is not full after 50 ms.
const ON_ITS_WAY: Duration = Duration::from_millis(70);
/// Between two looks for them.
const LOOK: Duration = Duration::from_millis(10);

/// A source whose packets are fetched while others are judged. Packets keep their order, numbers and times.
pub struct Fetcher {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// Closed, it ends the thread's wait.
    wake: Option<PipeWriter>,
    link: LinkType,
    description: String,
    batch: Batch,
    /// Packets of the batch that were returned, and their bytes.
    read: (usize, usize),
    number: u64,
    over: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Something waits, for whoever judges.
    arrived: Condvar,
    /// There is room again, for the thread.
    room: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Message>,
    /// Memory of what waits.
    bytes: usize,
    statistics: Statistics,
    end: Option<End>,
    /// The thread has ended.
    gone: bool,
}

/// Why the thread is to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// What was captured up to this time is still wanted.
    At(Timestamp),
    /// Nothing is wanted any more.
    Now,
}

enum Message {
    Packets(Batch),
    /// Anything else that happened.
    News(Arrival<'static>),
}

/// Packets that follow each other.
#[derive(Default)]
struct Batch {
    heads: Vec<Head>,
    /// Their bytes, one after the other.
    data: Vec<u8>,
}

struct Head {
    time: Timestamp,
    wire_len: u32,
    length: u32,
    direction: Option<Direction>,
}

impl Batch {
    fn add(&mut self, packet: &CapturedPacket<'_>, direction: Option<Direction>) {
        // No backend returns a packet that is longer than its buffer of at most 1 GiB.
        let length = u32::try_from(packet.data.len()).unwrap_or(u32::MAX);
        self.heads.push(Head { time: packet.time, wire_len: packet.wire_len, length, direction });
        self.data.extend_from_slice(packet.data);
    }

    /// Bytes of the packets, with their heads.
    fn bytes(&self) -> usize {
        self.data.len() + self.heads.len() * size_of::<Head>()
    }

    /// Bytes that it takes.
    fn memory(&self) -> usize {
        size_of::<Message>() + self.data.capacity() + self.heads.capacity() * size_of::<Head>()
    }
}

impl Fetcher {
    /// Starts the thread; it has the rights that are left to this one. The pipe, which no right is left to make by then, ends
    /// its wait when it is closed.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(mut source: Box<dyn PacketSource>, (woken, wake): (PipeReader, PipeWriter)) -> io::Result<Self> {
        source.woken_by(woken);
        let (link, description) = (source.link_type(), source.description());
        let shared = Arc::<Shared>::default();
        let thread = thread::Builder::new().name("fetch".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || {
                let _leaving = Leaving(&shared);
                fetch(source.as_mut(), &shared);
            }
        })?;
        Ok(Self {
            shared,
            thread: Some(thread),
            wake: Some(wake),
            link,
            description,
            batch: Batch::default(),
            read: (0, 0),
            number: 0,
            over: false,
        })
    }

    /// Nothing more is captured; what was captured until now is still returned. [`Self::is_over`] says when that is done.
    pub fn close(&mut self, now: Timestamp) {
        self.end(End::At(now));
    }

    /// Whether it was closed and everything was returned.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Whether the packets that were fetched together were all returned: more may be there, or not yet.
    pub fn is_read_through(&self) -> bool {
        self.read.0 == self.batch.heads.len()
    }

    fn end(&mut self, end: End) {
        // Dropped: the pipe is closed.
        if self.wake.take().is_some() || end == End::Now {
            self.shared.state().end = Some(end);
            self.shared.room.notify_one();
        }
    }

    /// The next packet of the batch.
    fn packet(&mut self) -> Option<Arrival<'_>> {
        let (index, at) = self.read;
        let head = self.batch.heads.get(index)?;
        let ends = at + head.length as usize;
        self.read = (index + 1, ends);
        self.number += 1;
        let packet = CapturedPacket {
            id: PacketId::new(0, self.number),
            time: head.time,
            link: self.link,
            wire_len: head.wire_len,
            data: self.batch.data.get(at..ends).unwrap_or_default(),
        };
        Some(Arrival::Packet(packet, head.direction))
    }

    /// What waits longest, once something does.
    fn message(&mut self, wait: Duration) -> Option<Message> {
        let mut state = self.shared.state();
        if state.waiting.is_empty() && !state.gone {
            let nothing = |state: &mut State| state.waiting.is_empty() && !state.gone;
            let waited = self.shared.arrived.wait_timeout_while(state, wait, nothing);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let message = state.waiting.pop_front();
        if let Some(Message::Packets(batch)) = &message {
            state.bytes -= batch.memory();
            self.shared.room.notify_one();
        }
        self.over = message.is_none() && state.gone;
        message
    }

    /// What comes next; waits no longer than this.
    pub fn next(&mut self, wait: Duration) -> Arrival<'_> {
        if self.is_read_through() {
            self.batch = Batch::default();
            self.read = (0, 0);
            match self.message(wait) {
                Some(Message::Packets(batch)) => self.batch = batch,
                Some(Message::News(news)) => return news,
                None if self.over && self.wake.is_some() => {
                    return Arrival::End("packets cannot be fetched any more".to_owned());
                }
                None => return Arrival::Idle,
            }
        }
        self.packet().unwrap_or(Arrival::Idle)
    }

    /// As they stood when packets were fetched last. While the thread sleeps there is room in the kernel's buffer: nothing is lost.
    pub fn statistics(&self) -> Statistics {
        self.shared.state().statistics
    }

    /// Link type of the packets.
    pub fn link_type(&self) -> LinkType {
        self.link
    }

    /// The backend in words.
    pub fn description(&self) -> &str {
        &self.description
    }
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        self.end(End::Now);
        if let Some(thread) = self.thread.take() {
            // Its panic was printed.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // What a thread that panicked left is still in order.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over what was fetched, once there is room for it. Says whether more is wanted.
    fn hand_over(&self, batch: &mut Batch, statistics: Statistics) -> Option<End> {
        let mut state = self.state();
        state.statistics = statistics;
        if batch.heads.is_empty() {
            return state.end;
        }
        let batch = std::mem::take(batch);
        let full = |state: &mut State| state.bytes + batch.memory() > FETCHED_BYTES && state.end != Some(End::Now);
        state = self.room.wait_while(state, full).unwrap_or_else(PoisonError::into_inner);
        state.bytes += batch.memory();
        state.waiting.push_back(Message::Packets(batch));
        self.arrived.notify_one();
        state.end
    }

    fn tell(&self, news: Arrival<'static>) {
        self.state().waiting.push_back(Message::News(news));
        self.arrived.notify_one();
    }
}

/// Says that the thread has ended, also by a panic.
struct Leaving<'a>(&'a Shared);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.state().gone = true;
        self.0.arrived.notify_one();
    }
}

/// The life of the thread. What is there is handed over before it waits for more.
fn fetch(source: &mut dyn PacketSource, shared: &Shared) {
    let mut batch = Batch::default();
    let mut wait = Duration::ZERO;
    let mut end = None;
    // When nothing from before the end can be on its way any more.
    let mut complete: Option<Instant> = None;
    loop {
        match source.next(wait) {
            Arrival::Packet(packet, _) if matches!(end, Some(End::At(time)) if packet.time > time) => break,
            Arrival::Packet(packet, direction) => {
                wait = Duration::ZERO;
                batch.add(&packet, direction);
                if batch.bytes() < FETCHED_BATCH {
                    continue;
                }
                end = shared.hand_over(&mut batch, source.statistics());
            }
            Arrival::Idle => {
                end = shared.hand_over(&mut batch, source.statistics());
                if complete.is_some_and(|complete| Instant::now() >= complete) {
                    break;
                }
                match end {
                    None => wait = Duration::MAX,
                    Some(_) => thread::sleep(LOOK),
                }
            }
            news => {
                let (news, last) = match news {
                    Arrival::Down(outage) => (Arrival::Down(outage), false),
                    Arrival::End(why) => (Arrival::End(why), true),
                    _ => (Arrival::Up, false),
                };
                end = shared.hand_over(&mut batch, source.statistics());
                shared.tell(news);
                if last {
                    break;
                }
            }
        }
        match end {
            None => {}
            Some(End::At(_)) => complete = complete.or_else(|| Some(Instant::now() + ON_ITS_WAY)),
            Some(End::Now) => break,
        }
    }
    shared.hand_over(&mut batch, source.statistics());
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;
    use crate::source::live::Outage;
    use std::io::PipeReader;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Packets a nanosecond apart, each `length` bytes of its number; then nothing, or no end of them.
    struct Made {
        length: usize,
        most: usize,
        /// Goes down before this packet.
        down: usize,
        made: Arc<AtomicUsize>,
        data: Vec<u8>,
    }

    impl Made {
        fn start(length: usize, most: usize, down: usize) -> (Fetcher, Arc<AtomicUsize>) {
            let made = Arc::<AtomicUsize>::default();
            let source = Self { length, most, down, made: Arc::clone(&made), data: Vec::new() };
            (Fetcher::start(Box::new(source), io::pipe().unwrap()).unwrap(), made)
        }
    }

    impl PacketSource for Made {
        fn next(&mut self, wait: Duration) -> Arrival<'_> {
            let number = self.made.load(Ordering::SeqCst);
            if number == self.down {
                self.down = usize::MAX;
                return Arrival::Down(Outage::Down);
            }
            if number == self.most {
                thread::sleep(wait.min(LOOK));
                return Arrival::Idle;
            }
            self.made.store(number + 1, Ordering::SeqCst);
            self.data = vec![number as u8; self.length];
            let (id, time) = (PacketId::new(0, 9), Timestamp(number as i64));
            let packet = CapturedPacket { id, time, link: LinkType::Ethernet, wire_len: 70_000, data: &self.data };
            Arrival::Packet(packet, Some(Direction::Outbound))
        }

        fn woken_by(&mut self, _pipe: PipeReader) {}

        fn statistics(&mut self) -> Statistics {
            Statistics { passed: self.made.load(Ordering::SeqCst) as u64, dropped: 3 }
        }

        fn packet_sockets(&self) -> Vec<std::os::fd::RawFd> {
            Vec::new()
        }

        fn link_type(&self) -> LinkType {
            LinkType::Ethernet
        }

        fn description(&self) -> String {
            "made".to_owned()
        }
    }

    /// Numbers of the packets until it is over, with 0 for an outage.
    fn all(fetcher: &mut Fetcher) -> Vec<u64> {
        let mut numbers = Vec::new();
        while !fetcher.is_over() {
            match fetcher.next(Duration::from_secs(10)) {
                Arrival::Packet(packet, direction) => {
                    assert_eq!((direction, packet.wire_len), (Some(Direction::Outbound), 70_000));
                    assert_eq!(packet.time.0 + 1, packet.id.number() as i64);
                    assert!(packet.data.iter().all(|&byte| byte == packet.time.0 as u8), "{}", packet.time.0);
                    numbers.push(packet.id.number());
                }
                Arrival::Down(_) => numbers.push(0),
                _ => {}
            }
        }
        numbers
    }

    #[test]
    fn everything_comes_in_its_order_and_before_the_end() {
        let (mut fetcher, _) = Made::start(100, 5_000, 2_000);
        fetcher.close(Timestamp(i64::MAX));
        let expected: Vec<u64> = (1..=2_000).chain([0]).chain(2_001..=5_000).collect();
        assert_eq!(all(&mut fetcher), expected);
        assert_eq!(fetcher.statistics(), Statistics { passed: 5_000, dropped: 3 });
    }

    #[test]
    fn what_is_newer_than_the_end_is_left() {
        let (mut fetcher, _) = Made::start(1_000, usize::MAX, usize::MAX);
        // It comes to be after the first packets are there.
        assert!(matches!(fetcher.next(Duration::from_secs(10)), Arrival::Packet(..)));
        fetcher.close(Timestamp(40_000));
        let numbers = all(&mut fetcher);
        // What was fetched together with the last one, or before it was closed, comes too.
        assert!(numbers.last().is_some_and(|&last| last >= 40_001), "{numbers:?}");
    }

    #[test]
    fn a_full_queue_lets_the_source_wait() {
        const LENGTH: usize = 10_000;
        let (fetcher, made) = Made::start(LENGTH, usize::MAX, usize::MAX);
        let mut before = 0;
        // Until it makes no more.
        while std::mem::replace(&mut before, made.load(Ordering::SeqCst)) != made.load(Ordering::SeqCst) || before == 0
        {
            thread::sleep(Duration::from_millis(200));
        }
        let (least, most) = (FETCHED_BYTES / 4 / LENGTH, (FETCHED_BYTES + 2 * FETCHED_BATCH) / LENGTH);
        assert!((least..=most).contains(&before), "{before}");
        drop(fetcher);
    }
}
