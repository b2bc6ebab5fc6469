//! The enriched event becomes flat: keys joined by `_`, no object inside, no null, nothing
//! overwritten, numbers with the digits they came with.
//!
//! Follows the catalogue of [`crate::flat`]; an unknown key of the state does not reach the flat
//! event, it stays in the enriched one and in the raw archive.

mod custom;
mod value;

use serde_json::Value;
use thiserror::Error;

use crate::enriched::LABEL_NAMES;
use crate::entity::Object;
use crate::flat::{self, FIELDS, Field, FieldKind, Own, Place, key};
use crate::{Map, phone};

/// Under this key a state has the ids of its labels.
const LABEL_IDS: &str = "label_ids";

/// Why an enriched event cannot be made flat.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FlattenError {
    #[error("event has no {0}")]
    Missing(&'static str),
    /// Something nested where a scalar belongs.
    #[error("{0} is nested")]
    Nested(String),
    /// Two values for one key, e.g. two custom fields of one name.
    #[error("{0} would be written twice")]
    Collision(String),
}

impl FlattenError {
    /// The word that goes on record.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing(_) => "not_enriched",
            Self::Nested(_) => "nested",
            Self::Collision(_) => "key_collision",
        }
    }
}

/// Makes an enriched event (`{"request": {..}}`) flat.
pub fn flatten(enriched: &Value) -> Result<Map, FlattenError> {
    let request = enriched
        .get("request")
        .and_then(Value::as_object)
        .ok_or(FlattenError::Missing("request"))?;
    let event = Event::read(request)?;
    let mut flat = Flat(Map::new());
    event.identity(&mut flat)?;
    for field in FIELDS {
        if let Some(value) = event.value(field)
            && let Some(scalar) = value::settle(field, value)?
        {
            flat.put(field.name, scalar)?;
        }
    }
    event.labels(&mut flat)?;
    event.phone(&mut flat)?;
    event.sources(&mut flat)?;
    event.custom(&mut flat)?;
    Ok(flat.0)
}

/// Whether a JSON object is flat already: scalars and lists of scalars, no null.
pub fn is_flat(event: &Map) -> bool {
    unflat(event).next().is_none()
}

/// The keys whose values are nested, or null.
pub fn unflat(event: &Map) -> impl Iterator<Item = &str> {
    let scalar = |value: &Value| !value.is_null() && !value.is_object() && !value.is_array();
    let flat =
        move |value: &Value| scalar(value) || value.as_array().is_some_and(|items| items.iter().all(scalar));
    event
        .iter()
        .filter(move |(_, value)| !flat(value))
        .map(|(key, _)| key.as_str())
}

/// The growing flat event; a key is written once.
struct Flat(Map);

impl Flat {
    fn put(&mut self, key: &str, value: Value) -> Result<(), FlattenError> {
        match self.0.insert(key.to_owned(), value) {
            None => Ok(()),
            Some(_) => Err(FlattenError::Collision(key.to_owned())),
        }
    }
}

/// The parts of the enriched event, found once.
struct Event<'a> {
    request: &'a Map,
    meta: &'a Map,
    object: Object,
    own: Option<Own>,
    state: Option<&'a Map>,
    /// Only beside a current state: what it is held against.
    previous: Option<(&'a Map, &'a Map)>,
    contact: Option<&'a Map>,
    organization: Option<&'a Map>,
    marketing: Option<&'a Map>,
    metrics: Option<&'a Map>,
    email_validation: Option<&'a Map>,
}

impl<'a> Event<'a> {
    fn read(request: &'a Map) -> Result<Self, FlattenError> {
        let part = |key: &str| request.get(key).and_then(Value::as_object);
        let meta = part("meta").ok_or(FlattenError::Missing("request.meta"))?;
        let word = meta
            .get("object")
            .and_then(Value::as_str)
            .ok_or(FlattenError::Missing("request.meta.object"))?;
        let object = Object::from(word);
        let (current, previous) = (part("current"), part("previous"));
        let ended = meta.get("action").is_some_and(|action| action == "deleted");
        Ok(Self {
            request,
            meta,
            own: Own::of(&object),
            object,
            state: current.or(previous.filter(|_| ended)),
            previous: previous.zip(current),
            contact: part("personal_properties"),
            organization: part("organization_properties"),
            marketing: part("marketing"),
            metrics: part("metrics"),
            email_validation: part("email_validation"),
        })
    }

