//! Asynchronous invocations: taken at once, run later, twice more where the function throws, then dropped.
//!
//! Lambda waits a minute and then two before it tries again
//! (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>); here it is seconds.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use stage::Shutdown;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::LAMBDA;
use super::function::Ran;
use crate::deliveries::Item;
use crate::faults::DestinationTrouble;
use crate::stand_in::taking;
use crate::world::World;

/// Invocations that wait; beyond it the caller is throttled.
const WAITING_MAX: usize = 1_000;
/// Invocations that run at once.
const RUNNING_MAX: usize = 16;
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

#[derive(Debug)]
pub(crate) struct Invocation {
    pub(super) payload: Bytes,
    pub(super) items: Vec<Item>,
    pub(super) trouble: DestinationTrouble,
}

pub(crate) fn channel() -> (mpsc::Sender<Invocation>, mpsc::Receiver<Invocation>) {
    mpsc::channel(WAITING_MAX)
}

impl Invocation {
    /// Whether there was room; a function that can only say yes needs none.
    pub(super) fn queued(self, world: &World) -> bool {
        let says_yes = !world.function.is_elsewhere() && self.trouble != DestinationTrouble::Function;
        says_yes || world.invocations.try_send(self).is_ok()
    }

    async fn run(self, world: Arc<World>) {
        for pause in [None, PAUSES.first(), PAUSES.last()] {
            if let Some(pause) = pause {
                tokio::time::sleep(*pause).await;
            }
            let ran = world
                .function
                .run(self.payload.clone(), self.items.len(), self.trouble)
                .await;
            if matches!(ran, Ran::Returned(_)) {
                return;
            }
        }
        let status = axum::http::StatusCode::ACCEPTED;
        taking::refuse_all(
            &world,
            LAMBDA,
            &self.items,
            status,
            "dropped: the function threw three times",
        );
    }
}

/// Runs what was taken, until a stop is requested; what still waits then is lost, as the process is.
pub(crate) async fn work(
    world: &Arc<World>,
    mut invocations: mpsc::Receiver<Invocation>,
    shutdown: &Shutdown,
) {
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.requested() => return,
            Some(_) = running.join_next() => {}
            next = invocations.recv(), if running.len() < RUNNING_MAX => match next {
                Some(invocation) => {
                    running.spawn(invocation.run(world.clone()));
                }
                None => return,
            },
        }
    }
}
