//! Every panel on the template's fixtures: as computed by hand, and the same however the events were loaded.
use std::collections::BTreeMap;
use std::sync::Arc;

use omni_reporting::answer::{Answer, Answers};
use omni_reporting::board::{Board, Preferences, Statement};
use omni_reporting::metrics::Figures;
use omni_reporting::question::{Question, Setting};
use omni_reporting::state::State;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use template::Registry;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use warehouse::Warehouse;

use crate::fixture::{Database, Order, TEMPLATE};

const COMPANY: u64 = 1001;

#[derive(Deserialize)]
pub(crate) struct Expected {
    columns: Vec<String>,
    pub(crate) cases: Vec<Case>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    #[serde(rename = "case")]
    pub(crate) name: String,
    pub(crate) query: String,
    pub(crate) now: String,
    pub(crate) rates: bool,
    pub(crate) top: u32,
    rows: Vec<Vec<Value>>,
}

/// One database, asked as the server asks: as the user who may only read.
pub(crate) struct Asker {
    pub(crate) board: Board,
    answers: Answers,
    pub(crate) database: Database,
}

impl Asker {
    async fn new(order: Order) -> Self {
        Self::of(TEMPLATE, order).await
    }

    pub(crate) async fn of(template: &str, order: Order) -> Self {
        let database = Database::of(template).await;
        database.load(order).await;
        let server = local::testing::clickhouse();
        let mut config = omni_reporting::Config {
            warehouse: database.config.clone(),
            ..Default::default()
        };
        config.reporting.warehouse_user.clone_from(&server.dashboard_user);
        config.reporting.warehouse_password = server.dashboard_password.clone().into();
        let reader = Warehouse::connect(&config.reader()).unwrap();
        Self {
            board: Board::load(&database.family, &Preferences::default()).unwrap(),
            answers: Answers::new(reader, &config.bounds(), Figures::new().unwrap()),
            database,
        }
    }

    async fn with_rates(order: Order) -> Self {
        let asker = Self::new(order).await;
        asker.database.load_rates().await;
        asker
    }

    pub(crate) async fn ask(&self, panel: &str, query: &str, now: &str, top: u32) -> Arc<Answer> {
        let state = State::read(query, &self.board.declared).unwrap();
        let statement = &self.board.panel(panel).unwrap().statement;
        self.put(statement, &state, now, top).await
    }

    /// Puts a question as if nothing under it had ever changed.
    pub(crate) async fn put(
        &self,
        statement: &Arc<Statement>,
        state: &State,
        now: &str,
        top: u32,
    ) -> Arc<Answer> {
        let setting = Setting {
            now: OffsetDateTime::parse(now, &Rfc3339).unwrap(),
            company: state.company.unwrap_or(COMPANY),
            top,
            version: 0,
            pii: true,
        };
        let question = Question::new(&self.board, statement, state, &setting);
        self.answers.answer(&question).await.unwrap()
    }

    /// Rows by column name.
    async fn rows(&self, panel: &str, query: &str, top: u32) -> Rows {
        named(&*self.ask(panel, query, "2026-04-02T10:00:00Z", top).await)
    }
}

/// The rows of an answer, by column name.
pub(crate) fn named(answer: &Answer) -> Rows {
    let rows: Vec<Vec<Value>> = serde_json::from_str(answer.rows.get()).unwrap();
    let names = || answer.columns.iter().map(|column| column.name.clone());
    rows.into_iter().map(|row| names().zip(row).collect()).collect()
}

/// Asks all cases of all built-in templates.
async fn all_hold(order: Order, loaded: &str) {
    let mut cases = 0;
    for template in Registry::builtin().unwrap().iter() {
        if template.manifest().panels.is_empty() {
            continue;
        }
        let native = Asker::of(template.key(), order).await;
        let converted = Asker::of(template.key(), order).await;
        converted.database.load_rates().await;
        cases += holds(&native, &converted, loaded).await;
    }
    assert!(cases >= 119, "only {cases} cases were found");
}

