//! A list that is read page by page: which address gives it, how it is paged, and what Pipedrive charges for
//! a page (`x-token-cost` of its API description).
//!
//! Where all rows are wanted they are asked for in an order that new rows join at the end, so that none is
//! passed over while the pages are read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;

use crate::address::under;
use crate::page::Place;
use crate::{Error, Kind};

/// Identifiers asked for in one `ids=` request; Pipedrive refuses more.
pub(crate) const IDS_PER_REQUEST_MAX: usize = 100;

/// A list of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    /// All stages of all pipelines.
    Stages,
    /// All pipelines.
    Pipelines,
    /// Deals whose main contact is this person; neither deleted nor archived ones.
    DealsOfPerson(u64),
    /// The archived ones.
    ArchivedDealsOfPerson(u64),
    /// Up to 100 deals, persons or organizations by id; a tenth of a token each.
    ByIds(Kind, Vec<u64>),
    /// The deal, person or organization added last: its id says how many there can be.
    Newest(Kind),
    /// The deal, person or organization changed last, deleted and archived ones aside.
    Latest(Kind),
    /// All deals, or those changed since; neither deleted nor archived ones.
    Deals(Option<Since>),
    /// Deals deleted in the last thirty days, or those of them changed since.
    DeletedDeals(Option<Since>),
    /// All archived deals, or those changed since.
    ArchivedDeals(Option<Since>),
    /// All persons, or those changed since.
    Persons(Option<Since>),
    /// All organizations, or those changed since.
    Organizations(Option<Since>),
    /// All activities, or those changed since.
    Activities(Option<Since>),
    /// All leads, or those changed since; no archived ones.
    Leads(Option<Since>),
    /// All archived leads: Pipedrive has no `updated_since` for them.
    ArchivedLeads,
    /// Definitions of fields of deals, which leads share.
    DealFields,
    PersonFields,
    OrganizationFields,
    /// All users; not paged.
    Users,
    /// All labels of leads; not paged.
    LeadLabels,
    /// All currencies, an account's own ones included; not paged.
    Currencies,
}

/// The lists of what boards are made of, by what their rows are, in the order in which they are told: what names others first.
pub static COMPARED: [(&str, &[List]); 8] = [
    ("pipeline", &[List::Pipelines]),
    ("stage", &[List::Stages]),
    ("user", &[List::Users]),
    ("organization", &[List::Organizations(None)]),
    ("person", &[List::Persons(None)]),
    ("lead", &[List::Leads(None), List::ArchivedLeads]),
    (
        "deal",
        &[
            List::Deals(None),
            List::ArchivedDeals(None),
            List::DeletedDeals(None),
        ],
    ),
    ("activity", &[List::Activities(None)]),
];

/// A moment to the second: Pipedrive refuses fractions here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Since(OffsetDateTime);

/// How a list goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    Cursor,
    Offset,
    Whole,
}

impl Since {
    /// Rounds down, so that nothing of that second is missed. From 1970 to 9999, else it is refused.
    pub fn new(moment: SystemTime) -> Result<Self, Error> {
        let since_epoch = moment.duration_since(UNIX_EPOCH).map_err(|_| Error::BadMoment)?;
        let seconds = i64::try_from(since_epoch.as_secs()).map_err(|_| Error::BadMoment)?;
        OffsetDateTime::from_unix_timestamp(seconds)
            .map(Self)
            .map_err(|_| Error::BadMoment)
    }

    /// From microseconds since 1970, rounded down as [`Since::new`] does; a time before 1970 is 1970.
    ///
    /// # Errors
    /// As [`Since::new`].
    pub fn from_micro(micro: i64) -> Result<Self, Error> {
        Self::new(UNIX_EPOCH + Duration::from_micros(u64::try_from(micro).unwrap_or(0)))
    }

    fn text(self) -> String {
        self.0.format(&Rfc3339).unwrap_or_default()
    }
}

