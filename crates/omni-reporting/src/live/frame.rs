//! Server-sent events as bytes. JSON has no bare line break, so one `data` line holds one body.
use bytes::Bytes;
use serde::Serialize;

/// An event without a number.
pub fn event(name: &str, body: &impl Serialize) -> Bytes {
    numbered(None, name, body)
}

/// An event with the id that a viewer sends when it comes back.
pub fn numbered(id: Option<&str>, name: &str, body: &impl Serialize) -> Bytes {
    let mut frame = String::new();
    if let Some(id) = id {
        frame.push_str("id: ");
        frame.push_str(id);
        frame.push('\n');
    }
    frame.push_str("event: ");
    frame.push_str(name);
    frame.push_str("\ndata: ");
    // Our bodies have text for keys and finite numbers: nothing in them can fail.
    frame.push_str(&serde_json::to_string(body).unwrap_or_else(|_| "null".to_owned()));
    frame.push_str("\n\n");
    Bytes::from(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_its_id_its_name_and_one_line_of_data() {
        assert_eq!(
            &numbered(Some("b-1"), "ping", &"a\nb")[..],
            b"id: b-1\nevent: ping\ndata: \"a\\nb\"\n\n"
        );
        assert_eq!(&event("ping", &1)[..], b"event: ping\ndata: 1\n\n");
    }
}