/// How many cases there were.
async fn holds(native: &Asker, converted: &Asker, loaded: &str) -> usize {
    let mut cases = 0;
    for panel in &native.board.panels {
        let file = format!("fixtures/expected/{}.json", panel.id);
        let Some(text) = native.database.family.head().file(&file) else {
            continue;
        };
        let expected: Expected = serde_json::from_str(text).unwrap();
        for case in expected.cases {
            let asker = if case.rates { converted } else { native };
            let answer = asker.ask(&panel.id, &case.query, &case.now, case.top).await;
            let columns: Vec<_> = answer.columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(columns, expected.columns, "{}", panel.id);
            let rows: Vec<Vec<Value>> = serde_json::from_str(answer.rows.get()).unwrap();
            let place = format!("{}, {}, {}, {loaded}", native.board.key, panel.id, case.name);
            assert_eq!(rows, case.rows, "{place}");
            cases += 1;
        }
    }
    cases
}

#[tokio::test]
async fn panels_answer_as_computed_by_hand() {
    all_hold(Order::AsWritten, "loaded as written").await;
}

#[tokio::test]
async fn panels_answer_the_same_when_all_was_loaded_twice_and_shuffled() {
    all_hold(Order::DoubledAndShuffled, "loaded twice and shuffled").await;
}

pub(crate) type Rows = Vec<BTreeMap<String, Value>>;

fn total(rows: &Rows, column: &str) -> Decimal {
    rows.iter().map(|row| number(row, column)).sum()
}

/// Both have the same sum of these columns in each currency; a currency that only one of them tells of has 0 there.
fn agree(list: &Rows, headline: &Rows, columns: &[&str], query: &str) {
    for column in columns {
        let (list, headline) = (sums(list, column), sums(headline, column));
        for currency in list.keys().chain(headline.keys()) {
            let of = |sums: &BTreeMap<String, Decimal>| sums.get(currency).copied().unwrap_or_default();
            assert_eq!(of(&list), of(&headline), "{column}, {currency}, {query}");
        }
    }
}

/// What was closed in the period is the same deals in every panel that tells of them.
async fn closed_deals_agree(asker: &Asker, query: &str) {
    let headline = asker.rows("won_value", query, 20).await;
    let win_rate = asker.rows("win_rate", query, 20).await;
    let over_time = asker.rows("deals_over_time", query, 20).await;
    let cycle = asker.rows("sales_cycle", query, 20).await;
    let won = total(&headline, "won_deals");
    for rows in [&win_rate, &over_time, &cycle] {
        assert_eq!(total(rows, "won_deals"), won, "{query}");
    }
    let lost = total(&win_rate, "lost_deals");
    assert_eq!(total(&over_time, "lost_deals"), lost, "{query}");
    let by_size = asker.rows("revenue_by_size", query, 20).await;
    let columns = [
        "won_deals",
        "won_value",
        "unconverted_deals",
        "zero_value_deals",
        "deals_without_value",
    ];
    agree(&by_size, &headline, &columns, query);
}

/// What is open is the same deals in every panel that tells of them.
async fn open_deals_agree(asker: &Asker, query: &str) {
    let headline = asker.rows("open_pipeline", query, 20).await;
    let forecast = asker.rows("forecast", query, 20).await;
    let columns = [
        "open_deals",
        "open_value",
        "unconverted_deals",
        "zero_value_deals",
        "deals_without_value",
    ];
    agree(&forecast, &headline, &columns, query);
    let velocity = asker.rows("sales_velocity", query, 20).await;
    agree(&velocity, &headline, &["open_deals"], query);
}

/// Over 90 days the parts of the velocity are those that the panels of the same names tell.
#[tokio::test]
async fn parts_of_the_velocity_are_those_of_their_panels() {
    let asker = Asker::with_rates(Order::AsWritten).await;
    for filter in ["", "&owner=32", "&source=google", "&currency=USD"] {
        let query = format!("company=3003&period=90d&tz=Europe/Berlin{filter}");
        let velocity = asker.rows("sales_velocity", &query, 20).await;
        for (part, panel, column) in [
            ("open_deals", "open_pipeline", "open_deals"),
            ("average_won_value", "won_value", "average_value"),
            ("win_rate", "win_rate", "win_rate"),
            ("cycle_days", "sales_cycle", "mean_days"),
        ] {
            let rows = asker.rows(panel, &query, 20).await;
            assert_eq!(velocity[0][part], rows[0][column], "{part}, {query}");
        }
    }
}

pub(crate) fn number(row: &BTreeMap<String, Value>, column: &str) -> Decimal {
    match &row[column] {
        Value::Null => Decimal::ZERO,
        Value::String(text) => text.parse().unwrap(),
        other => other.to_string().parse().unwrap(),
    }
}

