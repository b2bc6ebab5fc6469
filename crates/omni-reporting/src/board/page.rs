//! What the page is told of lists and of what opens them.
use template::manifest;

use super::draft::Draft;
use crate::api;

pub(super) fn list(list: &manifest::List, draft: &mut Draft<'_>) -> api::List {
    let columns = list.columns.iter().map(|column| api::ListColumn {
        field: column.field.clone(),
        format: column.format.clone(),
        currency: column.currency.clone(),
        missing: column.missing.clone(),
        link: column.link.clone(),
    });
    let totals = list.totals.iter().map(|total| api::ListTotal {
        name: total.name.clone(),
        format: total.format.clone(),
        label: draft.text(&format!("total.{}", total.name)),
    });
    let totals = totals.collect();
    let parameters = list.parameters.iter().map(|parameter| api::ListParameter {
        name: parameter.name.clone(),
        kind: parameter.kind.clone(),
    });
    api::List {
        id: list.id.clone(),
        title: draft.text(&format!("list.{}.title", list.id)),
        empty: draft.text(&format!("list.{}.empty", list.id)),
        key: list.key.clone(),
        group: list.group.clone(),
        columns: columns.collect(),
        totals,
        parameters: parameters.collect(),
    }
}

pub(super) fn drill(drill: &manifest::Drill) -> api::Drill {
    api::Drill {
        list: drill.list.clone(),
        numbers: drill.numbers.clone(),
        set: drill.set.clone(),
        from: drill.from.clone(),
        other: drill.other.clone(),
    }
}
