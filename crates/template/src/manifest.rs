//! `template.toml` as types. Unknown keys are refused, with file and line; a name that points nowhere is refused too.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::column::ColumnSpec;

pub mod encode;
mod list;
pub mod schema;

pub use list::{Drill, List, ListColumn, ListParameter, Total, TotalOf};

/// The version of the file format that this program reads.
pub const FORMAT: u32 = 1;

/// Everything `template.toml` says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub template: Head,
    #[serde(default)]
    pub pick: Pick,
    #[serde(default, rename = "table")]
    pub tables: Vec<Table>,
    /// Columns of the base table by name, beside the envelope's.
    #[serde(default)]
    pub columns: BTreeMap<String, ColumnSpec>,
    #[serde(default)]
    pub personal: Personal,
    #[serde(default, rename = "variable")]
    pub variables: Vec<Variable>,
    #[serde(default, rename = "section")]
    pub sections: Vec<Section>,
    #[serde(default, rename = "panel")]
    pub panels: Vec<Panel>,
    /// What stands behind the panels' numbers.
    #[serde(default, rename = "list")]
    pub lists: Vec<List>,
    /// Which figures of which panels are one and the same sum; `omni template check` holds them against each other.
    #[serde(default, rename = "reconcile")]
    pub reconciles: Vec<Reconcile>,
}

/// What the template is called and what its board starts with.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub id: String,
    pub version: String,
    pub format: u32,
    /// IANA name; the viewer may choose another.
    pub timezone: String,
    /// The reporting currency a board starts with.
    pub currency: String,
    /// Templates, as `id/version`, whose tables and fragments its panels may use; they are filled wherever it is.
    #[serde(default)]
    pub requires: Vec<String>,
    /// Templates, as `id/version`, whose SQL this one uses as it stands, over tables of its own: those are not filled for it.
    #[serde(default)]
    pub borrows: Vec<String>,
}

/// Which flat events the template is for. An empty list takes every one; both lists must agree.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pick {
    #[serde(default)]
    pub objects: Vec<String>,
    #[serde(default)]
    pub actions: Vec<String>,
}

impl Pick {
    /// Whether an event of this object and action is one the template is for.
    pub fn takes(&self, object: &str, action: &str) -> bool {
        let among = |list: &[String], word: &str| list.is_empty() || list.iter().any(|item| item == word);
        among(&self.objects, object) && among(&self.actions, action)
    }
}

/// What the template's tables say of a contact, and where; it is emptied when the contact is erased.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Personal {
    /// The column that says of whom; tables without it go by their events.
    #[serde(default)]
    pub contact: Option<String>,
    /// Columns of any of the template's tables.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Those of them that a board may show of a contact who is not named.
    #[serde(default)]
    pub unnamed: Vec<String>,
    /// Columns with texts that may name a contact: for a board as personal as the others, and not emptied.
    #[serde(default)]
    pub may_name: Vec<String>,
}

/// One table of the template, and what it is for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub name: String,
    pub role: TableRole,
    /// Of an `import` table: the columns that tell rows apart, within a company. A row that is imported again replaces the one
    /// before; a file that has one twice is refused.
    #[serde(default)]
    pub key: Vec<String>,
    /// Of an `import` table: those of the key that say what one file tells whole, such as a day and a source. With `--replace`
    /// a file takes out the rows of its days and sources that it has no more.
    #[serde(default)]
    pub whole: Vec<String>,
}

/// The loader writes the one `base` table; views feed the rest in the same insert. A template without one has an `import`
/// table instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TableRole {
    /// The log of events: the loader's only target.
    Base,
    /// Rows that `omni import` writes: no event of the account fills it.
    Import,
    /// One row an entity, the newest.
    Latest,
    /// What was ever true, by repeatable aggregates.
    Facts,
}

