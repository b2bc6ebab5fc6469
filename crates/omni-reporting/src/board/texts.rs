//! The words of a board: `i18n/<language>.toml` by dotted key.
use std::collections::BTreeMap;

/// Words by key: `panel.won_value.title`.
pub type Texts = BTreeMap<String, String>;

/// Reads the file; a value that is no text or table is refused by its key.
pub fn read(toml: &str) -> Result<Texts, String> {
    let table: toml::Table = toml.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let mut texts = Texts::new();
    flatten("", table, &mut texts)?;
    Ok(texts)
}

fn flatten(prefix: &str, table: toml::Table, texts: &mut Texts) -> Result<(), String> {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            toml::Value::String(text) => {
                texts.insert(key, text);
            }
            toml::Value::Table(inner) => flatten(&key, inner, texts)?,
            _ => return Err(format!("{key} is no text")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn tables_become_dotted_keys() {
        let texts = read("title = \"Deals\"\n[panel.won]\ntitle = \"Won\"\n").unwrap();
        assert_eq!(texts.get("panel.won.title").unwrap(), "Won");
        assert_eq!(read("n = 1").unwrap_err(), "n is no text");
    }
}
