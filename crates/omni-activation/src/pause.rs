//! Which destinations are paused: nothing new is sent there, by any instance, until somebody resumes them.
//!
//! It stands in one note beside the topic, so that it holds for all instances and outlives restarts; every instance looks at it
//! each second and renews it while it says anything, since a broker forgets what nobody wrote for a week. Until it was read
//! once nothing is sent at all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kafka::Topic;
use kafka::admin::Note;
use stage::Shutdown;
use stage::metrics::GaugeVec;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// The note's name.
const NOTE: &str = "paused-destinations";
const LOOK_EVERY: Duration = Duration::from_secs(1);
const RENEW_EVERY: Duration = Duration::from_hours(24);

/// Paused destinations, and since when, in seconds since 1970.
pub type Paused = BTreeMap<String, i64>;

/// Reads and changes which destinations are paused. Calls block.
#[derive(Debug)]
pub struct Pauses {
    note: Note,
}

impl Pauses {
    /// # Errors
    /// The client cannot be made.
    pub fn open(config: &kafka::Config) -> Result<Self, kafka::Error> {
        Note::open(config, Topic::Flat, NOTE).map(|note| Self { note })
    }

    /// All that are paused.
    ///
    /// # Errors
    /// The broker does not answer.
    pub fn read(&self) -> Result<Paused, kafka::Error> {
        self.note.read().map(|text| parse(&text))
    }

    /// Pauses a destination; `false`: it was paused already.
    ///
    /// # Errors
    /// The broker does not answer.
    pub fn pause(&self, name: &str, at_seconds: i64) -> Result<bool, kafka::Error> {
        let mut paused = self.read()?;
        if paused.contains_key(name) {
            return Ok(false);
        }
        paused.insert(name.to_owned(), at_seconds);
        self.note.write(&written(&paused)).map(|()| true)
    }

    /// Resumes a destination; `false`: it was not paused.
    ///
    /// # Errors
    /// The broker does not answer.
    pub fn resume(&self, name: &str) -> Result<bool, kafka::Error> {
        let mut paused = self.read()?;
        if paused.remove(name).is_none() {
            return Ok(false);
        }
        self.note.write(&written(&paused)).map(|()| true)
    }
}

/// `name=seconds`, separated by spaces. Names of destinations have neither.
fn written(paused: &Paused) -> String {
    let words: Vec<String> = paused.iter().map(|(name, at)| format!("{name}={at}")).collect();
    words.join(" ")
}

fn parse(text: &str) -> Paused {
    let word = |word: &str| {
        let (name, at) = word.split_once('=')?;
        Some((name.to_owned(), at.parse().ok()?))
    };
    text.split(' ').filter_map(word).collect()
}

/// What an instance knows of pauses. Copies see the same.
#[derive(Debug, Clone)]
pub(crate) struct Gate(watch::Receiver<Option<Arc<Paused>>>);

impl Gate {
    /// Resolves when nothing is in the way of this destination.
    pub(crate) async fn open(&self, name: &str) {
        let is_open =
            |known: &Option<Arc<Paused>>| known.as_ref().is_some_and(|paused| !paused.contains_key(name));
        let mut seen = self.0.clone();
        // Nobody looks any more when the stage ends; then nothing is begun either.
        if seen.wait_for(is_open).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// What is looked at, and for whom.
#[derive(Debug)]
pub(crate) struct Look {
    seen: watch::Sender<Option<Arc<Paused>>>,
    names: Vec<String>,
    metric: GaugeVec,
}

/// The gate of these destinations, and the look that moves it.
pub(crate) fn gate(names: Vec<String>, metric: GaugeVec) -> (Gate, Look) {
    let (seen, gate) = watch::channel(None);
    (Gate(gate), Look { seen, names, metric })
}

impl Look {
    /// Looks until a stop is requested. Blocks; a broker that does not answer changes nothing.
    pub(crate) fn run(
        &self,
        config: &kafka::Config,
        handle: &Handle,
        shutdown: &Shutdown,
    ) -> Result<(), kafka::Error> {
        let book = Pauses::open(config)?;
        let mut renewed = Instant::now();
        while !shutdown.is_requested() {
            match book.read() {
                Ok(paused) => {
                    if !paused.is_empty() && renewed.elapsed() >= RENEW_EVERY {
                        renewed = Instant::now();
                        renew(&book, &paused);
                    }
                    self.tell(&paused);
                    self.seen.send_if_modified(|known| {
                        let is_new = known.as_deref() != Some(&paused);
                        *known = Some(Arc::new(paused));
                        is_new
                    });
                }
                Err(error) => {
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        "pauses not read this time"
                    );
                }
            }
            handle.block_on(async {
                tokio::select! {
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    () = shutdown.requested() => {}
                }
            });
        }
        Ok(())
    }

    fn tell(&self, paused: &Paused) {
        for name in &self.names {
            let (was, is) = (self.was_paused(name), paused.contains_key(name));
            self.metric.with_label_values(&[name]).set(f64::from(is));
            if was != is {
                let word = if is { "paused" } else { "resumed" };
                tracing::info!(destination.name = name, "destination {word}");
            }
        }
    }

    fn was_paused(&self, name: &str) -> bool {
        let known = self.seen.borrow();
        known.as_ref().is_some_and(|paused| paused.contains_key(name))
    }
}

fn renew(book: &Pauses, paused: &Paused) {
    if let Err(error) = book.note.write(&written(paused)) {
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            "pauses not renewed this time"
        );
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::Activated;

    #[test]
    fn what_is_written_is_read() {
        let paused: Paused = [("ads-eu".to_owned(), 7), ("tags".to_owned(), 1_770_114_030)].into();
        assert_eq!(parse(&written(&paused)), paused);
        assert_eq!(parse(""), Paused::new());
        assert_eq!(parse("junk a=b x=1"), [("x".to_owned(), 1)].into());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_passes_before_pauses_are_known_nor_while_paused() {
        let metrics = Activated::new(&stage::Metrics::new("pause").unwrap()).unwrap();
        let (gate, look) = gate(vec!["ads".to_owned()], metrics.paused);
        let passes = async |name: &str| tokio::time::timeout(LOOK_EVERY, gate.open(name)).await.is_ok();
        assert!(!passes("tags").await);
        look.seen
            .send_replace(Some(Arc::new([("ads".to_owned(), 1)].into())));
        assert!(passes("tags").await);
        assert!(!passes("ads").await && look.was_paused("ads"));
        look.seen.send_replace(Some(Arc::default()));
        assert!(passes("ads").await);
    }
}
