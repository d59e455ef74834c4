//! A network of IP addresses, or one address as the smallest of them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address with the number of its leading bits that count (RFC 4632 §3.1, RFC 4291 §2.3). The other bits are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// The network that an address lies in; none if it has fewer bits than the prefix.
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let address = match address {
            IpAddr::V4(v4) => {
                let zeros = 32_u32.checked_sub(u32::from(prefix))?;
                let mask = u32::MAX.checked_shl(zeros).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
            }
            IpAddr::V6(v6) => {
                let zeros = 128_u32.checked_sub(u32::from(prefix))?;
                let mask = u128::MAX.checked_shl(zeros).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
            }
        };
        Some(Self { address, prefix })
    }

    /// Its first address.
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// Leading bits that count.
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether an address lies in it. IPv4-mapped IPv6 addresses are IPv6, as on the wire.
    pub fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4() && Self::new(address, self.prefix) == Some(self)
    }

    fn is_single(self) -> bool {
        self.prefix == if self.address.is_ipv4() { 32 } else { 128 }
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self { address, prefix: if address.is_ipv4() { 32 } else { 128 } }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_single() { self.address.fmt(f) } else { write!(f, "{}/{}", self.address, self.prefix) }
    }
}

/// It is neither an address nor `address/bits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoNetwork;

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| NoNetwork)?;
        let Some(prefix) = prefix else { return Ok(address.into()) };
        prefix.parse().ok().and_then(|prefix| Self::new(address, prefix)).ok_or(NoNetwork)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap_or_else(|NoNetwork| panic!("{text} is a network"))
    }

    #[test]
    fn an_address_lies_in_its_networks() {
        for (net, inside, outside) in [
            ("192.0.2.128/25", "192.0.2.200", "192.0.2.100"),
            ("10.9.8.7/8", "10.255.0.1", "11.0.0.1"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"),
            ("::/0", "2001:db8::1", "192.0.2.1"),
            ("192.0.2.10", "192.0.2.10", "192.0.2.11"),
        ] {
            let parse = |text: &str| text.parse().expect("an address");
            assert!(network(net).contains(parse(inside)), "{inside} in {net}");
            assert!(!network(net).contains(parse(outside)), "{outside} not in {net}");
        }
    }

    #[test]
    fn it_prints_as_it_is_meant_and_refuses_what_is_none() {
        assert_eq!(network("10.9.8.7/8").to_string(), "10.0.0.0/8");
        assert_eq!(network("2001:db8::1/128").to_string(), "2001:db8::1");
        for bad in ["10.0.0.0/33", "2001:db8::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "", "host"] {
            assert_eq!(bad.parse::<Network>(), Err(NoNetwork), "{bad}");
        }
    }
}
