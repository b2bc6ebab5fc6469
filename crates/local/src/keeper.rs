//! Keeps one child running: when it ends by itself it is started again after a pause that grows, and said.

use crate::guarded::Hold;
use crate::{Error, Guarded};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// A child that ran this long was well; the next pause is the shortest again.
const WELL_AFTER: Duration = Duration::from_secs(30);

/// What the keeper has to say.
#[derive(Debug)]
pub enum Notice {
    Ended {
        name: String,
        status: u8,
        again_in: Duration,
    },
    Started {
        name: String,
        pid: u32,
    },
    NotStarted {
        name: String,
        error: Error,
        again_in: Duration,
    },
}

/// Starts the child and returns when it is ready.
pub type Start = Box<dyn FnMut(&dyn Fn() -> bool) -> Result<Guarded, Error> + Send>;
pub type Say = Arc<dyn Fn(Notice) + Send + Sync>;

#[derive(Debug)]
pub struct Keeper {
    name: String,
    shared: Arc<Shared>,
    wake: SyncSender<()>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    stopping: AtomicBool,
    pid: AtomicU32,
    hold: Mutex<Option<Hold>>,
}

impl Keeper {
    /// Takes over a child that runs; `start` makes its successors.
    pub fn keep(name: impl Into<String>, child: Guarded, start: Start, say: Say) -> Self {
        let name = name.into();
        let shared = Arc::new(Shared {
            stopping: AtomicBool::new(false),
            pid: AtomicU32::new(child.pid()),
            hold: Mutex::new(Some(child.hold())),
        });
        let (wake, woken) = sync_channel(1);
        let watch = Watch {
            name: name.clone(),
            shared: Arc::clone(&shared),
            start,
            say,
        };
        let thread = std::thread::spawn(move || {
            watch.run(child, |pause| {
                !matches!(woken.recv_timeout(pause), Err(RecvTimeoutError::Timeout))
            });
        });
        Self {
            name,
            shared,
            wake,
            thread: Some(thread),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Of the child that runs, or ran last.
    pub fn pid(&self) -> u32 {
        self.shared.pid.load(Ordering::SeqCst)
    }

    /// Asks the child to stop for good; returns at once.
    pub fn begin_stop(&self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        let _ = self.wake.try_send(());
        if let Some(hold) = self
            .shared
            .hold
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
        {
            hold.release();
        }
    }

    /// Stops the child for good and waits until it has ended.
    pub fn stop(&mut self) {
        self.begin_stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Watch {
    name: String,
    shared: Arc<Shared>,
    start: Start,
    say: Say,
}

impl Watch {
    /// `pause` returns true when the wait was cut short by a stop.
    fn run(mut self, mut child: Guarded, pause: impl Fn(Duration) -> bool) {
        let mut wait = PAUSE_MIN;
        loop {
            let since = Instant::now();
            let status = child.wait();
            drop(child);
            if self.stopping() {
                return;
            }
            if since.elapsed() > WELL_AFTER {
                wait = PAUSE_MIN;
            }
            (self.say)(Notice::Ended {
                name: self.name.clone(),
                status,
                again_in: wait,
            });
            child = loop {
                if pause(wait) || self.stopping() {
                    return;
                }
                wait = (wait * 2).min(PAUSE_MAX);
                if let Some(child) = self.start_again(wait) {
                    break child;
                }
            };
            if self.stopping() {
                return;
            }
        }
    }

    fn start_again(&mut self, again_in: Duration) -> Option<Guarded> {
        let shared = Arc::clone(&self.shared);
        match (self.start)(&move || shared.stopping.load(Ordering::SeqCst)) {
            Ok(child) => {
                self.shared.pid.store(child.pid(), Ordering::SeqCst);
                *self.shared.hold.lock().unwrap_or_else(PoisonError::into_inner) = Some(child.hold());
                (self.say)(Notice::Started {
                    name: self.name.clone(),
                    pid: child.pid(),
                });
                Some(child)
            }
            Err(error) => {
                if !self.stopping() {
                    (self.say)(Notice::NotStarted {
                        name: self.name.clone(),
                        error,
                        again_in,
                    });
                }
                None
            }
        }
    }

    fn stopping(&self) -> bool {
        self.shared.stopping.load(Ordering::SeqCst)
    }
}
