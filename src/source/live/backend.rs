//! Which backend captures here, and what it can.

use super::{LiveError, PacketSource, Wanted};
use crate::packet::LinkType;

/// Opens the interface.
///
/// # Errors
/// When there is no such interface, it is not allowed, or the kernel refuses the buffer.
#[cfg(target_os = "linux")]
pub fn open(wanted: Wanted) -> Result<Box<dyn PacketSource>, LiveError> {
    Ok(Box::new(super::af_packet::AfPacket::open(wanted)?))
}

/// Whether this user may capture at all.
///
/// # Errors
/// When not.
#[cfg(target_os = "linux")]
pub fn may_capture() -> Result<(), LiveError> {
    super::af_packet::may_capture()
}

/// Link type of the packets of an interface.
#[cfg(target_os = "linux")]
pub fn link_type(interface: &str) -> Option<LinkType> {
    super::af_packet::link_type(interface)
}

/// Whether there is an interface that stands for all.
pub fn captures_any() -> bool {
    cfg!(target_os = "linux")
}
