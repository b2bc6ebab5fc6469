//! Deals that are won, told to Google's Data Manager: from the webhook to a stand-in that checks Google's rules, refuses a request
//! for one wrong event, and tells later by the request's id what became of the others.

use serde_json::{Value, json};
use stage::clock;

use super::company::Company;
use super::google::{Account, Kind, won, word};
use super::stand_in::TOKEN;

/// Of these, the one that is won tomorrow.
const DEALS: std::ops::RangeInclusive<u64> = 1..=6;
const TOMORROW: u64 = 6;
/// The one whose click Google will not know.
const STRANGE: u64 = 5;
const DAY_SECONDS: i64 = 24 * 60 * 60;

fn click(id: u64) -> String {
    if id == STRANGE {
        format!("unknown-{id}")
    } else {
        format!("Cj0-{id}")
    }
}

impl Account {
    /// What became of a request, as a person asks for it.
    async fn status(&self, receipt: &str) -> Value {
        let id = receipt.strip_prefix("requestId ").expect("a receipt");
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", "demo-client"),
            ("client_secret", TOKEN),
            ("refresh_token", TOKEN),
        ];
        let token = self
            .client
            .post(format!("{}/google/token", self.stand_in.url))
            .form(&form);
        let token: Value = token.send().await.expect("a token").json().await.expect("JSON");
        let url = format!(
            "{}/google/v1/requestStatus:retrieve?requestId={id}",
            self.stand_in.url
        );
        let request = self
            .client
            .get(url)
            .bearer_auth(token["access_token"].as_str().expect("a token"));
        let told: Value = request
            .send()
            .await
            .expect("a status")
            .json()
            .await
            .expect("JSON");
        told["requestStatusPerDestination"][0].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_won_is_told_one_wrong_event_is_left_out_and_the_receipt_tells_the_rest() {
    let account = Account::open(Kind {
        name: "google_data_manager",
        company: Company::Managed.id(),
        events: "{ name = '17', when = \"deal_status == 'won'\" }".to_owned(),
        own: "",
    })
    .await;
    let first = clock::now_micro() / 1_000_000 - 3_600;
    let at = |id| {
        if id == TOMORROW {
            first + DAY_SECONDS
        } else {
            first
        }
    };
    for id in DEALS {
        let (now, before) = won(at(id));
        account.post(id, &click(id), &now, &before).await;
    }
    account
        .wait("outcome = 'delivered' AND record LIKE '%requestId t-%'", 5)
        .await;
    let of_tomorrow = "outcome = 'gave_up' AND record LIKE '%\"reason\":\"outside_window\"%' AND record LIKE '%EVENT_TIME_INVALID%'";
    account.wait(of_tomorrow, 1).await;
    let mut dropped = Vec::new();
    for receipt in account.answers("outcome = 'delivered'").await {
        let errors = account.status(&receipt).await["errorInfo"]["errorCounts"].clone();
        dropped.extend(errors.as_array().expect("a list").clone());
    }
    let expected = json!({"reason": "PROCESSING_ERROR_REASON_CLICK_NOT_FOUND", "recordCount": "1"});
    assert_eq!(dropped, [expected]);

    let (now, _) = won(first);
    let worth = json!({"status": "won", "won_time": now["won_time"], "value": 99});
    account.post(1, &click(1), &worth, &json!({"value": 10})).await;
    account.wait("outcome = 'delivered'", 6).await;
    let mut got = account.got().await;
    let corrected = got.pop().expect("the last one");
    let told = ["outcome", "event_name", "event_id", "value", "mode"].map(|key| word(&corrected, key));
    let order_id = account.order_id(1, first);
    assert_eq!(told, ["duplicate", "17", &order_id, "99", "adjustment"]);
    got.retain(|one| one["outcome"] == "accepted");
    let mut accepted: Vec<_> = got.iter().map(|one| word(one, "event_id")).collect();
    accepted.sort_unstable();
    let expected: Vec<_> = DEALS
        .filter(|id| *id != TOMORROW)
        .map(|id| account.order_id(id, first))
        .collect();
    assert_eq!(accepted, expected);
}