/// Sums by currency. A list need not have a group in which there is nothing, so those of 0 are left out.
fn sums(rows: &[BTreeMap<String, Value>], column: &str) -> BTreeMap<String, Decimal> {
    let mut sums = BTreeMap::new();
    for row in rows {
        *sums
            .entry(row["currency"].as_str().unwrap().to_owned())
            .or_default() += number(row, column);
    }
    sums.retain(|_, sum: &mut Decimal| !sum.is_zero());
    sums
}

/// What a list and its headline both tell, by the name each has for it.
type Columns = &'static [(&'static str, &'static str)];

const WON: Columns = &[
    ("won_deals", "won_deals"),
    ("total_value", "won_value"),
    ("unconverted_deals", "unconverted_deals"),
    ("zero_value_deals", "zero_value_deals"),
    ("deals_without_value", "deals_without_value"),
];
const WON_BY_OWNER: Columns = &[
    ("won_deals", "won_deals"),
    ("won_value", "won_value"),
    ("unconverted_deals", "unconverted_deals"),
    ("zero_value_deals", "zero_value_deals"),
    ("deals_without_value", "deals_without_value"),
];
const OPEN_BY_OWNER: Columns = &[
    ("open_deals", "open_deals"),
    ("open_value", "open_value"),
    ("unconverted_open_deals", "unconverted_deals"),
];
const OPEN_BY_AGE: Columns = &[
    ("open_deals", "open_deals"),
    ("open_value", "open_value"),
    ("unconverted_deals", "unconverted_deals"),
    ("deals_without_value", "deals_without_value"),
];
const LOST: Columns = &[("lost_deals", "lost_deals")];
const LOST_WHATEVER_THE_TOP: Columns = &[
    ("lost_deals", "lost_deals"),
    ("lost_value", "lost_value"),
    ("unconverted_deals", "unconverted_deals"),
    ("deals_without_value", "deals_without_value"),
];

/// Lists, and the panel each adds up to.
const LISTS: &[(&str, &str, Columns)] = &[
    ("won_by_source", "won_value", WON),
    ("won_by_campaign", "won_value", WON),
    ("revenue_by_industry", "won_value", WON),
    ("leaderboard", "won_value", WON_BY_OWNER),
    ("leaderboard", "open_pipeline", OPEN_BY_OWNER),
    ("ageing", "open_pipeline", OPEN_BY_AGE),
    ("won_by_campaign", "lost_reasons", LOST),
    ("leaderboard", "lost_reasons", LOST),
    ("lost_reasons", "lost_reasons", LOST_WHATEVER_THE_TOP),
];

#[tokio::test]
async fn lists_add_up_to_their_headline() {
    let march = "period=last_month&tz=Europe/Berlin";
    for asker in [
        Asker::new(Order::AsWritten).await,
        Asker::with_rates(Order::AsWritten).await,
    ] {
        for filter in [
            "",
            "&company=3003",
            "&company=3003&currency=USD&source=google,facebook",
            "&company=3003&owner=32",
            "&company=3003&pipeline=4",
            "&company=3003&industry=retail,(not%20set)",
            "&company=3003&size=large,enterprise",
            "&company=3003&period=this_year",
            "&company=3003&period=this_month",
            "&source=google,(not%20set)",
            "&owner=8",
            "&currency=USD",
            "&tz=America/New_York",
            "&company=4004",
            "&company=4004&currency=USD&owner=72,73",
            "&company=4004&pipeline=5",
            "&company=4004&industry=fishing,(not%20set)",
            "&company=4004&size=large,medium&campaign=spring,(not%20set)",
        ] {
            // Of a name that comes twice the first counts.
            let query = format!("{filter}&{march}");
            let headline = asker.rows("won_value", &query, 20).await;
            for top in [1, 2, 20] {
                for (list, total, columns) in LISTS {
                    let rows = asker.rows(list, &query, top).await;
                    let total = asker.rows(total, &query, 20).await;
                    for (of_list, of_total) in *columns {
                        let case = format!("{list}: {of_list}, {query}, top {top}");
                        assert_eq!(sums(&rows, of_list), sums(&total, of_total), "{case}");
                    }
                }
            }
            let buckets: Decimal = headline
                .iter()
                .flat_map(|row| row["spark_value"].as_array().unwrap())
                .map(|value| value.as_str().unwrap().parse::<Decimal>().unwrap())
                .sum();
            assert_eq!(
                buckets,
                headline
                    .iter()
                    .map(|row| number(row, "won_value"))
                    .sum::<Decimal>(),
                "{query}"
            );
            let open = asker.rows("open_pipeline", &query, 20).await;
            let stages = asker.rows("pipeline_by_stage", &query, 20).await;
            let count = |rows: &[BTreeMap<String, Value>]| {
                rows.iter().map(|row| number(row, "open_deals")).sum::<Decimal>()
            };
            assert_eq!(count(&stages), count(&open), "{query}");
            closed_deals_agree(&asker, &query).await;
            open_deals_agree(&asker, &query).await;
        }
    }
}

