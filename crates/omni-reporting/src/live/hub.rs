//! The questions that open streams look at: each is kept up to date once, for all who look.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stage::Shutdown;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::frame;
use super::screen::Screens;
use super::slots::{Newest, Push};
use super::topic::{Sender, Topic};
use crate::answer::OnScreen;
use crate::api::PanelResult;
use crate::board::Panel;
use crate::desk::{Desk, View};
use crate::metrics::Figures;

/// Different questions at once, over all streams.
const TOPICS_MAX: usize = 20_000;

/// More questions than are kept up to date at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many different boards are open")]
pub struct Full;

/// All live questions of this server.
#[derive(Debug)]
pub struct Hub {
    pub desk: Arc<Desk>,
    pub figures: Figures,
    /// Tells the numbers of this process from those of an earlier one.
    boot: String,
    pushed: Mutex<u64>,
    topics: Mutex<HashMap<String, Kept>>,
    /// What is on the screens of open streams.
    pub screens: Screens,
    tasks: TaskTracker,
    shutdown: Shutdown,
}

/// A question that is kept up to date.
#[derive(Debug)]
struct Kept {
    sender: Sender,
    on_screen: OnScreen,
}

impl Hub {
    /// No question yet.
    pub fn new(desk: Arc<Desk>, figures: Figures, shutdown: Shutdown) -> Self {
        let boot = Uuid::new_v4().simple().to_string();
        Self {
            desk,
            figures,
            boot: boot.chars().take(8).collect(),
            pushed: Mutex::default(),
            topics: Mutex::default(),
            screens: Screens::default(),
            tasks: TaskTracker::new(),
            shutdown,
        }
    }

    /// The newest answer of a panel, now and from now on.
    pub(super) fn look(
        self: &Arc<Self>,
        view: &View,
        panel: &Arc<Panel>,
    ) -> Result<(Newest, OnScreen), Full> {
        let declared = &view.board.declared;
        let view = View {
            state: view.state.restricted(&panel.statement.uses, declared),
            ..view.clone()
        };
        let key = format!(
            "{} {} {} {}",
            view.board.hash,
            panel.id,
            view.grant.key(),
            view.state.to_query(declared)
        );
        let mut topics = lock(&self.topics);
        if let Some(kept) = topics.get(&key) {
            return Ok((kept.sender.subscribe(), kept.on_screen.clone()));
        }
        if topics.len() >= TOPICS_MAX {
            return Err(Full);
        }
        let (sender, newest) = watch::channel(None);
        let sender: Sender = Arc::new(sender);
        let on_screen = OnScreen::default();
        let kept = Kept {
            sender: Arc::clone(&sender),
            on_screen: on_screen.clone(),
        };
        topics.insert(key.clone(), kept);
        self.figures.questions.set(topics.len() as f64);
        let panel = Arc::clone(panel);
        let topic = Topic {
            key,
            view,
            panel,
            sender,
            on_screen: on_screen.clone(),
        };
        self.tasks
            .spawn(topic.keep(Arc::clone(self), self.shutdown.clone()));
        Ok((newest, on_screen))
    }

    /// Takes a question off the list unless somebody looks at it again. Nobody can come in between: who looks holds the
    /// same lock.
    pub(super) fn retire(&self, key: &str, sender: &Sender) -> bool {
        let mut topics = lock(&self.topics);
        if sender.receiver_count() > 0 {
            return false;
        }
        topics.remove(key);
        self.figures.questions.set(topics.len() as f64);
        true
    }

    /// Numbers a result and hands it to all who look.
    pub(super) fn push<'a>(&self, sender: &Sender, result: impl FnOnce(u64) -> PanelResult<'a>) {
        // Held until it is handed over, so that numbers are seen in their order.
        let mut pushed = lock(&self.pushed);
        *pushed += 1;
        let id = format!("{}-{}", self.boot, *pushed);
        let frame = frame::numbered(Some(&id), "panel", &result(*pushed));
        sender.send_replace(Some(Arc::new(Push {
            number: *pushed,
            frame,
        })));
    }

    /// The number a viewer has seen, of the id it sends when it comes back; 0 when the id is not of this process.
    pub fn seen(&self, id: Option<&str>) -> u64 {
        let number = id.and_then(|id| id.strip_prefix(&self.boot)?.strip_prefix('-')?.parse().ok());
        number.unwrap_or_default()
    }

    /// Resolves when all questions are put away, after a stop was requested.
    pub async fn finished(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// A panic elsewhere leaves a list and a number that are still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