/// A value the viewer chooses; it reaches SQL as `{name:type}`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    pub name: String,
    /// The ClickHouse type, e.g. `Array(String)`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How the page asks. `multiselect` also where a single value is chosen: the type says how many.
    #[schemars(extend("enum" = ["multiselect", "period", "compare", "currency", "timezone"]))]
    pub control: String,
    #[serde(default)]
    pub one_of: Vec<String>,
    #[serde(default)]
    pub default: Option<String>,
    #[serde(default)]
    pub options: Option<Options>,
    /// Tables that its filter looks words up in: a panel depends on them only while something is chosen.
    #[serde(default)]
    pub depends_on: Vec<String>,
}

/// Where a variable's choices come from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// A file of the template: `options/source.sql`.
    pub sql: String,
    /// Fragments put before the options' SQL, by file name without ending.
    #[serde(default, rename = "use")]
    pub fragments: Vec<String>,
    pub depends_on: Vec<String>,
    pub limit: u32,
}

/// A row of panels under one title.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Section {
    pub id: String,
    pub panels: Vec<String>,
}

/// One question, its SQL, and how its answer is drawn.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    pub id: String,
    pub kind: PanelKind,
    pub span: Span,
    /// A file of the template: `panels/won_by_source.sql`. All kinds have one but `text`, which asks nothing.
    #[serde(default)]
    pub sql: String,
    /// Fragments put before the panel's SQL, by file name without ending.
    #[serde(default, rename = "use")]
    pub fragments: Vec<String>,
    /// Every table it reads.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// Which time decides whether something is in the period, as the panel tells it; `now`: the period plays no part.
    #[serde(default)]
    #[schemars(extend("enum" = ["won", "lost", "closed", "created", "done", "received", "event", "now", null]))]
    pub anchor: Option<String>,
    #[serde(default)]
    pub refresh: Refresh,
    /// Which result columns go where in the drawing, as the kind wants it.
    #[serde(default)]
    pub encode: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    pub filter_on_click: Option<FilterOnClick>,
    /// Variables: where an embed locks one of them to a single value, the panel is not shown.
    #[serde(default)]
    pub hidden_when_locked: Vec<String>,
    /// The lists behind its numbers.
    #[serde(default)]
    pub drill: Vec<Drill>,
    /// Numbers that no list stands behind, each with the reason.
    #[serde(default)]
    pub undrilled: BTreeMap<String, String>,
    #[serde(default)]
    pub notes: Vec<String>,
}

/// The drawings the page knows; a `text` is words alone: what the board does not show, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PanelKind {
    Stat,
    Bars,
    Columns,
    Lines,
    Funnel,
    Table,
    Feed,
    Freshness,
    Text,
}

impl PanelKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Stat,
        Self::Bars,
        Self::Columns,
        Self::Lines,
        Self::Funnel,
        Self::Table,
        Self::Feed,
        Self::Freshness,
        Self::Text,
    ];

    /// As the manifest writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stat => "stat",
            Self::Bars => "bars",
            Self::Columns => "columns",
            Self::Lines => "lines",
            Self::Funnel => "funnel",
            Self::Table => "table",
            Self::Feed => "feed",
            Self::Freshness => "freshness",
            Self::Text => "text",
        }
    }
}

/// Width in grid columns: of 12, of 6, of 1.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Of twelve columns.
    #[schemars(range(min = 1, max = 12))]
    pub wide: u8,
    /// Of six.
    #[schemars(range(min = 1, max = 6))]
    pub medium: u8,
    /// Of one: a phone.
    #[schemars(range(min = 1, max = 1))]
    pub narrow: u8,
}

/// How soon a panel may be computed again.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    pub min_interval_ms: u32,
}

impl Default for Refresh {
    fn default() -> Self {
        Self { min_interval_ms: 200 }
    }
}

/// What a click on a mark adds to the board's filters.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilterOnClick {
    pub variable: String,
    pub field: String,
}

/// Columns of panels whose sums are the same under any choices, and however many rows a list shows.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reconcile {
    /// `panel.column` each; a column that holds lists is summed over all of them.
    pub equal: Vec<String>,
    /// Sums stand apart by this column, which each of the panels has, such as `currency`.
    #[serde(default)]
    pub by: Option<String>,
}
