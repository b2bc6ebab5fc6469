//! One question that somebody looks at: asked again when a table under it changed, pushed when its answer is another.
//!
//! Runs at once when rows land and it is due, else once when it is due; a change of another table does not wake it.
//! Relative periods roll at their edge. A failure is pushed once, with the last good rows, and tried again by itself.
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use stage::backoff::{Backoff, Limits};
use stage::{Shutdown, clock};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::hub::Hub;
use super::slots::Push;
use crate::answer::{Answer, OnScreen, Turn, Unanswered, Wish};
use crate::api::{PanelResult, PanelState};
use crate::board::Panel;
use crate::desk::{Asked, View};

/// Between attempts after a failure.
const RETRY: Limits = Limits {
    initial: Duration::from_secs(1),
    pause_max: Duration::from_secs(30),
    attempts_max: None,
};
/// A clock that jumps must not keep a topic asleep for longer.
const SLEEP_MAX: Duration = Duration::from_hours(1);

/// The newest answer, to all who look.
pub(super) type Sender = Arc<watch::Sender<Option<Arc<Push>>>>;

pub(super) struct Topic {
    pub(super) key: String,
    pub(super) view: View,
    pub(super) panel: Arc<Panel>,
    pub(super) sender: Sender,
    /// How many have it on their screen.
    pub(super) on_screen: OnScreen,
}

/// What was pushed last.
#[derive(PartialEq, Eq)]
enum Said {
    Nothing,
    Answer(u64),
    Failure,
}

/// Why a topic runs again.
enum Wake {
    Rows,
    Clock,
    Over,
}

impl Topic {
    /// Keeps the answer up to date until nobody looks or a stop is requested.
    pub(super) async fn keep(self, hub: Arc<Hub>, shutdown: Shutdown) {
        let mut said = Said::Nothing;
        let mut good: Option<Arc<Answer>> = None;
        let mut retry = Backoff::new(RETRY);
        let mut cause = Wake::Clock;
        let mut turn: Option<Turn<'_>> = None;
        let mut cost = Duration::ZERO;
        let mut changes = hub.desk.versions.subscribe();
        loop {
            changes.mark_unchanged();
            let started = Instant::now();
            let Ok(asked) = hub.desk.ask(&self.view, &self.panel.statement, hub.desk.top) else {
                // Nobody gets here without a grant for the company; if somebody did, there is nothing to tell.
                return self.unseen(&hub).await;
            };
            let answered = tokio::select! {
                answered = hub.desk.answers.answer(&asked.question) => answered,
                () = shutdown.requested() => return,
            };
            drop(turn.take());
            let pause = match &answered {
                Ok(answer) => {
                    cost = (cost + answer.took) / 2;
                    retry.reset();
                    None
                }
                Err(_) => retry.next_pause(),
            };
            self.tell(&hub, &answered, &mut good, &mut said, &asked, &cause);
            let due = started + self.panel.interval_min;
            cause = tokio::select! {
                given = self.rows(&hub, &mut changes, &asked, due, cost) => {
                    turn = Some(given);
                    Wake::Rows
                }
                () = sleep(asked.edge_in.min(SLEEP_MAX)) => Wake::Clock,
                () = sleep(pause.unwrap_or(SLEEP_MAX)) => Wake::Clock,
                () = self.unseen(&hub) => Wake::Over,
                () = shutdown.requested() => Wake::Over,
            };
            if matches!(cause, Wake::Over) {
                return;
            }
        }
    }

    /// Resolves when a table under the question changed, the question is due, and the database has time for it.
    async fn rows<'h>(
        &self,
        hub: &'h Hub,
        changes: &mut watch::Receiver<u64>,
        asked: &Asked,
        due: Instant,
        cost: Duration,
    ) -> Turn<'h> {
        loop {
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            let company = hub.desk.company(&self.view).unwrap_or_default();
            let tables = self.panel.statement.tables(&self.view.state);
            let (version, _) = hub.desk.versions.of(tables, company);
            if company != asked.company || version != asked.version {
                break;
            }
        }
        sleep_until(due).await;
        let seen_by = self.on_screen.clone();
        hub.desk.answers.turn(Wish { cost, seen_by }).await
    }

    /// Resolves once nobody looks and the topic is taken off the list.
    async fn unseen(&self, hub: &Hub) {
        loop {
            self.sender.closed().await;
            if hub.retire(&self.key, &self.sender) {
                return;
            }
            // Somebody came between the two; wait for them to go.
            tokio::task::yield_now().await;
        }
    }

    fn tell(
        &self,
        hub: &Hub,
        answered: &Result<Arc<Answer>, Unanswered>,
        good: &mut Option<Arc<Answer>>,
        said: &mut Said,
        asked: &Asked,
        cause: &Wake,
    ) {
        let now_said = match answered {
            Ok(answer) => Said::Answer(answer.hash),
            Err(_) => Said::Failure,
        };
        if let Ok(answer) = answered {
            *good = Some(Arc::clone(answer));
        }
        let is_same = *said == now_said;
        *said = now_said;
        let (outcome, reason) = match (is_same, answered) {
            (false, Ok(_)) => ("pushed", "changed"),
            (false, Err(_)) => ("pushed", "failed"),
            (true, Ok(_)) => ("held", "unchanged"),
            (true, Err(_)) => ("held", "failed"),
        };
        hub.figures.metrics.outcomes().count(outcome, reason);
        if is_same {
            return;
        }
        hub.push(&self.sender, |seq| self.result(seq, answered, good.as_deref()));
        if matches!(cause, Wake::Rows) {
            if let Some(loaded_at) = asked.times.loaded_at {
                hub.figures
                    .push_seconds
                    .observe(clock::age_of(loaded_at).as_secs_f64());
            }
            if let Some(received_at) = asked.times.received_at {
                hub.figures.metrics.event_age().observe_received_at(received_at);
            }
        }
    }

    fn result<'a>(
        &'a self,
        seq: u64,
        answered: &Result<Arc<Answer>, Unanswered>,
        good: Option<&'a Answer>,
    ) -> PanelResult<'a> {
        let failure = answered.as_ref().err();
        PanelResult {
            panel: &self.panel.id,
            seq: Some(seq),
            as_of: good.map_or("", |answer| &answer.as_of),
            computed_ms: good.map_or(0, |answer| answer.took.as_millis() as u64),
            state: if failure.is_some() {
                PanelState::Failed
            } else {
                PanelState::Ok
            },
            columns: good.map_or(&[], |answer| &answer.columns),
            rows: good.map_or(RawValue::NULL, |answer| &answer.rows),
            error: failure.map(Into::into),
        }
    }
}
