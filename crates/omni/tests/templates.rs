//! `omni template`, as an author has it: from nothing to a board that passes, and what is said when it does not.

use std::path::Path;
use std::process::{Command, Output};

use crate::process::omni;

fn template(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(omni());
    command.arg("template").args(arguments).current_dir(folder);
    command.output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_new_template_passes_its_check_and_a_broken_one_is_told_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let made = template(folder.path(), &["new", "mine", "--dir", "templates"]);
    assert!(made.status.success(), "{made:?}");
    let checked = template(folder.path(), &["check", "templates/mine/1.0"]);
    assert!(checked.status.success(), "{checked:?}");
    assert!(
        told(&checked).contains("1 template, 0 findings; 9 answers as expected"),
        "{checked:?}"
    );

    let sql = folder.path().join("templates/mine/1.0/panels/won_by_source.sql");
    let text = std::fs::read_to_string(&sql).unwrap();
    std::fs::write(&sql, text.replace("deal_status = 'won'", "deal_status = 'open'")).unwrap();
    let checked = template(folder.path(), &["check", "templates/mine/1.0"]);
    assert_eq!(checked.status.code(), Some(1));
    let line = "templates/mine/1.0/fixtures/expected/won_by_source.json:5: case march";
    assert!(told(&checked).contains(line), "{}", told(&checked));

    std::fs::write(&sql, text.replace("{company:UInt64}", "{company:String}")).unwrap();
    let checked = template(folder.path(), &["check", "--offline", "templates/mine/1.0"]);
    assert_eq!(checked.status.code(), Some(1));
    let line = "templates/mine/1.0/panels/won_by_source.sql:7: the parameter company is declared as UInt64";
    assert!(told(&checked).contains(line), "{}", told(&checked));
}

#[test]
fn what_is_expected_is_shown_first_and_written_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    template(folder.path(), &["new", "mine"]);
    let file = folder
        .path()
        .join("templates/mine/1.0/fixtures/expected/won_by_source.json");
    let by_hand = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let shown = template(folder.path(), &["expect", "templates/mine/1.0"]);
    assert!(told(&shown).contains("\"case\": \"nothing chosen\""), "{shown:?}");
    assert!(!file.exists());
    let written = template(folder.path(), &["expect", "templates/mine/1.0", "--write"]);
    assert!(written.status.success() && file.exists(), "{written:?}");
    std::fs::write(&file, by_hand).unwrap();
    let shown = template(folder.path(), &["expect", "templates/mine/1.0"]);
    assert!(told(&shown).contains("as it is"), "{shown:?}");
}

#[test]
fn copies_are_compared_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    template(folder.path(), &["new", "mine", "--dir", "boards"]);
    let copy = [
        "new",
        "mine",
        "--dir",
        "boards",
        "--version",
        "1.1",
        "--from",
        "boards/mine/1.0",
    ];
    assert!(template(folder.path(), &copy).status.success());
    let sql = folder.path().join("boards/mine/1.1/panels/won_by_source.sql");
    let text = std::fs::read_to_string(&sql).unwrap();
    std::fs::write(&sql, text.replace("LIMIT {top:UInt16}", "LIMIT 5")).unwrap();
    let compared = template(folder.path(), &["diff", "boards/mine/1.0", "boards/mine/1.1"]);
    assert_eq!(compared.status.code(), Some(1));
    let told_lines = told(&compared);
    for line in [
        "template: version = \"1.0\" → \"1.1\"",
        "- LIMIT {top:UInt16}",
        "+ LIMIT 5",
    ] {
        assert!(told_lines.contains(line), "{told_lines}");
    }
    std::fs::write(folder.path().join("omni.toml"), "[templates]\ndir = \"boards\"\n").unwrap();
    let listed = template(folder.path(), &["list", "--config", "omni.toml"]);
    let told_lines = told(&listed);
    assert!(
        told_lines.contains("mine/1.1") && told_lines.contains("built in"),
        "{told_lines}"
    );
}
