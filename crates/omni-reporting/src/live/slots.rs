//! One slot a panel: a viewer who is slow gets the newest answer, never a queue of old ones.
use std::sync::Arc;

use bytes::Bytes;
use futures::future::{pending, select_all};
use tokio::sync::watch;

/// A panel's answer, ready to be sent.
#[derive(Debug)]
pub struct Push {
    /// Grows over all panels of this server.
    pub number: u64,
    /// The whole event.
    pub frame: Bytes,
}

/// The newest answer of one question.
pub type Newest = watch::Receiver<Option<Arc<Push>>>;

/// The slots of one viewer.
#[derive(Debug)]
pub struct Slots {
    sources: Vec<Newest>,
    waiting: Vec<Option<Arc<Push>>>,
    /// What the viewer has already.
    sent: u64,
}

impl Slots {
    /// A viewer who has seen everything up to `sent`.
    pub fn new(mut sources: Vec<Newest>, sent: u64) -> Self {
        for source in &mut sources {
            source.mark_changed();
        }
        Self {
            waiting: vec![None; sources.len()],
            sources,
            sent,
        }
    }

    /// What is to be sent next: of what waits the oldest, so that numbers only grow.
    pub fn take(&mut self) -> Option<Arc<Push>> {
        // Numbers are given in the order of pushing. A pass that finds nothing new means that whatever has a smaller
        // number than anything found is found as well.
        while self.collect() {}
        let oldest = self.waiting.iter_mut().filter(|slot| slot.is_some());
        let push = oldest
            .min_by_key(|slot| slot.as_ref().map(|push| push.number))?
            .take();
        if let Some(push) = &push {
            self.sent = push.number;
        }
        push
    }

    /// Resolves when a source has something new.
    pub async fn changed(&mut self) {
        let sources = self.sources.iter_mut().map(|source| {
            Box::pin(async {
                if source.changed().await.is_err() {
                    // Nobody will ever push here again.
                    pending::<()>().await;
                }
                source.mark_changed();
            })
        });
        let sources: Vec<_> = sources.collect();
        if sources.is_empty() {
            pending::<()>().await;
        }
        select_all(sources).await;
    }

    fn collect(&mut self) -> bool {
        let mut found = false;
        for (source, slot) in self.sources.iter_mut().zip(&mut self.waiting) {
            if !source.has_changed().unwrap_or(false) {
                continue;
            }
            let newest = source.borrow_and_update().clone();
            if let Some(push) = newest.filter(|push| push.number > self.sent) {
                *slot = Some(push);
                found = true;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn push(number: u64) -> Arc<Push> {
        Arc::new(Push {
            number,
            frame: Bytes::new(),
        })
    }

    fn numbers(slots: &mut Slots) -> Vec<u64> {
        std::iter::from_fn(|| slots.take())
            .map(|push| push.number)
            .collect()
    }

    #[test]
    fn of_many_answers_of_a_panel_a_slow_viewer_gets_the_newest_in_order() {
        let (a, first) = watch::channel(None);
        let (b, second) = watch::channel(Some(push(1)));
        let mut slots = Slots::new(vec![first, second], 0);
        a.send_replace(Some(push(2)));
        a.send_replace(Some(push(4)));
        b.send_replace(Some(push(5)));
        a.send_replace(Some(push(6)));
        assert_eq!(numbers(&mut slots), [5, 6]);
        assert!(slots.take().is_none());
    }

    #[test]
    fn what_a_viewer_has_already_is_not_sent_again() {
        let (_a, first) = watch::channel(Some(push(3)));
        let (_b, second) = watch::channel(Some(push(7)));
        let mut slots = Slots::new(vec![first, second], 5);
        assert_eq!(numbers(&mut slots), [7]);
    }

    #[tokio::test]
    async fn wakes_for_a_new_answer_and_not_for_a_source_that_ended() {
        let (a, first) = watch::channel(None);
        let (b, second) = watch::channel(None);
        let mut slots = Slots::new(vec![first, second], 0);
        assert!(slots.take().is_none());
        drop(b);
        a.send_replace(Some(push(1)));
        slots.changed().await;
        assert_eq!(numbers(&mut slots), [1]);
    }
}
