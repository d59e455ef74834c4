//! What the kernel is asked to let through: a program of classic BPF, made here, and the same in words.
//!
//! It is a coarse sieve in front of the decoder: it may let through too much, but never drops what the decoder would have taken,
//! except inside tunnels that nobody asked for.

mod assembler;
#[cfg(feature = "libpcap")]
pub mod place;
mod program;
#[cfg(test)]
mod tests;

pub use assembler::Instruction;

use crate::packet::{LinkType, Network};

/// Ports that are told apart in the kernel; with more, all TCP passes and the decoder sorts it out. Each takes four of
/// the 4,096 steps that the kernel allows a program.
const PORTS: usize = 256;
/// Networks that are told apart in the kernel. Each takes up to 22 steps.
const NETWORKS: usize = 64;

/// What is to pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// TCP ports of servers; none for any port.
    pub ports: Option<Vec<u16>>,
    /// Only these addresses; all if empty. ICMP errors come from anywhere and pass all the same.
    pub hosts: Vec<Network>,
    /// What may be a tunnel passes whole, and so does MPLS and PPPoE.
    pub tunnels: bool,
}

impl Filter {
    /// The program for packets of this link type.
    pub fn program(&self, link: LinkType) -> Vec<Instruction> {
        program::program(self, link)
    }

    /// The ports that the kernel tells apart.
    fn kernel_ports(&self) -> Option<&[u16]> {
        self.ports.as_deref().filter(|ports| ports.len() <= PORTS)
    }

    /// The networks that the kernel tells apart.
    fn kernel_hosts(&self) -> &[Network] {
        if self.hosts.len() <= NETWORKS { &self.hosts } else { &[] }
    }

    /// What passes, in the language of `tcpdump` (pcap-filter(7)). There each part would have to be repeated behind `vlan`; the
    /// program looks behind up to two tags.
    pub fn expression(&self) -> String {
        let ports = self.kernel_ports().map(|ports| {
            let ports: Vec<_> = ports.iter().map(|port| format!("tcp port {port}")).collect();
            ports.join(" or ")
        });
        let later = "(ip proto 6 and ip[6:2] & 0x1fff != 0) or (ip6[6] = 44)";
        let tcp = match &ports {
            Some(ports) => format!("{ports} or {later}"),
            None => format!("tcp or {later}"),
        };
        let hosts: Vec<_> = self.kernel_hosts().iter().map(|&host| primitive(host)).collect();
        let tcp = if hosts.is_empty() { tcp } else { format!("(({tcp}) and ({}))", hosts.join(" or ")) };
        let icmp =
            "(icmp and (icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 11 or icmp[0] = 12)) or (icmp6 and ip6[40] <= 4)";
        let tunnels = "ip proto 4 or ip proto 41 or ip proto 47 or ip proto 137 or \
                       udp port 4789 or udp port 8472 or udp port 6081 or mpls or pppoes";
        if self.tunnels { format!("{tcp} or {icmp} or {tunnels}") } else { format!("{tcp} or {icmp}") }
    }

    /// What passes, in a sentence.
    pub fn sentence(&self) -> String {
        let ports = match &self.ports {
            None => "TCP of any port".to_owned(),
            Some(ports) => {
                let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
                format!("TCP port {}", ports.join(", "))
            }
        };
        let hosts: Vec<_> = self.hosts.iter().map(ToString::to_string).collect();
        let hosts = if hosts.is_empty() { String::new() } else { format!(" of {}", hosts.join(", ")) };
        let tunnels = if self.tunnels { ", tunnels" } else { "" };
        format!("{ports}{hosts}, TCP fragments, ICMP errors{tunnels}")
    }
}

fn primitive(host: Network) -> String {
    let single = host.prefix() == if host.address().is_ipv4() { 32 } else { 128 };
    let kind = if host.address().is_ipv4() { "" } else { "ip6 " };
    if single { format!("{kind}host {host}") } else { format!("{kind}net {host}") }
}
