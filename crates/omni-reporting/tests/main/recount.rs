//! The panels that tell what was won, on 100,000 random events, against a recount in another language than SQL.
//!
//! The recount ([`tally`]) shares nothing with the panels but the events and the rules; what it comes to must be what each
//! panel says, to the last digit, and so what they say of each other.
use std::collections::BTreeMap;

use omni_reporting::check::reconcile::{self, Choices};
use omni_reporting::state::query;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::{date, datetime};
use time_tz::TimeZone;
use time_tz::timezones::db::{america::NEW_YORK, europe::BERLIN};

use crate::fixture::{Database, TEMPLATE};
use crate::golden::{Asker, Rows};

#[path = "recount/random.rs"]
mod random;
#[path = "recount/tally.rs"]
mod tally;

use random::{COMPANY, Rate, Story};
use tally::{Cell, Cells, Choice, DIGITS, Tally};

const EVENTS: usize = 100_000;
/// Events in one insert.
const BATCH: usize = 8_000;
/// Of the choices so many have their panels held against each other too, with short lists.
const ADDED_UP: usize = 2;
/// So long are lists that none of them gathers anything.
const TOP: u32 = 5_000;
const ONE: i128 = 10_i128.pow(DIGITS);

/// A figure of a panel: its column, and what the recount says it is.
type Figure = (&'static str, fn(&Cell) -> Option<i128>);
/// Figures by currency and place, in sixteen decimals.
type Told = BTreeMap<(String, String), BTreeMap<&'static str, Option<i128>>>;
/// What a row stands for, beside its currency.
type Place<'p> = &'p dyn Fn(&BTreeMap<String, Value>) -> String;

const OF_WON: [Figure; 5] = [
    ("won_deals", |cell| Some(cell.won.deals * ONE)),
    ("average_value", |cell| cell.won.average()),
    ("unconverted_deals", |cell| Some(cell.won.unconverted * ONE)),
    ("zero_value_deals", |cell| Some(cell.won.zero * ONE)),
    ("deals_without_value", |cell| Some(cell.won.valueless * ONE)),
];
const TOTAL: [Figure; 1] = [("total_value", |cell| cell.won.known())];
const HEADLINE: [Figure; 3] = [
    ("won_value", |cell| cell.won.or_zero()),
    ("previous_value", |cell| cell.won_before.known()),
    ("previous_deals", |cell| Some(cell.won_before.deals * ONE)),
];
const CAMPAIGN: [Figure; 2] = [
    ("total_value", |cell| cell.won.or_zero()),
    ("lost_deals", |cell| Some(cell.lost * ONE)),
];
const OWNER: [Figure; 5] = [
    ("won_value", |cell| cell.won.or_zero()),
    ("lost_deals", |cell| Some(cell.lost * ONE)),
    ("open_deals", |cell| Some(cell.open.deals * ONE)),
    ("open_value", |cell| cell.open.or_zero()),
    ("unconverted_open_deals", |cell| Some(cell.open.unconverted * ONE)),
];
const OVER_TIME: [Figure; 3] = [
    ("created_deals", |cell| Some(cell.created * ONE)),
    ("won_deals", |cell| Some(cell.won.deals * ONE)),
    ("lost_deals", |cell| Some(cell.lost * ONE)),
];

fn choices(has_rates: bool) -> Vec<Choice> {
    let now = datetime!(2026-04-02 10:00 UTC);
    let choice = |zone, first, last, currency, filters: &[(&'static str, &[&'static str])]| Choice {
        zone,
        first,
        last,
        now,
        currency,
        has_rates,
        filters: filters
            .iter()
            .map(|(name, values)| (*name, values.to_vec()))
            .collect(),
    };
    let (first, last) = (date!(2026 - 03 - 01), date!(2026 - 03 - 31));
    vec![
        choice(BERLIN, first, last, "EUR", &[]),
        choice(NEW_YORK, first, last, "EUR", &[]),
        choice(
            BERLIN,
            first,
            last,
            "USD",
            &[("source", &["google", "a,b", "(not set)"])],
        ),
        choice(
            BERLIN,
            first,
            last,
            "XBT",
            &[("industry", &["retail", "(not set)"])],
        ),
        choice(
            BERLIN,
            first,
            last,
            "EUR",
            &[
                ("campaign", &["o'clock \\", "(other)"]),
                ("pipeline", &["2", "3"]),
            ],
        ),
        // Still running.
        choice(NEW_YORK, date!(2026 - 03 - 15), date!(2026 - 04 - 20), "USD", &[]),
        // Weeks, then months.
        choice(
            BERLIN,
            date!(2025 - 12 - 03),
            date!(2026 - 04 - 02),
            "GBP",
            &[("size", &["large", "enterprise", "(not set)"])],
        ),
        choice(
            NEW_YORK,
            date!(2025 - 01 - 01),
            date!(2026 - 04 - 30),
            "JPY",
            &[("owner", &["0", "3", "4", "17"])],
        ),
    ]
}

