//! Each bank's shape gives the same rows; what is no rate is refused with its line; gaps are filled and ends are not.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use time::macros::date;

use super::*;

fn rate(currency: &str, date: Date, per_eur: &str) -> Rate {
    Rate {
        currency: currency.to_owned(),
        date,
        per_eur: per_eur.parse().unwrap(),
    }
}

fn march() -> Vec<Rate> {
    vec![
        rate("PLN", date!(2026 - 03 - 06), "4.2715"),
        rate("USD", date!(2026 - 03 - 05), "1.0801"),
        rate("USD", date!(2026 - 03 - 06), "1.0834"),
    ]
}

#[test]
fn the_shapes_of_the_european_central_bank_are_one() {
    let usual = Quotation::default();
    let daily = read(include_str!("../fixtures/daily.xml"), &usual).unwrap();
    assert_eq!(daily, march());
    assert_eq!(
        read(include_str!("../fixtures/portal.csv"), &usual).unwrap(),
        march()
    );
    let history = read(include_str!("../fixtures/history.csv"), &usual).unwrap();
    let bulgaria = rate("BGN", date!(2026 - 03 - 05), "1.9558");
    assert_eq!(history, [vec![bulgaria], march()].concat());
}

#[test]
fn another_base_goes_over_the_euro() {
    let zloty = Quotation {
        base: "PLN".to_owned(),
        quoted: Quoted::BasePerUnit,
    };
    let rates = read(include_str!("../fixtures/zloty.csv"), &zloty).unwrap();
    assert_eq!(
        rates,
        [
            rate("PLN", date!(2026 - 03 - 05), "4.27"),
            rate("PLN", date!(2026 - 03 - 06), "4.2715"),
            // 4.2715 zloty for a euro, 3.9427 for a dollar.
            rate("USD", date!(2026 - 03 - 06), "1.08339463"),
        ]
    );
    let no_euro = read("date,currency,rate\n2026-03-06,USD,3.9\n", &zloty).unwrap_err();
    assert_eq!(
        no_euro.to_string(),
        "quotes in PLN and has no rate of the euro on 2026-03-06, over which all pairs go"
    );
}

#[test]
fn a_source_against_another_currency_than_is_said_is_refused() {
    let zloty = include_str!("../fixtures/zloty.csv");
    let error = read(zloty, &Quotation::default()).unwrap_err().to_string();
    assert!(error.contains("quotes EUR itself at 4."), "{error}");
    assert!(
        read("date;currency;rate\n2026-03-06;EUR;1\n", &Quotation::default())
            .is_err_and(|error| error == RatesError::Empty)
    );
}

#[test]
fn what_is_no_rate_is_refused_with_its_line() {
    for (text, expected) in [
        (
            "date,currency,rate\n2026-03-06,USD,1.1\n2026-03-06,usd,1\n",
            "line 3: `usd` is no currency code such as USD",
        ),
        (
            "Date,USD\n06.03.2026,1\n",
            "line 2: `06.03.2026` is no day such as 2026-01-31",
        ),
        (
            "Date,USD\n2026-03-06,1.1\n2026-03-05,0\n",
            "line 3: the rate of USD is 0; it must be above 0",
        ),
        (
            "Date,USD\n2026-03-06,one\n",
            "line 2: `one` is no rate such as 1.0834",
        ),
        (
            "<a>\n<b time='2026-03-06'>\n<c currency='USD' rate='-1'/></b></a>",
            "line 3: the rate of USD is -1; it must be above 0",
        ),
        ("<a><b></a>", "line 1: no XML"),
        ("hello,world\n1,2\n", "is in none of the shapes"),
        ("", "holds no rate"),
        ("Date,USD\n", "holds no rate"),
        ("<html></html>", "holds no rate"),
    ] {
        let error = read(text, &Quotation::default()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error} for {text}");
    }
}

#[test]
fn a_gap_has_the_rate_of_the_day_before_it_and_an_end_is_not_carried_on() {
    let rates = vec![
        rate("USD", date!(2026 - 03 - 06), "1.1"),
        rate("USD", date!(2026 - 03 - 09), "1.2"),
        rate("RUB", date!(2026 - 03 - 01), "90"),
    ];
    let days = |currency: &str| -> Vec<(u8, String)> {
        filled(rates.clone(), date!(2026 - 03 - 11), 4)
            .into_iter()
            .filter(|rate| rate.currency == currency)
            .map(|rate| (rate.date.day(), rate.per_eur.to_string()))
            .collect()
    };
    let dollar = [
        (6, "1.1"),
        (7, "1.1"),
        (8, "1.1"),
        (9, "1.2"),
        (10, "1.2"),
        (11, "1.2"),
    ];
    assert_eq!(days("USD"), dollar.map(|(day, rate)| (day, rate.to_owned())));
    // Nobody has quoted it for four days: it is not guessed.
    assert_eq!(days("RUB").len(), 5);
}

proptest! {
    #[test]
    fn each_day_has_one_rate_and_quotes_are_kept(quotes in prop::collection::btree_map(0_i64..400, 1_u32..1_000_000, 1..40), days_max in 0_u16..20) {
        let start = date!(2025 - 01 - 01);
        let rates: Vec<Rate> = quotes
            .iter()
            .map(|(day, cents)| Rate {
                currency: "USD".to_owned(),
                date: start + time::Duration::days(*day),
                per_eur: Decimal::new(i64::from(*cents), 2),
            })
            .collect();
        let all = filled(rates.clone(), date!(2026 - 03 - 01), days_max);
        prop_assert!(all.is_sorted_by(|one, next| one.date < next.date));
        for quote in &rates {
            prop_assert!(all.contains(quote));
        }
        for filled in &all {
            let newest = rates.iter().rev().find(|quote| quote.date <= filled.date).unwrap();
            prop_assert_eq!(&filled.per_eur, &newest.per_eur);
            prop_assert!((filled.date - newest.date).whole_days() <= i64::from(days_max));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = read(&text, &Quotation::default());
    }
}
