//! What is sent, as files: a folder dropped into `tests/cases/<kind>/` is a case.
//!
//! `omni.toml` (one destination), `event.json` (the flat event, sent byte for byte where the protocol allows; a list goes in
//! one request), and what it must become at the fixed time and identity below: `request.txt`, or `unfit.txt` with the reason
//! why it cannot be said. With `OMNI_WRITE=1` a missing `request.txt` is written, to be read by a person.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use omni_activation::destination::{Destination, Event, Login, Now, Request, Said, Unfit};
use omni_activation::{Config, TABLES};
use serde_json::value::RawValue;
use uuid::Uuid;

const DAYS_3: i64 = 3 * 24 * 60 * 60;
/// 2026-02-03T10:20:30Z
const AT_SECONDS: i64 = 1_770_114_030;
pub(crate) const EVENT: Uuid = Uuid::from_u128(0xfeed_0000_0000_4000_8000_0000_0000_0002);

pub(crate) fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

pub(crate) fn destination(folder: &Path) -> Destination {
    let config: Config = stage::config::load_with(Some(&folder.join("omni.toml")), TABLES, &[]).unwrap();
    let settings = config.destination.values().next().unwrap();
    settings.check("case").unwrap();
    Destination::new(settings).unwrap()
}

/// What is said of each event of a case.
pub(crate) fn said(destination: &Destination, case: &Path) -> Result<Vec<Said>, Unfit> {
    let text = std::fs::read_to_string(case.join("event.json")).unwrap();
    let events: Vec<&RawValue> = if text.starts_with('[') {
        serde_json::from_str(&text).unwrap()
    } else {
        Vec::new()
    };
    let mut events: Vec<&str> = events.iter().map(|event| event.get()).collect();
    if events.is_empty() {
        events.push(&text);
    }
    let said = events.iter().enumerate().map(|(number, flat)| {
        let uuid = Uuid::from_u128(EVENT.as_u128() + number as u128);
        destination.say(&Event::new(uuid, flat.as_bytes()), AT_SECONDS)
    });
    said.collect()
}

fn requested(destination: &Destination, said: &[Said], at_seconds: i64) -> Result<Request, Unfit> {
    let credential = destination.protocol().login().map(Login::example);
    let now = Now {
        seconds: at_seconds,
        credential: credential.as_ref(),
    };
    destination
        .protocol()
        .request(&said.iter().collect::<Vec<_>>(), &now)
}

/// The request as text: line, headers by name, body.
fn written(request: &Request) -> String {
    let mut text = format!("{} {}\n", request.method, request.url);
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

pub(crate) fn folders(of: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(of)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    folders
}

/// What a case became, and what it must.
fn compared(case: &Path) -> (String, String) {
    let destination = destination(case);
    let read = |name: &str| std::fs::read_to_string(case.join(name)).ok();
    let became = said(&destination, case).and_then(|said| requested(&destination, &said, AT_SECONDS));
    match became {
        Err(unfit) => (unfit.reason().to_owned(), read("unfit.txt").unwrap_or_default()),
        Ok(request) => {
            let (request, file) = (written(&request), case.join("request.txt"));
            if !file.exists() && may_write() {
                std::fs::write(&file, &request).unwrap();
            }
            (request, read("request.txt").unwrap_or_default())
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test asks whether to write its file")]
fn may_write() -> bool {
    std::env::var_os("OMNI_WRITE").is_some()
}

#[test]
fn every_case_becomes_its_request() {
    let mut seen = 0;
    for case in folders(&cases()).iter().flat_map(|kind| folders(kind)) {
        let (became, expected) = compared(&case);
        assert_eq!(
            became.trim_end(),
            expected.trim_end(),
            "{}\n{became}",
            case.display()
        );
        seen += 1;
    }
    assert!(seen >= 26, "{seen} cases");
}

/// The receiver's side of Standard Webhooks accepts what we sign.
#[test]
fn a_signature_is_accepted_by_a_receiver() {
    let case = cases().join("http/signed");
    let destination = destination(&case);
    let now = stage::clock::now_micro() / 1_000_000;
    let request = requested(&destination, &said(&destination, &case).unwrap(), now).unwrap();
    let receiver = standardwebhooks::Webhook::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    receiver.verify(&request.body, &request.headers).unwrap();
    let mut forged = request.body.clone();
    forged.push(b' ');
    assert!(receiver.verify(&forged, &request.headers).is_err());
}

#[test]
fn what_is_no_flat_object_is_unfit_for_a_container() {
    let destination = destination(&cases().join("gtm_server/plain"));
    for flat in [b"[1]".as_slice(), b"", b"\"text\"", b"{"] {
        assert!(destination.say(&Event::new(EVENT, flat), AT_SECONDS).is_err());
    }
}

#[test]
fn what_google_would_drop_without_a_word_is_given_up_with_one() {
    let case = cases().join("ga4/plain");
    let destination = destination(&case);
    let event = std::fs::read_to_string(case.join("event.json")).unwrap();
    let refused = |flat: &str, at_seconds: i64| {
        let said = destination.say(&Event::new(EVENT, flat.as_bytes()), at_seconds);
        said.err().map(Unfit::reason)
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
