//! Writes a JSON object field by field, with parts that are JSON text already.

use std::borrow::Cow;

use serde::Serialize;

/// An object that is being written.
#[derive(Debug)]
pub(crate) struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    is_empty: bool,
}

impl<'o> ObjectWriter<'o> {
    pub(crate) fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_empty: true }
    }

    pub(crate) fn close(self) {
        self.out.push(b'}');
    }

    /// A field whose name needs no escaping; its value is to be written next.
    pub(crate) fn name(&mut self, name: &str) -> &mut Vec<u8> {
        self.go_on();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    pub(crate) fn put(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        let out = self.name(name);
        let from = out.len();
        // Maps with text keys, texts and numbers: this cannot fail.
        if serde_json::to_writer(&mut *out, value).is_err() {
            out.truncate(from);
            out.extend_from_slice(b"null");
        }
    }

    pub(crate) fn put_some(&mut self, name: &str, value: Option<impl Serialize>) {
        if let Some(value) = value {
            self.put(name, &value);
        }
    }

    /// A value that is JSON text.
    pub(crate) fn put_text(&mut self, name: &str, value: &str) {
        self.name(name).extend_from_slice(value.as_bytes());
    }

    /// All fields of another object, by its text.
    pub(crate) fn put_all(&mut self, object: &str) {
        let fields = object.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        let fields = fields.unwrap_or_default();
        if fields.is_empty() {
            return;
        }
        self.go_on();
        self.out.extend_from_slice(fields.as_bytes());
    }

    /// A text that needs no escaping.
    pub(crate) fn put_plain(&mut self, name: &str, value: &str) {
        let out = self.name(name);
        out.push(b'"');
        out.extend_from_slice(value.as_bytes());
        out.push(b'"');
    }

    pub(crate) fn object(&mut self, name: &str) -> ObjectWriter<'_> {
        ObjectWriter::open(self.name(name))
    }

    /// What comes next is another field.
    fn go_on(&mut self) {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
    }
}

/// A text as it stands between quotes.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte >= b' ' && !matches!(byte, b'"' | b'\\');
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let quoted = serde_json::to_string(text).unwrap_or_default();
    let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    Cow::Owned(inner.unwrap_or_default().to_owned())
}
