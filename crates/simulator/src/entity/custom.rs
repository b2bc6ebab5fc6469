//! Custom fields: what kinds there are, what they hold, and the few that every account of ours has.

mod written;

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

pub(crate) use self::written::{rest, v1, v2};
use super::organization::Address;

/// Pipedrive's kinds of custom fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Varchar,
    Text,
    VarcharAuto,
    Double,
    Monetary,
    Date,
    DateRange,
    Time,
    TimeRange,
    Enum,
    Set,
    User,
    Org,
    People,
    Phone,
    Address,
}

impl Kind {
    pub const ALL: [Self; 16] = [
        Self::Varchar,
        Self::Text,
        Self::VarcharAuto,
        Self::Double,
        Self::Monetary,
        Self::Date,
        Self::DateRange,
        Self::Time,
        Self::TimeRange,
        Self::Enum,
        Self::Set,
        Self::User,
        Self::Org,
        Self::People,
        Self::Phone,
        Self::Address,
    ];

    /// Pipedrive's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Varchar => "varchar",
            Self::Text => "text",
            Self::VarcharAuto => "varchar_auto",
            Self::Double => "double",
            Self::Monetary => "monetary",
            Self::Date => "date",
            Self::DateRange => "daterange",
            Self::Time => "time",
            Self::TimeRange => "timerange",
            Self::Enum => "enum",
            Self::Set => "set",
            Self::User => "user",
            Self::Org => "org",
            Self::People => "people",
            Self::Phone => "phone",
            Self::Address => "address",
        }
    }

    /// The kind of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether its values are options that the definition lists.
    pub fn has_options(self) -> bool {
        matches!(self, Self::Enum | Self::Set)
    }
}

/// A custom field that the account always has; `key` is Pipedrive's 40-digit hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub key: &'static str,
    pub name: &'static str,
    pub kind: Kind,
    /// Options of a single-option field at the start: id and label.
    pub options: &'static [(u64, &'static str)],
}

impl Field {
    pub(crate) fn holding(&self, held: Held) -> Entry<'static> {
        Entry {
            key: self.key,
            kind: self.kind,
            held,
        }
    }

    pub(crate) fn text(&self, text: Option<&str>) -> Entry<'static> {
        self.holding(text.map_or(Held::Empty, |text| Held::Text(text.to_owned())))
    }
}

/// Where a deal came from, as text.
pub const MARKETING_SOURCE: Field = text("5f0c1d2e3a4b5c6d7e8f90a1b2c3d4e5f6071829", "Marketing source");
/// The campaign that brought a deal, as text.
pub const MARKETING_CAMPAIGN: Field = text("6a1b2c3d4e5f60718293a4b5c6d7e8f901a2b3c4", "Marketing campaign");
/// A contact's position in their organization.
pub const POSITION: Field = text("7b2c3d4e5f60718293a4b5c6d7e8f901a2b3c4d5", "Position");
/// One-time fee of a deal, in the deal's currency.
pub const SETUP_FEE: Field = Field {
    key: "8c3d4e5f60718293a4b5c6d7e8f901a2b3c4d5e6",
    name: "Setup fee",
    kind: Kind::Monetary,
    options: &[],
};
/// What a deal is about.
pub const PRODUCT_LINE: Field = Field {
    key: "9d4e5f60718293a4b5c6d7e8f901a2b3c4d5e6f7",
    name: "Product line",
    kind: Kind::Enum,
    options: &[
        (31, "Starter"),
        (32, "Professional"),
        (33, "Enterprise"),
        (34, "Services"),
    ],
};

/// Custom fields of deals; leads inherit them.
pub const OF_DEALS: &[Field] = &[MARKETING_SOURCE, MARKETING_CAMPAIGN, SETUP_FEE, PRODUCT_LINE];
/// Custom fields of persons.
pub const OF_PERSONS: &[Field] = &[POSITION];

const fn text(key: &'static str, name: &'static str) -> Field {
    Field {
        key,
        name,
        kind: Kind::Varchar,
        options: &[],
    }
}

/// What a field holds. Dates and times are as Pipedrive writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    Empty,
    /// Any kind of text, a telephone number, a date.
    Text(String),
    Number(Decimal),
    Money(Decimal, &'static str),
    Choice(u64),
    Choices(Vec<u64>),
    /// A user, an organization or a person.
    Points(u64),
    Time(String),
    /// Dates or times, from and until.
    Span(String, String),
    Place(Address),
}

/// A field's value on its way to paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub key: &'a str,
    pub kind: Kind,
    pub held: Held,
}

/// Values of the fields that not every account has: those of every kind, and those added while it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet(BTreeMap<Arc<str>, (Kind, Held)>);

impl Sheet {
    pub(crate) fn put(&mut self, key: Arc<str>, kind: Kind, held: Held) {
        self.0.insert(key, (kind, held));
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.0.iter().map(|(key, (kind, held))| Entry {
            key,
            kind: *kind,
            held: held.clone(),
        })
    }
}
