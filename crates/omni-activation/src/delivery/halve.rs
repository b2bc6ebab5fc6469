//! Finds the event that a whole request was refused for: asks for halves, and halves of halves, until it stands alone. Where the
//! platform names it, the others are asked for without it.

use super::send::Tried;
use crate::destination::{Said, Verdict, Whose};

/// Why a whole request is refused that one of its events may have spoilt.
const REFUSED: &str = "refused";

/// What is still to be asked for, and what was told so far. Pure: whoever has it sends.
///
/// Of `k` events that are not wanted among `n`, no more than `1 + 2k·log2(n)` requests are made, rounded up, and `2 + k` where
/// they are named at once. A destination that goes away meanwhile is asked no further: the rest is told what the last one was.
#[derive(Debug)]
pub(super) struct Halves<'s> {
    /// The next one last.
    parts: Vec<Part<'s>>,
    told: Vec<Tried>,
}

#[derive(Debug)]
enum Part<'s> {
    /// To be asked for.
    Ask(&'s [&'s Said]),
    /// Told already, behind those that come first.
    Told(Tried),
}

impl<'s> Halves<'s> {
    pub(super) fn of(said: &'s [&'s Said]) -> Self {
        Self {
            parts: vec![Part::Ask(said)],
            told: Vec::with_capacity(said.len()),
        }
    }

    /// The next ones to be asked for in one request.
    pub(super) fn next(&mut self) -> Option<&'s [&'s Said]> {
        loop {
            match self.parts.pop()? {
                Part::Ask(part) => return Some(part),
                Part::Told(tried) => self.told.push(tried),
            }
        }
    }

    /// Tells how it went with these: as many words as events.
    pub(super) fn tell(&mut self, part: &'s [&'s Said], tried: Vec<Tried>) {
        if part.len() > 1 && tried.iter().all(is_refused) {
            let (left, right) = part.split_at(part.len() / 2);
            self.parts.extend([Part::Ask(right), Part::Ask(left)]);
            return;
        }
        if part.len() > 1 && tried.iter().any(is_refused) {
            self.spare(part, tried);
            return;
        }
        let is_gone = tried.iter().all(|tried| is_gone(tried.verdict));
        let gone = tried.last().filter(|_| is_gone).cloned();
        self.told.extend(tried);
        if let Some(gone) = gone {
            for part in self.parts.drain(..).rev() {
                match part {
                    Part::Ask(part) => self.told.extend(std::iter::repeat_n(gone.clone(), part.len())),
                    Part::Told(tried) => self.told.push(tried),
                }
            }
        }
    }

    /// Those that were refused for the company of others, who are named, are asked for without them.
    fn spare(&mut self, part: &'s [&'s Said], tried: Vec<Tried>) {
        let between = |from: usize, to: usize| {
            let spared = part.get(from..to).filter(|spared| !spared.is_empty());
            spared.map(Part::Ask)
        };
        let (mut parts, mut from) = (Vec::new(), 0);
        for (at, tried) in tried.into_iter().enumerate() {
            if !is_refused(&tried) {
                parts.extend(between(from, at));
                parts.push(Part::Told(tried));
                from = at + 1;
            }
        }
        parts.extend(between(from, part.len()));
        self.parts.extend(parts.into_iter().rev());
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
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
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
        /// Whether it says which they are.
        names_them: bool,
        /// What it was asked, and whether it took it.
        asked: RefCell<Vec<(Vec<usize>, bool)>>,
    }

    const NAMED: Verdict = Verdict::GiveUp { reason: "invalid" };

    impl Picky {
        fn new(bad: impl IntoIterator<Item = usize>, requests_max: usize) -> Self {
            Self {
                bad: bad.into_iter().collect(),
                requests_max,
                names_them: false,
                asked: RefCell::default(),
            }
        }

        fn naming(self) -> Self {
            Self {
                names_them: true,
                ..self
            }
        }

        fn verdicts(&self, said: &[&Said]) -> Vec<Tried> {
            let of_all = self.verdict(said);
            let is_bad = |said: &&Said| self.bad.contains(&(said.uuid.as_u128() as usize));
            let of_one = |said| match of_all {
                Verdict::GiveUp { .. } if self.names_them && is_bad(said) => NAMED,
                of_all => of_all,
            };
            said.iter().map(|said| tried(of_one(said))).collect()
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
                halves.tell(part, self.verdicts(part));
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

    #[test]
    fn who_is_named_is_left_out_at_once() {
        let picky = Picky::new([0, 17, 18], usize::MAX).naming();
        let told = picky.told(50);
        let named = |at: &usize| told[*at] == NAMED;
        assert_eq!((0..50).filter(named).collect::<Vec<_>>(), [0, 17, 18]);
        assert_eq!(picky.taken().len(), 47);
        assert_eq!(picky.asked.borrow().len(), 3, "all, and what is between them");
    }

    proptest! {
        /// Those that are not wanted are told so and no other, each other one is taken once and in order, and it does not take
        /// many requests.
        #[test]
        fn whoever_is_bad_is_found_and_nobody_else(
            events in 1_usize..200,
            bad in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
            names_them in any::<bool>(),
        ) {
            let picky = Picky::new(bad.iter().map(|index| index.index(events)), usize::MAX);
            let picky = Picky { names_them, ..picky };
            let told = picky.told(events);
            prop_assert_eq!(told.len(), events);
            for (number, verdict) in told.iter().enumerate() {
                let is_taken = *verdict == Verdict::Delivered;
                prop_assert_eq!(is_taken, !picky.bad.contains(&number));
            }
            let good: Vec<usize> = (0..events).filter(|number| !picky.bad.contains(number)).collect();
            prop_assert_eq!(picky.taken(), good);
            let depth = events.next_power_of_two().ilog2() as usize;
            let halving = 1 + 2 * picky.bad.len() * depth;
            let requests_max = if names_them { 2 + picky.bad.len() } else { halving };
            prop_assert!(picky.asked.borrow().len() <= requests_max);
        }

        /// Whenever it goes away: who is told to be taken was taken, who is told to come again was not, and nobody is asked for
        /// any more.
        #[test]
        fn who_goes_away_meanwhile_is_asked_no_further(
            events in 1_usize..200,
            bad in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
            requests_max in 0_usize..40,
            names_them in any::<bool>(),
        ) {
            let picky = Picky::new(bad.iter().map(|index| index.index(events)), requests_max);
            let picky = Picky { names_them, ..picky };
            let told = picky.told(events);
            prop_assert_eq!(told.len(), events);
            prop_assert!(picky.asked.borrow().len() <= requests_max + 1);
            let of = |wanted: Verdict| (0..events).filter(|number| told.get(*number) == Some(&wanted)).collect::<Vec<_>>();
            prop_assert_eq!(picky.taken(), of(Verdict::Delivered));
            let refused = [of(Verdict::GiveUp { reason: REFUSED }), of(NAMED)].concat();
            prop_assert!(refused.iter().all(|number| picky.bad.contains(number)));
            let again = of(AWAY);
            // Those that come again are the last ones, but for those who were named before.
            let last = again.first().map_or(0, |first| (*first..events).filter(|at| !refused.contains(at)).count());
            prop_assert_eq!(again.len(), last);
        }
    }
}
