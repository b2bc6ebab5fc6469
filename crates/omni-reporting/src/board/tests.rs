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
            "leaderboard",
            "revenue_by_industry",
            "top_organizations",
            "top_contacts",
            "ageing",
            "oldest_deals",
            "lost_reasons",
            "email_quality",
        ]
    );
    assert_eq!(
        board.options.keys().collect::<Vec<_>>(),
        ["campaign", "industry", "owner", "pipeline", "size", "source"]
    );
    assert_eq!(board.base_table, "deal_events");
    for panel in &board.panels {
        assert!(
            board
                .manifest
                .texts
                .contains_key(&format!("panel.{}.empty", panel.id))
        );
    }
}

#[test]
fn every_column_that_a_panel_encodes_has_a_word() {
    let board = board();
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
