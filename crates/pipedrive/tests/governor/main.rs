//! The governor against a model of Pipedrive's limiter: whatever is asked, whatever is answered, however the
//! process ends, the model never sees a limit passed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod limiter;
mod world;

use limiter::Limiter;
use pipedrive::{Charge, Config, Lane, Priority};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use world::{Ask, Fate, World};

const NOON_MS: u64 = 20_000 * 86_400_000 + 43_200_000;

#[derive(Debug, Clone, Copy)]
enum Step {
    Ask(Ask),
    Pass { ms: u64 },
    Restart { gap_ms: u64 },
    OthersSpend { tokens: u64 },
    WallJumps { ms: i64 },
}

/// What an account allows, and how it is used.
#[derive(Debug, Clone)]
struct Setting {
    burst: usize,
    share: f64,
    headers: bool,
    start_ms: u64,
}

fn settings() -> impl Strategy<Value = Setting> {
    let shares = prop_oneof![3 => Just(1.0), 1 => Just(0.5), 1 => Just(0.25)];
    // Around midnight more often than not.
    let starts = prop_oneof![0_u64..43_200_000, 43_190_000_u64..43_200_000];
    (
        prop_oneof![Just(1_usize), Just(3), Just(20), Just(40)],
        shares,
        any::<bool>(),
        starts,
    )
        .prop_map(|(burst, share, headers, after_noon)| Setting {
            burst,
            share,
            headers,
            start_ms: NOON_MS + after_noon,
        })
}

fn fates() -> impl Strategy<Value = Fate> {
    prop_oneof![
        60 => Just(Fate::Judged),
        2 => Just(Fate::Burst),
        1 => Just(Fate::Daily),
        1 => prop_oneof![Just(None), Just(Some(60_000))].prop_map(|retry_after| Fate::Banned { retry_after }),
        6 => Just(Fate::Broken),
        3 => Just(Fate::Lost),
        3 => Just(Fate::Abandoned),
    ]
}

fn asks() -> impl Strategy<Value = Step> {
    let tokens =
        prop_oneof![6 => Just(1_u32), 4 => Just(10), 2 => Just(40), 2 => Just(1_500), 1 => Just(6_000)];
    let priorities =
        prop_oneof![3 => Just(Priority::Live), 1 => Just(Priority::Repair), 2 => Just(Priority::Backfill)];
    let lanes = prop_oneof![2 => Just(Lane::General), 1 => Just(Lane::Search)];
    let way = || prop_oneof![Just(0_u64), 0_u64..50, 0_u64..3_000, 0_u64..20_000];
    let deadlines = prop_oneof![Just(0_u64), 1_u64..3_000, 1_u64..60_000, Just(3_600_000)];
    (tokens, priorities, lanes, way(), way(), deadlines, fates()).prop_map(
        |(tokens, priority, lane, there_ms, back_ms, deadline_ms, fate)| {
            let charge = Charge {
                tokens,
                priority,
                lane,
            };
            Step::Ask(Ask {
                charge,
                deadline_ms,
                there_ms,
                back_ms,
                fate,
            })
        },
    )
}

fn pauses() -> impl Strategy<Value = Step> {
    prop_oneof![8 => 0_u64..300, 6 => 0_u64..3_000, 2 => 0_u64..600_000, 1 => 0_u64..36_000_000]
        .prop_map(|ms| Step::Pass { ms })
}

fn restarts() -> impl Strategy<Value = Step> {
    prop_oneof![Just(0_u64), 0_u64..3_000, 0_u64..7_200_000].prop_map(|gap_ms| Step::Restart { gap_ms })
}

/// What one governor with the truth about its account can meet.
fn alone() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(prop_oneof![30 => asks(), 10 => pauses(), 1 => restarts()], 1..200)
}

/// The same with others who spend from the same day, and a clock on the wall that steps.
fn among_others() -> impl Strategy<Value = Vec<Step>> {
    let others = (1_u64..8_000).prop_map(|tokens| Step::OthersSpend { tokens });
    let steps = (-7_200_000_i64..7_200_000).prop_map(|ms| Step::WallJumps { ms });
    let any = prop_oneof![30 => asks(), 10 => pauses(), 1 => restarts(), 2 => others, 1 => steps];
    prop::collection::vec(any, 1..200)
}

fn play(world: &mut World, steps: &[Step]) {
    for step in steps {
        match *step {
            Step::Ask(ask) => world.ask(ask),
            Step::Pass { ms } => world.pass(ms),
            Step::Restart { gap_ms } => world.restart(gap_ms),
            Step::OthersSpend { tokens } => world.others_spend(tokens),
            Step::WallJumps { ms } => world.step_wall(ms),
        }
    }
    world.pass(3_600_000);
}

fn config(setting: &Setting) -> Config {
    Config {
        burst_requests_max: Some(setting.burst),
        budget_share: setting.share,
        ..Config::default()
    }
}

fn world(setting: &Setting, day_tokens: u64) -> World {
    let limiter = Limiter::new(setting.burst, 10, day_tokens);
    World::new(limiter, config(setting), setting.headers, setting.start_ms)
}

fn within_the_burst(world: &World, setting: &Setting) {
    let ours = |whole: usize| ((whole as f64 * setting.share) as usize).max(1);
    let limiter = &world.limiter;
    assert!(
        limiter.burst_most <= ours(setting.burst),
        "{} in a window",
        limiter.burst_most
    );
    assert!(
        limiter.search_most <= ours(10),
        "{} searches in a window",
        limiter.search_most
    );
}

