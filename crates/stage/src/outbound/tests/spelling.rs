//! One address, many ways to write it.

use super::*;

/// Loopback, private, link-local and metadata, as nobody writes them who means well.
const INSIDE: &[&str] = &[
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.0.0.1./",
    "http://127.0.0.1:80/",
    "http://%31%32%37.0.0.1/",
    "http://１２７．０．０．１/",
    "http://127。0。0。1/",
    "http://user:word@127.0.0.1/",
    "http://1.1.1.1@127.0.0.1/",
    "http://1.1.1.1:80@127.0.0.1/",
    "http://127.0.0.1\\@1.1.1.1/",
    "http:127.0.0.1",
    "http:\\\\127.0.0.1",
    "http://\t127.0.0.1\n/",
    "http://0/",
    "http://0.0.0.0/",
    "http://10.1/",
    "http://167772161/",
    "http://3232235777/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://169.254.170.2/v2/credentials",
    "http://[::]/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::FFFF:A9FE:A9FE]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[fd00:ec2::254]/latest/meta-data",
    "http://[fe80::1]/",
    "https://[fe80::1]:8443/",
];

/// What is no address at all.
const NONE: &[&str] = &[
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://127.0.0.256/",
    "http://0x100000000/",
    "http://127.0.0.1.2/",
    "http://[::1/",
    "http:///",
];

#[tokio::test]
async fn an_address_inside_is_refused_however_it_is_spelt() {
    let guarded = client(Addresses::PublicOnly);
    for url in INSIDE {
        let refused = call(&guarded, url).await.unwrap_err();
        assert!(
            matches!(refused, OutboundError::Guarded { .. }),
            "{url}: {refused:?}"
        );
    }
}

#[test]
fn what_is_no_address_is_none_for_whoever_connects_either() {
    for url in NONE {
        assert!(url.parse::<Url>().is_err(), "{url}");
    }
}

#[tokio::test]
async fn nothing_but_http_is_spoken() {
    let open = client(Addresses::Any);
    for url in [
        "ftp://127.0.0.1/",
        "file:///etc/hosts",
        "gopher://127.0.0.1/",
        "data:,x",
    ] {
        let refused = call(&open, url).await.unwrap_err();
        assert!(
            matches!(
                refused,
                OutboundError::Request(_) | OutboundError::Unreachable { .. }
            ),
            "{url}: {refused:?}"
        );
    }
}
