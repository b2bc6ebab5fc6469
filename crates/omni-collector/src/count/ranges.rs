//! A set of numbers that come mostly in runs.

use std::collections::BTreeMap;

/// Beyond so many runs the closest two become one: it then claims more numbers than it should, never fewer.
const RANGES_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Ranges(BTreeMap<u64, u64>);

impl Ranges {
    pub(super) fn add(&mut self, number: u64) {
        let (mut first, mut last) = (number, number);
        if let Some((before, end)) = self.0.range(..=number).next_back().map(|(a, b)| (*a, *b)) {
            if end >= number {
                return;
            }
            if end + 1 == number {
                first = before;
            }
        }
        if let Some(end) = number.checked_add(1).and_then(|next| self.0.remove(&next)) {
            last = end;
        }
        self.0.insert(first, last);
        if self.0.len() > RANGES_MAX {
            self.join_closest();
        }
    }

    pub(super) fn list(&self) -> Vec<(u64, u64)> {
        self.0.iter().map(|(first, last)| (*first, *last)).collect()
    }

    fn join_closest(&mut self) {
        let pairs = self.0.iter().zip(self.0.iter().skip(1));
        let closest = pairs.min_by_key(|((_, end), (start, _))| *start - *end);
        let Some((first, second)) = closest.map(|((first, _), (second, _))| (*first, *second)) else {
            return;
        };
        if let Some(last) = self.0.remove(&second) {
            self.0.insert(first, last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_become_one_range_in_whatever_order_they_come() {
        let mut ranges = Ranges::default();
        for number in [5, 3, 4, 9, 4, 1, 8] {
            ranges.add(number);
        }
        assert_eq!(ranges.list(), [(1, 1), (3, 5), (8, 9)]);
    }

    #[test]
    fn is_bounded_and_never_loses_a_number() {
        let mut ranges = Ranges::default();
        for number in 0..3_000 {
            ranges.add(number * 10);
        }
        let list = ranges.list();
        assert_eq!(list.len(), RANGES_MAX);
        assert!((0..3_000).all(|n| {
            list.iter()
                .any(|(first, last)| (*first..=*last).contains(&(n * 10)))
        }));
    }
}
