//! What goes wrong, and when: drawn from a seed, so that a run can be made again.
use std::fmt;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

use super::corner::INSTANCES;
use super::relay::Weather;

/// What can be killed, frozen, or have a second instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Collector,
    Enricher,
    Activation,
    Loader,
    Kafka,
    ClickHouse,
}

impl Part {
    pub(super) const ALL: [Self; 6] = [
        Self::Collector,
        Self::Enricher,
        Self::Activation,
        Self::Loader,
        Self::Kafka,
        Self::ClickHouse,
    ];
    /// Those of ours.
    pub(super) const STAGES: [Self; 4] = [Self::Collector, Self::Enricher, Self::Activation, Self::Loader];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Collector => "collector",
            Self::Enricher => "enricher",
            Self::Activation => "activation",
            Self::Loader => "loader",
            Self::Kafka => "kafka",
            Self::ClickHouse => "clickhouse",
        }
    }

    /// By its name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A server behind a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    ToKafka,
    ToClickHouse,
}

/// A disk of its own, small enough to be filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disk {
    /// The collectors' spools.
    Spool,
    /// The enrichers' states.
    Store,
}

impl Disk {
    pub(super) const ALL: [Self; 2] = [Self::Spool, Self::Store];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Spool => "spool",
            Self::Store => "store",
        }
    }

    /// Whose it is.
    const fn part(self) -> Part {
        match self {
            Self::Spool => Part::Collector,
            Self::Store => Part::Enricher,
        }
    }
}

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// kill -9; it is started again. A stage's instance 0 or 1, whichever runs.
    Kill(Part, usize),
    /// kill -9 of the loaders while their inserts are on the way: unsent, or made and not heard of.
    KillAmid(Weather),
    /// SIGSTOP for so long, then SIGCONT: beyond the session timeout it wakes as a zombie.
    Freeze(Part, usize, Duration),
    /// A second instance of a stage comes, or goes.
    Second(Part),
    /// Something happens to what passes, for so long.
    Weather(Way, Weather, Duration),
    /// A disk has no room left, for so long. The spool's while the way to Kafka is silent: it is not written to otherwise.
    Full(Disk, Duration),
    /// Topics and tables become those of this version, while the one before runs.
    UpgradeTables,
    /// An instance is stopped, and this version takes its place.
    Upgrade(Part, usize),
}

impl Fault {
    /// How long until it is mended; `None` for what needs no mending.
    pub(super) const fn lasts(self) -> Option<Duration> {
        match self {
            Self::Freeze(_, _, long) | Self::Weather(_, _, long) | Self::Full(_, long) => Some(long),
            Self::Kill(..)
            | Self::KillAmid(_)
            | Self::Second(_)
            | Self::UpgradeTables
            | Self::Upgrade(..) => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(part, _) => write!(f, "kill {part}"),
            Self::KillAmid(weather) => write!(f, "kill loader, its inserts {weather:?}"),
            Self::Freeze(part, _, long) => write!(f, "freeze {part} for {} s", long.as_secs()),
            Self::Second(part) => write!(f, "second {part} comes or goes"),
            Self::Weather(way, weather, long) => {
                let way = match way {
                    Way::ToKafka => "kafka",
                    Way::ToClickHouse => "clickhouse",
                };
                write!(f, "way to {way} {weather:?} for {} ms", long.as_millis())
            }
            Self::Full(disk, long) => write!(f, "{} disk full for {} s", disk.name(), long.as_secs()),
            Self::UpgradeTables => f.write_str("topics and tables of this version"),
            Self::Upgrade(part, instance) => write!(f, "{part} {instance} of this version"),
        }
    }
}

/// How the faults of a run are drawn.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    pub(super) seed: u64,
    pub(super) length: Duration,
    /// Between two kills.
    pub(super) kill_every: Duration,
    /// What may be killed.
    pub(super) parts: Vec<Part>,
    /// Whether the version before is upgraded from.
    pub(super) is_upgrade: bool,
}

/// Weather, freezes, second instances and full disks come once in so many kills.
const KILLS_A_WEATHER: u32 = 2;
const KILLS_A_SECOND: u32 = 3;
const KILLS_A_FREEZE: u32 = 5;
const KILLS_A_FULL: u32 = 6;
/// The loader twice: what it writes cannot be taken back.
const FREEZABLE: [Part; 4] = [Part::Loader, Part::Loader, Part::Enricher, Part::Activation];
/// Beyond the session timeout of 8 s and the insert deadline of 10 s.
const FREEZE: std::ops::Range<u64> = 10_000..16_000;
/// Less than a post is tried for.
const FULL: std::ops::Range<u64> = 3_000..10_000;

