//! The whole core: packets in, judged connections out. No IO, no clock.
//!
//! Two halves with a queue of [`Event`]s between them: [`Intake`] decodes and follows connections, [`Hindsight`] judges those that
//! are over. [`Analyzer`] is both in one; on two threads each half has its own, and what comes out is the same.

mod hindsight;
mod intake;

pub use hindsight::{Concluded, Hindsight, LoneSyn};
pub use intake::{Event, Intake};

use crate::diagnose::{Judgement, Words};
use crate::packet::{CapturedPacket, Layer, Network, PacketId};
use crate::record::ConnectionRecord;
use crate::tcp::{OpenConnection, Stall};
use crate::time::{Span, Timestamp};

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// TCP ports of SSH servers.
    pub ports: Vec<u16>,
    /// Find SSH on any port by its identification string.
    pub any_port: bool,
    /// Only connections of these addresses, if any are given.
    pub hosts: Vec<Network>,
    /// Judge each connection as soon as it is over, without waiting for what others show later (pipes, live capture).
    pub immediate: bool,
    /// How long a closed connection waits for stragglers before it is judged, where that is not to be as long as a file allows.
    pub linger: Option<Span>,
}

/// A connection and what is concluded of it.
#[derive(Debug)]
pub struct Judged {
    /// All that was seen.
    pub record: Box<ConnectionRecord>,
    /// What is concluded.
    pub judgement: Box<Judgement>,
    /// The first of the captures that belong together with the one it began in.
    pub first_capture: u32,
}

impl Judged {
    /// What is told of it beside the judgement.
    pub fn words(&self) -> Words {
        self.judgement.words(&self.record)
    }
}

/// What the analyzer saw besides connections.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// Packets taken.
    pub packets: u64,
    /// Packets that could not be decoded, by layer and reason.
    pub undecodable: Vec<(Layer, &'static str, u64)>,
    /// Connections judged early because a limit was reached.
    pub evicted: u64,
    /// ICMP errors and incomplete IP datagrams without a connection.
    pub untied: u64,
    /// The first packet of each capture that shows that the clock was set back, and by how much.
    pub clock_steps: Vec<(PacketId, Span)>,
    /// Other traffic seen in the first packets, the most frequent first: what it is and how many packets.
    pub other_traffic: Vec<(String, u64)>,
}

/// Takes packets in the order of the capture, hands out judged connections.
pub struct Analyzer {
    intake: Intake,
    hindsight: Hindsight,
}

impl Analyzer {
    /// Begins with nothing seen.
    pub fn new(settings: Settings) -> Self {
        Self { hindsight: Hindsight::new(settings.clone()), intake: Intake::new(settings) }
    }

    /// Takes one packet.
    pub fn push(&mut self, packet: &CapturedPacket<'_>) {
        self.intake.push(packet);
        self.settle();
    }

    /// Time passes without packets (live capture): what is over by now is judged.
    pub fn advance(&mut self, now: Timestamp) {
        self.intake.advance(now);
        self.settle();
    }

    /// The connections in which one side repeats bytes without an answer.
    pub fn stalls(&self) -> Vec<(OpenConnection, Stall)> {
        self.intake.stalls()
    }

    /// Up to so many connections under way, those with the newest packets first.
    pub fn open_list(&self, most: usize) -> Vec<OpenConnection> {
        self.intake.open_list(most)
    }

    /// What would be concluded of a connection under way if it ended now.
    pub fn interim(&self, open: &OpenConnection) -> Option<Judged> {
        self.hindsight.interim(self.intake.as_of_now(open)?)
    }

    /// Nothing more is expected of a connection under way: it is judged as it is.
    pub fn give_up(&mut self, open: &OpenConnection) {
        self.intake.give_up(open);
        self.settle();
    }

    /// See [`Intake::capture_end`].
    pub fn capture_end(&mut self, capture: u32, continued: bool) {
        self.intake.capture_end(capture, continued);
        self.settle();
    }

    /// Nothing more will come. What is left is then judged by [`Self::poll`], one after the other.
    pub fn finish(&mut self) {
        self.settle();
        self.intake.finish();
    }

    /// The next judged connection.
    #[inline]
    pub fn poll(&mut self) -> Option<Judged> {
        loop {
            if let Some(concluded) = self.hindsight.poll() {
                return Some(concluded.whole());
            }
            self.hindsight.take(self.intake.poll()?);
        }
    }

    /// Nothing is to be read at the moment: what waits only for hindsight is judged now.
    pub fn idle(&mut self) {
        self.intake.idle();
        self.settle();
    }

    /// Connections under way.
    pub fn open_connections(&self) -> usize {
        self.intake.open_connections()
    }

    /// What was seen besides connections.
    pub fn overview(&self) -> Overview {
        self.intake.overview()
    }

    /// What the intake has handed out so far is taken over.
    #[inline]
    fn settle(&mut self) {
        while let Some(event) = self.intake.poll() {
            self.hindsight.take(event);
        }
    }
}