#[tokio::test]
async fn panels_are_what_a_recount_of_100_000_random_events_comes_to() {
    let story = random::story(7, EVENTS);
    let asker = Asker::over(Database::of(TEMPLATE).await);
    load(&asker, &story).await;
    let newest = tally::newest(&story);
    for has_rates in [false, true] {
        if has_rates {
            load_rates(&asker, &story.rates).await;
        }
        for (at, choice) in choices(has_rates).into_iter().enumerate() {
            let tally = tally::count(&story, &newest, &choice);
            let won: i128 = tally.whole.values().map(|cell| cell.won.deals).sum();
            assert!(won > 50, "only {won} deals are counted: {}", asked(&choice));
            holds(&asker, &choice, &tally).await;
            if at < ADDED_UP {
                add_up(&asker, &choice).await;
            }
        }
    }
}

async fn load(asker: &Asker, story: &Story) {
    for batch in story.events.chunks(BATCH) {
        let rows: Vec<String> = batch.iter().map(|event| event.row().to_string()).collect();
        let statement = format!(
            "INSERT INTO deal_events SETTINGS date_time_input_format = 'best_effort' FORMAT JSONEachRow\n{}",
            rows.join("\n")
        );
        asker.database.warehouse.execute(&statement).await.unwrap();
    }
    let mut rows = String::new();
    for (ver, of_today) in [(1, false), (2, true)] {
        for one in &story.organizations {
            let word = |word| if of_today { word } else { "of old" };
            let row = json!({
                "event_company_id": COMPANY, "entity_object": "organization", "entity_id": one.id.to_string(),
                "event_ver": ver, "is_erased": 0,
                "entity_industry": word(one.industry), "entity_company_size": word(one.size),
            });
            rows.extend([row.to_string(), "\n".to_owned()]);
        }
    }
    asker.database.append("entities", &rows).await.unwrap();
}

/// First those that were corrected since.
async fn load_rates(asker: &Asker, rates: &[Rate]) {
    for told in [|rate: &Rate| rate.at_first, |rate: &Rate| rate.per_eur] {
        let row = |rate: &Rate| {
            let per_eur = told(rate);
            let units = format!("{}.{:08}", per_eur / 100_000_000, per_eur % 100_000_000);
            json!({"currency": rate.currency, "rate_date": rate.day.to_string(), "per_eur": units})
                .to_string()
        };
        let rows: Vec<String> = rates.iter().map(row).collect();
        asker.database.append("fx_daily", &rows.join("\n")).await.unwrap();
    }
}

/// The choice as it stands in an address.
fn asked(choice: &Choice) -> String {
    let mut text = format!(
        "company={COMPANY}&period=custom&from={}&to={}&tz={}&currency={}",
        choice.first,
        choice.last,
        choice.zone.name(),
        choice.currency
    );
    for (name, values) in &choice.filters {
        query::append(&mut text, name, values);
    }
    text
}

