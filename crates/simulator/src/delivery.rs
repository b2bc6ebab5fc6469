//! Posts webhooks as Pipedrive does: Basic credentials, ten seconds to answer with 2xx, no redirects, further
//! attempts after 3, 30 and 150 seconds with the attempt counted in the body; none to a webhook that is banned.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use reqwest::redirect;
use stage::Shutdown;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::config::Config;
use crate::error::Error;
use crate::moment::Moment;
use crate::stats::Stats;
use crate::subscription::Attempt;
use crate::world::{Outgoing, World, locked};

/// At the end, deliveries under way get this long.
const FINISH_WAIT: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(crate) struct Sender {
    http: reqwest::Client,
    in_flight: Arc<Semaphore>,
    in_flight_max: usize,
    /// How many deliveries may wait for a further attempt.
    waiting: Arc<Semaphore>,
    pauses: Vec<Duration>,
    tasks: Mutex<JoinSet<()>>,
}

impl Sender {
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(config.answer_timeout)
            .no_proxy()
            .build()
            .map_err(|source| Error::Client { source })?;
        Ok(Self {
            http,
            in_flight: Arc::new(Semaphore::new(config.in_flight_max.max(1))),
            in_flight_max: config.in_flight_max.max(1),
            waiting: Arc::new(Semaphore::new(config.retries_waiting_max)),
            pauses: config.retry_pauses.clone(),
            tasks: Mutex::default(),
        })
    }

    /// Posts without waiting for the answer; waits only while as many as allowed are under way.
    pub(crate) async fn post(&self, world: &Arc<World>, outgoing: Outgoing, shutdown: &Shutdown) {
        let Ok(slot) = self.in_flight.clone().acquire_owned().await else {
            return;
        };
        let delivery = self.delivery(world, outgoing, shutdown);
        let mut tasks = locked(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(delivery.run(Some(slot)));
    }

    /// Posts and waits for the first answer, so that the next post comes after it.
    pub(crate) async fn post_in_order(&self, world: &Arc<World>, outgoing: Outgoing, shutdown: &Shutdown) {
        let delivery = self.delivery(world, outgoing, shutdown);
        if !delivery.attempt(1).await {
            let mut tasks = locked(&self.tasks);
            while tasks.try_join_next().is_some() {}
            tasks.spawn(delivery.again());
        }
    }

    /// Waits until every delivery that was posted has been answered, or has failed, once.
    pub(crate) async fn first_attempts_over(&self) {
        let all = u32::try_from(self.in_flight_max).unwrap_or(u32::MAX);
        drop(self.in_flight.acquire_many(all).await);
    }

    /// Lets what is under way come to its end, for a short time.
    pub(crate) async fn finish(&self) {
        let mut tasks = std::mem::take(&mut *locked(&self.tasks));
        let all = async { while tasks.join_next().await.is_some() {} };
        if timeout(FINISH_WAIT, all).await.is_err() {
            tracing::warn!(left = tasks.len(), "deliveries were cut off");
        }
    }

    fn delivery(&self, world: &Arc<World>, outgoing: Outgoing, shutdown: &Shutdown) -> Delivery {
        Delivery {
            http: self.http.clone(),
            in_flight: self.in_flight.clone(),
            waiting: self.waiting.clone(),
            pauses: self.pauses.clone(),
            world: world.clone(),
            shutdown: shutdown.clone(),
            outgoing,
        }
    }
}

/// One event on its way to one subscription.
struct Delivery {
    http: reqwest::Client,
    in_flight: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    pauses: Vec<Duration>,
    world: Arc<World>,
    shutdown: Shutdown,
    outgoing: Outgoing,
}

impl Delivery {
    async fn run(self, slot: Option<OwnedSemaphorePermit>) {
        let delivered = self.attempt(1).await;
        drop(slot);
        if !delivered {
            self.again().await;
        }
    }

    /// The further attempts.
    async fn again(self) {
        let Ok(_waiting) = self.waiting.clone().try_acquire_owned() else {
            return self.give_up();
        };
        for (attempt, pause) in (2..).zip(&self.pauses) {
            tokio::select! {
                () = sleep(*pause) => {}
                () = self.shutdown.requested() => return,
            }
            let Ok(_slot) = self.in_flight.acquire().await else {
                return;
            };
            if !self.world.is_told(&self.outgoing.subscription) {
                break;
            }
            Stats::add(&self.world.stats.retries);
            if self.attempt(attempt).await {
                return;
            }
        }
        self.give_up();
    }

    fn give_up(&self) {
        Stats::add(&self.world.stats.given_up);
        tracing::warn!(event.uuid = %self.outgoing.event.change.uuid, "delivery was given up");
    }

    /// True when the receiver took it.
    async fn attempt(&self, attempt: u8) -> bool {
        let Outgoing { event, subscription } = &self.outgoing;
        let mut request = self
            .http
            .post(subscription.url.clone())
            .header(USER_AGENT, "Pipedrive Webhooks")
            .header(ACCEPT, "application/json, text/plain, */*")
            .header(ACCEPT_ENCODING, "gzip, compress, deflate, br")
            .header(CONTENT_TYPE, "application/json")
            .body(event.body(attempt));
        if let Some(authorization) = subscription.authorization() {
            request = request.header(AUTHORIZATION, authorization);
        }
        let stats = &self.world.stats;
        Stats::add(&stats.posts);
        let answer = request.send().await;
        let ended = Attempt {
            at: Moment::now(),
            is_first: attempt == 1,
            status: answer.ok().map(|answer| answer.status().as_u16()),
        };
        self.world.attempted(subscription, ended);
        if ended.is_success() {
            Stats::add(&stats.delivered);
        } else if attempt == 1 {
            Stats::add(&stats.failed_first);
        }
        ended.is_success()
    }
}
