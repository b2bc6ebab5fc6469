//! A template's new version: filled beside the old one, from the topic and from the raw archive, and shown in its place.

use std::path::{Path, PathBuf};

use stage::Shutdown;

use super::company::Company;
use super::dev::{Dev, dev};
use super::own::{collector, deal, omni, own_source, post, settings};

const COMPANY: u64 = Company::OfTwoVersions.id();
const DEALS: u64 = 12;

/// The settings with these templates loaded beside those that are.
fn with_templates(dev: &Dev, boards: &Path, more: &str, folder: &tempfile::TempDir) -> PathBuf {
    let own = settings(dev, "", folder);
    let loader = omni_loader::Config::load(Some(&own)).expect("settings").loader;
    let mut templates = loader.templates;
    templates.push(more.to_owned());
    let clickhouse = &dev.ready.clickhouse;
    let text = format!(
        "{}[templates]\ndir = '{}'\n[loader]\nadmin_listen = '127.0.0.1:0'\ntemplates = {templates:?}\n\
         [warehouse]\nmigrator_user = '{}'\nmigrator_password = '{}'\n\
         [reporting]\nboards = ['{more}', 'pipedrive-deals/2.0']\n",
        own_source("versions", ""),
        boards.display(),
        clickhouse.user,
        clickhouse.password,
    );
    // `own_source` speaks of the collector alone.
    settings(dev, &text, folder)
}

async fn count(dev: &Dev, client: &reqwest::Client, table: &str) -> u64 {
    let sql = format!("SELECT count() FROM {table} WHERE event_company_id = {COMPANY}");
    dev.count(client, &sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_is_filled_beside_the_old_and_shown_in_its_place() {
    let (dev, client) = (dev(), reqwest::Client::new());
    let folder = tempfile::tempdir().expect("a folder");
    let before = settings(dev, &own_source("versions", ""), &folder);
    let (url, _trigger) = collector(&before).await;
    for id in 1..=DEALS {
        post(&client, &url, "versions", deal(COMPANY, id)).await;
    }
    let rows = |table: &str| format!("SELECT count() FROM {table} WHERE event_company_id = {COMPANY}");
    dev.wait_for_count(&client, &rows("deal_events"), DEALS).await;

    let boards = folder.path().join("boards");
    let boards_text = boards.to_str().expect("a path");
    let new = [
        "template",
        "new",
        "pipedrive-deals",
        "--version",
        "2.1",
        "--from",
        "pipedrive-deals/2.0",
    ];
    let (code, said) = omni(
        &before,
        &[&new, ["--beside", "--dir", boards_text].as_slice()].concat(),
    )
    .await;
    assert_eq!(code, Some(0), "{said}");

    let after = tempfile::tempdir().expect("a folder");
    let after = with_templates(dev, &boards, "pipedrive-deals/2.1", &after);
    let (code, said) = omni(&after, &["migrate"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("applied pipedrive-deals/2.1 0001_deal_events"),
        "{said}"
    );
    let (trigger, shutdown) = Shutdown::pair();
    let config = omni_loader::Config::load(Some(&after)).expect("settings");
    let loader = omni_loader::open(config).await.expect("its port opens");
    let loading = tokio::spawn(loader.load(shutdown));
    // What the topic still has comes by itself.
    dev.wait_for_count(&client, &rows("deal_events_2_1"), DEALS).await;

    // And what it has no more comes from the archive, into the new tables alone.
    let lost = format!(
        "ALTER TABLE deal_events_2_1 DELETE WHERE event_company_id = {COMPANY} SETTINGS mutations_sync = 2"
    );
    dev.run(&client, &lost).await;
    let company = format!("company={COMPANY}");
    let replay = ["replay", "--raw", "--since", "1h", "--where", &company];
    let (code, said) = omni(&after, &replay).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("{DEALS} events sent")), "{said}");
    dev.wait_for_count(&client, &rows("deal_events_2_1"), DEALS).await;
    let (_, said) = omni(&after, &replay).await;
    assert!(said.contains("0 events sent"), "{said}");
    assert_eq!(count(dev, &client, "deal_events").await, DEALS);
    let worth = |table: &str| {
        format!("SELECT toUInt64(sum(deal_value)) FROM {table} FINAL WHERE event_company_id = {COMPANY}")
    };
    let old = dev.count(&client, &worth("deals")).await;
    assert!(old > 0);
    assert_eq!(dev.count(&client, &worth("deals_2_1")).await, old);

    let (code, said) = omni(&after, &["template", "list"]).await;
    assert_eq!(code, Some(0), "{said}");
    for version in ["pipedrive-deals/2.0", "pipedrive-deals/2.1"] {
        let line = said.lines().find(|line| line.contains(version));
        let line = line.unwrap_or_else(|| panic!("{version} is not in\n{said}"));
        assert!(line.contains("loaded") && line.contains("shown"), "{line}");
    }
    trigger.request();
    loading
        .await
        .expect("the loader ends")
        .expect("the loader ends well");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_templates_that_write_the_same_table_are_refused() {
    let dev = dev();
    let folder = tempfile::tempdir().expect("a folder");
    let plain = settings(dev, "", &folder);
    let boards = folder.path().join("boards");
    let boards_text = boards.to_str().expect("a path");
    let new = [
        "template",
        "new",
        "twin",
        "--from",
        "pipedrive-deals/2.0",
        "--dir",
        boards_text,
    ];
    let (code, said) = omni(&plain, &new).await;
    assert_eq!(code, Some(0), "{said}");
    let both = tempfile::tempdir().expect("a folder");
    let both = with_templates(dev, &boards, "twin/1.0", &both);
    let (code, said) = omni(&both, &["migrate"]).await;
    assert_ne!(code, Some(0), "{said}");
    assert!(
        said.contains("both write the table deal_events") && said.contains("--beside"),
        "{said}"
    );
}
