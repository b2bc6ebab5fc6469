//! A board: what a template shows, checked whole before anything is served.
//!
//! Refuses a template whose panels name a missing file, fragment, text, variable or section, read a table they do not
//! list, read a table of several companies without asking for one, or ask a clock; and tells all of it at once.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use template::{Family, Finding, manifest};

mod draft;
mod filters;
mod lint;
pub mod list;
mod page;
mod personal;
mod sql;
pub mod statement;
pub mod texts;
mod variables;

pub use list::List;
pub use statement::{Lookups, Statement};

use crate::api;
use crate::state::{Declared, Kind};
use draft::Draft;

const MANIFEST: &str = "template.toml";
/// No panel runs again sooner, whatever its template says.
const INTERVAL_MIN: Duration = Duration::from_millis(50);

/// Why a template cannot be shown: all that is wrong, one finding a line.
#[derive(Debug, Clone, thiserror::Error)]
#[error("template {template}:\n{}", template::finding::listed(findings))]
pub struct BoardError {
    pub template: String,
    pub findings: Vec<Finding>,
}

/// What a deployment wants otherwise than the template says.
#[derive(Debug, Clone)]
pub struct Preferences {
    /// Empty: the template's.
    pub timezone: String,
    /// Empty: the template's.
    pub currency: String,
    /// Rows of a list before all others become one: what `{top}` in a text is.
    pub top: u32,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            timezone: String::new(),
            currency: String::new(),
            top: 20,
        }
    }
}

/// A board in force.
#[derive(Debug)]
pub struct Board {
    pub id: String,
    /// `id/version`.
    pub key: String,
    /// Changes when anything of the template, or of one it requires, does.
    pub hash: String,
    /// The tables whose newest events are the board's: its own, or those of the templates that it only reads.
    pub base_tables: Vec<String>,
    pub declared: Declared,
    /// Those that ask something: a text is in the manifest alone.
    pub panels: Vec<Arc<Panel>>,
    /// By variable.
    pub options: BTreeMap<String, Options>,
    pub lists: Vec<Arc<List>>,
    /// In English, without companies, which change while we run.
    pub manifest: api::Manifest,
    /// The same in other words, by language; what one of them lacks is English.
    translated: BTreeMap<String, api::Manifest>,
}

/// A panel in force.
#[derive(Debug)]
pub struct Panel {
    pub id: String,
    pub statement: Arc<Statement>,
    /// Not shown where a token locks one of these parameters to a single value.
    pub hidden_when_locked: Vec<String>,
    /// It runs again at most so often.
    pub interval_min: Duration,
}

/// Where a variable's choices come from.
#[derive(Debug)]
pub struct Options {
    pub statement: Arc<Statement>,
    pub limit: u32,
}

impl Board {
    /// Checks the template and makes its board.
    pub fn load(family: &Family, preferences: &Preferences) -> Result<Self, BoardError> {
        let template = family.head();
        let told = template.manifest();
        let mut draft = Draft::new(family, preferences);
        draft.check_names(told);
        let declared = draft.take(variables::declared(told, preferences));
        let panels = panels(told, &mut draft);
        let options = options(told, &mut draft);
        let lists = declared
            .as_ref()
            .map(|declared| list::load(told, declared, &mut draft));
        let manifest = declared
            .as_ref()
            .map(|declared| page_manifest(told, declared, &mut draft));
        let translated = declared
            .as_ref()
            .map(|declared| translated(told, declared, &mut draft))
            .unwrap_or_default();
        let findings = draft.into_findings();
        match (declared, lists, manifest) {
            (Some(declared), Some(lists), Some(manifest)) if findings.is_empty() => Ok(Self {
                id: told.template.id.clone(),
                key: template.key().to_owned(),
                hash: family.hash(),
                base_tables: base_tables(family),
                declared,
                panels,
                options,
                lists,
                manifest,
                translated,
            }),
            _ => Err(BoardError {
                template: template.key().to_owned(),
                findings,
            }),
        }
    }

    /// The list of this id.
    pub fn list(&self, id: &str) -> Option<&Arc<List>> {
        self.lists.iter().find(|list| list.id == id)
    }

    /// What a variable of the board, or a parameter of its lists, is: a parameter is the same in all of them.
    pub fn kind(&self, name: &str) -> Kind {
        let lists = self.lists.iter().map(|list| &list.declared);
        std::iter::once(&self.declared)
            .chain(lists)
            .find_map(|declared| declared.variables.get(name))
            .map_or(Kind::Texts, |variable| variable.kind)
    }

    /// Whether it has words in this language (`de`).
    pub fn speaks(&self, language: &str) -> bool {
        language == "en" || self.translated.contains_key(language)
    }

    /// What the page must know, in this language where it is spoken, else in English.
    pub fn told_in(&self, language: &str) -> &api::Manifest {
        self.translated.get(language).unwrap_or(&self.manifest)
    }

