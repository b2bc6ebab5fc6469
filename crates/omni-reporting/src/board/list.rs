//! The lists behind the numbers: one statement a list, and what is made of it.
//!
//! The first rows, the rows in another order, the totals over all rows, and the file are made of one and the same text, so
//! they cannot be of different rows. Refuses a list whose columns, totals or parameters name what is not there, and a
//! panel that opens a list which is not there or gives it what it does not take.
use std::collections::BTreeMap;
use std::sync::Arc;

use template::Manifest;
use template::manifest::encode::Format;
use template::manifest::{self, Drill, TotalOf};

use super::draft::Draft;
use super::sql::is_name;
use super::{Statement, variables};
use crate::state::Declared;
use crate::state::slice::{Direction, Order};

/// A list in force.
#[derive(Debug)]
pub struct List {
    pub id: String,
    /// The board's variables and the list's own parameters.
    pub declared: Declared,
    /// All rows in their own order.
    pub whole: Arc<Statement>,
    /// Its first rows.
    pub first: Arc<Statement>,
    /// One row for all rows, flagged `is_whole`, then one a currency.
    pub totals: Arc<Statement>,
    columns: Vec<manifest::ListColumn>,
    key: String,
}

/// The lists of a template.
pub(super) fn load(told: &Manifest, declared: &Declared, draft: &mut Draft<'_>) -> Vec<Arc<List>> {
    let mut lists: Vec<Arc<List>> = Vec::new();
    for (at, list) in told.lists.iter().enumerate() {
        let pointer = format!("/list/{at}");
        for message in name_faults(list) {
            draft.add(&pointer, message);
        }
        let declared = with_parameters(&pointer, list, declared, &lists, draft);
        let types = list
            .parameters
            .iter()
            .map(|one| (one.name.clone(), one.kind.clone()));
        let Some(statement) = draft.statement_with(&pointer, list, types.collect()) else {
            continue;
        };
        let own = statement.sql.trim_end();
        lists.push(Arc::new(List {
            id: list.id.clone(),
            first: Arc::new(statement.made_into("first", format!("{own}\nLIMIT {{top:UInt16}}"))),
            totals: Arc::new(statement.made_into("totals", totals(list, own))),
            whole: statement,
            declared,
            columns: list.columns.clone(),
            key: list.key.clone(),
        }));
    }
    check_drills(told, &lists, draft);
    lists
}

/// What a list may be given: the board's variables, and its own parameters, each of one type in all lists.
fn with_parameters(
    pointer: &str,
    list: &manifest::List,
    declared: &Declared,
    others: &[Arc<List>],
    draft: &mut Draft<'_>,
) -> Declared {
    let mut all = declared.clone();
    for (at, told) in list.parameters.iter().enumerate() {
        let pointer = format!("{pointer}/parameter/{at}");
        let name = &told.name;
        if variables::is_reserved(name) || all.variables.contains_key(name) {
            draft.add(&pointer, format!("list {}: the name {name} is taken", list.id));
            continue;
        }
        match variables::parameter(told) {
            Ok(parameter) => {
                let elsewhere = others.iter().find_map(|other| other.declared.variables.get(name));
                if elsewhere.is_some_and(|other| other.kind != parameter.kind) {
                    draft.add(
                        &pointer,
                        format!("the parameter {name} has another type in another list"),
                    );
                }
                all.variables.insert(name.clone(), parameter);
            }
            Err(message) => draft.add(&pointer, format!("list {}: {message}", list.id)),
        }
    }
    all
}

impl List {
    /// The first rows in this order: equal rows come by their key, amounts of two currencies are not ranked among each other,
    /// and what has no value comes last.
    pub fn ordered(&self, order: &Order) -> Statement {
        let column = self.columns.iter().find(|column| column.field == order.field);
        let format = column.map_or("", |column| column.format.as_str());
        let field = match format {
            "text" => format!("lowerUTF8(toString({}))", order.field),
            _ => order.field.clone(),
        };
        let (word, sign) = match order.direction {
            Direction::Ascending => ("ASC", ""),
            Direction::Descending => ("DESC", "-"),
        };
        let of_money = column
            .filter(|_| format == "money")
            .and_then(|column| column.currency.clone());
        let apart = of_money
            .map(|currency| format!("{currency}, "))
            .unwrap_or_default();
        let sql = format!(
            "SELECT *\nFROM (\n{}\n)\nORDER BY {apart}{field} {word} NULLS LAST, {}\nLIMIT {{top:UInt16}}",
            self.whole.sql.trim_end(),
            self.key
        );
        self.whole.made_into(&format!("by {sign}{}", order.field), sql)
    }

    /// Whether its rows can be put in order by this column.
    pub fn has_column(&self, field: &str) -> bool {
        self.columns.iter().any(|column| column.field == field)
    }
}