/// The faults of a run, each with its time from the start, in order. Every part is killed about equally often.
pub(super) fn draw(recipe: &Recipe) -> Vec<(Duration, Fault)> {
    let mut random = StdRng::seed_from_u64(recipe.seed);
    let mut faults = Vec::new();
    let mut order: Vec<Part> = Vec::new();
    let mut at = recipe.kill_every;
    let mut kills = 0_u32;
    let mut of_loader = [None, Some(Weather::Unheard), Some(Weather::Unsent)]
        .into_iter()
        .cycle();
    while at < recipe.length {
        if order.is_empty() {
            order.clone_from(&recipe.parts);
            order.shuffle(&mut random);
        }
        let jitter = recipe
            .kill_every
            .mul_f64(random.random_range(-0.3..0.3_f64).abs());
        if let Some(part) = order.pop() {
            let instance = random.random_range(0..2);
            let amid = (part == Part::Loader)
                .then(|| of_loader.next().flatten())
                .flatten();
            let fault = amid.map_or(Fault::Kill(part, instance), Fault::KillAmid);
            faults.push((at + jitter, fault));
        }
        kills += 1;
        let between = at + recipe.kill_every.mul_f64(random.random_range(0.0..0.9));
        if kills.is_multiple_of(KILLS_A_WEATHER) {
            faults.push((between, weather(&mut random)));
        }
        let mut some = |of: &[Part]| {
            let allowed: Vec<Part> = of
                .iter()
                .filter(|part| recipe.parts.contains(part))
                .copied()
                .collect();
            allowed.choose(&mut random).copied()
        };
        if kills.is_multiple_of(KILLS_A_SECOND)
            && let Some(part) = some(&Part::STAGES)
        {
            faults.push((between, Fault::Second(part)));
        }
        if kills.is_multiple_of(KILLS_A_FREEZE)
            && let Some(part) = some(&FREEZABLE)
        {
            let long = Duration::from_millis(random.random_range(FREEZE));
            faults.push((between, Fault::Freeze(part, random.random_range(0..2), long)));
        }
        if kills.is_multiple_of(KILLS_A_FULL) {
            let disk = Disk::ALL.into_iter().cycle().nth((kills / KILLS_A_FULL) as usize);
            if let Some(disk) = disk.filter(|disk| recipe.parts.contains(&disk.part())) {
                let long = Duration::from_millis(random.random_range(FULL));
                faults.push((between, Fault::Full(disk, long)));
            }
        }
        at += recipe.kill_every;
    }
    if recipe.is_upgrade {
        faults.extend(upgrade(recipe, &mut random));
    }
    faults.sort_by_key(|(at, _)| *at);
    faults
}

/// Tables after a third of the run, then the instances one after the other, in any order: a cluster keeps none either. The last
/// comes when a tenth of the run is left.
fn upgrade(recipe: &Recipe, random: &mut StdRng) -> Vec<(Duration, Fault)> {
    let mut order: Vec<Fault> = Part::STAGES
        .into_iter()
        .flat_map(|part| (0..INSTANCES).map(move |instance| Fault::Upgrade(part, instance)))
        .collect();
    order.shuffle(random);
    let begin = recipe.length.mul_f64(0.35);
    let step = recipe.length.mul_f64(0.55) / u32::try_from(order.len()).unwrap_or(u32::MAX);
    let steps = std::iter::once(Fault::UpgradeTables).chain(order);
    (0_u32..)
        .zip(steps)
        .map(|(number, fault)| (begin + step * number, fault))
        .collect()
}

fn weather(random: &mut StdRng) -> Fault {
    let way = *[Way::ToKafka, Way::ToClickHouse, Way::ToClickHouse]
        .choose(random)
        .unwrap_or(&Way::ToClickHouse);
    let weather = match random.random_range(0..3) {
        0 => Weather::Slow(Duration::from_millis(random.random_range(20..200))),
        1 => Weather::Silent,
        _ => Weather::Cut,
    };
    Fault::Weather(
        way,
        weather,
        Duration::from_millis(random.random_range(300..4_000)),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn recipe(seed: u64) -> Recipe {
        Recipe {
            seed,
            length: Duration::from_mins(10),
            kill_every: Duration::from_secs(12),
            parts: Part::ALL.to_vec(),
            is_upgrade: false,
        }
    }

    #[test]
    fn an_upgrade_brings_the_tables_first_and_then_every_instance_once() {
        let recipe = Recipe {
            is_upgrade: true,
            ..recipe(2)
        };
        let all = draw(&recipe);
        let place = |wanted: Fault| {
            let found: Vec<Duration> = all
                .iter()
                .filter(|(_, fault)| *fault == wanted)
                .map(|(at, _)| *at)
                .collect();
            assert_eq!(found.len(), 1, "{wanted}");
            found.first().copied().unwrap()
        };
        let tables = place(Fault::UpgradeTables);
        for part in Part::STAGES {
            for instance in 0..INSTANCES {
                let at = place(Fault::Upgrade(part, instance));
                assert!(
                    at > tables && at < recipe.length.mul_f64(0.91),
                    "{part} {instance} at {at:?}"
                );
            }
        }
    }

    #[test]
    fn a_seed_always_gives_the_same_faults() {
        assert_eq!(draw(&recipe(3)), draw(&recipe(3)));
        assert_ne!(draw(&recipe(3)), draw(&recipe(4)));
    }

    #[test]
    fn ten_minutes_kill_each_part_at_least_eight_times() {
        for seed in 1..=5 {
            let faults = draw(&recipe(seed));
            for part in Part::ALL {
                let kills = faults.iter().filter(|(_, fault)| match fault {
                    Fault::Kill(killed, _) => *killed == part,
                    Fault::KillAmid(_) => part == Part::Loader,
                    _ => false,
                });
                assert!(kills.count() >= 8, "{part}, seed {seed}");
            }
            assert!(faults.iter().any(|(_, fault)| matches!(fault, Fault::Freeze(..))));
            for disk in Disk::ALL {
                let is_filled = |(_, fault): &(Duration, Fault)| matches!(fault, Fault::Full(filled, _) if *filled == disk);
                assert!(faults.iter().any(is_filled), "{disk:?}, seed {seed}");
            }
        }
    }
}
