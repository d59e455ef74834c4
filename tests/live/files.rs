//! Files in folders that other users control, FIFOs, full disks, folders that cannot be written to; as root and as a user.

use crate::capture::{Capture, analyzed, program, wait_for};
use crate::network::{LINK, Network, run};
use sshwire::output::Owner;
use sshwire::savefile::{Wishes, Writer};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::path::Path;
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

/// A user with rights to nothing, and another one.
const USER: u32 = 54_321;
const OTHER: u32 = 54_322;

/// A folder that this user owns and others may look into.
fn folder_of(network: &Network, name: &str, user: u32) -> std::path::PathBuf {
    let folder = network.path(name);
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    chown(&folder, Some(user), Some(user)).unwrap();
    folder
}

fn victim(folder: &Path, name: &str) -> std::path::PathBuf {
    let file = folder.join(name);
    fs::write(&file, "precious").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file
}

fn untouched(file: &Path) {
    let metadata = file.metadata().unwrap();
    assert_eq!(
        (metadata.uid(), metadata.mode() & 0o777, fs::read_to_string(file).unwrap().as_str()),
        (0, 0o600, "precious")
    );
}

/// Ends with the test, however that ends.
struct Attacker(Child);

impl Drop for Attacker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a short capture says that should not begin.
fn refused(network: &Network, arguments: &[&str]) -> String {
    let output =
        network.try_on("server", &program(), &[&["capture", LINK, "--duration", "1s"][..], arguments].concat());
    said(&output)
}

fn said(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), errors.lines().count()), (Some(2), 1), "{errors}");
    errors
}

/// The owner of a folder swaps it for a link to a folder of root's, again and again, while root makes files there for them.
#[test]
fn a_folder_that_is_swapped_gives_nothing_away() {
    let network = Network::new();
    let home = folder_of(&network, "home", USER);
    let roots = network.path("roots");
    fs::create_dir(&roots).unwrap();
    for folder in ["real", "spare"] {
        fs::create_dir(home.join(folder)).unwrap();
        chown(home.join(folder), Some(USER), Some(USER)).unwrap();
    }
    let precious = victim(&roots, "x.pcapng");
    symlink(&roots, home.join("link")).unwrap();
    lchown(home.join("link"), Some(USER), Some(USER)).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/programs/exchange.py");
    let _attacker =
        Attacker(Command::new("python3").arg(script).args([home.join("real"), home.join("link")]).spawn().unwrap());
    let path = home.join("real/x.pcapng");
    let owner = Some(Owner { user: USER, group: USER });
    let (begun, mut made, mut refused) = (Instant::now(), 0, 0);
    while begun.elapsed() < Duration::from_secs(4) {
        for overwrite in [false, true] {
            match Writer::create(&path, &Wishes { overwrite, owner, ..Wishes::default() }) {
                Ok(_) => made += 1,
                Err(_) => refused += 1,
            }
        }
        let ring = Wishes { ring: Some("2x1MB".parse().unwrap()), owner, ..Wishes::default() };
        let _ = Writer::create(&path, &ring);
        untouched(&precious);
        assert_eq!(fs::read_dir(&roots).unwrap().count(), 1, "something was made in a folder of root's");
        let _ = fs::remove_file(home.join("real/x.pcapng")).or_else(|_| fs::remove_file(home.join("link/x.pcapng")));
        if !precious.exists() {
            // The clean-up above went through the link: it is this test's, not the program's.
            victim(&roots, "x.pcapng");
        }
    }
    assert!(made > 100 && refused > 100, "{made} files made, {refused} refused: the swap was never met");
}

