//! JSON: an array of objects, somewhere in the text, or an object a line. Digits are kept as they stand.
use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use template::column::Scalar;

use crate::fault::Fault;
use crate::fields::{Field, Fields};
use crate::judge::Judge;
use crate::{SheetError, Way, cell};

/// Gives every object of the array to the judge; nothing is told to be unused: rows of JSON carry much.
pub(crate) fn rows(
    text: &str,
    way: &Way,
    fields: &Fields,
    judge: &mut Judge<'_>,
) -> Result<Vec<String>, SheetError> {
    let array = found(text, &way.rows)?;
    let rows: Vec<&RawValue> = serde_json::from_str(array).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => no_rows(way, array),
        _ => broken(text, array, &error),
    })?;
    let (mut from, mut line) = (0, 1);
    for row in rows {
        let at = offset(text, row.get());
        line += breaks(text.get(from..at));
        from = at;
        one(row.get(), line, fields, judge)?;
    }
    Ok(Vec::new())
}

/// The same of an object a line.
pub(crate) fn lines(text: &str, fields: &Fields, judge: &mut Judge<'_>) -> Result<Vec<String>, SheetError> {
    for (at, line) in text.lines().enumerate() {
        if !line.trim().is_empty() {
            one(line, at as u64 + 1, fields, judge)?;
        }
    }
    Ok(Vec::new())
}

/// The keys of an object that hold arrays, as pointers.
pub(crate) fn arrays_of(text: &str) -> Vec<String> {
    let Ok(object) = serde_json::from_str::<BTreeMap<String, &RawValue>>(text) else {
        return Vec::new();
    };
    let arrays = object.iter().filter(|(_, value)| value.get().starts_with('['));
    arrays
        .map(|(key, _)| format!("/{}", key.replace('~', "~0").replace('/', "~1")))
        .collect()
}

/// The part of the text that a pointer (RFC 6901) names.
fn found<'t>(text: &'t str, pointer: &str) -> Result<&'t str, SheetError> {
    let mut part = text;
    let steps = pointer.strip_prefix('/').map(|steps| steps.split('/'));
    for step in steps.into_iter().flatten() {
        let key = step.replace("~1", "/").replace("~0", "~");
        let next = if part.trim_start().starts_with('[') {
            let items: Vec<&RawValue> =
                serde_json::from_str(part).map_err(|error| broken(text, part, &error))?;
            key.parse().ok().and_then(|at: usize| items.get(at).copied())
        } else {
            let members: BTreeMap<String, &RawValue> =
                serde_json::from_str(part).map_err(|error| broken(text, part, &error))?;
            members.get(&key).copied()
        };
        let Some(next) = next else {
            return Err(SheetError::NoRows {
                pointer: pointer.to_owned(),
                hint: ": there is nothing of that name".to_owned(),
            });
        };
        part = next.get();
    }
    Ok(part)
}

fn no_rows(way: &Way, part: &str) -> SheetError {
    let arrays = arrays_of(part);
    let hint = if arrays.is_empty() {
        String::new()
    } else {
        format!(": `--rows` says where it is; there are {}", arrays.join(", "))
    };
    SheetError::NoRows {
        pointer: if way.rows.is_empty() {
            "the whole".to_owned()
        } else {
            way.rows.clone()
        },
        hint,
    }
}

fn broken(text: &str, part: &str, error: &serde_json::Error) -> SheetError {
    let before = offset(text, part);
    let lines = breaks(text.get(..before)) as usize;
    SheetError::Json {
        line: lines + error.line(),
        column: error.column(),
        message: error.to_string(),
    }
}

/// Where a part of the text begins in it, in bytes.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

fn breaks(text: Option<&str>) -> u64 {
    text.map_or(0, |text| text.matches('\n').count()) as u64
}

fn one(text: &str, line: u64, fields: &Fields, judge: &mut Judge<'_>) -> Result<(), SheetError> {
    let fault = |column: Option<&Field>, message: &str| Fault {
        line,
        column: column.map(|field| field.column.clone()),
        message: message.to_owned(),
    };
    let object: Map<String, Value> = match serde_json::from_str(text) {
        Ok(object) => object,
        Err(_) => return judge.refuse(vec![fault(None, "is no JSON object")]),
    };
    let object = Value::Object(object);
    let mut row = Map::new();
    let mut faults = Vec::new();
    for field in &fields.0 {
        let value = if field.column.starts_with('/') {
            object.pointer(&field.column)
        } else {
            object.get(&field.column)
        };
        match given(value, field, judge) {
            Ok(value) => {
                if let Some(value) = value.or_else(|| field.default.clone()) {
                    row.insert(field.name.clone(), value);
                }
            }
            Err(message) => faults.push(fault(Some(field), message)),
        }
    }
    if faults.is_empty() {
        judge.row(line, row)
    } else {
        judge.refuse(faults)
    }
}

/// A number may come as text, a word as number; what else there is the schema refuses.
fn given(value: Option<&Value>, field: &Field, judge: &Judge<'_>) -> Result<Option<Value>, &'static str> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => cell::read(text.trim(), field.scalar, judge.decimals),
        Some(Value::Number(number)) if field.scalar == Scalar::Text => Ok(Some(number.to_string().into())),
        Some(other) => Ok(Some(other.clone())),
    }
}
