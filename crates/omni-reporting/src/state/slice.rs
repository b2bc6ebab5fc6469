//! How much of a list a request wants, and in which order.
use super::Refusal;
use super::query::Pairs;

/// Rows when nothing else is wished.
pub const ROWS_USUAL: u32 = 50;
/// Rows at most; more of them belong into a file.
pub const ROWS_MAX: u32 = 1_000;

/// How much of a list is shown, and in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    pub rows: u32,
    /// `None`: the list's own.
    pub order: Option<Order>,
}

/// The order of a list that a viewer wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub field: String,
    pub direction: Direction,
}

/// From the smallest or from the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

impl Slice {
    /// `rows=100&sort=-value`.
    pub fn read(pairs: &Pairs<'_>, is_column: impl Fn(&str) -> bool) -> Result<Self, Refusal> {
        Ok(Self {
            rows: rows(pairs)?,
            order: order(pairs, is_column)?,
        })
    }
}

/// `rows=100`.
fn rows(pairs: &Pairs<'_>) -> Result<u32, Refusal> {
    let Some(text) = pairs.one("rows")? else {
        return Ok(ROWS_USUAL);
    };
    match text.parse::<u32>() {
        Ok(rows) if (1..=ROWS_MAX).contains(&rows) => Ok(rows),
        _ => Err(Refusal::value(
            "rows",
            &text,
            &format!("a number from 1 to {ROWS_MAX}"),
        )),
    }
}

/// `sort=owner`, or `sort=-value` for the largest first.
fn order(pairs: &Pairs<'_>, is_column: impl Fn(&str) -> bool) -> Result<Option<Order>, Refusal> {
    let Some(text) = pairs.one("sort")? else {
        return Ok(None);
    };
    let (field, direction) = match text.strip_prefix('-') {
        Some(field) => (field, Direction::Descending),
        None => (text.as_str(), Direction::Ascending),
    };
    if !is_column(field) {
        return Err(Refusal::value("sort", &text, "a column of this list"));
    }
    Ok(Some(Order {
        field: field.to_owned(),
        direction,
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_list_is_as_long_as_wished_within_bounds() {
        let read = |query| rows(&Pairs::read(query).unwrap());
        assert_eq!(read(""), Ok(ROWS_USUAL));
        assert_eq!(read("rows=1000"), Ok(1_000));
        for query in ["rows=0", "rows=1001", "rows=-1", "rows=x", "rows=99999999999"] {
            assert_eq!(read(query).unwrap_err().parameter, "rows", "{query}");
        }
    }

    #[test]
    fn only_a_column_puts_a_list_in_order() {
        let read = |query| order(&Pairs::read(query).unwrap(), |field| field == "value");
        assert_eq!(read("").unwrap(), None);
        assert_eq!(
            read("sort=-value").unwrap().unwrap().direction,
            Direction::Descending
        );
        assert_eq!(
            read("sort=value").unwrap().unwrap().direction,
            Direction::Ascending
        );
        for query in ["sort=title", "sort=value;DROP", "sort=--value", "sort=-"] {
            assert_eq!(read(query).unwrap_err().parameter, "sort", "{query}");
        }
    }
}
