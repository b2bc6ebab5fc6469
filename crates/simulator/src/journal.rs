//! Remembers how far the accounts came, so that a restart goes on with the same deals.
//!
//! An account is a function of its seed and the times of its steps; so the file holds only runs of steps: the
//! number of the first, its time, and the gap. After a kill up to a second of steps is taken again, with new
//! times and thus new event ids.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::error::Error;
use crate::moment::Moment;
use crate::world::World;

/// Runs that are kept; one beyond that is refused rather than forgotten.
const RUNS_MAX: usize = 10_000;

/// Steps at equal distances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    first: u64,
    start_micros: i64,
    gap_micros: u64,
    taken: u64,
}

impl Run {
    /// The number and the time of the next step.
    pub(crate) fn next(&mut self) -> (u64, Moment) {
        let step = self.step(self.taken);
        self.taken += 1;
        step
    }

    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    fn step(&self, number: u64) -> (u64, Moment) {
        let after = Duration::from_micros(self.gap_micros.saturating_mul(number));
        (
            self.first + number,
            Moment::from_micros(self.start_micros).plus(after),
        )
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    seed: u64,
    companies: Vec<u64>,
    several_currencies: bool,
    #[serde(default = "contacts_before_they_were_set")]
    contacts: u32,
    #[serde(default)]
    everything: bool,
    founded_micros: i64,
    runs: Vec<Run>,
}

/// A state file that says nothing of contacts is of a time when there was no choice.
fn contacts_before_they_were_set() -> u32 {
    Config::default().contacts
}

#[derive(Debug)]
pub(crate) struct Journal {
    path: Option<PathBuf>,
    kept: Kept,
}

impl Journal {
    /// Reads the state file, or begins a new history that ends now.
    pub(crate) fn open(config: &Config) -> Result<Self, Error> {
        let path = config.state.clone();
        let kept = match path.as_ref().filter(|path| path.exists()) {
            Some(path) => {
                let text = std::fs::read(path).map_err(|source| Error::Read {
                    path: path.clone(),
                    source,
                })?;
                let kept: Kept = serde_json::from_slice(&text).map_err(|source| Error::State {
                    path: path.clone(),
                    source,
                })?;
                if let Some(setting) = other_setting(&kept, config) {
                    return Err(Error::OtherState {
                        path: path.clone(),
                        setting,
                    });
                }
                kept
            }
            None => Kept {
                seed: config.seed,
                companies: config.companies.clone(),
                several_currencies: config.several_currencies,
                contacts: config.contacts,
                everything: config.everything,
                founded_micros: Moment::now()
                    .minus(World::history_gap(config) * config.history_events)
                    .micros(),
                runs: Vec::new(),
            },
        };
        Ok(Self { path, kept })
    }

    pub(crate) fn founded(&self) -> Moment {
        Moment::from_micros(self.kept.founded_micros)
    }

    /// All steps ever taken, with their times.
    pub(crate) fn past(&self) -> impl Iterator<Item = (u64, Moment)> {
        self.kept
            .runs
            .iter()
            .flat_map(|run| (0..run.taken).map(|number| run.step(number)))
    }

    /// Steps taken so far.
    pub(crate) fn taken(&self) -> u64 {
        self.kept.runs.last().map_or(0, |run| run.first + run.taken)
    }

    /// The history's run, or what is left of one that was broken off; nothing when life has begun.
    pub(crate) fn history_run(&self, gap: Duration) -> Option<Run> {
        match self.kept.runs.as_slice() {
            [] => Some(self.run(self.founded(), gap)),
            [history] => Some(history.clone()),
            _ => None,
        }
    }

    /// A run that follows what was taken.
    pub(crate) fn run(&self, start: Moment, gap: Duration) -> Run {
        let gap_micros = u64::try_from(gap.as_micros()).unwrap_or(u64::MAX);
        Run {
            first: self.taken(),
            start_micros: start.micros(),
            gap_micros,
            taken: 0,
        }
    }

    /// Writes down how far this run came.
    pub(crate) fn note(&mut self, run: &Run) -> Result<(), Error> {
        let runs = &mut self.kept.runs;
        let known = runs.len();
        match runs.last_mut() {
            Some(last) if last.first == run.first => *last = run.clone(),
            _ if known < RUNS_MAX => runs.push(run.clone()),
            // Without a file nobody will ask how it came so far.
            _ if self.path.is_none() => *runs = vec![run.clone()],
            _ => {
                return Err(Error::Option {
                    option: "state",
                    why: "too many restarts and commands, begin anew",
                });
            }
        }
        let Some(path) = &self.path else { return Ok(()) };
        let failed = |source| Error::Write {
            path: path.clone(),
            source,
        };
        let text = serde_json::to_vec(&self.kept).map_err(|source| Error::State {
            path: path.clone(),
            source,
        })?;
        let beside = path.with_extension("new");
        std::fs::write(&beside, text).map_err(failed)?;
        std::fs::rename(&beside, path).map_err(failed)
    }
}

fn other_setting(kept: &Kept, config: &Config) -> Option<&'static str> {
    if kept.seed != config.seed {
        Some("seed")
    } else if kept.companies != config.companies {
        Some("company")
    } else if kept.several_currencies != config.several_currencies {
        Some("several-currencies")
    } else if kept.contacts != config.contacts {
        Some("contacts")
    } else if kept.everything != config.everything {
        Some("everything")
    } else {
        None
    }
}
