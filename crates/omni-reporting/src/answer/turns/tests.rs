//! What waits comes in its order, and nobody is forgotten.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, advance, timeout};

use super::{OnScreen, Turns, Wish};

const MS: Duration = Duration::from_millis(1);

fn wish(cost_ms: u32, is_seen: bool) -> Wish {
    let seen_by = OnScreen::default();
    seen_by.turn(&mut false, is_seen);
    Wish {
        cost: MS * cost_ms,
        seen_by,
    }
}

/// Names in the order in which they were let through; each gives its turn back at once, charged with its cost.
async fn order(turns: &Arc<Turns>, wishes: &[(&'static str, Wish)]) -> Vec<&'static str> {
    let (told, mut heard) = mpsc::channel(16);
    for (name, wish) in wishes.iter().cloned() {
        let (turns, told) = (Arc::clone(turns), told.clone());
        tokio::spawn(async move {
            let cost = wish.cost;
            let turn = turns.wait(wish).await;
            turns.charge(cost);
            told.send(name).await.unwrap();
            drop(turn);
        });
        // So that they stand in this order.
        tokio::task::yield_now().await;
    }
    drop(told);
    let mut names = Vec::new();
    while let Some(name) = heard.recv().await {
        names.push(name);
    }
    names
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_while_little_is_owed_and_all_wait_when_much_is() {
    let turns = Turns::new(0.5);
    turns.charge(200 * MS);
    let begun = Instant::now();
    drop(turns.wait(wish(10, true)).await);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    turns.charge(300 * MS);
    drop(turns.wait(wish(10, true)).await);
    assert_eq!(begun.elapsed().as_millis(), 500);
}

#[tokio::test(start_paused = true)]
async fn no_debt_is_without_end() {
    let turns = Turns::new(1.0);
    turns.charge(Duration::from_mins(10));
    let begun = Instant::now();
    drop(turns.wait(wish(10, true)).await);
    assert!(begun.elapsed() <= Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn cheap_ones_come_before_dear_ones_and_seen_ones_before_unseen_ones() {
    let turns = Arc::new(Turns::new(1.0));
    turns.charge(Duration::from_secs(1));
    let asked = [
        ("dear", wish(800, false)),
        ("unseen", wish(50, false)),
        ("cheap", wish(20, false)),
        ("seen", wish(100, true)),
        ("cheap and seen", wish(20, true)),
    ];
    let expected = ["cheap and seen", "seen", "cheap", "unseen", "dear"];
    assert_eq!(order(&turns, &asked).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_dear_one_comes_at_last_however_many_cheap_ones_come_again() {
    let turns = Arc::new(Turns::new(1.0));
    let cheap = (0..4).map(|_| {
        let turns = Arc::clone(&turns);
        tokio::spawn(async move {
            loop {
                let turn = turns.wait(wish(300, true)).await;
                tokio::time::sleep(300 * MS).await;
                turns.charge(300 * MS);
                drop(turn);
            }
        })
    });
    let cheap: Vec<_> = cheap.collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let begun = Instant::now();
    let turn = timeout(Duration::from_secs(20), turns.wait(wish(5_000, false))).await;
    assert!(turn.is_ok(), "it never came");
    assert!(begun.elapsed() < Duration::from_secs(10));
    for task in cheap {
        task.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn a_cheap_one_goes_beside_a_dear_one_and_a_second_dear_one_does_not() {
    let turns = Turns::new(1.0);
    let dear = turns.wait(wish(600, false)).await;
    let cheap = timeout(MS, turns.wait(wish(10, false))).await;
    assert!(cheap.is_ok());
    drop(cheap);
    assert!(timeout(MS, turns.wait(wish(600, true))).await.is_err());
    drop(dear);
    assert!(timeout(MS, turns.wait(wish(600, true))).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn as_many_go_together_as_there_are_seconds_in_the_share() {
    let turns = Turns::new(1.5);
    let both = (
        turns.wait(wish(10, true)).await,
        turns.wait(wish(10, false)).await,
    );
    assert!(timeout(MS, turns.wait(wish(10, true))).await.is_err());
    drop(both);
    assert!(timeout(MS, turns.wait(wish(10, true))).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_keeps_no_place() {
    let turns = Turns::new(1.0);
    turns.charge(Duration::from_secs(2));
    for _ in 0..10 {
        assert!(timeout(MS, turns.wait(wish(10, true))).await.is_err());
    }
    assert!(turns.lock().waiting.is_empty());
    advance(Duration::from_secs(3)).await;
    let first = turns.wait(wish(10, true)).await;
    assert!(
        timeout(MS, turns.wait(wish(10, true))).await.is_err(),
        "one at a time"
    );
    drop(first);
    assert_eq!(turns.lock().running, 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_seen_gets_four_fifths_of_the_time_and_the_rest_the_fifth() {
    let turns = Arc::new(Turns::new(1.0));
    let took: [Arc<AtomicUsize>; 2] = Default::default();
    let tasks: Vec<_> = (0..12)
        .map(|number| {
            let is_seen = number % 3 == 0;
            let (turns, took) = (Arc::clone(&turns), Arc::clone(&took[usize::from(is_seen)]));
            tokio::spawn(async move {
                loop {
                    let turn = turns.wait(wish(50, is_seen)).await;
                    tokio::time::sleep(50 * MS).await;
                    turns.charge(50 * MS);
                    took.fetch_add(1, Ordering::Relaxed);
                    drop(turn);
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_mins(1)).await;
    let [unseen, seen] = took.map(|turns| turns.load(Ordering::Relaxed));
    assert!(
        (1_150..1_260).contains(&(seen + unseen)),
        "{seen} and {unseen} in a minute of one share"
    );
    let share = seen as f64 / (seen + unseen) as f64;
    assert!((0.75..0.85).contains(&share), "{share}");
    for task in tasks {
        task.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_on_the_screen_while_it_waits_goes_first_from_then_on() {
    let turns = Arc::new(Turns::new(1.0));
    turns.charge(Duration::from_secs(2));
    let late = wish(300, false);
    let seen_by = late.seen_by.clone();
    let asked = [("first", wish(20, false)), ("scrolled to", late)];
    let order = order(&turns, &asked);
    seen_by.turn(&mut false, true);
    assert_eq!(order.await, ["scrolled to", "first"]);
}
