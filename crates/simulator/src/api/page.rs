//! Cuts a list into pages; the cursor is opaque and names the last row of the page before.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Refusal;

/// A row's place in its list: the sort key, and the id where that is equal.
pub(super) type Place = (i64, u64);

/// The rows of one page, and the cursor of the next if there is one.
pub(super) fn cut<T>(
    mut rows: Vec<(Place, T)>,
    limit: usize,
    descending: bool,
    cursor: Option<&str>,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    rows.sort_by_key(|(place, _)| *place);
    if descending {
        rows.reverse();
    }
    if let Some(cursor) = cursor {
        let last = read(cursor).ok_or(Refusal(StatusCode::BAD_REQUEST, "cursor is not valid"))?;
        rows.retain(|(place, _)| if descending { *place < last } else { *place > last });
    }
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|(place, _)| written(*place));
    Ok((rows.into_iter().map(|(_, row)| row).collect(), next))
}

fn written((key, id): Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{key}:{id}"))
}

fn read(cursor: &str) -> Option<Place> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (key, id) = text.split_once(':')?;
    Some((key.parse().ok()?, id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn walk(descending: bool) -> Vec<u64> {
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let rows = (1..=10).map(|id| ((i64::from(id > 5), id), id)).collect();
            let (page, next) =
                cut(rows, 3, descending, cursor.as_deref()).unwrap_or_else(|_| panic!("no page"));
            seen.extend(page);
            cursor = next;
            if cursor.is_none() {
                return seen;
            }
        }
    }

    #[test]
    fn pages_hold_every_row_once() {
        assert_eq!(walk(false), (1..=10).collect::<Vec<_>>());
        assert_eq!(walk(true), (1..=10).rev().collect::<Vec<_>>());
    }

    #[test]
    fn a_cursor_of_somebody_elses_making_is_refused() {
        assert!(cut(vec![((0, 1), ())], 1, false, Some("nonsense")).is_err());
    }
}
