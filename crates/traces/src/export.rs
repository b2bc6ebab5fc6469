//! Sends spans to the receiver of traces, several at once, for as long as the stage lives.
//!
//! It is one task beside the work. A receiver that is away is tried again, later and later; meanwhile the queue fills and what
//! comes then is dropped. Both are counted, the trouble is told once in the log, and readiness does not know of it. At the end
//! what waits is sent, for so long and no longer.

mod post;

use std::time::Duration;

use stage::backoff::{Backoff, Limits};
use stage::metrics::{Declaration, IntCounter, IntCounterVec};
use stage::outbound::OutboundError;
use stage::{Shutdown, Trigger};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use crate::span::Span;
use crate::tracer::{On, Tracer};
use post::{Answer, Post};

/// Spans that wait to be sent; some two megabytes.
const WAITING_MAX: usize = 4_096;
/// Spans in one request.
const TOGETHER_MAX: usize = 512;
/// How long a span waits for others.
const LINGER: Duration = Duration::from_millis(500);
/// How long the last ones may take when the stage stops.
const FLUSH_MAX: Duration = Duration::from_secs(2);
/// Tries of one request: at most 1 + 2 + 4 + 8 + 16 s are waited between them. Then its spans are given up.
const TRIES: Limits = Limits {
    initial: Duration::from_secs(1),
    pause_max: Duration::from_secs(30),
    attempts_max: Some(5),
};

/// Why traces cannot be exported at all.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// TLS cannot be set up.
    #[error("no client for the receiver of traces (`[stage.traces] endpoint`)")]
    Client(#[source] OutboundError),
    /// A name or a value that no header may have.
    #[error("`[stage.traces] headers`: {name} is no header, or its value holds what no header may hold")]
    Header {
        /// Its name.
        name: String,
    },
}

/// `omni_<stage>_spans_total`, for a stage to declare among its own.
pub const fn declaration(name: &'static str) -> Declaration {
    Declaration::counter(
        name,
        "Spans of traces, by what became of them: exported, no_room (the queue was full), not_taken (the receiver was away \
         for too long, or refused them). Nothing else depends on them.",
        &["outcome"],
    )
}

/// The traces of a stage: dropped, it sends no more.
#[derive(Debug)]
pub struct Traces {
    tracer: Tracer,
    sending: Option<(Trigger, JoinSet<()>)>,
}

impl Traces {
    /// Begins to export what the stage `service` (`"omni-loader"`) does, if its settings name a receiver. Within a runtime.
    ///
    /// # Errors
    /// [`TracesError`].
    pub fn start(
        settings: &stage::Settings,
        service: &'static str,
        spans: &IntCounterVec,
    ) -> Result<Self, TracesError> {
        let Some(url) = settings.traces.endpoint.url() else {
            return Ok(Self {
                tracer: Tracer::off(),
                sending: None,
            });
        };
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        let count = |outcome| spans.with_label_values(&[outcome]);
        let sender = Sender {
            post: Post::new(url, settings, service)?,
            waiting,
            exported: count("exported"),
            not_taken: count("not_taken"),
            is_away: false,
        };
        let (trigger, shutdown) = Shutdown::pair();
        let mut task = JoinSet::new();
        task.spawn(sender.run(shutdown));
        let on = On {
            share: settings.traces.share,
            queue,
            no_room: count("no_room"),
        };
        Ok(Self {
            tracer: Tracer::on(on),
            sending: Some((trigger, task)),
        })
    }

    /// Where spans are handed over.
    pub fn tracer(&self) -> Tracer {
        self.tracer.clone()
    }

    /// Sends what waits, in two seconds at most. To be called when the work is over.
    pub async fn finish(self) {
        if let Some((trigger, mut task)) = self.sending {
            trigger.request();
            // Dropped, a task that is not done by then is ended.
            let _ended = timeout(FLUSH_MAX, task.join_next()).await;
        }
    }
}

struct Sender {
    post: Post,
    waiting: mpsc::Receiver<Span>,
    exported: IntCounter,
    not_taken: IntCounter,
    /// Whether it was told that the receiver does not work.
    is_away: bool,
}

impl Sender {
    async fn run(mut self, shutdown: Shutdown) {
        let mut spans = Vec::new();
        while !shutdown.is_requested() {
            tokio::select! {
                () = gather(&mut self.waiting, &mut spans) => {}
                () = shutdown.requested() => break,
            }
            self.send(std::mem::take(&mut spans), &shutdown).await;
        }
        // Whoever could hand over more has ended; what waits is sent once.
        self.waiting.close();
        loop {
            let room = TOGETHER_MAX.saturating_sub(spans.len());
            self.waiting.recv_many(&mut spans, room).await;
            if spans.is_empty() {
                return;
            }
            self.send(std::mem::take(&mut spans), &shutdown).await;
        }
    }

    /// Sends them, again where that may help; when a stop was requested, once.
    async fn send(&mut self, spans: Vec<Span>, shutdown: &Shutdown) {
        let count = spans.len() as u64;
        if count == 0 {
            return;
        }
        let body = self.post.body(spans);
        let mut backoff = Backoff::new(TRIES);
        loop {
            match self.post.send(body.clone()).await {
                Answer::Taken { refused } => {
                    let refused = refused.min(count);
                    self.exported.inc_by(count - refused);
                    self.not_taken.inc_by(refused);
                    self.works();
                    return;
                }
                Answer::Refused { why } => {
                    self.fails(&why);
                    break;
                }
                Answer::Away { why } => {
                    self.fails(&why);
                    if shutdown.is_requested() || !backoff.pause(shutdown).await {
                        break;
                    }
                }
            }
        }
        self.not_taken.inc_by(count);
    }

    fn works(&mut self) {
        if std::mem::take(&mut self.is_away) {
            tracing::info!("the receiver of traces takes spans again");
        }
    }

    fn fails(&mut self, why: &str) {
        if !std::mem::replace(&mut self.is_away, true) {
            tracing::warn!(
                reason = why,
                "the receiver of traces takes no spans; events are not affected, spans may be lost until it does"
            );
        }
    }
}

/// As many as go together, as soon as there are so many or the first has waited long enough. Let go half-way, what came is among
/// the spans.
async fn gather(waiting: &mut mpsc::Receiver<Span>, spans: &mut Vec<Span>) {
    waiting.recv_many(spans, 1).await;
    let until = Instant::now() + LINGER;
    while spans.len() < TOGETHER_MAX {
        let room = TOGETHER_MAX - spans.len();
        match timeout_at(until, waiting.recv_many(spans, room)).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
