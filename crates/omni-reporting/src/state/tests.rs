//! A board's state goes to its query string and back, and what no variable takes is left out.
#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use time::macros::date;

use super::*;

fn declared() -> Declared {
    let list = |kind| Variable {
        kind,
        one_of: Vec::new(),
        default: Vec::new(),
        by: By::Viewer,
    };
    Declared {
        period: Period::Days(30),
        periods: ["today", "7d", "30d", "this_month", "custom"]
            .map(str::to_owned)
            .into(),
        compare: Compare::Previous,
        zone: Zone::named("Etc/UTC").unwrap(),
        currency: "EUR".to_owned(),
        variables: BTreeMap::from([
            ("source".to_owned(), list(Kind::Texts)),
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

fn read(query: &str) -> Result<State, Refusal> {
    State::read(query, &declared())
}

fn refused(query: &str) -> String {
    read(query).unwrap_err().to_string()
}

#[test]
fn nothing_chosen_is_the_default_and_the_empty_query() {
    let state = read("").unwrap();
    assert_eq!(state.period, Period::Days(30));
    assert_eq!(state.to_query(&declared()), "");
}

#[test]
fn a_comma_inside_a_value_is_part_of_it() {
    let state = read("source=google%20ads,a%2Cb,google%20ads,").unwrap();
    assert_eq!(state.values.get("source").unwrap(), &["a,b", "google ads"]);
    assert_eq!(state.to_query(&declared()), "source=a%2Cb,google%20ads");
}

#[test]
fn unknown_keys_are_passed_over() {
    assert_eq!(
        read("utm_source=x&table=won_value&sql=DROP").unwrap(),
        read("").unwrap()
    );
}

#[test]
fn refuses_what_is_not_declared_and_names_it() {
    assert_eq!(
        refused("period=forever"),
        "period: `forever` is not one of 30d, 7d, custom, this_month, today"
    );
    assert_eq!(
        refused("period=90d"),
        "period: `90d` is not one of 30d, 7d, custom, this_month, today"
    );
    assert_eq!(
        refused("tz=Mars/Olympus"),
        "tz: `Mars/Olympus` is not an IANA time zone"
    );
    assert_eq!(
        refused("tz=UTC')%20OR%201=1--"),
        "tz: `UTC') OR 1=1--` is not an IANA time zone"
    );
    assert_eq!(
        refused("currency=eur"),
        "currency: `eur` is not a currency code such as EUR"
    );
    assert_eq!(refused("company=0"), "company: `0` is not a company's id");
    assert_eq!(refused("owner=7,x"), "owner: `x` is not a whole number");
    assert_eq!(refused("owner=%2B7"), "owner: `+7` is not a whole number");
    assert_eq!(
        refused("view=average"),
        "view: `average` is not one of sum, count"
    );
    assert_eq!(
        refused("compare=maybe"),
        "compare: `maybe` is not one of off, previous, year"
    );
    assert_eq!(
        refused("source=%zz"),
        "source: `%` must be followed by two hexadecimal digits"
    );
    assert_eq!(refused("source=%ff"), "source: not UTF-8");
    assert_eq!(refused("source=a%00b"), "source: a value with a NUL character");
}

#[test]
fn refuses_more_than_fifty_values_and_values_over_two_hundred_characters() {
    let many = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    assert!(read(&format!("source={}", many(50))).is_ok());
    assert_eq!(
        refused(&format!("source={}", many(51))),
        "source: more than 50 values"
    );
    assert!(read(&format!("source={}", "ä".repeat(200))).is_ok());
    assert_eq!(
        refused(&format!("source={}", "ä".repeat(201))),
        "source: a value of more than 200 characters"
    );
    assert!(refused(&"x=y&".repeat(20_000)).starts_with("query: longer than"));
}

#[test]
fn a_custom_period_needs_two_days_in_order() {
    let state = read("period=custom&from=2026-03-01&to=2026-03-31").unwrap();
    assert_eq!(
        state.period,
        Period::Custom {
            first: date!(2026 - 03 - 01),
            last: date!(2026 - 03 - 31)
        }
    );
    assert_eq!(
        refused("period=custom&from=2026-03-01"),
        "to: a custom period needs it, as YYYY-MM-DD"
    );
    assert_eq!(
        refused("period=custom&from=2026-03-02&to=2026-03-01"),
        "to: lies before from"
    );
    assert!(
        refused("period=custom&from=2026-02-30&to=2026-03-01").starts_with("from: `2026-02-30` is not a day")
    );
    assert!(refused("period=custom&from=1970-01-01&to=2026-03-01").starts_with("to: more than 7320 days"));
}

#[test]
fn choices_a_panel_does_not_use_do_not_set_its_viewers_apart() {
    let used = ["asof", "tz", "currency", "source"].map(str::to_owned).into();
    let one = read("period=7d&compare=off&source=a&owner=1&tz=Europe/Berlin").unwrap();
    let two = read("period=today&source=a&owner=2&tz=Europe/Berlin").unwrap();
    assert_eq!(
        one.restricted(&used, &declared()),
        two.restricted(&used, &declared())
    );
    let other = read("source=b&tz=Europe/Berlin").unwrap();
    assert_ne!(
        one.restricted(&used, &declared()),
        other.restricted(&used, &declared())
    );
}

fn any_state() -> impl Strategy<Value = State> {
    let text = prop_oneof!["[ -~]{1,20}", "[\\PC,&=%+ä\u{1F600}'\\\\]{1,12}"];
    (
        prop::sample::select(vec![
            Period::Today,
            Period::Days(7),
            Period::Days(30),
            Period::ThisMonth,
            Period::Custom {
                first: date!(2024 - 02 - 29),
                last: date!(2026 - 03 - 31),
            },
        ]),
        prop::sample::select(vec![Compare::Off, Compare::Previous, Compare::Year]),
        prop::sample::select(vec!["Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"]),
        prop::sample::select(vec!["EUR", "USD", "XBT"]),
        prop::option::of(1_u64..),
        prop::collection::btree_set(text, 0..5),
        prop::collection::btree_set(any::<u64>(), 0..5),
        prop::sample::select(vec!["sum", "count"]),
    )
        .prop_map(
            |(period, compare, zone, currency, company, sources, owners, view)| {
                let mut owners: Vec<_> = owners.iter().map(u64::to_string).collect();
                owners.sort();
                State {
                    period,
                    compare,
                    zone: Zone::named(zone).unwrap(),
                    currency: currency.to_owned(),
                    company,
                    values: BTreeMap::from([
                        ("source".to_owned(), sources.into_iter().collect()),
                        ("owner".to_owned(), owners),
                        ("view".to_owned(), vec![view.to_owned()]),
                    ]),
                }
            },
        )
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(state in any_state()) {
        let query = state.to_query(&declared());
        prop_assert_eq!(State::read(&query, &declared()), Ok(state));
    }

    #[test]
    fn any_text_is_read_or_refused_and_its_canonical_form_is_stable(query in "\\PC{0,80}") {
        if let Ok(state) = read(&query) {
            let canonical = state.to_query(&declared());
            prop_assert_eq!(read(&canonical).unwrap().to_query(&declared()), canonical);
        }
    }
}
