//! What happened between two looks. Pure.
//!
//! A counter that is smaller than before belongs to a process that began anew: it counts from nothing. An instance that was not
//! there before tells nothing yet.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::command::watched::{Instance, Numbers, STAGES};

/// One look at every instance.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) at: Instant,
    pub(super) instances: Vec<Instance>,
}

/// A stage between two looks.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Stage {
    pub(super) instances: usize,
    pub(super) ready: usize,
    /// Events it was done with, a second.
    pub(super) events: f64,
    /// Those of them that it rejected, a second.
    pub(super) rejected: f64,
    /// How old events were when it was done with them, seconds: half of them, and 99 of 100.
    pub(super) age: Option<(f64, f64)>,
    /// Cores in use.
    pub(super) cores: f64,
    /// In RAM, bytes.
    pub(super) memory: f64,
}

/// Everything between two looks.
#[derive(Debug, Clone, Default)]
pub(super) struct Between {
    pub(super) seconds: f64,
    pub(super) stages: Vec<(&'static str, Stage)>,
    /// Records and seconds that a group is behind.
    pub(super) waiting: BTreeMap<String, (f64, f64)>,
    /// By source: accepted a second, and when the last one came, seconds since 1970.
    pub(super) sources: BTreeMap<String, (f64, f64)>,
    /// Requests refused, a second, by status and why.
    pub(super) refused: BTreeMap<String, f64>,
    /// By destination and outcome, a second.
    pub(super) deliveries: BTreeMap<String, BTreeMap<String, f64>>,
    /// Rows a second, by table.
    pub(super) rows: BTreeMap<String, f64>,
    /// Open live streams of dashboards.
    pub(super) viewers: f64,
}

impl Between {
    /// Holds two looks against each other.
    pub(super) fn of(before: &Look, after: &Look) -> Self {
        let seconds = after.at.duration_since(before.at).as_secs_f64().max(0.001);
        let pairs = pairs(before, after);
        let rate = |metric: &str, labels: &[&str]| rates(&pairs, metric, labels, seconds);
        let mut between = Self {
            seconds,
            stages: STAGES
                .into_iter()
                .map(|stage| (stage, stage_between(stage, after, &pairs, seconds)))
                .collect(),
            refused: rate("omni_collector_refused_total", &["status", "reason"]),
            rows: rate("omni_loader_rows_total", &["table"]),
            viewers: pairs
                .iter()
                .map(|pair| pair.now.sum("omni_reporting_viewers"))
                .sum(),
            ..Self::default()
        };
        for (source, accepted) in rate("omni_collector_accepted_total", &["source"]) {
            between.sources.entry(source).or_default().0 = accepted;
        }
        for (told, number) in rate("omni_activation_deliveries_total", &["destination", "outcome"]) {
            let (destination, outcome) = told.split_once(' ').unwrap_or((&told, ""));
            let own = between.deliveries.entry(destination.to_owned()).or_default();
            own.insert(outcome.to_owned(), number);
        }
        for pair in &pairs {
            between.gauges(pair);
        }
        between
    }

    /// Events accepted a second, of all sources.
    pub(super) fn accepted(&self) -> f64 {
        self.sources.values().map(|(accepted, _)| accepted).sum()
    }

    fn gauges(&mut self, pair: &Pair<'_>) {
        for sample in pair.now.of("omni_enricher_source_last_event_timestamp_seconds") {
            let source = self.sources.entry(sample.label("source").to_owned()).or_default();
            source.1 = source.1.max(sample.value);
        }
        let [records, age] = ["records", "age_seconds"].map(|what| format!("omni_{}_lag_{what}", pair.stage));
        for sample in pair.now.of(&records) {
            let place = self.waiting.entry(sample.label("group").to_owned()).or_default();
            place.0 = place.0.max(sample.value);
        }
        for sample in pair.now.of(&age) {
            let place = self.waiting.entry(sample.label("group").to_owned()).or_default();
            place.1 = place.1.max(sample.value);
        }
    }
}

/// One instance that answered at both looks.
struct Pair<'a> {
    stage: &'static str,
    then: &'a Numbers,
    now: &'a Numbers,
}

