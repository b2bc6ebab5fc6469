//! The files of a template beside its manifest: none is left over, words are there in every language, fixtures are events
//! that are taken, and every panel has an answer that is expected.
use std::collections::BTreeSet;

use serde_json::Value;
use template::manifest::{Manifest, PanelKind, encode};
use template::places::Places;
use template::{Family, Finding, Template};

use super::{MANIFEST, expected};
use crate::board::{Board, texts};
use crate::scratch;

/// All that is wrong with them; `board` is none when it could not be made.
pub(super) fn check(family: &Family, board: Option<&Board>) -> Vec<Finding> {
    let template = family.head();
    let told = template.manifest();
    let mut findings = unused(template);
    findings.extend(languages(template));
    findings.extend(events(family));
    findings.extend(scratch::imports::check(template));
    findings.extend(idle_variables(template, board));
    findings.extend(reconciles(template));
    findings.extend(answers(template, told, board));
    findings
}

/// SQL files that nothing names.
fn unused(template: &Template) -> Vec<Finding> {
    let told = template.manifest();
    let mut named: BTreeSet<String> = told.panels.iter().map(|panel| panel.sql.clone()).collect();
    let options = told
        .variables
        .iter()
        .filter_map(|variable| variable.options.as_ref());
    named.extend(options.clone().map(|options| options.sql.clone()));
    named.extend(told.lists.iter().map(|list| list.sql.clone()));
    let fragments = told.panels.iter().flat_map(|panel| &panel.fragments);
    let fragments = fragments
        .chain(options.flat_map(|options| &options.fragments))
        .chain(told.lists.iter().flat_map(|list| &list.fragments));
    named.extend(fragments.map(|name| format!("fragments/{name}.sql")));
    let sql = template.files().filter(|(path, _)| {
        ["panels/", "options/", "lists/", "fragments/"]
            .iter()
            .any(|folder| path.starts_with(folder))
    });
    // A template that shows nothing lends its fragments to those that require it.
    sql.filter(|(path, _)| !named.contains(*path) && !told.panels.is_empty())
        .map(|(path, _)| {
            Finding::new(
                path,
                1,
                "nothing uses this file: name it in the manifest (a fragment in `use`), or delete it",
            )
        })
        .collect()
}

/// Every language has every text that the first has, and every text that the page asks for.
fn languages(template: &Template) -> Vec<Finding> {
    let wanted = wanted(template.manifest());
    let mut findings = Vec::new();
    if template.manifest().panels.is_empty() {
        return findings;
    }
    for (file, text) in template.files().filter(|(path, _)| path.starts_with("i18n/")) {
        let (places, faults) = Places::read(file, text);
        if !faults.is_empty() {
            findings.extend(faults);
            continue;
        }
        match texts::read(text, 0) {
            Ok(texts) => {
                for key in wanted.iter().filter(|key| !texts.contains_key(*key)) {
                    let line = places.line(&format!("/{}", key.replace('.', "/")));
                    findings.push(Finding::new(file, line, format!("the text {key} is missing")));
                }
                for key in texts.keys().filter(|key| is_stray(key, template.manifest())) {
                    let line = places.line(&format!("/{}", key.replace('.', "/")));
                    findings.push(Finding::new(
                        file,
                        line,
                        format!("the text {key} belongs to nothing"),
                    ));
                }
            }
            Err(message) => findings.push(Finding::new(file, 1, message)),
        }
    }
    findings
}

/// The texts that a board needs.
fn wanted(told: &Manifest) -> BTreeSet<String> {
    let mut keys = BTreeSet::from(["title".to_owned()]);
    keys.extend(
        told.sections
            .iter()
            .map(|section| format!("section.{}", section.id)),
    );
    keys.extend(
        told.variables
            .iter()
            .map(|variable| format!("variable.{}", variable.name)),
    );
    for panel in &told.panels {
        let parts = ["title", "definition", "empty"];
        // A text is never empty.
        let parts = parts
            .iter()
            .filter(|part| panel.kind != PanelKind::Text || **part != "empty");
        keys.extend(parts.map(|part| format!("panel.{}.{part}", panel.id)));
        for note in &panel.notes {
            keys.extend([format!("note.{note}"), format!("column.{note}")]);
        }
        let reading = encode::read(panel.kind, &panel.encode);
        keys.extend(reading.uses.into_iter().filter_map(|one| one.word));
    }
    for list in &told.lists {
        for part in ["title", "empty"] {
            keys.insert(format!("list.{}.{part}", list.id));
        }
        keys.extend(list.totals.iter().map(|total| format!("total.{}", total.name)));
        keys.extend(
            list.columns
                .iter()
                .map(|column| format!("column.{}", column.field)),
        );
    }
    keys
}

