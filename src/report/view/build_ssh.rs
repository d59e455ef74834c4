//! The SSH part of the view.

use super::build::Home;
use super::names::Names;
use super::{Agreed, Authentication, Disconnect, HostKey, KexInit, NoneInCommon, PerDirection, Ssh, SshSide, Weakness};
use crate::diagnose::{Judgement, Words};
use crate::record::ConnectionRecord;
use crate::report::escape::{visible, visible_text};
use crate::ssh::Negotiation;
use crate::ssh::facts::KexInitSeen;
use crate::tcp::Side;

pub(super) fn ssh(record: &ConnectionRecord, judgement: &Judgement, words: &Words, home: Home) -> Ssh {
    // A certificate or a key cut by the capture has no fingerprint.
    let fingerprint = |text: &String| (!text.is_empty()).then(|| visible_text(text));
    let negotiation = judgement.negotiation.as_deref();
    Ssh {
        client: side(record, Side::Client, home),
        server: side(record, Side::Server, home),
        negotiated: negotiation.map(agreed),
        none_in_common: negotiation.map_or_else(Vec::new, none_in_common),
        host_key: record.ssh.server.host_key.as_ref().map(|key| HostKey {
            key_type: visible_text(&key.kind),
            bits: key.bits,
            fingerprint: fingerprint(&key.fingerprint),
        }),
        disconnect: Side::BOTH.into_iter().find_map(|side| disconnect(record, side, home)),
        authentication: judgement.authentication.as_ref().map(|authentication| Authentication {
            outcome: authentication.outcome,
            attempts: authentication.attempts,
            inferred: true,
        }),
        weaknesses: words
            .weaknesses
            .iter()
            .map(|(id, text)| Weakness { id: id.clone(), text: visible_text(text) })
            .collect(),
    }
}

fn side(record: &ConnectionRecord, side: Side, home: Home) -> SshSide {
    let seen = &record.ssh[side];
    let said = seen.identification.as_ref();
    let hassh = seen.kexinit.as_ref().and_then(|seen| match side {
        Side::Client => seen.hassh,
        Side::Server => seen.hassh_server,
    });
    // An unfinished line is what a peer reads too; it tells why nothing followed.
    let partial = seen.partial_line.as_ref().filter(|line| !line.text.is_empty() && said.is_none());
    let lines = seen.pre_identification.iter().map(|line| visible(&line.text));
    SshSide {
        identification: said.map(|said| visible(&said.raw)),
        pre_identification: lines.chain(partial.map(|line| visible(&line.text))).collect(),
        protocol: said.map(|said| visible(&said.protocol)),
        software: said.map(|said| visible(&said.software)),
        comments: said.and_then(|said| said.comments.as_ref()).map(|comments| visible(comments)),
        kexinit: seen.kexinit.as_ref().map(|kexinit| lists(record, side, kexinit, home)),
        hassh: hassh.map(|hassh| hassh.to_string()),
    }
}

fn lists(record: &ConnectionRecord, side: Side, seen: &KexInitSeen, home: Home) -> KexInit {
    let place = record.first_mark_behind(side, seen.range.start).map(|mark| home.place(mark.packet));
    let [kex, host_key, enc_up, enc_down, mac_up, mac_down, comp_up, comp_down, lang_up, lang_down] =
        Names::all(&seen.kexinit);
    KexInit {
        kex_algorithms: kex,
        server_host_key_algorithms: host_key,
        encryption_client_to_server: enc_up,
        encryption_server_to_client: enc_down,
        mac_client_to_server: mac_up,
        mac_server_to_client: mac_down,
        compression_client_to_server: comp_up,
        compression_server_to_client: comp_down,
        languages_client_to_server: lang_up,
        languages_server_to_client: lang_down,
        first_kex_packet_follows: seen.kexinit.first_kex_packet_follows,
        complete: seen.complete,
        packet: place.map(|(number, _)| number),
        capture: place.and_then(|(_, capture)| capture),
    }
}

fn agreed(negotiation: &Negotiation) -> Agreed {
    let name = |name: &Option<String>| name.as_deref().map(visible_text);
    let both = |pair: &crate::ssh::negotiation::PerDirection<Option<String>>| PerDirection {
        client_to_server: name(&pair.client_to_server),
        server_to_client: name(&pair.server_to_client),
    };
    Agreed {
        kex: name(&negotiation.kex),
        host_key: name(&negotiation.host_key),
        encryption: both(&negotiation.encryption),
        mac: both(&negotiation.mac),
        compression: both(&negotiation.compression),
        strict_kex: negotiation.strict_kex,
    }
}

fn none_in_common(negotiation: &Negotiation) -> Vec<NoneInCommon> {
    let names = |list: &[String]| list.iter().map(|name| visible_text(name)).collect();
    let slot = |failing: &crate::ssh::negotiation::NoneInCommon| NoneInCommon {
        slot: failing.slot.as_str().to_owned(),
        client: names(&failing.client),
        server: names(&failing.server),
    };
    negotiation.failing.iter().map(slot).collect()
}

fn disconnect(record: &ConnectionRecord, side: Side, home: Home) -> Option<Disconnect> {
    let seen = record.ssh[side].disconnect.as_ref()?;
    let place = record.mark(side, seen.range).map(|mark| home.place(mark.packet));
    Some(Disconnect {
        from: side.name().to_owned(),
        code: seen.code,
        name: seen.name.to_owned(),
        text: visible(&seen.text),
        packet: place.map(|(number, _)| number),
        capture: place.and_then(|(_, capture)| capture),
    })
}
