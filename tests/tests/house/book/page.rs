//! A page of Markdown: its links, its headings, its blocks of commands.

use std::collections::BTreeMap;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use walkdir::{DirEntry, WalkDir};

use super::super::root;

/// Built, fetched or written by a run.
const NOT_OURS: &[&str] = &["target", "node_modules", ".git", ".omni", "dist"];

pub(super) struct Page {
    /// From the root of the tree.
    pub(super) path: String,
    pub(super) text: String,
}

/// Something that stands in a page.
pub(super) struct Found {
    pub(super) line: usize,
    pub(super) text: String,
}

/// All pages of the tree.
pub(super) fn all() -> Vec<Page> {
    let is_ours = |entry: &DirEntry| !NOT_OURS.iter().any(|name| entry.file_name() == *name);
    let files = WalkDir::new(root())
        .sort_by_file_name()
        .into_iter()
        .filter_entry(is_ours)
        .flatten();
    let pages = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "md"));
    let pages: Vec<Page> = pages
        .map(|file| Page {
            path: file.path().strip_prefix(root()).unwrap().display().to_string(),
            text: std::fs::read_to_string(file.path()).unwrap(),
        })
        .collect();
    assert!(pages.len() > 50, "the pages were found");
    pages
}

impl Page {
    fn events(&self) -> impl Iterator<Item = (Event<'_>, usize)> {
        let parsed = Parser::new_ext(&self.text, Options::ENABLE_TABLES).into_offset_iter();
        parsed.map(|(event, at)| (event, self.line(at.start)))
    }

    fn line(&self, offset: usize) -> usize {
        self.text.get(..offset).unwrap_or_default().matches('\n').count() + 1
    }

    /// Where its links and pictures go.
    pub(super) fn links(&self) -> Vec<Found> {
        let targets = self.events().filter_map(|(event, line)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(Found {
                line,
                text: dest_url.into_string(),
            }),
            _ => None,
        });
        targets.collect()
    }

    /// Code within a line of text.
    pub(super) fn spans(&self) -> Vec<Found> {
        let spans = self.events().filter_map(|(event, line)| match event {
            Event::Code(text) => Some(Found {
                line,
                text: text.into_string(),
            }),
            _ => None,
        });
        spans.collect()
    }

    /// What its headings are called in an address, by the rules of GitHub.
    pub(super) fn anchors(&self) -> Vec<String> {
        let (mut anchors, mut heading) = (Vec::new(), None::<String>);
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (event, _) in self.events() {
            match (event, &mut heading) {
                (Event::Start(Tag::Heading { .. }), _) => heading = Some(String::new()),
                (Event::Text(text) | Event::Code(text), Some(heading)) => heading.push_str(&text),
                (Event::End(TagEnd::Heading(_)), Some(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let count = seen.entry(anchor.clone()).or_default();
                    anchors.push(if *count == 0 {
                        anchor
                    } else {
                        format!("{anchor}-{count}")
                    });
                    *count += 1;
                }
                _ => {}
            }
        }
        anchors
    }

    /// Its blocks of commands, each with the line of its first command.
    pub(super) fn shell(&self) -> Vec<Found> {
        let (mut blocks, mut block) = (Vec::new(), None::<Found>);
        for (event, line) in self.events() {
            match (event, &mut block) {
                (Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))), _) if &*language == "sh" => {
                    block = Some(Found {
                        line: line + 1,
                        text: String::new(),
                    });
                }
                (Event::Text(text), Some(block)) => block.text.push_str(&text),
                (Event::End(TagEnd::CodeBlock), _) => blocks.extend(block.take()),
                _ => {}
            }
        }
        blocks
    }
}

fn anchor(heading: &str) -> String {
    let kept = heading
        .to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
        .collect::<String>();
    kept.replace(' ', "-")
}
