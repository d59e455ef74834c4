//! The command as a script sees it: exit status, one clear line on standard error, results alone on standard output.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A pcap file of Ethernet: one SYN from 192.0.2.10 to 203.0.113.20 and the reset that answers it, on this port.
fn refused(port: u16) -> Vec<u8> {
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
    let (client, server) = ([192, 0, 2, 10], [203, 0, 113, 20]);
    file.extend(record(0, &segment(client, server, (52_532, port), (1_000, 0), 0x02)));
    file.extend(record(300, &segment(server, client, (port, 52_532), (0, 1_001), 0x14)));
    file
}

fn record(micros: u32, packet: &[u8]) -> Vec<u8> {
    let length = u32::try_from(packet.len()).unwrap().to_le_bytes();
    [&1_772_360_122_u32.to_le_bytes()[..], &micros.to_le_bytes(), &length, &length, packet].concat()
}

fn segment(from: [u8; 4], to: [u8; 4], ports: (u16, u16), numbers: (u32, u32), flags: u8) -> Vec<u8> {
    let mut packet = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    packet.extend([0x45, 0x10, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0]);
    packet.extend(from);
    packet.extend(to);
    packet.extend(ports.0.to_be_bytes());
    packet.extend(ports.1.to_be_bytes());
    packet.extend(numbers.0.to_be_bytes());
    packet.extend(numbers.1.to_be_bytes());
    packet.extend([0x50, flags, 0xfa, 0xf0, 0, 0, 0, 0]);
    packet
}

/// A folder of its own for one test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{test}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn sshwire(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sshwire"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap()
}

#[track_caller]
fn refuses(output: &Output, line: &str) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.contains(line), "{errors}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn bad_arguments_are_one_line_and_status_2() {
    let folder = folder("arguments");
    let refused_with = |arguments: &[&str], line: &str| refuses(&sshwire(&folder, arguments), line);
    let ports = "--port takes numbers from 1 to 65535, such as 22,2222; ";
    refused_with(&["analyze", "--port", "ssh", "x.pcap"], &format!("{ports}`ssh` is not one"));
    refused_with(&["analyze", "--port", "0", "x.pcap"], &format!("{ports}`0` is not one"));
    refused_with(&["analyze", "--port", "22,65536", "x.pcap"], &format!("{ports}`65536` is not one"));
    refused_with(&["analyze", "--host", "example", "x.pcap"], "--host takes an IP address");
    refused_with(&["analyze", "--limit", "few", "x.pcap"], "--limit takes a number");
    refused_with(&["analyze", "--threads", "0", "x.pcap"], "--threads takes a number from 1; `0` is not one");
    refused_with(&["analyze", "--format", "xml", "x.pcap"], "possible values: text, json, jsonl");
    refused_with(&["analyze"], "<CAPTURE>");
    refused_with(&["analyse", "x.pcap"], "analyze");
    refused_with(&["analyze", "x.pcap", "-o", "report.doc"], "report.doc: the extension names no format");
}

#[test]
fn bad_inputs_are_one_line_and_status_2() {
    let folder = folder("inputs");
    std::fs::write(folder.join("empty.pcap"), b"").unwrap();
    std::fs::write(folder.join("notes.txt"), b"not a capture, only some text of a person\n").unwrap();
    std::fs::write(folder.join("cut.pcap"), &refused(22)[..11]).unwrap();
    std::fs::create_dir(folder.join("nothing")).unwrap();
    let refused_with = |input: &str, line: &str| refuses(&sshwire(&folder, &["analyze", input]), line);
    refused_with("missing.pcap", "missing.pcap: no such file");
    refused_with("empty.pcap", "empty.pcap: empty");
    refused_with("notes.txt", "notes.txt: not a capture");
    refused_with("cut.pcap", "cut.pcap: ");
    refused_with("nothing", "nothing: no captures in this folder");
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let captures = captures.to_str().unwrap();
    for format in ["text", "json", "jsonl"] {
        let with = |threads: &str| {
            let folder = folder(&format!("threads-{format}-{threads}"));
            let output =
                sshwire(&folder, &["analyze", "--threads", threads, "--limit", "0", "--format", format, captures]);
            (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned(), output.stdout)
        };
        let one = with("1");
        assert_eq!((one.0, one.2.len() > 100_000), (Some(1), true), "{}", one.1);
        for threads in ["2", "7"] {
            assert!(with(threads) == one, "{format} with {threads} threads");
        }
    }
}

