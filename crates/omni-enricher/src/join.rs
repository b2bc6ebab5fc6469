//! Adds to a change what the account knows: contact, organization, owner, stage, pipeline, where it came
//! from, and the contact's figures. Lists what should be known and is not.

use std::sync::Arc;

use event::enriched::{Additions, Marketing, StageFacts};
use event::{Change, Document, EntityId, Map, Object};
use serde_json::Value;

use crate::config::Settings;
use crate::facts::{Facts, filled, text};
use crate::key::{Key, PersonKey};
use crate::prefetch::complete;
use crate::prime::{Company, Primer, Walk};
use crate::references::{CONTACT, LEAD, ORGANIZATION, OWNER, PIPELINE, PREVIOUS_STAGE, References, STAGE};
use crate::states::States;
use crate::store::StoreError;
use crate::validate::Validation;
use crate::{campaign, custom, facts, labels};

/// What can be added to a change, and of whom nothing is known yet.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) additions: Additions,
    pub(crate) unknown: Vec<Unknown>,
}

/// Something that is to be known and is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    Entity(Object, EntityId),
    /// What a list of the account would tell.
    List(Walk),
    /// What a provider will say of an address, by its note.
    Address(Key),
}

/// What is listed as missing while the deals of the contact are not all known.
pub(crate) const METRICS: &str = "metrics";
/// What is listed as missing while the provider has not said whether an address takes mail.
pub(crate) const EMAIL_VALIDATION: &str = "email_validation";
/// What is listed as missing while nobody knows what the custom fields are called.
pub(crate) const CUSTOM_FIELDS: &str = "custom_fields";
/// What is listed as missing while nobody knows what the labels are called.
pub(crate) const LABELS: &str = "labels";

/// Everything that can be added to this change now.
pub(crate) fn additions(
    partition: i32,
    change: &Change,
    states: &States,
    primer: &Primer,
    validation: &mut Validation,
) -> Result<Joined, StoreError> {
    let company_id = change.company_id;
    let settings = states.settings_of(partition, company_id);
    let company = Company {
        partition,
        id: company_id,
    };
    let references = complete(References::of(change), partition, company_id, states)?;
    let mut found = Found::default();
    for (word, object, id) in references.all() {
        match states.facts(&Key::new(partition, company_id, &object, &id))? {
            Some(facts) => found.take(word, facts),
            None if word == PREVIOUS_STAGE => {}
            None => {
                found.missing.push(word.to_owned());
                found.unknown.push(Unknown::Entity(object, id));
            }
        }
    }
    let contact_id = match change.object {
        Object::Person => change.id.as_u64(),
        _ => references.contact,
    };
    let person = contact_id.map(|person_id| PersonKey {
        partition,
        company_id,
        person_id,
    });
    let currency = change.state().and_then(currency);
    let mut metrics = person
        .map(|person| states.metrics(&person, currency.as_deref()))
        .transpose()?;
    if metrics.is_some()
        && let Some(walk) = primer.lacks(company, &[Walk::Deals, Walk::ArchivedDeals])
    {
        metrics = None;
        found.lack(METRICS, walk);
    }
    let own = change.state();
    for (word, walk) in unnamed(change, settings) {
        if let Some(walk) = primer.lacks(company, &[walk]) {
            found.lack(word, walk);
        }
    }
    let contact = own_properties(change, &Object::Person, |state| facts::contact(state, settings))
        .or_else(|| found.contact.as_ref().and_then(|facts| facts.properties.clone()));
    let mut email_validation = None;
    if let Some(address) = contact.as_ref().and_then(|contact| text(contact, "email"))
        && let Some((verdict, note)) = validation.verdict(company, &address, states)?
    {
        if verdict.is_missing() {
            found.missing.push(EMAIL_VALIDATION.to_owned());
            found.unknown.push(Unknown::Address(note));
        }
        email_validation = verdict.block();
    }
    let unknown = std::mem::take(&mut found.unknown);
    let additions = Additions {
        marketing: marketing(change, &found, settings),
        custom_fields: own.and_then(|state| named_fields(&change.object, state, settings)),
        label_names: own.and_then(|state| labels::names(&change.object, state, settings)),
        contact,
        organization: own_properties(change, &Object::Organization, |state| {
            facts::organization(state, settings)
        })
        .or_else(|| {
            found
                .organization
                .as_ref()
                .and_then(|facts| facts.properties.clone())
        }),
        owner_name: found.owner.and_then(|facts| facts.name.clone()),
        stage: found.stage.map(|facts| StageFacts {
            name: facts.name.clone(),
            order: facts.order,
        }),
        previous_stage_name: found.previous_stage.and_then(|facts| facts.name.clone()),
        pipeline_name: found.pipeline.and_then(|facts| facts.name.clone()),
        metrics,
        email_validation,
        missing: found.missing,
    };
    Ok(Joined { additions, unknown })
}

