//! Fills the sheets: what the fields hold that not every account has.
//!
//! Drawn from a row of its own, so that an account's life does not depend on which fields it has.

use std::sync::Arc;
use std::time::Duration;

use rand::{Rng, RngExt};
use rust_decimal::Decimal;

use super::Account;
use super::fields::{Definition, Holder};
use crate::catalogue::{EVERY_FIELD, POSITIONS};
use crate::entity::custom::{Held, Kind, Sheet};
use crate::names::{self, chance, one_of};

const DAY: Duration = Duration::from_hours(24);
/// How many of a thousand fields are filled when an entity is made.
const FILLED: u32 = 600;
/// How many of a thousand changes also touch a field of the sheet.
const TOUCHED: u32 = 300;

impl Account {
    /// One field of each kind for each holder; the same keys in every account.
    pub(super) fn found_fields(&mut self) {
        for holder in Holder::ALL {
            for (number, (kind, name, labels)) in (1_u64..).zip(EVERY_FIELD) {
                let mark = match holder {
                    Holder::Deal => 0xd,
                    Holder::Person => 0xe,
                    Holder::Organization => 0xf,
                };
                let code = format!("{mark:x}{number:07x}{:032x}", u128::from(number) << 96 | 0xfee1);
                self.fields.add(holder, Arc::from(code), name, *kind, labels);
            }
        }
    }

    /// A field that appears while the account runs: empty everywhere, filled as things are made and changed.
    pub(crate) fn add_field(
        &mut self,
        holder: Holder,
        name: &str,
        kind: Kind,
        labels: &[&str],
    ) -> Option<Definition> {
        let code = format!(
            "{:016x}{:016x}{:08x}",
            self.sheets_rng.next_u64(),
            self.sheets_rng.next_u64(),
            self.sheets_rng.next_u32()
        );
        let field = self
            .fields
            .add(holder, Arc::from(code), name, kind, labels)?
            .clone();
        let put = |sheet: &mut Sheet| sheet.put(field.code.clone(), kind, Held::Empty);
        match holder {
            Holder::Deal => {
                self.book.deals.values_mut().for_each(|deal| put(&mut deal.sheet));
                self.book.leads.values_mut().for_each(|lead| put(&mut lead.sheet));
            }
            Holder::Person => self
                .book
                .persons
                .values_mut()
                .for_each(|person| put(&mut person.sheet)),
            Holder::Organization => self
                .book
                .organizations
                .values_mut()
                .for_each(|firm| put(&mut firm.sheet)),
        }
        Some(field)
    }

    /// The sheet of something new.
    pub(super) fn a_sheet(&mut self, holder: Holder) -> Sheet {
        let mut sheet = Sheet::default();
        for (code, kind, options) in self.on_sheet(holder) {
            let held = if chance(&mut self.sheets_rng, FILLED) {
                self.a_value_of(kind, &options)
            } else {
                Held::Empty
            };
            sheet.put(code, kind, held);
        }
        sheet
    }

    /// Now and then a change also touches one field of the sheet.
    pub(super) fn touch(&mut self, holder: Holder, sheet: &mut Sheet) {
        let fields = self.on_sheet(holder);
        if fields.is_empty() || !chance(&mut self.sheets_rng, TOUCHED) {
            return;
        }
        let place = self.sheets_rng.random_range(0..fields.len());
        if let Some((code, kind, options)) = fields.into_iter().nth(place) {
            let held = self.a_value_of(kind, &options);
            sheet.put(code, kind, held);
        }
    }

    fn on_sheet(&self, holder: Holder) -> Vec<(Arc<str>, Kind, Vec<u64>)> {
        let ids = |field: &Definition| field.options.iter().map(|(id, _)| *id).collect();
        let fields = self.fields.of(holder).iter();
        fields
            .filter_map(|field| Some((field.code.clone(), field.on_sheet?, ids(field))))
            .collect()
    }

    fn a_value_of(&mut self, kind: Kind, options: &[u64]) -> Held {
        let clock = self.clock;
        let rng = &mut self.sheets_rng;
        let day = |days: u32| clock.plus(DAY * days).date();
        let points = |id: Option<u64>| id.map_or(Held::Empty, Held::Points);
        match kind {
            Kind::Varchar => Held::Text(format!("C-{:05}", rng.random_range(0..99_999_u32))),
            Kind::Text => Held::Text(format!(
                "Asked for by the {}.\nSee the last call.",
                one_of(rng, POSITIONS, "")
            )),
            Kind::VarcharAuto => Held::Text(names::firm(rng).0),
            Kind::Double => Held::Number(Decimal::new(rng.random_range(1..9_999_i64), 2)),
            Kind::Monetary => Held::Money(Decimal::new(rng.random_range(100..999_999_i64), 2), "EUR"),
            Kind::Date => Held::Text(day(rng.random_range(0..400_u32))),
            Kind::DateRange => {
                let from = rng.random_range(0..200_u32);
                Held::Span(day(from), day(from + rng.random_range(1..200_u32)))
            }
            Kind::Time => Held::Time(format!("{:02}:30:00", rng.random_range(7..19_u32))),
            Kind::TimeRange => {
                let (from, until) = (rng.random_range(6..11_u32), rng.random_range(14..21_u32));
                Held::Span(format!("{from:02}:00:00"), format!("{until:02}:15:00"))
            }
            Kind::Enum => {
                let place = rng.random_range(0..options.len().max(1));
                options.get(place).map_or(Held::Empty, |id| Held::Choice(*id))
            }
            Kind::Set => {
                let picked: Vec<u64> = options
                    .iter()
                    .copied()
                    .filter(|_| rng.random_range(0..2_u32) == 0)
                    .collect();
                if picked.is_empty() {
                    Held::Empty
                } else {
                    Held::Choices(picked)
                }
            }
            Kind::User => Held::Points(self.book.a_user(rng)),
            Kind::Org => points(self.book.live_organizations.pick(rng)),
            Kind::People => points(self.book.live_persons.pick(rng)),
            Kind::Phone => Held::Text(names::phone(rng)),
            Kind::Address => Held::Place(names::address(rng)),
        }
    }
}