impl List {
    /// The same list, of what was changed since then; the whole list where Pipedrive cannot say that of it.
    #[must_use]
    pub fn changed_since(self, since: Since) -> Self {
        match self {
            Self::Deals(_) => Self::Deals(Some(since)),
            Self::DeletedDeals(_) => Self::DeletedDeals(Some(since)),
            Self::ArchivedDeals(_) => Self::ArchivedDeals(Some(since)),
            Self::Persons(_) => Self::Persons(Some(since)),
            Self::Organizations(_) => Self::Organizations(Some(since)),
            Self::Activities(_) => Self::Activities(Some(since)),
            Self::Leads(_) => Self::Leads(Some(since)),
            whole => whole,
        }
    }

    /// Whether its rows are gone from the account.
    pub const fn tells_of_gone(&self) -> bool {
        matches!(self, Self::DeletedDeals(_))
    }

    /// Whether Pipedrive can be asked for what was changed in it alone.
    pub const fn tells_of_changes(&self) -> bool {
        matches!(
            self,
            Self::Deals(_)
                | Self::DeletedDeals(_)
                | Self::ArchivedDeals(_)
                | Self::Persons(_)
                | Self::Organizations(_)
                | Self::Activities(_)
                | Self::Leads(_)
        )
    }

    /// The name of the list, for labels and errors.
    pub fn endpoint(&self) -> &'static str {
        match self {
            Self::Stages => "stages",
            Self::Pipelines => "pipelines",
            Self::DealsOfPerson(_) => "deals_of_person",
            Self::ArchivedDealsOfPerson(_) => "archived_deals_of_person",
            Self::ByIds(Kind::Deal, _) => "deals_by_id",
            Self::ByIds(Kind::Person, _) => "persons_by_id",
            Self::ByIds(Kind::Organization, _) => "organizations_by_id",
            Self::ByIds(..) => "by_id",
            Self::Newest(_) => "newest",
            Self::Latest(_) => "latest",
            Self::Deals(_) => "deals",
            Self::DeletedDeals(_) => "deleted_deals",
            Self::ArchivedDeals(_) => "archived_deals",
            Self::Persons(_) => "persons",
            Self::Organizations(_) => "organizations",
            Self::Activities(_) => "activities",
            Self::Leads(_) => "leads",
            Self::ArchivedLeads => "archived_leads",
            Self::DealFields => "deal_fields",
            Self::PersonFields => "person_fields",
            Self::OrganizationFields => "organization_fields",
            Self::Users => "users",
            Self::LeadLabels => "lead_labels",
            Self::Currencies => "currencies",
        }
    }

    /// Tokens of one page.
    pub fn tokens(&self) -> u32 {
        match self {
            Self::Stages | Self::Pipelines => 5,
            Self::DealsOfPerson(_)
            | Self::ByIds(..)
            | Self::Newest(_)
            | Self::Latest(_)
            | Self::Deals(_)
            | Self::DeletedDeals(_)
            | Self::Activities(_)
            | Self::Persons(_)
            | Self::Organizations(_)
            | Self::DealFields
            | Self::PersonFields
            | Self::OrganizationFields
            | Self::LeadLabels => 10,
            Self::ArchivedDealsOfPerson(_)
            | Self::ArchivedDeals(_)
            | Self::Leads(_)
            | Self::Users
            | Self::Currencies => 20,
            Self::ArchivedLeads => 40,
        }
    }

    pub(crate) fn paging(&self) -> Paging {
        match self {
            Self::Leads(_) | Self::ArchivedLeads => Paging::Offset,
            Self::Users | Self::LeadLabels | Self::Currencies => Paging::Whole,
            _ => Paging::Cursor,
        }
    }

    /// Whether Pipedrive has such a list.
    pub(crate) fn exists(&self) -> bool {
        match self {
            Self::ByIds(kind, ids) => is_numbered(*kind) && (1..=IDS_PER_REQUEST_MAX).contains(&ids.len()),
            Self::Newest(kind) | Self::Latest(kind) => is_numbered(*kind),
            _ => true,
        }
    }

    /// Whether a page can begin there: a cursor is no offset.
    pub(crate) fn begins_at(&self, place: &Place) -> bool {
        match place {
            Place::Beginning => true,
            Place::Cursor(cursor) => self.paging() == Paging::Cursor && !cursor.is_empty(),
            Place::Offset(_) => self.paging() == Paging::Offset,
        }
    }

    pub(crate) fn address(&self, base: &Url, rows: usize, place: &Place) -> Url {
        let version = if self.paging() == Paging::Cursor { 2 } else { 1 };
        let mut url = under(base, version, self.path());
        if self.paging() == Paging::Whole {
            return url;
        }
        let rows = if matches!(self, Self::Newest(_) | Self::Latest(_)) {
            1
        } else {
            rows
        };
        let mut query = url.query_pairs_mut();
        query.append_pair("limit", &rows.to_string());
        for (name, value) in self.filter() {
            query.append_pair(name, &value);
        }
        match place {
            Place::Beginning => {}
            Place::Cursor(cursor) => {
                query.append_pair("cursor", cursor);
            }
            Place::Offset(start) => {
                query.append_pair("start", &start.to_string());
            }
        }
        drop(query);
        url
    }

    fn path(&self) -> &'static [&'static str] {
        match self {
            Self::Stages => &["stages"],
            Self::Pipelines => &["pipelines"],
            Self::DealsOfPerson(_)
            | Self::Deals(_)
            | Self::DeletedDeals(_)
            | Self::ByIds(Kind::Deal, _)
            | Self::Newest(Kind::Deal)
            | Self::Latest(Kind::Deal) => &["deals"],
            Self::ArchivedDealsOfPerson(_) | Self::ArchivedDeals(_) => &["deals", "archived"],
            Self::Persons(_)
            | Self::ByIds(Kind::Person, _)
            | Self::Newest(Kind::Person)
            | Self::Latest(Kind::Person) => &["persons"],
            Self::Organizations(_) | Self::ByIds(..) | Self::Newest(_) | Self::Latest(_) => {
                &["organizations"]
            }
            Self::Activities(_) => &["activities"],
            Self::Leads(_) => &["leads"],
            Self::ArchivedLeads => &["leads", "archived"],
            Self::DealFields => &["dealFields"],
            Self::PersonFields => &["personFields"],
            Self::OrganizationFields => &["organizationFields"],
            Self::Users => &["users"],
            Self::LeadLabels => &["leadLabels"],
            Self::Currencies => &["currencies"],
        }
    }

    fn filter(&self) -> Vec<(&'static str, String)> {
        let own = |text: &str| text.to_owned();
        match self {
            Self::DealsOfPerson(person) | Self::ArchivedDealsOfPerson(person) => {
                vec![("person_id", person.to_string())]
            }
            Self::ByIds(_, ids) => {
                let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
                vec![("ids", ids.join(","))]
            }
            Self::Newest(_) => vec![("sort_by", own("id")), ("sort_direction", own("desc"))],
            Self::Latest(_) => vec![("sort_by", own("update_time")), ("sort_direction", own("desc"))],
            Self::DeletedDeals(since) => {
                let mut filter = vec![("status", own("deleted"))];
                filter.extend(changed(*since));
                filter
            }
            Self::Deals(since)
            | Self::ArchivedDeals(since)
            | Self::Activities(since)
            | Self::Persons(since)
            | Self::Organizations(since) => changed(*since),
            Self::Leads(Some(since)) => {
                vec![("updated_since", since.text()), ("sort", own("update_time ASC"))]
            }
            // A lead's id says nothing about its age.
            Self::Leads(None) | Self::ArchivedLeads => vec![("sort", own("add_time ASC"))],
            _ => Vec::new(),
        }
    }
}

