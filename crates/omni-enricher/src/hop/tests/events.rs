//! What becomes of each kind of record.

use super::*;

#[test]
fn a_deal_gets_all_that_the_account_knows() {
    let mut bench = Bench::new();
    bench.run(&surroundings());
    let mut moved = deal(31, 10, 5, json!(1200.50));
    let mut body: Value = serde_json::from_slice(moved.value()).unwrap();
    body["previous"] = json!({"stage_id": 1});
    moved.payload = Some(serde_json::to_vec(&body).unwrap());
    let flat = flat(&bench.run(&[moved]));
    for (key, expected) in [
        ("contact_id", json!(5)),
        ("contact_email", json!("runa@example.com")),
        ("contact_first_name", json!("Runa")),
        ("organization_name", json!("Fjeld")),
        ("organization_company_size", json!("medium")),
        ("deal_owner_name", json!("Ada")),
        ("deal_stage", json!("Offer")),
        ("deal_stage_order", json!(4)),
        ("deal_prev_stage", json!("Lead")),
        ("deal_pipeline", json!("Sales")),
        ("marketing_source", json!("8")),
        ("marketing_campaign", json!("spring")),
        ("marketing_source_origin", json!("deal_channel")),
        ("metrics_total_deals", json!(1)),
        ("metrics_average_deal_value", json!(1200.50)),
        ("metrics_currency", json!("EUR")),
        ("event_received_at", json!("2026-02-03T10:20:30.900000Z")),
        ("event_source", json!("crm")),
    ] {
        let found = flat.get(key).unwrap_or_else(|| panic!("{key} is missing"));
        // Numbers compare by value: an average has no trailing zeros.
        assert_eq!(
            found.to_string().trim_end_matches('0'),
            expected.to_string().trim_end_matches('0'),
            "{key}"
        );
    }
    assert!(flat.get("event_missing").is_none());
    assert!(flat.get("event_enriched_at").is_some());
}

#[test]
fn a_renamed_stage_has_its_new_name_from_then_on() {
    let mut bench = Bench::new();
    bench.run(&surroundings());
    assert_eq!(
        flat(&bench.run(&[deal(31, 10, 5, json!(1))]))["deal_stage"],
        json!("Offer")
    );
    bench.run(&[webhook(
        "change",
        "stage",
        2,
        11,
        json!({"id": 2, "name": "Offer sent"}),
        json!(null),
    )]);
    assert_eq!(
        flat(&bench.run(&[deal(31, 12, 5, json!(1))]))["deal_stage"],
        json!("Offer sent")
    );
}

#[test]
fn what_comes_earlier_in_a_batch_is_known_later_in_it() {
    let mut bench = Bench::new();
    let batch: Vec<Record> = surroundings()
        .into_iter()
        .chain([deal(31, 10, 5, json!(1))])
        .collect();
    let out = bench.run(&batch);
    let enriched = of(&out, Topic::Enriched);
    assert_eq!(enriched.len(), 7);
    let last = event::flatten::flatten(&value(enriched[6])).unwrap();
    assert_eq!(
        (&last["contact_id"], &last["deal_stage"]),
        (&json!(5), &json!("Offer"))
    );
}

#[test]
fn an_event_whose_surroundings_are_unknown_goes_on_and_lists_them() {
    let mut bench = Bench::new();
    let flat = flat(&bench.run(&[deal(31, 10, 5, json!(1))]));
    assert_eq!(
        flat["event_missing"],
        json!(["contact", "organization", "owner", "stage", "pipeline"])
    );
    assert_eq!(flat["metrics_total_deals"], json!(1));
}

#[test]
fn a_gone_contact_is_not_missing() {
    let mut bench = Bench::new();
    bench.run(&surroundings());
    bench.run(&[webhook("delete", "person", 5, 5, json!(null), json!({"id": 5}))]);
    let flat = flat(&bench.run(&[deal(31, 10, 5, json!(1))]));
    assert!(flat.get("event_missing").is_none() && flat.get("contact_email").is_none());
}

