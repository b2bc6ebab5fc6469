//! A template that is broken in one way gets one clear message, with the file and the line; each way is a row of the table.
use omni_reporting::check;
use template::Registry;

use crate::fixture::{TEMPLATE, place};

/// A way to break the deals template.
struct Broken {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    /// What stands in the line that is named; empty where another line than the changed one is.
    at: &'static str,
    says: &'static str,
}

/// Told at the line that was changed.
const fn here(file: &'static str, from: &'static str, to: &'static str, says: &'static str) -> Broken {
    let at = to;
    Broken {
        file,
        from,
        to,
        at,
        says,
    }
}

/// Told at a line around it.
const fn around(file: &'static str, from: &'static str, to: &'static str, says: &'static str) -> Broken {
    let at = "";
    Broken {
        file,
        from,
        to,
        at,
        says,
    }
}

const MANIFEST: &str = "template.toml";

/// Found without a database.
const READ: &[Broken] = &[
    here(
        MANIFEST,
        "timezone = \"Etc/UTC\"",
        "timezome = \"Etc/UTC\"",
        "unknown key `timezome`; did you mean `timezone`?",
    ),
    here(
        MANIFEST,
        "kind = \"freshness\"",
        "kind = \"freshnes\"",
        "`kind` is freshnes; it is one of stat, bars",
    ),
    here(
        MANIFEST,
        "spark = { at = \"spark_at\"",
        "sparc = { at = \"spark_at\"",
        "panel won_value: encode knows no `sparc`; did you mean `spark`?",
    ),
    around(
        MANIFEST,
        "last_load = \"last_loaded_at\"",
        "#last_load",
        "panel freshness: encode needs `last_load`: when rows were loaded last",
    ),
    here(
        MANIFEST,
        "value = { field = \"mean_days\", format = \"days\" }",
        "value = { field = \"mean_days\", format = \"weeks\" }",
        "panel sales_cycle: `value.format` is one of money, int",
    ),
    here(
        MANIFEST,
        "panels = [\"leaderboard\"]",
        "panels = [\"leaderbord\"]",
        "section team names a panel leaderbord that is not there",
    ),
    here(
        MANIFEST,
        "options/source.sql",
        "options/sauce.sql",
        "there is no file options/sauce.sql",
    ),
    here(
        MANIFEST,
        "deal_title = \"String\"",
        "deal_title = \"Text\"",
        "column type Text is not one that rows can be made for",
    ),
    here(
        MANIFEST,
        "timezone = \"Etc/UTC\"",
        "timezone = \"Mars/Olympus\"",
        "`Mars/Olympus` is no IANA time zone",
    ),
    here(
        "panels/won_value.sql",
        "least(subtractMilliseconds({to:DateTime64(3, 'UTC')}, 1)",
        "least(subtractMilliseconds({to:String}, 1)",
        "the parameter to is declared as DateTime64(3, 'UTC') and used as String",
    ),
    here(
        "panels/won_value.sql",
        "GROUP BY shown_currency",
        "GROUP BY {shown:String}",
        "the parameter shown is declared nowhere",
    ),
    here(
        "panels/won_value.sql",
        "FROM priced",
        "FROM {priced:Identifier}",
        "{priced:Identifier} puts a value into the text of a statement",
    ),
    here(
        "panels/win_rate.sql",
        "toFloat64(won) /",
        "toUnixTimestamp(now()) /",
        "now() answers differently each time",
    ),
    here(
        "fragments/rates.sql",
        "    FROM fx_daily FINAL",
        "    FROM fx_weekly FINAL",
        "reads fx_weekly, which",
    ),
    around(
        "fragments/scope.sql",
        "WHERE event_company_id = {company:UInt64}",
        "WHERE event_company_id > 0",
        "reads deals, which holds several companies",
    ),
    around(
        "i18n/en.toml",
        "[panel.won_value]\ntitle = ",
        "[panel.won_value]\ntitel = ",
        "the text panel.won_value.title is missing",
    ),
    around(
        "i18n/de.toml",
        "[panel.won_value]\ntitle = ",
        "[panel.won_value]\ntitel = ",
        "the text panel.won_value.title is missing",
    ),
    here(
        "fixtures/events.ndjson",
        "\"event_company_id\":1001",
        "\"event_company_id\":\"x\"",
        "$.event_company_id",
    ),
    around(
        "fixtures/expected/win_rate.json",
        "\"now\": \"2026-04-02T10:00:00Z\"",
        "\"now\": \"yesterday\"",
        "now: yesterday is no RFC 3339",
    ),
    here(
        "fixtures/expected/win_rate.json",
        "\"cases\": [",
        "\"cases\": [,",
        "expected value",
    ),
];