fn pairs<'a>(before: &'a Look, after: &'a Look) -> Vec<Pair<'a>> {
    let answered = after.instances.iter().filter_map(|instance| {
        let now = &instance.told.as_ref().ok()?.numbers;
        let then = before
            .instances
            .iter()
            .find(|other| other.address == instance.address)?;
        let then = &then.told.as_ref().ok()?.numbers;
        Some(Pair {
            stage: instance.stage,
            then,
            now,
        })
    });
    answered.collect()
}

fn grown(then: f64, now: f64) -> f64 {
    if now < then { now } else { now - then }
}

/// How fast a counter grew, by the values of these labels, one space between them.
fn rates(pairs: &[Pair<'_>], metric: &str, labels: &[&str], seconds: f64) -> BTreeMap<String, f64> {
    let mut rates = BTreeMap::new();
    for pair in pairs {
        let (then, now) = (by(pair.then, metric, labels), by(pair.now, metric, labels));
        for (told, value) in now {
            let grown = grown(then.get(&told).copied().unwrap_or(0.0), value);
            *rates.entry(told).or_default() += grown / seconds;
        }
    }
    rates
}

fn by(numbers: &Numbers, metric: &str, labels: &[&str]) -> BTreeMap<String, f64> {
    let mut by = BTreeMap::new();
    for sample in numbers.of(metric) {
        let told: Vec<&str> = labels.iter().map(|label| sample.label(label)).collect();
        *by.entry(told.join(" ")).or_default() += sample.value;
    }
    by
}

fn stage_between(stage: &'static str, after: &Look, pairs: &[Pair<'_>], seconds: f64) -> Stage {
    let own = after.instances.iter().filter(|instance| instance.stage == stage);
    let told = own.clone().filter_map(|instance| instance.told.as_ref().ok());
    let of_stage = || pairs.iter().filter(|pair| pair.stage == stage);
    let outcomes = rates(
        pairs,
        &format!("omni_{stage}_outcomes_total"),
        &["outcome"],
        seconds,
    );
    let cores = of_stage().map(|pair| {
        let [then, now] = [pair.then, pair.now].map(|numbers| numbers.sum("process_cpu_seconds_total"));
        grown(then, now) / seconds
    });
    Stage {
        instances: own.count(),
        ready: told.clone().filter(|told| told.readiness.ready).count(),
        events: outcomes.values().fold(0.0, |sum, rate| sum + rate),
        rejected: outcomes.get("rejected").copied().unwrap_or(0.0),
        age: age(of_stage(), &format!("omni_{stage}_event_age_seconds")),
        cores: cores.sum(),
        memory: told
            .map(|told| told.numbers.sum("process_resident_memory_bytes"))
            .sum(),
    }
}

fn age<'a>(pairs: impl Iterator<Item = &'a Pair<'a>>, metric: &str) -> Option<(f64, f64)> {
    let mut buckets: Vec<(f64, f64)> = Vec::new();
    for pair in pairs {
        let then = pair.then.buckets(metric);
        for (place, (bound, count)) in pair.now.buckets(metric).into_iter().enumerate() {
            let before = then.get(place).map_or(0.0, |(_, count)| *count);
            let grown = grown(before, count);
            match buckets.get_mut(place) {
                Some((_, sum)) => *sum += grown,
                None => buckets.push((bound, grown)),
            }
        }
    }
    Some((quantile(&buckets, 0.5)?, quantile(&buckets, 0.99)?))
}

/// As Prometheus' `histogram_quantile`: within a bucket, values are taken to be spread evenly.
fn quantile(buckets: &[(f64, f64)], share: f64) -> Option<f64> {
    let all = buckets.last()?.1;
    if all <= 0.0 {
        return None;
    }
    let wanted = all * share;
    let place = buckets.iter().position(|(_, count)| *count >= wanted)?;
    let (low, below) = match place.checked_sub(1).and_then(|before| buckets.get(before)) {
        Some(before) => *before,
        None => (0.0, 0.0),
    };
    let (high, count) = buckets.get(place).copied()?;
    if high.is_infinite() {
        return Some(low);
    }
    Some(low + (high - low) * (wanted - below) / (count - below).max(f64::MIN_POSITIVE))
}

#[cfg(test)]
mod tests;
