//! `omni access`, as an operator has it.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::process::omni;

fn access(words: &[&str], input: &str) -> Output {
    let mut command = Command::new(omni());
    command.arg("access").args(words).stdin(Stdio::piped());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_flat_token_comes_with_the_hash_that_the_configuration_takes() {
    let made = access(&["flat-token"], "");
    let told = String::from_utf8(made.stdout).unwrap();
    let [token, hash] = told.lines().collect::<Vec<_>>().try_into().unwrap();
    assert!(token.starts_with("omni_flat_"), "{told}");
    let hashed = access(&["flat-token", "--hash"], &format!("{token}\n"));
    assert_eq!(String::from_utf8(hashed.stdout).unwrap(), format!("{hash}\n"));

    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("omni.toml");
    let source = format!("[source.tags]\nuser = 'u'\npassword = 'p'\nflat_token_sha256 = ['{hash}']\n");
    std::fs::write(&settings, source).unwrap();
    let checked = Command::new(omni())
        .args(["check", "--config"])
        .arg(&settings)
        .output()
        .unwrap();
    let told = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.success(), "{told}");
    assert!(told.contains(&hash[..8]) && !told.contains(hash), "{told}");
}

#[test]
fn a_token_that_could_be_guessed_is_not_hashed() {
    for short in ["secret\n", "a token with enough letters but spaces\n", ""] {
        let refused = access(&["flat-token", "--hash"], short);
        assert_eq!(refused.status.code(), Some(1), "{short}");
        assert!(refused.stdout.is_empty());
    }
}
