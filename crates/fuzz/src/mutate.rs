//! Changes of inputs that hurt parsers: cut, doubled, nested, spliced, with words and numbers that stand at edges.
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use crate::INPUT_BYTES_MAX;

/// What stands at the edge of what a parser takes.
const WORDS: &[&[u8]] = &[
    b"null",
    b"true",
    b"{}",
    b"[]",
    b"\"\"",
    b"-0",
    b"1e400",
    b"-1e-400",
    b"18446744073709551616",
    b"9223372036854775808",
    b"0.1e1",
    b"1.00000000000000000000000000000000000001",
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"\xc0\x80",
    b"\xf4\x90\x80\x80",
    b"\"id\":",
    b"\"meta\":",
    b"\"current\":",
    b"\"data\":",
    b"\"previous\":",
    b"\"v\":1",
    b"\"version\":\"2.0\"",
    b"\"timestamp\":\"9999-12-31T23:59:60.999999999Z\"",
    b"\"timestamp_micro\":-1",
    b"\"retry\":",
    b"\"emails\":[[]]",
    b"\"custom_fields\":{\"a\":{\"type\":\"monetary\"}}",
    b"/",
    b":",
    b"-",
    b",",
    b"\xef\xbb\xbf",
];
const CHANGES_MAX: u32 = 6;
/// Brackets in one nesting.
const DEPTH_MAX: usize = 4_000;

/// Makes inputs without end.
#[derive(Debug)]
pub struct Mutator<'a> {
    random: StdRng,
    inputs: &'a [Vec<u8>],
}

impl<'a> Mutator<'a> {
    /// Of these inputs; without any, of nothing.
    pub fn new(random: StdRng, inputs: &'a [Vec<u8>]) -> Self {
        Self { random, inputs }
    }

    /// Another one.
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> Vec<u8> {
        let mut input = self.inputs.choose(&mut self.random).cloned().unwrap_or_default();
        for _ in 0..self.random.random_range(1..=CHANGES_MAX) {
            self.change(&mut input);
        }
        input.truncate(INPUT_BYTES_MAX);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        match self.random.random_range(0..9) {
            0 => self.flip(input),
            1 => {
                let range = self.range(input.len(), 64);
                input.drain(range);
            }
            2 => {
                let range = self.range(input.len(), 256);
                let copied: Vec<u8> = input.get(range).unwrap_or_default().to_vec();
                self.insert(input, &copied);
            }
            3 => {
                let at = self.at(input.len());
                input.truncate(at);
            }
            4 => self.nest(input),
            5 => {
                let other = self.inputs.choose(&mut self.random).cloned().unwrap_or_default();
                let range = self.range(other.len(), 2_048);
                let piece = other.get(range).unwrap_or_default().to_vec();
                self.insert(input, &piece);
            }
            6 => self.number(input),
            _ => {
                let word = WORDS.choose(&mut self.random).copied().unwrap_or_default();
                self.insert(input, word);
            }
        }
    }

    fn flip(&mut self, input: &mut [u8]) {
        let at = self.at(input.len());
        let bit = self.random.random_range(0..8);
        if let Some(byte) = input.get_mut(at) {
            *byte ^= 1 << bit;
        }
    }

    fn insert(&mut self, input: &mut Vec<u8>, piece: &[u8]) {
        if input.len() + piece.len() <= INPUT_BYTES_MAX {
            let at = self.at(input.len());
            input.splice(at..at, piece.iter().copied());
        }
    }

    fn nest(&mut self, input: &mut Vec<u8>) {
        let depth = self.random.random_range(1..DEPTH_MAX);
        let opening: &[u8] = if self.random.random() { b"[" } else { b"{\"a\":" };
        self.insert(input, &opening.repeat(depth));
    }

    /// Makes a number longer.
    fn number(&mut self, input: &mut Vec<u8>) {
        let digits: Vec<usize> = input
            .iter()
            .enumerate()
            .filter(|(_, byte)| byte.is_ascii_digit())
            .map(|(at, _)| at)
            .collect();
        if let Some(at) = digits.choose(&mut self.random).copied() {
            let many = self.random.random_range(1..40);
            input.splice(at..at, std::iter::repeat_n(b'9', many));
        }
    }

    fn at(&mut self, length: usize) -> usize {
        self.random.random_range(0..=length)
    }

    fn range(&mut self, length: usize, bytes_max: usize) -> std::ops::Range<usize> {
        let from = self.at(length);
        let to = (from + self.random.random_range(0..=bytes_max)).min(length);
        from..to
    }
}
