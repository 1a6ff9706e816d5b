//! Which addresses a feed may be fetched from: none that belongs to a machine's own neighbourhood, unless the feed says so.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// How far an address reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Range {
    Public,
    /// A machine's own, or a private network's.
    Private,
    /// What no feed is ever at: neighbours without a router between, metadata services of clouds, everybody at once.
    Never,
}

/// Whether a feed may be fetched from that address.
pub(super) fn is_reachable(address: IpAddr, allow_private: bool) -> bool {
    match range(address) {
        Range::Public => true,
        Range::Private => allow_private,
        Range::Never => false,
    }
}

fn range(address: IpAddr) -> Range {
    match address {
        IpAddr::V4(address) => range_of_v4(address),
        IpAddr::V6(address) => range_of_v6(address),
    }
}

// RFC 6890 and its registry of special addresses.
fn range_of_v4(address: Ipv4Addr) -> Range {
    match address.octets() {
        // Alibaba's metadata service lies in the range that carriers share.
        [100, 100, 100, 200] => Range::Never,
        [0, ..] | [169, 254, ..] | [224..=255, ..] => Range::Never,
        [10 | 127, ..] | [192, 168, ..] | [172, 16..=31, ..] | [100, 64..=127, ..] => Range::Private,
        [192, 0, 0 | 2, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => Range::Private,
        _ => Range::Public,
    }
}

fn range_of_v6(address: Ipv6Addr) -> Range {
    if let Some(within) = v4_within(address) {
        return range_of_v4(within);
    }
    match address.segments() {
        // Amazon's metadata service has an address of the private range.
        [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254] => Range::Never,
        [0, 0, 0, 0, 0, 0, 0, 1] => Range::Private,
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] | [0x0064, 0xff9b, 1, ..] => Range::Private,
        [0x2001, 0x0db8, ..] | [0x2001, 0..=0x01ff, ..] | [0x3fff, 0..=0x0fff, ..] => Range::Private,
        // Of what is left, only this part of the space has been given out.
        [0x2000..=0x3fff, ..] => Range::Public,
        _ => Range::Never,
    }
}

/// The IPv4 address that an IPv6 address leads to: mapped, translated (RFC 6052) or tunnelled (RFC 3056).
fn v4_within(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x0064, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        _ => None,
    }
}

/// A name leads to private addresses only, or to no address at all that a feed may be fetched from.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to private addresses only")]
pub(super) struct OnlyPrivate;

/// Looks names up and leaves out the addresses that may not be reached, so that what is connected to is what was judged.
#[derive(Clone, Debug)]
pub(super) struct Judging {
    pub(super) allow_private: bool,
}

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            // The port is the client's to fill in.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            let reachable: Vec<SocketAddr> =
                found.into_iter().filter(|found| is_reachable(found.ip(), allow_private)).collect();
            if reachable.is_empty() {
                return Err(OnlyPrivate.into());
            }
            let addresses: Addrs = Box::new(reachable.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(addresses: &[&str], allow_private: bool) -> Vec<bool> {
        addresses.iter().map(|text| is_reachable(text.parse().unwrap(), allow_private)).collect()
    }

    #[test]
    fn a_public_address_is_reached() {
        let public = ["8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "2606:4700::1111"];
        assert_eq!(reached(&public, false), [true; 6]);
        assert_eq!(reached(&["::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"], false), [true; 3]);
    }

    #[test]
    fn a_private_address_is_reached_only_where_the_feed_allows_it() {
        let private = [
            "127.0.0.1",
            "127.8.9.10",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "198.18.0.1",
            "192.0.2.1",
            "::1",
            "fc00::1",
            "fd12:3456::1",
            "fec0::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "2002:7f00:1::1",
            "2002:c0a8:101::1",
            "2001:db8::1",
            "2001:0:1::1",
            "64:ff9b:1::a00:1",
        ];
        for address in private {
            assert_eq!(reached(&[address], false), [false], "{address}");
            assert_eq!(reached(&[address], true), [true], "{address}");
        }
    }

    #[test]
    fn some_addresses_are_never_reached() {
        let never = [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "169.254.1.1",
            "100.100.100.200",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::",
            "fe80::1",
            "febf::1",
            "ff02::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "::8.8.8.8",
        ];
        for address in never {
            assert_eq!(reached(&[address], true), [false], "{address}");
        }
    }
}
