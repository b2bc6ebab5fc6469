//! The life of an account's subscriptions under `manage_webhooks`: what is missing, removed or banned is made anew, once.

use std::time::Duration;

use serde_json::Value;
use simulator::{Patience, Webhooks};

use crate::account::{World, only};

/// Looks come every two seconds here, and a change is missed after one.
const MANAGED: &str = "[enricher.silence]\nquiet_seconds = 2\ngrace_seconds = 1\n\
                       [source.crm.webhooks]\nurl = 'TARGET'\ncheck_seconds = 2\n";
const SOON: Duration = Duration::from_mins(2);

fn account(patience: Patience) -> simulator::Config {
    simulator::Config {
        webhooks: Webhooks::V2,
        patience,
        ..simulator::Config::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_a_deleted_and_a_banned_webhook_are_made_anew_once() {
    let mut world = World::start(account(Patience::default()), false, MANAGED).await;
    // Two enrichers: only the one that has the company's partition keeps its subscriptions.
    world.enricher("a").await;
    world.enricher("b").await;
    let list = "/simulator/webhooks";
    let first = world
        .until("a subscription", SOON, list, |told| only(told, None))
        .await;
    world.change(10, 0).await;
    let stats = world.get("/simulator/stats").await;
    assert_eq!((&stats["delivered"], &stats["untold"]), (&10.into(), &0.into()));

    // Somebody deletes it by hand.
    world.delete(&format!("/v1/webhooks/{first}")).await;
    let second = world
        .until("another one", SOON, list, |told| only(told, Some(&first)))
        .await;
    world.change(5, 0).await;

    // A ban shows nowhere in the list: only that the account changes and nothing comes.
    world.post(&format!("/simulator/webhooks/{second}/ban")).await;
    world.change(20, 2).await;
    let third = world
        .until("one that is not banned", SOON, list, |told| {
            only(told, Some(&second))
        })
        .await;
    let before = world.get("/simulator/stats").await["delivered"].as_u64().unwrap();
    world.change(5, 0).await;
    let stats = world.get("/simulator/stats").await;
    assert_eq!(stats["delivered"].as_u64().unwrap(), before + 5, "{stats}");
    assert_eq!(only(&world.get(list).await, None), Some(third));
    let added = &stats["api"]["calls"]["v1/webhooks add"]["requests"];
    assert_eq!(added, 3, "{stats}");
    world.stop().await;
}

/// The newest change of such an account is always one that may still come.
#[tokio::test(flavor = "multi_thread")]
async fn a_ban_is_found_while_the_account_goes_on_changing() {
    // Longer than between two changes, whose times are whole seconds.
    let patient = MANAGED.replace("grace_seconds = 1", "grace_seconds = 5");
    let mut world = World::start(account(Patience::default()), false, &patient).await;
    world.enricher("a").await;
    let list = "/simulator/webhooks";
    let first = world
        .until("a subscription", SOON, list, |told| only(told, None))
        .await;
    world.change(5, 0).await;
    world.post(&format!("/simulator/webhooks/{first}/ban")).await;
    let renewed = world.until("one that is not banned", SOON, list, |told| {
        only(told, Some(&first))
    });
    tokio::select! {
        _ = renewed => {}
        () = world.change(1_200, 10) => panic!("the account changed for two minutes, and nobody saw the ban"),
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_account_keeps_its_webhook() {
    let mut world = World::start(account(Patience::default()), false, MANAGED).await;
    world.enricher("a").await;
    let list = "/simulator/webhooks";
    let first = world
        .until("a subscription", SOON, list, |told| only(told, None))
        .await;
    world.change(3, 0).await;
    // The account is asked several times after its silence began.
    let looks = |told: &Value| {
        told["api"]["calls"]["v1/webhooks"]["requests"]
            .as_u64()
            .filter(|looks| *looks >= 6)
    };
    world.until("six looks", SOON, "/simulator/stats", looks).await;
    assert_eq!(only(&world.get(list).await, None), Some(first));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_pipedrive_removed_is_made_anew() {
    let patience = Patience {
        failures_max: None,
        failing_max: Duration::from_millis(500),
        ..Patience::default()
    };
    let mut world = World::start(account(patience), false, MANAGED).await;
    world.enricher("a").await;
    let list = "/simulator/webhooks";
    let first = world
        .until("a subscription", SOON, list, |told| only(told, None))
        .await;
    world.post(&format!("/simulator/webhooks/{first}/remove")).await;
    world
        .until("another one", SOON, list, |told| only(told, Some(&first)))
        .await;
    world.stop().await;
}
