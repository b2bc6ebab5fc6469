//! A variable that a template declares: a list to filter by, or a single value.
use super::Refusal;
use super::query::Pairs;

/// Items of one list at most.
pub const LIST_ITEMS_MAX: usize = 50;
/// Characters of one value at most.
pub const VALUE_CHARS_MAX: usize = 200;

/// A variable beside period, comparison, zone and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    pub kind: Kind,
    /// When not empty: the only values it takes.
    pub one_of: Vec<String>,
    pub default: Vec<String>,
}

/// The types a variable may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Texts,
    Numbers,
}

impl Variable {
    /// Its values in the query string: sorted, without doubles; the default when there are none.
    pub(super) fn read(&self, name: &str, pairs: &Pairs<'_>) -> Result<Vec<String>, Refusal> {
        let mut values = match self.kind {
            Kind::Texts | Kind::Numbers => pairs.list(name)?,
            Kind::Text | Kind::Number => pairs.one(name)?.into_iter().collect(),
        };
        if values.is_empty() {
            return Ok(self.default.clone());
        }
        if values.len() > LIST_ITEMS_MAX {
            return Err(Refusal::new(name, format!("more than {LIST_ITEMS_MAX} values")));
        }
        for value in &mut values {
            *value = self.judge(name, value)?;
        }
        values.sort();
        values.dedup();
        Ok(values)
    }

    /// The value in its one spelling.
    fn judge(&self, name: &str, value: &str) -> Result<String, Refusal> {
        if value.chars().count() > VALUE_CHARS_MAX {
            return Err(Refusal::new(
                name,
                format!("a value of more than {VALUE_CHARS_MAX} characters"),
            ));
        }
        if value.contains('\0') {
            return Err(Refusal::new(name, "a value with a NUL character"));
        }
        if !self.one_of.is_empty() && !self.one_of.iter().any(|allowed| allowed == value) {
            return Err(Refusal::value(
                name,
                value,
                &format!("one of {}", self.one_of.join(", ")),
            ));
        }
        match self.kind {
            Kind::Text | Kind::Texts => Ok(value.to_owned()),
            Kind::Number | Kind::Numbers => match value.parse::<u64>() {
                Ok(number) if value.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number.to_string()),
                _ => Err(Refusal::value(name, value, "a whole number")),
            },
        }
    }
}
