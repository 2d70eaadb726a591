//! Ranges of addresses.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// An IPv4 subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Subnet {
    base: u32,
    prefix: u32,
}

impl Subnet {
    /// That of the default bridge.
    pub(super) fn first() -> Self {
        Self::new(Ipv4Addr::new(172, 17, 0, 0), 16)
    }

    /// The first of Docker's default pools that overlaps none of these: fourteen large ones and sixteen small ones.
    pub(super) fn free(taken: &[Self]) -> Option<Self> {
        let large = (18..32).map(|second| Self::new(Ipv4Addr::new(172, second, 0, 0), 16));
        let small = (0..16).map(|third| Self::new(Ipv4Addr::new(192, 168, third * 16, 0), 20));
        large.chain(small).find(|pool| !taken.iter().any(|other| other.overlaps(*pool)))
    }

    /// Reads `10.0.0.0/8`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let prefix = prefix.parse().ok().filter(|prefix| *prefix <= 32)?;
        Some(Self::new(address.parse().ok()?, prefix))
    }

    fn new(address: Ipv4Addr, prefix: u32) -> Self {
        let base = u32::from(address);
        Self { base: base & Self { base, prefix }.mask(), prefix }
    }

    fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0)
    }

    pub(super) fn overlaps(self, other: Self) -> bool {
        let wider = if self.prefix < other.prefix { self } else { other };
        self.base & wider.mask() == other.base & wider.mask()
    }

    pub(super) fn contains(self, address: Ipv4Addr) -> bool {
        u32::from(address) & self.mask() == self.base
    }

    pub(super) fn gateway(self) -> Ipv4Addr {
        Ipv4Addr::from(self.base.saturating_add(1))
    }

    /// What containers can have: all but the network's own address, the gateway's and the broadcast one.
    pub(super) fn hosts(self) -> impl Iterator<Item = Ipv4Addr> {
        let last = self.base | !self.mask();
        (self.base.saturating_add(2)..last).map(Ipv4Addr::from)
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.base), self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pools_are_given_in_order_and_run_out() {
        let mut taken = vec![Subnet::first()];
        while let Some(next) = Subnet::free(&taken) {
            taken.push(next);
        }
        assert_eq!((taken.len(), taken[1].to_string().as_str()), (31, "172.18.0.0/16"));
        assert_eq!(taken[30].to_string(), "192.168.240.0/20");
    }

    #[test]
    fn a_subnet_knows_its_own() {
        let subnet = Subnet::parse("10.9.8.7/24").unwrap();
        assert_eq!(subnet.to_string(), "10.9.8.0/24");
        assert_eq!(subnet.hosts().count(), 253);
        assert!(subnet.contains(Ipv4Addr::new(10, 9, 8, 200)) && !subnet.contains(Ipv4Addr::new(10, 9, 9, 1)));
        assert!(subnet.overlaps(Subnet::parse("10.0.0.0/8").unwrap()));
    }
}
