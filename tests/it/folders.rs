//! The search of a folder stays in it, and says in one line what it left out.

use crate::command::{refuses, sshwire};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A pcap file without packets.
const CAPTURE: [u8; 24] = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];

/// A folder with a capture `x.pcap` in it, and one next to it, `outside/y.pcap`.
struct Place {
    folder: PathBuf,
    outside: PathBuf,
}

impl Place {
    fn new(test: &str) -> Self {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("folders-{test}"));
        let _ = std::fs::remove_dir_all(&place);
        let (folder, outside) = (place.join("in"), place.join("outside"));
        for (folder, name) in [(&folder, "x.pcap"), (&outside, "y.pcap")] {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(name), CAPTURE).unwrap();
        }
        Self { folder, outside }
    }

    fn link(&self, target: impl AsRef<Path>, name: &str) {
        symlink(target, self.folder.join(name)).unwrap();
    }

    fn analyze(&self) -> Output {
        sshwire(&["analyze", "--format", "json", self.folder.to_str().unwrap()])
    }

    /// The captures that were read, by their names in the folder, and standard error with `DIR` for the folder.
    #[track_caller]
    fn read(&self) -> (Vec<String>, String) {
        let output = self.analyze();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{errors}");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let path = |capture: &serde_json::Value| PathBuf::from(capture["path"].as_str().unwrap());
        let name = |path: PathBuf| path.strip_prefix(&self.folder).unwrap().to_str().unwrap().to_owned();
        let names = report["captures"].as_array().unwrap().iter().map(|capture| name(path(capture))).collect();
        (names, errors.replace(self.folder.to_str().unwrap(), "DIR"))
    }
}

#[test]
fn a_link_to_the_root_is_not_followed() {
    let place = Place::new("root");
    place.link("/", "all");
    let (names, errors) = place.read();
    assert_eq!(names, ["x.pcap"]);
    let line = "sshwire: DIR: skipped 1 symbolic link that leads out of the folder (DIR/all -> /; name its target to read it)\n";
    assert_eq!(errors, line);
}

#[test]
fn links_to_files_and_folders_outside_are_counted() {
    let place = Place::new("outside");
    place.link("../outside/y.pcap", "a.pcap");
    place.link(&place.outside, "b");
    std::fs::write(place.folder.join("notes.txt"), "buy milk").unwrap();
    let (names, errors) = place.read();
    assert_eq!(names, ["x.pcap"]);
    let target = place.outside.canonicalize().unwrap().join("y.pcap");
    let links = format!("(first: DIR/a.pcap -> {}; name their targets to read them)", target.display());
    let line = format!(
        "sshwire: DIR: skipped 2 symbolic links that lead out of the folder {links} \
         and 1 file that is not a capture (DIR/notes.txt)\n"
    );
    assert_eq!(errors, line);
    let quiet = sshwire(&["analyze", "--quiet", place.folder.to_str().unwrap()]);
    assert!(quiet.status.success() && quiet.stderr.is_empty(), "{quiet:?}");
}

#[test]
fn what_links_inside_lead_to_is_read_once() {
    let place = Place::new("inside");
    std::fs::create_dir(place.folder.join("d")).unwrap();
    std::fs::write(place.folder.join("d/z.pcap"), CAPTURE).unwrap();
    place.link("d/z.pcap", "a.pcap");
    place.link("d", "b");
    // Out of the folder and back.
    place.link("../in/x.pcap", "c.pcap");
    assert_eq!(place.read(), (vec!["d/z.pcap".to_owned(), "x.pcap".to_owned()], String::new()));
}

#[test]
fn loops_of_links_and_links_to_nothing_do_no_harm() {
    let place = Place::new("loop");
    place.link(".", "here");
    place.link("..", "up");
    place.link("b", "a");
    place.link("a", "b");
    place.link("gone", "c");
    let (names, errors) = place.read();
    assert_eq!(names, ["x.pcap"]);
    assert!(errors.contains("skipped 1 symbolic link that leads out of the folder (DIR/up -> "), "{errors}");
    assert!(errors.ends_with(" and 3 symbolic links that lead nowhere (first: DIR/a -> b)\n"), "{errors}");
}

#[test]
fn a_fifo_in_a_folder_is_not_opened() {
    let place = Place::new("fifo");
    assert!(Command::new("mkfifo").arg(place.folder.join("queue")).status().unwrap().success());
    let (names, errors) = place.read();
    assert_eq!(names, ["x.pcap"]);
    assert_eq!(errors, "sshwire: DIR: skipped 1 file that is not a capture (DIR/queue)\n");
}

#[test]
fn a_named_link_is_followed() {
    let place = Place::new("named");
    place.link("../outside", "b");
    let output = sshwire(&["analyze", place.folder.join("b").to_str().unwrap()]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_folder_with_links_out_alone_says_so() {
    let place = Place::new("empty");
    std::fs::remove_file(place.folder.join("x.pcap")).unwrap();
    place.link(&place.outside, "b");
    let line =
        "no captures in this folder; give pcap or pcapng files (skipped 1 symbolic link that leads out of the folder (";
    refuses(&place.analyze(), line);
}

#[test]
fn names_of_files_are_shown_escaped() {
    let place = Place::new("escaped");
    std::fs::write(place.folder.join("a\n\u{1b}[2Jb"), "no capture").unwrap();
    let (_, errors) = place.read();
    assert!(errors.lines().count() == 1 && !errors.contains('\u{1b}'), "{errors:?}");
}

#[test]
fn a_deep_tree_ends_the_search_and_says_where() {
    let place = Place::new("deep");
    let deep = place.folder.join("d/".repeat(70));
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("z.pcap"), CAPTURE).unwrap();
    let (names, errors) = place.read();
    assert_eq!(names, ["x.pcap"]);
    let first = format!("DIR{}", "/d".repeat(65));
    let line = format!("sshwire: DIR: skipped 1 folder more than 64 levels down ({first}; name it to search it)\n");
    assert_eq!(errors, line);
}
