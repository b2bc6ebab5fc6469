//! A board: what a template shows, checked whole before anything is served.
//!
//! Refuses a template whose panels name a missing file, fragment, text, variable or section, read a table they do not
//! list, or read a table of several companies without asking for one.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use template::{Family, manifest};

mod personal;
pub mod statement;
pub mod texts;
mod variables;

pub use statement::{Lookups, Statement};

use crate::api;
use crate::state::Declared;
use texts::Texts;

/// Parameters every statement may use without declaring them.
const IMPLICIT: &[&str] = &[
    "company", "from", "to", "pfrom", "pto", "asof", "tz", "grain", "currency", "top", "pii",
];
/// No panel runs again sooner, whatever its template says.
const INTERVAL_MIN: Duration = Duration::from_millis(50);

/// Why a template cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    #[error("template {template}, {file}: {reason}")]
    Statement {
        template: String,
        file: String,
        reason: String,
    },
    #[error("template {template}: {reason}")]
    Manifest { template: String, reason: String },
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
    /// The table that the loader writes for it.
    pub base_table: String,
    pub declared: Declared,
    pub panels: Vec<Arc<Panel>>,
    /// By variable.
    pub options: BTreeMap<String, Options>,
    /// Without companies, which change while we run.
    pub manifest: api::Manifest,
}

/// A panel in force.
#[derive(Debug)]
pub struct Panel {
    pub id: String,
    pub statement: Arc<Statement>,
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
        let refused = |reason: String| BoardError::Manifest {
            template: template.key().to_owned(),
            reason,
        };
        let words = template
            .file("i18n/en.toml")
            .ok_or_else(|| refused("no file i18n/en.toml".to_owned()))?;
        let texts = texts::read(words, preferences.top)
            .map_err(|reason| refused(format!("i18n/en.toml: {reason}")))?;
        let declared = variables::declared(told, preferences).map_err(refused)?;
        let lookups = lookups(told);
        let mut panels = Vec::new();
        for panel in &told.panels {
            let statement =
                Statement::load(family, &panel.sql, &panel.fragments, &panel.depends_on, &lookups)?;
            variables::check_uses(&statement, &declared, IMPLICIT).map_err(refused)?;
            panels.push(Arc::new(Panel {
                id: panel.id.clone(),
                statement: Arc::new(statement),
                interval_min: Duration::from_millis(u64::from(panel.refresh.min_interval_ms))
                    .max(INTERVAL_MIN),
            }));
        }
        let mut options = BTreeMap::new();
        for variable in &told.variables {
            if let Some(source) = &variable.options {
                let statement = Statement::load(
                    family,
                    &source.sql,
                    &source.fragments,
                    &source.depends_on,
                    &lookups,
                )?;
                variables::check_uses(&statement, &declared, IMPLICIT).map_err(refused)?;
                let statement = Arc::new(statement);
                options.insert(
                    variable.name.clone(),
                    Options {
                        statement,
                        limit: source.limit,
                    },
                );
            }
        }
        let manifest = page_manifest(told, &declared, texts).map_err(refused)?;
        Ok(Self {
            id: told.template.id.clone(),
            key: template.key().to_owned(),
            hash: family.hash(),
            base_table: template.base_table().to_owned(),
            declared,
            panels,
            options,
            manifest,
        })
    }

    /// The panel of this id.
    pub fn panel(&self, id: &str) -> Option<&Arc<Panel>> {
        self.panels.iter().find(|panel| panel.id == id)
    }
}

/// The tables that filters look words up in.
fn lookups(told: &manifest::Manifest) -> Lookups {
    let lookup = told
        .variables
        .iter()
        .filter(|variable| !variable.depends_on.is_empty());
    lookup
        .map(|variable| (variable.name.clone(), variable.depends_on.clone()))
        .collect()
}

fn page_manifest(
    told: &manifest::Manifest,
    declared: &Declared,
    texts: Texts,
) -> Result<api::Manifest, String> {
    let text = |key: &str| {
        texts
            .get(key)
            .cloned()
            .ok_or_else(|| format!("i18n/en.toml has no {key}"))
    };
    let known: BTreeSet<&str> = told.panels.iter().map(|panel| panel.id.as_str()).collect();
    let mut variables = Vec::new();
    for variable in &told.variables {
        variables.push(api::Variable {
            name: variable.name.clone(),
            control: variable.control.clone(),
            kind: variable.kind.clone(),
            one_of: variable.one_of.clone(),
            default: variable.default.clone(),
            label: text(&format!("variable.{}", variable.name))?,
            has_options: variable.options.is_some(),
        });
    }
    let mut sections = Vec::new();
    for section in &told.sections {
        if let Some(stranger) = section.panels.iter().find(|id| !known.contains(id.as_str())) {
            return Err(format!(
                "section {} names a panel {stranger} that is not there",
                section.id
            ));
        }
        sections.push(api::Section {
            id: section.id.clone(),
            title: text(&format!("section.{}", section.id))?,
            panels: section.panels.clone(),
        });
    }
    let panels = told
        .panels
        .iter()
        .map(|panel| page_panel(panel, &text))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(api::Manifest {
        id: told.template.id.clone(),
        version: told.template.version.clone(),
        title: text("title")?,
        timezone: declared.zone.name().to_owned(),
        currency: declared.currency.clone(),
        variables,
        sections,
        panels,
        companies: Vec::new(),
        texts,
    })
}

fn page_panel(
    panel: &manifest::Panel,
    text: &impl Fn(&str) -> Result<String, String>,
) -> Result<api::Panel, String> {
    let kind = serde_json::to_value(panel.kind).map_err(|error| error.to_string())?;
    Ok(api::Panel {
        id: panel.id.clone(),
        kind: kind.as_str().unwrap_or_default().to_owned(),
        title: text(&format!("panel.{}.title", panel.id))?,
        definition: text(&format!("panel.{}.definition", panel.id))?,
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
    })
}

#[cfg(test)]
mod tests;
