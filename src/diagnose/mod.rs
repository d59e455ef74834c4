//! Records in, findings out: where, how, by whom and why each connection ended. Pure; sees records only.

mod case;
pub mod catalogue;
mod client_says;
mod crossing;
mod ending;
mod finding;
mod keepalive;
mod login;
mod lone;
mod loss;
mod opening;
pub mod policy;
mod reset;
mod shown;
mod stage;
mod survey;
mod tap;
mod timeline;
mod unseen;

pub use case::Case;
pub use ending::{Close, duration};
pub use finding::{
    AuthOutcome, Authentication, By, Confidence, Ended, Evidence, Finding, How, Judgement, Moment, Phase, Place,
    Remedy, Tap, TapPosition, Text, Words,
};
pub use login::Reading;
pub use lone::{Alike, LoneSyns};
pub use loss::Stuck;
pub use reset::{Effect, Maker, Reset};
pub use shown::misleads;
pub use survey::{Remark, Survey};

use crate::record::{ConnectionRecord, Hosts, Mark};
use crate::ssh::weaknesses::Surroundings;
use crate::ssh::{AuthOutcome as Guess, Negotiation};
use crate::tcp::{SegmentFact, Side};

/// Judges one connection. `reading` is what its record alone tells, `hosts` has what other connections of the capture show.
pub fn judge(record: &ConnectionRecord, reading: Reading, hosts: &Hosts) -> Judgement {
    let case = Case::new(record, reading, hosts);
    let detected = catalogue::detect(&case);
    let mut ended = case.ended.clone();
    if let Some(leading) = detected.first() {
        leading.refine(&mut ended);
    }
    let mut findings: Vec<Finding> = detected.into_iter().map(|detected| detected.finding).collect();
    allow_for_second_tap(record, &mut ended, &mut findings);
    Judgement {
        authentication: authentication(&case),
        authenticated_at: case.authenticated_at(),
        tap: case.tap,
        ended,
        findings,
        negotiation: case.negotiation,
        marks: case.marks,
        resets: case.resets,
    }
}

/// Where captures of two taps were merged, and one of them lacks the packet that closed: who closed first rests on two clocks.
fn allow_for_second_tap(record: &ConnectionRecord, ended: &mut Ended, findings: &mut [Finding]) {
    let Some(lag) = record.second_tap() else { return };
    let closes = |fact: &&SegmentFact| fact.flags.fin() || fact.flags.rst();
    if record.segments.iter().filter(closes).all(SegmentFact::copied) {
        return;
    }
    let text = format!(
        "the capture holds packets of two taps, {} apart, of which one lacks some: their order is not sure",
        duration(lag)
    );
    ended.confidence = ended.confidence.min(Confidence::Likely);
    for finding in findings {
        finding.confidence = finding.confidence.min(Confidence::Likely);
        finding.against.push(text.clone().into());
    }
}

impl Judgement {
    /// What is told of the connection that was judged.
    pub fn words(&self, record: &ConnectionRecord) -> Words {
        let negotiation = self.negotiation.as_deref();
        let (timeline, timeline_omitted) = timeline::of(record, self);
        Words {
            tap: tap::evidence(record),
            weaknesses: negotiation.map_or_else(Vec::new, |negotiation| weaknesses(record, negotiation)),
            client_says: client_says::client_says(record, &self.ended, self.verdict(), negotiation),
            stage_signature: stage::signature(record, self),
            timeline,
            timeline_omitted,
        }
    }
}

fn authentication(case: &Case<'_>) -> Option<Authentication> {
    case.marks.encrypted.client.or(case.marks.encrypted.server)?;
    let outcome = match case.authentication.outcome {
        Guess::Succeeded { .. } => AuthOutcome::Succeeded,
        Guess::Failed => AuthOutcome::Failed,
        Guess::Unknown => AuthOutcome::Unknown,
    };
    let granted_at = case.authenticated_at().map(|mark| mark.time);
    Some(Authentication { outcome, attempts: case.authentication.attempts, granted_at })
}

fn weaknesses(record: &ConnectionRecord, negotiation: &Negotiation) -> Vec<(String, String)> {
    let protocol = |side: Side| {
        let seen = record.ssh[side].identification.as_ref();
        seen.and_then(|seen| std::str::from_utf8(&seen.protocol).ok())
    };
    let key = record.ssh.server.host_key.as_ref();
    let surroundings = Surroundings {
        host_key: key.and_then(|key| Some((key.kind.as_str(), key.bits?))),
        server_protocol: protocol(Side::Server),
        client_protocol: protocol(Side::Client),
    };
    let found = crate::ssh::weaknesses::weaknesses(negotiation, &surroundings);
    found.into_iter().map(|weakness| (weakness.id.to_string(), weakness.text)).collect()
}
