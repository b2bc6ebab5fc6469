//! Brings what is said of several events at the same time together, for destinations that take several at once.
//!
//! Whoever waits and finds nobody gathering gathers for all: a little later, or when there is enough, it takes its own and
//! what else goes to the same address. Nobody's task: who gathers is one of those who wait, and when it is let go, the others
//! are told nothing and come again.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Turn, Notify, oneshot};
use tokio::time::Instant;

use crate::destination::{Said, Takes};

/// What is said, and who wants to know what came of it.
#[derive(Debug)]
pub(super) struct Waiting<T> {
    pub(super) said: Said,
    told: oneshot::Sender<T>,
}

impl<T> Waiting<T> {
    /// Tells it, if it still wants to know.
    pub(super) fn tell(self, what: T) {
        let _gone = self.told.send(what);
    }
}

/// What became of one who waited.
pub(super) enum Gathered<T> {
    /// It gathers: these are to be sent and told.
    Lead(Vec<Waiting<T>>, oneshot::Receiver<T>),
    /// Another has sent it.
    Told(T),
    /// Another had it, and was let go.
    Nothing,
}

#[derive(Debug)]
pub(super) struct Batch<T> {
    waiting: Mutex<VecDeque<Waiting<T>>>,
    turn: Turn<()>,
    more: Notify,
    takes: Takes,
    wait: Duration,
}

impl<T> Batch<T> {
    pub(super) fn new(takes: Takes, wait: Duration) -> Self {
        Self {
            waiting: Mutex::new(VecDeque::new()),
            turn: Turn::new(()),
            more: Notify::new(),
            takes,
            wait,
        }
    }

    /// Waits until this is told, or is to be sent by whoever asks.
    pub(super) async fn join(&self, said: Said) -> Gathered<T> {
        let (told, mut answer) = oneshot::channel();
        let uuid = said.uuid;
        self.lock().push_back(Waiting { said, told });
        self.more.notify_one();
        let turn = tokio::select! {
            biased;
            told = &mut answer => return told.map_or(Gathered::Nothing, Gathered::Told),
            turn = self.turn.lock() => turn,
        };
        if self.lock().iter().any(|waiting| waiting.said.uuid == uuid) {
            self.enough().await;
            let taken = self.take(uuid);
            drop(turn);
            if !taken.is_empty() {
                return Gathered::Lead(taken, answer);
            }
        } else {
            drop(turn);
        }
        answer.await.map_or(Gathered::Nothing, Gathered::Told)
    }

