//! The ring: blocks of memory that the kernel fills with packets and hands over one after the other.
//!
//! A block belongs to whom its status word says. The kernel writes packets, then sets the word; this side reads them, then sets
//! it back. Lengths and offsets in a block are the kernel's own; they are checked all the same, so that nothing outside the
//! mapping is ever read.

use super::super::LiveError;
use super::sys::Socket;
use std::io;
use std::mem::{offset_of, size_of};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

/// Bytes of a block: no packet is larger (64 KiB with offloads, and headers), and a busy interface fills several in 100 ms.
const BLOCK: usize = 256 << 10;
/// Fewest blocks: one that is read, one that is filled, two in reserve.
const BLOCKS: usize = 4;
/// Milliseconds after which the kernel hands over a block that is not full.
const RETIRE: u32 = 50;
/// Frames have their own size in this version; the kernel only checks that this one fits.
const FRAME: u32 = 2_048;
/// Where the status word is in a block (`tpacket_block_desc.hdr.bh1.block_status`).
const STATUS: usize = offset_of!(libc::tpacket_block_desc, hdr);
/// Where the link-layer address of a frame is (`TPACKET_ALIGN(sizeof(struct tpacket3_hdr))`).
const ADDRESS: usize = size_of::<libc::tpacket3_hdr>().next_multiple_of(libc::TPACKET_ALIGNMENT);

/// A packet in the ring.
#[derive(Debug)]
pub struct Frame<'a> {
    pub seconds: u32,
    pub nanoseconds: u32,
    /// Length on the wire, without what `vlan` holds.
    pub wire_len: u32,
    /// TPID and TCI of a tag that is not in the data.
    pub vlan: Option<(u16, u16)>,
    /// EtherType of the data, behind all tags that are in `vlan`.
    pub protocol: u16,
    /// Index of the interface.
    pub interface: u32,
    /// ARPHRD_ type of the interface.
    pub hardware: u16,
    /// PACKET_HOST and so on.
    pub packet_type: u8,
    /// Bytes of the sender's link-layer address.
    pub address_len: u8,
    pub address: [u8; 8],
    pub data: &'a [u8],
}

/// Where reading stands in the block that this side holds.
#[derive(Clone, Copy)]
struct Cursor {
    /// Offset of the next frame in the block.
    at: usize,
    /// Frames left, that one included.
    left: u32,
}

/// The mapped ring.
pub struct Ring {
    memory: NonNull<u8>,
    bytes: usize,
    /// The block that is read or waited for.
    block: usize,
    cursor: Option<Cursor>,
}

// SAFETY: the mapping belongs to this value alone and is not bound to a thread.
unsafe impl Send for Ring {}

