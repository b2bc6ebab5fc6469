//! Kafka and ClickHouse.

use super::super::finding::{Finding, critical, warning};
use super::super::look::Seen;

pub(super) fn of(seen: &Seen) -> Vec<Finding> {
    let mut found = Vec::new();
    match &seen.kafka {
        Err(error) => found.push(critical(
            "OmniSpooling",
            format!("Kafka cannot be asked: {error}"),
            "bring the brokers back; collectors keep what they accept in their spool meanwhile",
        )),
        Ok(kafka) => found.extend(kafka.fault.iter().map(|fault| {
            critical(
                "OmniStageDown",
                format!("the topics are not as they must be: {fault}"),
                "omni topics create",
            )
        })),
    }
    match &seen.warehouse {
        Err(error) => found.push(critical(
            "OmniBehind",
            format!("ClickHouse cannot be asked: {error}"),
            "bring it back; events wait in Kafka meanwhile, and the loader goes on by itself",
        )),
        Ok(tables) if !tables.pending.is_empty() => found.push(warning(
            "OmniBehind",
            format!("{} changes of the tables are not made", tables.pending.len()),
            "omni migrate",
        )),
        Ok(_) => {}
    }
    found
}
