//! Adjustments: a conversion taken back, or worth something else.

use serde_json::{Value, json};
use simulator::Config;

use super::{ACTION, Caller, ago, conversion, counts, deliveries, partial, running, whole, with};

fn retraction(order: &str) -> Value {
    json!({
        "conversionAction": ACTION, "adjustmentType": "RETRACTION", "adjustmentDateTime": ago(60), "orderId": order,
    })
}

fn restatement(order: &str, seconds_ago: i64, value: f64) -> Value {
    with(
        &retraction(order),
        &[
            ("adjustmentType", json!("RESTATEMENT")),
            ("adjustmentDateTime", json!(ago(seconds_ago))),
            (
                "restatementValue",
                json!({"adjustedValue": value, "currencyCode": "EUR"}),
            ),
        ],
    )
}

/// The name of the one error, none where it was taken.
fn told(answer: &(u16, Value)) -> String {
    assert_eq!(answer.0, 200, "{}", answer.1);
    let errors = partial(&answer.1);
    errors
        .first()
        .map_or_else(String::new, |(_, _, name)| name.clone())
}

#[tokio::test]
async fn a_conversion_is_taken_back_once() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    let by_click = with(&conversion("o-2"), &[("orderId", Value::Null)]);
    caller.upload(&[conversion("o-1"), by_click.clone()]).await;
    assert_eq!(
        told(&caller.adjust(&[retraction("nobody")]).await),
        "CONVERSION_NOT_FOUND"
    );
    let answer = caller.adjust(&[retraction("o-1")]).await;
    assert_eq!(told(&answer), "");
    assert_eq!(answer.1["results"][0]["orderId"], "o-1");
    assert_eq!(
        told(&caller.adjust(&[retraction("o-1")]).await),
        "CONVERSION_ALREADY_RETRACTED"
    );
    let pair = json!({"gclid": by_click["gclid"], "conversionDateTime": by_click["conversionDateTime"]});
    let by_pair = with(
        &retraction("o-2"),
        &[("orderId", Value::Null), ("gclidDateTimePair", pair)],
    );
    assert_eq!(told(&caller.adjust(&[by_pair]).await), "");
    let (_, answer) = caller.upload(&[conversion("o-1")]).await;
    assert_eq!(
        partial(&answer)[0].2,
        "ORDER_ID_ALREADY_IN_USE",
        "a retracted order is not free again"
    );
    assert_eq!(counts(&running, "google_ads").await, [4, 2, 1]);
    let newest = deliveries(&running, "google_ads").await;
    assert_eq!(
        (&newest[1]["event_name"], &newest[1]["mode"]),
        (&json!("RETRACTION"), &json!("adjustment"))
    );
    running.stop().await;
}

#[tokio::test]
async fn a_value_is_restated_in_the_order_of_time() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    caller.upload(&[conversion("o-1")]).await;
    let adjust =
        async |seconds_ago, value| told(&caller.adjust(&[restatement("o-1", seconds_ago, value)]).await);
    assert_eq!(adjust(600, 70.0).await, "");
    assert_eq!(deliveries(&running, "google_ads").await[0]["value"], "70.0");
    assert_eq!(adjust(1_200, 60.0).await, "MORE_RECENT_RESTATEMENT_FOUND");
    assert_eq!(adjust(300, 80.0).await, "");
    assert_eq!(adjust(7_200, 80.0).await, "ADJUSTMENT_PRECEDES_CONVERSION");
    let fixed = restatement("o-1", 100, 90.0);
    assert_eq!(told(&caller.adjust(std::slice::from_ref(&fixed)).await), "");
    assert_eq!(told(&caller.adjust(&[fixed]).await), "RESTATEMENT_ALREADY_EXISTS");
    running.stop().await;
}

#[tokio::test]
async fn what_an_adjustment_lacks_is_said() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    let old = with(
        &conversion("old"),
        &[("conversionDateTime", json!(ago(55 * 24 * 60 * 60)))],
    );
    caller.upload(&[conversion("o-1"), old]).await;
    let one = |changes: &[(&str, Value)]| with(&retraction("o-1"), changes);
    let pair = json!({"gclid": "g", "conversionDateTime": ago(60)});
    for (adjustment, name) in [
        (one(&[("conversionAction", Value::Null)]), "REQUIRED"),
        (one(&[("orderId", Value::Null)]), "REQUIRED"),
        (one(&[("adjustmentType", Value::Null)]), "REQUIRED"),
        (one(&[("adjustmentDateTime", Value::Null)]), "REQUIRED"),
        (
            one(&[("adjustmentDateTime", json!("today"))]),
            "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET",
        ),
        (
            one(&[("restatementValue", json!({"adjustedValue": 1}))]),
            "VALUE_MUST_BE_UNSET",
        ),
        (one(&[("adjustmentType", json!("RESTATEMENT"))]), "REQUIRED"),
        (
            one(&[("adjustmentType", json!("ENHANCEMENT"))]),
            "INVALID_CONVERSION_ACTION_TYPE",
        ),
        (
            one(&[("gclidDateTimePair", pair)]),
            "GCLID_DATE_TIME_PAIR_AND_ORDER_ID_BOTH_SET",
        ),
        (retraction("old"), "CONVERSION_EXPIRED"),
    ] {
        assert_eq!(
            told(&caller.adjust(std::slice::from_ref(&adjustment)).await),
            name,
            "{adjustment}"
        );
    }
    let many = vec![retraction("o-1"); 2_001];
    assert_eq!(
        whole(&caller.adjust(&many).await).2,
        "TOO_MANY_ADJUSTMENTS_IN_REQUEST"
    );
    assert_eq!(
        whole(&caller.adjust(&[one(&[("adjustmentType", json!("UNDO"))])]).await).0,
        400
    );
    assert_eq!(
        told(&caller.adjust(&[retraction("o-1")]).await),
        "",
        "nothing of it was carried out"
    );
    running.stop().await;
}