/// Names become SQL here, so they are nothing but names.
fn name_faults(list: &manifest::List) -> Vec<String> {
    let columns = list.columns.iter().flat_map(|column| {
        let more = [&column.currency, &column.missing, &column.link];
        std::iter::once(&column.field).chain(more.into_iter().flatten())
    });
    let totals = list
        .totals
        .iter()
        .flat_map(|total| std::iter::once(&total.name).chain(&total.field).chain(&total.per));
    let own = [Some(&list.key), list.group.as_ref()];
    let names = columns.chain(totals).chain(own.into_iter().flatten());
    let no_names = names.filter(|name| !is_name(name));
    let lacking = list
        .totals
        .iter()
        .filter(|total| total.of != TotalOf::Count && total.field.is_none());
    let counts = list
        .totals
        .first()
        .is_some_and(|total| total.of == TotalOf::Count);
    let formats = list.columns.iter().map(|column| &column.format);
    let formats = formats.chain(list.totals.iter().map(|total| &total.format));
    let no_formats =
        formats.filter(|format| !Format::ALL.iter().any(|known| known.word() == format.as_str()));
    let uncounted = (!counts).then(|| format!("list {}: the first total must be a count", list.id));
    no_names
        .map(|name| format!("list {}: `{name}` is no name of a column", list.id))
        .chain(lacking.map(|total| format!("list {}: the total {} is of no column", list.id, total.name)))
        .chain(no_formats.map(|format| format!("list {}: `{format}` is no format", list.id)))
        .chain(uncounted)
        .collect()
}

/// What all rows of the list come to, for each currency and for all of them.
fn totals(list: &manifest::List, sql: &str) -> String {
    let is_whole = match &list.group {
        Some(group) => format!("grouping(line.{group}) = 1"),
        None => "true".to_owned(),
    };
    let mut columns = Vec::new();
    if let Some(group) = &list.group {
        columns.push(format!("line.{group} AS {group}"));
    }
    columns.push(format!("toBool({is_whole}) AS is_whole"));
    for total in &list.totals {
        let value = total_of(total);
        let value = match &list.group {
            Some(group) if total.format == "money" => {
                format!("if(is_whole AND uniqExact(line.{group}) > 1, NULL, {value})")
            }
            _ => value,
        };
        columns.push(format!("{value} AS {}", total.name));
    }
    let (by, order) = match &list.group {
        Some(group) => (
            format!("\nGROUP BY GROUPING SETS ((line.{group}), ())"),
            format!("\nORDER BY is_whole DESC, {group}"),
        ),
        None => (String::new(), String::new()),
    };
    format!(
        "SELECT\n    {}\nFROM (\n{}\n) AS line{by}{order}",
        columns.join(",\n    "),
        sql.trim_end()
    )
}

fn total_of(total: &manifest::Total) -> String {
    let column = |name: &Option<String>| format!("line.{}", name.as_deref().unwrap_or_default());
    let field = column(&total.field);
    match (total.of, &total.per) {
        (TotalOf::Count, _) => "count()".to_owned(),
        (TotalOf::True, _) => format!("countIf({field})"),
        (TotalOf::Sum, _) => format!("sum({field})"),
        (TotalOf::Mean, None) => format!("sum({field}) / nullIf(countIf({field} IS NOT NULL), 0)"),
        (TotalOf::Mean, Some(_)) => {
            format!(
                "sum({field}) / nullIf(sumIf({}, {field} IS NOT NULL), 0)",
                column(&total.per)
            )
        }
        (TotalOf::Share, None) => format!("toFloat64(countIf({field})) / nullIf(count(), 0)"),
        (TotalOf::Share, Some(_)) => {
            format!(
                "toFloat64(countIf({field})) / nullIf(countIf({}), 0)",
                column(&total.per)
            )
        }
    }
}

/// Every drill opens a list that is there and gives it what it takes.
fn check_drills(told: &Manifest, lists: &[Arc<List>], draft: &mut Draft<'_>) {
    for (panel_at, panel) in told.panels.iter().enumerate() {
        for (at, drill) in panel.drill.iter().enumerate() {
            let list = lists.iter().find(|list| list.id == drill.list);
            let said = told.lists.iter().find(|list| list.id == drill.list);
            let faults = match (said, list) {
                (None, _) => vec!["there is no such list".to_owned()],
                // What is wrong with the list was told already.
                (Some(_), None) => Vec::new(),
                (Some(said), Some(list)) => drill_faults(drill, list, said),
            };
            for fault in faults {
                let message = format!("panel {}, drill into {}: {fault}", panel.id, drill.list);
                draft.add(&format!("/panel/{panel_at}/drill/{at}"), message);
            }
        }
    }
}

fn drill_faults(drill: &Drill, list: &List, said: &manifest::List) -> Vec<String> {
    let takes = &list.declared.variables;
    let given = [&drill.set, &drill.from, &drill.other];
    let strange = given
        .into_iter()
        .flat_map(BTreeMap::keys)
        .filter(|name| !takes.contains_key(*name));
    let wrong = drill.set.iter().filter(|(name, value)| {
        let one_of = takes.get(*name).map(|variable| &variable.one_of);
        one_of.is_some_and(|one_of| !one_of.is_empty() && !one_of.contains(value))
    });
    let has_total = |name: &String| name.is_empty() || said.totals.iter().any(|total| total.name == *name);
    let totals = drill.numbers.values().filter(|total| !has_total(total));
    strange
        .map(|name| format!("it takes no {name}"))
        .chain(wrong.map(|(name, value)| format!("{name} cannot be {value}")))
        .chain(totals.map(|total| format!("it has no total {total}")))
        .collect()
}
