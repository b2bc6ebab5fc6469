//! Lookups: once, bounded, for the token's own company, and never in the way.

use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::get;
use stage::{Shutdown, Trigger};

use super::*;

/// The one lead that was put away.
pub(super) const ARCHIVED_LEAD: &str = "adf21080-0e10-11eb-879b-05d71fb426ec";

/// What an account answers, and what it was asked.
#[derive(Clone, Default)]
pub(super) struct Account {
    asked: Arc<Mutex<Vec<String>>>,
    /// While true nothing is answered in time.
    pub(super) silent: Arc<Mutex<bool>>,
    /// Labels of its leads.
    pub(super) lead_labels: Arc<Mutex<BTreeMap<&'static str, &'static str>>>,
}

impl Account {
    pub(super) fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.retain(|path| path != "users/me");
        asked.sort();
        asked
    }

    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }

    fn lead_labels(&self) -> Value {
        let labels = self.lead_labels.lock().unwrap();
        let label = |(id, name)| json!({"id": id, "name": name, "add_time": "2026-01-01T00:00:00Z"});
        labels.iter().map(label).collect()
    }

    async fn wait(&self) {
        let silent = *self.silent.lock().unwrap();
        if silent {
            std::future::pending::<()>().await;
        }
    }
}

async fn one(
    State(account): State<Account>,
    Path((collection, id)): Path<(String, String)>,
) -> (StatusCode, Json<Value>) {
    account.note(format!("{collection}/{id}"));
    account.wait().await;
    let data = match (collection.as_str(), id.as_str()) {
        ("users", "me") => json!({"id": 1, "company_id": COMPANY}),
        ("persons", "5") => json!({"id": 5, "first_name": "Runa", "update_time": "2026-01-01T00:00:00Z"}),
        ("organizations", "6") => json!({"id": 6, "name": "Fjeld"}),
        ("users", "3") => json!({"id": 3, "name": "Ada"}),
        ("stages", "2") => json!({"id": 2, "name": "Offer", "order_nr": 4}),
        _ => return (StatusCode::NOT_FOUND, Json(json!({"success": false}))),
    };
    (StatusCode::OK, Json(json!({"success": true, "data": data})))
}

/// The lists of the account: two pages of deals, two fields, a stage, the labels of leads.
fn list(account: &Account, collection: &str, query: &str) -> Value {
    let deal = |id: u64| {
        json!({"id": id, "person_id": 5, "value": 100, "currency": "EUR", "status": "won",
               "add_time": "2026-01-01T00:00:00Z"})
    };
    match collection {
        "deals" if query.contains("cursor=second") => json!([deal(43)]),
        "deals" => json!([deal(41), deal(42)]),
        "dealFields" => json!([{
            "field_code": "a".repeat(40), "field_name": "Colour", "field_type": "enum", "is_custom_field": true,
            "options": [{"id": 3, "label": "blue"}],
        }, {
            "field_code": "label_ids", "field_name": "Label", "field_type": "set", "is_custom_field": false,
            "options": [{"id": 24, "label": "Hot"}],
        }]),
        "leadLabels" => account.lead_labels(),
        "stages" => json!([{"id": 2, "name": "Offer", "order_nr": 4}]),
        _ => json!([]),
    }
}

/// The list of leads that were put away.
async fn archived_leads() -> Json<Value> {
    let lead = json!({
        "id": ARCHIVED_LEAD, "title": "Old", "channel": 8, "person_id": 5, "is_archived": true,
        "add_time": "2020-10-14T11:30:36.551Z", "update_time": "2020-10-14T11:30:36.551Z", "c".repeat(40): "trade",
    });
    let pagination = json!({"start": 0, "limit": 500, "more_items_in_collection": false});
    Json(json!({"success": true, "data": [lead], "additional_data": {"pagination": pagination}}))
}

