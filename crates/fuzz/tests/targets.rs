//! What foreign data goes through: none of it may panic, and what is read must be whole.
//!
//! `make fuzz` runs each for a minute (`OMNI_FUZZ_SECONDS`); `make test` tries the kept inputs and some thousands more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use event::enriched::{Additions, compose};
use event::{Change, Headers, Kind, Webhook};
use fuzz::{Corpus, Length};
use serde_json::Value;
use template::{NotTaken, Registry, RowContext};

const INPUTS: u64 = 4_000;
const SEED: u64 = 20_261_128;

fn length() -> Length {
    #[expect(clippy::disallowed_methods, reason = "a longer run is asked for by hand")]
    let seconds = std::env::var("OMNI_FUZZ_SECONDS").ok();
    let seconds = seconds.and_then(|text| text.parse().ok()).unwrap_or(0);
    Length {
        inputs: INPUTS,
        at_least: Duration::from_secs(seconds),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The bodies of both versions that the tree has.
fn bodies() -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> = ["v1", "v2"]
        .iter()
        .flat_map(|version| std::fs::read_dir(root().join("crates/event/fixtures").join(version)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn corpus(name: &str) -> Corpus {
    Corpus::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)).unwrap()
}

fn flat(change: &Change) -> Option<serde_json::Map<String, Value>> {
    let headers = Headers::new(change.uuid, Kind::Webhook, "crm", 1_770_114_030_911_000);
    let enriched = compose(change, &headers, &Additions::default(), 1_770_114_031_000_000);
    event::flatten::flatten(&serde_json::from_slice(&enriched).unwrap()).ok()
}

#[test]
fn an_envelope_of_any_bytes() {
    let tried = corpus("webhook").with(bodies()).run(SEED, length(), |body| {
        if let Ok(webhook) = Webhook::parse(body) {
            let _ = (webhook.v(), webhook.matches_filters(), webhook.attempt());
        }
    });
    assert!(tried >= INPUTS);
}

#[test]
fn a_change_is_the_same_each_time_it_is_read() {
    corpus("webhook").with(bodies()).run(SEED + 1, length(), |body| {
        if let Ok(change) = Change::from_webhook(body) {
            let again = Change::from_webhook(body).expect("what was read is read again");
            assert_eq!((change.uuid, change.ver), (again.uuid, again.ver));
            assert!(!change.message_key().is_empty());
        }
    });
}

#[test]
fn a_flat_event_has_no_nested_object_and_no_null() {
    corpus("webhook").with(bodies()).run(SEED + 2, length(), |body| {
        let Some(flat) = Change::from_webhook(body).ok().as_ref().and_then(flat) else {
            return;
        };
        for (key, value) in &flat {
            assert!(!value.is_object() && !value.is_null(), "{key}: {value}");
        }
    });
}

#[test]
fn what_a_template_accepts_becomes_a_row_or_says_why_not() {
    let registry = Registry::builtin().unwrap();
    let templates: Vec<_> = registry.iter().collect();
    let context = RowContext {
        topic_id: "t",
        partition: 0,
        offset: 7,
        batch_first_offset: 3,
        kind: "webhook",
    };
    let flats: Vec<Vec<u8>> = bodies()
        .iter()
        .filter_map(|body| flat(&Change::from_webhook(body).ok()?))
        .map(|flat| Value::Object(flat).to_string().into_bytes())
        .collect();
    corpus("flat").with(flats).run(SEED + 3, length(), |bytes| {
        let event = serde_json::from_slice::<serde_json::Map<String, Value>>(bytes);
        for template in &templates {
            let read = template.read(bytes);
            let Ok(event) = &event else {
                assert_eq!(read.unwrap_err(), NotTaken::NotJson);
                continue;
            };
            // What is compiled and the schema as a whole are of one mind, and make the same row.
            match (read, template.check(event.clone())) {
                (Ok(read), Ok(checked)) => match template.row(&checked, &context) {
                    Ok(row) => {
                        assert_eq!(row.len(), template.columns().len());
                        assert_eq!(template.row(&read, &context).unwrap(), row);
                    }
                    Err(violations) => {
                        assert!(!violations.is_empty());
                        assert_eq!(template.row(&read, &context).unwrap_err(), violations);
                    }
                },
                (Err(NotTaken::Violations(read)), Err(violations)) => {
                    assert!(!violations.is_empty());
                    assert_eq!(read, violations);
                }
                (read, checked) => panic!("{read:?} against {checked:?}"),
            }
        }
    });
}

#[test]
fn headers_of_any_bytes() {
    let pairs = [
        "event-uuid: 6b0c2d0e-5a7e-4c2a-9a51-0b8f5a1f7a10\nkind: webhook\naccept-seq: collector-0/b1/41\nsource: crm\n\
         received-at: 2026-02-03T10:20:30.911007Z\nwebhook-version: 2\nobject: deal\naction: updated\nattempt: 1\nreplay: r1"
            .as_bytes()
            .to_vec(),
    ];
    corpus("headers").with(pairs).run(SEED + 4, length(), |bytes| {
        let pairs = bytes.split(|byte| *byte == b'\n').filter_map(|line| {
            let at = line.iter().position(|byte| *byte == b':')?;
            let name = std::str::from_utf8(&line[..at]).ok()?;
            Some((name, line[at + 1..].trim_ascii()))
        });
        if let Ok(headers) = Headers::from_pairs(pairs) {
            assert!(!headers.to_pairs().is_empty());
        }
    });
}

/// Exports of spend as platforms write them, and how each is read.
fn exports() -> [(Vec<u8>, sheet::Way); 4] {
    let named = |pairs: &[(&str, &str)]| {
        let pairs = pairs
            .iter()
            .map(|(field, column)| ((*field).to_owned(), (*column).to_owned()));
        pairs.collect()
    };
    [
        (
            b"day,source,campaign,amount,currency,clicks\n2026-03-04,google,\"spring, early\",120.50,EUR,48\n".to_vec(),
            sheet::Way::default(),
        ),
        (
            "\u{feff}Tag;Quelle;Kosten\r\n2026-03-04;newsletter;1234,56\r\n".as_bytes().to_vec(),
            sheet::Way {
                map: named(&[("day", "Tag"), ("source", "Quelle"), ("amount", "Kosten")]),
                defaults: named(&[("currency", "EUR"), ("campaign", "")]),
                decimals: sheet::Decimals::Comma,
                ..sheet::Way::default()
            },
        ),
        (
            br#"{"data":[{"day":"2026-03-04","source":"google","campaign":"a","metrics":{"cost":12.5},"currency":"EUR"}]}"#
                .to_vec(),
            sheet::Way {
                map: named(&[("amount", "/metrics/cost")]),
                rows: "/data".to_owned(),
                ..sheet::Way::default()
            },
        ),
        (
            b"{\"day\":\"2026-03-04\",\"source\":\"google\",\"campaign\":\"\",\"amount\":1e2,\"currency\":\"EUR\"}\n".to_vec(),
            sheet::Way::default(),
        ),
    ]
}

#[test]
fn a_file_that_is_imported_becomes_rows_or_says_why_not() {
    let registry = Registry::builtin().unwrap();
    let spend = registry.get("marketing-spend/1.0").unwrap();
    for (at, (export, way)) in exports().into_iter().enumerate() {
        let whole = sheet::read(&export, &way, spend, 1001).unwrap();
        assert_eq!(
            (whole.rows.len(), whole.faults.rows),
            (1, 0),
            "{:?}",
            whole.faults
        );
        corpus("sheet")
            .with([export])
            .run(SEED + 7 + at as u64, length(), |bytes| {
                let Ok(sheet) = sheet::read(bytes, &way, spend, 1001) else {
                    return;
                };
                assert!(!sheet.rows.is_empty() || sheet.faults.rows > 0);
                assert!(
                    sheet.faults.first.len() <= sheet::FAULTS_MAX && sheet.faults.count >= sheet.faults.rows
                );
                for mut row in sheet.rows {
                    let row = spend.import_row(&mut row, 1).expect("what was judged is a row");
                    assert_eq!(row.len(), spend.columns().len());
                }
            });
    }
}

#[test]
fn a_source_of_rates_holds_rates_above_zero_or_says_why_not() {
    let read = |name| std::fs::read(root().join("crates/rates/fixtures").join(name)).unwrap();
    let sources = ["daily.xml", "history.csv", "portal.csv", "zloty.csv"].map(read);
    let quotations = [
        rates::Quotation::default(),
        rates::Quotation {
            base: "PLN".to_owned(),
            quoted: rates::Quoted::BasePerUnit,
        },
    ];
    corpus("rates").with(sources).run(SEED + 11, length(), |bytes| {
        let text = String::from_utf8_lossy(bytes);
        for quotation in &quotations {
            let Ok(rates) = rates::read(&text, quotation) else {
                continue;
            };
            assert!(!rates.is_empty());
            for rate in rates {
                assert!(rate.per_eur > rust_decimal::Decimal::ZERO, "{rate:?}");
                let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
                assert!(
                    (3..=16).contains(&rate.currency.len()) && rate.currency.bytes().all(is_code),
                    "{rate:?}"
                );
            }
        }
    });
}
