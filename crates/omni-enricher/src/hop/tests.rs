//! The hop without Kafka: batches in, records out, and a log of `omni.entities` to restore from.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value
)]

mod addresses;
mod api;
mod backfilled;
mod completing;
mod erasing;
mod events;
mod figures;
mod labels;
mod model;
mod priming;
mod restart;

use std::collections::BTreeMap;
use std::time::Duration;

use event::Kind;
use event::state::EntityRecord;
use kafka::{Committed, Placement};
use serde_json::{Value, json};
use stage::Metrics;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use traces::{Step, Tracer};

use super::*;
use crate::api::Api;
use crate::store::Store;

const COMPANY: u64 = 7;
const PARTITION: i32 = 0;
const START: i64 = 1_770_114_030_000_000;

/// An enricher on a folder of its own, and what it wrote to `omni.entities`.
struct Bench {
    enricher: Enricher,
    log: Vec<Record>,
    next_raw: i64,
    folder: TempDir,
    runtime: Runtime,
}

impl Bench {
    fn new() -> Self {
        Self::with(Settings::default(), |_, _| BTreeMap::new())
    }

    /// With the APIs that `apis` makes.
    fn with(
        settings: Settings,
        apis: impl FnOnce(&Runtime, &Enriched) -> BTreeMap<String, Arc<Api>>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let metrics = Enriched::new(&Metrics::new("enricher").unwrap()).unwrap();
        let apis = apis(&runtime, &metrics);
        let enricher = enricher(folder.path(), settings, apis, metrics, &runtime);
        Self {
            enricher,
            log: Vec::new(),
            next_raw: 0,
            folder,
            runtime,
        }
    }

    /// Works a batch, and commits it as Kafka would.
    fn run(&mut self, batch: &[Record]) -> Vec<Outgoing> {
        let (out, next, written) = self.transact(batch);
        self.enricher.committed(&next, &written);
        out
    }

    /// Works a batch up to the commit of its transaction; the store has not heard of it yet.
    fn transact(&mut self, batch: &[Record]) -> (Vec<Outgoing>, Offsets, Written) {
        let out = self.work(batch);
        let mut next = Offsets::new();
        next.set(
            Topic::Raw,
            PARTITION,
            Committed {
                offset: self.next_raw + batch.len() as i64,
                metadata: None,
            },
        );
        self.next_raw += batch.len() as i64;
        let written = self.log_states(&out);
        (out, next, written)
    }

    fn log_states(&mut self, out: &[Outgoing]) -> Written {
        let mut written = Written::new();
        for outgoing in out.iter().filter(|outgoing| outgoing.topic == Topic::Entities) {
            let offset = self.log.len() as i64;
            self.log.push(as_record(outgoing, offset));
            written.insert((Topic::Entities, PARTITION), offset + 1);
        }
        written
    }