async fn many(
    State(account): State<Account>,
    Path(collection): Path<String>,
    RawQuery(query): RawQuery,
) -> Json<Value> {
    let query = query.unwrap_or_default();
    account.note(collection.clone());
    account.wait().await;
    if !query.contains("ids=") {
        let data = list(&account, &collection, &query);
        let next = (collection == "deals" && !query.contains("cursor=")).then_some("second");
        return Json(json!({"success": true, "data": data, "additional_data": {"next_cursor": next}}));
    }
    let ids = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("ids="))
        .unwrap_or_default()
        .replace("%2C", ",");
    let known = ids
        .split(',')
        .filter_map(|id| id.parse::<u64>().ok())
        .filter(|id| id % 2 == 0);
    let data: Vec<_> = known
        .map(|id| json!({"id": id, "first_name": format!("P{id}")}))
        .collect();
    Json(json!({"success": true, "data": data}))
}

/// The API of the source `crm`, which has this account; watched until the trigger is pulled or dropped.
pub(super) fn serve(
    account: &Account,
    runtime: &Runtime,
    metrics: &Enriched,
    shutdown: Shutdown,
) -> BTreeMap<String, Arc<Api>> {
    let router = Router::new()
        .route("/api/v1/{collection}/{id}", get(one))
        .route("/api/v2/{collection}/{id}", get(one))
        .route("/api/v1/{collection}", get(many))
        .route("/api/v2/{collection}", get(many))
        .route(
            "/api/v2/{collection}/archived",
            get(async || Json(json!({"success": true, "data": []}))),
        )
        .route("/api/v1/leads/archived", get(archived_leads))
        .with_state(account.clone());
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let api_url = format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    runtime.spawn(async move { axum::serve(listener, router).await });
    let account = pipedrive::Account::with_token(api_url, "t");
    let client = pipedrive::Client::new(&account, pipedrive::Config::default()).unwrap();
    let api = Api::new("crm", client, metrics.clone());
    runtime.spawn(Arc::clone(&api).watch(Duration::from_millis(20), shutdown));
    BTreeMap::from([("crm".to_owned(), api)])
}

/// A bench whose source `crm` has this account's API.
pub(super) fn bench(account: &Account, settings: Settings) -> (Bench, Trigger) {
    let (trigger, shutdown) = Shutdown::pair();
    // One entity at a time: what is asked for can be told.
    let settings = Settings {
        prime: false,
        ..settings
    };
    let bench = Bench::with(settings, |runtime, metrics| {
        serve(account, runtime, metrics, shutdown)
    });
    (bench, trigger)
}

pub(super) fn quick() -> Settings {
    Settings {
        lookup_ms_max: 400,
        ..Settings::default()
    }
}

#[test]
fn what_is_not_known_is_asked_for_once_and_kept() {
    let account = Account::default();
    let (mut bench, _trigger) = bench(&account, Settings::default());
    let out = bench.run(&[deal(31, 10, 5, json!(1)), deal(32, 10, 5, json!(1))]);
    let last = event::flatten::flatten(&value(of(&out, Topic::Enriched)[1])).unwrap();
    assert_eq!(
        (&last["contact_first_name"], &last["organization_name"]),
        (&json!("Runa"), &json!("Fjeld"))
    );
    assert_eq!(
        (&last["deal_owner_name"], &last["deal_stage"]),
        (&json!("Ada"), &json!("Offer"))
    );
    assert_eq!(last["event_missing"], json!(["pipeline"]));
    assert_eq!(
        account.asked(),
        [
            "organizations/6",
            "persons/5",
            "pipelines/1",
            "stages/2",
            "users/3"
        ]
    );
    // What was found is in the topic of states; what is absent is remembered as absent.
    assert_eq!(
        bench.entity("stage", 2).state.unwrap().to_map()["name"],
        json!("Offer")
    );
    bench.run(&[deal(33, 11, 5, json!(1))]);
    assert_eq!(account.asked(), Vec::<String>::new());
}

