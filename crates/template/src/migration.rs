//! One numbered SQL statement of a template: `warehouse/0001_deal_events.sql`. Forward only; a released one never changes.
use crate::LoadError;

/// A statement, its number, and the text it is checksummed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    pub number: u32,
    pub name: String,
    pub sql: String,
}

impl Migration {
    /// Reads `NNNN_name.sql`.
    pub fn parse(path: &str, sql: &str) -> Result<Self, LoadError> {
        let invalid = |message: &str| LoadError::one(path, 1, message);
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name
            .strip_suffix(".sql")
            .ok_or_else(|| invalid("a migration ends in .sql"))?;
        let (number, rest) = stem
            .split_once('_')
            .ok_or_else(|| invalid("a migration is called NNNN_name.sql"))?;
        if number.len() != 4 || rest.is_empty() {
            return Err(invalid("a migration is called NNNN_name.sql"));
        }
        let number = number
            .parse()
            .map_err(|_| invalid("a migration's name begins with four digits"))?;
        Ok(Self {
            number,
            name: stem.to_owned(),
            sql: sql.to_owned(),
        })
    }
}

/// In order of number; two of one number are refused.
pub fn ordered(mut migrations: Vec<Migration>) -> Result<Vec<Migration>, LoadError> {
    migrations.sort_by_key(|migration| migration.number);
    for pair in migrations.windows(2) {
        if let [first, second] = pair
            && first.number == second.number
        {
            let message = format!("has the number {:04}, as {} has", second.number, first.name);
            return Err(LoadError::one(
                format!("warehouse/{}.sql", second.name),
                1,
                message,
            ));
        }
    }
    Ok(migrations)
}