    /// Every statement of the board.
    pub fn statements(&self) -> impl Iterator<Item = &Arc<Statement>> {
        let panels = self.panels.iter().map(|panel| &panel.statement);
        let options = self.options.values().map(|options| &options.statement);
        let lists = self.lists.iter().map(|list| &list.whole);
        panels.chain(options).chain(lists)
    }

    /// The panel of this id.
    pub fn panel(&self, id: &str) -> Option<&Arc<Panel>> {
        self.panels.iter().find(|panel| panel.id == id)
    }
}

fn base_tables(family: &Family) -> Vec<String> {
    let head = family.head();
    // An imported table has no events, whose times could be asked.
    let own = Some(head).filter(|head| head.is_fed());
    let required = family.members().filter(|template| template.is_fed());
    let tables = own.map_or_else(|| required.collect::<Vec<_>>(), |own| vec![own]);
    tables
        .into_iter()
        .map(|template| template.base_table().to_owned())
        .collect()
}

fn panels(told: &manifest::Manifest, draft: &mut Draft<'_>) -> Vec<Arc<Panel>> {
    let mut panels = Vec::new();
    for (at, panel) in told.panels.iter().enumerate() {
        let pointer = format!("/panel/{at}");
        if panel.kind == manifest::PanelKind::Text {
            continue;
        }
        let statement = draft.statement(&pointer, &panel.sql, &panel.fragments, &panel.depends_on);
        panels.extend(statement.map(|statement| {
            let interval = Duration::from_millis(u64::from(panel.refresh.min_interval_ms));
            Arc::new(Panel {
                id: panel.id.clone(),
                statement,
                hidden_when_locked: panel.hidden_when_locked.clone(),
                interval_min: interval.max(INTERVAL_MIN),
            })
        }));
    }
    panels
}

fn options(told: &manifest::Manifest, draft: &mut Draft<'_>) -> BTreeMap<String, Options> {
    let mut options = BTreeMap::new();
    for (at, variable) in told.variables.iter().enumerate() {
        let Some(source) = &variable.options else {
            continue;
        };
        let pointer = format!("/variable/{at}/options");
        let statement = draft.statement(&pointer, &source.sql, &source.fragments, &source.depends_on);
        if let Some(statement) = statement {
            let limit = source.limit;
            options.insert(variable.name.clone(), Options { statement, limit });
        }
    }
    options
}

fn page_manifest(told: &manifest::Manifest, declared: &Declared, draft: &mut Draft<'_>) -> api::Manifest {
    let variable = |variable: &manifest::Variable, draft: &mut Draft<'_>| api::Variable {
        name: variable.name.clone(),
        control: variable.control.clone(),
        kind: variable.kind.clone(),
        one_of: variable.one_of.clone(),
        default: variable.default.clone(),
        label: draft.text(&format!("variable.{}", variable.name)),
        has_options: variable.options.is_some(),
        locked: false,
    };
    let section = |section: &manifest::Section, draft: &mut Draft<'_>| api::Section {
        id: section.id.clone(),
        title: draft.text(&format!("section.{}", section.id)),
        panels: section.panels.clone(),
    };
    api::Manifest {
        id: told.template.id.clone(),
        version: told.template.version.clone(),
        title: draft.text("title"),
        timezone: declared.zone.name().to_owned(),
        currency: declared.currency.clone(),
        variables: told.variables.iter().map(|one| variable(one, draft)).collect(),
        sections: told.sections.iter().map(|one| section(one, draft)).collect(),
        panels: told.panels.iter().map(|panel| page_panel(panel, draft)).collect(),
        lists: told.lists.iter().map(|list| page::list(list, draft)).collect(),
        companies: Vec::new(),
        texts: draft.texts.clone(),
    }
}

fn translated(
    told: &manifest::Manifest,
    declared: &Declared,
    draft: &mut Draft<'_>,
) -> BTreeMap<String, api::Manifest> {
    let languages = draft.languages();
    let each = languages.into_iter().map(|(language, texts)| {
        draft.texts = texts;
        (language, page_manifest(told, declared, draft))
    });
    each.collect()
}

fn page_panel(panel: &manifest::Panel, draft: &mut Draft<'_>) -> api::Panel {
    api::Panel {
        id: panel.id.clone(),
        kind: panel.kind.word().to_owned(),
        title: draft.text(&format!("panel.{}.title", panel.id)),
        definition: draft.text(&format!("panel.{}.definition", panel.id)),
        anchor: panel.anchor.clone(),
        span: api::Span {
            wide: panel.span.wide,
            medium: panel.span.medium,
            narrow: panel.span.narrow,
        },
        encode: panel.encode.clone(),
        notes: panel.notes.clone(),
        filter_on_click: panel.filter_on_click.as_ref().map(|click| api::FilterOnClick {
            variable: click.variable.clone(),
            field: click.field.clone(),
        }),
        drill: panel.drill.iter().map(page::drill).collect(),
    }
}

#[cfg(test)]
mod tests;
