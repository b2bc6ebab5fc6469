//! The lists behind numbers: their columns are there and can be written as they are said to be, and panels give them what
//! they have.
use template::Finding;
use template::manifest::encode::{Format, Holds};
use template::manifest::{self, Manifest};
use template::places::Places;

use super::MANIFEST;
use super::described::Types;

/// Whether the columns and totals of a list are there and of types that can be written so.
pub(super) fn fit(
    at: usize,
    list: &manifest::List,
    rows: &Types,
    totals: &Types,
    places: &Places,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut hold = |pointer: String, types: &Types, column: &str, holds: Holds| {
        let message = match types.get(column) {
            None => format!("there is no column {column}"),
            Some(kind) if !holds.fits(kind) => {
                format!("{column} is {kind}, and {} is wanted there", holds.types())
            }
            Some(_) => return,
        };
        let line = places.line(&format!("/list/{at}/{pointer}"));
        findings.push(Finding::new(
            MANIFEST,
            line,
            format!("list {}: {message}", list.id),
        ));
    };
    hold("key".to_owned(), rows, &list.key, Holds::Any);
    if let Some(group) = &list.group {
        hold("group".to_owned(), rows, group, Holds::Text);
    }
    for (place, column) in list.columns.iter().enumerate() {
        let pointer = |part: &str| format!("columns/{place}/{part}");
        hold(pointer("field"), rows, &column.field, of_format(&column.format));
        for (part, name, holds) in [
            ("currency", &column.currency, Holds::Text),
            ("missing", &column.missing, Holds::Flag),
            ("link", &column.link, Holds::Text),
        ] {
            if let Some(name) = name {
                hold(pointer(part), rows, name, holds);
            }
        }
    }
    for (place, total) in list.totals.iter().enumerate() {
        hold(
            format!("totals/{place}"),
            totals,
            &total.name,
            of_format(&total.format),
        );
    }
    findings
}

fn of_format(word: &str) -> Holds {
    match word {
        "date" => Holds::When,
        other => Holds::One(Format::from_word(other).unwrap_or(Format::Text)),
    }
}

/// Whether a panel has the columns that it gives to lists.
pub(super) fn given(at: usize, told: &Manifest, types: &Types, places: &Places) -> Vec<Finding> {
    let Some(panel) = told.panels.get(at) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for (place, drill) in panel.drill.iter().enumerate() {
        let columns = drill
            .numbers
            .keys()
            .chain(drill.from.values())
            .chain(drill.other.values());
        for column in columns.filter(|column| !types.contains_key(*column)) {
            let line = places.line(&format!("/panel/{at}/drill/{place}"));
            let message = format!(
                "panel {}, drill into {}: there is no column {column}",
                panel.id, drill.list
            );
            findings.push(Finding::new(MANIFEST, line, message));
        }
    }
    findings
}
