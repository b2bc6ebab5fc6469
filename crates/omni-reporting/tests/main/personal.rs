//! Who may not see who persons are finds no name, address or title of the fixtures in any answer.
use omni_reporting::answer::Answers;
use omni_reporting::board::{Board, Preferences, Statement};
use omni_reporting::metrics::Figures;
use omni_reporting::question::{Question, Setting};
use omni_reporting::state::State;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use time::macros::datetime;
use warehouse::Warehouse;

use crate::fixture::{Database, Order, TEMPLATE};

const QUERY: &str = "period=custom&from=2025-01-01&to=2026-04-01";

/// Everything in the fixtures that says who a person is.
fn said_of_persons(database: &Database) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for event in database.fixture_events() {
        for key in [
            "contact_email",
            "contact_first_name",
            "contact_last_name",
            "deal_title",
        ] {
            said.extend(event.get(key).and_then(Value::as_str).map(str::to_owned));
        }
    }
    let entities = database.family.head().file("fixtures/entities.ndjson").unwrap();
    for line in entities.lines() {
        let entity: Value = serde_json::from_str(line).unwrap();
        if entity["entity_object"] == "person" {
            said.extend(entity["entity_name"].as_str().map(str::to_owned));
        }
    }
    said.retain(|words| words.len() > 2);
    assert!(said.len() > 10, "{said:?}");
    said
}

#[tokio::test]
async fn no_answer_names_a_person_to_who_may_not_see_it() {
    let naming = naming(TEMPLATE, "11,12,21").await;
    for file in ["panels/oldest_deals.sql", "lists/counted_contacts.sql"] {
        assert!(naming.contains(file), "{naming:?}");
    }
    let founding = self::naming("pipedrive-deals/1.03", "Proposal,Negotiation").await;
    for file in [
        "panels/live_activity.sql",
        "panels/top_contacts.sql",
        "lists/closed_deals.sql",
        "lists/open_deals.sql",
        "lists/deal_history.sql",
        "lists/checked_contacts.sql",
    ] {
        for naming in [&naming, &founding] {
            assert!(naming.contains(file), "{file}: {naming:?}");
        }
    }
}

/// The statements that name a person to those who may see it, when none of them does to others.
async fn naming(template: &str, stages: &str) -> BTreeSet<String> {
    let database = Database::of(template).await;
    database.load(Order::AsWritten).await;
    let said = said_of_persons(&database);
    let board = Board::load(&database.family, &Preferences::default()).unwrap();
    let config = omni_reporting::Config {
        warehouse: database.config.clone(),
        ..Default::default()
    };
    let reader = Warehouse::connect(&config.reader()).unwrap();
    let answers = Answers::new(reader, &config.bounds(), Figures::new().unwrap());
    let state = State::read(QUERY, &board.declared).unwrap();
    let ask = async |statement: &Arc<Statement>, state: &State, company: u64, pii: bool| {
        let setting = Setting {
            now: datetime!(2026-04-02 10:00 UTC),
            company,
            top: 200,
            version: 0,
            pii,
        };
        let question = Question::new(&board, statement, state, &setting);
        answers.answer(&question).await.unwrap().rows.get().to_owned()
    };
    let panels = board.panels.iter().map(|panel| &panel.statement);
    let mut naming = BTreeSet::new();
    let options = board.options.values().map(|options| &options.statement);
    let own = panels.chain(options).map(|statement| (statement, state.clone()));
    let deals: Vec<String> = (1..50).map(|deal| deal.to_string()).collect();
    let lists = board.lists.iter().map(|list| {
        let query = format!("{QUERY}&stage={stages}&deal={}", deals.join(","));
        (&list.whole, State::read(&query, &list.declared).unwrap())
    });
    for (statement, state) in own.chain(lists) {
        for company in [1001, 4004] {
            let hidden = ask(statement, &state, company, false).await;
            let named = said.iter().find(|words| hidden.contains(&format!("\"{words}")));
            assert_eq!(named, None, "{}: {hidden}", statement.name);
            let shown = ask(statement, &state, company, true).await;
            if said.iter().any(|words| shown.contains(&format!("\"{words}"))) {
                naming.insert(statement.name.clone());
            }
        }
    }
    naming
}
