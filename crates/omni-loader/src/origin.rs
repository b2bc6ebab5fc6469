//! What a record's headers and key say about where it came from, whether or not they can be read.
use event::header::HeaderError;
use event::{HeadersRef, identity};
use kafka::Record;
use uuid::Uuid;

/// Where a record came from.
#[derive(Debug, Clone)]
pub(crate) struct Origin<'a> {
    pub(crate) headers: Result<HeadersRef<'a>, HeaderError>,
    /// From the key, `company:object:id`.
    pub(crate) company_id: Option<u64>,
    pub(crate) object: Option<&'a str>,
    pub(crate) id: Option<&'a str>,
    timestamp_micro: i64,
    stand_in: Uuid,
}

/// The company that a record's key names.
pub(crate) fn company_of(record: &Record) -> Option<u64> {
    let key = std::str::from_utf8(&record.key).ok()?;
    key.split(':').next()?.parse().ok()
}

impl<'a> Origin<'a> {
    pub(crate) fn of(record: &'a Record) -> Self {
        let headers = HeadersRef::from_pairs(&record.headers);
        let key = std::str::from_utf8(&record.key).unwrap_or_default();
        let mut parts = key.splitn(3, ':').skip(1);
        let company_id = company_of(record);
        let word = |part: Option<&'a str>| part.filter(|_| company_id.is_some());
        let (object, id) = (word(parts.next()), word(parts.next()));
        let stand_in = match &headers {
            Ok(headers) => headers.event_uuid,
            Err(_) => identity::uuid_of_unreadable("", record.value()),
        };
        Self {
            headers,
            company_id,
            object,
            id,
            timestamp_micro: record.timestamp_ms.saturating_mul(1_000),
            stand_in,
        }
    }

    /// The event's, or one made of the bytes.
    pub(crate) fn event_uuid(&self) -> Uuid {
        self.stand_in
    }

    /// When the collector received it, or when the record was written.
    pub(crate) fn received_at_micro(&self) -> i64 {
        self.headers
            .as_ref()
            .map_or(self.timestamp_micro, |headers| headers.received_at_micro)
    }

    /// When the record was written.
    pub(crate) fn written_at_micro(&self) -> i64 {
        self.timestamp_micro
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.headers.as_ref().map_or("", |headers| headers.kind.as_str())
    }

    pub(crate) fn source(&self) -> &'a str {
        self.headers.as_ref().map_or("", |headers| headers.source)
    }

    /// The header's object, else the key's.
    pub(crate) fn object_word(&self) -> &'a str {
        let header = self.headers.as_ref().ok().and_then(|headers| headers.object);
        header.or(self.object).unwrap_or_default()
    }

    pub(crate) fn action_word(&self) -> &'a str {
        let header = self.headers.as_ref().ok().and_then(|headers| headers.action);
        header.unwrap_or_default()
    }
}
