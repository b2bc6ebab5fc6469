//! A person who was erased is in no table any more and stays out, what counted still counts, and a certificate says so that
//! can be caught lying.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::company::Company;
use super::dev::{Dev, dev};
use super::own::{body, collector, omni, own_source, post, settings};

const COMPANY: u64 = Company::Erased.id();
const PERSON: u64 = 51_017;
/// What says who the person is, wherever it stands.
const WORDS: [&str; 3] = ["zephyrine", "quillfeather", "5550171"];
const MAIL: &str = "zephyrine@quillfeather.example";

/// A webhook of some second of one day.
fn at(second: u64, body: &[u8]) -> Vec<u8> {
    let mut body: Value = serde_json::from_slice(body).expect("JSON");
    body["meta"]["timestamp"] = json!(format!("2026-01-06T09:00:{second:02}.000Z"));
    body.to_string().into_bytes()
}

fn person(second: u64) -> Vec<u8> {
    let data = json!({
        "id": PERSON, "name": "Zephyrine Quillfeather", "first_name": "Zephyrine", "last_name": "Quillfeather",
        "emails": [{"value": MAIL, "label": "work", "primary": true}],
        "phones": [{"value": "+1 555 0171", "label": "work", "primary": true}], "custom_fields": {},
        "org_id": null, "owner_id": 1, "add_time": "2026-01-05T08:00:00Z", "update_time": "2026-01-06T08:00:00Z"
    });
    at(second, &body(COMPANY, "person", PERSON, &data))
}

fn deal(second: u64, id: u64, status: &str) -> Vec<u8> {
    let data = json!({
        "id": id, "title": format!("Deal {id}"), "value": 10 * id, "currency": "EUR", "status": status, "stage_id": 1,
        "pipeline_id": 1, "owner_id": 1, "person_id": PERSON, "org_id": null, "custom_fields": {},
        "add_time": "2026-01-05T08:00:00Z", "update_time": "2026-01-06T08:00:00Z"
    });
    at(second, &body(COMPANY, "deal", id, &data))
}

/// A deal of version 1: it tells of its contact itself.
fn deal_v1(id: u64) -> Vec<u8> {
    let contact = json!({"name": "Zephyrine Quillfeather", "email": [{"value": MAIL, "primary": true}], "value": PERSON});
    let current = json!({
        "id": id, "title": format!("Deal {id}"), "value": 10 * id, "currency": "EUR", "status": "open", "stage_id": 1,
        "pipeline_id": 1, "user_id": 1, "person_id": contact, "person_name": "Zephyrine Quillfeather",
        "add_time": "2026-01-05 08:00:00", "update_time": "2026-01-06 08:00:00"
    });
    let meta = json!({
        "v": 1, "action": "updated", "object": "deal", "id": id, "company_id": COMPANY, "user_id": 1,
        "host": "erased.pipedrive.com", "timestamp": 1_767_690_003, "timestamp_micro": 1_767_690_003_000_000_i64,
        "permitted_user_ids": [1], "trans_pending": false, "is_bulk_update": false, "change_source": "app"
    });
    json!({"v": 1, "event": "updated.deal", "meta": meta, "current": current, "previous": null, "retry": 0})
        .to_string()
        .into_bytes()
}

/// One person, a pipeline, and a collector of its own.
struct Case {
    dev: &'static Dev,
    client: reqwest::Client,
    folder: tempfile::TempDir,
    settings: PathBuf,
    url: String,
    /// Stops the collector when it goes.
    #[expect(dead_code, reason = "held")]
    trigger: stage::Trigger,
}

impl Case {
    async fn open() -> Self {
        let (dev, folder) = (dev(), tempfile::tempdir().expect("a folder"));
        let destination = "[destination.tags]\nurl = 'https://tags.example.com'";
        let more = format!("{}\n{destination}", own_source("erased", ""));
        let settings = settings(dev, &more, &folder);
        let (url, trigger) = collector(&settings).await;
        Self {
            dev,
            client: reqwest::Client::new(),
            folder,
            settings,
            url,
            trigger,
        }
    }

    async fn send(&self, bodies: impl IntoIterator<Item = Vec<u8>>) {
        for body in bodies {
            post(&self.client, &self.url, "erased", body).await;
        }
    }

    /// Waits until so many rows of the company are in a table.
    async fn wait(&self, table: &str, of: &str, rows: u64) {
        let sql = format!("SELECT count() FROM {table} WHERE event_company_id = {COMPANY} AND {of}");
        self.dev.wait_for_count(&self.client, &sql, rows).await;
    }

    /// `omni erase person` or `lift`, with more words.
    async fn erase(&self, what: &str, more: &[&str]) -> (Option<i32>, String) {
        let (company, person) = (COMPANY.to_string(), PERSON.to_string());
        let words = ["erase", what, "--company", &company, "--id", &person];
        omni(&self.settings, &[words.as_slice(), more].concat()).await
    }

    async fn erase_with_certificate(&self, name: &str) -> (Option<i32>, String) {
        self.erase("person", &["--certificate", &self.file(name)]).await
    }

