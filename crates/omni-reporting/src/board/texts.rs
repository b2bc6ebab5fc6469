//! The words of a board: `i18n/<language>.toml` by dotted key.
//!
//! `{top}` in a text is the configured number of rows of a list; other braces are the page's to fill.
use std::collections::BTreeMap;

/// Words by key: `panel.won_value.title`.
pub type Texts = BTreeMap<String, String>;

/// Reads the file; a value that is no text or table is refused by its key.
pub fn read(toml: &str, top: u32) -> Result<Texts, String> {
    let table: toml::Table = toml.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let mut texts = Texts::new();
    flatten("", table, &mut texts)?;
    for text in texts.values_mut().filter(|text| text.contains("{top}")) {
        *text = text.replace("{top}", &top.to_string());
    }
    Ok(texts)
}

/// `de` of `i18n/de.toml`.
pub fn language(path: &str) -> Option<&str> {
    path.strip_prefix("i18n/")?.strip_suffix(".toml")
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
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn tables_become_dotted_keys() {
        let texts = read("title = \"Deals\"\n[panel.won]\ntitle = \"Won\"\n", 20).unwrap();
        assert_eq!(texts.get("panel.won.title").unwrap(), "Won");
        assert_eq!(read("n = 1", 20).unwrap_err(), "n is no text");
    }

    #[test]
    fn the_length_of_lists_follows_the_setting() {
        let texts = read("[panel.a]\ndefinition = \"the first {top}, {n} left out\"\n", 7).unwrap();
        let definition = texts.get("panel.a.definition").unwrap();
        assert_eq!(definition, "the first 7, {n} left out");
    }
}
