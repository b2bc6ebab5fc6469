//! Where things stand in a TOML file: the line of every key and value, by its path.
use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::Finding;

/// Lines by JSON pointer: `/panel/3/encode/value`.
#[derive(Debug, Clone, Default)]
pub struct Places(BTreeMap<String, usize>);

impl Places {
    /// Reads the whole file; what is no TOML is found, all of it.
    pub fn read(file: &str, text: &str) -> (Self, Vec<Finding>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let mut walk = Walk {
            ends: ends.map(|(at, _)| at).collect(),
            lines: BTreeMap::new(),
        };
        walk.table("", table.get_ref());
        let lines = walk.lines;
        let findings = errors.iter().map(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            Finding::new(file, line, error.message().trim())
        });
        (Self(lines), findings.collect())
    }

    /// The line of a path, or of the nearest thing around it that stands in the file.
    pub fn line(&self, pointer: &str) -> usize {
        let mut pointer = pointer;
        loop {
            if let Some(line) = self.0.get(pointer) {
                return *line;
            }
            match pointer.rsplit_once('/') {
                Some((around, _)) => pointer = around,
                None => return 1,
            }
        }
    }
}

/// A walk through a file.
struct Walk {
    /// Where each line ends.
    ends: Vec<usize>,
    lines: BTreeMap<String, usize>,
}

impl Walk {
    fn table(&mut self, pointer: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let own = format!("{pointer}/{}", escaped(key.get_ref()));
            self.stand(&own, key.span().start);
            self.value(&own, value.get_ref());
        }
    }

    fn value(&mut self, pointer: &str, value: &DeValue<'_>) {
        match value {
            DeValue::Table(table) => self.table(pointer, table),
            DeValue::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    let own = format!("{pointer}/{at}");
                    self.stand(&own, item.span().start);
                    self.value(&own, item.get_ref());
                }
            }
            _ => {}
        }
    }

    fn stand(&mut self, pointer: &str, at: usize) {
        let line = self.ends.partition_point(|end| *end < at) + 1;
        self.lines.insert(pointer.to_owned(), line);
    }
}

/// A key as a JSON pointer writes it.
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The line, from 1, that a byte stands in.
pub fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[template]\nid = \"a\"\n\n[[panel]]\nid = \"one\"\n[panel.encode]\nvalue = { field = \"n\" }\n\n[[panel]]\nid = \"two\"\nuse = [\n  \"x\",\n  \"y\",\n]\n";

    #[test]
    fn every_key_and_item_has_its_line() {
        let (places, findings) = Places::read("t", TEXT);
        assert_eq!(findings, []);
        for (pointer, line) in [
            ("/template/id", 2),
            ("/panel/0", 4),
            ("/panel/0/encode/value/field", 7),
            ("/panel/1/use/1", 13),
            ("/panel/1/nothing/there", 9),
            ("/nothing", 1),
        ] {
            assert_eq!(places.line(pointer), line, "{pointer}");
        }
    }

    #[test]
    fn all_that_is_no_toml_is_found() {
        let (_, findings) = Places::read("t", "a = \nb = 1\nb = 2\n");
        let lines: Vec<usize> = findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [1, 3]);
    }
}
