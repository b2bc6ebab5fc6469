//! The manifest as the page reads it.
#![allow(clippy::unwrap_used)]
use template::Registry;

use super::*;

fn board() -> Board {
    let registry = Registry::builtin().unwrap();
    Board::load(
        &registry.family("pipedrive-deals/2.0").unwrap(),
        &Preferences::default(),
    )
    .unwrap()
}

#[test]
fn the_built_in_board_is_whole() {
    let board = board();
    let ids: Vec<_> = board.panels.iter().map(|panel| panel.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "won_value",
            "win_rate",
            "open_pipeline",
            "freshness",
            "sales_velocity",
            "sales_cycle",
            "won_by_source",
            "live_activity",
            "deals_over_time",
            "forecast",
            "revenue_by_size",
            "pipeline_by_stage",
            "contacts_by_deals",
            "won_by_campaign",
            "leads_by_source",
            "leaderboard",
            "revenue_by_industry",
            "top_organizations",
            "top_contacts",
            "ageing",
            "oldest_deals",
            "lost_reasons",
            "email_quality",
            "data_quality",
            "rejected_over_time",
            "failing_paths",
            "ledger",
            "deliveries",
        ]
    );
    assert_eq!(
        board.options.keys().collect::<Vec<_>>(),
        ["campaign", "industry", "owner", "pipeline", "size", "source"]
    );
    assert_eq!(board.base_tables, ["deal_events"]);
    for panel in &board.panels {
        assert!(
            board
                .manifest
                .texts
                .contains_key(&format!("panel.{}.empty", panel.id))
        );
    }
}

/// What was loaded last is asked of tables of events; an imported one has none.
#[test]
fn a_board_of_imports_goes_by_the_events_it_stands_on() {
    let boards = boards();
    let board = boards.iter().find(|board| board.key == "marketing-spend/1.0");
    assert_eq!(board.unwrap().base_tables, ["deal_events"]);
}

/// Every template with panels, as a board.
fn boards() -> Vec<Board> {
    let registry = Registry::builtin().unwrap();
    let shown = registry
        .iter()
        .filter(|template| !template.manifest().panels.is_empty());
    shown
        .map(|template| {
            let family = registry.family(template.key()).unwrap();
            Board::load(&family, &Preferences::default()).unwrap()
        })
        .collect()
}

#[test]
fn every_column_that_a_panel_encodes_has_a_word() {
    for board in boards() {
        has_its_words(&board);
    }
}

fn has_its_words(board: &Board) {
    for note in board.manifest.panels.iter().flat_map(|panel| &panel.notes) {
        assert!(
            board.manifest.texts.contains_key(&format!("note.{note}")),
            "{note}"
        );
        assert!(
            board.manifest.texts.contains_key(&format!("column.{note}")),
            "{note}"
        );
    }
    for panel in &board.manifest.panels {
        for field in fields(&serde_json::Value::Object(panel.encode.clone())) {
            let key = format!("column.{field}");
            assert!(board.manifest.texts.contains_key(&key), "{}: {key}", panel.id);
        }
    }
}

