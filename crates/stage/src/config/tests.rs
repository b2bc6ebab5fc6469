//! Files and variables as a user writes them, and what comes of them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::*;
use crate::Secret;

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Config {
    stage: crate::Settings,
    collector: Collector,
    source: BTreeMap<String, Source>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Collector {
    listen: Option<std::net::SocketAddr>,
    body_bytes_max: u64,
    lenient: bool,
    ratio: f64,
    properties: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Source {
    user: String,
    password: Secret,
    #[serde(default)]
    companies: Vec<u64>,
    #[serde(default, skip_serializing)]
    api_token: serde::de::IgnoredAny,
}

const READ: &[&str] = &["stage", "collector", "source"];

struct Given {
    dir: TempDir,
    variables: Vec<(String, String)>,
}

fn file(text: &str) -> Given {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("omni.toml"), text).unwrap();
    Given {
        dir,
        variables: Vec::new(),
    }
}

impl Given {
    fn env(mut self, name: &str, value: &str) -> Given {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn load(&self) -> Result<Config, ConfigError> {
        load_with(Some(&self.dir.path().join("omni.toml")), READ, &self.variables)
    }

    fn refused(&self) -> String {
        let folder = format!("{}/", self.dir.path().display());
        self.load().unwrap_err().to_string().replace(&folder, "")
    }
}

const SOURCE: &str = "[source.pipedrive]\nuser = \"omni\"\npassword = \"1\"\n";

#[test]
fn nothing_given_means_defaults() {
    let config: Config = load_with(None, READ, &[]).unwrap();
    assert_eq!((config.stage.instance.as_str(), config.source.len()), ("0", 0));
}

#[test]
fn the_environment_wins_and_is_typed_by_the_target() {
    let config = file("[collector]\nbody_bytes_max = 1\nlenient = false\n")
        .env("OMNI_COLLECTOR__BODY_BYTES_MAX", "1_048_576")
        .env("OMNI_COLLECTOR__LENIENT", "true")
        .env("OMNI_COLLECTOR__RATIO", "2")
        .env("OMNI_COLLECTOR__LISTEN", "127.0.0.1:8080")
        .env("OMNI_COLLECTOR__PROPERTIES", "linger.ms=1, acks = all")
        .env("OMNI_SOURCE__PIPEDRIVE__USER", "7")
        .env("OMNI_SOURCE__PIPEDRIVE__PASSWORD", "0012345")
        .env("OMNI_SOURCE__PIPEDRIVE__COMPANIES", "1, 22")
        .load()
        .unwrap();
    assert_eq!(config.collector.body_bytes_max, 1_048_576);
    assert!(config.collector.lenient);
    assert_eq!(config.collector.listen.unwrap().port(), 8080);
    assert_eq!(config.collector.properties.get("linger.ms").unwrap(), "1");
    let source = config.source.get("pipedrive").unwrap();
    assert_eq!((source.user.as_str(), source.password.expose()), ("7", "0012345"));
    assert_eq!(source.companies, [1, 22]);
}

#[test]
fn a_variable_finds_the_files_spelling_of_a_name() {
    let given = file("[source.Acme-EU]\nuser = \"a\"\npassword = \"b\"\n");
    let config = given.env("OMNI_SOURCE__ACME_EU__PASSWORD", "c").load().unwrap();
    assert_eq!(config.source.len(), 1);
    assert_eq!(config.source.get("Acme-EU").unwrap().password.expose(), "c");
}

#[test]
fn lists_and_tables_may_be_written_as_toml_in_a_variable() {
    let given = file(SOURCE).env("OMNI_SOURCE__PIPEDRIVE__COMPANIES", "[3, 4]");
    assert_eq!(
        given.load().unwrap().source.get("pipedrive").unwrap().companies,
        [3, 4]
    );
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let config = file("[collector]\nbody_bytes_max = 5\n")
        .env("OMNI_COLLECTOR__BODY_BYTES_MAX", "")
        .load();
    assert_eq!(config.unwrap().collector.body_bytes_max, 5);
}

#[test]
fn the_instance_has_a_short_name_and_the_long_one_wins() {
    let given = file("[stage]\ninstance = \"1\"\n").env("OMNI_INSTANCE", "2");
    assert_eq!(given.load().unwrap().stage.instance, "2");
    let given = given.env("OMNI_STAGE__INSTANCE", "3");
    assert_eq!(given.load().unwrap().stage.instance, "3");
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest() {
    assert_eq!(
        file("[stage]\n\n[collector]\nlisten = \"127.0.0.1:1\"\nbody_byte_max = 5\n").refused(),
        "omni.toml:5: [collector] has no key `body_byte_max`; did you mean `body_bytes_max`?"
    );
    assert_eq!(
        file("[collector]\nqqq = 5\n").refused(),
        "omni.toml:2: [collector] has no key `qqq`; it knows listen, body_bytes_max, lenient, ratio, properties"
    );
}

#[test]
fn an_unknown_key_in_a_variable_is_refused_by_its_name() {
    assert_eq!(
        file("").env("OMNI_COLLECTOR__LISTN", "x").refused(),
        "environment variable OMNI_COLLECTOR__LISTN: [collector] has no key `listn`; did you mean `listen`?"
    );
}

#[test]
fn an_unknown_table_is_refused_wherever_it_stands() {
    assert_eq!(
        file("[colector]\nlisten = 1\n").refused(),
        "omni.toml:1: there is no table [colector]; did you mean `collector`?"
    );
    assert_eq!(
        file("").env("OMNI_COLECTOR__LISTEN", "x").refused(),
        "environment variable OMNI_COLECTOR__LISTEN: there is no table [colector]; did you mean `collector`?"
    );
}

#[test]
fn tables_of_other_programs_are_passed_over() {
    assert!(
        file("[loader]\nanything = 1\n")
            .env("OMNI_LOADER__OTHER", "x")
            .load()
            .is_ok()
    );
}

#[test]
fn variables_that_are_no_settings_are_passed_over() {
    assert!(
        file("")
            .env("OMNI_TEST_KAFKA", "x")
            .env("OMNI_CACHE_DIR", "y")
            .load()
            .is_ok()
    );
}

#[test]
fn a_missing_key_is_named_with_the_variable_that_sets_it() {
    assert_eq!(
        file("[source.acme-eu]\nuser = \"omni\"\n").refused(),
        "omni.toml:1: [source.acme-eu] needs `password`; add it, or set OMNI_SOURCE__ACME_EU__PASSWORD"
    );
}

#[test]
fn a_value_of_the_wrong_kind_says_what_would_fit() {
    assert_eq!(
        file("[collector]\nbody_bytes_max = \"big\"\n").refused(),
        "omni.toml:2: `collector.body_bytes_max` is a text, but must be u64"
    );
    assert_eq!(
        file("").env("OMNI_COLLECTOR__BODY_BYTES_MAX", "big").refused(),
        "environment variable OMNI_COLLECTOR__BODY_BYTES_MAX: `collector.body_bytes_max` must be a whole \
         number, zero or more"
    );
    assert_eq!(
        file("[stage]\nlog_format = \"xml\"\n").refused(),
        "omni.toml:2: `stage.log_format` is `xml`, but must be one of: text, json"
    );
    assert_eq!(
        file("[source.a]\nuser = \"x\"\npassword = \"y\"\ncompanies = [1, \"2\"]\n").refused(),
        "omni.toml:4: `source.a.companies[1]` is a text, but must be u64"
    );
}

#[test]
fn what_is_no_toml_is_refused_with_its_line() {
    let refused = file("[stage]\ninstance = \n").refused();
    assert!(refused.starts_with("omni.toml:2: "), "{refused}");
}

#[test]
fn a_secret_may_come_from_a_file_beside_the_configuration() {
    let given = file("[source.a]\nuser = \"x\"\npassword_file = \"secret\"\n");
    std::fs::write(given.dir.path().join("secret"), "from file\n").unwrap();
    assert_eq!(
        given.load().unwrap().source.get("a").unwrap().password.expose(),
        "from file"
    );
}

#[test]
fn a_list_may_come_from_a_file_one_a_line() {
    let given = file("[source.a]\nuser = \"x\"\npassword = \"y\"\ncompanies_file = \"companies\"\n");
    std::fs::write(given.dir.path().join("companies"), "7\n\n  8 \r\n").unwrap();
    assert_eq!(given.load().unwrap().source.get("a").unwrap().companies, [7, 8]);
}

#[test]
fn a_secret_given_twice_is_refused() {
    assert_eq!(
        file("[source.a]\nuser = \"x\"\npassword = \"y\"\npassword_file = \"z\"\n").refused(),
        "omni.toml:4: both `source.a.password` and `source.a.password_file` are set; keep one of them"
    );
}

#[test]
fn a_secret_of_the_environment_replaces_the_files_whichever_way_it_is_given() {
    let given = file("[source.a]\nuser = \"x\"\npassword_file = \"nowhere\"\n");
    let config = given.env("OMNI_SOURCE__A__PASSWORD", "y").load().unwrap();
    assert_eq!(config.source.get("a").unwrap().password.expose(), "y");
}

#[test]
fn a_secrets_missing_file_is_named() {
    let refused = file("[source.a]\nuser = \"x\"\npassword_file = \"nowhere\"\n").refused();
    assert_eq!(
        refused,
        "omni.toml:3: cannot read nowhere, which `source.a.password_file` names"
    );
}

#[test]
fn a_key_of_another_program_is_known_but_not_read() {
    let config = file(&format!("{SOURCE}api_token_file = \"nowhere\"\n"))
        .load()
        .unwrap();
    assert_eq!(
        config.source.get("pipedrive").unwrap().api_token,
        serde::de::IgnoredAny
    );
}

#[test]
fn a_printed_configuration_masks_its_secrets() {
    let config = file(SOURCE).load().unwrap();
    let shown = format!("{config:?} {}", serde_json::to_string(&config).unwrap());
    assert!(shown.contains("***") && !shown.contains("\"1\""), "{shown}");
}

#[test]
fn a_missing_file_is_named() {
    let missing = load_with::<Config>(Some(Path::new("/nowhere/omni.toml")), READ, &[]).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "cannot read the configuration /nowhere/omni.toml"
    );
}
