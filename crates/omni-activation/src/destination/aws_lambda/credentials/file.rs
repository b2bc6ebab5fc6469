//! The shared credentials file: `[profile]`, then `aws_access_key_id = …`
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>).
//!
//! It is read again when its keys are refused, so whoever writes new ones into it need not restart anything. A profile that
//! takes its keys from elsewhere (`role_arn`, `credential_process`, `sso_…`) has none here.

use std::path::PathBuf;
use std::slice::Iter;

use stage::config::PlatformVariables;

use super::{Found, keys};
use crate::destination::{Brought, Step};

const DEFAULT: &str = "default";

#[derive(Debug)]
pub(super) struct SharedFile {
    path: PathBuf,
    profile: String,
}

impl SharedFile {
    /// None: there is no home folder to look in.
    pub(super) fn new(profile: &str, platform: &PlatformVariables) -> Option<Self> {
        let path = match platform.get("AWS_SHARED_CREDENTIALS_FILE") {
            Some(path) => PathBuf::from(path),
            None => platform.home()?.join(".aws").join("credentials"),
        };
        let profile = Some(profile).filter(|profile| !profile.is_empty());
        let profile = profile.or_else(|| platform.get("AWS_PROFILE"));
        Some(Self {
            path,
            profile: profile.unwrap_or(DEFAULT).to_owned(),
        })
    }

    pub(super) fn look(&self, brought: &mut Iter<'_, Brought>) -> Found {
        let Some(file) = brought.next() else {
            return Found::Step(Step::Read(self.path.clone()));
        };
        let text = String::from_utf8_lossy(&file.body);
        let said = |key| said(&text, &self.profile, key);
        let (Some(id), Some(secret)) = (said("aws_access_key_id"), said("aws_secret_access_key")) else {
            return Found::Nothing;
        };
        Found::Step(Step::Have {
            credential: keys(id, secret, said("aws_session_token").unwrap_or_default()),
            until_seconds: None,
        })
    }
}

/// What a profile says of a key; the last word counts.
fn said<'t>(text: &'t str, profile: &str, key: &str) -> Option<&'t str> {
    let (mut is_in, mut value) = (false, None);
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
            is_in = name.trim() == profile;
        } else if let Some((name, said)) = line.split_once('=')
            && is_in
            && name.trim().eq_ignore_ascii_case(key)
        {
            value = Some(said.trim()).filter(|said| !said.is_empty());
        }
    }
    value
}
