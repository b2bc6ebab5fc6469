//! Custom fields under their names: one key a field, one more a sub-value (`…_currency`, `…_until`).

use serde_json::Value;

use super::{Flat, FlattenError, value};
use crate::Map;
use crate::enriched::CUSTOM_FIELDS_BY_NAME;
use crate::flat::{self, FieldKind};

/// Writes the named custom fields of one part of the enriched event.
pub(super) fn spread(prefix: &str, part: Option<&Map>, flat: &mut Flat) -> Result<(), FlattenError> {
    let fields = part
        .and_then(|part| part.get(CUSTOM_FIELDS_BY_NAME))
        .and_then(Value::as_object);
    for (name, field) in fields.into_iter().flatten() {
        write(&flat::custom_key(prefix, name), field, flat)?;
    }
    Ok(())
}

fn write(key: &str, field: &Value, flat: &mut Flat) -> Result<(), FlattenError> {
    match field {
        Value::Object(parts) => {
            if let Some(label) = parts.get("label") {
                return put(key, label, flat);
            }
            for (name, part) in parts {
                let own = name == "value";
                let key = if own {
                    key.to_owned()
                } else {
                    format!("{key}_{}", flat::slug(name))
                };
                put(&key, part, flat)?;
            }
            Ok(())
        }
        Value::Array(options) => {
            let labels: Vec<Value> = options
                .iter()
                .map(|option| option.get("label").unwrap_or(option).clone())
                .collect();
            put(key, &Value::Array(labels), flat)
        }
        scalar => put(key, scalar, flat),
    }
}

fn put(key: &str, field: &Value, flat: &mut Flat) -> Result<(), FlattenError> {
    value::settle_as(key, FieldKind::Any, field)?.map_or(Ok(()), |scalar| flat.put(key, scalar))
}
