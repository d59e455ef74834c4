//! Where reports go: files that exist, files that are made, standard output that is closed or full.

use crate::command::{refuses, sshwire};
use crate::savefile::Folder;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

const CAPTURE: &str = "captures/maxst-0/capture.pcap";

fn analyze(arguments: &[&str]) -> std::process::Output {
    sshwire(&[&["analyze", CAPTURE][..], arguments].concat())
}

fn names(folder: &Folder) -> Vec<String> {
    let entries = fs::read_dir(folder.path("")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_report_that_exists_is_kept_unless_it_may_go() {
    let folder = Folder::new("reports");
    let path = folder.path("x.json");
    let at = path.to_str().unwrap();
    assert_eq!(analyze(&["-o", at]).status.code(), Some(1));
    let first = fs::read_to_string(&path).unwrap();
    assert_eq!((names(&folder), path.metadata().unwrap().mode() & 0o133), (vec!["x.json".to_owned()], 0));
    fs::write(&path, "mine").unwrap();
    refuses(&analyze(&["-o", at]), "x.json: exists already; name another file, or add --overwrite");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(analyze(&["-o", at, "--overwrite"]).status.code(), Some(1));
    assert_eq!((fs::read_to_string(&path).unwrap(), names(&folder).len()), (first, 1));
    refuses(&analyze(&["--overwrite"]), "--overwrite is for files that are written: name one with --output");
}

/// `mktemp` makes an empty file of one's own: nothing is lost, and who could not read it still cannot.
#[test]
fn an_empty_file_of_ones_own_is_filled() {
    let folder = Folder::new("mktemp");
    let path = folder.path("x.json");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(analyze(&["-o", path.to_str().unwrap()]).status.code(), Some(1));
    let metadata = path.metadata().unwrap();
    assert!(metadata.len() > 1_000 && metadata.mode() & 0o777 == 0o600, "{metadata:?}");
}

#[test]
fn what_is_no_regular_file_is_not_replaced() {
    let folder = Folder::new("odd");
    let target = folder.path("target.json");
    fs::write(&target, "precious").unwrap();
    symlink(&target, folder.path("link.json")).unwrap();
    fs::create_dir(folder.path("folder.json")).unwrap();
    for (name, says) in [("link.json", "is a symbolic link of "), ("folder.json", "is a folder")] {
        let path = folder.path(name);
        for more in [&[][..], &["--overwrite"]] {
            refuses(&analyze(&[&["-o", path.to_str().unwrap()][..], more].concat()), says);
        }
    }
    assert_eq!((fs::read_to_string(&target).unwrap().as_str(), names(&folder).len()), ("precious", 3));
    refuses(
        &analyze(&["-o", folder.path("no/such/x.json").to_str().unwrap()]),
        "x.json: cannot be written: No such file",
    );
    refuses(&analyze(&["-o", "/dev/fd/77", "--format", "json"]), "/dev/fd/77: is not open");
}

/// A link in the path that belongs to the user is followed, wherever it stands in it.
#[test]
fn ones_own_links_in_the_path_are_followed() {
    let folder = Folder::new("links");
    fs::create_dir_all(folder.path("a/b")).unwrap();
    symlink("a", folder.path("relative")).unwrap();
    symlink(folder.path("relative/b"), folder.path("absolute")).unwrap();
    symlink("loop", folder.path("loop")).unwrap();
    for (index, path) in ["relative/b/1.json", "absolute/2.json", "absolute/../b/./3.json"].iter().enumerate() {
        assert_eq!(analyze(&["-o", folder.path(path).to_str().unwrap()]).status.code(), Some(1), "{path}");
        assert!(folder.path(&format!("a/b/{}.json", index + 1)).exists(), "{path}");
    }
    refuses(&analyze(&["-o", folder.path("loop/x.json").to_str().unwrap()]), "Too many levels of symbolic links");
}

/// Runs the program in a shell that closes or redirects its output.
fn in_shell(redirection: &str, arguments: &str) -> std::process::Output {
    let script = format!("\"$0\" {arguments} {redirection}");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_sshwire")]).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.stdin(Stdio::null()).output().unwrap()
}

const PRINTING: &[&str] = &[
    "analyze captures/maxst-0/capture.pcap",
    "analyze captures/maxst-0/capture.pcap --format json",
    "explain --list",
    "explain closed-port --json",
    "algorithms",
    "algorithms --json",
    "--help",
    "--version",
];

#[test]
fn standard_output_that_is_closed_is_an_error() {
    for arguments in PRINTING {
        refuses(&in_shell(">&-", arguments), "standard output is closed");
    }
    let folder = Folder::new("closed");
    let report = folder.path("x.json");
    let output = in_shell(">&-", &format!("analyze {CAPTURE} -o {}", report.display()));
    assert_eq!((output.status.code(), report.exists()), (Some(1), true), "nothing had to be printed");
    // What a service manager gives a program is no closed output.
    for redirection in [">/dev/null", "1<>/dev/null", "<&- >/dev/null"] {
        assert_eq!(in_shell(redirection, "explain closed-port").status.code(), Some(0), "{redirection}");
    }
}

#[test]
fn standard_output_that_is_full_is_an_error() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    for arguments in PRINTING {
        refuses(&in_shell(">/dev/full", arguments), "standard output: cannot be written");
    }
}

/// A reader that has seen enough ends the work, but not that of other reports.
#[test]
fn a_report_in_a_file_is_finished_although_nobody_reads_the_other() {
    let folder = Folder::new("gone");
    let report = folder.path("x.jsonl");
    let output = in_shell("| true", &format!("analyze captures --format json -q -o {}", report.display()));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(&report).unwrap();
    assert!(text.lines().count() > 400 && text.lines().last().unwrap().contains("\"summary\""));
}