    /// What no record asked for, until something is written; `None` when that takes too long.
    fn errand(&mut self) -> Option<Vec<Outgoing>> {
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            let mut out = Vec::new();
            let next = self.enricher.errands(&mut out).unwrap();
            let written = self.log_states(&out);
            self.enricher.committed(&next, &written);
            if !out.is_empty() {
                return Some(out);
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        None
    }

    /// Works a batch and nothing more.
    fn work(&mut self, batch: &[Record]) -> Vec<Outgoing> {
        let mut out = Vec::new();
        self.enricher.work(batch, &mut out).unwrap();
        self.enricher.errands(&mut out).unwrap();
        out
    }

    /// Ends the process without another word, and starts again on the same folder: restored from the
    /// log's end as the checkpoint has it, or from its beginning.
    fn restart(self, cold: bool) -> Self {
        self.restart_with(cold, |_, _| BTreeMap::new())
    }

    fn restart_with(
        mut self,
        cold: bool,
        apis: impl FnOnce(&Runtime, &Enriched) -> BTreeMap<String, Arc<Api>>,
    ) -> Self {
        let settings = (*self.enricher.settings).clone();
        drop(self.enricher);
        let metrics = Enriched::new(&Metrics::new("enricher").unwrap()).unwrap();
        let apis = apis(&self.runtime, &metrics);
        self.enricher = enricher(self.folder.path(), settings, apis, metrics, &self.runtime);
        let store = self.enricher.states.store();
        if cold {
            store.clear(PARTITION).unwrap();
        }
        let checkpoint = store.checkpoint(PARTITION).unwrap();
        let from = checkpoint.map_or(0, |checkpoint| checkpoint.entities) as usize;
        crate::restore::apply(store, self.log[from..].to_vec()).unwrap();
        self.enricher.entities.insert(PARTITION, self.log.len() as i64);
        self.enricher.states.forget_cached();
        self.enricher.wait_again([PARTITION].into_iter()).unwrap();
        self
    }

    /// The last record of an entity in the log, as whoever restores sees it.
    fn entity(&self, object: &str, id: impl std::fmt::Display) -> EntityRecord {
        EntityRecord::from_json(self.entity_value(object, id)).unwrap()
    }

    fn entity_value(&self, object: &str, id: impl std::fmt::Display) -> &[u8] {
        let key = format!("{COMPANY}:{object}:{id}").into_bytes();
        let mut last = self.log.iter().rev();
        last.find(|record| record.key == key)
            .expect("no such record")
            .value()
    }

    fn figures(&self, person: u64) -> Value {
        let record: Value = serde_json::from_slice(self.entity_value("person", person)).unwrap();
        record.get("metrics").expect("no figures").clone()
    }
}

fn enricher(
    folder: &std::path::Path,
    settings: Settings,
    apis: BTreeMap<String, Arc<Api>>,
    metrics: Enriched,
    runtime: &Runtime,
) -> Enricher {
    let store = Store::open(folder, 1 << 20).unwrap();
    let settings = Arc::new(settings);
    let step = Step::new(&Tracer::off(), "enrich", &kafka::Config::default(), "enricher");
    Enricher {
        filter: Filter::default(),
        states: States::new(store, Arc::clone(&settings)),
        validation: Validation::new(runtime.handle().clone(), None),
        listening: crate::listening::Listening::new().0,
        budgets: Budgets::new(apis.clone()),
        primer: Primer::new(runtime.handle().clone(), apis.clone(), Duration::from_hours(1)),
        lookups: Lookups::new(runtime.handle().clone(), apis, &settings),
        completions: Completions::new(settings.pending_max, Duration::from_millis(10)),
        settings,
        metrics,
        readiness: Readiness::new(&[STORE]),
        topic: Uuid::from_u128(1),
        entities: BTreeMap::from([(PARTITION, 0)]),
        raw: BTreeMap::from([(PARTITION, 0)]),
        done: Done::default(),
        spans: HopSpans::new(step),
        broken: None,
    }
}

fn as_record(outgoing: &Outgoing, offset: i64) -> Record {
    assert_eq!(outgoing.placement, Placement::Partition(PARTITION));
    Record {
        topic: outgoing.topic,
        partition: PARTITION,
        offset,
        timestamp_ms: 0,
        key: outgoing.key.clone(),
        payload: outgoing.payload.clone(),
        headers: outgoing.headers.clone(),
    }
}

/// A record of `omni.raw` as the collector writes it.
fn raw(kind: Kind, uuid: Uuid, value: Vec<u8>) -> Record {
    let headers = Headers::new(uuid, kind, "crm", START + 900_000);
    Record {
        topic: Topic::Raw,
        partition: PARTITION,
        offset: 0,
        timestamp_ms: 0,
        key: b"7:x:1".to_vec(),
        payload: Some(value),
        headers: headers.to_pairs().into(),
    }
}

/// A webhook v2; `at` milliseconds after the start.
fn webhook(
    action: &str,
    entity: &str,
    id: impl std::fmt::Display,
    at: i64,
    data: Value,
    previous: Value,
) -> Record {
    let time = event::moment::to_rfc3339(START + at * 1_000);
    let meta = json!({
        "version": "2.0", "action": action, "entity": entity, "entity_id": id.to_string(),
        "company_id": COMPANY.to_string(), "timestamp": time,
    });
    let value = serde_json::to_vec(&json!({"data": data, "previous": previous, "meta": meta})).unwrap();
    let uuid = Change::from_webhook(&value).unwrap().uuid;
    raw(Kind::Webhook, uuid, value)
}

fn deal(id: u64, at: i64, person: u64, value: Value) -> Record {
    let data = json!({
        "id": id, "title": "t", "value": value, "currency": "EUR", "status": "open", "stage_id": 2, "pipeline_id": 1,
        "owner_id": 3, "person_id": person, "org_id": 6, "channel": 8, "channel_id": "spring",
    });
    webhook("change", "deal", id, at, data, json!(null))
}

fn deleted_deal(id: u64, at: i64, person: u64) -> Record {
    webhook(
        "delete",
        "deal",
        id,
        at,
        json!(null),
        json!({"id": id, "person_id": person, "status": "open"}),
    )
}

/// Everything a deal speaks of, as events of its own.
fn surroundings() -> Vec<Record> {
    let person = json!({"id": 5, "first_name": "Runa", "emails": [{"value": "runa@example.com", "primary": true}], "org_id": 6});
    vec![
        webhook("create", "person", 5, 0, person, json!(null)),
        webhook(
            "create",
            "organization",
            6,
            0,
            json!({"id": 6, "name": "Fjeld", "employee_count": 60}),
            json!(null),
        ),
        webhook(
            "create",
            "user",
            3,
            0,
            json!({"id": "3", "name": "Ada"}),
            json!(null),
        ),
        webhook(
            "create",
            "stage",
            2,
            0,
            json!({"id": 2, "name": "Offer", "order_nr": 4}),
            json!(null),
        ),
        webhook(
            "create",
            "stage",
            1,
            0,
            json!({"id": 1, "name": "Lead", "order_nr": 1}),
            json!(null),
        ),
        webhook(
            "create",
            "pipeline",
            1,
            0,
            json!({"id": 1, "name": "Sales"}),
            json!(null),
        ),
    ]
}

fn of(out: &[Outgoing], topic: Topic) -> Vec<&Outgoing> {
    out.iter().filter(|outgoing| outgoing.topic == topic).collect()
}

fn value(outgoing: &Outgoing) -> Value {
    serde_json::from_slice(outgoing.payload.as_deref().unwrap()).unwrap()
}

/// The one enriched event of a batch, made flat.
fn flat(out: &[Outgoing]) -> Value {
    let enriched = of(out, Topic::Enriched);
    assert_eq!(enriched.len(), 1);
    Value::Object(event::flatten::flatten(&value(enriched[0])).unwrap())
}
