//! Every command that a page tells: one of `omni` is parsed by the tree that parses it, one of another program has somebody who runs it.

use clap::error::ErrorKind;

use super::super::root;
use super::classes;
use super::page::all;
use super::shell;

/// Pages with commands that are typed beside those of `docs/`.
const MORE: &[&str] = &["README.md", "CONTRIBUTING.md", "bench/README.md"];
/// Stands for a word that the reader knows.
const PLACEHOLDERS: &[(&str, &str)] = &[
    ("EVENT_UUID", "00000000-0000-4000-8000-000000000000"),
    ("PORT", "8090"),
];

/// A command that a page tells.
pub(crate) struct Told {
    pub(crate) page: String,
    pub(crate) line: usize,
    pub(crate) words: Vec<String>,
}

impl Told {
    fn place(&self) -> String {
        format!("{}:{}: {}", self.page, self.line, self.words.join(" "))
    }

    /// The program, without the folder in which it was built.
    fn program(&self) -> &str {
        let first = self.words.first().map_or("", String::as_str);
        first.strip_prefix("target/release/").unwrap_or(first)
    }
}

/// All of them, page by page.
pub(crate) fn told() -> Vec<Told> {
    let pages = all()
        .into_iter()
        .filter(|page| page.path.starts_with("docs/") || MORE.contains(&page.path.as_str()));
    let mut told = Vec::new();
    for page in pages {
        for block in page.shell() {
            told.extend(shell::commands(&block.text).into_iter().map(|simple| Told {
                page: page.path.clone(),
                line: block.line + simple.line,
                words: simple.words,
            }));
        }
    }
    assert!(told.len() > 100, "the commands were found");
    told
}

fn filled(words: &[String]) -> Vec<String> {
    let fill = |word: &String| {
        PLACEHOLDERS
            .iter()
            .fold(word.clone(), |word, (name, value)| word.replace(name, value))
    };
    words.iter().map(fill).collect()
}

/// What the tree says against it, on one line.
fn refused(words: &[String]) -> Option<(ErrorKind, String)> {
    let error = omni::commands().try_get_matches_from(filled(words)).err()?;
    let said = error.to_string();
    Some((error.kind(), said.lines().next().unwrap_or_default().to_owned()))
}

#[test]
fn every_command_of_omni_is_one_and_has_such_options() {
    let of_omni = told().into_iter().filter(|told| told.program() == "omni");
    let wrong: Vec<String> = of_omni
        .filter_map(|told| refused(&told.words).map(|(_, said)| format!("{}\n    {said}", told.place())))
        .collect();
    assert!(wrong.is_empty(), "these cannot be typed:\n{}", wrong.join("\n"));
}

/// In a sentence a command may be cut short, but not be another.
#[test]
fn commands_named_within_a_sentence_exist() {
    let mut wrong = Vec::new();
    for page in all().iter().filter(|page| page.path != "CHANGELOG.md") {
        for span in page.spans() {
            let is_whole = !span.text.contains(['|', '…', '{', '<', '*']) && !span.text.contains("COMMAND");
            if !span.text.starts_with("omni ") || !is_whole {
                continue;
            }
            for simple in shell::commands(&span.text) {
                let refused = refused(&simple.words);
                if let Some((ErrorKind::InvalidSubcommand | ErrorKind::UnknownArgument, said)) = refused {
                    wrong.push(format!("{}:{}: {}\n    {said}", page.path, span.line, span.text));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "there are no such commands:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_target_of_make_is_there() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let is_there = |target: &String| {
        target.contains('=')
            || makefile
                .lines()
                .any(|line| line.starts_with(&format!("{target}:")))
    };
    let of_make = told().into_iter().filter(|told| told.program() == "make");
    let wrong: Vec<String> = of_make
        .filter(|told| !told.words.iter().skip(1).all(is_there))
        .map(|told| told.place())
        .collect();
    assert!(
        wrong.is_empty(),
        "the Makefile has no such target:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_command_of_another_program_has_somebody_who_runs_it() {
    let others = told()
        .into_iter()
        .filter(|told| !matches!(told.program(), "omni" | "make"));
    let unknown: Vec<String> = others
        .filter(|told| classes::lane(&told.words).is_none())
        .map(|told| told.place())
        .collect();
    assert!(
        unknown.is_empty(),
        "tests/tests/house/book/classes.rs does not say who runs these:\n{}",
        unknown.join("\n")
    );
}

#[test]
fn every_line_of_the_table_of_lanes_is_used_and_names_what_is_there() {
    let all = told();
    for (program, needles, lane) in classes::LANES {
        for needle in *needles {
            let is_used = all
                .iter()
                .any(|told| classes::is_of(&told.words, program, needle));
            assert!(is_used, "{program} {needle}: no page tells it");
        }
        let place = lane.split([' ', ':']).next().unwrap_or_default();
        let is_there = place == "-" || root().join(place).exists();
        assert!(is_there, "{program}: {place} is not there");
    }
}