#[test]
fn links_of_others_are_not_followed() {
    let network = Network::new();
    let home = folder_of(&network, "home", USER);
    let precious = victim(&network.folder, "precious");
    let made = network.path("made");
    let links =
        [("file.json", &precious), ("file.pcapng", &precious), ("dangling.json", &made), ("ring000", &precious)];
    for (name, target) in links {
        symlink(target, home.join(name)).unwrap();
        lchown(home.join(name), Some(USER), Some(USER)).unwrap();
    }
    symlink(&network.folder, home.join("folder")).unwrap();
    lchown(home.join("folder"), Some(USER), Some(USER)).unwrap();
    let at = |name: &str| home.join(name).to_str().unwrap().to_owned();
    for arguments in [
        &["-o", &at("file.json")][..],
        &["-o", &at("file.json"), "--overwrite"],
        &["-o", &at("dangling.json")],
        &["-o", &at("dangling.json"), "--overwrite"],
        &["-o", &at("folder/new.json")],
        &["-w", &at("file.pcapng")],
        &["-w", &at("file.pcapng"), "--overwrite"],
        &["-w", &at("folder/new.pcapng")],
        &["-w", &at("ring"), "--ring", "2x1MB"],
        &["-w", &at("folder/ring"), "--ring", "2x1MB"],
    ] {
        let line = refused(&network, arguments);
        assert!(line.contains("is a symbolic link of user 54321"), "{line}");
    }
    // `analyze` runs as root too.
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/maxst-0");
    for name in ["file.json", "dangling.json", "folder/new.json"] {
        let analyzed = Command::new(program()).arg("analyze").arg(&captures).args(["-o", &at(name)]).output().unwrap();
        assert!(said(&analyzed).contains("is a symbolic link of user 54321"), "{name}");
    }
    untouched(&precious);
    assert!(!made.exists());
    let left: Vec<_> = fs::read_dir(&network.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing new: {left:?}");
}

/// A link of root's own in the path is as good as a folder: /var/run is one.
#[test]
fn links_of_ones_own_are_followed_in_the_path() {
    let network = Network::new();
    let folder = network.path("folder");
    fs::create_dir(&folder).unwrap();
    symlink("folder", network.path("link")).unwrap();
    let file = network.path("link/x.pcapng");
    let capture = Capture::on_server(&network, &["-w", file.to_str().unwrap()]);
    assert_eq!(capture.interrupt().status, Some(0));
    assert!(folder.join("x.pcapng").exists());
}

#[test]
fn files_that_others_hold_open_are_not_written() {
    let network = Network::new();
    let home = folder_of(&network, "home", USER);
    let planted = home.join("ring000");
    drop(Writer::create(&planted, &Wishes::default()).unwrap());
    chown(&planted, Some(USER), Some(USER)).unwrap();
    let ring = home.join("ring");
    let line = refused(&network, &["--user", "root", "-w", ring.to_str().unwrap(), "--ring", "2x1MB"]);
    assert!(line.contains("belongs to user 54321"), "{line}");
    let fifo = home.join("fifo");
    run("mkfifo", &[fifo.to_str().unwrap()]);
    chown(&fifo, Some(OTHER), Some(OTHER)).unwrap();
    let reading = File::options().read(true).write(true).open(&fifo).unwrap();
    let line = refused(&network, &["-w", fifo.to_str().unwrap()]);
    drop(reading);
    assert!(line.contains("belongs to user 54322"), "{line}");
}

#[test]
fn files_belong_to_whom_they_are_for() {
    let network = Network::new();
    let home = folder_of(&network, "home", USER);
    let at = |name: &str| home.join(name).to_str().unwrap().to_owned();
    let owner = |name: &str| {
        let metadata = home.join(name).metadata().unwrap();
        (metadata.uid(), metadata.mode() & 0o777)
    };
    let short = |variables: &[&str], name: &str, more: &[&str]| {
        let files = [at(&format!("{name}.pcapng")), at(&format!("{name}.json"))];
        let program = program();
        let asked =
            ["-u", "SUDO_UID", "-u", "SUDO_GID", "-u", "SUDO_USER", "-u", "DOAS_USER"].iter().chain(variables).copied();
        let capture = [program.as_str(), "capture", LINK, "--duration", "1s", "-w", &files[0], "-o", &files[1]];
        let arguments: Vec<&str> = asked.chain(capture).chain(more.iter().copied()).collect();
        let output = network.try_on("server", "env", &arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{errors}");
        errors
    };
    // The umask of the test takes nothing away from others but writing.
    let errors = short(&["SUDO_UID=54321", "SUDO_GID=54321"], "sudo", &[]);
    assert_eq!((owner("sudo.pcapng"), owner("sudo.json")), ((USER, 0o600), (USER, 0o644)), "{errors}");
    let errors = short(&[], "root", &[]);
    assert!(errors.contains("dropped privileges: root (now nobody)"), "{errors}");
    assert_eq!((owner("root.pcapng"), owner("root.json")), ((0, 0o600), (0, 0o644)), "nobody is shared with others");
    let errors = short(&[], "kept", &["--user", "root"]);
    assert!(errors.contains("kept: the user root (--user root)") && !errors.contains("(now"), "{errors}");
    let errors = short(&["SUDO_UID=54321", "SUDO_GID=54321"], "sudo", &["--overwrite"]);
    assert_eq!((owner("sudo.pcapng"), owner("sudo.json")), ((USER, 0o600), (USER, 0o644)), "{errors}");
}

#[test]
fn a_report_has_its_name_when_it_is_complete() {
    let network = Network::new();
    let (report, partial) = (network.path("x.json"), network.path("x.json.partial"));
    let capture = Capture::on_server(&network, &["-o", report.to_str().unwrap()]);
    wait_for(|| partial.exists(), || "there is no incomplete report".to_owned());
    assert!(!report.exists());
    let ended = capture.interrupt();
    assert_eq!(ended.status, Some(0), "{}", ended.errors);
    assert!(fs::read_to_string(&report).unwrap().contains("\"schema\"") && !partial.exists());
    // The same with a file in its place: refused at once, or replaced at the end.
    assert!(refused(&network, &["-o", report.to_str().unwrap()]).contains("exists already"));
    let old = "{\"an\": \"older report\"}";
    fs::write(&report, old).unwrap();
    let capture = Capture::on_server(&network, &["-o", report.to_str().unwrap(), "--overwrite"]);
    assert_eq!(fs::read_to_string(&report).unwrap(), old);
    assert_eq!(capture.interrupt().status, Some(0));
    assert!(fs::read_to_string(&report).unwrap().contains("\"schema\""));
    // Killed: what there is keeps the name that says what it is. A file that came meanwhile is not written over.
    let second = network.path("y.jsonl");
    let capture = Capture::on_server(&network, &["-o", second.to_str().unwrap()]);
    capture.signal("KILL");
    drop(capture);
    assert!(!second.exists() && network.path("y.jsonl.partial").exists());
    let capture = Capture::on_server(&network, &["-o", second.to_str().unwrap()]);
    fs::write(&second, "mine").unwrap();
    let ended = capture.interrupt();
    assert_eq!((ended.status, fs::read_to_string(&second).unwrap().as_str()), (Some(2), "mine"));
    assert!(ended.errors.contains("the complete file is"), "{}", ended.errors);
    assert!(network.path("y.jsonl.partial-2").exists(), "{}", ended.errors);
}

#[test]
fn packets_go_to_standard_output_and_fifos() {
    let network = Network::new();
    let copy = network.path("copy.pcapng");
    let program = program();
    let shell = format!("{program} capture {LINK} -w - --count 20 >{}", copy.display());
    let capture = Capture::spawn(network.command("server", "sh", &["-c", &shell]));
    capture.until("kernel filter: ");
    network.script("client", "flood.py", &[LINK, "40", "3000"]);
    let ended = capture.wait();
    // 20 packets are ten refused connections: the verdicts go to standard error.
    assert!(ended.errors.contains("the port is closed") || ended.errors.contains("closed-port"), "{}", ended.errors);
    assert_eq!(analyzed(&copy, &[]).1["captures"][0]["packets"], 20);

    let fifo = network.path("fifo.pcapng");
    run("mkfifo", &[fifo.to_str().unwrap()]);
    let arguments = ["capture", LINK, "-w", fifo.to_str().unwrap()];
    let capture = Capture::spawn(network.command("server", &program, &arguments));
    capture.until("waiting until something reads it");
    let mut reader = File::open(&fifo).unwrap();
    capture.until("kernel filter: ");
    let mut head = [0; 4];
    reader.read_exact(&mut head).unwrap();
    assert_eq!(head, [0x0a, 0x0d, 0x0d, 0x0a]);
    // A reader that takes nothing does not keep it from ending.
    network.script("client", "flood.py", &[LINK, "2000", "3000"]);
    let begun = Instant::now();
    capture.signal("TERM");
    let ended = capture.wait();
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}: {}", begun.elapsed(), ended.errors);
    assert!(ended.errors.contains("nothing reads it"), "{}", ended.errors);
    drop(reader);
    // One that goes away ends it without a word, and the report is complete.
    let report = network.path("x.json");
    let both = [&arguments[..], &["-o", report.to_str().unwrap()]].concat();
    let capture = Capture::spawn(network.command("server", &program, &both));
    let reader = File::open(&fifo).unwrap();
    capture.until("kernel filter: ");
    drop(reader);
    let ended = capture.wait();
    assert_eq!((ended.status, report.exists()), (Some(0), true), "{}", ended.errors);
    assert!(!ended.errors.contains("nothing reads"), "{}", ended.errors);
    // The wait for a reader can be interrupted by one signal.
    let arguments = ["capture", LINK, "-o", fifo.to_str().unwrap(), "--format", "jsonl"];
    let capture = Capture::spawn(network.command("server", &program, &arguments));
    capture.until("waiting until something reads it");
    capture.signal("TERM");
    let ended = capture.wait();
    assert_eq!(ended.status, Some(2), "{}", ended.errors);
    assert!(ended.errors.contains("interrupted before anything read from it"), "{}", ended.errors);
}

#[test]
fn only_regular_files_are_written_over() {
    let network = Network::new();
    let fifo = network.path("fifo.json");
    run("mkfifo", &[fifo.to_str().unwrap()]);
    for at in [fifo.to_str().unwrap(), network.folder.to_str().unwrap(), "/dev/null", "-"] {
        for option in ["-w", "-o"] {
            let more: &[&str] = if option == "-o" { &["--format", "json"] } else { &[] };
            if at == "-" && option == "-o" {
                continue;
            }
            let line = refused(&network, &[&[option, at, "--overwrite"][..], more].concat());
            assert!(line.contains(": is a"), "{option} {at}: {line}");
        }
    }
}

/// A disk of its own in the network's folder; unmounted when dropped.
struct Disk(std::path::PathBuf);

impl Disk {
    fn new(network: &Network, options: &str) -> Self {
        let disk = network.path("disk");
        fs::create_dir(&disk).unwrap();
        run("mount", &["-t", "tmpfs", "-o", options, "tmpfs", disk.to_str().unwrap()]);
        Self(disk)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run("umount", &[self.0.to_str().unwrap()]);
        fs::remove_dir(&self.0).unwrap();
    }
}

/// Runs the program as this user, on captures with a report of some megabytes.
fn analyzed_by(network: &Network, user: u32, report: &Path) -> Output {
    let own = network.path("sshwire");
    if !own.exists() {
        fs::set_permissions(&network.folder, fs::Permissions::from_mode(0o755)).unwrap();
        fs::copy(program(), &own).unwrap();
        let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
        run("cp", &["-r", captures.to_str().unwrap(), network.path("captures").to_str().unwrap()]);
        run("chmod", &["-R", "a+rX", network.path("captures").to_str().unwrap()]);
        run("chmod", &["755", own.to_str().unwrap()]);
    }
    let uid = user.to_string();
    let mut command = Command::new("setpriv");
    command.args(["--reuid", &uid, "--regid", &uid, "--clear-groups"]).arg(own).arg("analyze");
    command.arg(network.path("captures")).args(["-q", "-o"]).arg(report).output().unwrap()
}

#[test]
fn a_full_disk_leaves_no_report_under_its_name() {
    let network = Network::new();
    for user in [0, USER] {
        let disk = Disk::new(&network, "size=64k,mode=1777");
        let line = said(&analyzed_by(&network, user, &disk.0.join("x.json")));
        assert!(line.contains("x.json: cannot be written: No space left on device"), "{line}");
        assert_eq!(fs::read_dir(&disk.0).unwrap().count(), 0, "nothing is left of it");
    }
}

#[test]
fn a_folder_that_is_read_only_is_one_line() {
    let network = Network::new();
    let disk = Disk::new(&network, "ro");
    for user in [0, USER] {
        let line = said(&analyzed_by(&network, user, &disk.0.join("x.json")));
        assert!(line.contains("x.json: cannot be written: Read-only file system"), "{line}");
    }
    let file = disk.0.join("x.pcapng");
    for more in [&[][..], &["--ring", "2x1MB"]] {
        let line = refused(&network, &[&["-w", file.to_str().unwrap()][..], more].concat());
        assert!(line.contains("x.pcapng"), "{line}");
    }
}

/// Without root: into folders that others may write to, into folders that cannot be written to.
#[test]
fn a_user_writes_where_it_may() {
    let network = Network::new();
    fs::set_permissions(&network.folder, fs::Permissions::from_mode(0o755)).unwrap();
    let own = network.path("sshwire");
    fs::copy(program(), &own).unwrap();
    run("setcap", &["cap_net_raw=ep", own.to_str().unwrap()]);
    let shared = network.path("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
    let closed = folder_of(&network, "closed", OTHER);
    let uid = USER.to_string();
    let run_as = |arguments: &[&str]| {
        let as_user = ["--reuid", &uid, "--regid", &uid, "--clear-groups", own.to_str().unwrap(), "capture", LINK];
        network.try_on("server", "setpriv", &[&as_user[..], &["--duration", "1s"], arguments].concat())
    };
    let (file, report) = (shared.join("x.pcapng"), shared.join("x.json"));
    let both = ["-w", file.to_str().unwrap(), "-o", report.to_str().unwrap()];
    let output = run_as(&both);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((file.metadata().unwrap().uid(), report.metadata().unwrap().uid()), (USER, USER));
    assert!(said(&run_as(&both)).contains("exists already"));
    let none = closed.join("x.json");
    let line = said(&run_as(&["-o", none.to_str().unwrap()]));
    assert!(line.contains("x.json: cannot be written: Permission denied"), "{line}");
    // A FIFO of its own; one of somebody else's in a shared folder.
    for (owner, taken) in [(USER, true), (OTHER, false)] {
        let fifo = shared.join(format!("fifo-{owner}"));
        run("mkfifo", &["-m", "666", fifo.to_str().unwrap()]);
        chown(&fifo, Some(owner), Some(owner)).unwrap();
        let reading = File::options().read(true).write(true).open(&fifo).unwrap();
        let output = run_as(&["-w", fifo.to_str().unwrap()]);
        drop(reading);
        assert_eq!(output.status.code() == Some(0), taken, "{}", String::from_utf8_lossy(&output.stderr));
        assert!(taken || said(&output).contains("belongs to user 54322"));
    }
    // Somebody else's link in a shared folder.
    let planted = shared.join("planted.json");
    symlink(network.path("stolen"), &planted).unwrap();
    lchown(&planted, Some(OTHER), Some(OTHER)).unwrap();
    let line = said(&run_as(&["-o", planted.to_str().unwrap()]));
    assert!(line.contains("planted.json: is a symbolic link of user 54322"), "{line}");
}
