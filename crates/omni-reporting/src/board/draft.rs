//! A board while it is put together: everything that is wrong is written down with its place, nothing stops at the first.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use template::manifest::{self, Manifest};
use template::places::Places;
use template::{Family, Finding};

use super::lint::Types;
use super::statement::Told;
use super::texts::{self, Texts};
use super::{Lookups, MANIFEST, Preferences, Statement, variables};

/// The words every board must have, in the language all boards have.
pub(super) const WORDS: &str = "i18n/en.toml";

pub(super) struct Draft<'f> {
    family: &'f Family,
    places: Places,
    lookups: Lookups,
    types: Types,
    top: u32,
    pub(super) texts: Texts,
    words: Places,
    findings: Vec<Finding>,
}

impl<'f> Draft<'f> {
    pub(super) fn new(family: &'f Family, preferences: &Preferences) -> Self {
        let told = family.head().manifest();
        let read = |file: &str| {
            let text = family.head().file(file).unwrap_or_default();
            Places::read(file, text)
        };
        let (places, _) = read(MANIFEST);
        let (words, mut findings) = read(WORDS);
        let mut all = Texts::new();
        match family
            .head()
            .file(WORDS)
            .map(|text| texts::read(text, preferences.top))
        {
            None => findings.push(Finding::new(WORDS, 1, "there is no such file")),
            Some(Ok(texts)) => all = texts,
            Some(Err(_)) if !findings.is_empty() => {}
            Some(Err(message)) => findings.push(Finding::new(WORDS, 1, message)),
        }
        Self {
            family,
            places,
            lookups: lookups(told),
            types: variables::types(told),
            top: preferences.top,
            texts: all,
            words,
            findings,
        }
    }

    /// Something in the manifest.
    pub(super) fn add(&mut self, pointer: &str, message: impl Into<String>) {
        let line = self.places.line(pointer);
        self.findings.push(Finding::new(MANIFEST, line, message));
    }

    pub(super) fn take<T>(&mut self, made: Result<T, Vec<(String, String)>>) -> Option<T> {
        made.map_err(|faults| {
            for (pointer, message) in faults {
                self.add(&pointer, message);
            }
        })
        .ok()
    }

    /// A statement that the manifest tells of at this place.
    pub(super) fn statement(
        &mut self,
        pointer: &str,
        path: &str,
        fragments: &[String],
        depends_on: &[String],
    ) -> Option<Arc<Statement>> {
        let types = self.types.clone();
        self.statement_of(pointer, path, fragments, depends_on, &types)
    }

    /// The same, of a statement that is given more than others.
    pub(super) fn statement_with(
        &mut self,
        pointer: &str,
        list: &manifest::List,
        more: Types,
    ) -> Option<Arc<Statement>> {
        let mut types = self.types.clone();
        types.extend(more);
        self.statement_of(pointer, &list.sql, &list.fragments, &list.depends_on, &types)
    }

    fn statement_of(
        &mut self,
        pointer: &str,
        path: &str,
        fragments: &[String],
        depends_on: &[String],
        types: &Types,
    ) -> Option<Arc<Statement>> {
        let told = Told {
            path,
            fragments,
            depends_on,
            line: self.places.line(&format!("{pointer}/depends_on")),
        };
        let loaded = Statement::load(self.family, &told, &self.lookups, types);
        loaded
            .map_err(|findings| self.findings.extend(findings))
            .ok()
            .map(Arc::new)
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, key: &str) -> String {
        if let Some(text) = self.texts.get(key) {
            return text.clone();
        }
        let line = self.words.line(&format!("/{}", key.replace('.', "/")));
        // Without any words one line says it.
        if !self.texts.is_empty() {
            self.findings
                .push(Finding::new(WORDS, line, format!("the text {key} is missing")));
        }
        String::new()
    }