#[test]
fn an_event_s_state_is_never_replaced_by_an_older_one_from_the_api() {
    let account = Account::default();
    let (mut bench, _trigger) = bench(&account, Settings::default());
    bench.run(&[webhook(
        "change",
        "person",
        5,
        0,
        json!({"id": 5, "first_name": "Rúna"}),
        json!(null),
    )]);
    let flat = flat(&bench.run(&[deal(31, 10, 5, json!(1))]));
    assert_eq!(flat["contact_first_name"], json!("Rúna"));
    assert!(!account.asked().contains(&"persons/5".to_owned()));
}

#[test]
fn many_of_one_kind_are_asked_for_together() {
    let account = Account::default();
    let (mut bench, _trigger) = bench(&account, Settings::default());
    let batch: Vec<Record> = (50..60)
        .map(|person| deal(person, 10, person, json!(1)))
        .collect();
    let out = bench.run(&batch);
    let asked = account.asked();
    assert_eq!(
        asked.iter().filter(|path| *path == "persons").count(),
        1,
        "{asked:?}"
    );
    assert!(!asked.iter().any(|path| path.starts_with("persons/")));
    let missing = |outgoing: &&Outgoing| {
        value(outgoing)["request"]["meta"]["missing"]
            .to_string()
            .contains("contact")
    };
    // Every second one is in the account.
    assert_eq!(of(&out, Topic::Enriched).into_iter().filter(missing).count(), 5);
}

#[test]
fn an_api_that_does_not_answer_holds_up_one_batch_once() {
    let account = Account::default();
    let (mut bench, _trigger) = bench(&account, quick());
    bench.run(&[webhook("create", "person", 5, 0, json!({"id": 5}), json!(null))]);
    bench.run(&[deal(30, 1, 5, json!(1))]);
    *account.silent.lock().unwrap() = true;
    let flat = flat(&bench.run(&[deal(31, 10, 77, json!(1))]));
    assert_eq!(flat["event_missing"], json!(["contact", "pipeline"]));
    account.asked();
    let start = Instant::now();
    for id in 0..50 {
        bench.run(&[deal(100 + id, 10, 200 + id, json!(1))]);
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    // What is under way is bounded; whatever answers it gets complete the events later.
    let under_way = Settings::default().lookups_in_flight_max;
    assert!(account.asked().len() <= under_way);
}

#[test]
fn an_api_that_answers_again_is_asked_again() {
    let account = Account::default();
    *account.silent.lock().unwrap() = true;
    let (mut bench, _trigger) = bench(&account, quick());
    let out = bench.run(&[deal(31, 10, 5, json!(1))]);
    assert!(flat(&out)["event_missing"].to_string().contains("contact"));
    *account.silent.lock().unwrap() = false;
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut at = 11;
    loop {
        let out = bench.run(&[deal(31, at, 5, json!(1))]);
        let own = |outgoing: &&Outgoing| value(outgoing)["request"]["meta"]["revision"] == json!(0);
        let own = of(&out, Topic::Enriched).into_iter().find(own).unwrap();
        let flat = event::flatten::flatten(&value(own)).unwrap();
        if flat.get("contact_first_name") == Some(&json!("Runa")) {
            break;
        }
        assert!(Instant::now() < deadline, "the api was not asked again");
        at += 1;
    }
}

#[test]
fn a_token_is_asked_for_its_own_company_alone() {
    let account = Account::default();
    let (mut bench, _trigger) = bench(&account, Settings::default());
    let mut other = deal(31, 10, 5, json!(1));
    let mut body: Value = serde_json::from_slice(other.value()).unwrap();
    body["meta"]["company_id"] = json!("8");
    other.payload = Some(serde_json::to_vec(&body).unwrap());
    let flat = flat(&bench.run(&[other]));
    assert!(flat["event_missing"].to_string().contains("contact"));
    assert_eq!(account.asked(), Vec::<String>::new());
}
