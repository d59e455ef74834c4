//! What `--verbose` adds to a connection: SSH, TCP and the tap in figures.

use super::connection::Writer;
use crate::report::view::{Connection, SshSide, TcpSide};
use std::fmt::Write as _;

pub(super) fn write(writer: &Writer<'_>, out: &mut String, connection: &Connection) {
    let tap = &connection.tap;
    let evidence = if tap.evidence.is_empty() { String::new() } else { format!(": {}", tap.evidence.join("; ")) };
    out.push('\n');
    writer.field(out, "tap", &format!("{} ({}){evidence}", tap.position.word(), tap.confidence.word()));
    side(writer, out, "client", &connection.ssh.client, &connection.tcp.client);
    side(writer, out, "server", &connection.ssh.server, &connection.tcp.server);
    if let Some(agreed) = &connection.ssh.negotiated {
        let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "-".to_owned());
        let both = |pair: &crate::report::view::PerDirection| {
            let (up, down) = (name(&pair.client_to_server), name(&pair.server_to_client));
            if up == down { up } else { format!("{up} / {down}") }
        };
        let text = format!(
            "{}, {}, {}, {}, compression {}{}",
            name(&agreed.kex),
            name(&agreed.host_key),
            both(&agreed.encryption),
            both(&agreed.mac),
            both(&agreed.compression),
            if agreed.strict_kex { ", strict" } else { "" },
        );
        writer.field(out, "agreed", &text);
    }
    if let Some(key) = &connection.ssh.host_key {
        let bits = key.bits.map_or(String::new(), |bits| format!(" {bits} bits"));
        writer.field(
            out,
            "host key",
            &format!("{}{bits} {}", key.key_type, key.fingerprint.as_deref().unwrap_or("(cut)")),
        );
    }
    for weakness in &connection.ssh.weaknesses {
        writer.field(out, "weak", &weakness.text);
    }
    let rtt = connection.tcp.handshake.rtt_s.map_or(String::new(), |rtt| format!(", round trip {:.3} ms", rtt * 1e3));
    writer.field(out, "tcp", &format!("{} {}{rtt}", connection.tcp.conn_state, connection.tcp.history));
    if let Some(signature) = &connection.tcp.stage_signature {
        writer.field(out, "stage", signature);
    }
}

fn side(writer: &Writer<'_>, out: &mut String, label: &str, ssh: &SshSide, tcp: &TcpSide) {
    let mut text = ssh.identification.clone().unwrap_or_else(|| "no identification".to_owned());
    if let Some(hassh) = &ssh.hassh {
        let _ = write!(text, ", hassh {hassh}");
    }
    let _ = write!(text, "; {} bytes in {} segments", tcp.bytes, tcp.segments);
    for (count, what) in [
        (tcp.retransmissions, "retransmitted"),
        (tcp.out_of_order, "out of order"),
        (tcp.zero_windows, "zero windows"),
        (tcp.gaps.len() as u64 + tcp.gaps_omitted, "gaps"),
    ] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    writer.field(out, label, &text);
}
