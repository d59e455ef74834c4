//! Which backend captures here, and what it can.

use super::{LiveError, PacketSource, Wanted};
use crate::packet::LinkType;

/// Who captures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Backend {
    /// AF_PACKET where it exists and nothing needs libpcap.
    #[default]
    Auto,
    /// Linux' own packet sockets.
    #[cfg(af_packet)]
    AfPacket,
    /// libpcap.
    #[cfg(feature = "libpcap")]
    Libpcap,
}

/// Opens the interface.
///
/// # Errors
/// When there is no such interface, it is not allowed, the filter is not understood, or the system refuses the buffer.
pub fn open(wanted: Wanted) -> Result<Box<dyn PacketSource>, LiveError> {
    #[cfg(feature = "libpcap")]
    if wanted.backend == Backend::Libpcap
        || (wanted.backend == Backend::Auto && (wanted.expression.is_some() || cfg!(not(af_packet))))
    {
        return Ok(Box::new(super::libpcap::Libpcap::open(&wanted)?));
    }
    if wanted.expression.is_some() {
        return Err(LiveError::NoExpressions);
    }
    #[cfg(af_packet)]
    return Ok(Box::new(super::af_packet::AfPacket::open(wanted)?));
    #[cfg(not(af_packet))]
    Err(LiveError::NoExpressions)
}

/// Whether this user may capture at all.
///
/// # Errors
/// When not.
pub fn may_capture() -> Result<(), LiveError> {
    #[cfg(af_packet)]
    return super::af_packet::may_capture();
    #[cfg(not(af_packet))]
    return super::libpcap::may_capture();
}

/// Link type of the packets of an interface.
pub fn link_type(interface: &str) -> Option<LinkType> {
    #[cfg(af_packet)]
    return super::af_packet::link_type(interface);
    #[cfg(not(af_packet))]
    return super::libpcap::link_type(interface);
}

/// Whether there is an interface that stands for all.
pub fn captures_any() -> bool {
    cfg!(target_os = "linux")
}