/// Every `field` in what a panel encodes, however deep.
fn fields(encode: &serde_json::Value) -> Vec<&str> {
    match encode {
        serde_json::Value::Object(parts) => {
            let own = parts.get("field").and_then(serde_json::Value::as_str);
            own.into_iter().chain(parts.values().flat_map(fields)).collect()
        }
        serde_json::Value::Array(parts) => parts.iter().flat_map(fields).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn no_statement_asks_the_clock() {
    let board = board();
    let panels = board.panels.iter().map(|panel| &panel.statement);
    for statement in panels.chain(board.options.values().map(|options| &options.statement)) {
        for word in ["now()", "now64", "today()", "yesterday()"] {
            assert!(!statement.sql.contains(word), "{} has {word}", statement.name);
        }
    }
}

#[test]
fn a_deployments_zone_and_currency_come_first() {
    let registry = Registry::builtin().unwrap();
    let preferences = Preferences {
        timezone: "Europe/Warsaw".to_owned(),
        currency: "PLN".to_owned(),
        ..Preferences::default()
    };
    let family = registry.family("pipedrive-deals/2.0").unwrap();
    let board = Board::load(&family, &preferences).unwrap();
    assert_eq!(
        (board.manifest.timezone.as_str(), board.manifest.currency.as_str()),
        ("Europe/Warsaw", "PLN")
    );
    let nowhere = Preferences {
        timezone: "Nowhere".to_owned(),
        ..Preferences::default()
    };
    assert!(Board::load(&family, &nowhere).is_err());
}

/// The columns of a panel that are numbers: those it encodes as such, and its notes.
fn numbers(panel: &api::Panel) -> Vec<String> {
    const NUMBERS: &[&str] = &[
        "int", "money", "percent", "change", "points", "days", "seconds", "decimal",
    ];
    fn of(encode: &serde_json::Value) -> Vec<String> {
        match encode {
            serde_json::Value::Object(parts) => {
                let text = |key: &str| parts.get(key).and_then(serde_json::Value::as_str);
                let is_number = text("format").is_some_and(|format| NUMBERS.contains(&format));
                let own = text("field")
                    .or(text("value"))
                    .filter(|_| is_number)
                    .map(str::to_owned);
                let open = ["count", "values"]
                    .map(text)
                    .into_iter()
                    .flatten()
                    .map(str::to_owned);
                own.into_iter()
                    .chain(open)
                    .chain(parts.values().flat_map(of))
                    .collect()
            }
            serde_json::Value::Array(parts) => parts.iter().flat_map(of).collect(),
            _ => Vec::new(),
        }
    }
    let encode = panel.encode.values().flat_map(of);
    encode.chain(panel.notes.iter().cloned()).collect()
}

#[test]
fn behind_every_number_is_a_list_or_a_reason_why_there_is_none() {
    let registry = Registry::builtin().unwrap();
    let boards = registry
        .iter()
        .filter(|template| !template.manifest().panels.is_empty());
    for template in boards {
        let board = Board::load(&registry.family(template.key()).unwrap(), &Preferences::default()).unwrap();
        for (panel, told) in board.manifest.panels.iter().zip(&template.manifest().panels) {
            let drilled: Vec<_> = panel
                .drill
                .iter()
                .flat_map(|drill| drill.numbers.keys())
                .collect();
            for number in numbers(panel) {
                let is_told = told
                    .undrilled
                    .get(&number)
                    .is_some_and(|reason| !reason.is_empty());
                assert_ne!(
                    drilled.contains(&&number),
                    is_told,
                    "{}, {}: {number} needs either a drill or a reason in `undrilled`",
                    board.key,
                    panel.id
                );
            }
            let is_text = panel.kind == "text";
            assert!(
                is_text || !panel.drill.is_empty() || !told.undrilled.is_empty(),
                "{}",
                panel.id
            );
        }
    }
}

#[test]
fn every_column_and_total_of_a_list_and_all_it_is_given_have_words() {
    let board = board();
    let has = |key: String| assert!(board.manifest.texts.contains_key(&key), "{key}");
    for list in &board.manifest.lists {
        for column in &list.columns {
            has(format!("column.{}", column.field));
            column
                .missing
                .iter()
                .for_each(|flag| has(format!("column.{flag}")));
        }
        for parameter in &list.parameters {
            has(format!("given.{}", parameter.name));
        }
        let only = board.list(&list.id).unwrap().declared.variables.get("only");
        for value in only.iter().flat_map(|only| &only.one_of) {
            has(format!("only.{value}"));
        }
    }
}

fn altered(change: impl Fn(&str) -> String) -> Result<Board, String> {
    let registry = Registry::builtin().unwrap();
    let template = registry.get("pipedrive-deals/2.0").unwrap();
    let files = template.files().map(|(path, text)| match path {
        "template.toml" => (path.to_owned(), change(text)),
        _ => (path.to_owned(), text.to_owned()),
    });
    let files: Vec<_> = files.collect();
    let mut registry = registry.clone();
    registry.add(template::Template::load(&files).map_err(|error| error.to_string())?);
    let family = registry.family("pipedrive-deals/2.0").unwrap();
    Board::load(&family, &Preferences::default()).map_err(|error| error.to_string())
}

#[test]
fn a_drill_that_does_not_fit_its_list_is_refused() {
    assert!(altered(str::to_owned).is_ok());
    for (part, other, reason) in [
        (
            "list = \"closed_deals\"\nnumbers",
            "list = \"gone_deals\"\nnumbers",
            "no such list",
        ),
        ("won_value = \"value\"", "won_value = \"worth\"", "no total worth"),
        (
            "from = { shown = \"currency\" }",
            "from = { seen = \"currency\" }",
            "takes no seen",
        ),
        ("status = \"lost\"", "status = \"away\"", "status cannot be away"),
        ("name = \"only\"", "name = \"source\"", "the name source is taken"),
        (
            "{ name = \"deals\", of = \"count\"",
            "{ name = \"deals\", of = \"true\", field = \"is_won\"",
            "the first total must be a count",
        ),
        (
            "{ field = \"age_days\", format = \"days\" }",
            "{ field = \"age_days\", format = \"dayz\" }",
            "`dayz` is no format",
        ),
        (
            "key = \"deal_id\"\ngroup",
            "key = \"deal id; DROP\"\ngroup",
            "no name of a column",
        ),
    ] {
        let error = altered(|text| text.replacen(part, other, 1))
            .err()
            .unwrap_or_default();
        assert!(error.contains(reason), "{part}: {error}");
    }
}

#[test]
fn a_text_is_told_and_asks_nothing() {
    let registry = Registry::builtin().unwrap();
    let family = registry.family("pipedrive-deals/1.03").unwrap();
    let board = Board::load(&family, &Preferences::default()).unwrap();
    for missing in [
        "sales_velocity",
        "sales_cycle",
        "leads_by_source",
        "lost_reasons",
        "leaderboard",
        "ageing",
    ] {
        assert!(board.panel(missing).is_none());
        for language in ["en", "de"] {
            let told = board.told_in(language);
            let text = told.panels.iter().find(|panel| panel.id == missing).unwrap();
            assert_eq!(text.kind, "text");
            assert!(text.definition.contains("pipedrive-deals/2.0"), "{missing}");
        }
    }
    let asking = altered(|text| text.replacen("kind = \"stat\"", "kind = \"text\"", 1));
    assert!(asking.err().unwrap_or_default().contains("asks nothing"));
}

#[test]
fn every_translation_has_all_words_and_no_others() {
    let registry = Registry::builtin().unwrap();
    let mut translations = 0;
    for template in registry.iter() {
        let Some(english) = template.file("i18n/en.toml") else {
            continue;
        };
        let english = texts::read(english, 20).unwrap();
        for (path, text) in template.files() {
            let Some(language) = texts::language(path) else {
                continue;
            };
            let words = texts::read(text, 20).unwrap();
            let keys =
                |texts: &texts::Texts| texts.keys().cloned().collect::<std::collections::BTreeSet<_>>();
            let (theirs, ours) = (keys(&words), keys(&english));
            let place = format!("{} {path}", template.key());
            assert_eq!(
                ours.difference(&theirs).collect::<Vec<_>>(),
                Vec::<&String>::new(),
                "missing in {place}"
            );
            assert_eq!(
                theirs.difference(&ours).collect::<Vec<_>>(),
                Vec::<&String>::new(),
                "unknown in {place}"
            );
            for (key, text) in &words {
                for gap in ["{n}", "{period}", "{top}", "`omni"] {
                    let counts = |text: &str| text.matches(gap).count();
                    let ours = english.get(key).map(|text| counts(text));
                    assert_eq!(ours, Some(counts(text)), "{gap} of {key} in {place}");
                }
            }
            translations += usize::from(language != "en");
        }
    }
    assert!(translations > 0, "no template is translated");
}

#[test]
fn a_board_speaks_the_languages_of_its_folder() {
    let board = board();
    assert!(board.speaks("de") && board.speaks("en") && !board.speaks("fr"));
    let german = board.told_in("de");
    assert_eq!(german.title, "Pipedrive-Deals");
    assert_eq!(german.panels.len(), board.manifest.panels.len());
    assert_eq!(board.told_in("fr").title, board.manifest.title);
}
