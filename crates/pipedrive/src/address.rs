//! Where the versions of the API live on a host.

use url::{Host, Url};

/// `/api/v2/…` everywhere; v1 is `/api/v1/…` on a company's own host and `/v1/…` on the shared one.
pub(crate) fn under(base: &Url, version: u8, segments: &[&str]) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty();
        if version == 2 {
            path.extend(["api", "v2"]);
        } else if base.host_str() == Some("api.pipedrive.com") {
            path.push("v1");
        } else {
            path.extend(["api", "v1"]);
        }
        path.extend(segments);
    }
    url
}

/// Whether it can be the address of an API: http(s), with a host.
pub(crate) fn is_api(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host().is_some()
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_proxy_path_before_the_api_is_kept() {
        let base = Url::parse("http://proxy.local/crm/?x=1").unwrap();
        assert_eq!(
            under(&base, 2, &["stages", "1"]).as_str(),
            "http://proxy.local/crm/api/v2/stages/1"
        );
    }
}