#[tokio::test]
async fn lists_of_the_greatest_end_after_25_rows() {
    let asker = Asker::new(Order::AsWritten).await;
    let open = asker.database.fixture_events().swap_remove(0);
    let many = (1..=30).map(|id| {
        let mut event = open.clone();
        event.insert("event_uuid".to_owned(), uuid::Uuid::new_v4().to_string().into());
        for (key, value) in [
            ("event_company_id", 6006),
            ("event_id", id),
            ("deal_id", id),
            ("deal_value", id),
            ("organization_id", id),
            ("contact_id", id),
        ] {
            event.insert(key.to_owned(), value.into());
        }
        event
    });
    asker.database.insert(&many.collect::<Vec<_>>()).await;
    for (panel, id, first, last) in [
        // Of one age: by id.
        ("oldest_deals", "deal_id", "1", "25"),
        // None won: by open value.
        ("top_organizations", "organization_id", "30", "6"),
        ("top_contacts", "contact_id", "30", "6"),
    ] {
        let rows = asker.rows(panel, "company=6006", 20).await;
        assert_eq!(rows.len(), 25, "{panel}");
        assert_eq!(
            (&rows[0][id], &rows[24][id]),
            (&first.into(), &last.into()),
            "{panel}"
        );
    }
}

#[tokio::test]
async fn freshness_tells_the_newest_event_load_and_heartbeat() {
    let asker = Asker::new(Order::AsWritten).await;
    let now = OffsetDateTime::now_utc();
    let answer = asker
        .ask("freshness", "", &now.format(&Rfc3339).unwrap(), 20)
        .await;
    let rows: Vec<(String, String, String, String, f64, f64)> =
        serde_json::from_str(answer.rows.get()).unwrap();
    let (event_at, loaded_at, heartbeat_at, events, half, most) = &rows[0];
    assert_eq!(event_at, "2026-03-31T22:00:00.000000Z");
    let loaded_at = OffsetDateTime::parse(loaded_at, &Rfc3339).unwrap();
    assert!((now - loaded_at).abs() < time::Duration::minutes(5));
    assert_eq!(heartbeat_at, "2026-04-02T09:59:45.000000Z");
    assert_eq!(events, "0");
    assert!(half <= most);
    // One event was received in the hour before; earlier the three of a bulk update, one of them completed later.
    for (now, count) in [("2026-03-31T22:30:00Z", "1"), ("2026-03-21T10:30:00Z", "3")] {
        let answer = asker.ask("freshness", "", now, 20).await;
        let rows: Vec<Vec<Value>> = serde_json::from_str(answer.rows.get()).unwrap();
        assert_eq!(rows[0][3], count, "{now}");
    }
    let empty = asker
        .ask("freshness", "company=9", "2026-04-02T10:00:00Z", 20)
        .await;
    assert_eq!(
        empty.rows.get().replace(' ', ""),
        r#"[[null,null,"2026-04-02T09:59:45.000000Z","0",null,null]]"#
    );
}

#[tokio::test]
async fn a_value_that_looks_like_sql_is_only_a_value() {
    let asker = Asker::new(Order::AsWritten).await;
    for value in [
        "x') OR 1=1 --",
        "it's",
        "a\\",
        "tab\there",
        "line\nbreak",
        "{company:UInt64}",
        "']",
        "😀",
    ] {
        let mut query = String::from("period=last_month");
        omni_reporting::state::query::append(&mut query, "source", &[value]);
        let rows = asker.rows("won_by_source", &query, 20).await;
        assert!(rows.is_empty(), "{value:?} gave {rows:?}");
    }
}
