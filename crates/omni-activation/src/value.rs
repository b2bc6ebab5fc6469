//! What an event is worth to a platform: an amount that keeps its digits, in a currency, as the platform counts it.
//!
//! Pure. The amount is read from the event's text, never through a float; it is rounded to the decimals of its currency
//! (ISO 4217), half away from zero.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

use event::flat;
use event::flat::key;
use iso_currency::Currency;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// `[destination.<name>.value]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ValueRule {
    /// The key of the flat event that is the amount.
    pub amount: String,
    /// The key that is its currency.
    pub currency: String,
    /// The currency of an amount that names none (ISO 4217); without it such an event has no value.
    pub currency_default: String,
    /// What part of the amount is told, such as the margin: `0.2`.
    pub factor: String,
}

impl Default for ValueRule {
    fn default() -> Self {
        Self {
            amount: key::DEAL_VALUE.to_owned(),
            currency: key::DEAL_CURRENCY.to_owned(),
            currency_default: String::new(),
            factor: "1".to_owned(),
        }
    }
}

/// An amount in a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Money {
    pub(crate) amount: Decimal,
    pub(crate) currency: Currency,
}

impl Money {
    /// The amount as a JSON number, its digits kept.
    pub(crate) fn number(&self) -> Box<RawValue> {
        RawValue::from_string(self.amount.to_string()).unwrap_or_else(|_| RawValue::NULL.to_owned())
    }
}

impl ValueRule {
    /// What cannot be meant, in words.
    pub(crate) fn fault(&self) -> Option<String> {
        let keys = [&self.amount, &self.currency];
        if let Some(key) = keys.into_iter().find(|key| flat::kind_of(key).is_none()) {
            return Some(format!(
                "`value` is made of `{key}`, which is no key of a flat event"
            ));
        }
        if !self.currency_default.is_empty() && Currency::from_code(&self.currency_default).is_none() {
            return Some(format!(
                "`value.currency_default` is no currency of ISO 4217: {}",
                self.currency_default
            ));
        }
        let is_factor = Decimal::from_str(&self.factor).is_ok_and(|factor| factor > Decimal::ZERO);
        (!is_factor).then(|| "`value.factor` must be a number above 0, such as \"0.2\"".to_owned())
    }

    /// What this event is worth; none where it has no amount, one below zero, or no currency of it.
    pub(crate) fn of(&self, flat: &[u8]) -> Option<Money> {
        let exact: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(flat).ok()?;
        let amount = exact.get(self.amount.as_str())?.get();
        let amount = Decimal::from_str(amount)
            .or_else(|_| Decimal::from_scientific(amount))
            .ok()?;
        let named = exact.get(self.currency.as_str());
        let named: Option<String> = named.and_then(|named| serde_json::from_str(named.get()).ok());
        let currency = Currency::from_code(named.as_deref().unwrap_or(&self.currency_default))?;
        let amount = amount.checked_mul(Decimal::from_str(&self.factor).ok()?)?;
        let decimals = u32::from(currency.exponent().unwrap_or_default());
        let amount = amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
        (amount >= Decimal::ZERO).then_some(Money { amount, currency })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(rule: &ValueRule, flat: &str) -> Option<String> {
        let money = rule.of(flat.as_bytes())?;
        Some(format!("{} {}", money.number(), money.currency.code()))
    }

    #[test]
    fn an_amount_keeps_its_digits_and_has_the_decimals_of_its_currency() {
        let rule = ValueRule::default();
        for (flat, expected) in [
            (
                r#"{"deal_value":12345678901234567.89,"deal_currency":"EUR"}"#,
                Some("12345678901234567.89 EUR"),
            ),
            (r#"{"deal_value":1250.5,"deal_currency":"JPY"}"#, Some("1251 JPY")),
            (
                r#"{"deal_value":1.0005,"deal_currency":"KWD"}"#,
                Some("1.001 KWD"),
            ),
            (r#"{"deal_value":1.5e3,"deal_currency":"USD"}"#, Some("1500 USD")),
            (r#"{"deal_value":0,"deal_currency":"USD"}"#, Some("0 USD")),
            (r#"{"deal_value":-1,"deal_currency":"USD"}"#, None),
            (r#"{"deal_value":1}"#, None),
            (r#"{"deal_value":1,"deal_currency":"BTC"}"#, None),
            (r#"{"deal_currency":"USD"}"#, None),
            ("[]", None),
        ] {
            assert_eq!(of(&rule, flat).as_deref(), expected, "{flat}");
        }
    }

    #[test]
    fn a_part_of_it_and_a_currency_it_does_not_name_come_from_the_settings() {
        let rule = ValueRule {
            factor: "0.2".to_owned(),
            currency_default: "GBP".to_owned(),
            ..ValueRule::default()
        };
        assert_eq!(rule.fault(), None);
        assert_eq!(of(&rule, r#"{"deal_value":10.03}"#).as_deref(), Some("2.01 GBP"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let faulty = |change: fn(&mut ValueRule)| {
            let mut rule = ValueRule::default();
            change(&mut rule);
            rule.fault().unwrap()
        };
        assert!(faulty(|rule| rule.amount = "deal_valeu".to_owned()).contains("deal_valeu"));
        assert!(faulty(|rule| rule.factor = "0".to_owned()).contains("factor"));
        assert!(faulty(|rule| rule.currency_default = "EURO".to_owned()).contains("EURO"));
    }
}