#[test]
fn an_activity_takes_contact_and_organization_from_its_deal() {
    let mut bench = Bench::new();
    bench.run(&surroundings());
    bench.run(&[deal(31, 10, 5, json!(1))]);
    let data =
        json!({"id": 9, "type": "call", "deal_id": 31, "person_id": null, "org_id": null, "owner_id": 3});
    let flat = flat(&bench.run(&[webhook("create", "activity", 9, 20, data, json!(null))]));
    assert_eq!(
        (&flat["contact_id"], &flat["organization_id"]),
        (&json!(5), &json!(6))
    );
    assert_eq!(
        (&flat["activity_owner_name"], &flat["metrics_total_deals"]),
        (&json!("Ada"), &json!(1))
    );
}

#[test]
fn records_keep_their_partition_key_and_headers() {
    let mut bench = Bench::new();
    let record = deal(31, 10, 5, json!(1));
    let out = bench.run(std::slice::from_ref(&record));
    let enriched = of(&out, Topic::Enriched)[0];
    assert_eq!((&enriched.key, &enriched.headers), (&record.key, &record.headers));
    assert_eq!(enriched.placement, Placement::Partition(PARTITION));
    let entity = of(&out, Topic::Entities)
        .into_iter()
        .find(|one| one.key == b"7:deal:31")
        .unwrap();
    let headers = Headers::from_pairs(&entity.headers).unwrap();
    assert_eq!(
        (headers.object.as_deref(), headers.source.as_str()),
        (Some("deal"), "crm")
    );
    assert_eq!(
        headers.event_uuid.to_string(),
        record.header("event-uuid").unwrap()
    );
}

#[test]
fn a_double_is_filtered_and_changes_nothing() {
    let mut bench = Bench::new();
    let event = deal(31, 10, 5, json!(100));
    bench.run(std::slice::from_ref(&event));
    let before = (bench.log.len(), bench.figures(5));
    let mut again = event.clone();
    let mut body: Value = serde_json::from_slice(again.value()).unwrap();
    body["meta"]["attempt"] = json!(2);
    again.payload = Some(serde_json::to_vec(&body).unwrap());
    let out = bench.run(&[again]);
    assert_eq!(out.len(), 1);
    let filtered = value(of(&out, Topic::Filtered)[0]);
    assert_eq!(
        (&filtered["rule"], &filtered["stage"]),
        (&json!("duplicate"), &json!("enricher"))
    );
    assert_eq!(filtered["event_uuid"], json!(event.header("event-uuid").unwrap()));
    assert_eq!((bench.log.len(), bench.figures(5)), before);
    // Twice in one batch is a double as well.
    let out = bench.run(&[deal(32, 10, 5, json!(1)), deal(32, 10, 5, json!(1))]);
    assert_eq!(
        (of(&out, Topic::Enriched).len(), of(&out, Topic::Filtered).len()),
        (1, 1)
    );
}

#[test]
fn an_older_event_goes_on_and_leaves_the_state_alone() {
    let mut bench = Bench::new();
    bench.run(&[deal(31, 20, 5, json!(200))]);
    let flat = flat(&bench.run(&[deal(31, 10, 5, json!(100))]));
    assert_eq!(
        (&flat["deal_value"], &flat["metrics_average_deal_value"]),
        (&json!(100), &json!(200))
    );
    let record = bench.entity("deal", 31);
    assert_eq!(record.state.unwrap().to_map()["value"], json!(200));
    assert_eq!(record.seen.len(), 2);
}

#[test]
fn what_cannot_be_used_is_rejected_and_the_rest_goes_on() {
    let mut bench = Bench::new();
    let uuid = Uuid::from_u128(44);
    let mut headless = deal(30, 1, 5, json!(1));
    headless.headers = kafka::RecordHeaders::new();
    let batch = [
        raw(Kind::Webhook, uuid, b"<html>".to_vec()),
        headless,
        deal(31, 10, 5, json!(1)),
        raw(Kind::Flat, uuid, b"{}".to_vec()),
    ];
    let out = bench.run(&batch);
    assert_eq!(of(&out, Topic::Enriched).len(), 1);
    let rejected: Vec<Value> = of(&out, Topic::Rejected).into_iter().map(value).collect();
    let codes: Vec<_> = rejected.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["not_json", "headers", "not_flat"]);
    assert_eq!(
        (&rejected[0]["event_uuid"], &rejected[0]["value"]),
        (&json!(uuid), &json!("<html>"))
    );
    assert_eq!(rejected[1]["company_id"], json!(7));
    assert_eq!(rejected[2]["errors"][0]["path"], json!("$.event_uuid"));
}

