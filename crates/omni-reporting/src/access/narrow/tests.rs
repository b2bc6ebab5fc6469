//! Locked values win, and no request makes an answer wider than its token.
#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::state::{By, Compare, Kind, Period, Variable, Zone};

fn declared() -> Declared {
    let list = |kind| Variable {
        kind,
        one_of: Vec::new(),
        default: Vec::new(),
        by: By::Viewer,
    };
    Declared {
        period: Period::Days(30),
        periods: ["today", "7d", "30d", "custom"].map(str::to_owned).into(),
        compare: Compare::Previous,
        zone: Zone::named("Etc/UTC").unwrap(),
        currency: "EUR".to_owned(),
        variables: BTreeMap::from([
            ("source".to_owned(), list(Kind::Texts)),
            ("campaign".to_owned(), list(Kind::Texts)),
            ("owner".to_owned(), list(Kind::Numbers)),
            (
                "view".to_owned(),
                Variable {
                    kind: Kind::Text,
                    one_of: vec!["sum".to_owned(), "count".to_owned()],
                    default: vec!["sum".to_owned()],
                    by: By::Viewer,
                },
            ),
        ]),
    }
}

fn choosing(locked: &[(&str, &[&str])], allowed: Option<&[&str]>) -> Choosing {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let locked = locked
        .iter()
        .map(|(name, values)| ((*name).to_owned(), owned(values)));
    Choosing::new(locked.collect(), allowed.map(owned))
}

fn narrowed(choosing: &Choosing, query: &str) -> Result<String, Denied> {
    let declared = declared();
    let asked = State::read(query, &declared).unwrap();
    choosing.allows(&asked, &declared, Within::Board)?;
    let state = choosing.lock(&asked, &declared)?;
    assert_eq!(choosing.lock(&state, &declared).unwrap(), state, "twice is once");
    Ok(state.to_query(&declared))
}

#[test]
fn a_locked_value_holds_whatever_is_asked() {
    let locked = choosing(
        &[
            ("period", &["7d"]),
            ("currency", &["USD"]),
            ("compare", &["off"]),
            ("tz", &["Europe/Berlin"]),
        ],
        None,
    );
    let held = "period=7d&compare=off&currency=USD&tz=Europe/Berlin";
    for query in [
        "",
        "period=today&compare=year&currency=PLN&tz=Europe/Warsaw",
        "period=custom&from=2020-01-01&to=2020-12-31",
    ] {
        assert_eq!(narrowed(&locked, query).unwrap(), held, "{query}");
    }
}

#[test]
fn of_a_locked_list_a_part_may_be_asked_for_and_nothing_else() {
    let locked = choosing(&[("owner", &["33", "32"])], Some(&["owner"]));
    assert_eq!(narrowed(&locked, "").unwrap(), "owner=32,33");
    assert_eq!(narrowed(&locked, "owner=").unwrap(), "owner=32,33");
    assert_eq!(narrowed(&locked, "owner=033").unwrap(), "owner=33");
    for query in ["owner=34", "owner=32,34", "owner=0"] {
        assert_eq!(
            narrowed(&locked, query),
            Err(Denied::Choice("owner".to_owned())),
            "{query}"
        );
    }
}

#[test]
fn only_what_is_allowed_may_be_chosen() {
    let usual = choosing(&[], None);
    assert_eq!(
        narrowed(&usual, "period=7d&compare=off").unwrap(),
        "period=7d&compare=off"
    );
    for (query, name) in [
        ("source=a", "source"),
        ("currency=USD", "currency"),
        ("tz=Europe/Berlin", "tz"),
        ("view=count", "view"),
    ] {
        assert_eq!(
            narrowed(&usual, query),
            Err(Denied::Choice(name.to_owned())),
            "{query}"
        );
    }
    let some = choosing(&[], Some(&["source"]));
    assert_eq!(narrowed(&some, "source=a").unwrap(), "source=a");
    assert_eq!(
        narrowed(&some, "period=7d"),
        Err(Denied::Choice("period".to_owned()))
    );
    assert_eq!(
        narrowed(&choosing(&[], Some(&["*"])), "owner=1&currency=USD").unwrap(),
        "owner=1&currency=USD"
    );
}

#[test]
fn a_lock_that_the_board_does_not_understand_opens_nothing() {
    for locked in [
        choosing(&[("owners", &["1"])], None),
        choosing(&[("owner", &["ada"])], None),
        choosing(&[("period", &["30d", "7d"])], None),
        choosing(&[("period", &["1000d"])], None),
        choosing(&[("company", &["7"])], None),
        choosing(&[("view", &["mean"])], None),
    ] {
        assert!(
            matches!(narrowed(&locked, ""), Err(Denied::Lock(_))),
            "{locked:?}"
        );
    }
}

#[test]
fn what_is_locked_to_one_value_is_no_choice() {
    let locked = choosing(&[("owner", &["32"]), ("source", &["a", "b"])], Some(&["*"]));
    assert!(!locked.may("owner") && locked.may("source") && locked.may("campaign"));
    assert!(locked.is_fixed("owner") && !locked.is_fixed("source"));
}

#[test]
fn behind_a_number_any_filter_may_show_less_and_a_lock_still_holds() {
    let locked = choosing(&[("owner", &["32"])], None);
    let declared = declared();
    let asked = |query| State::read(query, &declared).unwrap();
    let allows = |query| locked.allows(&asked(query), &declared, Within::List);
    assert_eq!(allows("source=a&campaign=b"), Ok(()));
    assert_eq!(allows("currency=USD"), Err(Denied::Choice("currency".to_owned())));
    let refused = locked.lock(&asked("owner=33"), &declared);
    assert_eq!(refused, Err(Denied::Choice("owner".to_owned())));
}

proptest! {
    #[test]
    fn no_query_reaches_beyond_a_locked_list(
        within in prop::collection::vec(1_u64..9, 1..4),
        asked in prop::collection::vec(0_u64..12, 0..5),
    ) {
        let texts: Vec<String> = within.iter().map(u64::to_string).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let locked = choosing(&[("owner", &texts)], Some(&["*"]));
        let asked: Vec<String> = asked.iter().map(u64::to_string).collect();
        let declared = declared();
        let state = State::read(&format!("owner={}", asked.join(",")), &declared).unwrap();
        if let Ok(state) = locked.lock(&state, &declared) {
            let values = state.values.get("owner").unwrap();
            prop_assert!(!values.is_empty());
            prop_assert!(values.iter().all(|value| texts.contains(&value.as_str())));
        }
    }
}
