//! Settings of a person laid over those that a command makes.

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
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
}
