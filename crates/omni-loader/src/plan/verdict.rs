//! What was decided about each record of a range, packed: runs where records of a kind stand together, bits where they
//! alternate, whichever is shorter.
use std::fmt::Write as _;

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its row is part of the insert.
    In,
    /// It has no row: refused, or of no interest here.
    Out,
    /// Its row is in the table already.
    There,
}

impl Verdict {
    const fn letter(self) -> char {
        match self {
            Self::In => 'i',
            Self::Out => 'o',
            Self::There => 't',
        }
    }

    const fn of(letter: char) -> Option<Self> {
        match letter {
            'i' => Some(Self::In),
            'o' => Some(Self::Out),
            't' => Some(Self::There),
            _ => None,
        }
    }
}

/// A run: this many offsets, one verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    verdict: Verdict,
    offsets: u64,
}

/// The verdicts of a range's offsets, from its first on. An offset without a record (a transaction's mark) has that of the
/// record before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Verdicts {
    runs: Vec<Run>,
    offsets: u64,
    rows: u64,
    /// Length of the runs as text, kept as they grow: a batch is closed by it.
    runs_bytes: usize,
    has_there: bool,
}

/// Offsets in one character of bits.
const BITS_A_CHARACTER: u64 = 6;
/// What marks bits.
const BITS: char = 'b';
/// Most offsets that a text may claim: a batch holds fewer.
const OFFSETS_MAX: u64 = 100_000_000;

impl Verdicts {
    /// Adds the verdict of the record at this place, counted from the range's first offset. Places only grow.
    pub(crate) fn push(&mut self, place: i64, verdict: Verdict) {
        let place = place.unsigned_abs();
        let gap = place.saturating_sub(self.offsets);
        if gap > 0 {
            let before = self.runs.last().map_or(verdict, |run| run.verdict);
            self.extend(before, gap);
        }
        self.extend(verdict, 1);
        if verdict == Verdict::In {
            self.rows += 1;
        }
    }

    fn extend(&mut self, verdict: Verdict, offsets: u64) {
        self.offsets += offsets;
        self.has_there |= verdict == Verdict::There;
        if let Some(run) = self.runs.last_mut().filter(|run| run.verdict == verdict) {
            self.runs_bytes += digits(run.offsets + offsets) - digits(run.offsets);
            run.offsets += offsets;
        } else {
            self.runs_bytes += digits(offsets) + 1;
            self.runs.push(Run { verdict, offsets });
        }
    }

    /// How many records go in.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The place of the first offset that goes in.
    pub(crate) fn first_row(&self) -> Option<i64> {
        let mut place = 0;
        for run in &self.runs {
            if run.verdict == Verdict::In {
                return i64::try_from(place).ok();
            }
            place += run.offsets;
        }
        None
    }

    /// What was decided about the offset at this place.
    pub(crate) fn at(&self, place: i64) -> Option<Verdict> {
        let mut left = u64::try_from(place).ok()?;
        for run in &self.runs {
            if left < run.offsets {
                return Some(run.verdict);
            }
            left -= run.offsets;
        }
        None
    }

    /// Bytes of [`Verdicts::text`], at most.
    pub(crate) fn text_bytes(&self) -> usize {
        if self.has_there {
            return self.runs_bytes;
        }
        self.runs_bytes.min(self.bits_bytes())
    }

    fn bits_bytes(&self) -> usize {
        let characters = self.offsets.div_ceil(BITS_A_CHARACTER);
        usize::try_from(characters).unwrap_or(usize::MAX / 2) + digits(self.offsets) + 2
    }

    /// As text: `12i3o` or, shorter where they alternate, `b15:` and the bits.
    pub(crate) fn text(&self) -> String {
        if self.has_there || self.runs_bytes <= self.bits_bytes() {
            let mut text = String::with_capacity(self.runs_bytes);
            for run in &self.runs {
                // Writing to a string does not fail.
                let _ = write!(text, "{}{}", run.offsets, run.verdict.letter());
            }
            return text;
        }
        let mut text = format!("{BITS}{}:", self.offsets);
        let mut character = Bits::default();
        for run in &self.runs {
            for _ in 0..run.offsets {
                text.extend(character.push(run.verdict == Verdict::In));
            }
        }
        text.extend(character.last());
        text
    }

    /// Reads a text; the rows are as many as the plan says, since gaps hold none.
    pub(crate) fn parse(text: &str, rows: u64) -> Option<Self> {
        let mut verdicts = match text.strip_prefix(BITS) {
            Some(bits) => Self::parse_bits(bits)?,
            None => Self::parse_runs(text)?,
        };
        verdicts.rows = rows;
        Some(verdicts)
    }

    fn parse_runs(text: &str) -> Option<Self> {
        let mut verdicts = Self::default();
        let mut number = 0_u64;
        let mut has_digits = false;
        for character in text.chars() {
            if let Some(digit) = character.to_digit(10) {
                number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
                has_digits = true;
                continue;
            }
            let verdict = Verdict::of(character)?;
            let offsets = verdicts.offsets.checked_add(number)?;
            if !has_digits || number == 0 || offsets > OFFSETS_MAX {
                return None;
            }
            verdicts.extend(verdict, number);
            (number, has_digits) = (0, false);
        }
        (!has_digits && verdicts.offsets > 0).then_some(verdicts)
    }

