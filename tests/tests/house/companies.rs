//! The pipeline's tests count by company: no two files have one in common.

use std::collections::BTreeMap;

use super::source::{Source, all};

const TESTS: &str = "tests/tests/pipeline/";
/// The one list; a company's id is its place there.
const LIST: &str = "tests/tests/pipeline/company.rs";
const NAMED: &str = "Company::";
/// Digits of a number that could be a company's.
const DIGITS_MIN: usize = 5;

fn tests() -> Vec<Source> {
    let tests = all()
        .into_iter()
        .filter(|source| source.path.starts_with(TESTS) && source.path != LIST);
    tests.collect()
}

/// The companies that a line names.
fn named(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |letter: char| letter.is_alphanumeric();
    let ends = move |rest: &str| rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
    line.split(NAMED)
        .skip(1)
        .filter_map(move |rest| rest.get(..ends(rest)))
}

#[test]
fn a_company_is_named_in_one_test_file_alone() {
    let mut homes: BTreeMap<String, String> = BTreeMap::new();
    let mut shared = Vec::new();
    for source in tests() {
        for company in source.code().flat_map(|(_, line)| named(line)) {
            let home = homes
                .entry(company.to_owned())
                .or_insert_with(|| source.path.clone());
            if *home != source.path {
                shared.push(format!("{company}: {home} and {}", source.path));
            }
        }
    }
    assert!(homes.len() > 20, "the companies were found");
    assert!(
        shared.is_empty(),
        "each test file has companies of its own:\n{}",
        shared.join("\n")
    );
}

#[test]
fn no_test_makes_up_the_number_of_a_company() {
    let is_made_up = |line: &str| {
        let line = line.to_lowercase();
        let (_, after) = line.split_once("company")?;
        let number = after.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let digits = number
            .chars()
            .take_while(|letter| letter.is_ascii_digit() || *letter == '_');
        (digits.filter(char::is_ascii_digit).count() >= DIGITS_MIN).then_some(())
    };
    let mut places = Vec::new();
    for source in tests() {
        let made_up = source.code().filter(|(_, line)| is_made_up(line).is_some());
        places.extend(made_up.map(|(line, _)| format!("{}:{line}", source.path)));
    }
    assert!(
        places.is_empty(),
        "a test's company is one of {LIST}:\n{}",
        places.join("\n")
    );
}
