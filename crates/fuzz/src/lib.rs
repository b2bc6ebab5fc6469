//! Feeds a function what nobody would send: kept inputs, and changes of them without end.
//!
//! Promises: a run is the same for the same seed, corpus and number of inputs; an input that makes the function panic is
//! kept beside the corpus as `crash-…` and named, and is tried first from then on. In place of cargo-fuzz, which
//! needs a nightly compiler.
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::StdRng;

pub use mutate::Mutator;

/// No input grows beyond: the function under test has its own limit on what it is given.
pub const INPUT_BYTES_MAX: usize = 256 * 1024;

/// How long a run is.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    /// Inputs made beside those that are kept.
    pub inputs: u64,
    /// Goes on for so long when the inputs were done sooner.
    pub at_least: Duration,
}

/// A folder of kept inputs and what changes them.
#[derive(Debug)]
pub struct Corpus {
    folder: PathBuf,
    inputs: Vec<Vec<u8>>,
}

impl Corpus {
    /// Reads all files of the folder, in the order of their names.
    ///
    /// # Errors
    /// The folder or a file cannot be read.
    pub fn read(folder: &Path) -> std::io::Result<Self> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<_>>()?;
        files.retain(|path| path.is_file());
        files.sort();
        let inputs = files.iter().map(std::fs::read).collect::<std::io::Result<_>>()?;
        Ok(Self {
            folder: folder.to_owned(),
            inputs,
        })
    }

    /// Adds inputs that are kept elsewhere.
    #[must_use]
    pub fn with(mut self, inputs: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.inputs.extend(inputs);
        self
    }

    /// Tries all kept inputs, then changed ones; how many were tried.
    ///
    /// # Panics
    /// When the function does; says where the input is kept.
    pub fn run(&self, seed: u64, length: Length, mut target: impl FnMut(&[u8])) -> u64 {
        let begun = Instant::now();
        let mut tried = 0;
        for input in &self.inputs {
            self.one(input, &mut target);
            tried += 1;
        }
        let mut mutator = Mutator::new(StdRng::seed_from_u64(seed), &self.inputs);
        let mut made = 0;
        while made < length.inputs || begun.elapsed() < length.at_least {
            let input = mutator.next();
            self.one(&input, &mut target);
            made += 1;
        }
        tried + made
    }

    fn one(&self, input: &[u8], target: &mut impl FnMut(&[u8])) {
        let outcome = catch_unwind(AssertUnwindSafe(|| target(input)));
        if outcome.is_err() {
            let path = self.folder.join(format!("crash-{:016x}", hash(input)));
            let kept = std::fs::write(&path, input);
            panic!(
                "an input of {} bytes makes it panic; {} ({kept:?})",
                input.len(),
                path.display()
            );
        }
    }
}

/// FNV-1a: names a file, nothing more.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SHORT: Length = Length {
        inputs: 20_000,
        at_least: Duration::ZERO,
    };

    #[test]
    fn an_input_that_makes_it_panic_is_found_and_kept() {
        let folder = std::env::temp_dir().join(format!("omni-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("seed"), br#"{"id": 17}"#).unwrap();
        let corpus = Corpus::read(&folder).unwrap();
        let found = catch_unwind(AssertUnwindSafe(|| {
            corpus.run(1, SHORT, |input| {
                // A number too large for what it is parsed into.
                let digits = input.iter().filter(|byte| byte.is_ascii_digit()).count();
                assert!(digits < 19);
            });
        }));
        assert!(found.is_err());
        let kept = std::fs::read_dir(&folder).unwrap().count();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(kept, 2);
    }

    #[test]
    fn a_seed_always_makes_the_same_inputs() {
        let inputs = [b"[1, 2]".to_vec(), b"{}".to_vec()];
        let of = |seed| {
            let mut mutator = Mutator::new(StdRng::seed_from_u64(seed), &inputs);
            (0..100).map(|_| mutator.next()).collect::<Vec<_>>()
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }
}