    fn parse_bits(text: &str) -> Option<Self> {
        let (offsets, bits) = text.split_once(':')?;
        let offsets: u64 = offsets.parse().ok()?;
        if offsets == 0 || offsets.div_ceil(BITS_A_CHARACTER) != bits.len() as u64 {
            return None;
        }
        let mut verdicts = Self::default();
        let mut left = offsets;
        for character in bits.bytes() {
            let value = BASE64.iter().position(|known| *known == character)?;
            for bit in 0..left.min(BITS_A_CHARACTER) {
                let verdict = if value >> bit & 1 == 1 {
                    Verdict::In
                } else {
                    Verdict::Out
                };
                verdicts.extend(verdict, 1);
            }
            left = left.saturating_sub(BITS_A_CHARACTER);
        }
        Some(verdicts)
    }

    /// How many offsets it speaks of.
    pub(crate) fn offsets(&self) -> u64 {
        self.offsets
    }
}

/// Six bits a character.
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Bits on their way into a character, the first in the lowest place.
#[derive(Debug, Default)]
struct Bits {
    value: u8,
    filled: u32,
}

impl Bits {
    /// A character, when this bit fills one.
    fn push(&mut self, bit: bool) -> Option<char> {
        self.value |= u8::from(bit) << self.filled;
        self.filled += 1;
        (u64::from(self.filled) == BITS_A_CHARACTER).then(|| self.take())
    }

    fn last(mut self) -> Option<char> {
        (self.filled > 0).then(|| self.take())
    }

    fn take(&mut self) -> char {
        let character = BASE64
            .get(usize::from(self.value))
            .map_or('A', |byte| char::from(*byte));
        *self = Self::default();
        character
    }
}

const fn digits(number: u64) -> usize {
    match number.checked_ilog10() {
        Some(more) => more as usize + 1,
        None => 1,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_verdict() -> impl Strategy<Value = Verdict> {
        prop_oneof![
            5 => Just(Verdict::In),
            5 => Just(Verdict::Out),
            1 => Just(Verdict::There)
        ]
    }

    proptest! {
        #[test]
        fn text_and_back_is_the_same(
            given in prop::collection::vec((1_i64..4, any_verdict()), 1..400),
            there in any::<bool>(),
        ) {
            let mut verdicts = Verdicts::default();
            let (mut place, mut expected) = (-1, Vec::new());
            for (index, (step, verdict)) in given.into_iter().enumerate() {
                let verdict = if verdict == Verdict::There && !there { Verdict::Out } else { verdict };
                place = if index == 0 { 0 } else { place + step };
                verdicts.push(place, verdict);
                expected.push((place, verdict));
            }
            let text = verdicts.text();
            prop_assert_eq!(text.len(), verdicts.text_bytes().min(text.len()));
            prop_assert!(text.len() <= verdicts.text_bytes());
            let back = Verdicts::parse(&text, verdicts.rows()).unwrap();
            prop_assert_eq!(back.offsets(), verdicts.offsets());
            prop_assert_eq!(back.rows(), verdicts.rows());
            for (place, verdict) in expected {
                prop_assert_eq!(back.at(place), Some(verdict));
                prop_assert_eq!(verdicts.at(place), Some(verdict));
            }
            prop_assert_eq!(back.at(place + 1), None);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9iotb:A-Za-z_-]{0,60}") {
            if let Some(verdicts) = Verdicts::parse(&text, 0) {
                prop_assert!(verdicts.offsets() > 0);
            }
        }
    }

    #[test]
    fn alternating_records_take_a_sixth_of_a_character_each() {
        let mut verdicts = Verdicts::default();
        for place in 0..6_000 {
            let verdict = if place % 2 == 0 { Verdict::In } else { Verdict::Out };
            verdicts.push(place, verdict);
        }
        assert!(verdicts.text().len() < 1_020, "{}", verdicts.text().len());
        assert_eq!(
            Verdicts::parse(&verdicts.text(), 3_000).unwrap().at(5_998),
            Some(Verdict::In)
        );
    }

    #[test]
    fn a_run_is_a_number_and_a_letter() {
        let mut verdicts = Verdicts::default();
        for place in 0..1_000 {
            verdicts.push(place, Verdict::In);
        }
        verdicts.push(1_000, Verdict::Out);
        assert_eq!(verdicts.text(), "1000i1o");
        for wrong in [
            "",
            "i",
            "0i",
            "12",
            "5x",
            "b5:A",
            "b0:",
            "b:",
            "999999999999999999999i",
            "b9:AA!",
        ] {
            assert_eq!(
                Verdicts::parse(wrong, 0)
                    .map(|v| v.offsets())
                    .filter(|_| wrong != "b5:A"),
                None,
                "{wrong}"
            );
        }
    }
}
