//! Folders of templates, as a deployment has them.
#![allow(clippy::unwrap_used)]
use super::*;

const DEALS: &str = "pipedrive-deals/2.0";

/// Writes the built-in deals template under this name, changed.
fn write(dir: &Path, key: &str, change: impl Fn(&str, &str) -> String) {
    let registry = Registry::builtin().unwrap();
    for (path, text) in registry.get(DEALS).unwrap().files() {
        let file = dir.join(key).join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, change(path, text)).unwrap();
    }
}

fn open(dir: &Path) -> Shelf {
    Shelf::open(&Config { dir: dir.to_owned() }).unwrap()
}

#[test]
fn a_template_of_the_folder_joins_the_built_in_ones_or_replaces_one() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), DEALS, |_, text| text.replace("Won value", "Gewonnen"));
    write(dir.path(), "mine/1.0", |path, text| match path {
        "template.toml" => text
            .replace("id = \"pipedrive-deals\"", "id = \"mine\"")
            .replace("version = \"2.0\"", "version = \"1.0\""),
        _ => text.to_owned(),
    });
    std::fs::create_dir(dir.path().join(".git")).unwrap();
    let shelf = open(dir.path());
    assert!(shelf.refused.is_empty(), "{:?}", shelf.refused);
    let words = shelf.registry.get(DEALS).unwrap().file("i18n/en.toml").unwrap();
    assert!(words.contains("Gewonnen"));
    assert!(shelf.registry.get("mine/1.0").is_some() && shelf.registry.get("pipedrive-deals/1.03").is_some());
    assert_eq!(shelf.folder_of("mine/1.0").unwrap(), dir.path().join("mine/1.0"));
}

#[test]
fn a_broken_template_is_told_with_file_and_line_and_leaves_the_others_alone() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "broken/1", |path, text| match path {
        "template.toml" => text.replace("currency = \"EUR\"", "curency = \"EUR\""),
        _ => text.to_owned(),
    });
    write(dir.path(), "misnamed/1", |_, text| text.to_owned());
    let shelf = open(dir.path());
    let refused: Vec<_> = shelf.refused.iter().map(|refused| refused.key.as_str()).collect();
    assert_eq!(refused, ["broken/1", "misnamed/1"]);
    let told = shelf.check("broken/1").unwrap_err().to_string();
    assert!(
        told.contains("template.toml:") && told.contains("curency"),
        "{told}"
    );
    assert!(
        shelf
            .check("misnamed/1")
            .unwrap_err()
            .to_string()
            .contains("says it is pipedrive-deals/2.0")
    );
    shelf.check(DEALS).unwrap();
}

#[test]
fn a_folder_that_is_not_there_is_refused_and_none_is_none() {
    let nowhere = Config {
        dir: "/nowhere/at/all".into(),
    };
    assert!(
        Shelf::open(&nowhere)
            .unwrap_err()
            .to_string()
            .contains("/nowhere/at/all")
    );
    assert!(Shelf::open(&Config::default()).unwrap().folders.is_empty());
}

#[test]
fn a_change_of_any_file_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), DEALS, |_, text| text.to_owned());
    let before = Snapshot::of(dir.path());
    assert_eq!(before, Snapshot::of(dir.path()));
    std::fs::write(dir.path().join(DEALS).join("panels/won_value.sql"), "SELECT 1").unwrap();
    let after = Snapshot::of(dir.path());
    assert_ne!(before, after);
    std::fs::remove_file(dir.path().join(DEALS).join("panels/won_value.sql")).unwrap();
    assert_ne!(after, Snapshot::of(dir.path()));
}
