//! The lists of an account in the order they are sent: what names others first, so that events find names.

use event::Object;
use pipedrive::{COMPARED, Kind, List};

/// One list.
#[derive(Debug)]
pub(crate) struct Step {
    /// Its name, in the file of what was done and on the screen.
    pub(crate) word: &'static str,
    pub(crate) list: List,
    object: &'static str,
    /// Whose greatest id says how far it goes; `None` for short lists and those without numbers.
    pub(crate) counted_by: Option<Kind>,
}

const fn step(word: &'static str, list: List, object: &'static str, counted_by: Option<Kind>) -> Step {
    Step {
        word,
        list,
        object,
        counted_by,
    }
}

/// All of them.
#[rustfmt::skip] // one line a list
pub(crate) static STEPS: [Step; 14] = [
    step("deal_fields", List::DealFields, "deal_field", None),
    step("person_fields", List::PersonFields, "person_field", None),
    step("organization_fields", List::OrganizationFields, "organization_field", None),
    step("lead_labels", List::LeadLabels, "lead_label", None),
    step("users", List::Users, "user", None),
    step("pipelines", List::Pipelines, "pipeline", None),
    step("stages", List::Stages, "stage", None),
    step("organizations", List::Organizations(None), "organization", Some(Kind::Organization)),
    step("persons", List::Persons(None), "person", Some(Kind::Person)),
    step("leads", List::Leads(None), "lead", None),
    step("archived_leads", List::ArchivedLeads, "lead", None),
    step("deals", List::Deals(None), "deal", Some(Kind::Deal)),
    step("archived_deals", List::ArchivedDeals(None), "deal", Some(Kind::Deal)),
    step("activities", List::Activities(None), "activity", None),
];

/// What went: no history, and yet to be compared.
static DELETED_DEALS: Step = step("deleted_deals", List::DeletedDeals(None), "deal", None);

/// The lists that are compared, by object, in the order in which they are told. Names of fields and labels are read again by the
/// enricher.
pub(crate) fn compared() -> impl Iterator<Item = (Object, Vec<&'static Step>)> {
    COMPARED.iter().map(|(object, lists)| {
        let steps = STEPS.iter().chain([&DELETED_DEALS]);
        let steps = steps.filter(|step| lists.contains(&step.list)).collect();
        (Object::from(*object), steps)
    })
}

impl Step {
    /// What its rows are.
    pub(crate) fn object(&self) -> Object {
        Object::from(self.object)
    }
}

/// The list of this name.
pub(crate) fn named(word: &str) -> Result<String, String> {
    if STEPS.iter().any(|step| step.word == word) {
        return Ok(word.to_owned());
    }
    let known: Vec<_> = STEPS.iter().map(|step| step.word).collect();
    Err(format!("there is no such list; there are {}", known.join(", ")))
}
