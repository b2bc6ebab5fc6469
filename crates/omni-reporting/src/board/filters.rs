//! Filters that nothing is chosen for, left out of what is asked.
//!
//! `AND (empty({source:Array(String)}) OR …)` is true of every row while no source is chosen, and ClickHouse plans it all the
//! same: a tenth of what a cheap question costs. A condition written that way is not sent then. Lines stay where they are, so
//! a complaint still names the right one.
use std::borrow::Cow;
use std::ops::Range;

use super::sql::{Left, blanked, is_name};

const BEGIN: &str = "AND (empty({";

/// One condition, and the variable that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Filter {
    variable: String,
    /// Bytes of the statement, from AND to the bracket that closes it.
    at: Range<usize>,
}

/// The conditions of a statement that may be left out. None of them lies within another.
#[derive(Debug, Clone, Default)]
pub(super) struct Filters(Vec<Filter>);

impl Filters {
    pub(super) fn of(sql: &str) -> Self {
        let code = blanked(sql, Left::Code);
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(begin) = code.get(from..).and_then(|rest| rest.find(BEGIN)) {
            let begin = from + begin;
            from = begin + BEGIN.len();
            if let Some(filter) = filter(&code, begin) {
                from = filter.at.end;
                found.push(filter);
            }
        }
        Self(found)
    }

    /// The statement without those whose variable is one of which nothing is chosen.
    pub(super) fn left_in<'s>(&self, sql: &'s str, is_nothing_chosen: impl Fn(&str) -> bool) -> Cow<'s, str> {
        let idle = |filter: &&Filter| is_nothing_chosen(&filter.variable);
        let mut out = String::new();
        let mut from = 0;
        for filter in self.0.iter().filter(idle) {
            out.push_str(sql.get(from..filter.at.start).unwrap_or_default());
            let left_out = sql.get(filter.at.clone()).unwrap_or_default();
            out.extend(left_out.matches('\n'));
            from = filter.at.end;
        }
        if from == 0 {
            return Cow::Borrowed(sql);
        }
        out.push_str(sql.get(from..).unwrap_or_default());
        Cow::Owned(out)
    }
}

/// The condition that begins here, if nothing but its variable decides whether it is true of all rows.
fn filter(code: &str, begin: usize) -> Option<Filter> {
    // `x BETWEEN 1 AND (…)` is no condition by itself.
    let before = code.get(..begin)?.trim_end();
    let is_range = before
        .rsplit_once("BETWEEN")
        .is_some_and(|(_, low)| !low.contains(['(', ')', '\n']));
    let inside = code.get(begin + BEGIN.len()..)?;
    let (variable, rest) = inside.split_once(':')?;
    let (_, after) = rest.split_once("})")?;
    let is_choice = after.trim_start().starts_with("OR ") || after.trim_start().starts_with("OR\n");
    if is_range || !is_choice || !is_name(variable) {
        return None;
    }
    let open = begin + "AND ".len();
    let length = closed(code.get(open..)?)?;
    Some(Filter {
        variable: variable.to_owned(),
        at: begin..open + length,
    })
}

/// How long the bracket is that the text begins with.
fn closed(code: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(at + 1),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQL: &str = "SELECT 1 FROM t\nWHERE a = 1\n    AND (empty({source:Array(String)})\n        \
        OR has({source:Array(String)}, if(s = ')', '(', s)))\n    AND (empty({owner:Array(UInt64)}) OR has({owner:Array(UInt64)}, o))\nORDER BY 1";

    fn asked(sql: &str, chosen: &[&str]) -> String {
        let filters = Filters::of(sql);
        filters
            .left_in(sql, |variable| !chosen.contains(&variable))
            .into_owned()
    }

    #[test]
    fn a_filter_without_a_choice_is_left_out_and_its_lines_stay() {
        assert_eq!(asked(SQL, &["source", "owner"]), SQL);
        assert_eq!(
            asked(SQL, &["source"]),
            SQL.replace(
                "AND (empty({owner:Array(UInt64)}) OR has({owner:Array(UInt64)}, o))",
                ""
            )
        );
        assert_eq!(
            asked(SQL, &[]),
            "SELECT 1 FROM t\nWHERE a = 1\n    \n\n    \nORDER BY 1"
        );
    }

    #[test]
    fn what_something_else_decides_too_is_asked() {
        for sql in [
            "WHERE (empty({a:Array(String)}) OR b)",
            "WHERE x AND (empty({a:Array(String)}) AND b)",
            "WHERE x AND (empty({a:Array(String)}))",
            "WHERE x AND (b OR empty({a:Array(String)}))",
            "WHERE x BETWEEN 0 AND (empty({a:Array(String)}) OR b)",
            "WHERE x AND (empty({a:Array(String)}) OR b",
            "-- AND (empty({a:Array(String)}) OR b)\nWHERE x",
            "WHERE x = 'AND (empty({a:Array(String)}) OR b)'",
        ] {
            assert_eq!(asked(sql, &[]), sql);
        }
    }

    #[test]
    fn what_is_written_within_a_filter_goes_with_it() {
        let sql = "WHERE x AND (empty({a:Array(String)}) OR (b AND (empty({c:Array(String)}) OR d)))";
        assert_eq!(asked(sql, &["c"]), "WHERE x ");
        assert_eq!(asked(sql, &["a"]), sql);
    }
}
