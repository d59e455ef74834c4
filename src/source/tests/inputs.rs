//! Files, folders, pipes.

use super::build::{Bytes, MICRO, pcap, pcapng};
use super::{drain, layers};
use crate::limits;
use crate::packet::LinkType;
use crate::source::order::Order::{Big, Little};
use crate::source::pipe::Pipe;
use crate::source::{CaptureReader, Expansion, Input, Next, SourceError, expand, peek, window};
use crate::time::Timestamp;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of its own for a test, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("sshwire-source-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, bytes).expect("a file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn small() -> Vec<u8> {
    pcap(Little, MICRO).packet(5, b"x").bytes
}

#[test]
fn a_folder_becomes_its_captures() {
    let folder = Folder::new();
    let b = folder.file("b.pcap", &small());
    let a = folder.file("a/z.cap.gz", &layers::gzip(&small()));
    let c = folder.file("c", &pcapng(Big).bytes);
    folder.file("README.md", b"text");
    folder.file("a/empty.pcap", b"");
    folder.file("a/cut.pcap", &small()[..3]);
    let found = expand(std::slice::from_ref(&folder.0));
    assert!(found.refused.is_empty());
    let paths = |inputs: &[Input]| inputs.iter().map(|input| input.path().map(Path::to_owned)).collect::<Vec<_>>();
    let files = |paths: &[&PathBuf]| paths.iter().map(|path| Some((*path).clone())).collect::<Vec<_>>();
    assert_eq!(paths(&found.inputs), files(&[&a, &b, &c]));
    let shown = |found: &Expansion| found.skipped.iter().map(ToString::to_string).collect::<Vec<_>>();
    let readme = folder.0.join("README.md");
    let line = format!("{}: skipped 3 files that are not captures (first: {})", folder.0.display(), readme.display());
    assert_eq!(shown(&found), [line]);
    assert!(found.unreadable.is_empty());

    let twice = [c.clone(), folder.0.clone(), folder.0.join("a"), folder.0.join("a/../b.pcap"), "-".into(), "-".into()];
    let found = expand(&twice);
    assert_eq!(paths(&found.inputs), [files(&[&c, &a, &b]), vec![None]].concat());
    assert_eq!(shown(&found).len(), 2, "a line for each folder");
}

#[cfg(unix)]
#[test]
fn loops_of_links_and_pipes_in_folders_do_no_harm() {
    let folder = Folder::new();
    let file = folder.file("d/a.pcap", &small());
    std::os::unix::fs::symlink(&folder.0, folder.0.join("d/loop")).expect("a link");
    std::os::unix::fs::symlink("missing", folder.0.join("d/nowhere")).expect("a link");
    std::os::unix::net::UnixListener::bind(folder.0.join("socket")).expect("a socket");
    let found = expand(std::slice::from_ref(&folder.0));
    assert_eq!(found.inputs.iter().map(Input::path).collect::<Vec<_>>(), [Some(file.as_path())]);
    let [skipped] = &found.skipped[..] else { panic!("one line: {:?}", found.skipped) };
    let (nowhere, socket) = (folder.0.join("d/nowhere"), folder.0.join("socket"));
    let words = format!(
        "skipped 1 symbolic link that leads nowhere ({} -> missing) and 1 file that is not a capture ({})",
        nowhere.display(),
        socket.display()
    );
    assert_eq!(skipped.to_string(), format!("{}: {words}", folder.0.display()));
}

#[test]
fn errors_name_the_path_and_a_way_out() {
    let folder = Folder::new();
    let text = folder.file("notes/todo.txt", b"buy milk\n");
    let missing = folder.0.join("missing.pcap");
    let errors = expand(&[missing.clone(), folder.0.join("notes")]).refused;
    assert!(matches!(&errors[0], SourceError::NotFound { .. }));
    assert!(matches!(&errors[1], SourceError::FolderWithoutCaptures { .. }));
    assert!(errors[1].to_string().contains("(skipped 1 file that is not a capture ("), "{}", errors[1]);
    let open = |path: &Path| CaptureReader::open(path, 0).err().expect("an error");
    assert!(matches!(open(&missing), SourceError::NotFound { .. }));
    assert!(matches!(open(&folder.0), SourceError::Folder { .. }));
    assert!(matches!(open(&text), SourceError::NotACapture { .. }));
    let snoop = folder.file("x.snoop", b"snoop\0\0\0\0\0\0\x02\0\0\0\x04");
    for error in errors.iter().chain([&open(&text), &open(&snoop), &open(&folder.0)]) {
        let line = error.to_string();
        assert!(line.contains("sshwire-source-") && !line.contains('\n'), "{line}");
    }
    assert!(open(&snoop).to_string().contains("editcap"));
}

#[test]
fn a_file_is_skipped_through_by_seeking() {
    let folder = Folder::new();
    let head = pcapng(Little).enhanced(0, 1, 1, b"a", &[]).bytes;
    let length = 8_u32 << 20;
    let path = folder.file("sparse.pcapng", &[&head[..], &Bytes::new(Little).u32(10).u32(length).bytes].concat());
    let file = fs::OpenOptions::new().write(true).open(&path).expect("the file");
    let end = head.len() as u64 + u64::from(length);
    file.set_len(end - 4).expect("a sparse file");
    let (packets, description) = drain(CaptureReader::open(&path, 0).expect("a capture"));
    assert_eq!((packets.len(), description.warnings.len()), (1, 1), "the block is cut: {:?}", description.warnings);
    assert_eq!(description.warnings[0].offset, head.len() as u64);
    let text = &description.warnings[0].text;
    assert!(text.contains(&format!("inside a block of {length} bytes, {} bytes into it", length - 4)), "{text}");

    let tail = Bytes::new(Little).u32(length).enhanced(0, 2, 1, b"b", &[]).bytes;
    let mut file = fs::OpenOptions::new().append(true).open(&path).expect("the file");
    std::io::Write::write_all(&mut file, &tail).expect("room");
    let (packets, description) = drain(CaptureReader::open(&path, 0).expect("a capture"));
    assert_eq!((packets.len(), description.warnings.len()), (2, 0), "{:?}", description.warnings);
}

#[test]
fn a_block_length_that_the_end_does_not_repeat_is_no_reason_to_skip() {
    let folder = Folder::new();
    let mut file = pcapng(Little).enhanced(0, 1, 1, b"a", &[]);
    let damage = file.bytes.len();
    file = file.u32(10).u32(2 << 20).raw(&[9; 400]);
    for second in 0..3_000 {
        file = file.enhanced(0, second, 1_000, &[7; 1_000], &[]);
    }
    let path = folder.file("x.pcapng", &file.bytes);
    let (packets, description) = drain(CaptureReader::open(&path, 0).expect("a capture"));
    assert_eq!(packets.len(), 3_001);
    assert_eq!((description.warnings.len(), description.warnings[0].offset), (1, damage as u64));
}

#[test]
fn peeking_tells_the_first_time() {
    let folder = Folder::new();
    let path = folder.file("a.pcap.gz", &layers::gzip(&small()));
    let peeked = peek(&Input::File(path.clone())).expect("a capture").expect("a file");
    assert_eq!(peeked.first_time, Some(Timestamp(1_767_225_605_250_000_000)));
    assert_eq!(peeked.link_type, Some(LinkType::Ethernet));
    let empty =
        peek(&Input::File(folder.file("b.pcap", &pcap(Little, MICRO).bytes))).expect("a capture").expect("a file");
    assert_eq!((empty.first_time, empty.link_type), (None, Some(LinkType::Ethernet)));
    assert!(matches!(peek(&Input::File(folder.0.join("missing"))), Err(SourceError::NotFound { .. })));
}

#[test]
fn a_silent_pipe_is_idle_and_a_closed_one_ends() {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let file = pcap(Little, MICRO).packet(0, b"one").packet(1, b"two").packet(2, b"three").bytes;
    let write =
        |writer: &mut std::io::PipeWriter, bytes: &[u8]| std::io::Write::write_all(writer, bytes).expect("open");
    write(&mut writer, &file[..50]);
    let input = window::Input::Stream(Box::new(reader));
    let mut reader = CaptureReader::start("pipe".to_owned(), input, true, 0).expect("a capture");
    assert!(matches!(reader.next(), Next::Packet(packet) if packet.data == b"one"));
    assert!(matches!(reader.next(), Next::Idle));
    assert!(matches!(reader.next(), Next::Idle));
    write(&mut writer, &file[50..62]);
    assert!(matches!(reader.next(), Next::Packet(packet) if packet.data == b"two"));
    assert!(matches!(reader.next(), Next::Idle), "nothing comes twice");
    write(&mut writer, &file[62..]);
    assert!(matches!(reader.next(), Next::Packet(packet) if packet.data == b"three"));
    drop(writer);
    assert!(matches!(reader.next(), Next::End));
    assert!(reader.description().warnings.is_empty());
}

#[test]
fn a_compressed_pipe_is_undone_on_the_way() {
    let file = small();
    let packed = std::io::Cursor::new(layers::gzip(&file));
    let input = window::Input::Stream(Box::new(packed));
    let (packets, _) = drain(CaptureReader::start("pipe".to_owned(), input, true, 0).expect("a capture"));
    assert_eq!(packets.len(), 1);
}

#[test]
fn a_pipe_holds_back_its_writer() {
    struct Endless(std::sync::Arc<AtomicU32>);
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(buffer.len())
        }
    }
    let reads = std::sync::Arc::new(AtomicU32::new(0));
    let pipe = Pipe::start(Endless(reads.clone())).expect("a thread");
    std::thread::sleep(std::time::Duration::from_millis(limits::PIPE_IDLE_MS));
    assert!(reads.load(Ordering::SeqCst) < 10);
    drop(pipe);
}