/// All by id, or those changed since by the time of their change.
fn changed(since: Option<Since>) -> Vec<(&'static str, String)> {
    let (order, since) = match since {
        Some(since) => ("update_time", Some(("updated_since", since.text()))),
        None => ("id", None),
    };
    let mut filter: Vec<_> = since.into_iter().collect();
    filter.extend([
        ("sort_by", order.to_owned()),
        ("sort_direction", "asc".to_owned()),
    ]);
    filter
}

/// Whether its ids are numbers that only grow.
const fn is_numbered(kind: Kind) -> bool {
    matches!(kind, Kind::Deal | Kind::Person | Kind::Organization)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::time::Duration;

    fn address(list: &List, place: &Place) -> String {
        let base = Url::parse("http://h").unwrap();
        list.address(&base, 500, place).as_str().to_owned()
    }

    #[test]
    fn a_batch_beyond_a_hundred_ids_does_not_exist() {
        assert!(List::ByIds(Kind::Person, (0..100).collect()).exists());
        assert!(!List::ByIds(Kind::Person, (0..101).collect()).exists());
        assert!(!List::ByIds(Kind::Person, Vec::new()).exists());
        assert!(!List::ByIds(Kind::User, vec![1]).exists());
    }

    #[test]
    fn a_list_names_filter_and_cursor() {
        assert_eq!(
            address(&List::DealsOfPerson(9), &Place::Cursor("a b".to_owned())),
            "http://h/api/v2/deals?limit=500&person_id=9&cursor=a+b"
        );
    }

    #[test]
    fn each_list_is_asked_where_it_lives_and_in_a_stable_order() {
        let since = Since::new(SystemTime::UNIX_EPOCH + Duration::from_millis(1_750_000_000_999)).unwrap();
        let changed = "updated_since=2025-06-15T15%3A06%3A40Z";
        let cases = [
            (
                List::Deals(None),
                "v2/deals?limit=500&sort_by=id&sort_direction=asc".to_owned(),
            ),
            (
                List::Persons(Some(since)),
                format!("v2/persons?limit=500&{changed}&sort_by=update_time&sort_direction=asc"),
            ),
            (
                List::DeletedDeals(Some(since)),
                format!("v2/deals?limit=500&status=deleted&{changed}&sort_by=update_time&sort_direction=asc"),
            ),
            (
                List::Activities(None),
                "v2/activities?limit=500&sort_by=id&sort_direction=asc".to_owned(),
            ),
            (
                List::ArchivedDeals(None),
                "v2/deals/archived?limit=500&sort_by=id&sort_direction=asc".to_owned(),
            ),
            (
                List::ArchivedDealsOfPerson(9),
                "v2/deals/archived?limit=500&person_id=9".to_owned(),
            ),
            (
                List::Newest(Kind::Person),
                "v2/persons?limit=1&sort_by=id&sort_direction=desc".to_owned(),
            ),
            (
                List::Latest(Kind::Deal),
                "v2/deals?limit=1&sort_by=update_time&sort_direction=desc".to_owned(),
            ),
            (List::DealFields, "v2/dealFields?limit=500".to_owned()),
            (
                List::Leads(Some(since)),
                format!("v1/leads?limit=500&{changed}&sort=update_time+ASC"),
            ),
            (
                List::ArchivedLeads,
                "v1/leads/archived?limit=500&sort=add_time+ASC".to_owned(),
            ),
            (List::Users, "v1/users".to_owned()),
            (List::LeadLabels, "v1/leadLabels".to_owned()),
            (List::Currencies, "v1/currencies".to_owned()),
        ];
        for (list, expected) in cases {
            let expected = format!("http://h/api/{expected}");
            assert_eq!(address(&list, &Place::Beginning), expected);
        }
        let third = address(&List::Leads(None), &Place::Offset(1_000));
        assert!(third.ends_with("&start=1000"), "{third}");
    }

    #[test]
    fn a_moment_that_cannot_be_written_is_refused() {
        let far = UNIX_EPOCH + Duration::from_hours(10_000 * 24 * 366);
        for moment in [far, UNIX_EPOCH - Duration::from_secs(1)] {
            assert!(matches!(Since::new(moment), Err(Error::BadMoment)));
        }
    }

    #[test]
    fn a_page_begins_only_where_the_list_can() {
        let cursor = Place::Cursor("c".to_owned());
        assert!(List::Deals(None).begins_at(&cursor) && !List::Leads(None).begins_at(&cursor));
        let offset = Place::Offset(5);
        assert!(List::Leads(None).begins_at(&offset) && !List::Deals(None).begins_at(&offset));
        assert!(!List::Users.begins_at(&offset));
    }
}
