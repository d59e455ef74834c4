//! The network interfaces of this machine.

use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use std::net::IpAddr;

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// It was switched on.
    pub up: bool,
    /// It has a carrier.
    pub running: bool,
    /// Packets sent there come back to this machine alone.
    pub loopback: bool,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// All of them, in the system's order.
///
/// # Errors
/// When the system does not tell.
pub fn interfaces() -> std::io::Result<Vec<Interface>> {
    let mut found: Vec<Interface> = Vec::new();
    for entry in getifaddrs()? {
        let has = |flag: InterfaceFlags| entry.flags.contains(flag);
        let at = found.iter().position(|interface| interface.name == entry.interface_name).unwrap_or_else(|| {
            found.push(Interface {
                name: entry.interface_name.clone(),
                up: has(InterfaceFlags::IFF_UP),
                running: has(InterfaceFlags::IFF_RUNNING),
                loopback: has(InterfaceFlags::IFF_LOOPBACK),
                addresses: Vec::new(),
            });
            found.len() - 1
        });
        let Some(address) = entry.address else { continue };
        let v4 = address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
        let address = v4.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip())));
        found[at].addresses.extend(address);
    }
    Ok(found)
}
