//! A contact's deals in figures: `metrics_…` of the flat event (facts: flat-event).
//!
//! Deleted and merged deals are out. Sums and averages are exact decimals over the deals in one
//! currency only; deals in others are counted, never converted.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::document::{Document, ObjectWriter};
use crate::number::{decimal_json, raw_decimal, value_decimal};

/// Digits after the point of an average, as many as the warehouse's `Decimal(18,4)` keeps.
pub const AVERAGE_DIGITS: u32 = 4;

/// What counts of one deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DealFacts {
    pub value: Decimal,
    pub currency: String,
    /// `open`, `won`, `lost`; others count in the total alone.
    pub status: String,
}

impl DealFacts {
    /// From a canonical deal; `None` for one that is marked deleted. No value counts as 0.
    pub fn of(deal: &Document) -> Option<Self> {
        let text = |key: &str| {
            deal.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let status = text("status");
        let flagged = ["deleted", "is_deleted"]
            .iter()
            .any(|key| deal.get(key).is_some_and(|flag| flag == true));
        if status == "deleted" || flagged {
            return None;
        }
        let value = deal.get("value").and_then(value_decimal).unwrap_or_default();
        Some(Self {
            value,
            currency: text("currency"),
            status,
        })
    }
}

/// The figures of one contact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metrics {
    pub total_deals: u64,
    pub open_deals: u64,
    pub won_deals: u64,
    pub lost_deals: u64,
    /// Sum of won deals in [`Metrics::currency`].
    pub won_value: Decimal,
    /// Over all deals in [`Metrics::currency`]; none without such a deal.
    pub average_deal_value: Option<Decimal>,
    pub currency: Option<String>,
    pub deals_in_other_currencies: u64,
}

impl Metrics {
    /// Over a contact's deals in one currency; without a given one the currency most of them have
    /// (of equals the first by name).
    pub fn over<'a>(deals: impl IntoIterator<Item = &'a DealFacts> + Clone, currency: Option<&str>) -> Self {
        let currency =
            currency.map_or_else(|| commonest_currency(deals.clone()), |word| Some(word.to_owned()));
        let mut metrics = Self {
            currency,
            ..Self::default()
        };
        let (mut sum, mut count) = (Decimal::ZERO, 0_u64);
        for deal in deals {
            metrics.total_deals += 1;
            match deal.status.as_str() {
                "open" => metrics.open_deals += 1,
                "won" => metrics.won_deals += 1,
                "lost" => metrics.lost_deals += 1,
                _ => {}
            }
            if metrics.currency.as_deref() != Some(deal.currency.as_str()) {
                metrics.deals_in_other_currencies += 1;
                continue;
            }
            count += 1;
            sum = sum.saturating_add(deal.value);
            if deal.status == "won" {
                metrics.won_value = metrics.won_value.saturating_add(deal.value);
            }
        }
        metrics.average_deal_value = sum.checked_div(Decimal::from(count)).map(|average| {
            average.round_dp_with_strategy(AVERAGE_DIGITS, RoundingStrategy::MidpointAwayFromZero)
        });
        metrics
    }

    /// As they stand in the enriched event and in the contact's record.
    pub(crate) fn write(&self, out: &mut ObjectWriter<'_>) {
        if let Some(average) = self.average_deal_value {
            out.put("average_deal_value", &decimal_json(average));
        }
        out.put_some("currency", self.currency.as_ref());
        out.put("deals_in_other_currencies", &self.deals_in_other_currencies);
        out.put("lost_deals", &self.lost_deals);
        out.put("open_deals", &self.open_deals);
        out.put("total_deals", &self.total_deals);
        out.put("won_deals", &self.won_deals);
        out.put("won_value", &decimal_json(self.won_value));
    }

    /// Reads what was written.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let read: Written<'_> = serde_json::from_str(text).ok()?;
        Some(Self {
            total_deals: read.total_deals,
            open_deals: read.open_deals,
            won_deals: read.won_deals,
            lost_deals: read.lost_deals,
            won_value: raw_decimal(read.won_value)?,
            average_deal_value: read.average_deal_value.and_then(raw_decimal),
            currency: read.currency,
            deals_in_other_currencies: read.deals_in_other_currencies,
        })
    }
}

#[derive(Deserialize)]
struct Written<'a> {
    total_deals: u64,
    open_deals: u64,
    won_deals: u64,
    lost_deals: u64,
    #[serde(borrow)]
    won_value: &'a RawValue,
    #[serde(borrow, default)]
    average_deal_value: Option<&'a RawValue>,
    #[serde(default)]
    currency: Option<String>,
    deals_in_other_currencies: u64,
}

