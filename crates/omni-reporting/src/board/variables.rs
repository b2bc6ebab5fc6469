//! What a template's variables allow, as the state's judge wants it.
use std::collections::BTreeMap;

use template::manifest::{self, Manifest};

use super::Preferences;
use super::lint::{IMPLICIT, Types};
use crate::state::{By, Compare, Declared, Kind, Period, Variable, Zone};

/// Variables that the server itself turns into parameters.
pub(super) const OWN: &[&str] = &["period", "compare", "tz", "currency", "company", "from", "to"];

/// All that may be chosen, with the deployment's preferences over the template's defaults. What cannot be is told by its
/// place in the manifest.
pub(super) fn declared(
    told: &Manifest,
    preferences: &Preferences,
) -> Result<Declared, Vec<(String, String)>> {
    let mut faults = Vec::new();
    let place = |name: &str| told.variables.iter().position(|variable| variable.name == name);
    let default_of = |name: &str| {
        let at = place(name)?;
        told.variables.get(at)?.default.as_deref()
    };
    let at = |name: &str| {
        place(name).map_or_else(|| "/variable".to_owned(), |at| format!("/variable/{at}/default"))
    };
    let period = default_of("period").unwrap_or("30d");
    let compare = default_of("compare").unwrap_or("previous");
    let zone = or(&preferences.timezone, &told.template.timezone);
    let mut variables = BTreeMap::new();
    for (at, variable) in told.variables.iter().enumerate() {
        if OWN.contains(&variable.name.as_str()) {
            continue;
        }
        match one(variable) {
            Ok(one) => drop(variables.insert(variable.name.clone(), one)),
            Err(message) => faults.push((format!("/variable/{at}"), message)),
        }
    }
    let read = (
        Period::from_word(period),
        Compare::from_word(compare),
        Zone::named(zone),
    );
    if read.0.is_none() {
        faults.push((at("period"), format!("`{period}` is no period to start with")));
    }
    if read.1.is_none() {
        faults.push((
            at("compare"),
            format!("`{compare}` is no comparison to start with"),
        ));
    }
    if read.2.is_none() {
        faults.push((
            "/template/timezone".to_owned(),
            format!("`{zone}` is no IANA time zone"),
        ));
    }
    match read {
        (Some(period), Some(compare), Some(zone)) if faults.is_empty() => Ok(Declared {
            period,
            periods: place("period")
                .and_then(|at| told.variables.get(at))
                .map(|variable| variable.one_of.iter().cloned().collect())
                .unwrap_or_default(),
            compare,
            zone,
            currency: or(&preferences.currency, &told.template.currency).to_owned(),
            variables,
        }),
        _ => Err(faults),
    }
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
        by: By::Viewer,
    })
}

/// What a parameter of a list is.
pub(super) fn parameter(told: &manifest::ListParameter) -> Result<Variable, String> {
    let kind = match told.kind.as_str() {
        "String" => Kind::Text,
        "Array(String)" => Kind::Texts,
        "Array(UInt64)" => Kind::Numbers,
        "Array(DateTime64(3, 'UTC'))" => Kind::Instants,
        other => {
            let name = &told.name;
            return Err(format!(
                "parameter {name} has a type that cannot be given: {other}"
            ));
        }
    };
    Ok(Variable {
        kind,
        one_of: told.one_of.clone(),
        default: Vec::new(),
        by: By::Panel,
    })
}

/// Whether a name means something in a request or in every statement.
pub(super) fn is_reserved(name: &str) -> bool {
    let implicit = IMPLICIT.iter().any(|(own, _)| *own == name);
    implicit || OWN.contains(&name) || ["rows", "sort"].contains(&name)
}

/// The types that statements may use, by name: what the server itself gives, and what the template declares.
pub(super) fn types(told: &Manifest) -> Types {
    let implicit = IMPLICIT
        .iter()
        .map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned()));
    let declared = told
        .variables
        .iter()
        .filter(|variable| !OWN.contains(&variable.name.as_str()))
        .map(|variable| (variable.name.clone(), variable.kind.clone()));
    declared.chain(implicit).collect()
}
