//! How far the consumer groups of a stage are behind: in records, in time, and as a part of what their topic keeps.

use std::time::Duration;

use super::{Declaration, GaugeVec, Metrics, MetricsError};
use crate::Shutdown;

const LOOK_EVERY: Duration = Duration::from_secs(15);

/// What one group has not done.
#[derive(Clone, Debug, PartialEq)]
pub struct Behind {
    /// The group's name.
    pub group: String,
    /// Records from where it stands to the end of its topic.
    pub records: f64,
    /// How long the oldest of them has been there.
    pub age: Duration,
    /// That age as a part of the topic's retention; none where nothing is deleted by age.
    pub share: Option<f64>,
}

/// The three gauges. Copies share them.
#[derive(Clone, Debug)]
pub struct Lags {
    records: GaugeVec,
    age: GaugeVec,
    share: GaugeVec,
}

impl Declaration {
    /// `omni_<stage>_lag_records`.
    pub const fn lag_records(name: &'static str) -> Declaration {
        Declaration::gauge(
            name,
            "Records between the group's committed offset and the end of its topic, by group.",
            &["group"],
        )
    }

    /// `omni_<stage>_lag_age_seconds`.
    pub const fn lag_age(name: &'static str) -> Declaration {
        Declaration::gauge(
            name,
            "How long the oldest record that the group has not done has been on its topic, by group; 0 below half a minute.",
            &["group"],
        )
    }

    /// `omni_<stage>_lag_retention_share`.
    pub const fn lag_share(name: &'static str) -> Declaration {
        Declaration::gauge(
            name,
            "That age as a part of the topic's retention, by group: at 1 the broker deletes what was not read.",
            &["group"],
        )
    }
}

impl Lags {
    /// Registers them, declared in this order.
    ///
    /// # Errors
    /// [`MetricsError::Register`].
    pub fn new(metrics: &Metrics, [records, age, share]: [&Declaration; 3]) -> Result<Lags, MetricsError> {
        Ok(Lags {
            records: metrics.gauges(records)?,
            age: metrics.gauges(age)?,
            share: metrics.gauges(share)?,
        })
    }

    /// How the groups stand.
    pub fn tell(&self, behind: &[Behind]) {
        for Behind {
            group,
            records,
            age,
            share,
        } in behind
        {
            self.records.with_label_values(&[group]).set(*records);
            self.age.with_label_values(&[group]).set(age.as_secs_f64());
            if let Some(share) = share {
                self.share.with_label_values(&[group]).set(*share);
            }
        }
    }

    /// Looks every 15 s, on a thread that may block, until a stop is requested. A look that fails leaves what was told.
    pub async fn keep<L, E>(self, look: L, shutdown: Shutdown)
    where
        L: FnMut() -> Result<Vec<Behind>, E> + Send + 'static,
        E: std::error::Error + Send + 'static,
    {
        let mut look = look;
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = shutdown.requested() => return,
            }
            let looked = tokio::task::spawn_blocking(move || (look(), look)).await;
            // Only a panic ends it, and that is told where it happened.
            let Ok((found, again)) = looked else { return };
            look = again;
            match found {
                Ok(found) => self.tell(&found),
                Err(error) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "lags cannot be read");
                }
            }
        }
    }
}