/// Whether a text is of a panel, section or variable that is not there.
fn is_stray(key: &str, told: &Manifest) -> bool {
    let mut parts = key.split('.');
    match (parts.next(), parts.next()) {
        (Some("panel"), Some(id)) => !told.panels.iter().any(|panel| panel.id == id),
        (Some("section"), Some(id)) => !told.sections.iter().any(|section| section.id == id),
        (Some("list"), Some(id)) => !told.lists.iter().any(|list| list.id == id),
        (Some("variable"), Some(name)) => !told.variables.iter().any(|variable| variable.name == name),
        _ => false,
    }
}

/// Every event is picked and taken by a template of the family.
fn events(family: &Family) -> Vec<Finding> {
    let events = match scratch::events(family.head()) {
        Ok(events) => events,
        Err(findings) => return findings,
    };
    let mut findings = Vec::new();
    for (line, event) in events {
        let mut is_picked = false;
        for template in family
            .members()
            .filter(|template| scratch::picks(template, &event))
        {
            is_picked = true;
            if let Err(violations) = template.check(event.clone()) {
                let told = violations
                    .iter()
                    .map(|one| format!("{}: {}", one.path, one.message));
                findings.extend(told.map(|message| scratch::of_event(line, message)));
            }
        }
        if !is_picked {
            findings.push(scratch::of_event(
                line,
                "no template is for an event of this object and action",
            ));
        }
    }
    findings
}

/// Variables that no statement uses.
fn idle_variables(template: &Template, board: Option<&Board>) -> Vec<Finding> {
    let Some(board) = board else {
        return Vec::new();
    };
    let (places, _) = Places::read(MANIFEST, template.file(MANIFEST).unwrap_or_default());
    let uses = |name: &str| board.statements().any(|statement| statement.uses.contains(name));
    let mut findings = Vec::new();
    for (at, variable) in template.manifest().variables.iter().enumerate() {
        let is_used = match variable.name.as_str() {
            "period" => ["from", "to", "grain"].into_iter().any(uses),
            "compare" => ["pfrom", "pto"].into_iter().any(uses),
            "company" => true,
            name => uses(name),
        };
        let line = places.line(&format!("/variable/{at}"));
        if !is_used {
            let message = format!("no statement uses the variable {}", variable.name);
            findings.push(Finding::new(MANIFEST, line, message));
        }
        if let Some(default) = &variable.default
            && !variable.one_of.is_empty()
            && !variable.one_of.contains(default)
        {
            let message = format!("the default {default} of {} is not in one_of", variable.name);
            findings.push(Finding::new(MANIFEST, line, message));
        }
    }
    findings
}

/// Sums name panels that are there.
fn reconciles(template: &Template) -> Vec<Finding> {
    let (places, _) = Places::read(MANIFEST, template.file(MANIFEST).unwrap_or_default());
    let told = template.manifest();
    let mut findings = Vec::new();
    for (at, reconcile) in told.reconciles.iter().enumerate() {
        for (place, name) in reconcile.equal.iter().enumerate() {
            let panel = name.split_once('.').map(|(panel, _)| panel);
            let is_known = panel.is_some_and(|panel| told.panels.iter().any(|one| one.id == panel));
            if !is_known {
                let line = places.line(&format!("/reconcile/{at}/equal/{place}"));
                let message = format!("`{name}` is no `panel.column` of this board");
                findings.push(Finding::new(MANIFEST, line, message));
            }
        }
    }
    findings
}

/// Every panel has cases that can be asked, as far as there is a board to ask, and no case is of a panel that is not there.
fn answers(template: &Template, told: &Manifest, board: Option<&Board>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (places, _) = Places::read(MANIFEST, template.file(MANIFEST).unwrap_or_default());
    for (at, panel) in told.panels.iter().enumerate() {
        let file = expected::file_of(&panel.id);
        match (template.file(&file), board) {
            (Some(text), Some(board)) => {
                findings.extend(expected::read(&panel.id, text, board).err().into_iter().flatten());
            }
            (Some(_), None) => {}
            // When rows were loaded is another time in each trial.
            (None, _) if panel.kind == PanelKind::Freshness => {}
            // Nothing is asked.
            (None, _) if panel.kind == PanelKind::Text => {}
            (None, _) => {
                let line = places.line(&format!("/panel/{at}"));
                let message = format!("the panel {} has no {file}", panel.id);
                findings.push(Finding::new(MANIFEST, line, message));
            }
        }
    }
    for (path, text) in template.files() {
        let Some(name) = path.strip_prefix("fixtures/expected/") else {
            continue;
        };
        let panel = name.strip_suffix(".json").unwrap_or(name);
        let cases = serde_json::from_str::<Value>(text).unwrap_or_default();
        if !told.panels.iter().any(|one| one.id == panel) {
            findings.push(Finding::new(path, 1, format!("there is no panel {panel}")));
        } else if cases.get("cases") == Some(&Value::Array(Vec::new())) {
            findings.push(Finding::new(path, 1, "has no case"));
        }
    }
    findings
}
