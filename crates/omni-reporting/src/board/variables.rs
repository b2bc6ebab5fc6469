//! What a template's variables allow, as the state's judge wants it.
use std::collections::BTreeMap;

use template::manifest::{self, Manifest};

use super::{Preferences, Statement};
use crate::state::{Compare, Declared, Kind, Period, Variable, Zone};

/// Variables that the server itself turns into parameters.
const OWN: &[&str] = &["period", "compare", "tz", "currency", "company", "from", "to"];

/// All that may be chosen, with the deployment's preferences over the template's defaults.
pub(super) fn declared(told: &Manifest, preferences: &Preferences) -> Result<Declared, String> {
    let named = |name: &str| told.variables.iter().find(|variable| variable.name == name);
    let default_of = |name: &str| named(name).and_then(|variable| variable.default.as_deref());
    let zone = or(&preferences.timezone, &told.template.timezone);
    let period = default_of("period").unwrap_or("30d");
    let compare = default_of("compare").unwrap_or("previous");
    let mut variables = BTreeMap::new();
    for variable in told
        .variables
        .iter()
        .filter(|variable| !OWN.contains(&variable.name.as_str()))
    {
        variables.insert(variable.name.clone(), one(variable)?);
    }
    Ok(Declared {
        period: Period::from_word(period).ok_or_else(|| format!("`{period}` is no period to start with"))?,
        periods: named("period")
            .map(|variable| variable.one_of.iter().cloned().collect())
            .unwrap_or_default(),
        compare: Compare::from_word(compare)
            .ok_or_else(|| format!("`{compare}` is no comparison to start with"))?,
        zone: Zone::named(zone).ok_or_else(|| format!("`{zone}` is no IANA time zone"))?,
        currency: or(&preferences.currency, &told.template.currency).to_owned(),
        variables,
    })
}

fn or<'a>(preferred: &'a str, usual: &'a str) -> &'a str {
    if preferred.is_empty() { usual } else { preferred }
}

fn one(variable: &manifest::Variable) -> Result<Variable, String> {
    let kind = match variable.kind.as_str() {
        "String" => Kind::Text,
        "UInt64" => Kind::Number,
        "Array(String)" => Kind::Texts,
        "Array(UInt64)" => Kind::Numbers,
        other => {
            return Err(format!(
                "variable {} has a type that cannot be chosen: {other}",
                variable.name
            ));
        }
    };
    if matches!(kind, Kind::Text | Kind::Number) && variable.default.is_none() {
        return Err(format!(
            "variable {} is a single value and has no default",
            variable.name
        ));
    }
    Ok(Variable {
        kind,
        one_of: variable.one_of.clone(),
        default: variable.default.clone().into_iter().collect(),
    })
}

/// Every parameter of a statement is one that will have a value.
pub(super) fn check_uses(
    statement: &Statement,
    declared: &Declared,
    implicit: &[&str],
) -> Result<(), String> {
    let unknown = statement
        .uses
        .iter()
        .find(|name| !implicit.contains(&name.as_str()) && !declared.variables.contains_key(*name));
    match unknown {
        Some(name) => Err(format!(
            "{}: the parameter {name} is declared nowhere",
            statement.name
        )),
        None => Ok(()),
    }
}
