//! How a detector puts its finding together.

use crate::diagnose::finding::{By, Confidence, Ended, Evidence, Finding, How, Phase, Place, Remedy, Text};
use crate::packet::PacketId;
use crate::record::Mark;
use crate::tcp::SegmentFact;
use crate::time::Timestamp;

/// A finding, and what it makes of the ending: who really ended it, where the last packet alone would mislead.
#[derive(Debug, Clone)]
pub struct Detected {
    /// The finding.
    pub finding: Finding,
    by: Option<By>,
    how: Option<How>,
    phase: Option<Phase>,
    rank: Rank,
}

/// Where a finding may stand among those of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    /// It may lead.
    Specific,
    /// It leads where the specific ones are failures that are only possible.
    BeforeGuesses,
    /// It repeats where and how: dropped beside any that may lead.
    General,
    /// It never leads.
    Aside,
}

/// Something that can be cited: a packet and its time.
pub trait Cited {
    /// The packet.
    fn packet(&self) -> PacketId;
    /// Its time.
    fn time(&self) -> Timestamp;
}

impl Cited for Mark {
    fn packet(&self) -> PacketId {
        self.packet
    }
    fn time(&self) -> Timestamp {
        self.time
    }
}

impl Cited for SegmentFact {
    fn packet(&self) -> PacketId {
        self.packet
    }
    fn time(&self) -> Timestamp {
        self.time
    }
}

impl Cited for crate::packet::IcmpError {
    fn packet(&self) -> PacketId {
        self.packet
    }
    fn time(&self) -> Timestamp {
        self.time
    }
}

impl Cited for crate::packet::IncompleteDatagram {
    fn packet(&self) -> PacketId {
        self.packet
    }
    fn time(&self) -> Timestamp {
        self.time
    }
}

impl Detected {
    /// Begins a finding; its title is that of its page.
    pub fn new(id: &'static str, confidence: Confidence, explanation: impl Into<Text>) -> Self {
        let finding = Finding {
            id,
            title: None,
            confidence,
            explanation: explanation.into(),
            evidence: Vec::new(),
            against: Vec::new(),
            settle: Vec::new(),
            remedies: Vec::new(),
        };
        Self { finding, by: None, how: None, phase: None, rank: Rank::Specific }
    }

    /// A packet that supports it. Call it at least once.
    pub fn because(mut self, cited: &impl Cited, text: impl Into<Text>) -> Self {
        self.finding.evidence.push(Evidence { packet: cited.packet(), time: cited.time(), text: text.into() });
        self
    }

    /// The same, where there is such a packet.
    pub fn because_of(self, cited: Option<&impl Cited>, text: impl Into<Text>) -> Self {
        match cited {
            Some(cited) => self.because(cited, text),
            None => self,
        }
    }

    /// What speaks against it.
    pub fn against(mut self, text: impl Into<Text>) -> Self {
        self.finding.against.push(text.into());
        self
    }

    /// What speaks against it, if the condition holds.
    pub fn against_if(self, condition: bool, text: impl Into<Text>) -> Self {
        if condition { self.against(text) } else { self }
    }

    /// What would settle it.
    pub fn settle(mut self, text: impl Into<Text>) -> Self {
        self.finding.settle.push(text.into());
        self
    }

    /// What to do, with a command to paste.
    pub fn remedy(mut self, place: Place, text: impl Into<Text>, command: impl Into<Text>) -> Self {
        self.finding.remedies.push(Remedy { place, text: text.into(), command: Some(command.into()) });
        self
    }

    /// What to do, in words alone.
    pub fn advice(mut self, place: Place, text: impl Into<Text>) -> Self {
        self.finding.remedies.push(Remedy { place, text: text.into(), command: None });
        self
    }

    /// Another title than the page's.
    pub fn titled(mut self, title: impl Into<Text>) -> Self {
        self.finding.title = Some(title.into());
        self
    }

    /// Who really ended the connection, if this finding leads.
    pub fn ended_by(mut self, by: By) -> Self {
        self.by = Some(by);
        self
    }

    /// How it really ended, if this finding leads.
    pub fn ended_how(mut self, how: How) -> Self {
        self.how = Some(how);
        self
    }

    /// Where it really ended, if this finding leads.
    pub fn ended_in(mut self, phase: Phase) -> Self {
        self.phase = Some(phase);
        self
    }

    /// A finding that only repeats where and how: dropped beside any other.
    pub fn general(mut self) -> Self {
        self.rank = Rank::General;
        self
    }

    /// A finding that is better than a guess, and leads where nothing else does.
    pub fn before_guesses(mut self) -> Self {
        self.rank = Rank::BeforeGuesses;
        self
    }

    /// A finding that explains nothing of the ending: it never leads.
    pub fn aside(mut self) -> Self {
        self.rank = Rank::Aside;
        self
    }

    /// Whether it may lead.
    pub fn may_lead(&self) -> bool {
        self.rank != Rank::Aside
    }

    /// Whether it is dropped beside any other.
    pub fn is_general(&self) -> bool {
        self.rank == Rank::General
    }

    /// Whether it is better than a guess.
    pub fn is_before_guesses(&self) -> bool {
        self.rank == Rank::BeforeGuesses
    }

    /// Puts its view of the ending in place.
    pub fn refine(&self, ended: &mut Ended) {
        let certain = self.finding.confidence;
        if let Some(by) = self.by {
            if by != ended.by {
                ended.confidence = certain;
            }
            ended.by = by;
        }
        ended.how = self.how.unwrap_or(ended.how);
        ended.phase = self.phase.unwrap_or(ended.phase);
    }
}
