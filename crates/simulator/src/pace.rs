//! When the next change comes: the history in order and as fast as allowed, then life, open-loop, and what is
//! commanded in between.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use reqwest::Url;
use stage::Shutdown;
use tokio::net::TcpStream;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep, sleep_until};

use crate::delivery::Sender;
use crate::error::Error;
use crate::journal::Run;
use crate::moment::Moment;
use crate::spree::{Command, Happened, Wanted};
use crate::world::{World, locked};

/// How often the journal is written, and how often a receiver that is not there yet is knocked at.
const NOTE_EVERY: Duration = Duration::from_secs(1);
const KNOCK_EVERY: Duration = Duration::from_millis(300);

/// The history, once; then changes at the set rate and on command until a stop is requested.
pub(crate) async fn live(
    world: &Arc<World>,
    sender: &Sender,
    mut commands: Receiver<Command>,
    shutdown: &Shutdown,
) -> Result<(), Error> {
    if let Some(target) = &world.config.target {
        await_receiver(target, shutdown).await;
    }
    let history_run = locked(&world.journal).history_run(World::history_gap(&world.config));
    if let Some(run) = history_run {
        history(world, sender, shutdown, run).await?;
    }
    let gap = gap(world.config.rate);
    while let Some(command) = live_until_commanded(world, sender, &mut commands, gap, shutdown).await? {
        let happened = spree(world, sender, command.wanted, shutdown).await?;
        // Who commanded may be gone by now; what was asked for was done all the same.
        let _ = command.done.send(happened);
    }
    Ok(())
}

/// Changes at the set rate until there is a command; nothing when a stop was requested.
async fn live_until_commanded(
    world: &Arc<World>,
    sender: &Sender,
    commands: &mut Receiver<Command>,
    gap: Option<Duration>,
    shutdown: &Shutdown,
) -> Result<Option<Command>, Error> {
    let mut run = locked(&world.journal).run(Moment::now(), gap.unwrap_or_default());
    let mut due = gap.map(|_| Instant::now());
    let mut noted = Instant::now();
    let command = loop {
        tokio::select! {
            biased;
            () = shutdown.requested() => break None,
            Some(command) = commands.recv() => break Some(command),
            () = come(due) => {}
        }
        for outgoing in world.next(&mut run) {
            sender.post(world, outgoing, shutdown).await;
        }
        due = due.zip(gap).map(|(due, gap)| due + gap);
        if noted.elapsed() >= NOTE_EVERY {
            locked(&world.journal).note(&run)?;
            noted = Instant::now();
        }
    };
    if run.taken() > 0 {
        locked(&world.journal).note(&run)?;
    }
    Ok(command)
}

/// What a command asks for; over when every first attempt is.
async fn spree(
    world: &Arc<World>,
    sender: &Sender,
    wanted: Wanted,
    shutdown: &Shutdown,
) -> Result<Happened, Error> {
    let (start, pause) = (Instant::now(), gap(wanted.rate));
    let mut run = locked(&world.journal).run(Moment::now(), pause.unwrap_or_default());
    let mut posts = 0;
    while run.taken() < u64::from(wanted.changes) {
        let due = start + pause.unwrap_or_default() * u32::try_from(run.taken()).unwrap_or(u32::MAX);
        if asked_before(due, shutdown).await {
            break;
        }
        for outgoing in world.next(&mut run) {
            posts += 1;
            if wanted.in_order {
                sender.post_in_order(world, outgoing, shutdown).await;
            } else {
                sender.post(world, outgoing, shutdown).await;
            }
        }
    }
    sender.first_attempts_over().await;
    locked(&world.journal).note(&run)?;
    let delivered = world.stats.delivered.load(Ordering::Relaxed);
    tracing::info!(
        changes = run.taken(),
        posts,
        delivered,
        "commanded changes are told"
    );
    Ok(Happened {
        changes: u32::try_from(run.taken()).unwrap_or(u32::MAX),
        posts,
        elapsed_ms: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
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

/// Waits until then; for ever where there is no such time.
async fn come(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
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
