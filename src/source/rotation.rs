//! File names of one capture that a program split into several files.

use std::path::{Path, PathBuf};

/// Endings that captures have; numbers after one of them are a rotation's, not a name's.
const EXTENSIONS: &[&str] = &["pcap", "pcapng", "cap", "dmp", "dump", "ntar", "trc"];
const COMPRESSED: &[&str] = &["gz", "zst", "zstd", "lz4"];

/// What the names of all files of one rotation have in common: files with equal keys look like parts of one capture.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RotationKey {
    folder: PathBuf,
    /// The name without compression and number, the digits that a rotation changes replaced by NUL, which no file name holds.
    pattern: String,
}

/// The key of a file's rotation. None for a name that is not UTF-8: such a file stands alone.
///
/// Known are `tcpdump -C` and `-W` (`x.pcap`, `x.pcap1`, `x.pcap02`), `tcpdump -G` with a date (`x-20260131-1200.pcap`),
/// seconds since 1970, dumpcap and editcap (`x_00001_20260131120000.pcap`, or with the number after the date), logrotate
/// (`x.pcap.1`, `x.pcap-20260131`). Numbers that may be part of a name (`web1.pcap`, `10.0.0.1.pcap`) stay in the pattern, and
/// so does the case of letters: no program changes it from one file to the next.
pub fn rotation_key(path: &Path) -> Option<RotationKey> {
    let name = path.file_name()?.to_str()?;
    // Endings and separators are known in both cases. ASCII letters alone change: the lengths are those of the name.
    let lower = name.to_ascii_lowercase();
    let bare = without_number(uncompressed(&lower));
    let pieces = pieces(bare);
    let mut pattern = String::with_capacity(bare.len());
    for (piece, moving) in pieces.iter().zip(moving(&pieces)) {
        let end = pattern.len() + piece.len();
        match name.get(pattern.len()..end) {
            Some(written) if !moving => pattern.push_str(written),
            _ => pattern.extend(std::iter::repeat_n('\0', piece.len())),
        }
    }
    Some(RotationKey { folder: path.parent().map(Path::to_owned).unwrap_or_default(), pattern })
}

/// Whether two different files look like parts of one capture by their names, see [`rotation_key`].
pub fn looks_rotated(a: &Path, b: &Path) -> bool {
    a != b && rotation_key(a).is_some_and(|key| rotation_key(b) == Some(key))
}

fn uncompressed(name: &str) -> &str {
    name.rsplit_once('.').filter(|(_, ending)| COMPRESSED.contains(ending)).map_or(name, |(stem, _)| stem)
}

/// The name up to its extension, if what follows is a number or date.
fn without_number(name: &str) -> &str {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let bare = stem.strip_suffix('.').unwrap_or_else(|| {
        let date = name.len() - stem.len() >= 8;
        stem.strip_suffix('-').filter(|_| date).unwrap_or(stem)
    });
    let extension = bare.rsplit_once('.').map(|(_, extension)| extension);
    if extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) { bare } else { name }
}

