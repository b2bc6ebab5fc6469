//! Tables that `omni import` fills: when an import happens, and the rows that a file tells no more.
use crate::client::is_plain_name;
use crate::{Error, Param, Warehouse};

/// When the import was, in a statement.
const AT: &str = "fromUnixTimestamp64Micro({at:Int64}, 'UTC')";

/// One import that was inserted.
#[derive(Debug, Clone, Copy)]
pub struct Import<'a> {
    pub table: &'a str,
    /// Columns that tell rows apart.
    pub key: &'a [String],
    /// Those of them that say what one import tells whole.
    pub whole: &'a [String],
    pub company_id: u64,
    /// As [`Warehouse::import_time`] gave it, in microseconds.
    pub at_micro: i64,
}

impl Warehouse {
    /// The time of an import that begins now, in microseconds by the server's clock: later than that of every import before,
    /// whatever the clocks were then.
    pub async fn import_time(&self, table: &str, company_id: u64) -> Result<i64, Error> {
        plain(table, [table])?;
        let sql = format!(
            "SELECT toUnixTimestamp64Micro(greatest(now64(6, 'UTC'), addMicroseconds(max(imported_at), 1))) \
             FROM {table} WHERE event_company_id = {{company:UInt64}}"
        );
        let rows: Vec<(i64,)> = self.select(&sql, &[("company", company_id.into())]).await?;
        Ok(rows.first().map_or(0, |(micro,)| *micro))
    }

    /// How many rows of what the import tells whole it does not have: they are of imports before.
    pub async fn left_over(&self, import: &Import<'_>) -> Result<u64, Error> {
        let sql = format!("SELECT count() {}", left_over(import)?);
        let parameters = [
            ("company", import.company_id.into()),
            ("at", Param::Int(import.at_micro)),
        ];
        let rows: Vec<(u64,)> = self.select(&sql, &parameters).await?;
        Ok(rows.first().map_or(0, |(count,)| *count))
    }

    /// Takes those rows out. Again is the same.
    pub async fn take_out(&self, import: &Import<'_>) -> Result<(), Error> {
        let Import {
            table,
            at_micro,
            company_id,
            ..
        } = import;
        let (key, rest) = (import.key.join(", "), left_over(import)?);
        let sql = format!(
            "INSERT INTO {table} (event_company_id, {key}, imported_at, is_deleted) \
             SELECT event_company_id, {key}, {AT}, 1 {rest}"
        );
        // Numbers: an INSERT takes no parameters.
        let sql = sql
            .replace("{company:UInt64}", &company_id.to_string())
            .replace("{at:Int64}", &at_micro.to_string());
        self.execute(&sql).await
    }
}

/// From where the rows come: numbers, and names that need no quoting.
fn left_over(import: &Import<'_>) -> Result<String, Error> {
    let names = import.key.iter().chain(import.whole).map(String::as_str);
    plain(import.table, names.chain([import.table]))?;
    let table = import.table;
    let whole = import.whole.join(", ");
    Ok(format!(
        "FROM {table} FINAL WHERE event_company_id = {{company:UInt64}} AND imported_at < {AT} \
         AND ({whole}) IN (SELECT {whole} FROM {table} \
         WHERE event_company_id = {{company:UInt64}} AND imported_at = {AT} AND is_deleted = 0)"
    ))
}

fn plain<'a>(table: &str, names: impl IntoIterator<Item = &'a str>) -> Result<(), Error> {
    match names.into_iter().find(|name| !is_plain_name(name)) {
        Some(odd) => Err(Error::Table {
            table: table.to_owned(),
            message: format!("`{odd}` is not a plain name"),
        }),
        None => Ok(()),
    }
}
