//! Every command of the book that a running pipeline can show, in the order of the pages: it must end as its page says.
//!
//! `tests/tests/house/book.rs` sees that the others can be typed.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use super::company::Company;
use super::dev::{Dev, dev, pause};
use super::own::{body, deal_that_is, settings};
use super::stand_in::StandIn;
use crate::house::book::{Told, told};

const COMPANY: u64 = Company::ToldByTheBook.id();
/// Whom the page of erasure forgets.
const PERSON: u64 = 1201;
/// One command, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_mins(4);

/// Commands that are not run here: what they begin with, what they have in them, and who runs them.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("omni dev", "", "crates/omni/tests/dev.rs"),
    ("omni bench", "", "bench/README.md, by hand: they take minutes"),
    ("omni services", "", "crates/omni/tests/services.rs"),
    ("omni backup", "", "crates/omni/tests/backup.rs"),
    ("omni restore", "", "crates/omni/tests/backup.rs"),
    (
        "omni template",
        "mine --version 1.1",
        "tests/tests/pipeline/versions.rs",
    ),
    ("omni template", "mine/1.1", "tests/tests/pipeline/versions.rs"),
    (
        "omni reconcile",
        "--every",
        "tests/tests/pipeline/reconcile.rs: it runs on for ever",
    ),
    ("omni import", "--url", "crates/omni/tests/imports.rs"),
];

/// What a command may end with where that is more than 0: other tests break things beside this one, and a fresh account is not
/// compared yet.
const ENDS: &[(&str, &[i32])] = &[
    ("omni status", &[0, 1]),
    ("omni ledger", &[0, 1]),
    ("omni reconcile --dry-run", &[0, 1]),
    ("curl -s http://127.0.0.1:910", &[0, 7, 22]),
];

struct Case {
    dev: &'static Dev,
    folder: tempfile::TempDir,
    settings: PathBuf,
    account: StandIn,
    /// What stands in a page, and what it is here.
    filled: Vec<(String, String)>,
}

impl Case {
    async fn open() -> Self {
        let (dev, folder) = (dev(), tempfile::tempdir().expect("a folder"));
        let account = StandIn::open(COMPANY, simulator::StandIns::default()).await;
        let settings = settings(dev, &more(dev, &folder, &account.url), &folder);
        let spend = "day,source,campaign,amount,currency\n2026-03-04,google,spring,10.5,EUR\n";
        std::fs::write(folder.path().join("spend.csv"), spend).expect("a file of spend");
        let mut case = Self {
            dev,
            folder,
            settings,
            account,
            filled: Vec::new(),
        };
        case.filled = case.facts().await;
        case
    }

    /// One event that is refused, one person, and the addresses of this pipeline.
    async fn facts(&self) -> Vec<(String, String)> {
        let client = reqwest::Client::new();
        let refused = deal_that_is(COMPANY, 1, "dormant");
        let data = json!({"id": PERSON, "name": "Told In A Page", "emails": [], "phones": [], "custom_fields": {}, "owner_id": 1});
        let person = body(COMPANY, "person", PERSON, &data);
        let (_, uuid) = self.dev.post_for_id(&client, refused).await.expect("an answer");
        self.dev.post(&client, person).await.expect("an answer");
        let rejected = format!("SELECT count() FROM rejected_events WHERE event_uuid = '{uuid}'");
        self.dev.wait_for_count(&client, &rejected, 1).await;
        let is_known = format!(
            "SELECT count() > 0 FROM entities WHERE event_company_id = {COMPANY} AND entity_object = 'person'"
        );
        self.dev.wait_for_count(&client, &is_known, 1).await;
        let mut filled = vec![
            ("7077".to_owned(), COMPANY.to_string()),
            ("EVENT_UUID".to_owned(), uuid),
            ("NAME".to_owned(), "ads".to_owned()),
            // The panel that a reader made meanwhile.
            ("open_deals".to_owned(), "won_by_source".to_owned()),
            ("http://127.0.0.1:8070".to_owned(), self.account.url.clone()),
        ];
        let ready = std::fs::read_to_string(&self.dev.ready_file).expect("the ready file");
        let ready: Value = serde_json::from_str(&ready).expect("JSON");
        for (stage, port) in [
            ("collector", 9101),
            ("enricher", 9102),
            ("activation", 9103),
            ("loader", 9104),
            ("reporting", 9105),
        ] {
            let address = ready["admin"][stage].as_str().expect("a stage's address");
            filled.push((format!("http://127.0.0.1:{port}"), address.to_owned()));
        }
        filled
    }

