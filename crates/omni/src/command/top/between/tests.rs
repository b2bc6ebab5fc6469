//! Two looks make rates and ages of the time between them.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

use std::time::Duration;

use super::*;
use crate::command::watched::Told;

fn look(at: Instant, instances: &[(&'static str, &str, &str)]) -> Look {
    let instances = instances.iter().map(|(stage, address, numbers)| {
        let mut told = Told {
            numbers: Numbers::read(numbers),
            ..Told::default()
        };
        told.readiness.ready = true;
        Instance {
            stage,
            address: (*address).to_owned(),
            told: Ok(told),
        }
    });
    Look {
        at,
        instances: instances.collect(),
    }
}

fn between(then: &[(&'static str, &str, &str)], now: &[(&'static str, &str, &str)]) -> Between {
    let at = Instant::now();
    Between::of(&look(at, then), &look(at + Duration::from_secs(2), now))
}

#[test]
fn counters_become_rates_over_all_instances_and_a_restart_counts_from_nothing() {
    let [a_then, a_now, b_then, b_now] =
        [100, 120, 900, 6].map(|number| format!("omni_collector_accepted_total{{source=\"crm\"}} {number}"));
    let then = [("collector", "a:1", &*a_then), ("collector", "b:1", &*b_then)];
    let now = [("collector", "a:1", &*a_now), ("collector", "b:1", &*b_now)];
    assert_eq!(between(&then, &now).accepted(), 13.0);
}

#[test]
fn an_instance_that_was_not_there_before_tells_no_rate() {
    let told = "omni_collector_accepted_total{source=\"crm\"} 5000";
    let found = between(&[], &[("collector", "a:1", told)]);
    assert_eq!(found.accepted(), 0.0);
    assert_eq!(found.stages.first().unwrap().1.ready, 1);
}

#[test]
fn ages_are_of_the_time_between() {
    let told = |small: u32, all: u32| {
        format!(
            "omni_loader_event_age_seconds_bucket{{le=\"0.1\"}} {small}\n\
             omni_loader_event_age_seconds_bucket{{le=\"0.2\"}} {all}\n\
             omni_loader_event_age_seconds_bucket{{le=\"+Inf\"}} {all}"
        )
    };
    let (then, now) = (told(0, 1000), told(0, 1100));
    let found = between(&[("loader", "a:1", &then)], &[("loader", "a:1", &now)]);
    let (_, loader) = found.stages.iter().find(|(stage, _)| *stage == "loader").unwrap();
    let (half, most) = loader.age.unwrap();
    assert!(
        (half - 0.15).abs() < 1e-9 && (most - 0.199).abs() < 1e-9,
        "{half} {most}"
    );
}

#[test]
fn nothing_between_has_no_age() {
    let told = "omni_loader_event_age_seconds_bucket{le=\"+Inf\"} 7";
    let found = between(&[("loader", "a:1", told)], &[("loader", "a:1", told)]);
    assert!(found.stages.iter().all(|(_, stage)| stage.age.is_none()));
}

#[test]
fn what_is_over_every_bound_is_at_least_the_last() {
    assert_eq!(
        quantile(&[(1.0, 0.0), (600.0, 0.0), (f64::INFINITY, 3.0)], 0.5),
        Some(600.0)
    );
}
