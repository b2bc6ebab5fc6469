//! What `include_fields` adds: how many deals a contact has, and what a deal counts.

use std::collections::BTreeMap;

use serde_json::json;

use super::query::Query;
use super::shelf::Shelf;
use crate::account::Book;
use crate::entity::Object;
use crate::entity::deal::{Deal, Status};
use crate::entity::person::DealCounts;

/// The counts that one answer needs, counted once.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<u64, DealCounts>);

const OF_CONTACTS: &[&str] = &[
    "open_deals_count",
    "won_deals_count",
    "lost_deals_count",
    "closed_deals_count",
];

impl Counts {
    /// Counts nothing where nothing is asked for.
    pub(super) fn of(book: &Book, shelf: Shelf, query: &Query) -> Self {
        let contact: fn(&Deal) -> Option<u64> = match shelf {
            Shelf::Persons => |deal| deal.person,
            Shelf::Organizations => |deal| deal.organization,
            _ => return Self::default(),
        };
        if !OF_CONTACTS.iter().any(|field| query.includes(field)) {
            return Self::default();
        }
        let mut counts: BTreeMap<u64, DealCounts> = BTreeMap::new();
        for deal in book.deals.values().filter(|deal| !deal.deleted) {
            let Some(contact) = contact(deal) else { continue };
            let counts = counts.entry(contact).or_default();
            match deal.status {
                Status::Open => counts.open += 1,
                Status::Won => counts.won += 1,
                Status::Lost => counts.lost += 1,
            }
        }
        Self(counts)
    }

    /// Writes the fields that were asked for beside the others.
    pub(super) fn add(&self, book: &Book, place: (Shelf, u64), query: &Query, into: &mut Object) {
        let (kind, id) = place;
        let told = match kind {
            Shelf::Persons | Shelf::Organizations => {
                let counts = self.0.get(&id).copied().unwrap_or_default();
                let numbers = [counts.open, counts.won, counts.lost, counts.won + counts.lost];
                OF_CONTACTS
                    .iter()
                    .copied()
                    .zip(numbers.map(|number| json!(number)))
                    .collect()
            }
            Shelf::Deals | Shelf::ArchivedDeals => book.deals.get(&id).map(of_deal).unwrap_or_default(),
            _ => Vec::new(),
        };
        for (name, value) in told.into_iter().filter(|(name, _)| query.includes(name)) {
            into.insert(name.to_owned(), value);
        }
    }
}

fn of_deal(deal: &Deal) -> Vec<(&'static str, serde_json::Value)> {
    vec![
        (
            "first_won_time",
            json!(deal.first_won.map(crate::moment::Moment::rfc3339)),
        ),
        ("activities_count", json!(deal.activities)),
        ("done_activities_count", json!(deal.activities_done)),
        (
            "undone_activities_count",
            json!(deal.activities - deal.activities_done),
        ),
        ("participants_count", json!(u64::from(deal.person.is_some()))),
    ]
}
