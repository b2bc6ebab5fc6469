//! What a statement may not do, found without a database: parameters nobody declared or of another type, clocks and dice,
//! tables of several companies read without naming one, tables that are not listed.
use std::collections::{BTreeMap, BTreeSet};

use template::Finding;

use super::sql::{self, Left, blanked};
use super::statement::Composed;

/// Tables that belong to no company.
const SHARED_TABLES: &[&str] = &["accepted_counts", "fx_daily", "load_batches"];
const TENANT: &str = "event_company_id = {company:UInt64}";

/// Another answer each time they are asked: equal questions would have unequal answers.
const UNSTEADY: &[&str] = &[
    "now",
    "now64",
    "nowinblock",
    "nowinblock64",
    "today",
    "yesterday",
    "curdate",
    "current_date",
    "current_timestamp",
    "utctimestamp",
    "utc_timestamp",
    "rand",
    "rand32",
    "rand64",
    "randcanonical",
    "randconstant",
    "generateuuidv4",
    "generateuuidv7",
    "generateulid",
];
/// Rows from elsewhere than the template's tables.
const ELSEWHERE: &[&str] = &[
    "azureblobstorage",
    "executable",
    "file",
    "hdfs",
    "jdbc",
    "mongodb",
    "mysql",
    "odbc",
    "postgresql",
    "redis",
    "remote",
    "remotesecure",
    "s3",
    "s3cluster",
    "sqlite",
    "url",
    "urlcluster",
];

/// Types by the names that a statement may use.
pub(super) type Types = BTreeMap<String, String>;

/// Parameters every statement may use without declaring them.
pub(super) const IMPLICIT: &[(&str, &str)] = &[
    ("company", "UInt64"),
    ("from", "DateTime64(3, 'UTC')"),
    ("to", "DateTime64(3, 'UTC')"),
    ("pfrom", "DateTime64(3, 'UTC')"),
    ("pto", "DateTime64(3, 'UTC')"),
    ("asof", "DateTime64(3, 'UTC')"),
    ("tz", "String"),
    ("grain", "String"),
    ("currency", "String"),
    ("top", "UInt16"),
    ("pii", "Bool"),
];

/// Every parameter: it is declared, and of the declared type.
pub(super) fn parameters(composed: &Composed, types: &Types) -> Vec<Finding> {
    let text = blanked(&composed.sql, Left::CodeAndTexts);
    let mut findings = Vec::new();
    for parameter in sql::parameters(&text) {
        let message = match types.get(parameter.name) {
            _ if parameter.kind == "Identifier" => {
                format!(
                    "{{{}:Identifier}} puts a value into the text of a statement; choose between columns with multiIf",
                    parameter.name
                )
            }
            None => format!("the parameter {} is declared nowhere", parameter.name),
            Some(kind) if compact(kind) != compact(parameter.kind) => {
                format!(
                    "the parameter {} is declared as {kind} and used as {}",
                    parameter.name, parameter.kind
                )
            }
            Some(_) => continue,
        };
        findings.push(composed.finding(parameter.at, message));
    }
    findings
}

fn compact(kind: &str) -> String {
    kind.chars().filter(|c| !c.is_whitespace()).collect()
}

/// No clock, no dice, nothing from elsewhere.
pub(super) fn functions(composed: &Composed) -> Vec<Finding> {
    let code = blanked(&composed.sql, Left::Code);
    let mut findings = Vec::new();
    for (at, name) in sql::functions(&code) {
        if UNSTEADY.contains(&name.as_str()) {
            let message =
                format!("{name}() answers differently each time: ask {{asof:DateTime64(3, 'UTC')}} instead");
            findings.push(composed.finding(at, message));
        }
        if ELSEWHERE.contains(&name.as_str()) {
            findings.push(composed.finding(at, format!("{name}() reads from outside the warehouse")));
        }
    }
    findings
}

/// Tables that are read and not listed.
pub(super) fn unlisted(composed: &Composed, listed: &BTreeSet<&str>) -> Vec<Finding> {
    let code = blanked(&composed.sql, Left::Code);
    sql::tables_read(&code)
        .into_iter()
        .filter(|(_, table)| !listed.contains(table))
        .map(|(at, table)| {
            let message = format!(
                "reads {table}, which {}'s depends_on does not list",
                composed.name
            );
            composed.finding(at, message)
        })
        .collect()
}

/// Every table of several companies is asked for one of them.
pub(super) fn tenant(composed: &Composed) -> Vec<Finding> {
    let code = blanked(&composed.sql, Left::Code);
    let of_companies: Vec<(usize, &str)> = sql::tables_read(&code)
        .into_iter()
        .filter(|(_, table)| !SHARED_TABLES.contains(table))
        .collect();
    let asked = code.matches(TENANT).count();
    let Some(last) = of_companies.get(asked) else {
        return Vec::new();
    };
    // Most probably it is missing where none comes before the next table.
    let ends = of_companies.iter().skip(1).map(|(at, _)| *at).chain([code.len()]);
    let mut steps = of_companies.iter().zip(ends);
    let silent = steps.find(|((at, _), end)| !code.get(*at..*end).is_some_and(|step| step.contains(TENANT)));
    let (at, table) = silent.map_or(last, |(read, _)| read);
    let message = format!(
        "reads {table}, which holds several companies, and not with `{TENANT}` beside it: add that to its WHERE ({asked} of {} \
         reads have it)",
        of_companies.len()
    );
    vec![composed.finding(*at, message)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(sql: &str) -> Composed {
        Composed::of_text("panels/p.sql", sql)
    }

    fn told(findings: &[Finding]) -> Vec<String> {
        findings.iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_table_read_without_its_company_is_refused() {
        let asked = format!("SELECT 1 FROM deals WHERE {TENANT}");
        assert_eq!(tenant(&composed(&asked)), []);
        let twice = format!("{asked} AND deal_id IN (SELECT deal_id FROM deal_facts)");
        assert_eq!(tenant(&composed(&twice)).len(), 1);
        assert_eq!(
            tenant(&composed("SELECT 1 FROM (SELECT 2 FROM deal_events)")).len(),
            1
        );
        assert_eq!(tenant(&composed("SELECT 1 FROM fx_daily")), []);
    }

    #[test]
    fn a_clock_is_refused_where_it_stands_and_not_in_a_text() {
        let found = functions(&composed("SELECT\n    'now()', today(), NOW64 (3)"));
        assert_eq!(
            told(&found),
            [
                "panels/p.sql:2: today() answers differently each time: ask {asof:DateTime64(3, 'UTC')} instead",
                "panels/p.sql:2: now64() answers differently each time: ask {asof:DateTime64(3, 'UTC')} instead",
            ]
        );
    }

    #[test]
    fn a_parameter_has_its_declared_type() {
        let types = Types::from([("n".to_owned(), "Array(String)".to_owned())]);
        let found = parameters(
            &composed("SELECT {n:Array(String)},\n{n:String},\n{m:String}, {n:Identifier}"),
            &types,
        );
        let lines: Vec<usize> = found.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [2, 3, 3]);
    }
}
