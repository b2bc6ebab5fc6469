//! `[[list]]` and `[[panel.drill]]`: what stands behind the numbers of panels.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// A list of what a number counts or sums: its SQL, what of each row is shown, and what all rows together come to.
///
/// Its SQL gives one row a thing, all of them, in its own order and without a LIMIT: what is shown first, the totals, and
/// the file are all made of this one statement, so they cannot be of different rows.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct List {
    pub id: String,
    /// A file of the template: `lists/closed_deals.sql`.
    pub sql: String,
    /// Fragments put before the list's SQL, by file name without ending.
    #[serde(default, rename = "use")]
    pub fragments: Vec<String>,
    pub depends_on: Vec<String>,
    /// The column that tells one row from another.
    pub key: String,
    /// The column of the currency that amounts are told in. Totals come once for each of its values and once for all rows;
    /// amounts of several currencies are never added up.
    #[serde(default)]
    pub group: Option<String>,
    /// What is shown of each row, in order; the file has every column.
    pub columns: Vec<ListColumn>,
    /// The first one counts the rows.
    pub totals: Vec<Total>,
    /// Values that a panel gives it, beside the variables of the board.
    #[serde(default, rename = "parameter")]
    pub parameters: Vec<ListParameter>,
}

/// One column of a list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListColumn {
    pub field: String,
    /// As in a panel's `encode`.
    pub format: String,
    /// Amounts: the column with their currency.
    #[serde(default)]
    pub currency: Option<String>,
    /// Amounts: the flag that says why there is none, told by the note of the same name.
    #[serde(default)]
    pub missing: Option<String>,
    /// The column with an address to open; an empty one is no link.
    #[serde(default)]
    pub link: Option<String>,
}

/// What all rows together come to.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Total {
    pub name: String,
    pub of: TotalOf,
    /// The column it is made of; a `count` needs none.
    #[serde(default)]
    pub field: Option<String>,
    /// `mean`: the column that tells how often a row counts. `share`: the flag of the rows that it is a share of.
    #[serde(default)]
    pub per: Option<String>,
    /// As of a column.
    pub format: String,
}

/// How a total is made of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TotalOf {
    /// The number of rows.
    Count,
    /// The number of rows whose flag is set.
    True,
    /// The sum of what is not NULL; NULL when nothing is.
    Sum,
    /// That sum by the number of rows that have a value.
    Mean,
    /// Rows whose flag is set, by all rows or by those of another flag.
    Share,
}

/// A value that a panel gives a list; it reaches SQL as `{name:type}`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListParameter {
    pub name: String,
    /// `String` (empty when not given), `Array(String)`, `Array(UInt64)` or `Array(DateTime64(3, 'UTC'))` (empty lists when
    /// not given).
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub one_of: Vec<String>,
}

/// Which list stands behind which numbers of a panel. A parameter or variable of the list that it does not name is the
/// board's choice, or empty.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    pub list: String,
    /// Columns of the panel by the total of the list that is the same number; an empty name where the list shows what the
    /// number is made of and has no total like it.
    pub numbers: BTreeMap<String, String>,
    /// Values as they stand here.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// Values of the row that the number stands in, by the panel's column.
    #[serde(default)]
    pub from: BTreeMap<String, String>,
    /// For the row of all others, in place of what `from` takes of the same columns: all values that the column has in the
    /// rows beside it.
    #[serde(default)]
    pub other: BTreeMap<String, String>,
}
