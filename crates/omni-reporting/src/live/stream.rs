//! One open stream: `hello`, `fresh`, then each panel as it changes, and a `ping` so that silence means a lost line; `ended`
//! when what let the viewer in does so no more.
//!
//! It produces the next event only when the connection takes one; what piles up meanwhile is one answer a panel.
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use prometheus::Gauge;
use stage::{Shutdown, clock};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};

use super::frame;
use super::hub::{Full, Hub};
use super::leave::Leave;
use super::screen::Shown;
use super::slots::Slots;
use crate::access::Policy;
use crate::api::{Ended, Fresh, Hello, Ping, Reload};
use crate::board::Board;
use crate::desk::View;
use crate::until::until;

const PING_EVERY: Duration = Duration::from_secs(15);
/// How long a viewer has to come back for a changed template; then its stream ends.
const RELOAD_WITHIN: Duration = Duration::from_secs(10);
/// `fresh` is told at most so often.
const FRESH_EVERY: Duration = Duration::from_secs(1);

/// A viewer's place; it is counted as long as it is held.
struct Viewer {
    hub: Arc<Hub>,
    view: View,
    slots: Slots,
    hello: Option<Bytes>,
    marks: watch::Receiver<u64>,
    fresh_due: Instant,
    told: Option<Fresh>,
    ping: Interval,
    boards: watch::Receiver<Arc<[Arc<Board>]>>,
    /// When the stream of a template that is no more in force ends.
    ends_at: Option<Instant>,
    /// Whether the viewer may go on looking, and until when.
    leave: Leave,
    shutdown: Shutdown,
    _counted: Counted,
    _shown: Shown,
    _place: OwnedSemaphorePermit,
}

/// Counts itself out when dropped, however the stream ends.
struct Counted(Gauge);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Opens a stream of all panels of the view's board; `seen` is the last id the viewer had.
pub fn open(
    hub: &Arc<Hub>,
    view: View,
    seen: Option<&str>,
    place: OwnedSemaphorePermit,
    policy: Arc<Policy>,
    shutdown: Shutdown,
) -> Result<impl Stream<Item = Bytes> + use<>, Full> {
    let (mut sources, mut screen) = (Vec::new(), Vec::new());
    for panel in view.panels() {
        let (newest, on_screen) = hub.look(&view, panel)?;
        sources.push(newest);
        screen.push((panel.id.clone(), on_screen));
    }
    let shown = hub.screens.open(screen.into_iter());
    let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut marks = hub.desk.watermarks.subscribe();
    marks.mark_changed();
    hub.figures.viewers.inc();
    let viewer = Viewer {
        hello: Some(hello(&view, &shown)),
        slots: Slots::new(sources, hub.seen(seen)),
        marks,
        fresh_due: Instant::now(),
        told: None,
        ping,
        boards: hub.desk.boards.subscribe(),
        ends_at: None,
        leave: Leave::new(policy, &view.grant),
        shutdown,
        _counted: Counted(hub.figures.viewers.clone()),
        _shown: shown,
        _place: place,
        hub: Arc::clone(hub),
        view,
    };
    Ok(futures::stream::unfold(viewer, |mut viewer| async move {
        let event = viewer.next().await?;
        Some((event, viewer))
    }))
}

impl Viewer {
    /// The next event; none when the server stops, or after `ended`.
    async fn next(&mut self) -> Option<Bytes> {
        if self.leave.is_over {
            return None;
        }
        if let Some(hello) = self.hello.take() {
            return Some(hello);
        }
        loop {
            if self.leave.has_run_out() {
                return Some(self.end());
            }
            if let Some(push) = self.slots.take() {
                return Some(push.frame.clone());
            }
            tokio::select! {
                () = self.shutdown.requested() => return None,
                () = self.slots.changed() => {}
                () = until(self.ends_at) => return None,
                hash = replaced(&mut self.boards, &self.view.board), if self.ends_at.is_none() => {
                    self.ends_at = Some(Instant::now() + RELOAD_WITHIN);
                    let reload = Reload { template: &self.view.board.key, template_hash: &hash };
                    return Some(frame::event("reload", &reload));
                }
                () = self.leave.run_out() => return Some(self.end()),
                _ = self.ping.tick() => {
                    if !self.leave.holds_still(&self.view.grant) {
                        return Some(self.end());
                    }
                    return Some(frame::event("ping", &Ping { server_time: now() }));
                }
                moved = moved(&mut self.marks, self.fresh_due) => {
                    self.fresh_due = Instant::now() + FRESH_EVERY;
                    if let Some(fresh) = moved.then(|| self.fresh()).flatten() {
                        return Some(fresh);
                    }
                }
            }
        }
    }

    /// What the viewer is told last.
    fn end(&mut self) -> Bytes {
        self.leave.is_over = true;
        frame::event("ended", &Ended { server_time: now() })
    }

    /// How far the company's data reach, unless that was told already.
    fn fresh(&mut self) -> Option<Bytes> {
        let company = self.hub.desk.company(&self.view).ok()?;
        let fresh = self.hub.desk.watermarks.fresh(company);
        let is_told = self.told.as_ref().is_some_and(|told| {
            (&told.last_event_at, &told.last_loaded_at, &told.heartbeat_at)
                == (&fresh.last_event_at, &fresh.last_loaded_at, &fresh.heartbeat_at)
        });
        if is_told {
            return None;
        }
        let event = frame::event("fresh", &fresh);
        self.told = Some(fresh);
        Some(event)
    }
}

/// Resolves when another board stands in this one's place, with its hash.
async fn replaced(boards: &mut watch::Receiver<Arc<[Arc<Board>]>>, own: &Board) -> String {
    let is_other = |boards: &Arc<[Arc<Board>]>| {
        let there = boards.iter().find(|board| board.id == own.id);
        there.is_some_and(|board| board.hash != own.hash)
    };
    let hash = boards.wait_for(is_other).await.ok().and_then(|boards| {
        let there = boards.iter().find(|board| board.id == own.id);
        there.map(|board| board.hash.clone())
    });
    match hash {
        Some(hash) => hash,
        // Nobody will ever replace it.
        None => std::future::pending().await,
    }
}

/// Resolves when a mark moved and it is time to tell.
async fn moved(marks: &mut watch::Receiver<u64>, due: Instant) -> bool {
    sleep_until(due).await;
    if marks.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    true
}

fn now() -> String {
    clock::rfc3339_micro(clock::now_micro())
}

fn hello(view: &View, shown: &Shown) -> Bytes {
    let hello = Hello {
        template: &view.board.key,
        template_hash: &view.board.hash,
        server_time: now(),
        stream: shown.id.to_string(),
        panels: view.panels().map(|panel| panel.id.as_str()).collect(),
    };
    frame::event("hello", &hello)
}
