//! Files that stay readable, whatever happens.

use crate::capture::{Capture, analyzed, wait_for};
use crate::network::{LINK, Network, run};
use crate::ssh::{Sshd, login};

#[test]
fn a_killed_capture_leaves_a_readable_file() {
    let network = Network::new();
    let _sshd = Sshd::start(&network, "");
    let file = network.path("killed.pcapng");
    let capture = Capture::on_server(&network, &["-w", file.to_str().unwrap()]);
    assert!(login(&network, &[]).status.success());
    wait_for(|| file.metadata().unwrap().len() > 4_000, || "the packets never come to the file".to_owned());
    std::thread::sleep(std::time::Duration::from_secs(1));
    capture.signal("KILL");
    drop(capture);
    let (connections, summary) = analyzed(&file, &[]);
    assert_eq!((connections.len(), crate::capture::verdict(&connections[0])), (1, "normal-close"));
    assert_eq!(summary["captures"][0]["warnings"].as_array().unwrap().len(), 0);
}

#[test]
fn a_full_disk_is_said_and_the_file_stays_readable() {
    let network = Network::new();
    let disk = network.path("disk");
    std::fs::create_dir(&disk).unwrap();
    run("mount", &["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk.to_str().unwrap()]);
    let file = disk.join("full.pcapng");
    let capture = Capture::on_server(&network, &["-w", file.to_str().unwrap()]);
    network.script("client", "flood.py", &[LINK, "5000", "3000"]);
    capture.until("the disk is full");
    let ended = capture.interrupt();
    let said = ended.errors.lines().filter(|line| line.contains("the disk is full")).count();
    let (connections, summary) = analyzed(&file, &[]);
    run("umount", &[disk.to_str().unwrap()]);
    assert_eq!((ended.status, said), (Some(2), 1), "{}", ended.errors);
    assert!(ended.errors.contains("could not be written"), "{}", ended.errors);
    assert!(connections.len() > 100, "{}", connections.len());
    assert_eq!(summary["captures"][0]["warnings"].as_array().unwrap().len(), 0, "{summary}");
}
