//! Which TCP ports are of interest.

/// A set of TCP ports, or all of them.
#[derive(Debug, Clone)]
pub struct Watch {
    /// One bit a port: 8 KiB that stay in the first-level cache. None: any port.
    ports: Option<Box<[u64; 1_024]>>,
}

impl Watch {
    /// These ports only.
    pub fn ports(ports: &[u16]) -> Self {
        let mut map = Box::new([0_u64; 1_024]);
        for &port in ports {
            if let Some(word) = map.get_mut(usize::from(port >> 6)) {
                *word |= 1 << (port & 63);
            }
        }
        Self { ports: Some(map) }
    }

    /// Every port: SSH is then to be found by its identification string.
    pub fn any() -> Self {
        Self { ports: None }
    }

    /// Whether every port is of interest.
    pub fn is_any(&self) -> bool {
        self.ports.is_none()
    }

    /// Whether a segment between these two ports is of interest.
    #[inline]
    pub fn wants(&self, a: u16, b: u16) -> bool {
        let Some(map) = &self.ports else { return true };
        let bit = |port: u16| map.get(usize::from(port >> 6)).is_some_and(|word| (word >> (port & 63)) & 1 == 1);
        bit(a) || bit(b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_port_may_be_watched() {
        let watch = Watch::ports(&[22, 65_535, 0]);
        assert!(watch.wants(22, 40_000));
        assert!(watch.wants(40_000, 65_535));
        assert!(watch.wants(0, 1));
        assert!(!watch.wants(23, 86));
        assert!(Watch::any().wants(1, 2));
        assert!(!Watch::ports(&[]).wants(22, 22));
    }
}
