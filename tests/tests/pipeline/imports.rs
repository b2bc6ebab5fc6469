//! A file of spend moves an open board at once: command, table, notice, stream.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::company::Company;
use super::dev::dev;
use super::own::{omni, settings};

const COMPANY: u64 = Company::Imported.id();
/// On a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_mins(1);

/// A dashboard of our own with the board of marketing, on the running pipeline's servers.
const MORE: &str = "[stage]\ninstance = 'marketing'\n[loader]\ntemplates = ['pipedrive-deals/2.0', 'marketing-spend/1.0']\n\
    [reporting]\nlisten = '127.0.0.1:0'\nadmin_listen = '127.0.0.1:0'\nboards = ['marketing-spend/1.0']\n";

/// The browser's end of a stream.
struct Stream {
    response: reqwest::Response,
    rest: String,
}

impl Stream {
    async fn open(url: &str) -> Self {
        let response = reqwest::get(url).await.expect("the dashboard answers");
        assert_eq!(response.status(), 200);
        Self {
            response,
            rest: String::new(),
        }
    }

    /// The rows of the next answer of a panel for which it holds.
    async fn rows(&mut self, panel: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            while let Some((event, rest)) = self.rest.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                let data: Value = serde_json::from_str(data.unwrap_or("null")).unwrap_or_default();
                self.rest = String::from(rest);
                if data["panel"] == panel && holds(&data["rows"]) {
                    return data["rows"].clone();
                }
            }
            assert!(Instant::now() < deadline, "never came: {panel}");
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk
                .expect("in time")
                .expect("the stream holds")
                .expect("the stream goes on");
            self.rest.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
}

async fn import(settings: &Path, folder: &Path, rows: &str) {
    let file = folder.join("spend.csv");
    let head = "day,source,campaign,amount,currency\n";
    std::fs::write(&file, format!("{head}{rows}")).expect("the file is written");
    let company = COMPANY.to_string();
    let file = file.to_string_lossy().into_owned();
    let words = [
        "import",
        "marketing-spend",
        "--company",
        &company,
        "--file",
        &file,
        "--replace",
    ];
    let (status, said) = omni(settings, &words).await;
    assert_eq!(status, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_moves_an_open_board() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(dev(), MORE, &folder);
    let (status, said) = omni(&settings, &["migrate"]).await;
    assert_eq!(status, Some(0), "{said}");
    let config = omni_reporting::Config::load(Some(&settings)).expect("settings");
    let (_trigger, shutdown) = stage::Shutdown::pair();
    let server = omni_reporting::Server::bind(&config, shutdown)
        .await
        .expect("its ports open");
    let url = format!("http://{}/api/v1/boards/marketing-spend/live", server.address());
    let serving = tokio::spawn(server.serve());

    let query = format!("?company={COMPANY}&period=custom&from=2026-03-01&to=2026-03-31&tz=Etc/UTC");
    let mut stream = Stream::open(&format!("{url}{query}")).await;
    let nothing = stream.rows("spend", Value::is_array).await;
    assert_eq!(nothing, serde_json::json!([]));
    let spend_is = |amount: &'static str| move |rows: &Value| rows[0][1] == amount;
    import(
        &settings,
        folder.path(),
        "2026-03-04,google,spring,10.5,EUR\n2026-03-04,google,brand,4,EUR\n",
    )
    .await;
    let rows = stream.rows("spend", spend_is("14.5")).await;
    assert_eq!(rows[0][0], "EUR");
    import(&settings, folder.path(), "2026-03-04,google,spring,11,EUR\n").await;
    stream.rows("spend", spend_is("11")).await;
    serving.abort();
}