#[test]
fn a_failed_connection_is_status_1() {
    let folder = folder("failed");
    std::fs::write(folder.join("x.pcap"), refused(22)).unwrap();
    let output = sshwire(&folder, &["analyze", "x.pcap"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.is_empty());
    let text = text(&output);
    assert!(text.contains("192.0.2.10:52532 → 203.0.113.20:22"), "{text}");
    assert!(text.contains("ssh: connect to host 203.0.113.20 port 22: Connection refused"), "{text}");
    assert!(text.ends_with("1 connection: 1 failed · 2 packets in 1 capture\n"), "{text}");
}

#[test]
fn without_ssh_it_says_what_is_there_with_status_0() {
    let folder = folder("none");
    std::fs::write(folder.join("x.pcap"), refused(443)).unwrap();
    let output = sshwire(&folder, &["analyze", "x.pcap"]);
    assert_eq!(output.status.code(), Some(0));
    let text = text(&output);
    assert!(text.contains("No SSH found: port 22 has no connection in 2 packets of 1 capture."), "{text}");
    assert!(text.contains("443"), "{text}");
}

#[test]
fn one_bad_input_does_not_stop_the_others() {
    let folder = folder("several");
    std::fs::write(folder.join("good.pcap"), refused(22)).unwrap();
    std::fs::write(folder.join("notes.txt"), b"not a capture, only some text of a person\n").unwrap();
    let output = sshwire(&folder, &["analyze", "notes.txt", "missing.pcap", "good.pcap"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(errors.lines().count(), 2, "{errors}");
    assert!(text(&output).contains("1 connection: 1 failed"));
}

#[test]
fn a_damaged_capture_is_a_warning() {
    let folder = folder("damaged");
    let file = refused(22);
    std::fs::write(folder.join("x.pcap"), &file[..file.len() - 3]).unwrap();
    let output = sshwire(&folder, &["analyze", "x.pcap"]);
    assert!(output.stderr.is_empty());
    assert!(text(&output).contains("! x.pcap: byte "), "{}", text(&output));
}

#[test]
fn files_take_the_format_of_their_extension() {
    let folder = folder("files");
    std::fs::write(folder.join("x.pcap"), refused(22)).unwrap();
    let output = sshwire(&folder, &["analyze", "x.pcap", "-o", "a.json", "-o", "b.jsonl", "-o", "c.txt"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&read("a.json")).unwrap();
    assert_eq!(json["schema"], "sshwire-report/1");
    assert_eq!(json["captures"][0]["path"], "x.pcap");
    assert_eq!(json["connections"][0]["client"]["address"], "192.0.2.10");
    assert_eq!(read("b.jsonl").lines().count(), 2);
    assert!(read("c.txt").contains("1 connection: 1 failed"));
}

#[test]
fn a_report_is_never_written_over_a_capture() {
    let folder = folder("over");
    std::fs::write(folder.join("x.json"), refused(22)).unwrap();
    refuses(&sshwire(&folder, &["analyze", "x.json", "-o", "x.json"]), "is one of the captures");
    assert_eq!(std::fs::read(folder.join("x.json")).unwrap(), refused(22));
}

#[cfg(unix)]
#[test]
fn a_capture_is_kept_under_its_other_names_too() {
    let folder = folder("names");
    std::fs::write(folder.join("x.pcap"), refused(22)).unwrap();
    std::fs::hard_link(folder.join("x.pcap"), folder.join("hard.json")).unwrap();
    std::os::unix::fs::symlink("x.pcap", folder.join("soft.json")).unwrap();
    for name in ["hard.json", "soft.json"] {
        refuses(&sshwire(&folder, &["analyze", "x.pcap", "-o", name]), "is one of the captures");
    }
    let read = Command::new(env!("CARGO_BIN_EXE_sshwire"))
        .args(["analyze", "-", "-o", "hard.json"])
        .current_dir(&folder)
        .stdin(std::fs::File::open(folder.join("x.pcap")).unwrap())
        .output()
        .unwrap();
    refuses(&read, "is one of the captures");
    assert_eq!(std::fs::read(folder.join("x.pcap")).unwrap(), refused(22));
}

#[test]
fn two_reports_do_not_share_a_file() {
    let folder = folder("shared");
    std::fs::write(folder.join("x.pcap"), refused(22)).unwrap();
    refuses(&sshwire(&folder, &["analyze", "x.pcap", "-o", "a.json", "-o", "./a.json"]), "two reports");
    assert!(!folder.join("a.json").exists());
    std::fs::write(folder.join("a.json"), "kept").unwrap();
    refuses(&sshwire(&folder, &["analyze", "x.pcap", "-o", "a.json", "-o", "a.json"]), "two reports");
    assert_eq!(std::fs::read(folder.join("a.json")).unwrap(), b"kept");
}

#[test]
fn a_file_that_cannot_be_written_is_status_2() {
    let folder = folder("unwritable");
    std::fs::write(folder.join("x.pcap"), refused(22)).unwrap();
    refuses(&sshwire(&folder, &["analyze", "x.pcap", "-o", "no/such/folder/a.json"]), "a.json: cannot be written");
}

#[test]
fn standard_input_is_read() {
    let folder = folder("stdin");
    let mut child = Command::new(env!("CARGO_BIN_EXE_sshwire"))
        .args(["analyze", "-", "--format", "jsonl"])
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&refused(22)).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output).lines().count(), 2);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = folder("pipe");
    // Enough for more than a pipe holds.
    let names: Vec<_> = (0..400).map(|n| format!("{n}.pcap")).collect();
    for name in &names {
        std::fs::write(folder.join(name), refused(22)).unwrap();
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_sshwire"))
        .args(["analyze", ".", "--format", "jsonl"])
        .current_dir(&folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.code().is_some_and(|code| code < 2));
}

#[test]
fn colours_follow_the_option_and_the_environment() {
    let folder = folder("colours");
    std::fs::write(folder.join("x.pcap"), refused(22)).unwrap();
    let coloured = |arguments: &[&str]| text(&sshwire(&folder, arguments)).contains('\u{1b}');
    assert!(!coloured(&["analyze", "x.pcap"]));
    assert!(coloured(&["analyze", "x.pcap", "--color", "always"]));
    assert!(!coloured(&["analyze", "x.pcap", "--color", "never"]));
    let forced = |name: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sshwire"));
        command.args(["analyze", "x.pcap"]).current_dir(&folder).env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR");
        if !name.is_empty() {
            command.env(name, "1");
        }
        text(&command.output().unwrap()).contains('\u{1b}')
    };
    assert!(forced(""));
}

#[test]
fn without_a_utf8_locale_the_text_is_ascii() {
    let folder = folder("ascii");
    std::fs::write(folder.join("x.pcap"), refused(22)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sshwire"));
    let output = command.args(["analyze", "x.pcap"]).current_dir(&folder).env("LC_ALL", "C").output().unwrap();
    assert!(output.stdout.is_ascii());
    assert!(text(&output).contains("192.0.2.10:52532 -> 203.0.113.20:22"));
}

#[test]
fn explain_prints_pages_and_knows_error_texts() {
    let folder = folder("explain");
    let output = sshwire(&folder, &["explain", "no-common-kex"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output).contains("## What is seen"));
    let output = sshwire(&folder, &["explain", "no matching key exchange method found"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output).contains("no-common-kex"));
    refuses(&sshwire(&folder, &["explain", "no-comon-kex"]), "near: no-common-kex");
}

#[test]
fn a_leading_dash_is_a_file_behind_two_dashes() {
    let folder = folder("dashes");
    std::fs::write(folder.join("-x.pcap"), refused(22)).unwrap();
    assert_eq!(sshwire(&folder, &["analyze", "--", "-x.pcap"]).status.code(), Some(1));
}

/// Labelled captures whose client ran in the lab: its first line is what the report foretells. The user's name and the
/// methods left are encrypted, so they stand for themselves.
#[test]
fn what_the_user_read_is_foretold() {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut compared = 0;
    let mut wrong = Vec::new();
    for scenario in std::fs::read_dir(&captures).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(expected) = std::fs::read_to_string(scenario.join("expect.toml")) else { continue };
        let expected: toml::Table = expected.parse().unwrap();
        let output = sshwire(&scenario, &["analyze", ".", "--port", "22,2222", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        for expected in expected.get("connection").and_then(|list| list.as_array()).into_iter().flatten() {
            let Some(message) = expected.get("client_message").and_then(|message| message.as_str()) else { continue };
            let connections = report["connections"].as_array().unwrap();
            let ends =
                |end: &serde_json::Value| format!("{}:{}", end["address"].as_str().unwrap_or_default(), end["port"]);
            let found =
                connections.iter().find(|found| Some(ends(&found["client"]).as_str()) == expected["client"].as_str());
            // Where another diagnosis leads (an honest look-alike), other words follow from it.
            let Some(found) = found.filter(|found| found["verdict"]["id"].as_str() == expected["id"].as_str()) else {
                continue;
            };
            compared += 1;
            let said: Vec<_> =
                found["client_says"].as_array().unwrap().iter().filter_map(|line| line.as_str()).collect();
            let first = said.first().copied().unwrap_or_default();
            let fits = if found["ssh"]["client"]["software"].as_str().is_none_or(|name| name.starts_with("OpenSSH")) {
                first == message
                    || (first.ends_with(": Permission denied (…).") && message.contains(": Permission denied ("))
            } else {
                // The program around a library puts a word before it, and the user's name is encrypted.
                said.iter().any(|line| message.replace("labuser", "USER").contains(line))
            };
            if !fits {
                wrong.push(format!("{}: {said:?}, not `{message}`", scenario.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 25, "only {compared} compared");
}
