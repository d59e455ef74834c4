//! How much memory the process takes.

use nix::unistd::{SysconfVar, sysconf};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// The system's account of this process, opened once: it can be read after the right to open files was given up.
#[derive(Debug)]
pub struct Memory(Option<File>);

impl Memory {
    /// Opens it. Where the system has none, nothing is known later.
    pub fn open() -> Self {
        Self(File::open("/proc/self/statm").ok())
    }

    /// Resident memory in bytes.
    pub fn resident(&self) -> Option<u64> {
        let mut text = [0; 128];
        let read = self.0.as_ref()?.read_at(&mut text, 0).ok()?;
        let text = std::str::from_utf8(text.get(..read)?).ok()?;
        let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
        let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten()?;
        Some(pages.saturating_mul(u64::try_from(page).ok()?))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_used_shows() {
        let memory = Memory::open();
        let before = memory.resident().unwrap_or_default();
        let block = vec![1_u8; 64 << 20];
        let after = memory.resident().unwrap_or_default();
        assert!(before > 0 && after >= before + (32 << 20), "{before} {after} {}", block.len());
    }
}