    async fn verify(&self) -> (Option<i32>, String) {
        omni(&self.settings, &["erase", "verify", &self.file("erasure.json")]).await
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Rows of any table in which any text says who the person is, as `table rows`.
    async fn texts(&self) -> Vec<String> {
        let columns = "SELECT table, groupArray(concat('ifNull(toString(', name, '), \\'\\')')) FROM system.columns \
                       WHERE database = currentDatabase() AND type LIKE '%String%' AND table IN \
                       (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree') \
                       GROUP BY table ORDER BY table FORMAT JSONCompactEachRow";
        let words: Vec<String> = WORDS.iter().map(|word| format!("'{word}'")).collect();
        let mut found = Vec::new();
        for line in self.dev.ask(&self.client, columns).await.lines() {
            let (table, cells): (String, Vec<String>) =
                serde_json::from_str(line).expect("a table and its texts");
            let sql = format!(
                "SELECT count() FROM {table} WHERE \
                 arrayExists(cell -> multiSearchAnyCaseInsensitive(cell, [{}]), [{}])",
                words.join(", "),
                cells.join(", ")
            );
            let rows = self.dev.count(&self.client, &sql).await;
            if rows > 0 {
                found.push(format!("{table} {rows}"));
            }
        }
        found
    }

    /// What the board counts of the company.
    async fn totals(&self) -> String {
        let sql = format!(
            "SELECT count(), sum(deal_value), uniqExact(contact_id), \
             (SELECT count() FROM deal_events WHERE event_company_id = {COMPANY}) \
             FROM deals FINAL WHERE event_company_id = {COMPANY}"
        );
        self.dev.ask(&self.client, &sql).await
    }

    /// An older template's table, which has the person's e-mail address and not the person's id.
    async fn older_table(&self) {
        let folder = tempfile::tempdir().expect("a folder");
        let both = "[loader]\ntemplates = ['pipedrive-deals/2.0', 'pipedrive-deals/1.03']";
        let (status, said) = omni(&settings(self.dev, both, &folder), &["migrate"]).await;
        assert_eq!(status, Some(0), "{said}");
        let insert = format!(
            "INSERT INTO deal_events_1_03 (event_company_id, event_uuid, event_time, event_id, contact_email) \
             SELECT event_company_id, event_uuid, event_time, event_id, contact_email FROM deal_events \
             WHERE event_company_id = {COMPANY} AND contact_email != ''"
        );
        self.dev.run(&self.client, &insert).await;
    }

    async fn is_loaded(&self) {
        self.send([person(1), deal(2, 1, "open"), deal_v1(2), deal(4, 3, "dormant")])
            .await;
        self.wait("deal_events", &format!("contact_email = '{MAIL}'"), 2)
            .await;
        self.wait("rejected_events", "code = 'schema'", 1).await;
        self.wait("raw_events", "1", 4).await;
        let own = "entity_object = 'person' AND entity_name = 'Zephyrine Quillfeather'";
        self.wait("entities FINAL", own, 1).await;
        self.older_table().await;
    }

    async fn is_erased(&self) {
        let (totals, told) = (self.totals().await, self.texts().await);
        let tables: Vec<_> = told.iter().filter_map(|found| found.split(' ').next()).collect();
        let expected = [
            "deal_events",
            "deal_events_1_03",
            "deals",
            "deals_1_03",
            "entities",
            "raw_events",
            "rejected_events",
        ];
        assert_eq!(tables, expected, "the search finds what is there");
        let (status, said) = self.erase("person", &["--dry-run"]).await;
        assert_eq!(status, Some(0), "{said}");
        assert_eq!(self.texts().await, told, "a dry run changes nothing");
        assert!(said.contains("2  deal_events\n"), "{said}");

        let (status, said) = self.erase_with_certificate("erasure.json").await;
        assert_eq!(status, Some(0), "{said}");
        for part in [
            "tags (http) was not told",
            "omni.raw         until 20",
            "omni.entities    no end can be named",
            "max.compaction.lag.ms",
        ] {
            assert!(said.contains(part), "{part} is not in:\n{said}");
        }
        assert_eq!(self.texts().await, [""; 0]);
        assert_eq!(self.totals().await, totals);
        let ledger = ["ledger", "--source", "erased", "--since", "1h"];
        let (status, said) = omni(&self.settings, &ledger).await;
        assert_eq!(status, Some(0), "{said}");
        let text = std::fs::read_to_string(self.file("erasure.json")).expect("the certificate");
        let text = text.to_lowercase();
        assert!(!WORDS.iter().any(|word| text.contains(word)), "{text}");
        let (status, _) = self.erase_with_certificate("erasure.json").await;
        assert_eq!(status, Some(1), "a certificate is not written over");
    }

    async fn comes_back_as_an_id_alone(&self) {
        self.send([person(20), deal(21, 4, "open")]).await;
        let fresh = format!("deal_id = 4 AND contact_id = {PERSON}");
        self.wait("deal_events", &fresh, 1).await;
        self.wait("filtered_events", "rule = 'suppressed'", 1).await;
        self.wait("raw_events", "event_kind = 'webhook'", 6).await;
        assert_eq!(self.texts().await, [""; 0]);
        let (status, said) = self.verify().await;
        assert_eq!(status, Some(0), "{said}");
        assert!(said.contains("the person is kept out"), "{said}");
        let company = format!("company={COMPANY}");
        let replay = ["replay", "--raw", "--since", "1h", "--where", &company];
        let of_persons = ["--where", "object=person"];
        let (status, said) = omni(&self.settings, &[replay.as_slice(), &of_persons].concat()).await;
        assert_eq!(status, Some(0), "{said}");
        for part in ["0 events sent", "2  of an erased person, without what they said"] {
            assert!(said.contains(part), "{part} is not in:\n{said}");
        }
    }

    /// A certificate that is no longer true is found out, table by table; a second erasure makes it true again.
    async fn is_found_when_it_is_put_back(&self) {
        let body = format!(r#"{{"data":{{"id":1,"person_id":{PERSON},"person_name":"Zephyrine"}}}}"#);
        for (table, change) in [
            (
                "deal_events",
                format!("contact_email = '{MAIL}' WHERE deal_id = 1"),
            ),
            (
                "deals",
                "contact_last_name = 'Quillfeather' WHERE deal_id = 2".to_owned(),
            ),
            (
                "deal_events_1_03",
                format!("contact_email = '{MAIL}' WHERE event_id = '1'"),
            ),
            ("raw_events", format!("body = '{body}' WHERE accept_number = 2")),
            (
                "rejected_events",
                format!("value = '{body}' WHERE code = 'schema'"),
            ),
        ] {
            let tamper = format!(
                "ALTER TABLE {table} UPDATE {change} AND event_company_id = {COMPANY} SETTINGS mutations_sync = 2"
            );
            self.dev.run(&self.client, &tamper).await;
            let (status, said) = self.verify().await;
            assert_eq!(status, Some(1), "{table}: {said}");
            let found = format!("FOUND 1 rows in {table} that tell of the person");
            assert!(said.contains(&found), "{table}: {said}");
        }
        let (status, said) = self.erase_with_certificate("again.json").await;
        assert_eq!(status, Some(0), "{said}");
        assert_eq!(self.texts().await, [""; 0]);
        assert_eq!(self.verify().await.0, Some(0));
    }

    async fn comes_back_when_it_may(&self) {
        let (status, said) = self.erase("lift", &[]).await;
        assert_eq!(status, Some(0), "{said}");
        self.send([person(30), deal(31, 5, "open")]).await;
        let fresh = format!("deal_id = 5 AND contact_email = '{MAIL}'");
        self.wait("deal_events", &fresh, 1).await;
        let own = "entity_object = 'person' AND entity_name = 'Zephyrine Quillfeather'";
        self.wait("entities FINAL", own, 1).await;
        let (status, said) = self.verify().await;
        assert_eq!(status, Some(0), "{said}");
        assert!(said.contains("LIFTED 20"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_is_in_no_table_and_comes_back_only_when_it_may() {
    let case = Case::open().await;
    case.is_loaded().await;
    case.is_erased().await;
    case.comes_back_as_an_id_alone().await;
    case.is_found_when_it_is_put_back().await;
    case.comes_back_when_it_may().await;
}

/// So many deals are posted at once and not waited for.
const UNDER_WAY: u64 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_its_way_when_the_order_is_given_is_removed_too() {
    let (dev, client) = (dev(), reqwest::Client::new());
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(dev, &own_source("hasty", ""), &folder);
    let (url, _trigger) = collector(&settings).await;
    let company = Company::ErasedOnTheWay.id();
    let body_of = |id: u64| {
        let text = String::from_utf8(deal_v1(id)).expect("text");
        let names = [
            ("Zephyrine Quillfeather", "Balthasar Nachtigall"),
            (MAIL, "balthasar@nachtigall.example"),
        ];
        let other = |text: String, (name, other): (&str, &str)| text.replace(name, other);
        let text = names.into_iter().fold(text, other);
        text.replace(&COMPANY.to_string(), &company.to_string())
    };
    let posts = (1..=UNDER_WAY).map(|id| post(&client, &url, "hasty", body_of(id).into_bytes()));
    futures::future::join_all(posts).await;
    let certificate = folder.path().join("hasty.json").display().to_string();
    let words = [company.to_string(), PERSON.to_string()];
    let who = [
        "--company",
        &words[0],
        "--id",
        &words[1],
        "--certificate",
        &certificate,
    ];
    let (status, said) = omni(&settings, &[["erase", "person"].as_slice(), &who].concat()).await;
    assert_eq!(status, Some(0), "{said}");
    for (table, text) in [
        ("raw_events", "body"),
        ("deal_events", "contact_email"),
        ("deals", "contact_last_name"),
        ("entities", "entity_state"),
    ] {
        let own = format!("SELECT count() FROM {table} WHERE event_company_id = {company}");
        let named = format!("{own} AND multiSearchAnyCaseInsensitive({text}, ['balthasar', 'nachtigall'])");
        assert_eq!(dev.count(&client, &named).await, 0, "{table}");
        assert!(
            dev.count(&client, &own).await >= UNDER_WAY,
            "{table}: all was there when it was cleared"
        );
    }
}
