//! What a file looks like.

use super::source::{all, shipped};

/// Lines of a file, tests included.
const LINES_MAX: usize = 500;
/// A name that says nothing has no place yet.
const EMPTY_NAMES: &[&str] = &[
    "utils", "util", "common", "helpers", "helper", "misc", "types", "manager",
];

fn refuse(broken: &[String], rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_promises() {
    let silent = all()
        .into_iter()
        .filter(|source| !source.text.starts_with("//!"))
        .map(|source| source.path);
    refuse(
        &silent.collect::<Vec<_>>(),
        "a file opens with `//!`: what it promises, what it refuses",
    );
}

#[test]
fn no_file_is_too_long_to_be_read_at_once() {
    let long = all()
        .into_iter()
        .filter(|source| source.text.lines().count() > LINES_MAX);
    refuse(
        &long.map(|source| source.path).collect::<Vec<_>>(),
        "a file has at most 500 lines",
    );
}

#[test]
fn no_file_or_folder_has_an_empty_name() {
    let empty = all().into_iter().map(|source| source.path).filter(|path| {
        path.split('/').any(|part| {
            let name = part.trim_end_matches(".rs");
            EMPTY_NAMES.contains(&name) || name.ends_with("_v2") || name.ends_with("_utils")
        })
    });
    refuse(&empty.collect::<Vec<_>>(), "a name says what is inside");
}

#[test]
fn no_type_has_an_empty_name() {
    let is_empty = |line: &str| {
        let mut words = line
            .split_whitespace()
            .skip_while(|word| !matches!(*word, "struct" | "enum" | "trait"));
        let name = words.nth(1).unwrap_or_default();
        let name: String = name
            .chars()
            .take_while(|letter| letter.is_alphanumeric())
            .collect();
        ["Impl", "Manager", "Helper", "Utils"]
            .iter()
            .any(|end| name.ends_with(end))
    };
    let mut empty = Vec::new();
    for source in shipped() {
        let places = source.code().filter(|(_, line)| is_empty(line));
        empty.extend(places.map(|(line, _)| format!("{}:{line}", source.path)));
    }
    refuse(&empty, "a type is named by what it is");
}

#[test]
fn there_are_no_macros_of_our_own_and_no_ignored_tests() {
    // Written in two parts, or this file would find itself.
    let texts = [concat!("macro_", "rules!"), concat!("#[", "ignore")];
    let places: Vec<String> = all()
        .iter()
        .flat_map(|source| texts.iter().flat_map(|text| source.places_of(text)))
        .collect();
    refuse(&places, "no own macros, no ignored tests");
}