/// Found by ClickHouse.
const TRIED: &[Broken] = &[
    here(
        "panels/win_rate.sql",
        "toFloat64(won) / nullIf(won + lost, 0) AS win_rate",
        "toFloat64(wun) / nullIf(won + lost, 0) AS win_rate",
        "identifier `wun`",
    ),
    here(
        "fragments/rates.sql",
        "    FROM fx_daily FINAL",
        "    FRUM fx_daily FINAL",
        "Syntax error at `FRUM`",
    ),
    here(
        MANIFEST,
        "value = { field = \"win_rate\", format = \"percent\" }",
        "value = { field = \"win_rate\", format = \"money\" }",
        "panel win_rate: win_rate is Nullable(Float64), and Decimal is wanted there",
    ),
    here(
        MANIFEST,
        "details = [{ field = \"won_deals\", format = \"int\" }, { field = \"average_value\", format = \"money\" }]",
        "details = [{ field = \"won_deels\", format = \"int\", label = \"column.won_deals\" }, { field = \"average_value\", format = \"money\" }]",
        "panel won_value: there is no column won_deels; there is",
    ),
    around(
        "warehouse/0004_deal_facts.sql",
        "AggregatingMergeTree",
        "AggregatingMergeTre",
        "AggregatingMergeTre",
    ),
];

fn files() -> Vec<(String, String)> {
    let registry = Registry::builtin().unwrap();
    let template = registry.get(TEMPLATE).unwrap();
    let files = template.files();
    files
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect()
}

impl Broken {
    fn files(&self) -> Vec<(String, String)> {
        let mut files = files();
        let (_, text) = files.iter_mut().find(|(path, _)| path == self.file).unwrap();
        assert!(text.contains(self.from), "{} has no {}", self.file, self.from);
        *text = text.replacen(self.from, self.to, 1);
        files
    }

    /// One of the findings is this one, where it should be.
    fn is_told(&self, files: &[(String, String)], findings: &[template::Finding]) {
        let (_, text) = files.iter().find(|(path, _)| path == self.file).unwrap();
        let changed = text.lines().position(|line| line.contains(self.at)).unwrap() + 1;
        let told = findings.iter().any(|finding| {
            let is_there = self.at.is_empty() || finding.line == changed;
            finding.file == self.file && is_there && finding.message.contains(self.says)
        });
        let listed = template::finding::listed(findings);
        assert!(
            told,
            "{}:{changed}: {}\nwas not told, but\n{listed}",
            self.file, self.says
        );
    }
}

#[test]
fn each_way_to_break_a_template_is_told_with_file_and_line() {
    let registry = Registry::builtin().unwrap();
    for broken in READ {
        let files = broken.files();
        broken.is_told(&files, &check::read(&files, &registry).findings);
    }
}

#[tokio::test]
async fn what_only_the_database_sees_is_told_with_file_and_line() {
    let registry = Registry::builtin().unwrap();
    for broken in TRIED {
        let files = broken.files();
        let read = check::read(&files, &registry);
        let listed = template::finding::listed(&read.findings);
        assert!(listed.is_empty(), "{listed}");
        let tried = check::trial(&read.whole.unwrap(), &place(), &mut |_| {})
            .await
            .unwrap();
        broken.is_told(&files, &tried.findings);
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let registry = Registry::builtin().unwrap();
    let mut files = files();
    for broken in READ.iter().filter(|broken| broken.file != MANIFEST).take(5) {
        let (_, text) = files.iter_mut().find(|(path, _)| path == broken.file).unwrap();
        *text = text.replacen(broken.from, broken.to, 1);
    }
    let findings = check::read(&files, &registry).findings;
    for broken in READ.iter().filter(|broken| broken.file != MANIFEST).take(5) {
        assert!(
            findings
                .iter()
                .any(|finding| finding.message.contains(broken.says)),
            "{}",
            broken.says
        );
    }
}
