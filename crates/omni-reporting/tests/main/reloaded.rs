//! Templates of a folder that change while the dashboard runs, on real files.
use std::path::Path;

use serde_json::Value;
use template::Registry;

use crate::fixture::{Database, Order, TEMPLATE};
use crate::listener::Listener;
use crate::served::Served;

const BOARD: &str = "/api/v1/boards/pipedrive-deals";
const TAKEN: &str = r#"omni_reporting_template_reloads_total{outcome="taken"}"#;
const REFUSED: &str = r#"omni_reporting_template_reloads_total{outcome="refused"}"#;

/// Puts the deals template where a deployment keeps its own.
fn write(dir: &Path) {
    let registry = Registry::builtin().unwrap();
    for (path, text) in registry.get(TEMPLATE).unwrap().files() {
        let file = dir.join(TEMPLATE).join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
}

fn change(dir: &Path, path: &str, from: &str, to: &str) {
    let file = dir.join(TEMPLATE).join(path);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{path} has no {from}");
    std::fs::write(file, text.replacen(from, to, 1)).unwrap();
}

async fn title(served: &Served) -> String {
    let (_, body) = served.get(BOARD).await;
    let manifest: Value = serde_json::from_str(&body).unwrap();
    manifest["title"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_valid_change_is_taken_in_whole_and_a_broken_one_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    let database = Database::new().await;
    database.load(Order::AsWritten).await;
    let folder = dir.path().to_owned();
    let served = Served::start_with(database, |config| config.templates.dir = folder).await;
    let mut listener = Listener::open(&served, "?period=today", None).await;
    let hello = listener.next_named("hello").await;
    assert_eq!(title(&served).await, "Pipedrive deals");

    change(
        dir.path(),
        "i18n/en.toml",
        "title = \"Pipedrive deals\"",
        "title = \"Changed deals\"",
    );
    let reload = listener.next_named("reload").await;
    assert_eq!(reload.data["template"], TEMPLATE);
    assert_ne!(reload.data["template_hash"], hello.data["template_hash"]);
    assert_eq!(title(&served).await, "Changed deals");
    assert_eq!(served.metric(TAKEN).await, 1);
    let mut again = Listener::open(&served, "?period=today", None).await;
    let hello = again.next_named("hello").await;
    assert_eq!(hello.data["template_hash"], reload.data["template_hash"]);

    change(dir.path(), "panels/won_value.sql", "FROM priced", "FROM nowhere");
    change(
        dir.path(),
        "i18n/en.toml",
        "title = \"Changed deals\"",
        "title = \"Broken deals\"",
    );
    served
        .until("the broken one was refused", async || {
            served.metric(REFUSED).await > 0
        })
        .await;
    assert_eq!(title(&served).await, "Changed deals");
    assert_eq!(served.metric(TAKEN).await, 1);

    change(dir.path(), "panels/won_value.sql", "FROM nowhere", "FROM priced");
    again.next_named("reload").await;
    assert_eq!(title(&served).await, "Broken deals");
    served.stop().await;
}
