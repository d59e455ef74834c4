//! No common MAC, in either direction. An AEAD cipher needs none, yet some clients insist (paramiko, JSch, old Go).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Phase};
use crate::ssh::Slot;
use crate::tcp::Side;

const ID: &str = "no-common-mac";
const SLOTS: [Slot; 2] = [Slot::MacServerToClient, Slot::MacClientToServer];

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    super::no_common::detect(case, ID, &SLOTS).or_else(|| insisted(case))
}

fn insisted(case: &Case<'_>) -> Option<Detected> {
    let negotiation = case.negotiation.as_ref().filter(|negotiation| negotiation.failing.is_empty())?;
    let (client, server) = (case.software.client.as_ref()?, case.software.server.as_ref()?);
    let insistence = negotiation.mac_insisted_on(client, server).into_iter().next()?;
    let exchange = case.record.ssh.client.messages.iter().any(|message| (30..=34).contains(&message.number));
    if exchange || case.marks.newkeys.server.is_some() {
        return None;
    }
    let mark = case.marks.kexinit[Side::Server].or(case.marks.kexinit[Side::Client])?;
    let confidence = if insistence.always { Confidence::Likely } else { Confidence::Possible };
    Some(
        Detected::new(ID, confidence, "The agreed cipher needs no MAC, but this client wants a common MAC all the same.")
            .because(&mark, format!("no common MAC for {}, and the client's software insists on one", insistence.slot.as_str()))
            .against("other clients with the same lists would connect")
            .settle("the client's own error message names the MAC lists")
            .ended_in(Phase::Kexinit),
    )
}
