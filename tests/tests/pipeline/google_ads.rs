//! Deals that are won, lost again and won once more, told to a Google Ads account: from the webhook to a stand-in that checks
//! Google's rules.

use serde_json::{Value, json};
use stage::clock;

use super::company::Company;
use super::google::{Account, Kind, time, won, word};

const NO_CLICK: &str = "not a click";
/// Of these, the one that has no click.
const DEALS: std::ops::RangeInclusive<u64> = 1..=6;
const CLICKLESS: u64 = 6;
/// The one that is lost and won again.
const FICKLE: u64 = 3;

fn click(id: u64) -> String {
    if id == CLICKLESS {
        NO_CLICK.to_owned()
    } else {
        format!("Cj0-{id}")
    }
}

fn lost(won_at_seconds: i64) -> (Value, Value) {
    let before = json!({"status": "won", "won_time": time(won_at_seconds)});
    (json!({"status": "lost", "won_time": null}), before)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_won_is_told_what_is_lost_again_taken_back_and_a_second_win_is_another_conversion() {
    let account = Account::open(Kind {
        name: "google_ads",
        company: Company::Advertised.id(),
        events: "{ name = '17', when = \"deal_status == 'won'\" }, \
                 { name = '17', when = \"deal_status == 'lost'\", retract = true }"
            .to_owned(),
        own: "developer_token = 'demo-token'",
    })
    .await;
    let first = clock::now_micro() / 1_000_000 - 3_600;
    let again = first + 1_800;
    let (now, before) = won(first);
    for id in DEALS {
        account.post(id, &click(id), &now, &before).await;
    }
    account.wait("outcome = 'delivered'", 5).await;
    let of_clickless = "outcome = 'gave_up' AND record LIKE '%\"reason\":\"click_id\"%' AND record LIKE '%UNPARSEABLE_GCLID%'";
    account.wait(of_clickless, 1).await;
    account.post(1, &click(1), &now, &json!({"title": "Cj0"})).await;
    account.wait("outcome = 'delivered'", 6).await;
    let (now, before) = lost(first);
    account.post(FICKLE, &click(FICKLE), &now, &before).await;
    account.wait("outcome = 'delivered'", 7).await;
    let (now, before) = won(again);
    account.post(FICKLE, &click(FICKLE), &now, &before).await;
    account.wait("outcome = 'delivered'", 8).await;

    let action = "customers/1234567890/conversionActions/17";
    let one = |outcome: &str, name: &str, id: u64, at: i64| {
        (outcome.to_owned(), name.to_owned(), account.order_id(id, at))
    };
    let got = account.got().await;
    let told = got.iter();
    let told = told.map(|got| {
        (
            word(got, "outcome"),
            word(got, "event_name"),
            word(got, "event_id"),
        )
    });
    let mut wins: Vec<_> = told.collect();
    let rest = wins.split_off(wins.len().min(6));
    wins.sort_unstable_by_key(|(_, _, order_id)| order_id.clone());
    let outcome = |id| if id == CLICKLESS { "refused" } else { "accepted" };
    let expected: Vec<_> = DEALS.map(|id| one(outcome(id), action, id, first)).collect();
    assert_eq!(wins, expected);
    let expected = [
        one("duplicate", action, 1, first),
        one("accepted", "RETRACTION", FICKLE, first),
        one("accepted", action, FICKLE, again),
    ];
    assert_eq!(rest, expected);
}