/// Each panel, figure by figure.
async fn holds(asker: &Asker, choice: &Choice, tally: &Tally) {
    let text =
        |column: &'static str| move |row: &BTreeMap<String, Value>| row[column].as_str().unwrap().to_owned();
    let campaign =
        |row: &BTreeMap<String, Value>| format!("{} {}", text("source")(row), text("campaign")(row));
    let bucket = |row: &BTreeMap<String, Value>| day_of(choice, &row["bucket_at"]);
    let bucket_and_size = |row: &BTreeMap<String, Value>| format!("{} {}", bucket(row), text("size")(row));
    let of_won = |more: &[Figure]| [&OF_WON[..], more].concat();
    let of_size: Vec<Figure> = [&OF_WON[..1], &OF_WON[2..], &HEADLINE[..1]].concat();
    let panels: [(&str, &Cells, Vec<Figure>, Place<'_>); 7] = [
        ("won_value", &tally.whole, of_won(&HEADLINE), &|_| String::new()),
        ("won_by_source", &tally.by_source, of_won(&TOTAL), &text("source")),
        (
            "won_by_campaign",
            &tally.by_campaign,
            of_won(&CAMPAIGN),
            &campaign,
        ),
        ("leaderboard", &tally.by_owner, of_won(&OWNER), &text("owner_id")),
        (
            "revenue_by_industry",
            &tally.by_industry,
            of_won(&TOTAL),
            &text("industry"),
        ),
        (
            "revenue_by_size",
            &tally.by_bucket_and_size,
            of_size,
            &bucket_and_size,
        ),
        ("deals_over_time", &tally.by_bucket, OVER_TIME.to_vec(), &bucket),
    ];
    for (panel, cells, mut figures, place) in panels {
        let query = asked(choice);
        let rows = rows(asker, panel, choice).await;
        if panel == "leaderboard" {
            // It has no average, and ranks beside its sums.
            figures.retain(|(column, _)| *column != "average_value");
            assert_eq!(ranks(&rows), reckoned_ranks(cells), "{panel}, {query}");
        }
        let (told, reckoned) = (told(&rows, &figures, place), reckoned(cells, &figures));
        assert_eq!(
            told.keys().collect::<Vec<_>>(),
            reckoned.keys().collect::<Vec<_>>(),
            "{panel}, {query}"
        );
        for (place, figures) in &reckoned {
            assert_eq!(&told[place], figures, "{place:?} of {panel}, {query}");
        }
        if panel == "won_value" {
            assert_eq!(
                run(&rows, choice),
                reckoned_run(tally, choice),
                "{panel}, {query}"
            );
        }
    }
}

async fn rows(asker: &Asker, panel: &str, choice: &Choice) -> Rows {
    let now = choice.now.format(&Rfc3339).unwrap();
    crate::golden::named(&asker.ask(panel, &asked(choice), &now, TOP).await)
}

/// And to each other, also where lists gather what does not fit.
async fn add_up(asker: &Asker, choice: &Choice) {
    let reconciles = &asker.database.family.head().manifest().reconciles;
    let sums: Vec<_> = reconciles.iter().map(|sums| (sums, 1)).collect();
    let choices = Choices {
        query: asked(choice),
        now: choice.now,
    };
    let found = reconcile::hold(&asker.questions, &sums, &choices).await.unwrap();
    assert_eq!(template::finding::listed(&found), "");
}

/// What the panel says, but where it says that there is nothing.
fn told(rows: &Rows, figures: &[Figure], place: Place<'_>) -> Told {
    let mut told = Told::new();
    for row in rows {
        let currency = row.get("currency").and_then(Value::as_str).unwrap_or_default();
        let figures: BTreeMap<_, _> = figures
            .iter()
            .map(|(column, _)| (*column, fixed(&row[*column])))
            .collect();
        if figures
            .values()
            .any(|figure| figure.is_some_and(|figure| figure != 0))
        {
            let before = told.insert((currency.to_owned(), place(row)), figures);
            assert!(before.is_none(), "two rows of {row:?}");
        }
    }
    told
}

fn reckoned(cells: &Cells, figures: &[Figure]) -> Told {
    let all = cells.iter().map(|(place, cell)| {
        let figures: BTreeMap<_, _> = figures
            .iter()
            .map(|(column, figure)| (*column, figure(cell)))
            .collect();
        (place.clone(), figures)
    });
    let is_something =
        |figures: &BTreeMap<_, Option<i128>>| figures.values().any(|one| one.is_some_and(|one| one != 0));
    all.filter(|(_, figures)| is_something(figures)).collect()
}

/// Ranks by currency and owner.
fn ranks(rows: &Rows) -> BTreeMap<(String, String), i128> {
    let rank = |row: &BTreeMap<String, Value>| {
        let word = |column: &str| row[column].as_str().unwrap().to_owned();
        Some(((word("currency"), word("owner_id")), fixed(&row["rank"])? / ONE))
    };
    rows.iter().filter_map(rank).collect()
}

fn reckoned_ranks(cells: &Cells) -> BTreeMap<(String, String), i128> {
    let known = |currency: &str| {
        let of_currency = cells.iter().filter(move |((other, _), _)| other == currency);
        of_currency
            .filter_map(|(place, cell)| Some((place.clone(), cell.won.known()?)))
            .collect::<Vec<_>>()
    };
    let mut ranks = BTreeMap::new();
    for ((currency, owner), cell) in cells {
        if let Some(value) = cell.won.known() {
            let above = known(currency).iter().filter(|(_, other)| *other > value).count();
            ranks.insert((currency.clone(), owner.clone()), above as i128 + 1);
        }
    }
    ranks
}

/// The line under the headline: value by currency and bucket, those of 0 left out.
fn run(rows: &Rows, choice: &Choice) -> BTreeMap<(String, String), i128> {
    let mut run = BTreeMap::new();
    for row in rows {
        let (days, values) = (
            row["spark_at"].as_array().unwrap(),
            row["spark_value"].as_array().unwrap(),
        );
        for (day, value) in days.iter().zip(values) {
            let place = (row["currency"].as_str().unwrap().to_owned(), day_of(choice, day));
            run.insert(place, fixed(value).unwrap());
        }
    }
    run.retain(|_, value| *value != 0);
    run
}

fn reckoned_run(tally: &Tally, choice: &Choice) -> BTreeMap<(String, String), i128> {
    let today = choice.local(choice.now_micros()).date().to_string();
    let cells = tally
        .by_own_bucket
        .iter()
        .map(|(place, cell)| (place.clone(), cell.won.value));
    cells
        .filter(|((_, bucket), value)| *bucket <= today && *value != 0)
        .collect()
}

/// The day on which a bucket begins, as clocks of the board's zone show it.
fn day_of(choice: &Choice, at: &Value) -> String {
    let at = OffsetDateTime::parse(at.as_str().unwrap(), &Rfc3339).unwrap();
    let local = choice.local(at.unix_timestamp() * 1_000_000);
    assert_eq!(local.time(), time::Time::MIDNIGHT);
    local.date().to_string()
}

/// A number in sixteen decimals; those beyond are no number.
fn fixed(cell: &Value) -> Option<i128> {
    let text = match cell {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{whole}{part:0<width$}", width = DIGITS as usize);
    assert!(part.len() <= DIGITS as usize, "{text} has more decimals");
    Some(digits.parse().unwrap())
}
