//! Origins of pages that may hold an embed: `scheme://host[:port]`, written as browsers write them.

/// Refuses what a browser would not call an origin, so that nothing but an origin gets into a header.
pub fn check(text: &str) -> Result<(), String> {
    let refused = || format!("`{text}` is no origin such as https://app.example.com");
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .ok_or_else(refused)?;
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    let name = name
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .map_or(name, |inner| inner);
    let is_name = !name.is_empty()
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b':')
        });
    if is_port && is_name {
        Ok(())
    } else {
        Err(refused())
    }
}

/// The value of `frame-ancestors`: these origins, or this server's own pages when there are none.
pub fn frame_ancestors(origins: &[String]) -> String {
    if origins.is_empty() {
        return "'self'".to_owned();
    }
    origins.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_origins_get_into_a_header() {
        for taken in [
            "https://app.example.com",
            "http://localhost:5173",
            "http://127.0.0.1:9",
            "https://[::1]:8443",
        ] {
            assert_eq!(check(taken), Ok(()), "{taken}");
        }
        for refused in [
            "",
            "*",
            "null",
            "app.example.com",
            "https://",
            "https://app.example.com/",
            "https://app.example.com; script-src *",
            "https://*.example.com",
            "https://App.example.com",
            "https://a.example b.example",
            "https://a.example:99999",
            "javascript:alert(1)",
        ] {
            assert!(check(refused).is_err(), "{refused}");
        }
    }
}
