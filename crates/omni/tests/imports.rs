//! `omni import` on real ClickHouse and Kafka, as a user has it: what is said, what is there, and what open boards hear.

use crate::process::omni;
use kafka::Topic;
use kafka::admin::{Look, TailFrom, tail};
use local::testing;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;
use warehouse::Warehouse;

const HEAD: &str = "Date;source;Campaign;Cost\n";

/// A deployment of its own on the shared servers: tables, topics, and nothing that runs.
struct Place {
    folder: TempDir,
    kafka: kafka::Config,
    warehouse: warehouse::Config,
}

impl Place {
    fn new() -> Self {
        let name = format!("i{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        let server = testing::clickhouse();
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
            kafka: kafka::Config {
                bootstrap: testing::kafka().to_owned(),
                topic_prefix: format!("{name}."),
                partitions: 2,
                ..kafka::Config::default()
            },
            warehouse: warehouse::Config {
                url: server.url.clone(),
                user: server.user.clone(),
                password: Some(server.password.clone().into()),
                database: name.clone(),
                ..warehouse::Config::default()
            },
        };
        let text = format!(
            "[kafka]\nbootstrap = \"{}\"\ntopic_prefix = \"{name}.\"\npartitions = 2\n\
             [warehouse]\nurl = \"{}\"\nuser = \"{}\"\npassword = \"{}\"\ndatabase = \"{name}\"\n\
             [loader]\ntemplates = [\"pipedrive-deals/2.0\", \"marketing-spend/1.0\"]\n\
             [import.ads]\ntemplate = \"marketing-spend/1.0\"\nsource = \"{}\"\ncompany = 8\n\
             map = {{ day = \"Date\", amount = \"Cost\" }}\ndefaults = {{ currency = \"USD\" }}\n",
            testing::kafka(),
            server.url,
            server.user,
            server.password,
            place.path("spend.csv").display(),
        );
        std::fs::write(place.path("omni.toml"), text).unwrap();
        kafka::admin::create_topics(&place.kafka).unwrap();
        let migrated = place.omni(&["migrate"]);
        assert!(migrated.status.success(), "{migrated:?}");
        place
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn omni(&self, words: &[&str]) -> Output {
        let mut command = Command::new(omni());
        command
            .args(words)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    fn import(&self, rows: &str, more: &[&str]) -> Output {
        std::fs::write(self.path("spend.csv"), format!("{HEAD}{rows}")).unwrap();
        let words = [
            "import",
            "marketing-spend",
            "--company",
            "7",
            "--file",
            "spend.csv",
        ];
        let columns = ["--map", "day=Date", "--map", "amount=Cost", "--currency", "EUR"];
        self.omni(&[&words[..], &columns[..], more].concat())
    }

    /// What a company has spent, and in how many rows.
    fn spent(&self, company: u64) -> (String, u64) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let sql = "SELECT toString(sum(spend_amount)), count() FROM marketing_spend FINAL WHERE event_company_id = {company:UInt64}";
        let warehouse = Warehouse::connect(&self.warehouse).unwrap();
        let parameters = [("company", company.into())];
        let mut rows: Vec<(String, u64)> = runtime.block_on(warehouse.select(sql, &parameters)).unwrap();
        rows.remove(0)
    }

    fn notices(&self) -> Vec<serde_json::Value> {
        let mut notices = Vec::new();
        let keep = |record: kafka::Record| {
            notices.push(serde_json::from_slice(record.value()).unwrap());
            Look::On
        };
        tail(&self.kafka, Topic::Loaded, &TailFrom::Beginning, keep, || {
            Look::Away
        })
        .unwrap();
        notices
    }
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn spent(amount: &str, rows: u64) -> (String, u64) {
    (amount.to_owned(), rows)
}

#[test]
fn a_file_is_imported_again_corrected_and_refused_and_each_import_is_told() {
    let place = Place::new();
    let good = "2026-03-04;google;spring;10.5\n2026-03-04;google;brand;4\n";
    let tried = place.import(good, &["--dry-run"]);
    assert!(
        out(&tried).contains("spend.csv: 2 rows can be imported"),
        "{tried:?}"
    );
    assert_eq!((place.spent(7), place.notices().len()), (spent("0", 0), 0));

    for _ in 0..2 {
        let done = place.import(good, &[]);
        assert!(done.status.success(), "{done:?}");
        assert!(
            out(&done).contains("imported 2 rows into marketing_spend for company 7"),
            "{done:?}"
        );
        assert_eq!(place.spent(7), spent("14.5", 2));
    }
    let renamed = "2026-03-04;google;spring;11\n2026-03-04;google;generic;4\n";
    let done = place.import(renamed, &[]);
    let told = "1 row of earlier imports, of the same day and source, not in this one";
    assert!(out(&done).contains(told), "{done:?}");
    assert_eq!(place.spent(7), spent("19", 3));
    let done = place.import(renamed, &["--replace"]);
    assert!(out(&done).contains("taken out"), "{done:?}");
    assert_eq!(place.spent(7), spent("15", 2));

    let broken = "2026-03-04;google;spring;99\n04.03.2026;google;x;1\n2026-03-05;google;y;12,5\n";
    let refused = place.import(broken, &[]);
    assert_eq!(refused.status.code(), Some(1));
    for line in [
        "spend.csv:3: column Date: is no day: write it as 2026-03-04 (ISO 8601)",
        "spend.csv:4: column Cost: has a decimal comma: write a point, or say `--decimal-comma`",
        "2 rows cannot be taken, so nothing was imported",
    ] {
        assert!(err(&refused).contains(line), "{line}: {}", err(&refused));
    }
    assert_eq!(place.spent(7), spent("15", 2));
    let done = place.import(broken, &["--skip-invalid"]);
    assert!(out(&done).contains("spend.csv: 2 rows left out"), "{done:?}");
    assert_eq!(place.spent(7), spent("103", 2));

    let done = place.omni(&["import", "--configured", "ads"]);
    assert_eq!(
        done.status.code(),
        Some(1),
        "the file still has its bad rows: {done:?}"
    );
    std::fs::write(place.path("spend.csv"), format!("{HEAD}{good}")).unwrap();
    let done = place.omni(&["import", "--configured", "ads"]);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(
        (place.spent(8), place.spent(7)),
        (spent("14.5", 2), spent("103", 2))
    );

    let notices = place.notices();
    let companies: Vec<_> = notices
        .iter()
        .map(|notice| notice["companies"][0].as_u64().unwrap())
        .collect();
    assert_eq!(companies, [7, 7, 7, 7, 7, 8]);
    assert!(
        notices
            .iter()
            .all(|notice| notice["tables"] == serde_json::json!(["marketing_spend"]))
    );
}

#[test]
fn headers_come_from_a_file_and_a_private_address_must_be_allowed() {
    use std::io::{Read, Write};
    let place = Place::new();
    let platform = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/spend", platform.local_addr().unwrap());
    std::fs::write(
        place.path("headers.txt"),
        "Authorization: Bearer hidden\n\nX-Team: revops\n",
    )
    .unwrap();
    let words = [
        "import",
        "marketing-spend",
        "--company",
        "7",
        "--url",
        &address,
        "--headers-file",
        "headers.txt",
    ];
    let refused = place.omni(&words);
    assert!(err(&refused).contains("is not a public address"), "{refused:?}");
    let asked = std::thread::spawn(move || {
        let (mut caller, _) = platform.accept().unwrap();
        let mut request = [0; 2048];
        let bytes = caller.read(&mut request).unwrap();
        let body = "{\"day\":\"2026-03-04\",\"source\":\"google\",\"amount\":0.1,\"currency\":\"EUR\"}\n\
                    {\"day\":\"2026-03-05\",\"source\":\"google\",\"amount\":\"0.2\",\"currency\":\"EUR\"}\n";
        write!(
            caller,
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        String::from_utf8_lossy(&request[..bytes]).to_lowercase()
    });
    let done = place.omni(&[&words[..], &["--allow-private-addresses"]].concat());
    assert!(done.status.success(), "{done:?}");
    assert_eq!(place.spent(7), spent("0.3", 2));
    let asked = asked.join().unwrap();
    assert!(
        asked.contains("authorization: bearer hidden") && asked.contains("x-team: revops"),
        "{asked}"
    );
}

#[test]
fn what_is_missing_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let import = |words: &[&str]| {
        let mut command = Command::new(omni());
        command
            .arg("import")
            .args(words)
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let file: &Path = &folder.path().join("spend.csv");
    std::fs::write(file, "day,source,cost,currency\n2026-03-04,google,1,EUR\n").unwrap();
    let spend = ["marketing-spend", "--company", "7", "--file", "spend.csv"];
    for (words, says) in [
        (
            &[&spend[..], &["--dry-run"]].concat()[..],
            "there is no column for `amount`; there are day, source, cost, currency",
        ),
        (
            &spend[..],
            "marketing-spend/1.0 is not loaded: add it to `templates` of [loader]",
        ),
        (
            &["nothing", "--company", "7", "--file", "spend.csv"],
            "there is no template nothing; `omni import` fills marketing-spend/1.0",
        ),
        (
            &[
                "marketing-spend",
                "--company",
                "7",
                "--file",
                "none.csv",
                "--dry-run",
            ],
            "the file none.csv cannot be read",
        ),
        (
            &["--configured", "ads"],
            "there is no [import.ads] in the configuration, which has none",
        ),
        (&["--configured", "ads", "--replace"], "cannot be used with"),
    ] {
        let refused = import(words);
        assert!(
            !refused.status.success() && err(&refused).contains(says),
            "{says}: {refused:?}"
        );
    }
}
