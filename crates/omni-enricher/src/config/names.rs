//! What ids are called where the account itself does not tell, or should be called otherwise: `[enricher.custom_fields]` and
//! `[enricher.labels]`.

use std::collections::BTreeMap;

use event::Object;
use serde::{Deserialize, Serialize};

/// `[enricher.custom_fields]`: which go into the flat event, and under what name.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct CustomFields {
    /// Of deals and leads.
    pub deal: BTreeMap<String, NamedField>,
    /// Of persons.
    pub person: BTreeMap<String, NamedField>,
    /// Of organizations.
    pub organization: BTreeMap<String, NamedField>,
}

impl CustomFields {
    /// Those of an object; leads share them with deals.
    pub(crate) fn of(&self, object: &Object) -> Option<&BTreeMap<String, NamedField>> {
        match object {
            Object::Deal | Object::Lead => Some(&self.deal),
            Object::Person => Some(&self.person),
            Object::Organization => Some(&self.organization),
            _ => None,
        }
    }
}

/// One custom field.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NamedField {
    /// Its name in Pipedrive.
    pub name: String,
    /// Labels of its options by their id.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

/// `[enricher.labels]`: names of labels by their id; one without a name is told by its id.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Labels {
    /// Of deals.
    pub deal: BTreeMap<String, String>,
    /// Of leads, whose ids are UUIDs in lower case.
    pub lead: BTreeMap<String, String>,
    /// Of persons.
    pub person: BTreeMap<String, String>,
    /// Of organizations.
    pub organization: BTreeMap<String, String>,
}

impl Labels {
    /// Those of an object.
    pub(crate) fn of(&self, object: &Object) -> Option<&BTreeMap<String, String>> {
        match object {
            Object::Deal => Some(&self.deal),
            Object::Lead => Some(&self.lead),
            Object::Person => Some(&self.person),
            Object::Organization => Some(&self.organization),
            _ => None,
        }
    }
}
