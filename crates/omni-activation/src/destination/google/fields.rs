//! What of an event tells which conversion it is, when it was, and who it is about. Pure.
//!
//! **Which** (`orderId` or `transactionId`, unique within a conversion action): company, object and id, and of a deal that was won when it was
//! won. So the same win has one id however often its event comes, its retraction names it (`previous` lists the time), and a
//! deal that is won again after it was reopened is another conversion.
//!
//! **Who**: addresses are normalised as <https://developers.google.com/data-manager/api/devguides/concepts/formatting> asks.

use event::Map;
use event::flat::key;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::destination::Unfit;
use crate::destination::headers::word;
use crate::person;

/// The longest click-through window of a conversion action.
const AGE_SECONDS_MAX: i64 = 90 * 24 * 60 * 60;
const MICROS: i64 = 1_000_000;

/// The keys and values of an event.
pub(crate) struct Fields<'a>(pub(crate) &'a Map);

impl Fields<'_> {
    /// A text without spaces around it, or a number; none of an empty one.
    pub(crate) fn word(&self, key: &str) -> Option<String> {
        let text = self.0.get(key).and_then(word)?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// When the deal was won, in seconds since 1970.
    pub(crate) fn won(&self) -> Option<i64> {
        self.time(key::DEAL_WON_TIME)
    }

    /// When the deal had been won that is won no more; where that is not said, as above.
    pub(crate) fn had_been_won(&self) -> Option<i64> {
        self.time(key::DEAL_PREV_WON_TIME).or_else(|| self.won())
    }

    /// When it happened.
    pub(crate) fn at(&self) -> Option<i64> {
        let micro = self.0.get(key::EVENT_TIMESTAMP_MICRO).and_then(Value::as_i64);
        let seconds = || self.0.get(key::EVENT_TIMESTAMP).and_then(Value::as_i64);
        micro.map(|micro| micro / MICROS).or_else(seconds)
    }

    pub(crate) fn order_id(&self, won: Option<i64>) -> Result<String, Unfit> {
        let part = |key| self.word(key).ok_or(Unfit::NoName);
        let entity = [
            part(key::EVENT_COMPANY_ID)?,
            part(key::EVENT_OBJECT)?,
            part(key::EVENT_ID)?,
        ];
        let won = won.map(|seconds| seconds.to_string());
        Ok(entity.into_iter().chain(won).collect::<Vec<_>>().join("-"))
    }

    /// The e-mail address in this field as Google hashes it.
    pub(crate) fn email(&self, key: &str) -> Option<String> {
        self.word(key).as_deref().and_then(mailbox)
    }

    /// The phone number in this field, in E.164.
    pub(crate) fn phone(&self, key: &str) -> Option<String> {
        self.word(key).as_deref().and_then(person::phone)
    }

    /// What a mapping lists, each as the word of a custom variable; what is neither text nor number nor flag is left out.
    pub(crate) fn variables(mapped: &[u8]) -> Result<Vec<(String, String)>, Unfit> {
        let mapped: Map = serde_json::from_slice(mapped).map_err(|_| Unfit::NotFlat)?;
        let worded = |(name, value): (String, Value)| match value {
            Value::Bool(flag) => Some((name, flag.to_string())),
            value => Some((name, word(&value)?)),
        };
        Ok(mapped.into_iter().filter_map(worded).collect())
    }

    fn time(&self, key: &str) -> Option<i64> {
        let text = self.0.get(key)?.as_str()?;
        let time = OffsetDateTime::parse(text, &Rfc3339).ok();
        time.map(OffsetDateTime::unix_timestamp)
    }
}

/// A time in UTC; none that lies further back than Google looks.
pub(crate) fn when(seconds: Option<i64>, now_seconds: i64) -> Result<OffsetDateTime, Unfit> {
    let seconds = seconds.filter(|seconds| now_seconds - seconds <= AGE_SECONDS_MAX);
    OffsetDateTime::from_unix_timestamp(seconds.ok_or(Unfit::TooOld)?).map_err(|_| Unfit::TooOld)
}

/// At Google's own mail without dots and without what follows a `+`.
fn mailbox(text: &str) -> Option<String> {
    let email: String = person::email(text)?.split_whitespace().collect();
    let (local, domain) = email.split_once('@')?;
    if !matches!(domain, "gmail.com" | "googlemail.com") {
        return Some(email);
    }
    let local = local.split('+').next().unwrap_or_default().replace('.', "");
    (!local.is_empty()).then(|| format!("{local}@{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_at_google_is_one_however_written() {
        for (written, expected) in [
            (
                " Cloudy.SanFrancisco+Shopping@Gmail.com",
                "cloudysanfrancisco@gmail.com",
            ),
            ("a.b@googlemail.com", "ab@googlemail.com"),
            ("User.Name+NYC@Example.com", "user.name+nyc@example.com"),
        ] {
            assert_eq!(mailbox(written).as_deref(), Some(expected), "{written}");
        }
        assert_eq!(mailbox("+x@gmail.com"), None);
        assert_eq!(mailbox("nobody"), None);
    }

    #[test]
    fn a_time_is_no_older_than_google_looks() {
        let at = |seconds, now| when(Some(seconds), now).ok().map(OffsetDateTime::unix_timestamp);
        let won = 1_770_114_030;
        assert_eq!(at(won, won + AGE_SECONDS_MAX), Some(won));
        assert_eq!(at(won, won + AGE_SECONDS_MAX + 1), None);
        assert_eq!(when(None, won), Err(Unfit::TooOld));
    }
}
