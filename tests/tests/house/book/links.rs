//! No link within the tree is dead, and the contents of the book name each page once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::super::root;
use super::page::{Page, all};

const CONTENTS: &str = "docs/README.md";

/// A place in the tree from another, without `..`.
fn joined(page: &str, link: &str) -> PathBuf {
    let mut place = Path::new(page).parent().unwrap_or(Path::new("")).to_path_buf();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => drop(place.pop()),
            Component::Normal(part) => place.push(part),
            _ => {}
        }
    }
    place
}

/// What is wrong with a link; `None` for one that leads out of the tree, or is right.
fn wrong(page: &Page, link: &str, anchors: &BTreeMap<&str, BTreeSet<String>>) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let place = if file.is_empty() {
        PathBuf::from(&page.path)
    } else {
        joined(&page.path, file)
    };
    if !root().join(&place).exists() {
        return Some(format!("{} is not there", place.display()));
    }
    let known = anchors.get(place.to_str()?)?;
    let is_known = anchor.is_empty() || known.contains(anchor);
    (!is_known).then(|| format!("{} has no heading #{anchor}", place.display()))
}

#[test]
fn no_link_within_the_tree_is_dead() {
    let pages = all();
    let anchors = pages
        .iter()
        .map(|page| (page.path.as_str(), page.anchors().into_iter().collect()));
    let anchors: BTreeMap<&str, BTreeSet<String>> = anchors.collect();
    let dead: Vec<String> = pages
        .iter()
        .flat_map(|page| page.links().into_iter().map(move |link| (page, link)))
        .filter_map(|(page, link)| {
            let wrong = wrong(page, &link.text, &anchors)?;
            Some(format!("{}:{}: {}: {wrong}", page.path, link.line, link.text))
        })
        .collect();
    assert!(dead.is_empty(), "links that lead nowhere:\n{}", dead.join("\n"));
}

#[test]
fn the_contents_name_every_page_of_docs_once() {
    let pages = all();
    let contents = pages.iter().find(|page| page.path == CONTENTS);
    let contents = contents.expect("docs/README.md is the table of contents");
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    for link in contents.links() {
        let file = link.text.split('#').next().unwrap_or_default();
        *named
            .entry(joined(CONTENTS, file).display().to_string())
            .or_default() += 1;
    }
    let of_docs = pages
        .iter()
        .filter(|page| page.path.starts_with("docs/") && page.path != CONTENTS);
    let wrong: Vec<String> = of_docs
        .filter_map(|page| match named.get(&page.path) {
            Some(1) => None,
            Some(times) => Some(format!("{}: named {times} times", page.path)),
            None => Some(format!("{}: not named", page.path)),
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{CONTENTS} names each page once:\n{}",
        wrong.join("\n")
    );
}
