//! Files as people have them, and any rows at all: what is written is what is read.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use rust_decimal::Decimal;
use template::{Registry, Template, Value};

use super::*;

const COMPANY: u64 = 7;

fn spend() -> &'static Arc<Template> {
    static TEMPLATE: OnceLock<Arc<Template>> = OnceLock::new();
    TEMPLATE.get_or_init(|| Arc::clone(Registry::builtin().unwrap().get("marketing-spend/1.0").unwrap()))
}

fn with(text: &str, way: &Way) -> Result<Sheet, SheetError> {
    read(text.as_bytes(), way, spend(), COMPANY)
}

fn plain(text: &str) -> Result<Sheet, SheetError> {
    with(text, &Way::default())
}

fn map(pairs: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// Each row as words: day (days since 1970), source, campaign, amount in ten-thousandths, currency, clicks.
fn rows(sheet: Sheet) -> Vec<String> {
    let names: Vec<&str> = spend()
        .columns()
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let mut words = Vec::new();
    for mut row in sheet.rows {
        let values = spend().import_row(&mut row, 0).unwrap();
        let word = |name: &str| match &values[names.iter().position(|own| *own == name).unwrap()] {
            Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
            Value::Decimal(units) => units.to_string(),
            Value::Days(days) => days.to_string(),
            Value::UInt(count) => count.to_string(),
            Value::Null => "-".to_owned(),
            other => format!("{other:?}"),
        };
        let columns = [
            "spend_day",
            "marketing_source",
            "marketing_campaign",
            "spend_amount",
            "spend_currency",
            "spend_clicks",
        ];
        words.push(columns.map(word).join("|"));
    }
    words
}

/// Faults as they are told.
fn told(sheet: &Sheet) -> Vec<String> {
    sheet.faults.first.iter().map(ToString::to_string).collect()
}

const HEAD: &str = "day,source,campaign,amount,currency\n";

#[test]
fn reads_a_file_whatever_stands_between_its_cells() {
    for text in [
        "day,source,campaign,amount,currency,clicks\n2026-03-04,google,\"spring, late\",12.5,EUR,3\n",
        "\u{feff}day;source;campaign;amount;currency;clicks\r\n2026-03-04;google;spring, late;12.5;EUR;3\r\n",
        "Day\tSource\tCampaign\tAmount\tCurrency\tClicks\n2026-03-04\tgoogle\tspring, late\t12.50\tEUR\t3",
        " day , source , campaign , amount , currency , clicks \n\n 2026-03-04 , google ,\"spring, late\", 012.5 , EUR , 3 \n,,,,,\n",
    ] {
        let sheet = plain(text).unwrap();
        assert_eq!(told(&sheet), Vec::<String>::new(), "{text}");
        assert_eq!(rows(sheet), ["20516|google|spring, late|125000|EUR|3"], "{text}");
    }
}

#[test]
fn reads_json_wherever_its_rows_are() {
    let row = r#"{"day":"2026-03-04","source":"google","campaign":12,"amount":"12.50","currency":"EUR","clicks":null}"#;
    let expected = ["20516|google|12|125000|EUR|-"];
    for text in [format!("[{row}]"), row.to_owned(), format!("{row}\n\n")] {
        assert_eq!(rows(plain(&text).unwrap()), expected, "{text}");
    }
    let text = format!("{{\"data\": {{\"a/b\": [\n{row}\n]}}}}");
    let way = Way {
        rows: "/data/a~1b".to_owned(),
        ..Way::default()
    };
    assert_eq!(rows(with(&text, &way).unwrap()), expected);
    let nested = r#"[{"day":"2026-03-04","campaign":{"name":"spring"},"metrics":{"cost":0.1}}]"#;
    let way = Way {
        map: map(&[("campaign", "/campaign/name"), ("amount", "/metrics/cost")]),
        defaults: map(&[("source", "google"), ("currency", "USD")]),
        ..Way::default()
    };
    assert_eq!(
        rows(with(nested, &way).unwrap()),
        ["20516|google|spring|1000|USD|-"]
    );
}

#[test]
fn a_bad_row_is_told_with_its_line_and_column_and_the_others_are_there() {
    let text = format!(
        "{HEAD}2026-03-04,google,a,12.5,EUR\n04.03.2026,google,b,\"12,50\",EUR\n2026-03-05,,c,1 200,eur\n\
         2026-03-06,google,d,$3,EUR\n2026-03-07,google,e,1\n2026-03-08,google,\"f\ng\",-1,EUR\n2026-03-09,google,h,1,EUR\n"
    );
    let sheet = plain(&text).unwrap();
    assert_eq!(
        told(&sheet),
        [
            "3: column amount: has a decimal comma: write a point, or say `--decimal-comma`",
            "3: column day: is no day: write it as 2026-03-04 (ISO 8601)",
            "4: column amount: is no plain number: digits, without separators of thousands and without signs of currency",
            "5: column amount: is no plain number: digits, without separators of thousands and without signs of currency",
            "6: has 4 cells, the head has 5",
            "7: column amount: must be a number from 0, below a hundred million millions",
            "7: column campaign: must be a word of at most 500 letters, without space around it",
        ]
    );
    assert_eq!((sheet.faults.rows, sheet.faults.count), (5, 7));
    assert_eq!(
        rows(sheet),
        ["20516|google|a|125000|EUR|-", "20521|google|h|10000|EUR|-"]
    );
}

#[test]
fn lines_are_those_of_an_editor_however_they_end() {
    for end in ["\n", "\r\n", "\r"] {
        let text = format!(
            "{HEAD}2026-03-04,google,\"a\nb\",$9,EUR\n\n\n2026-03-05,google,b,$1,EUR\n2026-03-06,google,c,$2,EUR\n"
        );
        let lines: Vec<u64> = plain(&text.replace('\n', end))
            .unwrap()
            .faults
            .first
            .iter()
            .map(|fault| fault.line)
            .collect();
        assert_eq!(lines, [2, 6, 7], "{end:?}");
    }
}

#[test]
fn a_bad_row_of_json_is_told_with_its_line() {
    let text =
        "[\n {\"day\": \"2026-03-04\",\n  \"source\": \"google\", \"amount\": 1},\n 7,\n {\"day\": 5}\n]";
    let sheet = plain(text).unwrap();
    let told = told(&sheet);
    assert_eq!(
        told[..2],
        ["2: column currency: is missing", "4: is no JSON object"]
    );
    assert!(
        told[2..].contains(&"5: column source: is missing".to_owned()),
        "{told:?}"
    );
    assert_eq!(sheet.faults.rows, 3);
}

#[test]
fn a_row_that_is_there_twice_is_told_with_the_line_of_the_first() {
    let text =
        format!("{HEAD}2026-03-04,google,a,1,EUR\n2026-03-04,google,a,1,USD\n2026-03-04,google,a,2,EUR\n");
    let sheet = plain(&text).unwrap();
    assert_eq!(
        told(&sheet),
        [
            "4: is the row of line 2 again: the same day, source, campaign, currency; add the two up, or leave one out"
        ]
    );
}

#[test]
fn twenty_faults_are_told_and_all_are_counted() {
    let bad = "x,google,a,1,EUR\n".repeat(50);
    let sheet = plain(&format!("{HEAD}{bad}")).unwrap();
    assert_eq!(sheet.faults.first.len(), FAULTS_MAX);
    assert_eq!((sheet.faults.rows, sheet.faults.count), (50, 50));
}

#[test]
fn a_decimal_comma_is_read_where_it_was_announced_and_a_point_is_not() {
    let way = Way {
        decimals: Decimals::Comma,
        ..Way::default()
    };
    let text = "day;source;campaign;amount;currency\n2026-03-04;google;a;1200,5;EUR\n2026-03-04;google;b;1.200;EUR\n";
    let sheet = with(text, &way).unwrap();
    assert!(told(&sheet)[0].starts_with("3: column amount: has a decimal point"));
    assert_eq!(rows(sheet), ["20516|google|a|12005000|EUR|-"]);
}

#[test]
fn columns_are_called_as_somebody_says_and_what_nothing_asks_for_is_told() {
    let text = "date,utm_source,cost,note\n2026-03-04,google,1,x\n";
    let way = Way {
        map: map(&[("day", "date"), ("source", "utm_source"), ("amount", "Cost")]),
        defaults: map(&[("currency", "EUR")]),
        ..Way::default()
    };
    let sheet = with(text, &way).unwrap();
    assert_eq!(sheet.unused, ["note"]);
    assert_eq!(rows(sheet), ["20516|google||10000|EUR|-"]);
}

#[test]
fn a_file_that_cannot_be_read_at_all_says_what_helps() {
    let refusal = |text: &str, way: &Way| with(text, way).unwrap_err().to_string();
    let none = Way::default();
    let says = |way: &Way, text: &str, part: &str| {
        let refusal = refusal(text, way);
        assert!(refusal.contains(part), "{part}: {refusal}");
    };
    says(&none, "", "it has no rows");
    says(&none, HEAD, "it has no rows");
    says(&none, "[]", "it has no rows");
    says(
        &none,
        "date,source,cost,currency\n",
        "there is no column for `amount`; there are date, source, cost, currency (`--map amount=COLUMN`",
    );
    says(
        &none,
        "day,source,Day,amount,currency\n",
        "the column Day is in the head twice",
    );
    says(&none, "[{\"day\": 1},\n{]", "line 2, column 2: this is no JSON");
    says(
        &none,
        r#"{"meta": {}, "rows": [1], "more": []}"#,
        "`--rows` says where it is; there are /more, /rows",
    );
    let rows = Way {
        rows: "/data".to_owned(),
        ..Way::default()
    };
    says(
        &rows,
        r#"{"rows": []}"#,
        "/data is no array of objects: there is nothing of that name",
    );
    let mapped = |field: &str, column: &str| Way {
        map: map(&[(field, column)]),
        ..Way::default()
    };
    says(
        &mapped("spend", "cost"),
        HEAD,
        "spend is no field of this template; it has amount, campaign,",
    );
    says(
        &mapped("amount", "cost"),
        HEAD,
        "there is no column cost; there are day, source",
    );
    let default = Way {
        defaults: map(&[("day", "today")]),
        ..Way::default()
    };
    says(&default, HEAD, "the value that is given for day: is no day");
    let latin: &[u8] = b"day,source\n2026-03-04,caf\xe9\n";
    assert_eq!(
        read(latin, &none, spend(), COMPANY).unwrap_err(),
        SheetError::NotText { line: 2 }
    );
    let wide: &[u8] = &[0xff, 0xfe, b'd', 0];
    assert_eq!(
        read(wide, &none, spend(), COMPANY).unwrap_err(),
        SheetError::Utf16
    );
    let large = vec![b'\n'; BYTES_MAX + 1];
    assert_eq!(
        read(&large, &none, spend(), COMPANY).unwrap_err(),
        SheetError::TooLarge
    );
}

#[test]
fn more_rows_than_one_insert_takes_are_refused() {
    let mut text = HEAD.to_owned();
    for at in 0..=ROWS_MAX {
        writeln!(text, "2026-03-04,google,{at},1,EUR").unwrap();
    }
    assert_eq!(plain(&text).unwrap_err(), SheetError::TooManyRows);
}

/// A row as one may write it.
#[derive(Debug, Clone)]
struct Written {
    day: u16,
    source: String,
    campaign: String,
    units: i64,
    clicks: Option<u32>,
}

fn any_word() -> impl Strategy<Value = String> {
    // What CSV and JSON have to escape, and letters of several bytes.
    proptest::collection::vec(
        prop::sample::select(vec![
            "a", "B", "7", ",", ";", "\t", "\"", "ä", "日", "'", "\\", "/", "-",
        ]),
        1..8,
    )
    .prop_map(|parts| format!("s{}e", parts.concat()))
}

fn any_rows() -> impl Strategy<Value = Vec<Written>> {
    let row = (
        0_u16..9_000,
        any_word(),
        any_word(),
        0_i64..=9_999_999_999_999,
        prop::option::of(0_u32..1_000_000),
    );
    proptest::collection::vec(row, 1..20).prop_map(|rows| {
        let written = |(at, (day, source, campaign, units, clicks)): (usize, _)| Written {
            day,
            source,
            // No row is another's.
            campaign: format!("{at}{campaign}"),
            units,
            clicks,
        };
        rows.into_iter().enumerate().map(written).collect()
    })
}

fn date(days: u16) -> String {
    let (first, mut left) = ([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], days);
    let mut year = 2000;
    loop {
        let leap = year % 4 == 0;
        let length = if leap { 366 } else { 365 };
        if left < length {
            let mut month = 0;
            loop {
                let days = first[month] + u16::from(leap && month == 1);
                if left < days {
                    return format!("{year:04}-{:02}-{:02}", month + 1, left + 1);
                }
                left -= days;
                month += 1;
            }
        }
        left -= length;
        year += 1;
    }
}

fn amount(units: i64) -> Decimal {
    Decimal::new(units, 4).normalize()
}

fn expected(rows: &[Written]) -> Vec<String> {
    let row = |row: &Written| {
        let clicks = row
            .clicks
            .map_or_else(|| "-".to_owned(), |clicks| clicks.to_string());
        // 2000-01-01 is day 10957.
        format!(
            "{}|{}|{}|{}|EUR|{clicks}",
            u32::from(row.day) + 10_957,
            row.source,
            row.campaign,
            row.units
        )
    };
    rows.iter().map(row).collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

proptest! {
    #[test]
    fn any_rows_are_the_same_from_csv_and_from_json(written in any_rows(), between in prop::sample::select(vec![",", ";", "\t"])) {
        let mut csv = ["day", "source", "campaign", "amount", "currency", "clicks"].join(between);
        let mut lines = String::new();
        let mut array = Vec::new();
        for row in &written {
            let amount = amount(row.units).to_string();
            let clicks = row.clicks.map(|clicks| clicks.to_string()).unwrap_or_default();
            let cells = [date(row.day), quoted(&row.source), quoted(&row.campaign), amount.clone(), "EUR".to_owned(), clicks];
            write!(csv, "\n{}", cells.join(between)).unwrap();
            let object = serde_json::json!({
                "day": date(row.day), "source": row.source, "campaign": row.campaign, "currency": "EUR",
                "amount": serde_json::from_str::<serde_json::Value>(&amount).unwrap(), "clicks": row.clicks,
            });
            writeln!(lines, "{object}").unwrap();
            array.push(object);
        }
        for text in [csv, lines, serde_json::Value::Array(array).to_string()] {
            let sheet = plain(&text).unwrap();
            prop_assert_eq!(told(&sheet), Vec::<String>::new());
            prop_assert_eq!(rows(sheet), expected(&written));
        }
    }

    #[test]
    fn no_bytes_make_it_panic_and_every_row_is_taken_or_told(bytes in proptest::collection::vec(any::<u8>(), 0..400), head in any::<bool>()) {
        let mut text = if head { HEAD.as_bytes().to_vec() } else { Vec::new() };
        text.extend(bytes);
        if let Ok(sheet) = read(&text, &Way::default(), spend(), COMPANY) {
            prop_assert!(sheet.rows.len() as u64 + sheet.faults.rows > 0);
            prop_assert!(sheet.faults.count >= sheet.faults.rows);
        }
    }
}
