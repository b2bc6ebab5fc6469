//! Every panel on the template's fixtures: as computed by hand, and the same however the events were loaded.
use std::collections::BTreeMap;
use std::sync::Arc;

use omni_reporting::board::{Board, Preferences, Statement};
use omni_reporting::check;
use omni_reporting::check::answers::{self, Asked, Asker as Questions};
use omni_reporting::check::reconcile::{self, Choices};
use omni_reporting::state::State;
use rust_decimal::Decimal;
use serde_json::Value;
use template::Registry;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::fixture::{Database, Order, TEMPLATE, place};

/// Rows by column name.
pub(crate) type Rows = Vec<BTreeMap<String, Value>>;

/// One database, asked as the server asks: as the user who may only read.
pub(crate) struct Asker {
    pub(crate) board: Arc<Board>,
    pub(crate) questions: Questions,
    pub(crate) database: Database,
}

impl Asker {
    async fn new(order: Order) -> Self {
        Self::of(TEMPLATE, order).await
    }

    pub(crate) async fn of(template: &str, order: Order) -> Self {
        let database = Database::of(template).await;
        database.load(order).await;
        Self::over(database)
    }

    /// Of what is in the database, and what will be.
    pub(crate) fn over(database: Database) -> Self {
        let board = Arc::new(Board::load(&database.family, &Preferences::default()).unwrap());
        let reader = place().reader;
        Self {
            questions: Questions::new(&database, Arc::clone(&board), reader.as_ref()).unwrap(),
            board,
            database,
        }
    }

    async fn with_rates(order: Order) -> Self {
        let asker = Self::new(order).await;
        asker.database.load_rates().await;
        asker
    }

    pub(crate) async fn ask(&self, panel: &str, query: &str, now: &str, top: u32) -> answers::Rows {
        let state = State::read(query, &self.board.declared).unwrap();
        let statement = &self.board.panel(panel).unwrap().statement;
        self.put(statement, &state, now, top).await
    }

    pub(crate) async fn put(
        &self,
        statement: &Arc<Statement>,
        state: &State,
        now: &str,
        top: u32,
    ) -> answers::Rows {
        let now = OffsetDateTime::parse(now, &Rfc3339).unwrap();
        let choice = Asked { state, now, top };
        self.questions.ask(statement, &choice).await.unwrap()
    }

    async fn rows(&self, panel: &str, query: &str, top: u32) -> Rows {
        named(&self.ask(panel, query, "2026-04-02T10:00:00Z", top).await)
    }
}

/// The rows of an answer, by column name.
pub(crate) fn named(answer: &answers::Rows) -> Rows {
    let owned = |row: BTreeMap<&str, &Value>| {
        let cells = row.into_iter();
        cells
            .map(|(name, cell)| (name.to_owned(), cell.clone()))
            .collect()
    };
    answer.named().into_iter().map(owned).collect()
}

pub(crate) fn number(row: &BTreeMap<String, Value>, column: &str) -> Decimal {
    match &row[column] {
        Value::Null => Decimal::ZERO,
        Value::String(text) => text.parse().unwrap(),
        other => other.to_string().parse().unwrap(),
    }
}

/// `omni template check` of all built-in templates: among much else, every expected answer, also after all was loaded twice
/// and shuffled, with merges stopped and with all merged.
#[tokio::test]
async fn the_built_in_templates_have_nothing_wrong() {
    let registry = Registry::builtin().unwrap();
    let mut cases = 0;
    for template in registry.iter() {
        let files: Vec<(String, String)> = template
            .files()
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .collect();
        let read = check::read(&files, &registry);
        let listed = template::finding::listed(&read.findings);
        assert!(listed.is_empty(), "{}:\n{listed}", template.key());
        let tried = check::trial(&read.whole.unwrap(), &place(), &mut |_| {})
            .await
            .unwrap();
        let listed = template::finding::listed(&tried.findings);
        assert!(listed.is_empty(), "{}:\n{listed}", template.key());
        cases += tried.cases;
    }
    assert!(cases >= 3 * 155, "only {cases} answers were compared");
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
            let choices = Choices {
                query: format!("{filter}&{march}"),
                now: OffsetDateTime::parse("2026-04-02T10:00:00Z", &Rfc3339).unwrap(),
            };
            let told = asker.database.family.head();
            let sums: Vec<_> = told.manifest().reconciles.iter().map(|sums| (sums, 1)).collect();
            let found = reconcile::hold(&asker.questions, &sums, &choices).await.unwrap();
            assert_eq!(template::finding::listed(&found), "");
            // All of the period is over by then, so its run has all of it.
            let headline = asker.rows("won_value", &choices.query, 20).await;
            let runs = headline
                .iter()
                .flat_map(|row| row["spark_value"].as_array().unwrap());
            let run: Decimal = runs
                .map(|value| value.as_str().unwrap().parse::<Decimal>().unwrap())
                .sum();
            let whole: Decimal = headline.iter().map(|row| number(row, "won_value")).sum();
            assert_eq!(run, whole, "{}", choices.query);
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
        serde_json::from_value(answer.rows.into_iter().map(Value::Array).collect()).unwrap();
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
        assert_eq!(answer.rows[0][3], count, "{now}");
    }
    let empty = asker
        .ask("freshness", "company=9", "2026-04-02T10:00:00Z", 20)
        .await;
    assert_eq!(
        Value::from(empty.rows[0].clone()),
        serde_json::json!([null, null, "2026-04-02T09:59:45.000000Z", "0", null, null])
    );
}