impl Ring {
    /// Asks for a ring of about so many bytes and maps it.
    pub fn map(socket: &Socket, bytes: usize) -> Result<Self, LiveError> {
        let refused = |error| LiveError::Buffer { bytes, error };
        let blocks = bytes.div_ceil(BLOCK).max(BLOCKS);
        let too_large = || refused(io::Error::from_raw_os_error(libc::ENOMEM));
        let total = blocks.checked_mul(BLOCK).ok_or_else(too_large)?;
        let frames = u32::try_from(total / FRAME as usize).map_err(|_| too_large())?;
        let request = libc::tpacket_req3 {
            tp_block_size: BLOCK as u32,
            tp_block_nr: u32::try_from(blocks).map_err(|_| too_large())?,
            tp_frame_size: FRAME,
            tp_frame_nr: frames,
            tp_retire_blk_tov: RETIRE,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        socket.ask_for_ring(&request).map_err(refused)?;
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
        // SAFETY: a new mapping at an address of the kernel's choice touches no memory of this process.
        let memory = unsafe { libc::mmap(std::ptr::null_mut(), total, protection, flags, socket.descriptor(), 0) };
        if memory == libc::MAP_FAILED {
            return Err(refused(io::Error::last_os_error()));
        }
        let memory = NonNull::new(memory.cast()).ok_or_else(too_large)?;
        Ok(Self { memory, bytes: total, block: 0, cursor: None })
    }

    /// Size in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether [`Self::take`] has a frame. Gives back the block that is read through, so no frame may be in use.
    pub fn has_frame(&mut self) -> bool {
        if self.cursor.is_some_and(|cursor| cursor.left > 0) {
            return true;
        }
        if self.cursor.take().is_some() {
            // Release: everything read from the block was read before the kernel may write to it again.
            self.status().store(libc::TP_STATUS_KERNEL, Ordering::Release);
            self.block = (self.block + 1) % (self.bytes / BLOCK);
        }
        // Acquire: what the kernel wrote before it handed the block over is seen after this.
        if self.status().load(Ordering::Acquire) & libc::TP_STATUS_USER == 0 {
            return false;
        }
        let header = offset_of!(libc::tpacket_hdr_v1, num_pkts);
        let first = offset_of!(libc::tpacket_hdr_v1, offset_to_first_pkt);
        let left = self.number(STATUS + header);
        self.cursor = Some(Cursor { at: self.number(STATUS + first) as usize, left });
        left > 0
    }

    /// The next frame of the block. It borrows the ring, so that the block stays this side's until it is done with.
    pub fn take(&mut self) -> Option<Frame<'_>> {
        let cursor = self.cursor.take().filter(|cursor| cursor.left > 0)?;
        // A frame that does not fit the block ends it: nothing behind it can be found.
        self.cursor = Some(Cursor { at: 0, left: 0 });
        let header = self.read::<libc::tpacket3_hdr>(cursor.at)?;
        let address = self.read::<libc::sockaddr_ll>(cursor.at.checked_add(ADDRESS)?)?;
        let begins = cursor.at.checked_add(usize::from(header.tp_mac))?;
        let ends = begins.checked_add(header.tp_snaplen as usize)?;
        self.cursor =
            Some(Cursor { at: cursor.at.checked_add(header.tp_next_offset as usize)?, left: cursor.left - 1 });
        let data = self.block_bytes().get(begins..ends)?;
        let tagged = header.tp_status & libc::TP_STATUS_VLAN_VALID != 0;
        let tpid = match header.tp_status & libc::TP_STATUS_VLAN_TPID_VALID {
            0 => 0x8100,
            _ => header.hv1.tp_vlan_tpid,
        };
        Some(Frame {
            seconds: header.tp_sec,
            nanoseconds: header.tp_nsec,
            wire_len: header.tp_len,
            vlan: tagged.then_some((tpid, header.hv1.tp_vlan_tci as u16)),
            protocol: u16::from_be(address.sll_protocol),
            interface: address.sll_ifindex.cast_unsigned(),
            hardware: address.sll_hatype,
            packet_type: address.sll_pkttype,
            address_len: address.sll_halen.min(8),
            address: address.sll_addr,
            data,
        })
    }

    /// The status word of the current block.
    fn status(&self) -> &AtomicU32 {
        // SAFETY: the word lies in the mapping (`block` is below their number), is aligned to four bytes (blocks are aligned to
        // pages), lives as long as `self`, and is only ever accessed as an atomic by this side.
        unsafe { AtomicU32::from_ptr(self.memory.as_ptr().add(self.block * BLOCK + STATUS).cast()) }
    }

    /// The current block. Only while it is this side's: the kernel does not write to it then.
    fn block_bytes(&self) -> &[u8] {
        // SAFETY: the block lies in the mapping, which lives as long as `self`. The kernel has handed it over (a cursor is only
        // made after its status said so) and writes to it only after it was given back, for which `has_frame` needs `&mut self`,
        // so that no borrow is left. The one word that this side writes is written there too.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr().add(self.block * BLOCK), BLOCK) }
    }

    /// Four bytes of the current block; 0 beyond its end.
    fn number(&self, at: usize) -> u32 {
        let bytes = self.block_bytes().get(at..).and_then(|bytes| bytes.first_chunk());
        bytes.map_or(0, |bytes| u32::from_ne_bytes(*bytes))
    }

    /// A structure of the kernel's in the current block.
    fn read<T: Plain>(&self, at: usize) -> Option<T> {
        let bytes = self.block_bytes().get(at..)?.get(..size_of::<T>())?;
        // SAFETY: the slice is as long as the structure, of which any bits are a value; it need not be aligned.
        Some(unsafe { bytes.as_ptr().cast::<T>().read_unaligned() })
    }
}

/// Structures of integers alone: any bits are a value.
///
/// # Safety
/// True of the type.
unsafe trait Plain: Copy {}
// SAFETY: integers and structures of them.
unsafe impl Plain for libc::tpacket3_hdr {}
// SAFETY: integers and an array of them.
unsafe impl Plain for libc::sockaddr_ll {}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `map` with this length and nothing borrows from it any more.
        unsafe { libc::munmap(self.memory.as_ptr().cast(), self.bytes) };
    }
}