fn commonest_currency<'a>(deals: impl IntoIterator<Item = &'a DealFacts>) -> Option<String> {
    let mut counts = std::collections::BTreeMap::<&str, u64>::new();
    for deal in deals {
        *counts.entry(&deal.currency).or_default() += 1;
    }
    let first_of_most = counts.iter().rev().max_by_key(|(_, count)| **count);
    first_of_most.map(|(currency, _)| (*currency).to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::str::FromStr;

    use serde_json::json;

    use super::*;

    fn deal(value: &str, currency: &str, status: &str) -> DealFacts {
        DealFacts {
            value: Decimal::from_str(value).unwrap(),
            currency: currency.into(),
            status: status.into(),
        }
    }

    fn written(metrics: &Metrics) -> String {
        let mut text = Vec::new();
        let mut out = ObjectWriter::open(&mut text);
        metrics.write(&mut out);
        out.close();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn averages_over_one_currency_and_counts_the_rest() {
        let deals = [
            deal("100.10", "EUR", "won"),
            deal("200.25", "EUR", "open"),
            deal("0.01", "EUR", "lost"),
            deal("999", "USD", "won"),
            deal("1", "USD", "odd"),
        ];
        let metrics = Metrics::over(&deals, Some("EUR"));
        assert_eq!(
            (
                metrics.total_deals,
                metrics.open_deals,
                metrics.won_deals,
                metrics.lost_deals
            ),
            (5, 1, 2, 1)
        );
        assert_eq!(metrics.deals_in_other_currencies, 2);
        assert_eq!(metrics.won_value.to_string(), "100.10");
        assert_eq!(metrics.average_deal_value.unwrap().to_string(), "100.12");
        assert!(written(&metrics).contains(r#""average_deal_value":100.12,"#));
    }

    #[test]
    fn rounds_an_average_to_four_digits_away_from_zero() {
        let average = |values: &[&str]| {
            let deals: Vec<_> = values.iter().map(|value| deal(value, "EUR", "open")).collect();
            Metrics::over(&deals, Some("EUR"))
                .average_deal_value
                .unwrap()
                .normalize()
                .to_string()
        };
        assert_eq!(average(&["1", "1", "0"]), "0.6667");
        assert_eq!(average(&["0.0001", "0"]), "0.0001");
        assert_eq!(average(&["18700", "18700"]), "18700");
    }

    #[test]
    fn without_a_currency_the_commonest_counts() {
        let deals = [
            deal("1", "USD", "open"),
            deal("2", "EUR", "open"),
            deal("4", "EUR", "open"),
        ];
        assert_eq!(Metrics::over(&deals, None).currency.as_deref(), Some("EUR"));
        let dollars = [
            deal("1", "EUR", "open"),
            deal("1", "USD", "open"),
            deal("1", "USD", "open"),
        ];
        assert_eq!(Metrics::over(&dollars, None).currency.as_deref(), Some("USD"));
        let tie = [deal("1", "USD", "open"), deal("2", "EUR", "open")];
        assert_eq!(Metrics::over(&tie, None).currency.as_deref(), Some("EUR"));
        let none = Metrics::over(&[], None);
        assert_eq!(
            (none.currency, none.average_deal_value, none.total_deals),
            (None, None, 0)
        );
        let other = Metrics::over(&tie, Some("GBP"));
        assert_eq!(
            (other.average_deal_value, other.deals_in_other_currencies),
            (None, 2)
        );
    }

    #[test]
    fn a_deleted_deal_does_not_count() {
        let facts = |value: Value| DealFacts::of(&value.as_object().unwrap().clone().into());
        assert_eq!(facts(json!({"status": "deleted", "value": 1})), None);
        assert_eq!(facts(json!({"status": "open", "deleted": true})), None);
        assert_eq!(facts(json!({"status": "open", "is_deleted": true})), None);
        let kept = json!({"status": "open", "deleted": false, "value": 12.5, "currency": "EUR"});
        assert_eq!(facts(kept).unwrap(), deal("12.5", "EUR", "open"));
        assert_eq!(
            facts(json!({"status": "open", "value": null})).unwrap(),
            deal("0", "", "open")
        );
    }

    #[test]
    fn figures_come_back_as_they_went() {
        for deals in [vec![deal("12345678901234.5678", "EUR", "won")], vec![]] {
            let metrics = Metrics::over(&deals, None);
            let read = Metrics::read(&written(&metrics)).unwrap();
            assert_eq!(read, metrics);
        }
        assert_eq!(Metrics::read("{}"), None);
    }
}
