//! A token is believed when everything about it is right, and only then.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use serde_json::json;
use stage::Secret;

use super::*;

const NOW: u64 = 1_790_000_000;

fn ring() -> (Ring, String) {
    let mut ring = Ring::default();
    let key = EmbedKey {
        label: String::new(),
        secret: Secret::default(),
        origins: vec![
            "https://app.example.com".to_owned(),
            "http://localhost:3000".to_owned(),
        ],
        companies: vec![1001],
        boards: vec!["pipedrive-deals".to_owned()],
        pii: false,
        created_at: String::new(),
    };
    let id = ring.add_embed(key).unwrap();
    (ring, id)
}

fn claims() -> Claims {
    Claims {
        iat: NOW,
        exp: NOW + 900,
        template: "pipedrive-deals".to_owned(),
        company: 1001,
        origins: vec!["https://app.example.com".to_owned()],
        ..Claims::default()
    }
}

/// Judged after this change of the claims.
fn after(change: impl FnOnce(&mut Claims)) -> Result<Believed, Unbelieved> {
    let (ring, id) = ring();
    let mut claims = claims();
    change(&mut claims);
    let token = sign(&claims, &id, ring.embed.get(&id).unwrap()).unwrap();
    judge(&token, &ring, NOW + 1)
}

#[test]
fn what_was_signed_is_what_is_read() {
    let lock = json!({"owner": [32, "33"], "currency": "EUR"});
    let believed = after(|claims| claims.lock = lock.as_object().unwrap().clone()).unwrap();
    let locked = believed.claims.locked().unwrap();
    assert_eq!(locked.get("owner").unwrap(), &["32", "33"]);
    assert_eq!(locked.get("currency").unwrap(), &["EUR"]);
}

#[test]
fn no_token_goes_beyond_its_time_or_its_key() {
    assert_eq!(after(|claims| claims.exp = NOW + 1), Err(Unbelieved::Expired));
    for change in [
        (|claims: &mut Claims| claims.exp = NOW + 901) as fn(&mut Claims),
        |claims| claims.iat = NOW + 100,
        |claims| claims.company = 2002,
        |claims| claims.company = 0,
        |claims| claims.template = "other".to_owned(),
        |claims| claims.pii = true,
        |claims| claims.origins = vec!["https://evil.example.com".to_owned()],
        |claims| claims.origins.push("https://evil.example.com".to_owned()),
        |claims| claims.origins.clear(),
        |claims| drop(claims.lock.insert("owner".to_owned(), json!([]))),
        |claims| drop(claims.lock.insert("owner".to_owned(), json!(""))),
        |claims| drop(claims.lock.insert("owner".to_owned(), json!({"not": 7}))),
        |claims| drop(claims.lock.insert("owner".to_owned(), Value::Null)),
    ] {
        assert!(matches!(after(change), Err(Unbelieved::Claim(_))));
    }
}

#[test]
fn a_token_of_another_key_or_with_a_changed_letter_is_not_believed() {
    let (ring, id) = ring();
    let key = ring.embed.get(&id).unwrap();
    let token = sign(&claims(), &id, key).unwrap();
    assert!(judge(&token, &ring, NOW).is_ok());
    let (other, other_id) = self::ring();
    assert_eq!(judge(&token, &other, NOW), Err(Unbelieved::Key));
    let foreign = sign(&claims(), &id, other.embed.get(&other_id).unwrap()).unwrap();
    assert_eq!(judge(&foreign, &ring, NOW), Err(Unbelieved::Signature));
    let [head, body, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let wider = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&json!({"company": 2002})).unwrap());
    let nothing = URL_SAFE_NO_PAD.encode(format!("{{\"alg\":\"none\",\"kid\":\"{id}\"}}"));
    for tampered in [
        format!("{head}.{wider}.{signature}"),
        format!("{head}.{body}."),
        format!("{head}.{body}"),
        format!("{nothing}.{body}."),
        format!("{nothing}.{body}.{signature}"),
        String::new(),
        "a.b.c".to_owned(),
        format!("{token}{}", "x".repeat(BYTES_MAX)),
    ] {
        assert!(judge(&tampered, &ring, NOW).is_err(), "{tampered}");
    }
}

#[test]
fn a_claim_that_nobody_knows_is_refused() {
    signature::install();
    let (ring, id) = ring();
    let mut told = serde_json::to_value(claims()).unwrap();
    told["locks"] = json!({"owner": [32]});
    let header = Header {
        kid: Some(id.clone()),
        ..Header::new(Algorithm::HS256)
    };
    let secret = EncodingKey::from_secret(&secret(ring.embed.get(&id).unwrap()).unwrap()).unwrap();
    let token = jsonwebtoken::encode(&header, &told, &secret).unwrap();
    let said = judge(&token, &ring, NOW).unwrap_err().to_string();
    assert!(said.contains("locks"), "{said}");
}
