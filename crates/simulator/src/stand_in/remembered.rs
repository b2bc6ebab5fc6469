//! What a platform has seen before, for as long as it remembers: one memory for all stand-ins, with a bound.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::moment::Moment;

/// What is remembered at once; the oldest goes first.
const REMEMBERED_MAX: usize = 100_000;

#[derive(Debug, Default)]
pub(crate) struct Remembered {
    ends: HashMap<String, Moment>,
    order: VecDeque<String>,
}

impl Remembered {
    /// Whether this is the first time within `life`; remembered from then on.
    pub(super) fn is_new(&mut self, key: String, now: Moment, life: Duration) -> bool {
        let end = now.plus(life);
        match self.ends.get_mut(&key) {
            Some(known) if now < *known => false,
            Some(over) => {
                *over = end;
                true
            }
            None => {
                self.ends.insert(key.clone(), end);
                self.order.push_back(key);
                if self.order.len() > REMEMBERED_MAX
                    && let Some(oldest) = self.order.pop_front()
                {
                    self.ends.remove(&oldest);
                }
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_new_again_when_its_time_is_over() {
        let mut seen = Remembered::default();
        let (start, life) = (Moment::from_micros(0), Duration::from_secs(10));
        let at = |seconds| start.plus(Duration::from_secs(seconds));
        assert!(seen.is_new("a".to_owned(), start, life));
        assert!(!seen.is_new("a".to_owned(), at(9), life));
        assert!(seen.is_new("a".to_owned(), at(10), life));
        assert!(
            !seen.is_new("a".to_owned(), at(19), life),
            "counted from the second time"
        );
    }

    #[test]
    fn the_oldest_is_forgotten_beyond_the_bound() {
        let mut seen = Remembered::default();
        let (now, life) = (Moment::from_micros(0), Duration::from_secs(10));
        for number in 0..=REMEMBERED_MAX {
            seen.is_new(number.to_string(), now, life);
        }
        assert_eq!(seen.ends.len(), REMEMBERED_MAX);
        assert!(!seen.is_new("1".to_owned(), now, life));
        assert!(seen.is_new("0".to_owned(), now, life));
    }
}