    /// The words of each other language over the English ones.
    pub(super) fn languages(&mut self) -> Vec<(String, Texts)> {
        let mut languages = Vec::new();
        for (path, text) in self.family.head().files() {
            let Some(language) = texts::language(path).filter(|_| path != WORDS) else {
                continue;
            };
            match texts::read(text, self.top) {
                Ok(own) => {
                    let mut texts = self.texts.clone();
                    texts.extend(own);
                    languages.push((language.to_owned(), texts));
                }
                Err(message) => self.findings.push(Finding::new(path, 1, message)),
            }
        }
        languages
    }

    /// Names that come twice, and names that point nowhere.
    pub(super) fn check_names(&mut self, told: &Manifest) {
        self.check_unique("panel", told.panels.iter().map(|panel| panel.id.as_str()));
        self.check_unique("variable", told.variables.iter().map(|one| one.name.as_str()));
        self.check_unique("list", told.lists.iter().map(|list| list.id.as_str()));
        self.check_unique("section", told.sections.iter().map(|section| section.id.as_str()));
        let panels: BTreeSet<&str> = told.panels.iter().map(|panel| panel.id.as_str()).collect();
        let mut placed = BTreeSet::new();
        for (at, section) in told.sections.iter().enumerate() {
            for (place, id) in section.panels.iter().enumerate() {
                let pointer = format!("/section/{at}/panels/{place}");
                if !panels.contains(id.as_str()) {
                    self.add(
                        &pointer,
                        format!("section {} names a panel {id} that is not there", section.id),
                    );
                } else if !placed.insert(id.as_str()) {
                    self.add(&pointer, format!("the panel {id} stands in two places"));
                }
            }
        }
        for (at, panel) in told.panels.iter().enumerate() {
            let pointer = format!("/panel/{at}");
            if !placed.contains(panel.id.as_str()) {
                self.add(
                    &pointer,
                    format!("the panel {} is in no section, so nobody sees it", panel.id),
                );
            }
            self.check_panel(&pointer, panel, told, &panels);
        }
    }

    fn check_panel(
        &mut self,
        pointer: &str,
        panel: &manifest::Panel,
        told: &Manifest,
        panels: &BTreeSet<&str>,
    ) {
        if let Some(click) = &panel.filter_on_click
            && !told.variables.iter().any(|one| one.name == click.variable)
        {
            let at = format!("{pointer}/filter_on_click/variable");
            self.add(&at, format!("there is no variable {}", click.variable));
        }
        for (place, name) in panel.hidden_when_locked.iter().enumerate() {
            if !told.variables.iter().any(|one| one.name == *name) {
                let at = format!("{pointer}/hidden_when_locked/{place}");
                self.add(&at, format!("there is no variable {name}"));
            }
        }
        let is_text = panel.kind == manifest::PanelKind::Text;
        if is_text && !(panel.sql.is_empty() && panel.depends_on.is_empty() && panel.notes.is_empty()) {
            let message = format!(
                "the panel {} is a text, which asks nothing: it has no sql",
                panel.id
            );
            self.add(pointer, message);
        }
        let reading = manifest::encode::read(panel.kind, &panel.encode);
        for (at, message) in reading.faults {
            self.add(
                &format!("{pointer}/encode{at}"),
                format!("panel {}: {message}", panel.id),
            );
        }
        for (at, id) in reading.panels {
            if !panels.contains(id.as_str()) {
                self.add(
                    &format!("{pointer}/encode{at}"),
                    format!("there is no panel {id}"),
                );
            }
        }
    }

    fn check_unique<'n>(&mut self, what: &str, names: impl Iterator<Item = &'n str>) {
        let mut seen = BTreeMap::new();
        for (at, name) in names.enumerate() {
            if seen.insert(name, at).is_some() {
                self.add(
                    &format!("/{what}/{at}"),
                    format!("a {what} {name} is there already"),
                );
            }
        }
    }

    /// All that was found.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

/// The tables that filters look words up in.
fn lookups(told: &Manifest) -> Lookups {
    let lookup = told
        .variables
        .iter()
        .filter(|variable| !variable.depends_on.is_empty());
    lookup
        .map(|variable| (variable.name.clone(), variable.depends_on.clone()))
        .collect()
}
