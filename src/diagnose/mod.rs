//! Records in, findings out: where, how, by whom and why each connection ended. Pure; sees records only.

mod case;
pub mod catalogue;
mod ending;
mod finding;
mod loss;
pub mod policy;
mod reset;
mod tap;
mod timeline;

pub use case::Case;
pub use ending::{Close, duration};
pub use finding::{
    AuthOutcome, Authentication, By, Confidence, Ended, Evidence, Finding, How, Judgement, Moment, Phase, Place, Remedy,
    Tap, TapPosition,
};
pub use loss::Stuck;
pub use reset::{Effect, Maker, Reset};

use crate::record::{ConnectionRecord, Hosts};
use crate::ssh::Guess;

/// Judges one connection. `hosts` has what other connections of the capture show.
pub fn diagnose(record: &ConnectionRecord, hosts: &Hosts) -> Judgement {
    let case = Case::new(record, hosts);
    let detected = catalogue::detect(&case);
    let mut ended = case.ended.clone();
    if let Some(leading) = detected.first() {
        leading.refine(&mut ended);
    }
    let findings: Vec<Finding> = detected.into_iter().map(|detected| detected.finding).collect();
    let client_says = crate::diagnose::client_says::client_says(record, &ended, findings.first(), case.negotiation.as_ref());
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
    Some(Authentication { outcome, attempts: case.authentication.attempts })
}

fn weaknesses(case: &Case<'_>) -> Vec<(String, String)> {
    let Some(negotiation) = &case.negotiation else { return Vec::new() };
    let found = crate::ssh::weaknesses(negotiation, &case.record.ssh.client, &case.record.ssh.server);
    found.into_iter().map(|weakness| (weakness.id.to_string(), weakness.text)).collect()
}