    fn value(&self, field: &Field) -> Option<&'a Value> {
        let place = match field.place {
            Place::Made => None,
            Place::Request => Some(self.request),
            Place::Meta => Some(self.meta),
            Place::State(own) => self.state.filter(|_| self.own == Some(own)),
            Place::Previous(own) => return self.changed(field).filter(|_| self.own == Some(own)),
            Place::Contact => self.contact,
            Place::Organization => self.organization,
            Place::Marketing => self.marketing,
            Place::Metrics => self.metrics,
            Place::EmailValidation => self.email_validation,
        };
        at(place?, field.key)
    }

    /// A previous value that is not the current one (v1 lists what did not change, too).
    fn changed(&self, field: &Field) -> Option<&'a Value> {
        let (previous, current) = self.previous?;
        at(previous, field.key).filter(|value| at(current, field.key) != Some(value))
    }

    /// What is made of several parts of `meta`.
    fn identity(&self, flat: &mut Flat) -> Result<(), FlattenError> {
        let action = self.meta.get("action").and_then(Value::as_str);
        let action = action.ok_or(FlattenError::Missing("request.meta.action"))?;
        flat.put(
            key::EVENT_NAME,
            format!("pipedrive_{}_{action}", self.object).into(),
        )?;
        if let Some(name) = self.own.and_then(key::own_id)
            && let Some(id) = self.meta.get("id")
            && let Some(field) = flat::field(name)
            && let Some(id) = value::settle(field, id)?
        {
            flat.put(name, id)?;
        }
        let Some(Value::Array(users)) = self.meta.get("permitted_user_ids") else {
            return Ok(());
        };
        if users.iter().any(|user| user == "*") {
            return flat.put(key::EVENT_PERMITTED_EVERYONE, true.into());
        }
        flat.put(
            key::EVENT_PERMITTED_USER_IDS,
            users.iter().filter_map(value::integer).collect(),
        )
    }

    /// The names of its labels, else their ids.
    fn labels(&self, flat: &mut Flat) -> Result<(), FlattenError> {
        let state = |key: &str| self.state?.get(key).filter(|labels| !labels.is_null());
        if let Some(name) = self.own.and_then(key::own_label)
            && let Some(field) = flat::field(name)
            && let Some(labels) = state(LABEL_NAMES).or_else(|| state(LABEL_IDS))
            && let Some(labels) = value::settle(field, labels)?
        {
            flat.put(name, labels)?;
        }
        Ok(())
    }

    /// E.164 where it can be made, the raw text where the two differ.
    fn phone(&self, flat: &mut Flat) -> Result<(), FlattenError> {
        let raw = self
            .contact
            .and_then(|contact| contact.get("phone_number"))
            .and_then(Value::as_str);
        let Some(raw) = raw.filter(|raw| !raw.trim().is_empty()) else {
            return Ok(());
        };
        let number = phone::to_e164(raw);
        if number.as_deref() != Some(raw) {
            flat.put(key::CONTACT_PHONE_RAW, raw.into())?;
        }
        number.map_or(Ok(()), |number| {
            flat.put(key::CONTACT_PHONE_NUMBER, number.into())
        })
    }

    fn sources(&self, flat: &mut Flat) -> Result<(), FlattenError> {
        let Some(Value::Array(sources)) = self.email_validation.and_then(|block| block.get("sources")) else {
            return Ok(());
        };
        for (at, source) in sources.iter().take(flat::EMAIL_SOURCES_MAX).enumerate() {
            for (part, kind) in flat::EMAIL_SOURCE_PARTS {
                let key = flat::email_source_key(at + 1, part);
                if let Some(value) = source.get(part)
                    && let Some(scalar) = value::settle_as(&key, kind, value)?
                {
                    flat.put(&key, scalar)?;
                }
            }
        }
        Ok(())
    }

    /// Named custom fields of the deal or lead, of the contact, and of the organization.
    fn custom(&self, flat: &mut Flat) -> Result<(), FlattenError> {
        let own = match self.own {
            Some(Own::Deal) => Some(flat::DEAL_CUSTOM),
            Some(Own::Lead) => Some(flat::LEAD_CUSTOM),
            _ => None,
        };
        if let Some(prefix) = own {
            custom::spread(prefix, self.state, flat)?;
        }
        custom::spread(flat::CONTACT_CUSTOM, self.contact, flat)?;
        custom::spread(flat::ORGANIZATION_CUSTOM, self.organization, flat)
    }
}

/// The value at a key, or at `outer.inner`.
fn at<'a>(map: &'a Map, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        None => map.get(key),
        Some((outer, inner)) => map.get(outer)?.get(inner),
    }
}

#[cfg(test)]
mod tests;
