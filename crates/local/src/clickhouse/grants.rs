//! What users with least rights may do, as a server's `deploy/clickhouse/users.sql` has it too (a test holds both against each
//! other). `{database}` stands for the one that Omni has.

/// Fills tables and reads them, and ends inserts of its own that are overdue.
pub const LOADER_GRANTS: &[&str] = &[
    "GRANT SELECT, INSERT ON {database}.*",
    "GRANT SELECT ON system.tables",
    "GRANT SELECT ON system.columns",
    "GRANT SELECT ON system.processes",
    "GRANT CREATE TEMPORARY TABLE, KILL QUERY ON *.*",
];

/// Makes and changes tables, and empties columns of persons who are erased.
pub const MIGRATOR_GRANTS: &[&str] = &[
    "GRANT SELECT, INSERT, ALTER TABLE, CREATE DATABASE, CREATE TABLE, CREATE VIEW ON {database}.*",
    "GRANT SELECT ON system.tables",
    "GRANT SELECT ON system.columns",
    "GRANT CREATE TEMPORARY TABLE ON *.*",
    "GRANT TABLE ENGINE ON *",
];

/// Reads, and changes no limit.
pub const DASHBOARD_GRANTS: &[&str] = &["GRANT SELECT ON {database}.*"];
