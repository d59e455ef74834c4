//! Rights that are really gone while it runs.

use crate::capture::{Capture, analyzed};
use crate::network::{LINK, Network, run};
use crate::ssh::{Sshd, login};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

fn nobody() -> u32 {
    run("id", &["-u", "nobody"]).trim().parse().unwrap()
}

#[test]
fn root_becomes_somebody_without_rights() {
    let network = Network::new();
    let _sshd = Sshd::start(&network, "");
    let file = network.path("kept.pcapng");
    let capture = Capture::on_server(&network, &["--user", "nobody", "-w", file.to_str().unwrap()]);
    let ids = vec![nobody().to_string(); 4].join("\t");
    assert_eq!(capture.status_field("Uid"), ids);
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(capture.status_field(set), "0000000000000000", "{set}");
    }
    assert_eq!((capture.status_field("NoNewPrivs"), capture.status_field("Seccomp")), ("1".into(), "2".into()));
    assert!(login(&network, &[]).status.success());
    let ended = capture.interrupt();
    assert_eq!(ended.status, Some(0), "{}", ended.errors);
    assert!(ended.errors.contains("dropped privileges: root (now nobody), all capabilities"), "{}", ended.errors);
    let metadata = file.metadata().unwrap();
    assert_eq!((metadata.uid(), metadata.permissions().mode() & 0o777), (nobody(), 0o600));
    assert_eq!(analyzed(&file, &[]).0.len(), 1);
}

#[test]
fn the_user_who_called_sudo_is_found() {
    let network = Network::new();
    let mut command = network.command(
        "server",
        "env",
        &["SUDO_UID=12345", "SUDO_GID=12345", &crate::capture::program(), "capture", LINK],
    );
    command.env_remove("DOAS_USER");
    let capture = Capture::spawn(command);
    capture.until("kernel filter: ");
    assert_eq!(capture.status_field("Uid"), ["12345"; 4].join("\t"));
    assert_eq!(capture.interrupt().status, Some(0));
}

/// A ring goes on to its next file although no file can be opened any more.
#[test]
fn rings_turn_without_rights() {
    let network = Network::new();
    let files = network.path("ring");
    let arguments = ["--user", "nobody", "-w", files.to_str().unwrap(), "--ring", "3x1MB"];
    let capture = Capture::on_server(&network, &arguments);
    network.script("client", "flood.py", &[LINK, "20000", "3000"]);
    let ended = capture.interrupt();
    assert_eq!(ended.status, Some(1), "{}", ended.errors);
    let sizes: Vec<u64> = (0..3).map(|n| network.path(&format!("ring{n:03}")).metadata().unwrap().len()).collect();
    assert!(sizes.iter().all(|&size| (200..=1_000_000).contains(&size)), "{sizes:?}: {}", ended.errors);
    assert!(sizes.iter().filter(|&&size| size > 900_000).count() >= 2, "{sizes:?}");
}

#[test]
fn without_the_capability_it_says_what_is_missing() {
    let network = Network::new();
    // The folder of a build may be closed to others.
    let program = network.path("sshwire");
    std::fs::copy(crate::capture::program(), &program).unwrap();
    run("chmod", &["755", program.to_str().unwrap(), network.folder.to_str().unwrap()]);
    let uid = nobody().to_string();
    let run_as = |arguments: &[&str]| {
        let as_nobody = ["--reuid", &uid, "--clear-groups", program.to_str().unwrap()];
        network.try_on("server", "setpriv", &[&as_nobody[..], arguments].concat())
    };
    let output = run_as(&["capture", LINK]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), errors.lines().count()), (Some(2), 1), "{errors}");
    let setcap = format!("sudo setcap cap_net_raw=ep {}", program.display());
    assert!(errors.contains("CAP_NET_RAW") && errors.contains(&setcap), "{errors}");
    let listed = String::from_utf8(run_as(&["interfaces"]).stdout).unwrap();
    assert!(listed.contains("CAP_NET_RAW"), "{listed}");
    // With that one capability it works, as the line says.
    run("setcap", &["cap_net_raw=ep", program.to_str().unwrap()]);
    let output = run_as(&["capture", LINK, "--duration", "1s"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert!(errors.contains("dropped privileges: all capabilities"), "{errors}");
}
