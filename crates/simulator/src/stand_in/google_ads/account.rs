//! What Google keeps: the conversions that were uploaded, by whichever of its APIs.

use std::collections::{HashMap, VecDeque};

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
    conversions: HashMap<String, Conversion>,
    order: VecDeque<String>,
}

impl Account {
    pub(in crate::stand_in) fn has(&self, key: &str) -> bool {
        self.conversions.contains_key(key)
    }

    pub(in crate::stand_in) fn add(&mut self, key: String, at: i64) {
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
pub(in crate::stand_in) fn key(
    action: &str,
    order: Option<&str>,
    click: Option<(&str, &str)>,
) -> Option<String> {
    match (order, click) {
        (Some(order), _) => Some(format!("{action} order {order}")),
        (None, Some((click, at))) => Some(format!("{action} click {click} {at}")),
        (None, None) => None,
    }
}