    /// The words as they are typed here.
    async fn words(&self, told: &Told) -> Vec<String> {
        let fill = |word: &String| {
            self.filled
                .iter()
                .fold(word.clone(), |word, (said, here)| word.replace(said, here))
        };
        let mut words: Vec<String> = told.words.iter().map(fill).collect();
        match words.get(1).map(String::as_str) {
            // What other tests refused is theirs.
            Some("replay") => words.extend(["--where".to_owned(), format!("company={COMPANY}")]),
            _ if words[0] == "curl" => {
                words.push("--fail".to_owned());
                let webhook = self.webhook().await;
                words = words
                    .iter()
                    .map(|word| word.replace("/webhooks/1/", &format!("/webhooks/{webhook}/")))
                    .collect();
            }
            _ => {}
        }
        words
    }

    /// The id of a subscription that there is, or nothing.
    async fn webhook(&self) -> String {
        let url = format!("{}/simulator/webhooks", self.account.url);
        let webhooks: Value = reqwest::get(url)
            .await
            .expect("the account answers")
            .json()
            .await
            .expect("JSON");
        webhooks[0]["id"].to_string()
    }

    /// What a command ended with, and said.
    async fn run(&self, words: &[String]) -> (Option<i32>, String) {
        let program = match words[0].as_str() {
            "omni" => local::testing::omni(),
            other => PathBuf::from(other),
        };
        let typed = self.folder.path().join("typed");
        std::fs::write(&typed, "a password of yours\n").expect("what is typed");
        let mut command = tokio::process::Command::new(program);
        command
            .args(&words[1..])
            .current_dir(self.folder.path())
            .env("OMNI_CONFIG", &self.settings)
            .stdin(Stdio::from(std::fs::File::open(typed).expect("what is typed")))
            .kill_on_drop(true);
        let ended = tokio::time::timeout(PATIENCE, command.output()).await;
        let Ok(output) = ended else {
            return (None, format!("did not end within {PATIENCE:?}"));
        };
        let output = output.expect("it starts");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }
}

/// An account, a destination, an import and keys, over the settings of the running pipeline.
fn more(dev: &Dev, folder: &tempfile::TempDir, account: &str) -> String {
    let (collector, folder) = (&dev.ready.collector_url, folder.path().display());
    format!(
        "[source.pipedrive]\napi_url = '{account}'\napi_token = 'simulated'\n\
         [source.pipedrive.webhooks]\nurl = '{collector}/webhooks/pipedrive/pipedrive'\n\
         [pipedrive]\nplan = 'ultimate'\nseats = 10\n\
         [destination.ads]\nkind = 'http'\nurl = '{account}/deliveries'\nallow_private_addresses = true\n\
         [loader]\ntemplates = ['pipedrive-deals/2.0', 'marketing-spend/1.0']\n\
         [import.ads]\ntemplate = 'marketing-spend/1.0'\nsource = '{folder}/spend.csv'\ncompany = {COMPANY}\n\
         [access]\nkeys_file = '{folder}/keys.toml'\n"
    )
}

fn is_run(told: &Told) -> bool {
    let line = told.words.join(" ");
    let is_elsewhere = ELSEWHERE
        .iter()
        .any(|(first, part, _)| line.starts_with(first) && line.contains(part));
    let here = ["http://127.0.0.1:910", "http://127.0.0.1:8070"];
    match told.words[0].as_str() {
        // A live view is one with an end here.
        "omni" => !is_elsewhere && line != "omni top",
        "curl" => here.iter().any(|here| line.contains(here)),
        _ => false,
    }
}

/// Whether an end is one that the page tells of.
fn is_told(line: &str, code: Option<i32>) -> bool {
    let ends = ENDS.iter().find(|(first, _)| line.starts_with(first));
    let ends = ends.map_or([0].as_slice(), |(_, ends)| ends);
    code.is_some_and(|code| ends.contains(&code))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_book_ends_as_its_page_says() {
    let case = Case::open().await;
    let (_, said) = case.run(&["omni".to_owned(), "migrate".to_owned()]).await;
    pause().await;
    let (mut run, mut wrong) = (BTreeSet::new(), Vec::new());
    for told in told().into_iter().filter(is_run) {
        let line = told.words.join(" ");
        if !run.insert(line.clone()) {
            continue;
        }
        let (code, said) = case.run(&case.words(&told).await).await;
        if !is_told(&line, code) {
            wrong.push(format!("{}:{}: {line}: {code:?}\n{said}", told.page, told.line));
        }
    }
    assert!(
        run.len() > 50,
        "the commands were found: {}; migrate: {said}",
        run.len()
    );
    assert!(wrong.is_empty(), "these end otherwise:\n{}", wrong.join("\n"));
}