/// A piece of a name: digits or the text between them.
fn pieces(name: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(end);
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// Which pieces a rotation may have written: those of a date, and dumpcap's number beside a date of 14 digits.
fn moving(pieces: &[&str]) -> Vec<bool> {
    let mut moving = vec![false; pieces.len()];
    for start in 0..pieces.len() {
        for at in (start..start + date_length(&pieces[start..])).step_by(2) {
            moving[at] = true;
        }
    }
    for at in 0..pieces.len() {
        let beside_date = |other: Option<usize>, between: Option<usize>| {
            let stamp = other.and_then(|other| pieces.get(other)).is_some_and(|piece| piece.len() == 14);
            let joined = between.and_then(|between| pieces.get(between)).is_some_and(|piece| *piece == "_");
            stamp && joined && other.is_some_and(|other| moving[other])
        };
        let number = pieces[at].len() >= 5 && pieces[at].bytes().all(|byte| byte.is_ascii_digit());
        if number
            && (beside_date(at.checked_add(2), at.checked_add(1)) || beside_date(at.checked_sub(2), at.checked_sub(1)))
        {
            moving[at] = true;
        }
    }
    moving
}

/// How many pieces from the first one make a date with year, month and day or more; 0 if none do.
fn date_length(pieces: &[&str]) -> usize {
    /// Month, day, hour, minute, second.
    const FIELDS: [(u32, u32); 5] = [(1, 12), (1, 31), (0, 23), (0, 59), (0, 60)];
    let is_number = |piece: &str| piece.bytes().all(|byte| byte.is_ascii_digit());
    let Some(first) = pieces.first().filter(|piece| is_number(piece)) else { return 0 };
    // Seconds since 1970, from 2001 to 2033.
    if first.len() == 10 && first.starts_with('1') {
        return 1;
    }
    if !(first.starts_with("19") || first.starts_with("20")) || first.len() < 4 || first.len() % 2 != 0 {
        return 0;
    }
    let mut fields = FIELDS.iter();
    let mut used = 0;
    let mut rest = &first[4..];
    loop {
        while rest.len() >= 2 {
            let (field, behind) = rest.split_at(2);
            let Some((low, high)) = fields.next() else { return 0 };
            if !field.parse().is_ok_and(|value: u32| (*low..=*high).contains(&value)) {
                return 0;
            }
            rest = behind;
        }
        used += 1;
        let separated = pieces.get(used).is_some_and(|piece| matches!(*piece, "-" | "_" | "." | ":" | "t" | "-t"));
        let next =
            pieces.get(used + 1).filter(|piece| separated && is_number(piece) && matches!(piece.len(), 2 | 4 | 6));
        match next {
            Some(next) if fields.len() * 2 >= next.len() => rest = next,
            _ => break,
        }
        used += 1;
    }
    if fields.len() <= 3 { used } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rotated(a: &str, b: &str) -> bool {
        let (a, b) = (Path::new(a), Path::new(b));
        assert_eq!(looks_rotated(a, b), looks_rotated(b, a));
        looks_rotated(a, b)
    }

    #[test]
    fn names_of_the_known_programs_are_seen() {
        for (a, b) in [
            ("x.pcap", "x.pcap1"),
            ("x.pcap9", "x.pcap10"),
            ("x.pcap00", "x.pcap01"),
            ("x.pcap1.gz", "x.pcap"),
            ("d/x.pcapng.zst", "d/x.pcapng2"),
            ("x-20260131-120000.pcap", "x-20260131-130000.pcap"),
            ("x_2026-01-31_23.59.00.pcap", "x_2026-02-01_00.00.00.pcap"),
            ("web01-20260131.pcap", "web01-20260201.pcap"),
            ("x_20260131T1200.cap.lz4", "x_20260131T1300.cap"),
            ("x-1767225600.pcap", "x-1767229200.pcap"),
            ("x_00001_20260101120000.pcap", "x_00002_20260101120500.pcap"),
            ("x_20260101120000_00001.pcapng", "x_20260101120500_00002.pcapng"),
            ("x_00001_20260101120000.pcap", "x_00002_20260101120000.pcap"),
            ("x.pcap.1", "x.pcap.2.gz"),
            ("x.pcap", "x.pcap.1"),
            ("x.pcap", "x.pcap-20260131"),
            ("X.PCAP", "X.PCAP1.GZ"),
            ("é-20260131T1200.pcap", "é-20260131T1300.pcap"),
            ("x-20260131.pcap1", "x-20260131.pcap"),
        ] {
            assert!(rotated(a, b), "{a} {b}");
        }
    }

    #[test]
    fn numbers_that_are_names_are_no_rotation() {
        for (a, b) in [
            ("web1.pcap", "web2.pcap"),
            ("10.0.0.1.pcap", "10.0.0.2.pcap"),
            ("192.168.100.101.pcap", "192.168.100.102.pcap"),
            ("20.10.10.10", "20.10.10.11"),
            ("a.pcap", "b.pcap"),
            ("a/x.pcap", "b/x.pcap1"),
            ("x.pcap", "x.pcap"),
            ("web01-20260131.pcap", "web02-20260131.pcap"),
            ("client1", "client2"),
            ("port2022.pcap", "port2023.pcap"),
            ("case-00001.pcap", "case-00002.pcap"),
            ("x-20261301.pcap", "x-20261401.pcap"),
            ("x.pcap", "X.pcap"),
            ("x.pcap1", "X.PCAP1"),
            ("X-20260131.pcap", "x-20260201.pcap"),
            ("x-20260131.pcap", "x-2026013112.pcap"),
            ("", "1"),
            ("..", "é1"),
        ] {
            assert!(!rotated(a, b), "{a} {b}");
        }
    }
}
