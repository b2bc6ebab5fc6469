//! How far the enricher's group is behind, as gauges.

use kafka::admin::{Backlog, Backlogs};
use stage::clock;
use stage::metrics::Behind;

/// A look at these groups (without prefix, and what each reads), for [`stage::metrics::Lags::keep`].
pub(crate) fn look(
    config: &kafka::Config,
    groups: Vec<(String, kafka::Topic)>,
) -> impl FnMut() -> Result<Vec<Behind>, kafka::Error> + Send + 'static {
    let mut backlogs = Backlogs::new(config, groups);
    move || Ok(backlogs.look()?.iter().map(behind).collect())
}

fn behind(backlog: &Backlog) -> Behind {
    let now_ms = clock::now_micro() / 1_000;
    Behind {
        group: backlog.group.clone(),
        records: backlog.records as f64,
        age: backlog.age(now_ms),
        share: backlog.share(now_ms),
    }
}
