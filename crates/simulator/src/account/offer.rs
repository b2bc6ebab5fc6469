//! What a new deal or lead is about: where it came from, what it is worth, what it is called.

use rand::RngExt;
use rust_decimal::Decimal;

use super::Account;
use crate::catalogue::{CURRENCIES, DEAL_LABELS, SOURCES, WHOLE};
use crate::entity::deal::Origin;
use crate::entity::person::Person;
use crate::names::{chance, one_of};

impl Account {
    /// A source by its share, with one of its campaigns; or none at all.
    pub(super) fn an_origin(&mut self) -> Origin {
        let mut left = self.rng.random_range(0..1_000_u32);
        for source in SOURCES {
            if left < source.share {
                let campaign =
                    (!source.campaigns.is_empty()).then(|| one_of(&mut self.rng, source.campaigns, ""));
                return Origin {
                    origin: source.origin,
                    channel: Some(source.channel),
                    source: Some(source.name),
                    campaign,
                };
            }
            left -= source.share;
        }
        Origin {
            origin: "ManuallyCreated",
            channel: None,
            source: None,
            campaign: None,
        }
    }

    /// Small deals are many and large ones few; some sources bring larger ones.
    pub(super) fn a_value(&mut self, channel: Option<u64>) -> (Decimal, &'static str) {
        let several = self.founding.several_currencies && chance(&mut self.rng, 400);
        let currency = if several {
            one_of(&mut self.rng, CURRENCIES, "EUR")
        } else {
            "EUR"
        };
        let range = match self.rng.random_range(0..10_u32) {
            0..6 => 40_000..400_000_i64,
            6..9 => 400_000..2_000_000,
            _ => 2_000_000..9_000_000,
        };
        let worth = SOURCES
            .iter()
            .find(|source| Some(source.channel) == channel)
            .map_or(100, |source| source.worth);
        let unit = match currency {
            WHOLE => 160,
            "PLN" => 4,
            _ => 1,
        };
        let cents = self.rng.random_range(range) * i64::from(worth) / 100 * unit;
        // Most prices are round; the others keep their cents.
        let value = match self.rng.random_range(0..10_u32) {
            _ if currency == WHOLE => Decimal::new(cents / 100_000 * 1_000, 0),
            0..6 => Decimal::new(cents / 5_000 * 50, 0),
            _ => Decimal::new(cents, 2),
        };
        (value, currency)
    }

    pub(super) fn title(&self, person: Option<u64>, organization: Option<u64>) -> String {
        let firm = organization
            .and_then(|id| self.book.organizations.get(&id))
            .map(|firm| firm.name.clone());
        let name = firm.or_else(|| person.and_then(|id| self.book.persons.get(&id)).map(Person::name));
        format!("{} deal", name.unwrap_or_else(|| "Unnamed".to_owned()))
    }

    pub(super) fn a_label(&mut self) -> Option<u64> {
        chance(&mut self.rng, 400).then(|| one_of(&mut self.rng, DEAL_LABELS, (24, "")).0)
    }
}