#[test]
fn a_heartbeat_passes_unchanged() {
    let mut bench = Bench::new();
    let beat = raw(Kind::Heartbeat, Uuid::from_u128(5), b"{\"last\":  4}".to_vec());
    let out = bench.run(std::slice::from_ref(&beat));
    assert_eq!(out.len(), 1);
    assert_eq!(
        (out[0].topic, out[0].payload.as_deref()),
        (Topic::Enriched, Some(beat.value()))
    );
    assert_eq!((&out[0].headers, &out[0].key), (&beat.headers, &beat.key));
}

#[test]
fn a_flat_event_passes_unchanged_once_and_never_when_its_webhook_was_seen() {
    let mut bench = Bench::new();
    let event = deal(31, 10, 5, json!(100));
    let out = bench.run(std::slice::from_ref(&event));
    let sent_back = serde_json::to_vec(&flat(&out)).unwrap();
    let out = bench.run(&[raw(Kind::Flat, Uuid::from_u128(6), sent_back)]);
    assert_eq!(
        (out.len(), value(&out[0])["rule"].clone()),
        (1, json!("duplicate"))
    );
    let own = json!({"event_uuid": Uuid::from_u128(7), "event_company_id": 7, "event_object": "deal", "event_id": 40, "deal_value": 1.50});
    let own = raw(Kind::Flat, Uuid::from_u128(7), own.to_string().into_bytes());
    let out = bench.run(std::slice::from_ref(&own));
    assert_eq!(
        (
            of(&out, Topic::Enriched)[0].payload.as_deref(),
            of(&out, Topic::Entities).len()
        ),
        (Some(own.value()), 1)
    );
    assert_eq!(bench.entity("deal", 40).state, None);
    assert_eq!(of(&bench.run(&[own]), Topic::Filtered).len(), 1);
}

#[test]
fn what_a_tag_container_added_to_a_flat_event_goes_no_further() {
    let mut bench = Bench::new();
    let carried = br#"{"event_uuid":"00000000-0000-0000-0000-000000000008","event_company_id":7,"event_object":"deal","event_id":41,
        "deal_value":1200.50,"client_id":"dcid.1.2.3","user_data":{"email":null},"ip_override":"203.0.113.9"}"#;
    let out = bench.run(&[raw(Kind::Flat, Uuid::from_u128(8), carried.to_vec())]);
    let passed = of(&out, Topic::Enriched)[0].payload.as_deref().unwrap();
    let expected = r#"{"deal_value":1200.50,"event_company_id":7,"event_id":41,"event_object":"deal","event_uuid":"00000000-0000-0000-0000-000000000008"}"#;
    assert_eq!(std::str::from_utf8(passed).unwrap(), expected);
    // Carried otherwise, it is the same event.
    let mut again: Value = serde_json::from_slice(passed).unwrap();
    again["user_agent"] = json!("b");
    let again = raw(Kind::Flat, Uuid::from_u128(8), again.to_string().into_bytes());
    assert_eq!(value(&bench.run(&[again])[0])["rule"], json!("duplicate"));
}

#[test]
fn a_record_that_is_too_large_becomes_a_rejection_without_its_value() {
    let mut bench = Bench::new();
    let out = bench.run(&[deal(31, 10, 5, json!(1))]);
    let enriched = of(&out, Topic::Enriched)[0].clone();
    let instead = bench
        .enricher
        .oversized(enriched.clone(), 9_000_000)
        .unwrap()
        .unwrap();
    let rejected = value(&instead);
    assert_eq!(
        (instead.topic, &rejected["code"], &rejected["value"]),
        (Topic::Rejected, &json!("oversized"), &json!(""))
    );
    assert_eq!(
        rejected["event_uuid"],
        value(&enriched)["request"]["meta"]["uuid"]
    );
    let entity = of(&out, Topic::Entities)[0].clone();
    assert_eq!(bench.enricher.oversized(entity, 9_000_000).unwrap(), None);
}

