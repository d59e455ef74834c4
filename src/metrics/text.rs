//! Prometheus' text format (version 0.0.4): families of samples, each with what it means.

use super::{Numbers, Standing};
use std::fmt::Write as _;

/// All families.
pub(super) fn exposition(numbers: &Numbers) -> String {
    let mut out = String::new();
    let info = format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    family(&mut out, "sshwire_build_info", "gauge", "The program that runs.", [(info, 1)]);

    let verdicts = numbers.verdicts.iter();
    let verdicts = verdicts.map(|((outcome, id), count)| (labels(&[("outcome", outcome), ("verdict", id)]), *count));
    let help = "Connections judged, by outcome and verdict.";
    family(&mut out, "sshwire_connections_total", "counter", help, verdicts);

    let phases = numbers.phases.iter();
    let phases = phases.map(|((phase, outcome), count)| (labels(&[("phase", phase), ("outcome", outcome)]), *count));
    let help = "Connections judged, by the phase in which they ended and outcome.";
    family(&mut out, "sshwire_phase_connections_total", "counter", help, phases);

    let servers = numbers.servers.iter().flat_map(|(server, outcomes)| {
        outcomes.iter().map(move |(outcome, count)| (labels(&[("server", server), ("outcome", outcome)]), *count))
    });
    let help =
        "Connections judged, by server and outcome; the server called other stands for all beyond the first ones.";
    family(&mut out, "sshwire_server_connections_total", "counter", help, servers);

    standing(&mut out, &numbers.standing);
    out
}

fn standing(out: &mut String, standing: &Standing) {
    let mut one = |name, kind, help, value| family(out, name, kind, help, [(String::new(), value)]);
    one(
        "sshwire_packets_received_total",
        "counter",
        "Packets that passed the filter, dropped ones included.",
        standing.received,
    );
    one(
        "sshwire_packets_dropped_total",
        "counter",
        "Packets that the kernel dropped because they were not taken in time.",
        standing.dropped,
    );
    one("sshwire_packets_written_total", "counter", "Packets written to capture files.", standing.written);
    one(
        "sshwire_packets_unwritten_total",
        "counter",
        "Packets that could not be written to a capture file.",
        standing.unwritten,
    );
    one(
        "sshwire_connections_forgotten_total",
        "counter",
        "Connections whose packets were forgotten before their verdict for lack of room.",
        standing.forgotten,
    );
    one("sshwire_open_connections", "gauge", "Connections under way.", standing.open);
    if let Some(memory) = standing.memory {
        one("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", memory);
    }
}

/// A family; one without samples is left out.
fn family(out: &mut String, name: &str, kind: &str, help: &str, samples: impl IntoIterator<Item = (String, u64)>) {
    let mut samples = samples.into_iter().peekable();
    if samples.peek().is_none() {
        return;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (labels, value) in samples {
        let _ = writeln!(out, "{name}{labels} {value}");
    }
}

fn labels(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

/// A label's value: backslash, quote and line feed are escaped, all else may stand there.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_cannot_leave_their_quotes() {
        assert_eq!(labels(&[("a", "x\"} 1\n\\"), ("b", "ü")]), "{a=\"x\\\"} 1\\n\\\\\",b=\"ü\"}");
    }

    #[test]
    fn a_run_without_connections_has_its_standing_alone() {
        let text = exposition(&Numbers::default());
        assert!(text.contains("sshwire_open_connections 0\n") && !text.contains("verdict="), "{text}");
        assert!(!text.contains("process_resident_memory_bytes"), "{text}");
    }
}