/// What was found of the entities a change speaks of.
#[derive(Default)]
struct Found {
    contact: Option<Arc<Facts>>,
    organization: Option<Arc<Facts>>,
    owner: Option<Arc<Facts>>,
    stage: Option<Arc<Facts>>,
    previous_stage: Option<Arc<Facts>>,
    pipeline: Option<Arc<Facts>>,
    lead: Option<Arc<Facts>>,
    missing: Vec<String>,
    unknown: Vec<Unknown>,
}

impl Found {
    fn lack(&mut self, word: &str, walk: Walk) {
        self.missing.push(word.to_owned());
        self.unknown.push(Unknown::List(walk));
    }

    fn take(&mut self, word: &str, facts: Arc<Facts>) {
        let slot = match word {
            CONTACT => &mut self.contact,
            ORGANIZATION => &mut self.organization,
            OWNER => &mut self.owner,
            STAGE => &mut self.stage,
            PREVIOUS_STAGE => &mut self.previous_stage,
            PIPELINE => &mut self.pipeline,
            LEAD => &mut self.lead,
            _ => return,
        };
        *slot = Some(facts);
    }
}

/// A deal's own currency, a lead's that of its value; others have none.
fn currency(state: &Document) -> Option<String> {
    text(state, "currency").or_else(|| filled(state.get("value")?.get("currency")))
}

/// The properties of the event's own entity, where that is the contact or the organization itself.
fn own_properties(
    change: &Change,
    object: &Object,
    make: impl Fn(&Document) -> Document,
) -> Option<Arc<Document>> {
    let state = change.state().filter(|_| change.object == *object)?;
    Some(Arc::new(make(state)))
}

fn named_fields(object: &Object, state: &Document, settings: &Settings) -> Option<Map> {
    // A contact's and an organization's stand in their properties.
    let own = matches!(object, Object::Deal | Object::Lead);
    custom::by_name(state, settings.custom_fields.of(object).filter(|_| own)?)
}

/// The list that names the custom fields of an object.
fn fields_of(object: &Object) -> Option<Walk> {
    match object {
        Object::Deal | Object::Lead => Some(Walk::DealFields),
        Object::Person => Some(Walk::PersonFields),
        Object::Organization => Some(Walk::OrganizationFields),
        _ => None,
    }
}

/// What of a change nobody has a name for, and the list that would tell.
fn unnamed(change: &Change, settings: &Settings) -> impl Iterator<Item = (&'static str, Walk)> {
    let state = change.state();
    let field = state.and_then(|state| unnamed_field(&change.object, state, settings));
    let label = state.and_then(|state| labels::unnamed(&change.object, state, settings));
    let words = [(CUSTOM_FIELDS, field), (LABELS, label)];
    words.into_iter().filter_map(|(word, walk)| Some((word, walk?)))
}

/// The list that tells the names of a state's custom fields, where one of them has no name.
pub(crate) fn unnamed_field(object: &Object, state: &Document, settings: &Settings) -> Option<Walk> {
    let named = settings.custom_fields.of(object)?;
    let fields = state.get("custom_fields").and_then(Value::as_object)?;
    let is_unnamed = |(code, value): (&String, &Value)| !value.is_null() && !named.contains_key(code);
    fields_of(object).filter(|_| fields.iter().any(is_unnamed))
}

fn marketing(change: &Change, found: &Found, settings: &Settings) -> Option<Marketing> {
    let state = change.state()?;
    let own = match change.object {
        Object::Deal => campaign::of_deal(state, &settings.marketing),
        Object::Lead => campaign::of_lead(state, &settings.marketing),
        Object::Person => campaign::of_contact(state, &settings.marketing),
        _ => None,
    };
    let of = |facts: &'_ Option<Arc<Facts>>| facts.as_ref().and_then(|facts| facts.marketing.clone());
    campaign::first([
        own.as_ref(),
        of(&found.lead).as_ref(),
        of(&found.contact).as_ref(),
    ])
}
