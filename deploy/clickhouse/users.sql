-- Users with least rights on a ClickHouse server of your own; run it once as somebody who may make users:
--   clickhouse-client --queries-file users.sql --param_loader=… --param_migrator=… --param_dashboard=…
-- On a cluster write ON CLUSTER behind each name, or keep users in ZooKeeper. What each may do was tried by
-- crates/warehouse/tests/main/users.rs.

-- Fills tables: `[warehouse] user` of the loader and of the tool `omni`.
CREATE USER IF NOT EXISTS omni_loader IDENTIFIED WITH sha256_password BY {loader:String};
GRANT SELECT, INSERT ON omni.* TO omni_loader;
GRANT SELECT ON system.tables TO omni_loader;
GRANT SELECT ON system.columns TO omni_loader;
GRANT SELECT ON system.processes TO omni_loader;
GRANT CREATE TEMPORARY TABLE, KILL QUERY ON *.* TO omni_loader;

-- Makes and changes tables, and empties columns of who is erased: `[warehouse] migrator_user` of `omni migrate` and `omni erase`.
CREATE USER IF NOT EXISTS omni_migrator IDENTIFIED WITH sha256_password BY {migrator:String};
GRANT SELECT, INSERT, ALTER TABLE, CREATE DATABASE, CREATE TABLE, CREATE VIEW ON omni.* TO omni_migrator;
GRANT SELECT ON system.tables TO omni_migrator;
GRANT SELECT ON system.columns TO omni_migrator;
GRANT CREATE TEMPORARY TABLE ON *.* TO omni_migrator;
GRANT TABLE ENGINE ON * TO omni_migrator;

-- Reads, within limits that it cannot change: `[reporting] warehouse_user`.
CREATE SETTINGS PROFILE IF NOT EXISTS omni_dashboard SETTINGS readonly = 2, max_execution_time = 10 MAX 10;
CREATE USER IF NOT EXISTS omni_dashboard IDENTIFIED WITH sha256_password BY {dashboard:String} SETTINGS PROFILE omni_dashboard;
GRANT SELECT ON omni.* TO omni_dashboard;
