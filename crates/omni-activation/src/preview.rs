//! What would be sent of a record, and nothing is: for people who set a destination up.
use kafka::Record;
use stage::Secret;

use crate::config::DestinationSettings;
use crate::destination::{Destination, Event, Login, Now, Refused, Request, Unfit};
use crate::dispatch::select;
use crate::gates::Gates;

const MASK: &str = "***";

/// Says which records a destination is for.
#[derive(Debug)]
pub struct Selection {
    name: String,
    gates: Gates,
}

impl Selection {
    /// As these settings select.
    pub fn new(name: &str, settings: &DestinationSettings) -> Self {
        Self {
            name: name.to_owned(),
            gates: settings.gates(),
        }
    }

    /// Whether a record of `omni.flat` is for it.
    ///
    /// # Errors
    /// Why it is not, as the metrics tell it.
    pub fn wants(&self, record: &Record) -> Result<(), &'static str> {
        select::wanted(record, &self.name, &self.gates).map(drop)
    }
}

/// Looks at records as a destination would.
#[derive(Debug)]
pub struct Preview {
    selection: Selection,
    destination: Destination,
    secrets: Vec<Secret>,
}

/// What would become of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Previewed {
    /// It is not for the destination; the reason as the metrics tell it.
    PassedOver(&'static str),
    /// It is, and cannot be said there; it would be given up.
    Unfit(&'static str),
    /// It would be sent so, secrets masked: a line, headers, an empty line, the body.
    Sent(String),
}

impl Preview {
    /// # Errors
    /// [`Refused`]: no request can be made of the settings.
    pub fn new(name: &str, settings: &DestinationSettings) -> Result<Self, Refused> {
        Ok(Self {
            selection: Selection::new(name, settings),
            destination: Destination::new(settings)?,
            secrets: settings
                .secrets()
                .filter(|secret| !secret.is_empty())
                .cloned()
                .collect(),
        })
    }

    /// What would become of a record of `omni.flat` at this time (seconds since 1970).
    pub fn of(&self, record: &Record, at_seconds: i64) -> Previewed {
        let wanted = match select::wanted(record, &self.selection.name, &self.selection.gates) {
            Ok(wanted) => wanted,
            Err(reason) => return Previewed::PassedOver(reason),
        };
        self.of_event(&Event::new(wanted.headers.event_uuid, record.value()), at_seconds)
    }

    /// What would be sent of an event, whatever filter and consent say.
    pub fn of_event(&self, event: &Event<'_>, at_seconds: i64) -> Previewed {
        match self.request(event, at_seconds) {
            Err(unfit) => Previewed::Unfit(unfit.reason()),
            Ok(request) => Previewed::Sent(self.masked(written(&request))),
        }
    }

    fn request(&self, event: &Event<'_>, at_seconds: i64) -> Result<Request, Unfit> {
        let said = self.destination.say(event, at_seconds)?;
        let protocol = self.destination.protocol();
        let credential = protocol.login().map(Login::example);
        let now = Now {
            seconds: at_seconds,
            credential: credential.as_ref(),
        };
        protocol.request(&[&said], &now)
    }

    fn masked(&self, text: String) -> String {
        self.secrets
            .iter()
            .fold(text, |text, secret| text.replace(secret.expose(), MASK))
    }
}

/// A line, headers, an empty line, the body.
fn written(request: &Request) -> String {
    let mut text = format!("{} {}\n", request.method, request.url);
    for (name, value) in &request.headers {
        let shown = if value.is_sensitive() {
            MASK
        } else {
            value.to_str().unwrap_or(MASK)
        };
        text.extend([name.as_str(), ": ", shown, "\n"]);
    }
    text.push('\n');
    text.push_str(&String::from_utf8_lossy(&request.body));
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::DestinationKind;
    use event::{Headers, Kind};
    use kafka::Topic;
    use uuid::Uuid;

    fn record(kind: Kind, flat: &str) -> Record {
        Record {
            topic: Topic::Flat,
            partition: 0,
            offset: 0,
            timestamp_ms: 0,
            key: b"1:deal:7".to_vec(),
            payload: Some(flat.as_bytes().to_vec()),
            headers: Headers::new(Uuid::from_u128(1), kind, "crm", 0).to_pairs().into(),
        }
    }

    fn preview() -> Preview {
        let settings = DestinationSettings {
            kind: DestinationKind::Ga4,
            ga4: serde_json::from_str(r#"{"measurement_id": "G-1"}"#).unwrap(),
            secret: "hush-hush".to_owned().into(),
            headers: [("x-key".to_owned(), "s3cr3t".to_owned().into())].into(),
            filter: Some("deal_status == 'won'".parse().unwrap()),
            map: serde_json::from_str(
                r#"{"fields": {"value": "deal_value"}, "constants": {"k": "hush-hush"}}"#,
            )
            .unwrap(),
            ..DestinationSettings::default()
        };
        Preview::new("tags", &settings).unwrap()
    }

    #[test]
    fn what_would_be_sent_is_shown_without_secrets() {
        let flat = r#"{"deal_status":"won","deal_value":7.5,"contact_id":5,"event_name":"deal_won","event_timestamp_micro":1000000}"#;
        let Previewed::Sent(text) = preview().of(&record(Kind::Webhook, flat), 1) else {
            panic!("it is for the destination");
        };
        assert!(
            text.contains("measurement_id=G-1&api_secret=***") && text.contains("x-key: ***"),
            "{text}"
        );
        assert!(
            text.contains(r#""value":7.5"#) && !text.contains("hush") && !text.contains("s3cr3t"),
            "{text}"
        );
    }

    #[test]
    fn what_is_signed_is_shown_without_keys() {
        let settings = DestinationSettings {
            kind: DestinationKind::AwsLambda,
            aws_lambda: serde_json::from_str(
                r#"{"function": "omni", "region": "eu-west-1", "access_key_id": "AKIA", "secret_access_key": "s3cr3t"}"#,
            )
            .unwrap(),
            ..DestinationSettings::default()
        };
        let preview = Preview::new("ads", &settings).unwrap();
        let Previewed::Sent(text) = preview.of(&record(Kind::Webhook, r#"{"deal_id":7}"#), 1) else {
            panic!("it is for the destination");
        };
        assert!(
            text.contains("authorization: ***") && text.contains(r#""deal_id":7"#),
            "{text}"
        );
        assert!(!text.contains("AKIA") && !text.contains("s3cr3t"), "{text}");
    }

    #[test]
    fn why_it_would_not_be_sent_is_told() {
        let preview = preview();
        assert_eq!(
            preview.of(&record(Kind::Webhook, r#"{"deal_status":"open"}"#), 1),
            Previewed::PassedOver("filter")
        );
        assert_eq!(
            preview.of(&record(Kind::Backfill, "{}"), 1),
            Previewed::PassedOver("backfill")
        );
        assert_eq!(
            preview.of(&record(Kind::Flat, r#"{"deal_status":"won"}"#), 1),
            Previewed::Unfit("no_client")
        );
    }
}