/// 256 of each, or as `PROPTEST_CASES` says.
fn cases() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_limit_is_ever_passed(setting in settings(), steps in alone()) {
        let mut world = world(&setting, 30_000);
        play(&mut world, &steps);
        within_the_burst(&world, &setting);
        let overrun = world.overruns.iter().find(|overrun| !overrun.recheck);
        prop_assert!(overrun.is_none(), "{overrun:?}");
    }

    /// The configuration says three times what the account has: only what was in flight before the first
    /// answer can be too much.
    #[test]
    fn headers_win_over_a_wrong_configuration(setting in settings(), steps in alone()) {
        let setting = Setting { headers: true, ..setting };
        let mut world = world(&setting, 10_000);
        play(&mut world, &steps);
        within_the_burst(&world, &setting);
        let overrun = world.overruns.iter().find(|overrun| {
            !overrun.recheck && overrun.heard.is_some_and(|heard| overrun.sent > heard)
        });
        prop_assert!(overrun.is_none(), "{overrun:?}");
    }

    /// What others spend is known by answers alone, and a clock that steps ends a day too early or late:
    /// after Pipedrive has said that nothing is left, nothing is sent but the question whether it still is so.
    #[test]
    fn a_spent_day_is_believed_whoever_spent_it(setting in settings(), steps in among_others()) {
        let setting = Setting { headers: true, ..setting };
        let mut world = world(&setting, 30_000);
        play(&mut world, &steps);
        within_the_burst(&world, &setting);
        let overrun = world.after_spent_out().next();
        prop_assert!(overrun.is_none(), "{overrun:?}");
    }
}

/// A governor that sends nothing passes no limit either.
#[test]
fn what_the_limits_allow_is_sent() {
    let setting = Setting {
        burst: 20,
        share: 1.0,
        headers: false,
        start_ms: NOON_MS,
    };
    let mut world = world(&setting, 30_000);
    for _ in 0..100 {
        world.ask(Ask {
            charge: Charge {
                tokens: 1,
                priority: Priority::Live,
                lane: Lane::General,
            },
            deadline_ms: 8_300,
            there_ms: 0,
            back_ms: 0,
            fate: Fate::Judged,
        });
    }
    world.pass(8_300);
    assert_eq!((world.granted, world.refused), (100, 0));
    assert_eq!(world.limiter.burst_most, 20);
}

/// History stops at its reserve, repairs at theirs, and an event that waits gets the rest.
#[test]
fn the_day_ends_for_history_first_and_for_events_last() {
    let setting = Setting {
        burst: 40,
        share: 1.0,
        headers: false,
        start_ms: NOON_MS,
    };
    let mut world = world(&setting, 30_000);
    let mut spent = Vec::new();
    for priority in [Priority::Backfill, Priority::Repair, Priority::Live] {
        for _ in 0..40 {
            world.ask(Ask {
                charge: Charge {
                    tokens: 1_000,
                    priority,
                    lane: Lane::General,
                },
                deadline_ms: 3_000,
                there_ms: 0,
                back_ms: 0,
                fate: Fate::Judged,
            });
            world.pass(3_000);
        }
        spent.push(world.governor.standing(world.moment()).day_tokens_spent);
    }
    assert_eq!(spent, [18_000, 27_000, 30_000]);
}

fn live(tokens: u32, there_ms: u64, back_ms: u64) -> Ask {
    Ask {
        charge: Charge {
            tokens,
            priority: Priority::Live,
            lane: Lane::General,
        },
        deadline_ms: 1_000,
        there_ms,
        back_ms,
        fate: Fate::Judged,
    }
}

fn before_midnight(headers: bool, ms: u64) -> World {
    let setting = Setting {
        burst: 20,
        share: 1.0,
        headers,
        start_ms: NOON_MS + 43_200_000 - ms,
    };
    world(&setting, 30_000)
}

#[test]
fn what_is_under_way_at_midnight_may_be_counted_on_the_new_day() {
    let mut world = before_midnight(false, 100);
    world.ask(live(20_000, 200, 10_000));
    world.pass(150);
    world.ask(live(15_000, 0, 0));
    world.pass(20_000);
    assert_eq!((world.granted, world.refused, world.overruns.len()), (1, 1, 0));
}

#[test]
fn what_yesterday_had_left_says_nothing_about_today() {
    let mut world = before_midnight(true, 1_000);
    world.ask(live(29_000, 0, 0));
    world.ask(live(1_000, 0, 2_000));
    world.pass(3_000);
    world.ask(live(29_000, 0, 0));
    assert_eq!((world.granted, world.refused, world.overruns.len()), (3, 0, 0));
}

/// Tokens were bought, or midnight is elsewhere: nobody tells, so one event's call finds out.
#[test]
fn a_spent_day_is_asked_about_again_after_a_while() {
    let mut world = before_midnight(true, 36_000_000);
    world.ask(live(30_000, 0, 0));
    world.limiter.day_tokens += 5_000;
    world.ask(live(1, 0, 0));
    assert_eq!((world.granted, world.refused), (1, 1));
    world.pass(world::RECHECK_MS);
    world.ask(live(1, 0, 0));
    world.ask(live(4_999, 0, 0));
    assert_eq!((world.granted, world.refused, world.overruns.len()), (3, 1, 0));
}
