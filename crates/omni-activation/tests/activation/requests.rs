//! What is sent, as files: a folder dropped into `tests/cases/<kind>/` is a case.
//!
//! `omni.toml` (one destination), `event.json` (the flat event, sent byte for byte where the protocol allows),
//! `request.txt` (the request it must become at the fixed time and identity below).

use std::fmt::Write;
use std::path::{Path, PathBuf};

use omni_activation::destination::{Destination, Event, Request};
use omni_activation::{Config, TABLES};
use uuid::Uuid;

const DAYS_3: i64 = 3 * 24 * 60 * 60;
/// 2026-02-03T10:20:30Z
const AT_SECONDS: i64 = 1_770_114_030;
const EVENT: Uuid = Uuid::from_u128(0xfeed_0000_0000_4000_8000_0000_0000_0002);

pub(crate) fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

pub(crate) fn destination(folder: &Path) -> Destination {
    let config: Config = stage::config::load_with(Some(&folder.join("omni.toml")), TABLES, &[]).unwrap();
    let settings = config.destination.values().next().unwrap();
    settings.check("case").unwrap();
    Destination::new(settings).unwrap()
}

/// The request as text: line, headers by name, body.
fn written(request: &Request) -> String {
    let mut text = format!("POST {}\n", request.url);
    let mut headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    headers.sort_unstable();
    for (name, value) in headers {
        writeln!(text, "{name}: {value}").unwrap();
    }
    text + "\n" + std::str::from_utf8(&request.body).unwrap()
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(of)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    folders
}

#[test]
fn every_case_becomes_its_request() {
    let mut seen = 0;
    for kind in folders(&cases()) {
        for case in folders(&kind) {
            let event = std::fs::read(case.join("event.json")).unwrap();
            let event = Event {
                uuid: EVENT,
                flat: &event,
            };
            let request = written(&destination(&case).request(&event, AT_SECONDS).unwrap());
            let expected = std::fs::read_to_string(case.join("request.txt")).unwrap_or_default();
            assert_eq!(
                request.trim_end(),
                expected.trim_end(),
                "{}\n{request}",
                case.display()
            );
            seen += 1;
        }
    }
    assert!(seen >= 5, "{seen} cases");
}

/// The receiver's side of Standard Webhooks accepts what we sign.
#[test]
fn a_signature_is_accepted_by_a_receiver() {
    let case = cases().join("http/signed");
    let event = std::fs::read(case.join("event.json")).unwrap();
    let now = stage::clock::now_micro() / 1_000_000;
    let request = destination(&case)
        .request(
            &Event {
                uuid: EVENT,
                flat: &event,
            },
            now,
        )
        .unwrap();
    let receiver = standardwebhooks::Webhook::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    receiver.verify(&request.body, &request.headers).unwrap();
    let mut forged = request.body.clone();
    forged.push(b' ');
    assert!(receiver.verify(&forged, &request.headers).is_err());
}

#[test]
fn what_is_no_flat_object_is_unfit_for_a_container() {
    let case = cases().join("gtm_server/plain");
    for flat in [b"[1]".as_slice(), b"", b"\"text\"", b"{"] {
        assert!(
            destination(&case)
                .request(&Event { uuid: EVENT, flat }, AT_SECONDS)
                .is_err()
        );
    }
}

#[test]
fn what_google_would_drop_without_a_word_is_given_up_with_one() {
    let case = cases().join("ga4/plain");
    let event = std::fs::read_to_string(case.join("event.json")).unwrap();
    let refused = |flat: &str, at_seconds: i64| {
        let event = Event {
            uuid: EVENT,
            flat: flat.as_bytes(),
        };
        destination(&case)
            .request(&event, at_seconds)
            .err()
            .map(omni_activation::destination::Unfit::reason)
    };
    assert_eq!(refused(&event, AT_SECONDS + DAYS_3), None);
    assert_eq!(refused(&event, AT_SECONDS + DAYS_3 + 1), Some("too_old"));
    assert_eq!(
        refused(&event.replace("\"contact_id\"", "\"contact_idx\""), AT_SECONDS),
        Some("no_client")
    );
    assert_eq!(
        refused(&event.replace("pipedrive_deal_updated", "ga_x"), AT_SECONDS),
        Some("no_name")
    );
    assert_eq!(refused("[]", AT_SECONDS), Some("unfit"));
}
