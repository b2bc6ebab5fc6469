//! What templates take becomes rows, what they refuse is quarantined, what none is for is filtered.
use event::Map;
use event::outcome::Rejected;
use kafka::Topic;
use serde_json::{Value, json};

use crate::records::{self, company, deal, deal_with, heartbeat, person};
use crate::world::{World, eventually};

const V2: &str = "pipedrive-deals/2.0";
const FOUNDING: &str = "pipedrive-deals/1.03";

#[tokio::test(flavor = "multi_thread")]
async fn flat_records_become_rows_with_the_right_types() {
    let world = World::new(&[V2]).await;
    let loading = world.load();
    world.send((1..=40).map(deal)).await;
    world.count("deal_events", 40).await;
    world
        .expect(
            "SELECT toString(deal_value), deal_currency, deal_status, deal_stage, deal_stage_id, deal_prev_status, \
             deal_label, toString(deal_won_time), toString(deal_expected_close_date), deal_probability, marketing_source \
             FROM deal_events WHERE deal_id = 7",
            &[(
                "1200.5".to_owned(),
                "EUR".to_owned(),
                "won".to_owned(),
                "Offer".to_owned(),
                3,
                "open".to_owned(),
                vec!["24".to_owned(), "25".to_owned()],
                "2026-02-03 10:20:30.000000".to_owned(),
                "2026-03-01".to_owned(),
                None::<String>,
                "google".to_owned(),
            )],
        )
        .await;
    world
        .expect(
            "SELECT event_company_id, toString(event_time), toString(event_received_at), event_kind, event_revision, \
             kafka_offset >= kafka_batch_first_offset, loaded_at > event_received_at FROM deal_events WHERE deal_id = 7",
            &[(
                company(7),
                "2026-02-03 10:20:30.405000".to_owned(),
                "2026-02-03 10:20:30.911007".to_owned(),
                "webhook".to_owned(),
                0,
                1,
                1,
            )],
        )
        .await;
    world
        .expect(
            "SELECT count(), countIf(deal_status = 'won') FROM deals FINAL",
            &[(40_u64, 40_u64)],
        )
        .await;
    world
        .expect(
            "SELECT arraySort(stages_seen), ever_won FROM deal_facts FINAL WHERE deal_id = 7",
            &[(vec![2_u64, 3], 1)],
        )
        .await;
    loading.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_record_is_rejected_with_all_reasons_and_the_rest_is_loaded() {
    let world = World::new(&[V2]).await;
    let poison = |flat: &mut Map| {
        flat.insert("deal_value".into(), json!("a lot"));
        flat.insert("deal_status".into(), json!("closed"));
        flat.remove("deal_title");
    };
    let mut no_json = deal(3);
    no_json.payload = Some(b"{\"deal_id\": 3,\xff".to_vec());
    let mut no_headers = deal(5);
    no_headers.headers.remove("kind");
    let too_exact = |flat: &mut Map| {
        flat.insert("deal_value".into(), serde_json::from_str("0.00001").unwrap());
    };
    world
        .send([
            deal(0x10),
            deal_with(1, poison),
            deal(2),
            no_json,
            deal_with(4, too_exact),
            no_headers,
            deal(6),
        ])
        .await;
    let loading = world.load();
    world.count("deal_events", 3).await;
    world
        .expect(
            "SELECT code, error_paths, error_schema_versions, stage FROM rejected_events ORDER BY event_received_at, code",
            &[
                rejected("schema", &["$.deal_status", "$.deal_title", "$.deal_value"], V2),
                rejected("not_json", &["$"], ""),
                rejected("schema", &["$.deal_value"], V2),
                rejected("headers", &["$"], ""),
            ],
        )
        .await;
    loading.stop().await;
    let kept: Vec<_> = world.records(Topic::Rejected).await;
    assert_eq!(kept.len(), 4, "the one without headers too, once");
    let values: Vec<_> = kept
        .iter()
        .map(|record| Rejected::from_json(record.value()).unwrap())
        .collect();
    let unreadable = values
        .iter()
        .find(|rejected| rejected.code == "not_json")
        .unwrap();
    assert_eq!(unreadable.refused_bytes().unwrap(), b"{\"deal_id\": 3,\xff");
    assert!(
        values.iter().any(|rejected| rejected.code == "headers"),
        "{values:?}"
    );
}

/// A row of `rejected_events`.
fn rejected(code: &str, paths: &[&str], version: &str) -> (String, Vec<String>, Vec<String>, String) {
    let paths: Vec<_> = paths.iter().map(|path| (*path).to_owned()).collect();
    let versions = vec![version.to_owned(); paths.len()];
    (code.to_owned(), paths, versions, "loader".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_template_is_for_is_filtered_as_no_template() {
    let world = World::new(&[V2]).await;
    world.send([person(1), deal(2), person(3)]).await;
    let loading = world.load();
    world
        .expect(
            "SELECT stage, rule, event_object, event_company_id FROM filtered_events ORDER BY event_received_at",
            &[filtered(1), filtered(3)],
        )
        .await;
    world.count("deal_events", 1).await;
    loading.stop().await;
}

fn filtered(n: u64) -> (String, String, String, u64) {
    (
        "loader".to_owned(),
        "no_template".to_owned(),
        "person".to_owned(),
        company(n),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn two_templates_load_from_one_topic() {
    let world = World::new(&[V2, FOUNDING]).await;
    let article = include_str!("../../../event/fixtures/article/flat.json");
    let founding = |flat: &mut Map| {
        let article: Map = serde_json::from_str(article).unwrap();
        let kept = ["event_id", "event_timestamp_micro", "event_timestamp"];
        flat.extend(
            article
                .into_iter()
                .filter(|(key, _)| !kept.contains(&key.as_str())),
        );
    };
    world.send([deal_with(1, founding), deal(2)]).await;
    let loading = world.load();
    world.count("deal_events", 2).await;
    world
        .expect(
            "SELECT event_id, toString(deal_value), contact_email, toString(email_validation_sources_1_extracted_on) \
             FROM deal_events_1_03",
            &[("1".to_owned(), "22944".to_owned(), "jack@datomni.com".to_owned(), "2020-06-17".to_owned())],
        )
        .await;
    world
        .expect(
            "SELECT event_received_at > 0, has(error_paths, '$.contact_email'), arrayDistinct(error_schema_versions) \
             FROM rejected_events",
            &[(1, 1, vec![FOUNDING.to_owned()])],
        )
        .await;
    loading.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_comes_after_its_rows_can_be_seen() {
    let world = World::new(&[V2]).await;
    let loading = world.load();
    let mut seen = 0;
    for round in 0..10 {
        world.send((round * 5 + 1..=round * 5 + 5).map(deal)).await;
        let heard = eventually(|| async { rows_told(&world).await > seen });
        assert!(heard.await);
        // Whatever a notice has told by now must be there now.
        let told = rows_told(&world).await;
        let there: Vec<(u64,)> = world
            .warehouse
            .select("SELECT count() FROM deal_events", &[])
            .await
            .unwrap();
        assert!(there[0].0 >= told, "told {told}, there {}", there[0].0);
        seen = told;
    }
    world
        .send([heartbeat(Topic::Flat, 0, records::RECEIVED_AT)])
        .await;
    world.count("deal_events", 50).await;
    world
        .expect("SELECT sum(rows), max(last_offset) >= 20 FROM load_batches FINAL WHERE template = 'pipedrive-deals/2.0'", &[(50_u64, 1)])
        .await;
    world
        .expect(
            "SELECT toString(max(heartbeat_at)) FROM load_batches WHERE template = 'pipedrive-deals/2.0'",
            &[("2026-02-03 10:20:30.911000".to_owned(),)],
        )
        .await;
    loading.stop().await;
    let notices = notices(&world).await;
    let first = notices.iter().find(|notice| notice["template"] == V2).unwrap();
    assert_eq!(first["tables"], json!(["deal_events", "deals", "deal_facts"]));
    assert_eq!(first["event_time_max"], "2026-02-03T10:20:30.405000Z");
    assert!(
        first["companies"]
            .as_array()
            .is_some_and(|companies| !companies.is_empty())
    );
    let is_own = |notice: &&Value| notice["tables"] == json!(["load_batches"]);
    let own = notices.iter().filter(is_own).count();
    assert!(
        own > 0 && own <= notices.len() - own,
        "{own} of {} beget each other",
        notices.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_insert_takes_what_all_partitions_brought() {
    let mut world = World::new(&[V2]).await.without_merges().await;
    (world.config.loader.window_ms, world.config.loader.window_ms_max) = (5_000, 5_000);
    let loading = world.load();
    // What comes first is loaded at once, the rest is gathered.
    world.send((1..=10).map(deal)).await;
    world.count("deal_events", 10).await;
    world.send((11..=100).map(deal)).await;
    world.count("deal_events", 100).await;
    let of_both = "SELECT max(partitions) FROM \
                   (SELECT uniqExact(kafka_partition) AS partitions FROM deal_events GROUP BY _part)";
    world.expect(of_both, &[(2_u64,)]).await;
    let batches = "SELECT sum(rows), uniqExact(partition), uniqExact(batch) = count() FROM load_batches FINAL \
                   WHERE template = 'pipedrive-deals/2.0'";
    world.expect(batches, &[(100_u64, 2_u64, 1_u8)]).await;
    let firsts = "SELECT countIf(kafka_offset < kafka_batch_first_offset) FROM deal_events";
    world.expect(firsts, &[(0_u64,)]).await;
    loading.stop().await;
}

async fn notices(world: &World) -> Vec<Value> {
    let records = world.records(Topic::Loaded).await;
    records
        .iter()
        .map(|record| serde_json::from_slice(record.value()).unwrap())
        .collect()
}

async fn rows_told(world: &World) -> u64 {
    let notices = notices(world).await;
    notices
        .iter()
        .filter(|notice| notice["template"] == V2)
        .filter_map(|notice| notice["rows"].as_u64())
        .sum()
}
