//! A request to stop, seen by everything that holds a copy of it.
//!
//! Once requested it stays requested. A dropped [`Trigger`] counts as a request: whoever could have asked
//! is gone. It never stops anything by itself; each part finishes what it has begun.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Answers whether this process was asked to stop.
#[derive(Clone, Debug)]
pub struct Shutdown {
    token: CancellationToken,
}

/// Asks every [`Shutdown`] of its pair to stop, at the latest when it is dropped.
#[derive(Debug)]
pub struct Trigger {
    guard: DropGuard,
}

impl Shutdown {
    /// A trigger and what it triggers.
    #[must_use]
    pub fn pair() -> (Trigger, Shutdown) {
        let token = CancellationToken::new();
        let trigger = Trigger {
            guard: token.clone().drop_guard(),
        };
        (trigger, Shutdown { token })
    }

    /// A request that SIGTERM or SIGINT makes. A second signal ends the process at once (exit code 130).
    ///
    /// # Errors
    /// When the handlers cannot be installed. Must be called within a tokio runtime.
    pub fn from_signals() -> Result<Shutdown, std::io::Error> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let token = CancellationToken::new();
        let asked = token.clone();
        // Lives as long as the process: a second Ctrl-C must work however stuck the rest is.
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            asked.cancel();
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::warn!("second signal, ending at once");
            std::process::exit(130);
        });
        Ok(Shutdown { token })
    }

    /// Resolves once a stop was requested.
    pub async fn requested(&self) {
        self.token.cancelled().await;
    }

    /// Whether a stop was requested; for threads that poll.
    pub fn is_requested(&self) -> bool {
        self.token.is_cancelled()
    }
}

impl Trigger {
    /// Requests the stop.
    pub fn request(self) {
        drop(self.guard);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_copy_sees_the_request() {
        let (trigger, shutdown) = Shutdown::pair();
        let copy = shutdown.clone();
        assert!(!copy.is_requested());
        trigger.request();
        copy.requested().await;
        assert!(shutdown.is_requested());
    }

    #[test]
    fn a_dropped_trigger_counts_as_a_request() {
        let (trigger, shutdown) = Shutdown::pair();
        drop(trigger);
        assert!(shutdown.is_requested());
    }
}
