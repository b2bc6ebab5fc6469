//! Rows that come from no topic: from a file and an address, whole or not at all, the newest import before all others, and told.
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use kafka::Topic;
use omni_loader::import::{self, Absent, ImportError, Invalid, Settings, Stored};
use serde_json::Value;
use sheet::Way;
use template::{Registry, Template};

use crate::world::{World, eventually};

const SPEND: &str = "marketing-spend/1.0";
const HEAD: &str = "day,source,campaign,amount,currency\n";
const COMPANY: u64 = 7077;

/// What each company has spent, as the panels read it.
const SPENT: &str = "SELECT event_company_id, toString(sum(spend_amount)), count() FROM marketing_spend FINAL \
                     GROUP BY event_company_id ORDER BY event_company_id";

type Spent = (u64, String, u64);

fn spent(company_id: u64, amount: &str, rows: u64) -> Spent {
    (company_id, amount.to_owned(), rows)
}

/// Rows of one day and source, by campaign.
fn file(rows: &[(&str, &str)]) -> String {
    let row = |(campaign, amount): &(&str, &str)| format!("2026-03-04,google,{campaign},{amount},EUR\n");
    format!("{HEAD}{}", rows.iter().map(row).collect::<String>())
}

fn scheduled(source: &str) -> Settings {
    Settings {
        template: SPEND.to_owned(),
        source: source.to_owned(),
        company: COMPANY,
        refresh_seconds: 1,
        replace: true,
        allow_private_addresses: true,
        ..Settings::default()
    }
}

async fn world(settings: Settings) -> World {
    let mut world = World::new(&[SPEND]).await;
    world.config.import.insert("ads".to_owned(), settings);
    world
}

async fn notices(world: &World) -> Vec<Value> {
    let notices = world.records(Topic::Loaded).await;
    let read = |record: &kafka::Record| serde_json::from_slice::<Value>(record.value()).unwrap();
    let is_of_spend = |notice: &Value| notice["template"] == SPEND;
    notices.iter().map(read).filter(is_of_spend).collect()
}

fn template() -> std::sync::Arc<Template> {
    std::sync::Arc::clone(Registry::builtin().unwrap().get(SPEND).unwrap())
}

/// As the command does it.
async fn imported(world: &World, company_id: u64, text: &str, absent: Absent) -> Result<Stored, ImportError> {
    let template = template();
    let sheet = import::judge(
        text.as_bytes(),
        &Way::default(),
        &template,
        company_id,
        Invalid::Refuse,
    )?;
    import::store(
        &world.config.kafka,
        &world.warehouse,
        &template,
        company_id,
        sheet,
        absent,
    )
    .await
}

