//! The definitions of an account's fields: they can be renamed, get options, and become more while it runs.

use std::sync::Arc;

use crate::catalogue::{DEAL_LABELS, INDUSTRIES, PERSON_LABELS, SOURCES, STANDARD_FIELDS};
use crate::entity::custom::{self, Field, Kind};

/// Definitions of one holder; one more is refused.
const FIELDS_MAX: usize = 500;
/// Options of one field; one more is refused.
const OPTIONS_MAX: usize = 1_000;
/// Ids of options that are added while the account runs begin here.
const FIRST_OPTION: u64 = 1_000;

/// What has fields of its own; leads inherit those of deals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    Deal,
    Person,
    Organization,
}

impl Holder {
    pub const ALL: [Self; 3] = [Self::Deal, Self::Person, Self::Organization];

    /// The name of its definitions in the API's paths.
    pub fn collection(self) -> &'static str {
        match self {
            Self::Deal => "dealFields",
            Self::Person => "personFields",
            Self::Organization => "organizationFields",
        }
    }

    /// The holder whose definitions have that name.
    pub fn named(collection: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|holder| holder.collection() == collection)
    }
}

/// What one field is called, what kind it is of, and what can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The 40-digit key of a custom field, the name of a standard one.
    pub code: Arc<str>,
    pub name: String,
    /// Pipedrive's word for its kind.
    pub kind: &'static str,
    /// Id and label.
    pub options: Vec<(u64, String)>,
    pub is_custom: bool,
    /// The kind, where a sheet holds the values.
    pub(crate) on_sheet: Option<Kind>,
}

/// All definitions of an account.
#[derive(Debug, Default)]
pub struct Fields {
    of_deals: Vec<Definition>,
    of_persons: Vec<Definition>,
    of_organizations: Vec<Definition>,
    options_added: u64,
}

impl Fields {
    /// The fields that every account has.
    pub(crate) fn usual() -> Self {
        let channels: Vec<(u64, &str)> = SOURCES
            .iter()
            .map(|source| (source.channel, source.name))
            .collect();
        let mut fields = Self::default();
        for (collection, code, name, kind) in STANDARD_FIELDS {
            let options = match (*collection, *code) {
                ("dealFields", "channel") => channels.as_slice(),
                ("dealFields", "label_ids") => DEAL_LABELS,
                ("personFields", "label_ids") => PERSON_LABELS,
                ("organizationFields", "industry") => INDUSTRIES,
                _ => &[],
            };
            if let Some(holder) = Holder::named(collection) {
                fields.of_mut(holder).push(Definition {
                    code: Arc::from(*code),
                    name: (*name).to_owned(),
                    kind,
                    options: owned(options),
                    is_custom: false,
                    on_sheet: None,
                });
            }
        }
        fields.of_deals.extend(custom::OF_DEALS.iter().map(made));
        fields.of_persons.extend(custom::OF_PERSONS.iter().map(made));
        fields
    }

    pub fn of(&self, holder: Holder) -> &[Definition] {
        match holder {
            Holder::Deal => &self.of_deals,
            Holder::Person => &self.of_persons,
            Holder::Organization => &self.of_organizations,
        }
    }

    /// The field of that code.
    pub fn find(&self, holder: Holder, code: &str) -> Option<&Definition> {
        self.of(holder).iter().find(|field| &*field.code == code)
    }

    /// What can be chosen in that field.
    pub(crate) fn option_ids(&self, holder: Holder, code: &str) -> Vec<u64> {
        let options = self.find(holder, code).map(|field| field.options.iter());
        options.into_iter().flatten().map(|(id, _)| *id).collect()
    }

    /// Adds a field whose values a sheet holds; nothing when there are too many or the code is taken.
    pub(crate) fn add(
        &mut self,
        holder: Holder,
        code: Arc<str>,
        name: &str,
        kind: Kind,
        labels: &[&str],
    ) -> Option<&Definition> {
        if self.of(holder).len() >= FIELDS_MAX
            || labels.len() > OPTIONS_MAX
            || self.find(holder, &code).is_some()
        {
            return None;
        }
        let options = labels
            .iter()
            .map(|label| (self.option_id(), (*label).to_owned()))
            .collect();
        let fields = self.of_mut(holder);
        fields.push(Definition {
            code,
            name: name.to_owned(),
            kind: kind.as_str(),
            options,
            is_custom: true,
            on_sheet: Some(kind),
        });
        fields.last()
    }

    /// Gives a field another name.
    pub(crate) fn rename(&mut self, holder: Holder, code: &str, name: &str) -> bool {
        let field = self.find_mut(holder, code);
        field.is_some_and(|field| {
            name.clone_into(&mut field.name);
            true
        })
    }

    /// Gives an option another label.
    pub(crate) fn rename_option(&mut self, holder: Holder, code: &str, id: u64, label: &str) -> bool {
        let field = self.find_mut(holder, code);
        let option = field.and_then(|field| field.options.iter_mut().find(|(known, _)| *known == id));
        option.is_some_and(|(_, known)| {
            label.clone_into(known);
            true
        })
    }

    /// Adds an option to a field that has options.
    pub(crate) fn add_option(&mut self, holder: Holder, code: &str, label: &str) -> Option<u64> {
        let id = self.option_id();
        let field = self.find_mut(holder, code)?;
        let takes = matches!(field.kind, "enum" | "set") && field.options.len() < OPTIONS_MAX;
        takes.then(|| {
            field.options.push((id, label.to_owned()));
            id
        })
    }

    fn option_id(&mut self) -> u64 {
        self.options_added += 1;
        FIRST_OPTION + self.options_added
    }

    fn find_mut(&mut self, holder: Holder, code: &str) -> Option<&mut Definition> {
        self.of_mut(holder).iter_mut().find(|field| &*field.code == code)
    }

    fn of_mut(&mut self, holder: Holder) -> &mut Vec<Definition> {
        match holder {
            Holder::Deal => &mut self.of_deals,
            Holder::Person => &mut self.of_persons,
            Holder::Organization => &mut self.of_organizations,
        }
    }
}

fn made(field: &Field) -> Definition {
    Definition {
        code: Arc::from(field.key),
        name: field.name.to_owned(),
        kind: field.kind.as_str(),
        options: owned(field.options),
        is_custom: true,
        on_sheet: None,
    }
}

fn owned(options: &[(u64, &str)]) -> Vec<(u64, String)> {
    options
        .iter()
        .map(|(id, label)| (*id, (*label).to_owned()))
        .collect()
}
