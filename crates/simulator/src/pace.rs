//! When the next change comes: the history in order and as fast as allowed, then life, open-loop.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use stage::Shutdown;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until};

use crate::delivery::Sender;
use crate::error::Error;
use crate::journal::Run;
use crate::moment::Moment;
use crate::world::{World, locked};

/// How often the journal is written, and how often a receiver that is not there yet is knocked at.
const NOTE_EVERY: Duration = Duration::from_secs(1);
const KNOCK_EVERY: Duration = Duration::from_millis(300);

/// The history, once; then changes at the set rate until a stop is requested.
pub(crate) async fn live(world: &Arc<World>, sender: &Sender, shutdown: &Shutdown) -> Result<(), Error> {
    if let Some(target) = &world.config.target {
        await_receiver(target, shutdown).await;
    }
    let history_run = locked(&world.journal).history_run(World::history_gap(&world.config));
    if let Some(run) = history_run {
        history(world, sender, shutdown, run).await?;
    }
    let Some(gap) = gap(world.config.rate) else {
        return Ok(());
    };
    let mut run = locked(&world.journal).run(Moment::now(), gap);
    let mut due = Instant::now();
    let mut noted = due;
    while !asked_before(due, shutdown).await {
        for outgoing in world.next(&mut run) {
            sender.post(world, outgoing, shutdown).await;
        }
        due += gap;
        if noted.elapsed() >= NOTE_EVERY {
            locked(&world.journal).note(&run)?;
            noted = Instant::now();
        }
    }
    locked(&world.journal).note(&run)
}

/// Changes of the past, each posted after the one before it was answered.
async fn history(
    world: &Arc<World>,
    sender: &Sender,
    shutdown: &Shutdown,
    mut run: Run,
) -> Result<(), Error> {
    let config = &world.config;
    let pause = gap(config.history_rate).unwrap_or_default();
    let mut due = Instant::now();
    while run.taken() < u64::from(config.history_events) {
        if asked_before(due, shutdown).await {
            break;
        }
        for outgoing in world.next(&mut run) {
            sender.post_in_order(world, outgoing, shutdown).await;
        }
        due = due.max(Instant::now().checked_sub(pause).unwrap_or(due)) + pause;
    }
    tracing::info!(changes = config.history_events, "history is told");
    locked(&world.journal).note(&run)
}

fn gap(rate: f64) -> Option<Duration> {
    (rate > 0.0).then(|| Duration::from_secs_f64(1.0 / rate))
}

/// Waits until the time has come; true when a stop was requested first.
async fn asked_before(due: Instant, shutdown: &Shutdown) -> bool {
    tokio::select! {
        biased;
        () = shutdown.requested() => true,
        () = sleep_until(due) => false,
    }
}

/// A receiver that starts with us may need a moment; its first deliveries should not fail for that.
async fn await_receiver(target: &Url, shutdown: &Shutdown) {
    let Ok(addresses) = target.socket_addrs(|| None) else {
        return;
    };
    while !shutdown.is_requested() {
        if TcpStream::connect(addresses.as_slice()).await.is_ok() {
            return;
        }
        tokio::select! {
            () = sleep(KNOCK_EVERY) => {}
            () = shutdown.requested() => return,
        }
    }
}
