//! Settings of a person laid over those that a command makes.

use std::path::Path;

use toml::{Table, Value};

/// Tables are merged key by key, anything else replaces what was there.
pub(super) fn lay_over(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                // A secret given as a file replaces one given as text.
                if let Some(named) = key.strip_suffix("_file") {
                    below.remove(named);
                }
                below.insert(key, value);
            }
        }
    }
}

/// Files that `own` names by relative paths stay where its reader looks for them, beside it, when its settings go into another
/// file; one that is only where the command runs stays there.
pub(super) fn stay_beside(own: &Path, settings: &mut Table) {
    let Some(folder) = own.parent().and_then(|folder| std::path::absolute(folder).ok()) else {
        return;
    };
    for (key, value) in settings {
        match value {
            Value::Table(settings) => stay_beside(own, settings),
            Value::String(file) if key.ends_with("_file") && Path::new(file).is_relative() => {
                let beside = folder.join(&*file);
                let there = std::path::absolute(&*file)
                    .ok()
                    .filter(|there| there.exists() && !beside.exists());
                *file = there.unwrap_or(beside).to_string_lossy().into_owned();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn own_settings_win_key_by_key_and_a_secret_file_replaces_a_secret() {
        let mut below: Table = "[source.pipedrive]\nuser = 'a'\npassword = 'b'\n[kafka]\npartitions = 4"
            .parse()
            .unwrap();
        let above = "[source.pipedrive]\npassword_file = '/f'\n[kafka]\npartitions = 8\n[loader]\nx = 1";
        lay_over(&mut below, above.parse().unwrap());
        let expected =
            "[source.pipedrive]\nuser = 'a'\npassword_file = '/f'\n[kafka]\npartitions = 8\n[loader]\nx = 1";
        assert_eq!(below, expected.parse::<Table>().unwrap());
    }

    #[test]
    fn a_file_beside_the_settings_is_found_from_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("mine.toml");
        let mut settings: Table =
            "[source.pipedrive]\npassword_file = 'password'\napi_token_file = '/run/token'\nuser = 'a'"
                .parse()
                .unwrap();
        stay_beside(&own, &mut settings);
        let source = settings["source"]["pipedrive"].as_table().unwrap();
        let beside = folder.path().join("password");
        assert_eq!(source["password_file"].as_str(), beside.to_str());
        assert_eq!(source["api_token_file"].as_str(), Some("/run/token"));
        assert_eq!(source["user"].as_str(), Some("a"));
    }
}
