//! Byte order of a capture file. Both formats are written in the order of the machine that captured.

/// Byte order of the numbers in a file or pcapng section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

/// Reads numbers at a place in a slice; callers have checked the length, a place beyond the end reads as 0.
impl Order {
    #[inline]
    pub fn u16(self, bytes: &[u8], at: usize) -> u16 {
        let raw = take(bytes, at).unwrap_or_default();
        match self {
            Self::Little => u16::from_le_bytes(raw),
            Self::Big => u16::from_be_bytes(raw),
        }
    }

    #[inline]
    pub fn u32(self, bytes: &[u8], at: usize) -> u32 {
        let raw = take(bytes, at).unwrap_or_default();
        match self {
            Self::Little => u32::from_le_bytes(raw),
            Self::Big => u32::from_be_bytes(raw),
        }
    }

    pub fn u64(self, bytes: &[u8], at: usize) -> u64 {
        let raw = take(bytes, at).unwrap_or_default();
        match self {
            Self::Little => u64::from_le_bytes(raw),
            Self::Big => u64::from_be_bytes(raw),
        }
    }
}

#[inline]
fn take<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}
