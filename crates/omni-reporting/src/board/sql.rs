//! Looking at SQL without understanding all of it: comments and texts blanked out, words and parameters with their places.
//!
//! Places are bytes of the statement as it was composed; blanking keeps every place and every line.

/// A `{name:Type}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter<'s> {
    pub(crate) name: &'s str,
    pub(crate) kind: &'s str,
    pub(crate) at: usize,
}

/// What is left after blanking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Code and texts in quotes.
    CodeAndTexts,
    /// Code alone.
    Code,
}

/// The statement with spaces where comments (and texts, if wanted) stand.
pub(crate) fn blanked(sql: &str, left: Left) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (length, is_blanked) = match first {
            '-' if rest.starts_with("--") => (rest.find('\n').unwrap_or(rest.len()), true),
            '/' if rest.starts_with("/*") => (rest.find("*/").map_or(rest.len(), |end| end + 2), true),
            '\'' => (quoted(rest), left == Left::Code),
            _ => (first.len_utf8(), false),
        };
        let (part, after) = rest.split_at(length);
        if is_blanked {
            out.extend(part.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        } else {
            out.push_str(part);
        }
        rest = after;
    }
    out
}

/// How long the text in quotes is that the rest begins with.
fn quoted(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'\'' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Every parameter, in order.
pub(crate) fn parameters(code_and_texts: &str) -> Vec<Parameter<'_>> {
    code_and_texts
        .match_indices('{')
        .filter_map(|(at, _)| {
            let inside = code_and_texts.get(at + 1..)?;
            let inside = inside.split_once('}')?.0;
            let (name, kind) = inside.split_once(':')?;
            is_name(name).then_some(Parameter {
                name,
                kind: kind.trim(),
                at,
            })
        })
        .collect()
}

/// Whether a word is a name as templates write them.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Words with their places; brackets stay with them, commas do not.
fn words(code: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut at = 0;
    for word in code.split(|c: char| c.is_whitespace() || c == ',') {
        if !word.is_empty() {
            words.push((at, word));
        }
        at += word.len() + 1;
    }
    words
}

/// Every name after FROM or JOIN that no step of the statement has, with its place.
pub(crate) fn tables_read(code: &str) -> Vec<(usize, &str)> {
    let words = words(code);
    let steps: Vec<&str> = words
        .windows(3)
        .filter_map(|three| match three {
            [(_, name), (_, "AS"), (_, next)] if next.starts_with('(') => Some(*name),
            _ => None,
        })
        .collect();
    let before = std::iter::once("").chain(words.iter().map(|(_, word)| *word));
    words
        .windows(2)
        .zip(before)
        .filter_map(|(two, before)| match two {
            // What an array is joined with are its own elements.
            [(_, "JOIN"), _] if before == "ARRAY" => None,
            [(_, word), (at, name)] if matches!(word.trim_start_matches('('), "FROM" | "JOIN") => {
                Some((*at, name.trim_end_matches(')')))
            }
            _ => None,
        })
        .filter(|(_, name)| is_name(name) && !steps.contains(name))
        .collect()
}

/// Every function that is called, in lower case, with its place.
pub(crate) fn functions(code: &str) -> Vec<(usize, String)> {
    let mut functions = Vec::new();
    for (open, _) in code.match_indices('(') {
        let before = code.get(..open).unwrap_or_default().trim_end();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let start = before.rfind(|c| !is_part(c)).map_or(0, |at| at + 1);
        let name = before.get(start..).unwrap_or_default();
        if !name.is_empty() {
            functions.push((start, name.to_ascii_lowercase()));
        }
    }
    functions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_blanked_and_places_kept() {
        let sql = "SELECT 'it''s -- {no:String} now()' -- {nor:this}\n/* FROM\nx */ FROM deals";
        let both = blanked(sql, Left::CodeAndTexts);
        assert!(both.contains("now()") && !both.contains("nor"));
        let code = blanked(sql, Left::Code);
        assert!(!code.contains("now()"));
        assert_eq!((code.len(), code.lines().count()), (sql.len(), 3));
        assert_eq!(tables_read(&code), [(sql.len() - 5, "deals")]);
    }

    #[test]
    fn finds_parameters_tables_and_functions_but_not_in_comments() {
        let code = blanked(
            "-- {not:this} FROM nowhere\nWITH a AS (SELECT x FROM deals FINAL WHERE t > {from:DateTime64(3, 'UTC')})\n\
             SELECT {source:Array(String)}, Now ( ) FROM a LEFT ARRAY JOIN parts AS part LEFT ANY JOIN entities ON true",
            Left::CodeAndTexts,
        );
        let found: Vec<_> = parameters(&code)
            .into_iter()
            .map(|one| (one.name, one.kind))
            .collect();
        assert_eq!(
            found,
            [("from", "DateTime64(3, 'UTC')"), ("source", "Array(String)")]
        );
        let tables: Vec<_> = tables_read(&code).into_iter().map(|(_, name)| name).collect();
        assert_eq!(tables, ["deals", "entities"]);
        assert!(functions(&code).iter().any(|(_, name)| name == "now"));
    }

    #[test]
    fn a_text_that_never_ends_ends_with_the_statement() {
        assert_eq!(blanked("SELECT 'a", Left::Code), "SELECT   ");
        assert_eq!(blanked("SELECT /* a", Left::Code), "SELECT     ");
    }
}