#[test]
fn an_event_that_a_rule_leaves_out_is_on_record_and_still_counts() {
    let settings = Settings {
        filters: [("small", "object == 'deal' && current.value < 10")]
            .map(|(name, rule)| (name.to_owned(), rule.parse().unwrap()))
            .into(),
        ..Settings::default()
    };
    let mut bench = Bench::with(settings, |_, _| BTreeMap::new());
    let out = bench.run(&[deal(31, 10, 5, json!(1)), deal(32, 11, 5, json!(100))]);
    let filtered = of(&out, Topic::Filtered);
    assert_eq!((filtered.len(), of(&out, Topic::Enriched).len()), (1, 1));
    let filtered = value(filtered[0]);
    assert_eq!(
        (&filtered["rule"], &filtered["id"]),
        (&json!("small"), &json!("31"))
    );
    assert_eq!(bench.figures(5)["total_deals"], json!(2));
    // A deleted deal has no current state: the rule cannot be decided, and it stays in.
    let out = bench.run(&[deleted_deal(31, 12, 5)]);
    assert_eq!(of(&out, Topic::Enriched).len(), 1);
}

#[test]
fn what_must_not_be_missing_leaves_an_event_out() {
    let settings = Settings {
        lookup: BTreeMap::from([(
            "contact".to_owned(),
            crate::config::Lookup {
                when_missing: crate::config::WhenMissing::Drop,
                ..Default::default()
            },
        )]),
        ..Settings::default()
    };
    let mut bench = Bench::with(settings, |_, _| BTreeMap::new());
    let out = bench.run(&[deal(31, 10, 5, json!(1))]);
    assert_eq!(
        value(of(&out, Topic::Filtered)[0])["rule"],
        json!("missing_contact")
    );
    bench.run(&surroundings());
    let out = bench.run(&[deal(31, 20, 5, json!(1))]);
    assert_eq!(of(&out, Topic::Enriched).len(), 1);
}

#[test]
fn what_is_replayed_goes_on_again_and_changes_nothing() {
    let mut bench = Bench::new();
    let event = deal(31, 10, 5, json!(100));
    bench.run(&[event.clone(), deal(31, 20, 5, json!(300))]);
    let mut again = event;
    again.headers.push("replay", b"r1");
    let out = bench.run(&[again]);
    assert_eq!(
        (of(&out, Topic::Enriched).len(), of(&out, Topic::Filtered).len()),
        (1, 0)
    );
    assert_eq!(
        bench.entity("deal", 31).state.unwrap().to_map()["value"],
        json!(300)
    );
    assert_eq!(bench.figures(5)["total_deals"], json!(1));
}

#[test]
fn an_organization_s_record_says_what_its_ids_and_numbers_mean() {
    let mut settings = Settings::default();
    settings
        .organization
        .industries
        .insert("4".into(), "health".into());
    let mut bench = Bench::with(settings, |_, _| BTreeMap::new());
    let own = |data: Value| webhook("create", "organization", 6, 0, data, json!(null));
    bench.run(&[own(
        json!({"id": 6, "name": "Fjeld", "industry": 4, "employee_count": 300}),
    )]);
    let words = bench.entity("organization", 6).words.unwrap();
    assert_eq!(
        (words.industry.as_str(), words.company_size.as_str()),
        ("health", "large")
    );
    let data = json!({"id": 6, "name": "Fjeld", "industry": 5});
    bench.run(&[webhook("change", "organization", 6, 5, data, json!(null))]);
    let words = bench.entity("organization", 6).words.unwrap();
    assert_eq!(
        (words.industry, words.company_size),
        (String::new(), String::new())
    );
    bench.run(&surroundings());
    assert_eq!(bench.entity("person", 5).words, None);
}
