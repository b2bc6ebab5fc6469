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

/// The blocks of code of the fifteen minutes, in their order, each with its language.
fn blocks() -> Vec<(String, String)> {
    let page = include_str!("../../../docs/templates.md");
    let (_, minutes) = page.split_once("## Fifteen minutes").unwrap();
    let (minutes, _) = minutes.split_once("\n## ").unwrap();
    let mut blocks = Vec::new();
    for (at, part) in minutes.split("```").enumerate() {
        if at % 2 == 1 {
            let (language, text) = part.split_once('\n').unwrap();
            blocks.push((language.to_owned(), text.to_owned()));
        }
    }
    blocks
}

/// A board as an author has it before them.
struct Desk {
    folder: tempfile::TempDir,
    blocks: std::vec::IntoIter<(String, String)>,
}

impl Desk {
    fn block(&mut self, language: &str) -> String {
        let (found, text) = self.blocks.next().unwrap();
        assert_eq!(found, language, "{text}");
        text
    }

    fn file(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join("boards/mine/1.0").join(path)
    }

    fn append(&self, path: &str, text: &str) {
        let file = self.file(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let before = std::fs::read_to_string(&file).unwrap_or_default();
        std::fs::write(&file, format!("{before}{text}")).unwrap();
    }

    fn change(&self, path: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.file(path)).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        std::fs::write(self.file(path), text.replacen(from, to, 1)).unwrap();
    }

    /// The lines of a block, run one after the other; what the last one said.
    fn run(&self, commands: &str) -> String {
        let mut said = String::new();
        for line in commands.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words[..2], ["omni", "template"], "{line}");
            said = told(&template(self.folder.path(), &words[2..]));
        }
        said
    }

    fn check(&self) -> String {
        self.run("omni template check boards/mine/1.0")
    }
}

/// `docs/templates.md`, followed to the letter until the board is to be shown.
#[test]
fn the_fifteen_minutes_of_the_page_are_as_it_says() {
    let mut desk = Desk {
        folder: tempfile::tempdir().unwrap(),
        blocks: blocks().into_iter(),
    };
    let begin = desk.block("sh");
    let said = desk.run(&begin);
    assert!(said.ends_with(
        "1 template, 0 findings; 9 answers as expected, 0 numbers held against the lists behind them, 0 sums that agree\n"
    ), "{said}");

    desk.append("template.toml", &desk.blocks.as_slice()[0].1);
    desk.block("toml");
    desk.change(
        "template.toml",
        "panels = [\"won_by_source\"]",
        "panels = [\"won_by_source\", \"open_deals\"]",
    );
    let sql = desk.block("sql");
    desk.append("panels/open_deals.sql", &sql);
    assert_eq!(desk.check(), desk.block(""));

    desk.change(
        "i18n/en.toml",
        "[column]\n",
        "[column]\nopen_deals = \"Open deals\"\n",
    );
    let words = desk.block("toml");
    desk.append("i18n/en.toml", &words);
    let expect = desk.block("sh");
    let said = desk.run(&expect);
    assert!(
        said.starts_with("1 template, 0 findings; 12 answers as expected"),
        "{said}"
    );

    let list = desk.block("toml");
    desk.append("template.toml", &list);
    let sql = desk.block("sql");
    desk.append("lists/open_deals.sql", &sql);
    desk.change(
        "i18n/en.toml",
        "[column]\n",
        "[column]\ntitle = \"Deal\"\ndeal_value = \"Value\"\n",
    );
    let words = desk.block("toml");
    desk.append("i18n/en.toml", &words);
    let said = desk.check();
    assert!(
        said.contains("0 findings") && said.contains("1 number held against the lists behind them"),
        "{said}"
    );

    // What is broken then is found.
    desk.change("lists/open_deals.sql", "    AND deal_status = 'open'\n", "");
    let said = desk.check();
    let wrong = "list open_deals comes to \"4\" (deals), and the panel says \"1\" (open_deals)";
    assert!(
        said.contains("boards/mine/1.0/template.toml:") && said.contains(wrong),
        "{said}"
    );
    std::fs::remove_file(desk.file("lists/open_deals.sql")).unwrap();
    desk.append("lists/open_deals.sql", &sql);
    desk.change("panels/open_deals.sql", "FROM deals FINAL", "FROM deals");
    let said = desk.check();
    assert!(
        said.contains("loaded twice and shuffled with merges stopped"),
        "{said}"
    );
}

#[test]
fn a_template_whose_folder_says_otherwise_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    template(folder.path(), &["new", "mine"]);
    let manifest = folder.path().join("templates/mine/1.0/template.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("version = \"1.0\"", "version = \"1.1\"")).unwrap();
    let checked = template(folder.path(), &["check", "--offline", "templates/mine/1.0"]);
    let line = "templates/mine/1.0/template.toml:5: says it is mine/1.1, and its folder says mine/1.0";
    assert!(told(&checked).contains(line), "{}", told(&checked));
}
