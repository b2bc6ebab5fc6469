//! Finds the event that a whole request was refused for: asks for halves, and halves of halves, until it stands alone.

use super::send::Tried;
use crate::destination::{Said, Verdict, Whose};

/// Why a whole request is refused that one of its events may have spoilt.
const REFUSED: &str = "refused";

/// What is still to be asked for, and what was told so far. Pure: whoever has it sends.
///
/// Of `k` events that are not wanted among `n`, no more than `1 + 2k·log2(n)` requests are made, rounded up. A destination
/// that goes away meanwhile is asked no further: the rest is told what the last one was.
#[derive(Debug)]
pub(super) struct Halves<'s> {
    /// The next one last.
    parts: Vec<&'s [&'s Said]>,
    told: Vec<Tried>,
}

impl<'s> Halves<'s> {
    pub(super) fn of(said: &'s [&'s Said]) -> Self {
        Self {
            parts: vec![said],
            told: Vec::with_capacity(said.len()),
        }
    }

    /// The next ones to be asked for in one request.
    pub(super) fn next(&mut self) -> Option<&'s [&'s Said]> {
        self.parts.pop()
    }

    /// Tells how it went with these: as many words as events.
    pub(super) fn tell(&mut self, part: &'s [&'s Said], tried: Vec<Tried>) {
        if part.len() > 1 && tried.iter().all(is_refused) {
            let (left, right) = part.split_at(part.len() / 2);
            self.parts.extend([right, left]);
            return;
        }
        let is_gone = tried.iter().all(|tried| is_gone(tried.verdict));
        let gone = tried.last().filter(|_| is_gone).cloned();
        self.told.extend(tried);
        if let Some(gone) = gone {
            let rest = self.parts.drain(..).map(<[_]>::len).sum();
            self.told.extend(std::iter::repeat_n(gone, rest));
        }
    }

    /// What each event was told, in their order.
    pub(super) fn told(self) -> Vec<Tried> {
        self.told
    }
}

fn is_refused(tried: &Tried) -> bool {
    matches!(tried.verdict, Verdict::GiveUp { reason } if reason == REFUSED)
}

/// Whether the next request would fare the same, whatever it says.
fn is_gone(verdict: Verdict) -> bool {
    match verdict {
        Verdict::Misconfigured { .. } => true,
        Verdict::Retry { whose, .. } => whose == Whose::Destination,
        Verdict::Delivered | Verdict::GiveUp { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::cell::RefCell;
    use std::collections::BTreeSet;
    use std::time::Duration;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const AWAY: Verdict = Verdict::Retry {
        reason: "unavailable",
        after: None,
        whose: Whose::Destination,
    };

    fn said(number: usize) -> Said {
        Said {
            uuid: Uuid::from_u128(number as u128),
            url: "https://example.com/".parse().unwrap(),
            body: Vec::new(),
        }
    }

    fn tried(verdict: Verdict) -> Tried {
        Tried {
            verdict,
            status: None,
            answer: bytes::Bytes::new(),
            duration: Duration::ZERO,
        }
    }

    /// A destination that refuses every request with one of these in it, and is away after so many requests.
    struct Picky {
        bad: BTreeSet<usize>,
        requests_max: usize,
        /// What it was asked, and whether it took it.
        asked: RefCell<Vec<(Vec<usize>, bool)>>,
    }

    impl Picky {
        fn new(bad: impl IntoIterator<Item = usize>, requests_max: usize) -> Self {
            Self {
                bad: bad.into_iter().collect(),
                requests_max,
                asked: RefCell::default(),
            }
        }

        fn verdict(&self, said: &[&Said]) -> Verdict {
            let numbers: Vec<usize> = said.iter().map(|said| said.uuid.as_u128() as usize).collect();
            let mut asked = self.asked.borrow_mut();
            let verdict = if asked.len() == self.requests_max {
                AWAY
            } else if numbers.iter().any(|number| self.bad.contains(number)) {
                Verdict::GiveUp { reason: REFUSED }
            } else {
                Verdict::Delivered
            };
            asked.push((numbers, verdict == Verdict::Delivered));
            verdict
        }

        fn told(&self, events: usize) -> Vec<Verdict> {
            let said: Vec<Said> = (0..events).map(said).collect();
            let all: Vec<&Said> = said.iter().collect();
            let mut halves = Halves::of(&all);
            while let Some(part) = halves.next() {
                halves.tell(part, vec![tried(self.verdict(part)); part.len()]);
            }
            halves.told().into_iter().map(|tried| tried.verdict).collect()
        }

        fn taken(&self) -> Vec<usize> {
            let asked = self.asked.borrow();
            let taken = asked.iter().filter(|(_, is_taken)| *is_taken);
            taken.flat_map(|(numbers, _)| numbers.clone()).collect()
        }
    }

    #[test]
    fn one_of_fifty_is_found_with_a_dozen_requests() {
        let picky = Picky::new([17], usize::MAX);
        let told = picky.told(50);
        let refused = told.iter().position(|verdict| *verdict != Verdict::Delivered);
        assert_eq!(refused, Some(17));
        assert_eq!(
            picky.taken(),
            (0..50).filter(|number| *number != 17).collect::<Vec<_>>()
        );
        assert!(picky.asked.borrow().len() <= 13, "{}", picky.asked.borrow().len());
    }

    proptest! {
        /// Those that are not wanted are told so and no other, each other one is taken once and in order, and it does not take
        /// many requests.
        #[test]
        fn whoever_is_bad_is_found_and_nobody_else(
            events in 1_usize..200,
            bad in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let picky = Picky::new(bad.iter().map(|index| index.index(events)), usize::MAX);
            let told = picky.told(events);
            prop_assert_eq!(told.len(), events);
            for (number, verdict) in told.iter().enumerate() {
                let is_taken = *verdict == Verdict::Delivered;
                prop_assert_eq!(is_taken, !picky.bad.contains(&number));
            }
            let good: Vec<usize> = (0..events).filter(|number| !picky.bad.contains(number)).collect();
            prop_assert_eq!(picky.taken(), good);
            let depth = events.next_power_of_two().ilog2() as usize;
            prop_assert!(picky.asked.borrow().len() <= 1 + 2 * picky.bad.len() * depth);
        }

        /// Whenever it goes away: who is told to be taken was taken, who is told to come again was not, and nobody is asked for
        /// any more.
        #[test]
        fn who_goes_away_meanwhile_is_asked_no_further(
            events in 1_usize..200,
            bad in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
            requests_max in 0_usize..40,
        ) {
            let picky = Picky::new(bad.iter().map(|index| index.index(events)), requests_max);
            let told = picky.told(events);
            prop_assert_eq!(told.len(), events);
            prop_assert!(picky.asked.borrow().len() <= requests_max + 1);
            let of = |wanted: Verdict| (0..events).filter(|number| told.get(*number) == Some(&wanted)).collect::<Vec<_>>();
            prop_assert_eq!(picky.taken(), of(Verdict::Delivered));
            let refused = of(Verdict::GiveUp { reason: REFUSED });
            prop_assert!(refused.iter().all(|number| picky.bad.contains(number)));
            let again = of(AWAY);
            // Those that come again are the last ones.
            prop_assert!(again.first().is_none_or(|first| again.len() == events - first));
        }
    }
}
