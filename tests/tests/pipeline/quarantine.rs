//! What was refused can be looked at, mended and sent again; nothing that is there gets there twice.

use event::{Headers, Kind, Version};
use kafka::{Outgoing, Placement, Producer, ProducerSettings, Topic};
use serde_json::Value;

use super::company::Company;
use super::dev::dev;
use super::own::{collector, deal, deal_that_is, omni, own_source, post, settings};

const COMPANY: u64 = Company::Quarantined.id();

fn uuid_of(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).expect("JSON");
    body["meta"]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_deal_is_shown_with_path_rule_and_advice_and_its_words_masked() {
    let (dev, client) = (dev(), reqwest::Client::new());
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(dev, &own_source("strict", ""), &folder);
    let (url, _trigger) = collector(&settings).await;
    let body = deal_that_is(COMPANY, 1, "dormant");
    let uuid = uuid_of(&body);
    post(&client, &url, "strict", body).await;
    let refused = format!("SELECT count() FROM rejected_events WHERE event_uuid = '{uuid}'");
    dev.wait_for_count(&client, &refused, 1).await;

    let (status, said) = omni(&settings, &["rejected", "list", "--source", "strict"]).await;
    assert_eq!(status, Some(0), "{said}");
    for part in [
        "$.deal_status enum pipedrive-deals/2.0",
        &uuid,
        "deal updated",
        "add it to the template's schema",
    ] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
    let (_, said) = omni(&settings, &["rejected", "show", &uuid]).await;
    assert!(
        said.contains("in quarantine") && said.contains("(rule enum of pipedrive-deals/2.0)"),
        "{said}"
    );
    assert!(said.contains("xxxxxxx 9"), "{said}");
    for word in ["Counted 1", "dormant"] {
        assert!(!said.contains(word), "{word} is shown:\n{said}");
    }
    let (_, said) = omni(&settings, &["rejected", "show", &uuid, "--values"]).await;
    assert!(said.contains("Counted 1"), "{said}");

    let out = folder.path().join("refused.ndjson");
    let out_text = out.to_str().expect("a path").to_owned();
    let (status, said) = omni(
        &settings,
        &["rejected", "export", "--source", "strict", "--out", &out_text],
    )
    .await;
    assert_eq!(status, Some(0), "{said}");
    let text = std::fs::read_to_string(&out).expect("the file");
    let line: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    assert_eq!(line["event_uuid"], uuid.as_str());
    assert_eq!(line["errors"][0]["path"], "$.deal_status");
    assert!(!text.contains("Counted") && !text.contains("dormant"), "{text}");

    // As long as the cause is not mended it is refused again, and is nowhere else.
    let words = ["replay", "--rejected", "--where", "source=strict"];
    let (status, said) = omni(&settings, &[words.as_slice(), &["--dry-run"]].concat()).await;
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("1 events would be sent"), "{said}");
    assert_eq!(dev.count(&client, &refused).await, 1, "a dry run sends nothing");
    let (status, said) = omni(&settings, &words).await;
    assert_eq!(status, Some(0), "{said}");
    dev.wait_for_count(&client, &refused, 2).await;
    let rows = format!("SELECT count() FROM deal_events WHERE event_company_id = {COMPANY}");
    assert_eq!(dev.count(&client, &rows).await, 0);
    let replayed = format!("SELECT count() FROM raw_events WHERE event_uuid = '{uuid}' AND replay != ''");
    dev.wait_for_count(&client, &replayed, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_wrong_binding_refused_is_loaded_once_after_it_was_mended() {
    let (dev, client) = (dev(), reqwest::Client::new());
    let company = Company::Bound.id();
    let folder = tempfile::tempdir().expect("a folder");
    let bound = own_source("bound", "").replace("[source.bound]", "[source.bound]\ncompanies = [1]");
    let wrong = settings(dev, &bound, &folder);
    let (url, _trigger) = collector(&wrong).await;
    for id in 1..=3 {
        post(&client, &url, "bound", deal(company, id)).await;
    }
    let refused =
        "SELECT count() FROM rejected_events WHERE event_source = 'bound' AND code = 'company_not_allowed'";
    dev.wait_for_count(&client, refused, 3).await;
    let words = [
        "replay",
        "--rejected",
        "--where",
        "source=bound",
        "--where",
        "code=company_not_allowed",
    ];
    let (_, said) = omni(&wrong, &words).await;
    assert!(
        said.contains("0 events sent") && said.contains("3  refused by the collector's rules as before"),
        "{said}"
    );

    let mended = tempfile::tempdir().expect("a folder");
    let mended = settings(dev, &own_source("bound", ""), &mended);
    let (status, said) = omni(&mended, &words).await;
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("3  bound: deal updated"), "{said}");
    let rows = format!("SELECT count() FROM deal_events WHERE event_company_id = {company}");
    dev.wait_for_count(&client, &rows, 3).await;

    let (_, said) = omni(&mended, &words).await;
    assert!(
        said.contains("0 events sent") && said.contains("3  loaded already"),
        "{said}"
    );
    assert_eq!(dev.count(&client, &rows).await, 3);
    let (status, said) = omni(&mended, &["ledger", "--source", "bound", "--since", "1h"]).await;
    assert_eq!(status, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn replaying_what_is_loaded_changes_no_count() {
    let (dev, client) = (dev(), reqwest::Client::new());
    let company = Company::ReplayedRaw.id();
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(dev, &own_source("again", ""), &folder);
    let (url, _trigger) = collector(&settings).await;
    for id in 1..=20 {
        post(&client, &url, "again", deal(company, id)).await;
    }
    let rows = format!("SELECT count() FROM deal_events WHERE event_company_id = {company}");
    let raw = format!("SELECT count() FROM raw_events WHERE event_company_id = {company}");
    dev.wait_for_count(&client, &rows, 20).await;
    dev.wait_for_count(&client, &raw, 20).await;
    let condition = format!("company={company}");
    let words = ["replay", "--raw", "--since", "1h", "--where", &condition];
    for _ in 0..2 {
        let (status, said) = omni(&settings, &words).await;
        assert_eq!(status, Some(0), "{said}");
        assert!(
            said.contains("0 events sent") && said.contains("20  loaded already"),
            "{said}"
        );
    }
    // A row that was lost from the table comes back, and only that.
    let lost = format!(
        "ALTER TABLE deal_events DELETE WHERE event_company_id = {company} AND deal_id = 7 SETTINGS mutations_sync = 2"
    );
    dev.run(&client, &lost).await;
    let (status, said) = omni(&settings, &words).await;
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("1 events sent") && said.contains("19  loaded already"),
        "{said}"
    );
    dev.wait_for_count(&client, &rows, 20).await;
    let distinct = format!(
        "SELECT uniqExact(event_uuid, event_revision) FROM deal_events WHERE event_company_id = {company}"
    );
    assert_eq!(dev.count(&client, &distinct).await, 20);
}

/// A replay as the tool writes it, of an event that the tool would have left out.
fn replayed(company: u64, body: &[u8]) -> Outgoing {
    let uuid = uuid_of(body).parse().expect("a UUID");
    let mut headers = Headers::new(uuid, Kind::Webhook, "twice", 1_769_850_000_000_000);
    headers.webhook_version = Some(Version::V2);
    headers.object = Some("deal".to_owned());
    headers.action = Some("updated".to_owned());
    headers.replay = Some(event::replay::quiet(uuid));
    Outgoing {
        topic: Topic::Raw,
        placement: Placement::By(company.to_string()),
        key: format!("{company}:deal:1").into_bytes(),
        payload: Some(body.to_vec()),
        headers: headers.to_pairs().into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_passes_the_tool_is_left_out_by_the_loader() {
    let (dev, client) = (dev(), reqwest::Client::new());
    let company = Company::ReplayedTwice.id();
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(dev, &own_source("twice", ""), &folder);
    let (url, _trigger) = collector(&settings).await;
    let body = deal(company, 1);
    post(&client, &url, "twice", body.clone()).await;
    let rows = format!("SELECT count() FROM deal_events WHERE event_company_id = {company}");
    dev.wait_for_count(&client, &rows, 1).await;

    let kafka = omni_loader::Config::load(Some(&settings))
        .expect("settings")
        .kafka;
    let producer = Producer::new(&kafka, ProducerSettings::default()).expect("a producer");
    for _ in 0..3 {
        producer
            .send(replayed(company, &body))
            .await
            .expect("Kafka takes it");
    }
    // What comes after them has passed all that they pass.
    post(&client, &url, "twice", deal(company, 2)).await;
    let second = format!("{rows} AND deal_id = 2");
    dev.wait_for_count(&client, &second, 1).await;
    assert_eq!(dev.count(&client, &rows).await, 2);
    let archived =
        format!("SELECT count() FROM raw_events WHERE event_company_id = {company} AND replay != ''");
    dev.wait_for_count(&client, &archived, 3).await;
    let (status, said) = omni(&settings, &["ledger", "--source", "twice", "--since", "1h"]).await;
    assert_eq!(status, Some(0), "{said}");
}
