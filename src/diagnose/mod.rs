//! Records in, findings out: where, how, by whom and why each connection ended. Pure; sees records only.

mod case;
pub mod catalogue;
mod client_says;
mod ending;
mod finding;
mod keepalive;
mod login;
mod loss;
mod opening;
pub mod policy;
mod reset;
mod shown;
mod survey;
mod tap;
mod timeline;

pub use case::Case;
pub use ending::{Close, duration};
pub use finding::{
    AuthOutcome, Authentication, By, Confidence, Ended, Evidence, Finding, How, Judgement, Moment, Phase, Place,
    Remedy, Tap, TapPosition,
};
pub use login::login;
pub use loss::Stuck;
pub use reset::{Effect, Maker, Reset};
pub use shown::misleads;
pub use survey::{Remark, Survey};

use crate::record::{ConnectionRecord, Hosts};
use crate::ssh::AuthOutcome as Guess;
use crate::ssh::weaknesses::Surroundings;
use crate::tcp::Side;

/// Judges one connection. `hosts` has what other connections of the capture show.
pub fn diagnose(record: &ConnectionRecord, hosts: &Hosts) -> Judgement {
    let case = Case::new(record, hosts);
    let detected = catalogue::detect(&case);
    let mut ended = case.ended.clone();
    if let Some(leading) = detected.first() {
        leading.refine(&mut ended);
    }
    let findings: Vec<Finding> = detected.into_iter().map(|detected| detected.finding).collect();
    let client_says = client_says::client_says(record, &ended, findings.first(), case.negotiation.as_ref());
    let (timeline, timeline_omitted) = timeline::of(&case, findings.first());
    Judgement {
        authentication: authentication(&case),
        weaknesses: weaknesses(&case),
        tap: case.tap,
        ended,
        findings,
        negotiation: case.negotiation,
        client_says,
        timeline,
        timeline_omitted,
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

fn weaknesses(case: &Case<'_>) -> Vec<(String, String)> {
    let Some(negotiation) = &case.negotiation else { return Vec::new() };
    let protocol = |side: Side| {
        let seen = case.record.ssh[side].identification.as_ref();
        seen.and_then(|seen| std::str::from_utf8(&seen.protocol).ok())
    };
    let key = case.record.ssh.server.host_key.as_ref();
    let surroundings = Surroundings {
        host_key: key.and_then(|key| Some((key.kind.as_str(), key.bits?))),
        server_protocol: protocol(Side::Server),
        client_protocol: protocol(Side::Client),
    };
    let found = crate::ssh::weaknesses::weaknesses(negotiation, &surroundings);
    found.into_iter().map(|weakness| (weakness.id.to_string(), weakness.text)).collect()
}