/// What a file that is moved into place holds is never half of it.
fn write(file: &Path, text: &str) {
    let beside = file.with_extension("new");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(&beside, file).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_import_wins_whatever_was_imported_how_often() {
    let world = World::new(&[SPEND]).await;
    world
        .warehouse
        .execute("SYSTEM STOP MERGES marketing_spend")
        .await
        .unwrap();
    let first = file(&[("spring", "10.5"), ("brand", "4")]);
    let corrected = file(&[("spring", "12.25"), ("generic", "4")]);
    let stored = |rows, absent| Stored {
        rows,
        absent: Some(absent),
    };
    for (text, absent, done, expected) in [
        (&first, Absent::Keep, stored(2, 0), spent(COMPANY, "14.5", 2)),
        (&first, Absent::Keep, stored(2, 0), spent(COMPANY, "14.5", 2)),
        // A campaign was renamed: the row of its old name is counted, and said to stay.
        (&corrected, Absent::Keep, stored(2, 1), spent(COMPANY, "20.25", 3)),
        (
            &corrected,
            Absent::TakeOut,
            stored(2, 1),
            spent(COMPANY, "16.25", 2),
        ),
        (
            &corrected,
            Absent::TakeOut,
            stored(2, 0),
            spent(COMPANY, "16.25", 2),
        ),
        // Back to the first, which the server has seen before.
        (&first, Absent::TakeOut, stored(2, 1), spent(COMPANY, "14.5", 2)),
    ] {
        assert_eq!(imported(&world, COMPANY, text, absent).await.unwrap(), done);
        world.expect(SPENT, &[expected]).await;
    }
    // Another company's rows and other days are its own.
    imported(&world, 1, &first.replace("10.5", "1"), Absent::TakeOut)
        .await
        .unwrap();
    imported(&world, COMPANY, &first.replace("03-04", "03-05"), Absent::TakeOut)
        .await
        .unwrap();
    let all = [spent(1, "5", 2), spent(COMPANY, "29", 4)];
    world.expect(SPENT, &all).await;
    world
        .warehouse
        .execute("SYSTEM START MERGES marketing_spend")
        .await
        .unwrap();
    world
        .warehouse
        .execute("OPTIMIZE TABLE marketing_spend FINAL")
        .await
        .unwrap();
    world.expect(SPENT, &all).await;
    let told = notices(&world).await;
    assert_eq!(told.len(), 8);
    assert_eq!(told[0]["tables"], serde_json::json!(["marketing_spend"]));
    assert_eq!(
        (&told[0]["companies"], &told[6]["companies"]),
        (&serde_json::json!([COMPANY]), &serde_json::json!([1]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_bad_row_loads_nothing_and_the_others_on_demand() {
    let world = World::new(&[SPEND]).await;
    let text = file(&[("spring", "10.5"), ("brand", "4,5"), ("late", "3")]);
    let refused = imported(&world, COMPANY, &text, Absent::Keep).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("line 3: has 6 cells, the head has 5"),
        "{refused}"
    );
    assert_eq!(world.rows("marketing_spend").await, 0);
    let template = template();
    let sheet = import::judge(
        text.as_bytes(),
        &Way::default(),
        &template,
        COMPANY,
        Invalid::Skip,
    )
    .unwrap();
    assert_eq!(sheet.faults.rows, 1);
    import::store(
        &world.config.kafka,
        &world.warehouse,
        &template,
        COMPANY,
        sheet,
        Absent::Keep,
    )
    .await
    .unwrap();
    world.expect(SPENT, &[spent(COMPANY, "13.5", 2)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_file_is_imported_when_it_changes_and_a_broken_one_leaves_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spend.csv");
    write(&path, &file(&[("spring", "10"), ("brand", "4")]));
    let world = world(scheduled(path.to_str().unwrap())).await;
    let loading = world.load();
    world.expect(SPENT, &[spent(COMPANY, "14", 2)]).await;
    write(&path, &file(&[("spring", "none")]));
    write(&path, &file(&[("spring", "11")]));
    world.expect(SPENT, &[spent(COMPANY, "11", 1)]).await;
    write(&path, &file(&[("spring", "none")]));
    loading.stop().await;
    world.expect(SPENT, &[spent(COMPANY, "11", 1)]).await;
    // What is the same is not imported again.
    assert!(eventually(|| async { notices(&world).await.len() == 2 }).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_asked_with_its_headers() {
    let platform = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/spend?key=secret", platform.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut caller, _) = platform.accept().unwrap();
        let mut request = [0; 2048];
        let bytes = caller.read(&mut request).unwrap();
        let body = r#"{"data": {"rows": [{"date": "2026-03-04", "costs": {"micros": "12.500000"}, "campaign": "spring"}]}}"#;
        write!(
            caller,
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        String::from_utf8_lossy(&request[..bytes]).into_owned()
    });
    let words = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    let settings = Settings {
        refresh_seconds: 3_600,
        rows: "/data/rows".to_owned(),
        map: words(&[("day", "date"), ("amount", "/costs/micros")]),
        defaults: words(&[("source", "google"), ("currency", "EUR")]),
        headers: [("Authorization".to_owned(), "Bearer hidden".into())].into(),
        ..scheduled(&address)
    };
    let world = world(settings).await;
    let loading = world.load();
    world.expect(SPENT, &[spent(COMPANY, "12.5", 1)]).await;
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("GET /spend?key=secret HTTP/1.1"), "{asked}");
    assert!(
        asked.to_lowercase().contains("authorization: bearer hidden"),
        "{asked}"
    );
    loading.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_into_a_template_that_is_not_loaded_stops_the_start() {
    let mut world = World::new(&["pipedrive-deals/2.0"]).await;
    for (template, says) in [
        (
            SPEND,
            "[import.ads]: [loader] templates does not have marketing-spend/1.0",
        ),
        (
            "pipedrive-deals/2.0",
            "[import.ads]: pipedrive-deals/2.0 has no table that is imported",
        ),
    ] {
        let settings = Settings {
            template: template.to_owned(),
            ..scheduled("spend.csv")
        };
        world.config.import.insert("ads".to_owned(), settings);
        let (_trigger, shutdown) = stage::Shutdown::pair();
        let ended = omni_loader::run(world.config.clone(), shutdown).await;
        assert_eq!(ended.unwrap_err().to_string(), says);
    }
}
