//! Keys go to their file and back, and an API key is known by its hash.
#![allow(clippy::unwrap_used)]
use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn embed_key() -> EmbedKey {
    EmbedKey {
        label: "portal".to_owned(),
        secret: Secret::default(),
        origins: vec!["https://app.example.com".to_owned()],
        companies: vec![7],
        boards: Vec::new(),
        pii: false,
        created_at: String::new(),
    }
}

fn api_key() -> ApiKey {
    ApiKey {
        label: "backend".to_owned(),
        sha256: String::new(),
        scopes: vec![Scope::Tokens],
        companies: Vec::new(),
        pii: false,
        created_at: String::new(),
    }
}

#[test]
fn a_file_is_read_as_it_was_written_and_only_its_owner_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access/keys.toml");
    assert!(Ring::read(&path).unwrap().embed.is_empty());
    let mut ring = Ring::default();
    let id = ring.add_embed(embed_key()).unwrap();
    let (key, text) = ring.add_api(api_key()).unwrap();
    ring.write(&path).unwrap();
    ring.write(&path).unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let read = Ring::read(&path).unwrap();
    assert_eq!(
        read.embed.get(&id).unwrap().secret.expose(),
        ring.embed.get(&id).unwrap().secret.expose()
    );
    assert!(read.api_key(&text).is_some());
    let kept = std::fs::read_to_string(&path).unwrap();
    // A secret may hold underscores of its own.
    let secret = text.strip_prefix(&format!("omni_{key}_")).unwrap();
    assert!(!kept.contains(secret), "an API key is kept as a hash");
}

#[test]
fn only_the_very_text_of_an_api_key_opens() {
    let mut ring = Ring::default();
    let (id, text) = ring.add_api(api_key()).unwrap();
    assert_eq!(ring.api_key(&text).unwrap().0, &id);
    let other = format!("{text}x");
    for wrong in [
        "",
        "omni_",
        &format!("omni_{id}_"),
        &other,
        text.strip_prefix("omni_").unwrap(),
    ] {
        assert!(ring.api_key(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn a_file_of_something_else_is_refused_by_name() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[embed.a]\nsecrets = 1\n").unwrap();
    let said = Ring::read(file.path()).unwrap_err().to_string();
    assert!(said.contains(file.path().to_str().unwrap()), "{said}");
}
