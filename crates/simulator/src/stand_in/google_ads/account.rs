//! What Google keeps: access tokens that are good, and the conversions that were uploaded.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use uuid::Uuid;

use crate::moment::Moment;

/// Access tokens that are remembered; the oldest go first.
const TOKENS_MAX: usize = 1_000;
/// Conversions that are remembered; the oldest go first.
const CONVERSIONS_MAX: usize = 100_000;

/// A conversion that was uploaded, by its order or by its click and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Conversion {
    /// Seconds since 1970.
    pub at: i64,
    pub is_retracted: bool,
    /// When its value was last changed.
    pub restated: Option<i64>,
}

#[derive(Debug, Default)]
pub(crate) struct Account {
    tokens: VecDeque<(String, Moment)>,
    conversions: HashMap<String, Conversion>,
    order: VecDeque<String>,
}

impl Account {
    pub(super) fn new_token(&mut self, now: Moment, life: Duration) -> String {
        let token = format!("ya29.{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        self.tokens.push_back((token.clone(), now.plus(life)));
        if self.tokens.len() > TOKENS_MAX {
            self.tokens.pop_front();
        }
        token
    }

    /// Whether a token is still good; none where it was never given.
    pub(super) fn is_good(&self, token: &str, now: Moment) -> Option<bool> {
        let (_, end) = self.tokens.iter().find(|(known, _)| known == token)?;
        Some(now < *end)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.conversions.contains_key(key)
    }

    pub(super) fn add(&mut self, key: String, at: i64) {
        let conversion = Conversion {
            at,
            is_retracted: false,
            restated: None,
        };
        self.conversions.insert(key.clone(), conversion);
        self.order.push_back(key);
        if self.order.len() > CONVERSIONS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.conversions.remove(&oldest);
        }
    }

    pub(super) fn conversion(&mut self, key: &str) -> Option<&mut Conversion> {
        self.conversions.get_mut(key)
    }
}

/// By which a conversion is found again: its order id where it has one.
pub(super) fn key(action: &str, order: Option<&str>, click: Option<(&str, &str)>) -> Option<String> {
    match (order, click) {
        (Some(order), _) => Some(format!("{action} order {order}")),
        (None, Some((click, at))) => Some(format!("{action} click {click} {at}")),
        (None, None) => None,
    }
}
