//! The simulated Pipedrive account of `omni dev --demo`.

use super::Dev;
use super::configuration::{SOURCE, local_address};
use super::folder::{Folder, Secrets, write_private};
use super::ports::Ports;
use std::ffi::OsString;

/// Changes a second at speed 1.
const RATE: f64 = 3.0;

/// What `omni` is called with to be the account; none without `--demo`.
pub(super) fn words(
    dev: &Dev,
    folder: &Folder,
    ports: &Ports,
    secrets: &Secrets,
) -> anyhow::Result<Option<Vec<OsString>>> {
    if !dev.demo {
        return Ok(None);
    }
    // A password among the words would be seen by everybody on this machine.
    let password = folder.path("account-password");
    write_private(&password, secrets.source_password.as_bytes())?;
    let collector = local_address(ports.collector);
    let mut words: Vec<OsString> = vec!["simulate".into()];
    for (name, value) in [
        (
            "--target",
            format!("http://{collector}/webhooks/pipedrive/{SOURCE}").into(),
        ),
        ("--user", secrets.source_user.clone().into()),
        ("--password-file", password.into()),
        ("--rate", (RATE * dev.speed).to_string().into()),
        ("--seed", dev.seed.to_string().into()),
        ("--listen", local_address(ports.account).into()),
        ("--api-token", secrets.api_token.clone().into()),
        ("--state", folder.path("account.json").into_os_string()),
    ] {
        words.extend([name.into(), value]);
    }
    Ok(Some(words))
}
