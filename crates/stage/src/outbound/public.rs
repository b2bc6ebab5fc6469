//! Which addresses belong to the public internet.
//!
//! Sources: IANA's registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890), and the metadata services that
//! clouds put elsewhere. Of IPv6 only what is handed out counts (2000::/3), so what is not named here is refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Not of the public internet, though they look like any other.
const NOT_PUBLIC_V4: &[Ipv4Net] = &[
    v4([0, 0, 0, 0], 8),        // this host, this network
    v4([10, 0, 0, 0], 8),       // private
    v4([100, 64, 0, 0], 10),    // shared behind a carrier's NAT; Alibaba's metadata
    v4([127, 0, 0, 0], 8),      // loopback
    v4([168, 63, 129, 16], 32), // Azure's platform
    v4([169, 254, 0, 0], 16),   // link-local; the metadata of most clouds, and credentials of containers
    v4([172, 16, 0, 0], 12),    // private
    v4([192, 0, 0, 0], 24),     // protocol assignments; Oracle's metadata
    v4([192, 0, 2, 0], 24),     // documentation
    v4([192, 88, 99, 0], 24),   // relays of 6to4
    v4([192, 168, 0, 0], 16),   // private
    v4([198, 18, 0, 0], 15),    // benchmarking
    v4([198, 51, 100, 0], 24),  // documentation
    v4([203, 0, 113, 0], 24),   // documentation
    v4([224, 0, 0, 0], 4),      // multicast
    v4([240, 0, 0, 0], 4),      // reserved, and broadcast
];

/// What is handed out to hosts; loopback, link-local, unique local, multicast, IPv4 in mapped, compatible or translated
/// form and the NAT64 of a site lie outside.
const HANDED_OUT_V6: Ipv6Net = v6([0x2000, 0], 3);

const NOT_PUBLIC_V6: &[Ipv6Net] = &[
    v6([0x2001, 0], 23),     // protocol assignments: Teredo, benchmarking, ORCHID
    v6([0x2001, 0xdb8], 32), // documentation
    v6([0x2002, 0], 16),     // 6to4: an IPv4 address in disguise
    v6([0x3fff, 0], 20),     // documentation
];

/// NAT64 (RFC 6052): an IPv4 address behind a translator. In a network without IPv4 every name that has no other address
/// has one of these, so it is what its IPv4 address is.
const NAT64: Ipv6Net = v6([0x64, 0xff9b], 96);

/// Whether an address belongs to the public internet: not private, shared, loopback, link-local, multicast, reserved,
/// documentation, a form in which such a one hides, nor one of the known metadata services of clouds.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    NOT_PUBLIC_V4.iter().all(|net| !net.contains(&address))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if NAT64.contains(&address) {
        return is_public_v4(Ipv4Addr::from(u128::from(address) as u32));
    }
    HANDED_OUT_V6.contains(&address) && NOT_PUBLIC_V6.iter().all(|net| !net.contains(&address))
}

const fn v4([a, b, c, d]: [u8; 4], bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6([first, second]: [u16; 2], bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), bits)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The first and the last of each class, and its neighbours outside.
    const CLASSES: &[(&str, &[&str])] = &[
        ("this network", &["0.0.0.0", "0.255.255.255", "::"]),
        (
            "private",
            &["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255"],
        ),
        ("private", &["192.168.0.0", "192.168.255.255"]),
        ("loopback", &["127.0.0.1", "127.255.255.255", "::1"]),
        (
            "link-local",
            &["169.254.0.0", "169.254.255.255", "fe80::", "febf:ffff::1"],
        ),
        ("site-local", &["fec0::1", "feff::1"]),
        ("carrier's NAT", &["100.64.0.0", "100.127.255.255"]),
        (
            "metadata of AWS, Azure, Google, DigitalOcean, OpenStack",
            &["169.254.169.254", "fd00:ec2::254"],
        ),
        ("metadata of Google", &["fd20:ce::254"]),
        (
            "credentials of containers",
            &["169.254.170.2", "169.254.170.23", "fd00:ec2::23"],
        ),
        (
            "metadata of Alibaba, Oracle, Scaleway",
            &["100.100.100.200", "192.0.0.192", "169.254.42.42", "fd00:42::42"],
        ),
        ("Azure's platform", &["168.63.129.16"]),
        (
            "protocol assignments",
            &["192.0.0.0", "192.0.0.255", "2001:1::1", "2001:1ff:ffff::1"],
        ),
        (
            "documentation",
            &[
                "192.0.2.1",
                "198.51.100.1",
                "203.0.113.1",
                "2001:db8::1",
                "3fff:fff::1",
            ],
        ),
        ("benchmarking", &["198.18.0.0", "198.19.255.255", "2001:2::1"]),
        (
            "multicast",
            &["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
        ),
        ("broadcast and reserved", &["255.255.255.255", "240.0.0.1"]),
        ("unique local", &["fc00::", "fdff:ffff::1"]),
        (
            "mapped",
            &[
                "::ffff:127.0.0.1",
                "::ffff:10.0.0.1",
                "::ffff:169.254.169.254",
                "::ffff:1.1.1.1",
            ],
        ),
        ("compatible", &["::127.0.0.1", "::1.1.1.1"]),
        ("translated", &["::ffff:0:10.0.0.1", "::ffff:0:101:101"]),
        (
            "NAT64",
            &[
                "64:ff9b::a9fe:a9fe",
                "64:ff9b::7f00:1",
                "64:ff9b::a00:1",
                "64:ff9b::6464:64c8",
            ],
        ),
        (
            "NAT64 of a site",
            &["64:ff9b:1::1.1.1.1", "64:ff9b:1:ffff::a00:1"],
        ),
        ("6to4", &["2002:7f00:1::", "2002:101:101::1", "192.88.99.1"]),
        ("Teredo", &["2001::1", "2001:0:ffff::1"]),
        ("discarded", &["100::1", "100:0:0:1::1"]),
        ("segment routing", &["5f00::1"]),
        (
            "not handed out",
            &["1::1", "64:ff9b::1:101:101", "4000::1", "e000::1"],
        ),
    ];

    const PUBLIC: &[&str] = &[
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "52.29.0.1",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.88.98.1",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "203.0.112.1",
        "203.0.114.1",
        "223.255.255.255",
        "2001:200::1",
        "2001:db7::1",
        "2001:db9::1",
        "2003::1",
        "2606:4700::1111",
        "2a00:1450:4001::5",
        "3ffe:ffff::1",
        "64:ff9b::101:101",
    ];

    #[test]
    fn no_class_of_addresses_inside_is_public() {
        for (class, addresses) in CLASSES {
            for text in *addresses {
                assert!(!is_public(text.parse().unwrap()), "{class}: {text}");
            }
        }
    }

    #[test]
    fn addresses_of_the_internet_are_public_up_to_the_edge_of_each_class() {
        for text in PUBLIC {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }
}