    /// Until there is a full request, or it was waited long enough.
    async fn enough(&self) {
        let until = Instant::now() + self.wait;
        while self.lock().len() < self.takes.events_max {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                () = self.more.notified() => {}
            }
        }
    }

    /// This one, and what else fits into its request, the oldest first. Who wants to know no more is dropped.
    fn take(&self, uuid: uuid::Uuid) -> Vec<Waiting<T>> {
        let mut waiting = self.lock();
        waiting.retain(|one| !one.told.is_closed());
        let Some(own) = waiting.iter().position(|one| one.said.uuid == uuid) else {
            return Vec::new();
        };
        let mut taken: Vec<Waiting<T>> = waiting.remove(own).into_iter().collect();
        let Some(url) = taken.first().map(|own| own.said.url.clone()) else {
            return taken;
        };
        let mut bytes: usize = taken.iter().map(|one| one.said.body.len()).sum();
        let mut left = VecDeque::with_capacity(waiting.len());
        for one in waiting.drain(..) {
            let larger = bytes + one.said.body.len();
            if taken.len() < self.takes.events_max && one.said.url == url && larger <= self.takes.bytes_max {
                bytes = larger;
                taken.push(one);
            } else {
                left.push_back(one);
            }
        }
        *waiting = left;
        taken
    }

    /// A panic elsewhere leaves a queue that is still whole.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Waiting<T>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn said(number: u128, path: &str) -> Said {
        Said {
            uuid: Uuid::from_u128(number),
            url: format!("https://example.com/{path}").parse().unwrap(),
            body: vec![b'x'; 10],
        }
    }

    fn batch(events_max: usize, bytes_max: usize) -> Arc<Batch<usize>> {
        let takes = Takes {
            events_max,
            bytes_max,
        };
        Arc::new(Batch::new(takes, Duration::from_secs(1)))
    }

    /// Joins, and as the one who gathers tells all how many they were.
    async fn join(batch: Arc<Batch<usize>>, said: Said) -> usize {
        match batch.join(said).await {
            Gathered::Lead(taken, answer) => {
                let count = taken.len();
                for one in taken {
                    one.tell(count);
                }
                answer.await.unwrap()
            }
            Gathered::Told(count) => count,
            Gathered::Nothing => 0,
        }
    }

    async fn all(batch: &Arc<Batch<usize>>, said: Vec<Said>) -> Vec<usize> {
        let joined = said
            .into_iter()
            .map(|said| tokio::spawn(join(Arc::clone(batch), said)));
        let mut counts = Vec::new();
        for joined in joined.collect::<Vec<_>>() {
            counts.push(joined.await.unwrap());
        }
        counts
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_at_the_same_time_goes_together() {
        let begun = Instant::now();
        let counts = all(&batch(10, 1_000), (0..4).map(|n| said(n, "a")).collect()).await;
        assert_eq!(counts, [4; 4]);
        assert_eq!(begun.elapsed().as_secs(), 1, "it waits for more");
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_request_waits_for_nobody_and_none_is_over_full() {
        let begun = Instant::now();
        let counts = all(&batch(3, 1_000), (0..6).map(|n| said(n, "a")).collect()).await;
        assert_eq!(counts, [3; 6]);
        assert_eq!(begun.elapsed().as_secs(), 0);
        let counts = all(&batch(10, 25), (0..4).map(|n| said(n, "a")).collect()).await;
        assert_eq!(counts, [2; 4], "25 bytes are two events");
    }

    #[tokio::test(start_paused = true)]
    async fn what_goes_elsewhere_goes_by_itself() {
        let mixed = (0..6).map(|n| said(n, if n % 3 == 0 { "b" } else { "a" }));
        let counts = all(&batch(10, 1_000), mixed.collect()).await;
        assert_eq!(counts, [2, 4, 4, 2, 4, 4]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_let_go_is_not_sent_and_leaves_the_turn_to_others() {
        let batch = batch(10, 1_000);
        let gone = tokio::spawn(join(Arc::clone(&batch), said(1, "a")));
        tokio::task::yield_now().await;
        gone.abort();
        assert!(gone.await.is_err());
        assert_eq!(all(&batch, vec![said(2, "a"), said(3, "a")]).await, [2, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn whose_gatherer_is_let_go_is_told_nothing() {
        let batch = batch(10, 1_000);
        let leader = Arc::clone(&batch);
        let leader = tokio::spawn(async move {
            let gathered = leader.join(said(1, "a")).await;
            std::future::pending::<()>().await;
            drop(gathered);
        });
        tokio::task::yield_now().await;
        let other = tokio::spawn(join(Arc::clone(&batch), said(2, "a")));
        tokio::time::sleep(Duration::from_secs(2)).await;
        leader.abort();
        assert!(leader.await.is_err());
        assert_eq!(other.await.unwrap(), 0);
    }

    /// Joins, and as the one who gathers tells all who they were.
    async fn together(batch: Arc<Batch<Vec<Said>>>, said: Said) -> Vec<Said> {
        match batch.join(said).await {
            Gathered::Lead(taken, answer) => {
                let all: Vec<Said> = taken.iter().map(|one| one.said.clone()).collect();
                for one in taken {
                    one.tell(all.clone());
                }
                answer.await.unwrap()
            }
            Gathered::Told(all) => all,
            Gathered::Nothing => panic!("nobody is let go"),
        }
    }

    proptest! {
        /// Whatever comes at the same time: no request passes a limit or goes to two addresses, and each is in one of them.
        #[test]
        fn every_request_is_one_that_is_taken_and_everyone_is_in_one(
            coming in prop::collection::vec((1_usize..60, 0_u8..3), 1..80),
            events_max in 1_usize..12,
            bytes_max in 60_usize..200,
        ) {
            let takes = Takes { events_max, bytes_max };
            let batch = Arc::new(Batch::new(takes, Duration::from_secs(1)));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let requests: Vec<Vec<Said>> = runtime.block_on(async {
                let joined: Vec<_> = coming.iter().enumerate().map(|(number, (bytes, path))| {
                    let said = Said { body: vec![b'x'; *bytes], ..said(number as u128, &path.to_string()) };
                    tokio::spawn(together(Arc::clone(&batch), said))
                }).collect();
                let mut requests = Vec::new();
                for joined in joined {
                    requests.push(joined.await.unwrap());
                }
                requests
            });
            for (number, request) in requests.iter().enumerate() {
                let own = request.iter().filter(|said| said.uuid == Uuid::from_u128(number as u128));
                prop_assert_eq!(own.count(), 1);
                prop_assert!(request.len() <= events_max);
                prop_assert!(request.iter().map(|said| said.body.len()).sum::<usize>() <= bytes_max);
                let first = request.first().unwrap();
                prop_assert!(request.iter().all(|said| said.url == first.url));
                // All of a request were told the same.
                for said in request {
                    let told = requests.get(said.uuid.as_u128() as usize).unwrap();
                    prop_assert!(told.iter().map(|said| said.uuid).eq(request.iter().map(|said| said.uuid)));
                }
            }
        }
    }
}
